package sandbox_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/stripe/stripe-mock/embedded"

	"checkoutd/internal/sandbox"
)

// respSchema is the schema of a response.
type respSchema struct {
	Ref        string                 `json:"$ref"`
	Type       string                 `json:"type"`
	Nullable   bool                   `json:"nullable"`
	Enum       []any                  `json:"enum"`
	Properties map[string]*respSchema `json:"properties"`
	Required   []string               `json:"required"`
	Items      *respSchema            `json:"items"`
	AnyOf      []*respSchema          `json:"anyOf"`
	Additional json.RawMessage        `json:"additionalProperties"`
}

type openAPI struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct {
				Schema *respSchema `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]*respSchema `json:"schemas"`
	} `json:"components"`
}

func (d *openAPI) resolve(s *respSchema) *respSchema {
	for s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

// check returns what is wrong with a value, each with its place as kind.field.
func (d *openAPI) check(s *respSchema, v any, at string) []string {
	s = d.resolve(s)
	if v == nil {
		if s.Nullable || slices.ContainsFunc(s.AnyOf, func(alt *respSchema) bool { return d.resolve(alt).Nullable }) {
			return nil
		}
		return []string{at + ": null"}
	}

	if len(s.AnyOf) > 0 {
		return d.checkAny(s.AnyOf, v, at)
	}

	switch val := v.(type) {
	case map[string]any:
		return d.checkObject(s, val, at)
	case []any:
		if s.Type != "array" {
			return []string{at + ": a list"}
		}

		var out []string
		for _, item := range val {
			out = append(out, d.check(s.Items, item, at+"[]")...)
		}

		return out
	}

	return checkScalar(s, v, at)
}

// checkAny checks against the alternative that fits best. Objects are told
// apart by their `object` field.
func (d *openAPI) checkAny(alternatives []*respSchema, v any, at string) []string {
	var best []string
	matched := false
	for _, alt := range alternatives {
		problems := d.check(alt, v, at)
		if len(problems) == 0 {
			return nil
		}

		same := d.sameObject(alt, v)
		if best == nil || same && !matched || same == matched && len(problems) < len(best) {
			best, matched = problems, same
		}
	}

	return best
}

// sameObject reports whether an alternative describes objects of the value's
// kind.
func (d *openAPI) sameObject(alt *respSchema, v any) bool {
	m, ok := v.(map[string]any)
	p := d.resolve(alt).Properties["object"]
	return ok && p != nil && len(p.Enum) > 0 && p.Enum[0] == m["object"]
}

func (d *openAPI) checkObject(s *respSchema, val map[string]any, at string) []string {
	if s.Type != "object" {
		return []string{at + ": an object, want " + s.Type}
	}

	if kind, ok := val["object"].(string); ok && kind != "list" {
		at = kind
	}

	var out []string
	for _, name := range s.Required {
		if _, ok := val[name]; !ok {
			out = append(out, at+"."+name+": missing")
		}
	}

	for name, v := range val {
		prop := s.Properties[name]
		switch {
		case prop != nil:
			out = append(out, d.check(prop, v, at+"."+name)...)
		case len(s.Additional) > 0 && string(s.Additional) != "false":
		default:
			out = append(out, at+"."+name+": not in the document")
		}
	}

	return out
}

func checkScalar(s *respSchema, v any, at string) []string {
	var kind string
	switch n := v.(type) {
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case json.Number:
		kind = "number"
		if !strings.ContainsAny(n.String(), ".e") && s.Type == "integer" {
			kind = "integer"
		}
	}

	if s.Type != kind {
		return []string{fmt.Sprintf("%s: a %s, want %s", at, kind, s.Type)}
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		return []string{fmt.Sprintf("%s: %v is none of %v", at, v, s.Enum)}
	}

	return nil
}

// justified are the places where a response of 2025-02-24.acacia must differ
// from the document's version, with the reason.
var justified = both(billingDiffers, map[string]string{
	"account_session.components.balance_report":                                     newer,
	"account_session.components.disputes_list":                                      newer,
	"account_session.components.instant_payouts_promotion":                          newer,
	"account_session.components.payment_disputes":                                   newer,
	"account_session.components.payment_method_settings":                            newer,
	"account_session.components.payout_details":                                     newer,
	"account_session.components.payout_reconciliation_report":                       newer,
	"account_session.components.payment_details.features.smart_disputes_management": newer,
	"account_session.components.payments.features.smart_disputes_management":        newer,
	"balance_transaction.balance_type":                                              newer,
	"customer_session.components.active_entitlements":                               newer,
	"customer_session.components.customer_portal":                                   newer,
	"customer_session.components.customer_sheet":                                    newer,
	"customer_session.components.mobile_payment_element":                            newer,
	"dispute.payment_method_details.card.network":                                   newer,
	"promotion_code.promotion":                                                      newer,
	"account.external_accounts.total_count":                                         older,
	"application_fee.refunds.total_count":                                           older,
	"transfer.reversals.total_count":                                                older,
	"dispute.balance_transaction":                                                   sent,
	"payment_intent.shared_payment_granted_token":                                   sent,
	"product.attributes":                                                            sent,
	"card.wallet":                                                                   sent,
	"charge.destination":                                                            older,
	"charge.dispute":                                                                older,
	"charge.invoice":                                                                older,
	"charge.order":                                                                  older,
	"charge.source":                                                                 older,
	"payment_intent.invoice":                                                        older,
	"payment_intent.source":                                                         older,
	"price.recurring.aggregate_usage":                                               older,
	"price.recurring.trial_period_days":                                             older,
	"product.type":                                                                  older,
	"promotion_code.coupon":                                                         older,
})

const (
	newer = "came after 2025-02-24.acacia"
	sent  = "recorded at Stripe with every version, and the document's version does not have it"
	older = "answers of 2025-02-24.acacia have it, the document's version does not"
)

// TestAnswersFitStripesDocument calls every simulated operation and checks each
// response against Stripe's schema.
func TestAnswersFitStripesDocument(t *testing.T) {
	t.Parallel()
	var doc openAPI
	if err := json.Unmarshal(embedded.OpenAPISpec, &doc); err != nil {
		t.Fatal(err)
	}

	b := newBox(t, shortDelay)
	var calls []answered
	tour(b, func(route string, r reply) { calls = append(calls, answered{route, r}) })
	visited, used := map[string]bool{}, map[string]bool{}
	problems := map[string]string{}
	for _, c := range calls {
		visited[c.route] = true
		schema := doc.response(c.route)
		if schema == nil {
			continue
		}

		for _, p := range doc.check(schema, any(c.reply.tree), "") {
			place, _, _ := strings.Cut(p, ":")
			if justified[place] != "" {
				used[place] = true
				continue
			}

			problems[p] = c.route
		}
	}

	snapshots := b.snapshots()
	if len(snapshots) < 100 {
		t.Errorf("only %d events to look at", len(snapshots))
	}

	for _, ev := range snapshots {
		kind, _ := ev["object"].(string)
		schema := doc.Components.Schemas[kind]
		if schema == nil {
			t.Errorf("an event about a %s, which the document does not know", kind)
			continue
		}

		for _, p := range doc.check(schema, any(ev), "") {
			place, _, _ := strings.Cut(p, ":")
			if justified[place] == "" {
				problems[p] = "an event"
			}
		}
	}

	for _, p := range sortedProblems(problems) {
		t.Errorf("%s (%s)", p, problems[p])
	}

	for place := range justified {
		if !used[place] {
			t.Errorf("%s is listed as a justified difference and does not differ", place)
		}
	}

	for _, route := range sandbox.Routes() {
		if !visited[route] && doc.response(route) != nil {
			t.Errorf("%s was not tried", route)
		}
	}
}

// snapshots returns the objects in all emitted events.
func (b *box) snapshots() []map[string]any {
	var out []map[string]any
	for r := b.get("/v1/events?limit=100"); ; {
		data, _ := r.tree["data"].([]any)
		var last string
		for _, one := range data {
			ev, _ := one.(map[string]any)
			inner, _ := ev["data"].(map[string]any)
			obj, _ := inner["object"].(map[string]any)
			out, last = append(out, obj), ev["id"].(string)
		}

		if r.at("has_more") != any(true) {
			return out
		}

		r = b.get("/v1/events?limit=100&starting_after=" + last)
	}
}

type answered struct {
	route string
	reply reply
}

func sortedProblems(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// response returns the schema of the successful response of a route, nil if the
// document has no such operation.
func (d *openAPI) response(route string) *respSchema {
	for path, methods := range d.Paths {
		for method, op := range methods {
			if bare(strings.ToUpper(method)+" "+path) == bare(route) {
				return op.Responses["200"].Content["application/json"].Schema
			}
		}
	}
	return nil
}
