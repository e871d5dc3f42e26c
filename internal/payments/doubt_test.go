package payments_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// refusedToken is Stripe's refusal of a confirm call, which says nothing about
// the intent.
func refusedToken(payments.Params, string) (payments.Snapshot, error) {
	return payments.Snapshot{}, &payments.CallError{
		Outcome: payments.OutcomeRefused,
		Param:   "confirmation_token",
		Stripe:  payments.StripeError{Type: payments.TypeInvalidRequest},
	}
}

// An attempt may set another amount on the intent and then be refused. If the
// order goes back to its first amount, the intent does not.
func TestIntentIsUpdatedAfterAnAttemptThatChangedIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	atStripe := int64(0) // what the intent is over
	call := func(send func(payments.Params, string) (payments.Snapshot, error)) {
		f.stripe.OnSend(func(p payments.Params, key string) (payments.Snapshot, error) {
			if p.IntentID == "" || p.BringUpToDate {
				atStripe = p.Amount
			}

			return send(p, key)
		})
	}

	call(func(p payments.Params, _ string) (payments.Snapshot, error) { return payments.Snapshot{}, declined(p) })
	_, _ = f.confirm("ctoken_a")
	f.store.states[orderID].Order.Amount = 500
	call(refusedToken)
	_, _ = f.confirm("ctoken_b")
	f.store.states[orderID].Order.Amount = 1099
	call(func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, succeeded)
		s.Amount, s.AmountReceived = atStripe, atStripe
		return s, nil
	})

	if _, err := f.confirm("ctoken_c"); err != nil || atStripe != 1099 {
		t.Errorf("the buyer saw 10.99 and was charged %d: %v", atStripe, err)
	}

	f.wantAttempts(payments.Failed, payments.Failed, payments.Succeeded)
	f.wantOrder(orders.Paid, orders.PaymentPaid)
}

// While the outcome of a call is not known, no buyer reads that they were not
// charged.
func TestNoCustomerIsEnsuredWhileAPaymentIsInProgress(t *testing.T) {
	t.Parallel()
	for _, mode := range []orders.Mode{orders.ModeSetup, orders.ModeSubscription} {
		f := newFixtureOf(t, mode)
		f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
			return payments.Snapshot{}, errReset
		})

		if _, err := f.confirm("ctoken_a"); fault.Of(err).Code != "payment_unknown" {
			t.Fatal(err)
		}

		status := f.post(func(context.Context, http.ResponseWriter, *http.Request, orders.Order) error {
			return fault.New(fault.Unavailable, "payment_provider_unavailable", "You were not charged.")
		})
		if status != http.StatusConflict {
			t.Errorf("%s: the same token again is answered with %d, want 409 payment_unknown", mode, status)
		}
	}
}

// strayed returns a fixture whose subscription is running while its first
// payment is not known: the customer's credit paid it, or a later invoice came
// before anybody read it.
func strayed(t *testing.T) *fixture {
	t.Helper()
	f := newFixtureOf(t, orders.ModeSubscription)
	f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) { return payments.Snapshot{}, errReset })
	if _, err := f.confirm("ctoken_a"); fault.Of(err).Code != "payment_unknown" {
		t.Fatal(err)
	}

	stray := payments.SubscriptionReading{Subscription: subscriptionIn(active)}
	stray.Mark = payments.MarkOf(f.sent(0).Metadata)
	f.stripe.PutSubscription(stray)
	return f
}

func (f *fixture) wantNoSecondSubscription() {
	f.Helper()
	f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
		f.Error("another subscription was begun")
		return payments.Snapshot{}, errReset
	})
	if _, err := f.confirm("ctoken_b"); err == nil {
		f.Error("another token was accepted")
	}
}

// strayedShop returns a shop with a strayed subscription whose attempt has
// failed: Stripe has nothing but the subscription.
func strayedShop(t *testing.T) *shop {
	t.Helper()
	f := strayed(t)
	if err := f.svc.SettleSubscription(context.Background(), orderID, subID, nil); err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(40 * time.Minute)
	f.runOnce()
	f.wantAttempts(payments.Failed)
	f.wantNoSecondSubscription()
	return &shop{fixture: f, ops: payments.NewOperations(f.svc, nil)}
}

func TestSubscriptionWithoutAKnownFirstPaymentGoesToReview(t *testing.T) {
	t.Parallel()
	t.Run("when the order expires", func(t *testing.T) {
		t.Parallel()
		s := strayedShop(t)
		s.clock.Advance(25 * time.Hour)
		s.runOnce()
		s.wantOrder(orders.Review, orders.PaymentReview)
	})

	t.Run("when the shop cancels", func(t *testing.T) {
		t.Parallel()
		s := strayedShop(t)
		if _, err := s.ops.CancelOrder(context.Background(), orderID); err == nil {
			t.Error("the order is canceled, but its subscription is running")
		}

		s.wantOrder(orders.Review, orders.PaymentReview)
	})

	t.Run("when the resolver looks for it", func(t *testing.T) {
		t.Parallel()
		f := strayed(t)
		f.stripe.SetDown(&payments.CallError{Outcome: payments.OutcomeRefused,
			Mismatch: "subscription sub_1 is active"})
		f.clock.Advance(20 * time.Minute)
		f.runOnce()
		f.wantAttempts(payments.Failed)
		f.wantOrder(orders.Review, orders.PaymentReview)
		f.wantNoSecondSubscription()
	})

	t.Run("but not if its news comes late", func(t *testing.T) {
		t.Parallel()
		s := strayedShop(t)
		s.happen(s.sent(0), moment{intent: succeeded, sub: active})

		if err := s.svc.SettleFresh(context.Background(), orderID, intentID, nil); err != nil {
			t.Fatal(err)
		}

		s.wantOrder(orders.Paid, orders.PaymentPaid)
	})
}
