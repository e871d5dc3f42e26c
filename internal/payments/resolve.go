package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/tracing"
)

// resendFor is how long a call that nobody answered is sent again. After that
// the buyer has gone and must not be charged out of the blue. It is long before
// Stripe forgets the key
// (24 hours, https://docs.stripe.com/api/idempotent_requests): from then on the
// intent is only read.
const resendFor = 15 * time.Minute

// proofAfter is how old a call must be before an unpaid intent, or none, proves
// that it failed: nothing that was sent within resendFor can still be in flight
// then. A 5xx is no proof, because Stripe may complete such a call later
// (https://docs.stripe.com/error-low-level#server-errors).
const proofAfter = 2 * resendFor

// clockSkew is how far our clock and Stripe's may differ when an intent is
// looked for by the time of its creation.
const clockSkew = 10 * time.Minute

// readAfter is how many unknown outcomes count as bad luck before the intent is
// read as well.
const readAfter = 3

// resolve finds out the outcome of an active attempt. It works only while it
// holds the claim: a copy that went stale in the queue must send nothing,
// because another worker may have ended the attempt.
func (s *Service) resolve(ctx context.Context, claimed Attempt) error {
	st, err := s.cfg.Store.Read(ctx, claimed.OrderID)
	if err != nil {
		return err
	}

	a := st.attempt(claimed.ID)
	if a == nil || !a.State.Active() || !a.CheckAt.Equal(claimed.CheckAt) {
		return nil
	}

	ctx, span := tracing.Begin(ctx, tracing.Job, "attempt check",
		tracing.OrderID(a.OrderID), tracing.AttemptID(a.ID), tracing.IntentID(a.IntentID))
	defer span.End()
	tracing.Continue(ctx, tracing.Parent{Trace: a.Trace, Since: a.CreatedAt})

	now := s.cfg.Now()
	payable := st.Order.Status == orders.Open && !st.Order.IsExpired(now)
	switch {
	case !a.State.Open():
		err = s.checkWaiting(ctx, *a)
	case payable && now.Sub(a.CreatedAt) < resendFor:
		err = s.resend(ctx, *a)
	default:
		err = s.lookUp(ctx, *a)
	}

	if IsAccountGone(err) {
		return s.waitForAccount(ctx, *a)
	}
	if err != nil {
		span.Fail()
	}

	return err
}

// resend sends the same call under the same key. An answer settles the outcome
// of the call, but Stripe repeats the answer of that time. So an intent that is
// not final is read as well, and so is one whose call keeps failing.
func (s *Service) resend(ctx context.Context, a Attempt) error {
	st, err := s.send(ctx, a, false)
	if err != nil {
		return err
	}

	now := st.attempt(a.ID)
	switch {
	case now == nil || !now.State.Active():
		return nil
	case !now.State.Open():
		return s.SettleFresh(ctx, a.OrderID, now.IntentID, nil)
	case now.Checks >= readAfter:
		return s.lookUp(ctx, *now)
	}

	return nil
}

// lookUp reads the intent of an open attempt, by its ID or among the intents
// created since. If the intent is past unpaid, that is settled at once. An
// unpaid intent, or none, proves a failure only when the call is old enough.
func (s *Service) lookUp(ctx context.Context, a Attempt) error {
	snap, found, err := s.findIntent(ctx, a)
	if err != nil && asCallError(err).Mismatch != "" {
		return s.failMismatched(ctx, a, asCallError(err))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("payments: look up attempt %s: %w", a.ID, err), s.postpone(ctx, a))
	}

	var after *State
	err = s.cfg.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		after = st
		r := s.rules()
		now := st.attempt(a.ID)
		if now == nil || !now.State.Open() {
			return nil // another worker was faster, and another attempt may be active
		}

		proof := r.now.Sub(now.CreatedAt) >= proofAfter
		if found {
			src := asFresh
			if proof {
				src = asOwn // so that an unpaid intent fails the attempt
			}

			if err := r.settle(st, snap, src); err != nil {
				return err
			}
		}

		switch {
		case now.State.Open() && proof:
			r.fail(now, &StripeError{Type: TypeAPI})
		case now.State.Open():
			r.markUnknown(now)
		}

		st.releasePromotion()
		st.setBuyerStatus(now)
		return nil
	})
	if err == nil {
		s.followSubscription(ctx, after)
	}

	return err
}

// findIntent reads the attempt's intent by its ID, or looks for the order's
// intent among those created since the attempt was.
func (s *Service) findIntent(ctx context.Context, a Attempt) (snap Snapshot, found bool, err error) {
	if a.IntentID != "" {
		snap, err := s.cfg.Stripe(a.Params.Account).Intent(ctx, a.IntentID)
		return snap, err == nil, err
	}
	from, to := a.CreatedAt.Add(-clockSkew), a.CreatedAt.Add(proofAfter+clockSkew)
	return s.cfg.Stripe(a.Params.Account).FindIntent(ctx, a.Params, from, to)
}

// failMismatched fails an open attempt whose result at Stripe differs from its
// request, and hands the order to a person.
func (s *Service) failMismatched(ctx context.Context, a Attempt, e *CallError) error {
	return s.cfg.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		if now := st.attempt(a.ID); now != nil && now.State.Open() {
			s.rules().fail(now, e.stripeError())
			s.rules().review(st, e.Mismatch)
		}
		return nil
	})
}

// postpone schedules the next check of an open attempt when Stripe cannot be
// reached.
func (s *Service) postpone(ctx context.Context, a Attempt) error {
	return s.cfg.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		if now := st.attempt(a.ID); now != nil && now.State.Open() {
			s.rules().markUnknown(now)
		}
		return nil
	})
}

// checkWaiting reads the intent of an attempt that waits for the buyer, the
// bank or the shop and has been quiet for long. It warns once about a hold that
// lapses soon, and cancels an intent that keeps a promotion code from others.
func (s *Service) checkWaiting(ctx context.Context, a Attempt) error {
	if err := s.SettleFresh(ctx, a.OrderID, a.IntentID, nil); err != nil {
		return err
	}

	var (
		lapses   time.Time
		blocking *Intent
		order    orders.Order
	)

	err := s.cfg.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		lapses, blocking = time.Time{}, nil
		now := st.attempt(a.ID)
		if now == nil || now.State != a.State {
			return nil
		}

		now.Checks++
		now.CheckAt, lapses = s.rules().nextCheck(now, st.Intent(now.IntentID))

		if st.blocksPromotion(now) {
			blocking, order = st.Intent(now.IntentID), st.Order
		}

		return nil
	})

	if err == nil && blocking != nil {
		return s.cancel(ctx, &order, *blocking)
	}

	if err == nil && !lapses.IsZero() {
		s.cfg.Log.Warn().
			Ctx(ctx).
			Str("order_id", a.OrderID).
			Str("intent_id", a.IntentID).
			Time("capture_before", lapses).
			Msg("a hold lapses soon: capture or cancel the order")
	}

	return err
}
