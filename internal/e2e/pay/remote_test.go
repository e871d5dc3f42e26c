package pay_test

import (
	"net/http"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

// Somebody deletes the buyer's customer in the Dashboard while the buyer types.
func TestDeletedCustomerDoesNotStopAPayment(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	for name, decline := range map[string]bool{"at the first attempt": false, "after a decline": true} {
		b := s.Buyer(t)
		id := b.Order("mug")
		b.Call("POST", "/create-customer-session", "")
		old := s.State(id).Order.CustomerID
		if decline {
			b.Confirm(id, e2etest.CardDeclined)
		}

		s.Stripe(http.MethodDelete, "/v1/customers/"+old)

		if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
			t.Errorf("%s: %d %s, want it paid", name, r.Status, r.Body)
		}
		if now := s.State(id).Order.CustomerID; now == old || now == "" {
			t.Errorf("%s: the order belongs to %q, which is gone", name, now)
		}

		s.Eventually("the order is paid", func() bool { return b.Status(id) == "paid paid" })
	}

	s.WantCharged(1800, 1800)
}

// A form that was made for a payment that saves nothing cannot pay an order
// that saves its payment method. The buyer is not sent round in a circle, and
// the order's own form pays.
func TestTokenOfAnotherFormIsTheShopsFault(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	b := s.Buyer(t)
	id := b.Order("ebook")

	r := b.Call("POST", "/create-confirm-intent",
		`{"confirmationTokenId":"`+b.Token(e2etest.CardPays)+`","orderId":"`+id+`"}`)
	b.WantProblem("/create-confirm-intent", r, http.StatusServiceUnavailable, "payment_unavailable", "")
	s.WantCharged()

	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Errorf("%d %s, want it paid", r.Status, r.Body)
	}
	b.WantStatus(id, "paid paid")
	s.WantCharged(800)
}

// A subscription to a product that was archived at Stripe, which the catalog
// still sells.
func TestArchivedProductIsActiveAgain(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Selling(e2etest.ClubCatalog))
	first := s.Buyer(t)
	if r := first.Confirm(first.Order("club"), e2etest.CardPays); r.Status != http.StatusOK {
		t.Fatalf("%d %s", r.Status, r.Body)
	}

	s.Stripe(http.MethodPost, "/v1/products/checkoutd_club", "active", "false")

	b := s.Buyer(t)
	if r := b.Confirm(b.Order("club"), e2etest.CardPays); r.Status != http.StatusOK {
		t.Errorf("%d %s, want it paid", r.Status, r.Body)
	}
	if got := s.Stripe(http.MethodGet, "/v1/products/checkoutd_club")["active"]; got != true {
		t.Errorf("the product is active: %v", got)
	}
}

// Somebody cancels the intent of a declined order, and no webhook says so.
func TestIntentCanceledInTheDashboardIsReplaced(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	id := b.Order("mug")
	b.Confirm(id, e2etest.CardDeclined)

	for _, hook := range s.List("/v1/webhook_endpoints") {
		s.Stripe(http.MethodDelete, "/v1/webhook_endpoints/"+hook["id"].(string))
	}

	intent := s.State(id).Intents[0].ID
	s.Stripe(http.MethodPost, "/v1/payment_intents/"+intent+"/cancel")

	if r := b.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
		t.Errorf("%d %s, want it paid", r.Status, r.Body)
	}
	if got := b.Status(id); got != "paid paid" {
		t.Errorf("the order is %s", got)
	}
}
