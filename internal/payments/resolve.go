package payments

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// resendWindow is how long a call may be sent again under its key. Stripe forgets keys
// after 24 hours at the earliest (https://docs.stripe.com/api/idempotent_requests); a call
// sent later would be a new one.
const resendWindow = 20 * time.Hour

// clockSkew is how far our clock and Stripe's may differ when an intent is
// looked for by the time of its creation.
const clockSkew = 10 * time.Minute

// Run resolves open attempts and expires orders until ctx ends, then waits for what is
// in hand.
func (s *Service) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { s.resolver.Run(ctx) })
	wg.Go(func() { s.expirer.Run(ctx) })
	wg.Wait()
}

// RunOnce does one round of Run and says how many rows it worked.
func (s *Service) RunOnce(ctx context.Context) (int, error) {
	n, err := s.resolver.RunOnce(ctx)
	m, err2 := s.expirer.RunOnce(ctx)
	return n + m, errors.Join(err, err2)
}

// resolve finds out what became of an active attempt.
func (s *Service) resolve(ctx context.Context, a Attempt) error {
	switch {
	case !a.State.Open():
		return s.look(ctx, a)
	case s.Now().Sub(a.CreatedAt) < resendWindow:
		return s.resend(ctx, a)
	default:
		return s.lookUp(ctx, a)
	}
}

// lookBehindAfter is how many unknown outcomes are taken for bad luck.
const lookBehindAfter = 3

// resend sends the same call under the same key. An answer ends the doubt about
// the call, but Stripe repeats the answer of that time, so an intent that is not final
// is read as well. An error of Stripe's own that keeps coming back is looked behind.
func (s *Service) resend(ctx context.Context, a Attempt) error {
	st, callErr, err := s.send(ctx, a)
	if err != nil {
		return err
	}
	now := st.attempt(a.ID)
	switch {
	case now == nil || !now.State.Active():
		return nil
	case !now.State.Open():
		return s.settleFresh(ctx, a.OrderID, now.IntentID, nil)
	case now.Checks >= lookBehindAfter && asCallError(callErr).Answered:
		return s.lookUp(ctx, *now)
	}
	return nil
}

// lookUp reads the intent that an open attempt is about. The attempt's call is over
// for certain: Stripe has just answered it with an error of its own, or it is a
// day old. So the intent is as the call left it, and one that is still unpaid, or
// was never made, is the proof that the attempt failed.
func (s *Service) lookUp(ctx context.Context, a Attempt) error {
	snap, found, err := s.find(ctx, a)
	if err != nil {
		return fmt.Errorf("payments: look up attempt %s: %w", a.ID, err)
	}
	return s.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		r := s.rules()
		if found {
			if err := r.settle(st, snap, asOwn); err != nil {
				return err
			}
		}
		if now := st.attempt(a.ID); now != nil && now.State.Open() {
			r.fail(now, &StripeError{Type: TypeAPI})
			st.tellBuyer(now)
		}
		return nil
	})
}

// find reads the attempt's intent by id, or looks for it by its order among
// those created since the attempt was.
func (s *Service) find(ctx context.Context, a Attempt) (Snapshot, bool, error) {
	if a.IntentID != "" {
		snap, err := s.Stripe.Intent(ctx, a.IntentID)
		return snap, err == nil, err
	}
	return s.Stripe.FindIntent(ctx, a.OrderID, a.CreatedAt.Add(-clockSkew), s.Now().Add(clockSkew))
}

// look reads the intent of an attempt that waits for the buyer, the bank or
// the shop and has been quiet for long.
func (s *Service) look(ctx context.Context, a Attempt) error {
	if err := s.settleFresh(ctx, a.OrderID, a.IntentID, nil); err != nil {
		return err
	}
	return s.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		now := st.attempt(a.ID)
		if now == nil || now.State != a.State {
			return nil
		}
		r := s.rules()
		now.Checks++
		now.CheckAt = r.now.Add(r.patience(now.State, now.Checks))
		return nil
	})
}

// expire closes an order whose time is over. Stripe is asked first: every
// intent that may still take money is canceled, and one that was paid in the last
// moment makes the order paid instead.
func (s *Service) expire(ctx context.Context, orderID string) error {
	st, err := s.Store.Read(ctx, orderID)
	if err != nil {
		return err
	}
	if a := st.Active(); a != nil && (a.State.Open() || a.State == Processing) {
		return nil // the resolver or the bank must speak first; asked again later
	}
	for _, in := range st.Intents {
		if in.Status.Final() {
			continue
		}
		if err := s.cancel(ctx, orderID, in.ID); err != nil {
			return err
		}
	}
	return s.Store.Update(ctx, orderID, nil, func(st *State) error {
		if st.Order.Status != orders.Open || !st.Order.IsExpired(s.Now()) || st.Active() != nil {
			return nil
		}
		for _, in := range st.Intents {
			if !in.Status.Final() {
				return nil
			}
		}
		st.Order.Status = orders.Expired
		st.tellBuyer(nil)
		return nil
	})
}

// cancel cancels an intent and settles what Stripe shows of it, canceled or not.
func (s *Service) cancel(ctx context.Context, orderID, intentID string) error {
	// A key of its own each time: a refusal that Stripe keeps under the key would be
	// repeated after its reason is gone. Canceling twice does no harm.
	_, err := s.Stripe.CancelIntent(ctx, intentID, orders.NewID("checkoutd-cancel-"))
	if err != nil && asCallError(err).Outcome == OutcomeUnknown {
		return fmt.Errorf("payments: cancel %s: %w", intentID, err)
	}
	// Refused (it is paid, or under way) or done: the reading tells.
	return s.settleFresh(ctx, orderID, intentID, nil)
}

func isNotFound(err error) bool {
	f := fault.Of(err)
	return err != nil && f.Kind == fault.NotFound
}
