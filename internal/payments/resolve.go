package payments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
)

// resendFor is how long a call that nobody answered is sent again. After that the buyer
// has gone and must not be charged out of the blue, and long before Stripe forgets the key
// (24 hours, https://docs.stripe.com/api/idempotent_requests): from then on the intent
// is only read.
const resendFor = 15 * time.Minute

// proofAfter is how old a call must be before an unpaid intent, or none, proves that it
// failed: nothing that was sent within resendFor can still be under way then. A 5xx is no
// proof, since Stripe may roll such a call forward
// (https://docs.stripe.com/error-low-level#server-errors).
const proofAfter = 2 * resendFor

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

// resolve finds out what became of an active attempt. It works only while the claim is
// its own: a copy that grew old in the queue must send nothing, since another may have
// ended the attempt.
func (s *Service) resolve(ctx context.Context, claimed Attempt) error {
	st, err := s.cfg.Store.Read(ctx, claimed.OrderID)
	if err != nil {
		return err
	}
	a := st.attempt(claimed.ID)
	if a == nil || !a.State.Active() || !a.CheckAt.Equal(claimed.CheckAt) {
		return nil
	}
	now := s.cfg.Now()
	switch {
	case !a.State.Open():
		return s.look(ctx, *a)
	case now.Sub(a.CreatedAt) < resendFor && st.Order.Status == orders.Open && !st.Order.IsExpired(now):
		return s.resend(ctx, *a)
	default:
		return s.lookUp(ctx, *a)
	}
}

// lookBehindAfter is how many unknown outcomes are taken for bad luck before the intent is
// read as well.
const lookBehindAfter = 3

// resend sends the same call under the same key. An answer ends the doubt about
// the call, but Stripe repeats the answer of that time, so an intent that is not final
// is read as well; and so is one whose call keeps failing.
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
	case now.Checks >= lookBehindAfter:
		return s.lookUp(ctx, *now)
	}
	return nil
}

// lookUp reads the intent that an open attempt is about, by its id or among those made
// since. What it finds beyond unpaid is settled at once; unpaid, or nothing, is the
// proof of a failure only when the call is old enough.
func (s *Service) lookUp(ctx context.Context, a Attempt) error {
	snap, found, err := s.find(ctx, a)
	if err != nil && asCallError(err).Mismatch != "" {
		return s.mismatched(ctx, a, asCallError(err))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("payments: look up attempt %s: %w", a.ID, err), s.lookAgain(ctx, a))
	}
	return s.cfg.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		r := s.rules()
		now := st.attempt(a.ID)
		if now == nil || !now.State.Open() {
			return nil // somebody else was faster, and another attempt may be active
		}
		proof := r.now.Sub(now.CreatedAt) >= proofAfter
		if found {
			src := asFresh
			if proof {
				src = asOwn
			}
			if err := r.settle(st, snap, src); err != nil {
				return err
			}
		}
		switch {
		case now.State.Open() && proof:
			r.fail(now, &StripeError{Type: TypeAPI})
		case now.State.Open():
			r.doubt(now)
		}
		st.tellBuyer(now)
		return nil
	})
}

// mismatched ends an open attempt that made something else than was asked for, for a person.
func (s *Service) mismatched(ctx context.Context, a Attempt, e *CallError) error {
	return s.cfg.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		if now := st.attempt(a.ID); now != nil && now.State.Open() {
			s.rules().fail(now, e.told())
			s.rules().review(st, e.Mismatch)
		}
		return nil
	})
}

// lookAgain puts the next look off when Stripe cannot be asked.
func (s *Service) lookAgain(ctx context.Context, a Attempt) error {
	return s.cfg.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		r := s.rules()
		if now := st.attempt(a.ID); now != nil && now.State.Open() {
			r.doubt(now)
		}
		return nil
	})
}

