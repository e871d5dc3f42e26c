package payments_test

import (
	"context"
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// TestTheOrderKnowsWhatPaidIt: whatever brings the news first, the order has
// the method that paid, and not one that was declined.
func TestTheOrderKnowsWhatPaidIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	visa := orders.PaymentMethod{Type: "card", Brand: "visa", Last4: "4242"}
	other := orders.PaymentMethod{Type: "card", Brand: "amex", Last4: "0005"}

	answer := func(f *fixture, status payments.Status, m orders.PaymentMethod) {
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			s := snap(p, status)
			s.Method = m
			return s, nil
		})
		_, _ = f.confirm("ctoken_a" + m.Last4)
	}

	want := func(t *testing.T, f *fixture, m orders.PaymentMethod) {
		t.Helper()
		if got := f.state().Order.PaidWith; got != m {
			t.Errorf("got %+v, want %+v", got, m)
		}
	}

	t.Run("the answer of the payment", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		answer(f, payments.StatusRequiresPaymentMethod, other)
		want(t, f, orders.PaymentMethod{})
		answer(f, succeeded, visa)
		want(t, f, visa)
	})

	t.Run("the event of the charge, after that of the intent", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		answer(f, payments.StatusRequiresAction, orders.PaymentMethod{})
		if err := f.svc.Settle(ctx, orderID, inEvent(snap(f.sent(0), succeeded)), nil); err != nil {
			t.Fatal(err)
		}

		want(t, f, orders.PaymentMethod{})
		for _, m := range []orders.PaymentMethod{visa, other} { // only the first news counts
			if err := f.svc.SettleHint(ctx, orderID, intentID, payments.ChargeNews{Method: m}, nil); err != nil {
				t.Fatal(err)
			}
		}
		want(t, f, visa)
	})
	t.Run("a method that failed on its way is forgotten", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		sepa := orders.PaymentMethod{Type: "sepa_debit", Last4: "3000"}
		answer(f, payments.StatusProcessing, sepa)
		want(t, f, sepa)

		failed := snap(f.sent(0), payments.StatusRequiresPaymentMethod)
		failed.Error = &payments.StripeError{Type: "card_error", Code: "payment_intent_payment_attempt_failed"}
		f.stripe.PutIntent(failed)
		if err := f.svc.SettleFresh(ctx, orderID, intentID, nil); err != nil {
			t.Fatal(err)
		}
		want(t, f, orders.PaymentMethod{})
	})
}
