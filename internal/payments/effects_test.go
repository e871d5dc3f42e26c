package payments_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// wantEffects compares the effects that were written, each with its subject.
func (f *fixture) wantEffects(want ...string) {
	f.Helper()
	var got []string
	for name := range f.store.effects {
		got = append(got, strings.TrimPrefix(name, orderID+" "))
	}

	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		f.Errorf("the effects are %q, want %q", got, want)
	}
}

func TestEffectsOfAHold(t *testing.T) {
	t.Parallel()
	t.Run("captured", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, capturing)
		s.wantEffects("order.authorized " + intentID)
		if _, err := s.capture(0); err != nil {
			t.Fatal(err)
		}
		s.wantEffects("order.authorized "+intentID, "order.paid")
	})

	t.Run("a capture that Stripe refuses", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, capturing)
		s.bank.refuse = errRefused
		res, err := s.capture(600)
		if err == nil {
			t.Fatal("it succeeded")
		}
		s.wantEffects("order.authorized "+intentID, "order.capture_failed "+res.Operation.ID)
	})

	t.Run("lapsed, whoever notices it first", func(t *testing.T) {
		t.Parallel()
		for _, byCapture := range []bool{false, true} {
			s := confirmed(t, capturing)
			s.editIntent(func(snap *payments.Snapshot) { snap.Status = gone })
			if byCapture {
				s.bank.refuse = errRefused
				_, _ = s.capture(0)
			}

			if err := s.svc.Settle(context.Background(), orderID, s.intentNow(), nil); err != nil {
				t.Fatal(err)
			}

			s.wantEffects("order.authorized "+intentID, "order.capture_failed "+intentID)
		}
	})

	t.Run("canceled by the shop", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, capturing)
		if _, err := s.cancelOrder(); err != nil {
			t.Fatal(err)
		}
		s.wantEffects("order.authorized "+intentID, "order.canceled")
	})
}

var errRefused = &payments.CallError{
	Outcome: payments.OutcomeRefused,
	Stripe:  payments.StripeError{Type: "invalid_request_error", Message: "No."},
	Cause:   errors.New("status 400"),
}

// A refund counts once, by its ID at Stripe, from when it counts in the order.
func TestEffectsOfRefunds(t *testing.T) {
	t.Parallel()
	t.Run("one that fails in the end", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		if _, err := s.confirm("ctoken_a"); err != nil {
			t.Fatal(err)
		}

		first := s.mustRefund(100).Refund().ID
		s.wantEffects("order.paid", "order.refunded "+first)

		s.editRefund("failed")
		for range 2 {
			if err := s.svc.SettleRefunds(context.Background(), orderID, intentID, nil); err != nil {
				t.Fatal(err)
			}
		}
		s.wantEffects("order.paid", "order.refunded "+first, "order.refund_failed "+first)
	})

	t.Run("one that Stripe refuses", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		if _, err := s.confirm("ctoken_a"); err != nil {
			t.Fatal(err)
		}

		s.bank.refuse = errRefused
		res, err := s.refund(100)
		if err == nil {
			t.Fatal("it succeeded")
		}
		s.wantEffects("order.paid", "order.refund_failed "+res.Operation.ID)
	})

	t.Run("what Stripe releases of a hold is none", func(t *testing.T) {
		t.Parallel()
		s := confirmed(t, capturing)
		if _, err := s.capture(600); err != nil {
			t.Fatal(err)
		}

		s.stripe.PutRefund(payments.Refund{
			ID:        "re_release",
			IntentID:  intentID,
			Amount:    499,
			Currency:  "usd",
			Status:    "succeeded",
			CreatedAt: s.clock.Now(),
		})
		if err := s.svc.SettleRefunds(context.Background(), orderID, intentID, nil); err != nil {
			t.Fatal(err)
		}
		s.wantEffects("order.authorized "+intentID, "order.paid")
	})
}

func TestEffectsOfAnOrderThatEnds(t *testing.T) {
	t.Parallel()
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		f.clock.Advance(25 * time.Hour)
		f.runOnce()
		f.wantOrder(orders.Expired, orders.Unpaid)
		f.wantEffects("order.expired")
	})

	t.Run("canceled, twice", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		for range 2 {
			_, _ = s.cancelOrder()
		}
		s.wantOrder(orders.Canceled, orders.Unpaid)
		s.wantEffects("order.canceled")
	})
}

func TestEffectsOfASubscription(t *testing.T) {
	t.Parallel()
	f := subscribed(t)
	f.wantEffects("order.paid")

	period := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		status payments.SubscriptionStatus
		period time.Time
		want   []string
	}{
		{pastDue, period, []string{"subscription.past_due " + subID + "/1772323200"}},
		{payments.SubscriptionUnpaid, period, nil},
		{active, period, nil},
		{pastDue, period, nil}, // the same period
		{active, period, nil},
		{pastDue, period.AddDate(0, 1, 0), []string{"subscription.past_due " + subID + "/1775001600"}},
		{payments.SubscriptionCanceled, period.AddDate(0, 1, 0), []string{"subscription.canceled " + subID}},
		{payments.SubscriptionCanceled, period.AddDate(0, 1, 0), nil},
	} {
		before := len(f.store.effects)
		reading := payments.SubscriptionReading{Subscription: subscriptionIn(step.status)}
		reading.PeriodEnd = step.period
		reading.Mark = payments.MarkOf(f.sent(0).Metadata)
		f.stripe.PutSubscription(reading)

		if err := f.svc.SettleSubscription(context.Background(), orderID, subID, nil); err != nil {
			t.Fatal(err)
		}

		for _, effect := range step.want {
			if f.store.effects[orderID+" "+effect] != 1 {
				t.Errorf("%s: no effect %q in %v", step.status, effect, f.store.effects)
			}
		}
		if got := len(f.store.effects) - before; got != len(step.want) {
			t.Errorf("%s: %d new effects, want %d", step.status, got, len(step.want))
		}
	}
}