// find reads the attempt's intent by id, or looks for it by its order among
// those created since the attempt was.
func (s *Service) find(ctx context.Context, a Attempt) (Snapshot, bool, error) {
	if a.IntentID != "" {
		snap, err := s.cfg.Stripe.Intent(ctx, a.IntentID)
		return snap, err == nil, err
	}
	return s.cfg.Stripe.FindIntent(ctx, a.Params, a.CreatedAt.Add(-clockSkew), a.CreatedAt.Add(proofAfter+clockSkew))
}

// look reads the intent of an attempt that waits for the buyer, the bank or
// the shop and has been quiet for long.
func (s *Service) look(ctx context.Context, a Attempt) error {
	if err := s.SettleFresh(ctx, a.OrderID, a.IntentID, nil); err != nil {
		return err
	}
	var lapses time.Time
	err := s.cfg.Store.Update(ctx, a.OrderID, nil, func(st *State) error {
		lapses = time.Time{}
		now := st.attempt(a.ID)
		if now == nil || now.State != a.State {
			return nil
		}
		r := s.rules()
		now.Checks++
		now.CheckAt, lapses = r.nextLook(now, st.Intent(now.IntentID))
		return nil
	})
	if err == nil && !lapses.IsZero() {
		s.cfg.Log.Warn().Str("order_id", a.OrderID).Str("intent_id", a.IntentID).Time("capture_before", lapses).
			Msg("a hold lapses soon: capture or cancel the order")
	}
	return err
}

// expire closes an order whose time is over. Stripe is asked first: every
// intent that may still take money is canceled, and one that was paid in the last
// moment makes the order paid instead.
func (s *Service) expire(ctx context.Context, orderID string) error {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return err
	}
	if a := st.Active(); a != nil && (a.State.Open() || a.State == Processing) {
		return nil // the resolver or the bank must speak first; asked again later
	}
	if err := s.cancelIntents(ctx, st); err != nil {
		return err
	}
	return s.cfg.Store.Update(ctx, orderID, nil, func(st *State) error {
		if st.Order.Status != orders.Open || !st.Order.IsExpired(s.cfg.Now()) || st.mayTakeMoney() {
			return nil
		}
		if reason := st.unseen(); reason != "" {
			s.rules().review(st, reason)
			return nil
		}
		st.Order.Status = orders.Expired
		st.tellBuyer(nil)
		return nil
	})
}

// mayTakeMoney reports whether something may still be paid for an order that is not paid.
func (st *State) mayTakeMoney() bool {
	return st.Active() != nil || slices.ContainsFunc(st.Intents, func(in Intent) bool { return in.pending() || st.runsUnpaid(&in) })
}

// cancelIntents cancels at Stripe all that may still take money for an order.
func (s *Service) cancelIntents(ctx context.Context, st *State) error {
	for _, in := range st.Intents {
		if !in.pending() && !st.runsUnpaid(&in) {
			continue
		}
		if err := s.cancel(ctx, st.Order.ID, in); err != nil {
			return err
		}
	}
	return nil
}

// cancel cancels an intent and settles what Stripe shows of it, canceled or not.
func (s *Service) cancel(ctx context.Context, orderID string, in Intent) error {
	// A key of its own each time: a refusal that Stripe keeps under the key would be
	// repeated after its reason is gone. Canceling twice does no harm.
	err := s.cfg.Stripe.CancelIntent(ctx, in, idempotency.Cancel())
	if err != nil && asCallError(err).Outcome == OutcomeUnknown {
		return fmt.Errorf("payments: cancel %s: %w", in.ID, err)
	}
	// Refused (it is paid, or under way) or done: the reading tells.
	if e := s.SettleFresh(ctx, orderID, in.ID, nil); e != nil || err == nil {
		return e
	}
	return s.cfg.Store.Update(ctx, orderID, nil, func(st *State) error {
		if now := st.Intent(in.ID); now != nil && st.runsUnpaid(now) {
			s.rules().review(st, fmt.Sprintf("subscription %s goes on although intent %s was canceled", now.SubscriptionID, now.ID))
		}
		return nil
	})
}

func isNotFound(err error) bool {
	f := fault.Of(err)
	return err != nil && f.Kind == fault.NotFound
}
