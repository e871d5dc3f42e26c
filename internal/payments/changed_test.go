package payments_test

import (
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// refusedToken is Stripe's refusal of a confirm call, which tells nothing of the intent.
func refusedToken(payments.Params, string) (payments.Snapshot, error) {
	return payments.Snapshot{}, &payments.CallError{Outcome: payments.OutcomeRefused, Param: "confirmation_token",
		Stripe: payments.StripeError{Type: payments.TypeInvalidRequest}}
}

// An attempt may set another amount on the intent and be refused after that. When the
// order then costs what it did at first, the intent does not.
func TestIntentIsSetAgainAfterAnAttemptThatSetItOtherwise(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	atStripe := int64(0) // what the intent is over
	call := func(send func(payments.Params, string) (payments.Snapshot, error)) {
		f.stripe.send = func(p payments.Params, key string) (payments.Snapshot, error) {
			if p.IntentID == "" || p.BringUpToDate {
				atStripe = p.Amount
			}
			return send(p, key)
		}
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
