package payments_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testkit"
)

// slowStripe takes its time for every call, and gives up when the caller does.
type slowStripe struct {
	*testkit.Stripe
	pace time.Duration
}

func (s *slowStripe) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return &payments.CallError{
			Stripe: payments.StripeError{Type: payments.TypeConnection},
			Cause:  ctx.Err(),
		}
	case <-time.After(s.pace):
		return nil
	}
}

func (s *slowStripe) Send(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	snap, err := s.Stripe.Send(ctx, p, key)
	if slow := s.wait(ctx); slow != nil {
		return payments.Snapshot{}, slow
	}
	return snap, err
}

func (s *slowStripe) Intent(ctx context.Context, id string) (payments.Snapshot, error) {
	if slow := s.wait(ctx); slow != nil {
		return payments.Snapshot{}, slow
	}
	return s.Stripe.Intent(ctx, id)
}

func (s *slowStripe) CancelIntent(ctx context.Context, in payments.Intent, key string) error {
	if slow := s.wait(ctx); slow != nil {
		return slow
	}
	return s.Stripe.CancelIntent(ctx, in, key)
}

// A confirm that replaces a 3D Secure makes four calls. They share one
// deadline, whichever of them is slow. Time passes only in the bubble.
func TestOneDeadlineBoundsAllCallsOfAConfirm(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		pace     time.Duration
		code     string // what the second token gets, "" for paid
		attempts []payments.AttemptState
	}{
		"in time": {2 * time.Second, "", []payments.AttemptState{payments.Canceled, payments.Succeeded}},
		"cut in the new payment": {2900 * time.Millisecond, "payment_unknown",
			[]payments.AttemptState{payments.Canceled, payments.Unknown}},
		"cut in the reading after the cancellation": {4 * time.Second, "payment_in_progress",
			[]payments.AttemptState{payments.RequiresAction}},
		"cut in the cancellation": {6 * time.Second, "payment_in_progress",
			[]payments.AttemptState{payments.RequiresAction}},
		"cut in the first reading": {time.Hour, "payment_in_progress",
			[]payments.AttemptState{payments.RequiresAction}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				stripe := &slowStripe{Stripe: f.stripe}
				f.config.Stripe = testkit.Always[payments.Stripe](stripe)
				f.svc = payments.New(f.config)
				f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
					s := snap(p, payments.StatusRequiresAction)
					f.stripe.PutIntent(s)
					return s, nil
				})

				if _, err := f.confirm("ctoken_a"); err != nil {
					t.Fatal(err)
				}

				stripe.pace = tt.pace
				f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
					s := snap(p, payments.StatusSucceeded)
					s.ID = "pi_2"
					f.stripe.PutIntent(s)
					return s, nil
				})

				began := time.Now()
				_, err := f.confirm("ctoken_b")

				if took := time.Since(began); took > f.config.CallTimeout {
					t.Errorf("it took %s, the calls may take %s together", took, f.config.CallTimeout)
				}
				if code := codeOf(err); code != tt.code {
					t.Errorf("the second token gets %q, want %q (%v)", code, tt.code, err)
				}

				f.wantAttempts(tt.attempts...)

				// What is unknown is found out once Stripe is well again.
				stripe.pace = 0
				f.clock.Advance(time.Minute)
				f.runOnce()

				if tt.code == "payment_unknown" {
					f.wantOrder(orders.Paid, orders.PaymentPaid)
					f.wantPaidOnce()
				}
			})
		})
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

// The answer came with the last second: it counts, although no time is left.
func TestAnAnswerInTheLastSecondIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
			time.Sleep(f.config.CallTimeout + time.Second)
			return snap(p, payments.StatusSucceeded), nil
		})

		if _, err := f.confirm("ctoken_a"); err != nil {
			t.Fatal(err)
		}

		f.wantOrder(orders.Paid, orders.PaymentPaid)
	})
}
