package conform

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// markName is the metadata by which a run knows what it, or an earlier one,
// has created. The value is the run's name.
const markName = "checkoutd_conform"

// kind is a kind of objects that a run creates and removes.
type kind struct {
	object string   // as in the JSON
	path   string   // of the list
	filter []string // of the list
	ends   []ending // tried in turn
	final  []string // statuses in which there is nothing to remove
	stays  string   // what is left of one in the account
}

// ending is a call that removes an object.
type ending struct {
	method, suffix string
	params         []string
}

// kinds are in the order in which they are removed: what belongs to a customer
// before the customer.
func kinds() []kind {
	remove := ending{method: http.MethodDelete}
	archive := ending{method: http.MethodPost, params: []string{"active=false"}}
	cancel := ending{method: http.MethodPost, suffix: "/cancel"}

	return []kind{
		{
			object: "subscription",
			path:   "/v1/subscriptions",
			ends:   []ending{remove},
			final:  []string{"canceled", "incomplete_expired"},
			stays:  "canceled subscriptions",
		},
		{
			object: "invoice",
			path:   "/v1/invoices",
			filter: []string{"status=open"},
			ends:   []ending{{method: http.MethodPost, suffix: "/void"}, remove},
			final:  []string{"paid", "void"},
			stays:  "voided or paid invoices",
		},
		{
			object: "payment_intent", path: "/v1/payment_intents",
			// A debit that the bank has already ends by itself.
			ends: []ending{cancel}, final: []string{"succeeded", "canceled", "processing"},
			stays: "canceled or paid payment intents",
		},
		{
			object: "setup_intent",
			path:   "/v1/setup_intents",
			ends:   []ending{cancel},
			final:  []string{"succeeded", "canceled"},
			stays:  "canceled or finished setup intents",
		},
		{object: "customer", path: "/v1/customers", ends: []ending{remove}},
		{
			object: "price",
			path:   "/v1/prices",
			filter: []string{"active=true"},
			ends:   []ending{archive},
			stays:  "archived prices",
		},
		{
			object: "product",
			path:   "/v1/products",
			filter: []string{"active=true"},
			ends:   []ending{remove, archive},
			stays:  "archived products",
		},
		{object: "coupon", path: "/v1/coupons", ends: []ending{remove}},
		{object: "webhook_endpoint", path: "/v1/webhook_endpoints", ends: []ending{remove}},
	}
}

// isMarked reports whether a POST to a path gets our mark.
func isMarked(path string) bool {
	return path == "/v1/refunds" || slices.ContainsFunc(kinds(), func(k kind) bool { return k.path == path })
}

// thing is an object with our mark.
type thing struct{ account, object, id string }

// things are what a run has created. It is safe for concurrent use.
type things struct {
	mu   sync.Mutex
	list map[thing]bool // whether there is something to remove
}

// note notes the objects in the answer to a POST that have our mark, and
// whether there is something to remove.
func (s *things) note(account, run string, node any) {
	switch in := node.(type) {
	case []any:
		for _, member := range in {
			s.note(account, run, member)
		}

	case map[string]any:
		for _, member := range in {
			s.note(account, run, member)
		}

		if markOf(in) != run {
			return
		}

		if k, ok := kindOf(text(in["object"])); ok {
			s.mu.Lock()
			defer s.mu.Unlock()

			s.list[thing{account, k.object, text(in["id"])}] = !k.isOver(in)
		}
	}
}

// markOf returns the run that created an object, "" for none. An invoice has
// the mark of its subscription.
func markOf(object map[string]any) string {
	if mark := text(at(object, "metadata."+markName)); mark != "" {
		return mark
	}
	return text(at(object, "subscription_details.metadata."+markName))
}

func kindOf(object string) (kind, bool) {
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return k.object == object })
	if i < 0 {
		return kind{}, false
	}
	return all[i], true
}

// isOver reports whether there is nothing to remove of an object.
func (k kind) isOver(object map[string]any) bool {
	if object["deleted"] == true {
		return true
	}
	return slices.Contains(k.final, text(object["status"])) || text(object["active"]) == "false" && k.archives()
}

// archives reports whether objects of the kind are archived, not removed.
func (k kind) archives() bool { return strings.HasPrefix(k.stays, "archived") }

// lookBack is how old an object of a run that was killed may be that the next
// run still removes, and maxPages how many pages of a list are read for that.
const (
	lookBack = 30 * 24 * time.Hour
	maxPages = 10
)

// findLeftovers notes what earlier runs have left.
func (r *runner) findLeftovers(ctx context.Context, account string) error {
	for _, k := range kinds() {
		params := append(slices.Clone(k.filter), "limit=100")
		if k.object != "webhook_endpoint" { // whose list has no such filter
			params = append(params, fmt.Sprintf("created[gte]=%d", r.config.Now().Add(-lookBack).Unix()))
		}

		if err := r.findOf(ctx, account, k, params); err != nil {
			return err
		}
	}

	return nil
}

// findLost notes what calls without an answer may have created in this run. It
// returns the accounts in which it could not look.
func (r *runner) findLost(ctx context.Context) (notSeen []string) {
	if !r.client.lost.Load() {
		return nil
	}

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()

	for _, account := range r.accounts() {
		if err := r.findLeftovers(ctx, account); err != nil {
			notSeen = append(notSeen, strings.TrimSpace("what calls without an answer created "+account))
		}
	}

	return notSeen
}

// findOf notes the leftovers of a kind. Whoever may not list the kind has
// nothing of it either.
func (r *runner) findOf(ctx context.Context, account string, k kind, params []string) error {
	after := []string{}
	for range maxPages {
		got, err := r.client.do(ctx, r.on(account, get(k.path, slices.Concat(params, after)...)))
		if err != nil {
			return err
		}

		list, _ := got.at("data").([]any)
		for _, member := range list {
			object, _ := member.(map[string]any)
			if markOf(object) != "" && !k.isOver(object) {
				r.things.add(thing{account, k.object, text(object["id"])})
			}
		}

		if got.text("has_more") != "true" || len(list) == 0 {
			return nil
		}

		after = []string{"starting_after=" + got.text(fmt.Sprintf("data.%d.id", len(list)-1))}
	}

	return nil
}

func (s *things) add(t thing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list[t] = true
}

// on returns a call for an account, "" for the one of the key.
func (r *runner) on(account string, call Call) Call {
	if account == "" {
		return call
	}
	return call.with("Stripe-Account: " + account)
}
