package payments_test

import (
	"context"
	"strings"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
)

// Stripe cancels the intent of an invoice that is paid outside of Stripe. Until
// the invoice's own event arrives, that must not look like a payment that
// failed: the buyer would begin a second subscription.
func TestCanceledIntentOfAPaidInvoiceBeginsNoOtherSubscription(t *testing.T) {
	t.Parallel()
	f := declinedSubscription(t)
	p := f.sent(0)
	paid := moment{intent: gone, sub: active, outOfBand: true}
	f.happen(p, paid)

	if err := f.deliver(p, step{"payment_intent.canceled", paid}); err != nil {
		t.Fatal(err)
	}

	f.wantPaidOnce()

	if _, err := f.confirm("ctoken_b"); fault.Of(err).Code != "order_not_open" || f.calls() != 1 {
		t.Errorf("another card: %v, %d calls", err, f.calls())
	}
}

// The event may be lost, too: then the buyer's next card finds it out.
func TestRefusalOfAPaidInvoicePaysTheOrder(t *testing.T) {
	t.Parallel()
	f := declinedSubscription(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		f.happen(f.sent(0), moment{intent: gone, sub: active, outOfBand: true})
		s, err := f.stripe.Intent(context.Background(), p.IntentID) // as stripeapi does
		return payments.Snapshot{}, &payments.CallError{
			Outcome:  payments.OutcomeRefused,
			Stripe:   payments.StripeError{Type: payments.TypeInvalidRequest, Code: "payment_intent_unexpected_state"},
			Snapshot: &s,
			Cause:    err,
		}
	})

	_, err := f.confirm("ctoken_b")
	if e := fault.Of(err); e.Code != "order_not_open" || !strings.Contains(e.Message, "do not pay again") {
		t.Errorf("another card: %v", err)
	}
	if _, err := f.confirm("ctoken_b"); fault.Of(err).Code != "order_not_open" {
		t.Errorf("the same token again: %v", err)
	}

	if f.calls() != 2 {
		t.Errorf("%d calls, want one for each token", f.calls())
	}

	f.wantPaidOnce()
}

func TestInvoiceThatIsPaidOutOfBandForAnotherAmountIsReviewed(t *testing.T) {
	t.Parallel()
	f := declinedSubscription(t)
	f.happen(f.sent(0), moment{intent: gone, sub: active, outOfBand: true})
	f.editIntent(func(s *payments.Snapshot) { s.Amount++ })

	if err := f.svc.SettleFresh(context.Background(), orderID, intentID, nil); err != nil {
		t.Fatal(err)
	}

	f.wantOrder(orders.Review, orders.PaymentReview)
}

func TestMoneyOutsideOfStripeIsNotRefundedThere(t *testing.T) {
	t.Parallel()
	f := declinedSubscription(t)
	f.happen(f.sent(0), moment{intent: gone, sub: active, outOfBand: true})

	if err := f.svc.SettleSubscription(context.Background(), orderID, subID, nil); err != nil {
		t.Fatal(err)
	}

	f.wantPaidOnce()
	f.wantSubscription(active)

	ops := payments.NewOperations(f.svc,
		testkit.Always[payments.Operator](&bank{
			Stripe: f.stripe,
			kept:   map[string]answer{},
			now:    f.clock.Now,
		}))
	if _, err := ops.Refund(context.Background(), orderID, 0, ""); fault.Of(err).Code != "paid_out_of_band" {
		t.Errorf("a refund: %v", err)
	}
}
