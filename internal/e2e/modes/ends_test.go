package modes_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/e2e/e2etest"
)

// A subscription that is canceled at the end of its period shows when it ends,
// whoever canceled it.
func TestSubscriptionShowsWhenItEnds(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	b := s.Buyer(t)
	id := b.Order("club")
	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("subscribing: %d %s", r.Status, r.Body)
	}

	shown := func() string {
		var view struct {
			Ends string `json:"subscription_ends_at"`
		}
		if err := json.Unmarshal([]byte(b.Call("GET", "/orders/"+id, "").Body), &view); err != nil {
			t.Fatal(err)
		}
		return view.Ends
	}
	if got := shown(); got != "" {
		t.Errorf("before it is canceled it ends at %q", got)
	}

	sub := s.State(id).Subscriptions[0]
	s.Stripe("POST", "/v1/subscriptions/"+sub.ID, "cancel_at_period_end", "true")
	s.Eventually("the order shows when the subscription ends", func() bool {
		return shown() == sub.PeriodEnd.Format(time.RFC3339)
	})

	page := b.Call("GET", "/complete?order="+id, "").Body
	if !strings.Contains(page, `id="order-until"`) || strings.Contains(page, "until you cancel") {
		t.Error("the page does not show the end")
	}

	s.Stripe("POST", "/v1/subscriptions/"+sub.ID, "cancel_at_period_end", "false")
	s.Eventually("the subscription goes on", func() bool { return shown() == "" })
}

// The buyer sees nothing of a dispute, and the shop all of it.
func TestDisputeIsTheShopsOwnBusiness(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	id := b.Order("mug")
	if r := b.Confirm(id, "4000000000000259"); r.Status != http.StatusOK { // https://docs.stripe.com/testing#disputes
		t.Fatalf("paying: %d %s", r.Status, r.Body)
	}

	s.Eventually("the dispute is known", func() bool { return len(s.State(id).Disputes) == 1 })
	s.WantQuiet()

	d := s.State(id).Disputes[0]
	if d.Status != "needs_response" || d.EvidenceDueBy.Before(time.Now()) || d.CreatedAt.IsZero() {
		t.Errorf("the dispute is %+v, want one with a deadline", d)
	}
	if log := s.Logs.Tail(1000); !strings.Contains(log, "evidence_due_by") {
		t.Error("the log does not tell the deadline")
	}

	b.WantStatus(id, "paid paid")
	for _, path := range []string{"/orders/" + id, "/complete?order=" + id} {
		if r := b.Call("GET", path, ""); strings.Contains(strings.ToLower(r.Body), "disput") {
			t.Errorf("%s tells the buyer of the dispute", path)
		}
	}
}
