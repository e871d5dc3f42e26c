package modes_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/store/storetest"
)

// tree returns a trace without what depends on the order in which events
// arrive: those that change nothing, and what is read at Stripe for an event.
func tree(c *e2etest.Collector, traceID string) []string {
	return slices.DeleteFunc(c.Tree(traceID), func(path string) bool {
		_, event, found := strings.Cut(path, " > event ")
		return found && !strings.HasPrefix(event, "payment_intent.succeeded") || strings.Contains(event, "Stripe GET")
	})
}

func wantPaths(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("the trace is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const (
	shopsTrace  = "0af7651916cd43dd8448eb211c80319c"
	shopsSpan   = "00-" + shopsTrace + "-b7ad6b7169203331-01"
	othersTrace = "11111111111111111111111111111111"
	othersSpan  = "00-" + othersTrace + "-2222222222222222-01"
)

// A purchase with 3D Secure is one trace, which the shop's backend has begun,
// although the server is another one when the event comes.
func TestAPurchaseIsOneTrace(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]func(*testing.T) []e2etest.Option{
		"SQLite": func(*testing.T) []e2etest.Option { return nil },
		"PostgreSQL": func(t *testing.T) []e2etest.Option {
			return []e2etest.Option{e2etest.Set("DATABASE_URL", storetest.PostgresURL(t))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := e2etest.NewCollector(t)
			s := e2etest.OpenShop(t, append(options(t), e2etest.Tracing(c))...)
			shop := s.Backend(t, api.ScopeWrite)

			var mu sync.Mutex
			var arrived []string
			hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				arrived = append(arrived, r.Header.Get("Traceparent"))
			}))
			t.Cleanup(hook.Close)
			shop.Want(http.StatusCreated, "POST", "/v1/webhook_endpoints", `{"url":"`+hook.URL+`","types":["order.paid"]}`)

			o := shop.Want(http.StatusCreated, "POST", "/v1/orders", `{"items":[{"sku":"mug"}]}`, "Traceparent: "+shopsSpan)
			id, _ := o["id"].(string)

			b := s.Buyer(t)
			b.Call("GET", strings.TrimPrefix(o["url"].(string), s.URL), "", "Accept: text/html")
			confirmed := b.Object(b.Call("POST", "/create-confirm-intent",
				`{"confirmationTokenId":"`+b.Token(e2etest.CardAsks)+`","orderId":"`+id+`"}`, "Traceparent: "+othersSpan))
			if confirmed["status"] != "requires_action" {
				t.Fatalf("got %v", confirmed)
			}

			s.CloseStore()
			s.Restart()

			b.Authenticate(confirmed["client_secret"].(string), "pass")
			s.Eventually("the shop is told", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(arrived) == 1
			})
			s.WantQuiet()
			s.CloseStore()
			s.Stop()

			const attempt = "? > POST /v1/orders > order > POST /create-confirm-intent > attempt"
			const paid = attempt + " > event payment_intent.succeeded"
			wantPaths(t, tree(c, shopsTrace),
				"? > POST /v1/orders",
				"? > POST /v1/orders > order",
				"? > POST /v1/orders > order > POST /create-confirm-intent",
				attempt,
				attempt+" > Stripe POST /v1/payment_intents",
				paid,
				paid+" > effect order.paid",
				paid+" > effect order.paid > email order.paid",
				paid+" > effect order.paid > webhook order.paid")

			if !strings.HasPrefix(arrived[0], "00-"+shopsTrace+"-") {
				t.Errorf("the shop got the traceparent %q", arrived[0])
			}
			if len(c.Tree(othersTrace)) > 0 {
				t.Error("a browser's traceparent was taken")
			}

			got := c.Attributes(shopsTrace, "attempt")
			if len(got) != 4 || !slices.Contains(got, "checkoutd.order.id="+id) ||
				!slices.Contains(got, "checkoutd.state=requires_action") {
				t.Errorf("the attempt has %v", got)
			}

			logged := map[any]bool{}
			for _, line := range s.Logs.Lines(t) {
				if line["trace_id"] == shopsTrace {
					logged[line["message"]] = true
				}
			}
			for _, line := range []string{"request", "attempt waits for the buyer", "event processed", "order.paid", "email", "webhook sent"} {
				if !logged[line] {
					t.Errorf("no line %q has the trace's ID", line)
				}
			}
		})
	}
}

