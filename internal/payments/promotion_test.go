package payments_test

import (
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// limited returns the fixture of an order whose promotion code has few uses.
func limited(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.store.states[orderID].Order.Discount = orders.Discount{Code: "FEW", Amount: 100, Limit: 3}
	return f
}

func (f *fixture) wantHeld(want bool) {
	f.Helper()
	if got := f.state().Order.Discount.Held; got != want {
		f.Errorf("the order holds a use: %t, want %t", got, want)
	}
}

func TestUseOfACodeIsHeldWhileAnAttemptMayTakeMoney(t *testing.T) {
	t.Parallel()

	refused := &payments.CallError{
		Outcome: payments.OutcomeRefused,
		Stripe:  payments.StripeError{Type: payments.TypeInvalidRequest, Code: "resource_missing"},
		Param:   "confirmation_token",
	}

	for name, tt := range map[string]struct {
		answer func(payments.Params) (payments.Snapshot, error)
		held   bool
	}{
		"made-up token": {func(payments.Params) (payments.Snapshot, error) { return payments.Snapshot{}, refused }, false},
		"declined card": {func(p payments.Params) (payments.Snapshot, error) { return payments.Snapshot{}, declined(p) }, false},
		"no answer":     {func(payments.Params) (payments.Snapshot, error) { return payments.Snapshot{}, errReset }, true},
		"paid":          {func(p payments.Params) (payments.Snapshot, error) { return snap(p, payments.StatusSucceeded), nil }, true},
		"3D Secure":     {func(p payments.Params) (payments.Snapshot, error) { return snap(p, payments.StatusRequiresAction), nil }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := limited(t)
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) { return tt.answer(p) })

			_, _ = f.confirm("ctoken_a") // what the buyer sees is not the point here
			f.wantHeld(tt.held)
		})
	}
}

func TestAbandonedConfirmationReturnsTheUseWithinMinutes(t *testing.T) {
	t.Parallel()

	for name, tt := range map[string]struct {
		instructions payments.Instructions
		held         bool
	}{
		"3D Secure": {payments.Instructions{}, false},
		"a voucher": {voucher(newFixture(t), 3), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := limited(t)
			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				s := snap(p, payments.StatusRequiresAction)
				s.Instructions = tt.instructions
				f.stripe.PutIntent(s)
				return s, nil
			})

			if _, err := f.confirm("ctoken_a"); err != nil {
				t.Fatal(err)
			}

			f.clock.Advance(20 * time.Minute)
			f.runOnce()
			f.wantHeld(tt.held)

			want := payments.Canceled
			if tt.held {
				want = payments.RequiresAction
			}
			f.wantAttempts(want)
			f.wantOrder(orders.Open, f.state().Order.PaymentStatus) // it can be paid again
		})
	}
}

// A buyer who finishes at the last moment keeps the use: the intent is read
// before it is canceled.
func TestConfirmationAtTheLastMomentKeepsTheUse(t *testing.T) {
	t.Parallel()
	f := limited(t)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, payments.StatusRequiresAction)
		f.stripe.PutIntent(s)
		return s, nil
	})

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	f.stripe.SetStatus(intentID, payments.StatusSucceeded)
	f.clock.Advance(20 * time.Minute)
	f.runOnce()

	f.wantPaidOnce()
	f.wantHeld(true)
}
