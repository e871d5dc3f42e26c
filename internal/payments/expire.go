package payments

import (
	"context"
	"fmt"
	"time"

	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
	"checkoutd/internal/tracing"
)

// expire closes an order that has expired, or hands it to a person if its
// account no longer gives the access that this needs.
func (s *Service) expire(ctx context.Context, orderID string) error {
	ctx, span := tracing.Begin(ctx, tracing.Job, "order expiry", tracing.OrderID(orderID))
	defer span.End()
	s.Continue(ctx, orderID, time.Time{})

	err := s.tryExpire(ctx, orderID)
	if IsAccountGone(err) || IsReadOnly(err) {
		return s.reviewExpired(ctx, orderID, err)
	}
	return err
}

// tryExpire closes an order that has expired. Every intent that may still take
// money is canceled at Stripe first. If one was paid at the last moment, the
// order becomes paid instead.
func (s *Service) tryExpire(ctx context.Context, orderID string) error {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return err
	}

	if a := st.Active(); a != nil && a.State.unsettled() {
		return nil // the resolver or the bank must decide first; the order is claimed again later
	} else if a != nil && a.State == RequiresAction {
		// The buyer may have finished, or have instructions that are still
		// valid: ask before canceling.
		if err := s.SettleFresh(ctx, orderID, a.IntentID, nil); err != nil {
			return err
		}
		if st, err = s.cfg.Store.Read(ctx, orderID); err != nil {
			return err
		}
		if !st.Order.IsExpired(s.cfg.Now()) {
			return nil
		}
	}

	// Of a bank transfer that came in part, canceling would only hide the
	// money: Stripe moves it to the customer's balance.
	if a := st.Active(); a != nil && a.Instructions.Funded > 0 {
		return s.cfg.Store.Update(ctx, orderID, nil, func(st *State) error {
			if now := st.attempt(a.ID); now != nil && now.State == RequiresAction && st.Order.IsExpired(s.cfg.Now()) {
				s.rules().review(st, fmt.Sprintf("only %d of %d %s arrived by bank transfer for intent %s",
					now.Instructions.Funded, st.Order.Amount, st.Order.Currency, now.IntentID))
			}

			return nil
		})
	}

	if err := s.cancelIntents(ctx, st); err != nil {
		return err
	}

	left, err := s.leftByTransfer(ctx, st)
	if err != nil {
		return err
	}

	return s.cfg.Store.Update(ctx, orderID, nil, func(st *State) error {
		if st.Order.Status != orders.Open || !st.Order.IsExpired(s.cfg.Now()) || st.mayTakeMoney() {
			return nil
		}

		if reason := st.strayReason(); reason != "" {
			s.rules().review(st, reason)
			return nil
		}

		st.Order.Status = orders.Expired
		st.setBuyerStatus(nil)
		s.rules().reviewLate(st, fromCustomer(st.Order.CustomerID), left)

		if st.Order.Status == orders.Expired {
			s.rules().happens(st, EffectExpired)
		}

		return nil
	})
}

// cancelIntents cancels every intent of an order that may still take money.
func (s *Service) cancelIntents(ctx context.Context, st *State) error {
	for _, in := range st.Intents {
		if !in.pending() && !st.runsUnpaid(&in) {
			continue
		}
		if err := s.cancel(ctx, &st.Order, in); err != nil {
			return err
		}
	}
	return nil
}

// cancel cancels an intent and settles its state at Stripe afterwards, canceled
// or not. It is an error if the account may only be read: nothing will cancel
// the intent then.
func (s *Service) cancel(ctx context.Context, o *orders.Order, in Intent) error {
	err := s.stripe(o).CancelIntent(ctx, in, idempotency.Cancel())
	if err != nil && asCallError(err).Outcome == OutcomeUnknown {
		return fmt.Errorf("payments: cancel %s: %w", in.ID, err)
	}

	// Canceled, or refused because it is paid or being paid: a reading decides.
	if settleErr := s.SettleFresh(ctx, o.ID, in.ID, nil); settleErr != nil || err == nil {
		return settleErr
	}
	if IsReadOnly(err) {
		return fmt.Errorf("payments: cancel %s: %w", in.ID, err)
	}

	return s.cfg.Store.Update(ctx, o.ID, nil, func(st *State) error {
		if now := st.Intent(in.ID); now != nil && st.runsUnpaid(now) {
			s.rules().review(st, fmt.Sprintf("subscription %s is still running although intent %s was canceled",
				now.SubscriptionID, now.ID))
		}

		return nil
	})
}
