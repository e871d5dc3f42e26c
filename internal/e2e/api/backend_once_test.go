package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
)

// refunded returns what was refunded of each charge at Stripe.
func refunded(s *e2etest.Shop) (amounts []int64) {
	for _, c := range s.App.Sandbox().Ledger().Charges {
		if c.AmountRefunded > 0 {
			amounts = append(amounts, c.AmountRefunded)
		}
	}
	return amounts
}

func TestARefundIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeRefund)
	path := "/v1/orders/" + s.Paid(t) + "/refund"
	wantRefunded := func(want int64) {
		t.Helper()
		if got := refunded(s); len(got) != 1 || got[0] != want {
			t.Errorf("Stripe refunded %v, want %d", got, want)
		}
	}

	first := b.Once("a", path, `{"amount":500}`)
	again := b.Once("a", path, `{ "amount": 500 }`)
	if first.Status != http.StatusOK || again.Status != http.StatusOK || again.Body != first.Body ||
		again.Header.Get("Idempotent-Replayed") != "true" || first.Header.Get("Idempotent-Replayed") != "" {
		t.Errorf("got %d %s, then %d %s", first.Status, first.Body, again.Status, again.Body)
	}
	wantRefunded(500)

	r := b.Once("a", path, `{"amount":501}`)
	b.WantProblem(path, r, http.StatusUnprocessableEntity, "idempotency_key_reused", "Idempotency-Key")
	r = b.Once(strings.Repeat("k", 256), path, `{"amount":501}`)
	b.WantProblem(path, r, http.StatusBadRequest, "idempotency_key_invalid", "Idempotency-Key")
	wantRefunded(500)

	// The same amount under another key is another refund, and a restart
	// forgets neither.
	if r := b.Once("b", path, `{"amount":500}`); r.Status != http.StatusOK {
		t.Errorf("%d %s", r.Status, r.Body)
	}
	s.Restart()
	for _, key := range []string{"a", "b"} {
		if r := b.Once(key, path, `{"amount":500}`); r.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s: %d %s, want a replay", key, r.Status, r.Body)
		}
	}
	wantRefunded(1000)
}

func TestARefundWhoseAnswerIsLostIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeRefund)
	path := "/v1/orders/" + s.Paid(t) + "/refund"

	s.Fault("POST /v1/refunds", sandbox.FaultChargeThenCut, 3)
	s.Fault("GET /v1/refunds", sandbox.FaultStatus500, 1000) // the events of the refund are worked, too
	r := b.Once("a", path, `{"amount":500}`)
	b.WantProblem(path, r, http.StatusServiceUnavailable, "operation_unknown", "")
	s.App.Sandbox().ClearFaults()

	for i, replayed := range []string{"", "true"} {
		if r := b.Once("a", path, `{"amount":500}`); r.Status != http.StatusOK || r.Header.Get("Idempotent-Replayed") != replayed {
			t.Errorf("repeated %d times: %d %s, replayed %q", i+1, r.Status, r.Body, r.Header.Get("Idempotent-Replayed"))
		}
	}
	if got := refunded(s); len(got) != 1 || got[0] != 500 {
		t.Errorf("Stripe refunded %v, want 500 once", got)
	}
}

func TestTheTimelineTellsTheStory(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Backend(t, api.ScopeRefund)
	buyer := s.Buyer(t)
	id := buyer.Order("mug")
	buyer.Confirm(id, e2etest.CardNoFunds)
	buyer.Confirm(id, e2etest.CardPays)
	s.WantWorked(id)
	b.Want(http.StatusOK, "POST", "/v1/orders/"+id+"/refund", `{"amount":500,"reason":"requested_by_customer"}`)

	got := b.Want(http.StatusOK, "GET", "/v1/orders/"+id+"/timeline", "")
	var kinds, texts []string
	last := ""
	for _, e := range got["data"].([]any) {
		m := e.(map[string]any)
		at := m["at"].(string)
		if at < last[:min(len(last), 19)] {
			t.Errorf("%v comes after %s", m, last)
		}
		last = at
		kinds, texts = append(kinds, m["kind"].(string)), append(texts, m["text"].(string))
	}

	all := strings.Join(texts, "\n")
	for _, want := range []string{
		"The order to pay 18.00 USD was created.",
		"Attempt 1 to pay 18.00 USD: it failed (insufficient funds).",
		"Attempt 2 to pay 18.00 USD: it succeeded.",
		"The order became paid.",
		"Stripe reported payment_intent.succeeded; it was processed.",
		"The shop asked to refund 5.00 USD (requested by customer); it was done.",
		"A refund of 5.00 USD was made by the shop; it is succeeded.",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in\n%s", want, all)
		}
	}
	if kinds[0] != "order" || kinds[1] != "attempt" || slices.Index(kinds, "refund") < slices.Index(kinds, "operation") {
		t.Errorf("the order is %v", kinds)
	}

	for _, private := range []string{e2etest.CanaryName, e2etest.CanaryEmail, "4242", "secret", "ctoken"} {
		if strings.Contains(all, private) {
			t.Errorf("the timeline tells %q:\n%s", private, all)
		}
	}

	r := b.Call("GET", "/v1/orders/ord_none/timeline", "")
	b.WantProblem("", r, http.StatusNotFound, "order_not_found", "")
}
