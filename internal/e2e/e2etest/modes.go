package e2etest

import (
	"net/http"
	"slices"

	"checkoutd/internal/payments"
)

// Save places an order that only saves a payment method.
func (b *Buyer) Save() (id string) {
	b.t.Helper()
	r := b.Call("POST", "/orders", `{"mode":"setup"}`)
	if r.Status != http.StatusCreated {
		b.t.Fatalf("POST /orders: %d %s", r.Status, r.Body)
	}
	return b.Object(r)["id"].(string)
}

// WantSaved checks that Stripe and the shop hold one method that was saved
// once.
func (b *Buyer) WantSaved(id string) {
	b.t.Helper()
	b.WantStatus(id, "paid paid")
	s := b.shop
	s.WantQuiet()

	st := s.State(id)
	if st.Order.Captured != 0 || st.Order.ReviewReason != "" {
		b.t.Errorf("captured %d, review %q; want a saved method and nothing else", st.Order.Captured, st.Order.ReviewReason)
	}

	saved := 0
	for _, si := range s.List("/v1/setup_intents") {
		if si["status"] == "canceled" {
			continue
		}

		saved++
		if si["customer"] != st.Order.CustomerID || si["usage"] != "off_session" || si["metadata"].(map[string]any)[payments.MetaOrder] != id {
			b.t.Errorf("the SetupIntent is of %v, for %v, %v", si["customer"], si["usage"], si["metadata"])
		}
	}

	if methods := s.List("/v1/payment_methods", "customer", st.Order.CustomerID, "type", "card"); saved != 1 || len(methods) != 1 {
		b.t.Errorf("%d SetupIntents, %d saved cards; want one each", saved, len(methods))
	}

	s.WantLedger(0)
}

// WantSubscribed checks that Stripe and the shop hold one subscription that was
// paid once, and returns its ID.
func (b *Buyer) WantSubscribed(id string) (subscriptionID string) {
	b.t.Helper()
	b.WantStatus(id, "paid paid")
	s := b.shop
	var st *payments.State
	s.Eventually("the subscription is active", func() bool {
		st = s.State(id)
		return slices.ContainsFunc(st.Subscriptions, func(k payments.Subscription) bool { return k.Status == payments.SubscriptionActive })
	})

	alive := 0
	for _, sub := range s.List("/v1/subscriptions", "customer", st.Order.CustomerID, "status", "all") {
		if sub["status"] == "incomplete_expired" || sub["status"] == "canceled" {
			continue
		}

		alive++
		subscriptionID = sub["id"].(string)
		if sub["status"] != "active" || sub["metadata"].(map[string]any)[payments.MetaOrder] != id || sub["default_payment_method"] == nil {
			b.t.Errorf("subscription %s is %v, metadata %v, paid for with %v", subscriptionID, sub["status"], sub["metadata"], sub["default_payment_method"])
		}
	}

	if alive != 1 {
		b.t.Errorf("%d living subscriptions, want one", alive)
	}

	kept := st.Subscription(subscriptionID)
	if kept == nil || kept.CustomerID != st.Order.CustomerID || kept.PeriodEnd.IsZero() {
		b.t.Errorf("the shop keeps %+v", st.Subscriptions)
	}
	if st.Order.Captured != st.Order.Amount || st.Order.ReviewReason != "" {
		b.t.Errorf("captured %d of %d, review %q", st.Order.Captured, st.Order.Amount, st.Order.ReviewReason)
	}

	return subscriptionID
}

// WantCharged compares the amounts of all successful charges at Stripe.
func (s *Shop) WantCharged(amounts ...int64) {
	s.T.Helper()
	var got []int64
	for _, c := range s.App.Sandbox().Ledger().Charges {
		if c.Status == "succeeded" {
			got = append(got, c.Amount)
		}
	}
	if !slices.Equal(got, amounts) {
		s.T.Errorf("Stripe charged %v, want %v", got, amounts)
	}
}