// What the caller of an API without a key sends is ignored; a refused card is
// an outcome, and the next attempt belongs to the same trace.
func TestTracesOfARefusedCard(t *testing.T) {
	t.Parallel()
	c := e2etest.NewCollector(t)
	s := e2etest.OpenShop(t, e2etest.Tracing(c))
	b := s.Buyer(t)
	b.Call("POST", "/v1/orders", `{"items":[{"sku":"mug"}]}`, "Traceparent: "+othersSpan, "Authorization: Bearer ck_test_none")

	id := b.Order("mug")
	b.Confirm(id, e2etest.CardDeclined)
	b.Confirm(id, e2etest.CardPays)
	s.WantQuiet()
	s.WantWorked(id)
	s.CloseStore()
	s.Stop()

	traceID := c.TraceOf("order", "checkoutd.order.id", id)
	const attempt = "POST /orders > order > POST /create-confirm-intent > attempt"
	// Either the answer or the event marks the order paid.
	got := tree(c, traceID)
	for i := range got {
		got[i] = strings.Replace(got[i], "event payment_intent.succeeded > effect", "effect", 1)
	}
	slices.Sort(got)

	wantPaths(t, got,
		"POST /orders",
		"POST /orders > order",
		"POST /orders > order > POST /create-confirm-intent",
		attempt,
		attempt+" > Stripe POST /v1/payment_intents",
		attempt+" > Stripe POST /v1/payment_intents/{id}/confirm",
		attempt+" > effect order.paid",
		attempt+" > effect order.paid > email order.paid",
		attempt+" > event payment_intent.succeeded")

	if got := c.Attributes(traceID, "attempt"); !slices.Contains(got, "stripe.decline_code=generic_decline") {
		t.Errorf("the refused attempt has %v", got)
	}
	if len(c.Tree(othersTrace)) > 0 {
		t.Error("the traceparent of a caller without a key was taken")
	}
}

// A renewal is too late for the trace of the purchase: it has one of its own,
// which is linked to it.
func TestTracesOfARenewal(t *testing.T) {
	t.Parallel()
	c := e2etest.NewCollector(t)
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog), e2etest.Tracing(c))
	b := s.Buyer(t)
	id := b.Order("club")
	b.Confirm(id, e2etest.CardPays)
	sub := b.WantSubscribed(id)
	end := s.State(id).Subscription(sub).PeriodEnd
	s.App.Sandbox().Advance(month)
	s.Eventually("the next period has begun", func() bool { return s.State(id).Subscription(sub).PeriodEnd.After(end) })
	s.App.Sandbox().Advance(2 * time.Hour) // an invoice is a draft for an hour
	s.Eventually("the renewal is paid", func() bool { return len(s.State(id).Intents) == 2 })
	s.WantQuiet()
	s.WantWorked(id)
	s.CloseStore()
	s.Stop()

	purchase := c.TraceOf("order", "checkoutd.order.id", id)
	renewal := c.TraceOf("effect subscription.renewed", "checkoutd.order.id", id)
	if renewal == purchase {
		t.Fatal("the renewal is in the trace of the purchase")
	}

	root := c.Tree(renewal)[0]
	if !strings.HasPrefix(root, "event ") || strings.Contains(root, ">") {
		t.Fatalf("the renewal's trace begins with %s", root)
	}
	if !slices.Contains(c.Links(renewal), purchase) {
		t.Errorf("%s is not linked to the purchase", root)
	}
	if want := root + " > effect subscription.renewed"; !slices.Contains(c.Tree(renewal), want) {
		t.Errorf("the trace is %v, want %s", c.Tree(renewal), want)
	}
}
