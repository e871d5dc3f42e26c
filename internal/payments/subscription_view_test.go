package payments_test

import (
	"context"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// TestWhatTheBuyerSeesOfASubscription: the state is that of the last reading.
func TestWhatTheBuyerSeesOfASubscription(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	next := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

	f := subscribed(t)
	for _, tt := range []struct {
		sub  payments.Subscription
		want payments.SubscriptionView
	}{
		{payments.Subscription{Status: payments.SubscriptionActive, PeriodEnd: next}, payments.SubscriptionView{Next: next}},
		{payments.Subscription{Status: payments.SubscriptionPastDue, PeriodEnd: next}, payments.SubscriptionView{PastDue: true}},
		{payments.Subscription{Status: payments.SubscriptionActive, PeriodEnd: next, EndsAt: next}, payments.SubscriptionView{}},
		{payments.Subscription{Status: payments.SubscriptionCanceled, EndsAt: next}, payments.SubscriptionView{Ended: true}},
	} {
		tt.sub.ID, tt.sub.CustomerID = subID, customerID
		f.stripe.PutSubscription(payments.SubscriptionReading{Subscription: tt.sub})
		if err := f.svc.SettleSubscription(ctx, orderID, subID, nil); err != nil {
			t.Fatal(err)
		}

		got, ok, err := f.svc.SubscriptionOf(ctx, orderID)
		if err != nil || !ok || got != tt.want {
			t.Errorf("%s: got %+v, %v, %v, want %+v", tt.sub.Status, got, ok, err, tt.want)
		}
	}

	plain := newFixtureOf(t, orders.ModePayment)
	if _, ok, err := plain.svc.SubscriptionOf(ctx, orderID); ok || err != nil {
		t.Errorf("an order without one: got %v, %v", ok, err)
	}
}
