package payments_test

import (
	"context"
	"strings"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/payments"
)

func declinedBy(code, declineCode string) func(payments.Params, string) (payments.Snapshot, error) {
	return func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, payments.StatusRequiresPaymentMethod)
		e := payments.StripeError{
			Type:        payments.TypeCard,
			Code:        code,
			DeclineCode: declineCode,
			Message:     "Your card was reported: " + declineCode + ".",
		}
		s.Error = &e
		return payments.Snapshot{}, &payments.CallError{
			Outcome:  payments.OutcomeRefused,
			Snapshot: &s,
			Stripe:   e,
		}
	}
}

// Stripe's page on decline codes says which ones are shown as generic_decline.
func TestBuyersAreNotToldThatACardIsReported(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		"fraudulent", "lost_card", "merchant_blacklist", "stolen_card", "pickup_card", "restricted_card",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.stripe.OnSend(declinedBy("card_declined", code))
			_, err := f.confirm("ctoken_a")
			_, again := f.confirm("ctoken_a")
			later, failed, readErr := f.svc.Refusal(context.Background(), orderID)
			if readErr != nil || !failed {
				t.Fatalf("failed %t, %v", failed, readErr)
			}

			for place, e := range map[string]*fault.Error{
				"the answer": fault.Of(err), "the repeated answer": fault.Of(again), "the pages": later.Fault,
			} {
				if e.Code != "payment_declined" || e.Payment.Code != "card_declined" ||
					e.Payment.DeclineCode != "generic_decline" || e.Message != "Your card was declined." {
					t.Errorf("%s: %+v %+v", place, e, e.Payment)
				}
			}

			st := f.state()
			if strings.Contains(st.Order.Message, code) {
				t.Errorf("the order says %q", st.Order.Message)
			}
			if st.Attempts[0].DeclineCode != code {
				t.Errorf("the ledger has %q, want %q for the shop", st.Attempts[0].DeclineCode, code)
			}
		})
	}
}

func TestBuyersAreToldWhatTheyCanMend(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(declinedBy("card_declined", "insufficient_funds"))
	_, err := f.confirm("ctoken_a")
	if e := fault.Of(err); e.Payment.DeclineCode != "insufficient_funds" ||
		!strings.Contains(e.Message, "insufficient_funds") {
		t.Errorf("got %+v %+v", e, e.Payment)
	}
}

// The buyer's bank refuses on its own page, of which only a reading of the
// intent tells. What was tried is forgotten as soon as the next attempt fails
// without a payment method.
func TestTheFailedMethodIsKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) { return snap(p, action), nil })
	_, _ = f.confirm("ctoken_a")

	refused := snap(f.sent(0), rpm)
	refused.Error = &payments.StripeError{
		Type:       payments.TypeInvalidRequest,
		Code:       "payment_intent_payment_attempt_failed",
		MethodType: "ideal",
	}

	f.stripe.PutIntent(refused)

	if err := f.svc.Settle(t.Context(), orderID, refused, nil); err != nil {
		t.Fatal(err)
	}

	tried := func() string {
		re, failed, err := f.svc.Refusal(t.Context(), orderID)
		if err != nil || !failed {
			t.Fatalf("failed %t, %v", failed, err)
		}
		return re.MethodType
	}

	if got := tried(); got != "ideal" {
		t.Errorf("got %q, want ideal", got)
	}

	f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
		return payments.Snapshot{}, &payments.CallError{
			Outcome: payments.OutcomeRefused,
			Stripe:  payments.StripeError{Type: payments.TypeInvalidRequest, Code: "resource_missing"},
		}
	})

	_, _ = f.confirm("ctoken_b")
	if got := tried(); got != "" {
		t.Errorf("got %q of the next attempt, want none", got)
	}
}
