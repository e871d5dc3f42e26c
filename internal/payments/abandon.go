package payments

import (
	"context"
	"errors"

	"checkoutd/internal/orders"
)

// reserve commits a new attempt, or says why there is none. An attempt that waits for
// its buyer does not stand in the way of the same buyer's next token: its intent is
// canceled at Stripe first, so that one of the two can take money only. So is one that
// cannot be made to fit the order any more.
func (s *Service) reserve(ctx context.Context, req ConfirmRequest) (Attempt, error) {
	a, err := s.tryReserve(ctx, req)
	if !errors.Is(err, ErrPaymentInProgress) && !errors.Is(err, errOutdated) {
		return a, err
	}
	outdated := errors.Is(err, errOutdated)
	if gone, err := s.abandon(ctx, req.OrderID, outdated); err != nil || !gone {
		if err != nil {
			s.cfg.Log.Warn().Err(err).Str("order_id", req.OrderID).Msg("could not end an intent that stands in the way of another")
		}
		return Attempt{}, ErrPaymentInProgress
	}
	a, err = s.tryReserve(ctx, req)
	if errors.Is(err, errOutdated) {
		err = ErrPaymentInProgress
	}
	return a, err
}

// abandon ends the order's intent when it waits for its buyer or is outdated, unless Stripe
// says that it has gone further. gone is false if there is none to end.
func (s *Service) abandon(ctx context.Context, orderID string, outdated bool) (gone bool, err error) {
	st, err := s.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return false, err
	}
	in := st.abandonable(outdated)
	if in == nil {
		return false, nil
	}
	if err := s.SettleFresh(ctx, orderID, in.ID, nil); err != nil {
		return false, err
	}
	if st, err = s.cfg.Store.Read(ctx, orderID); err != nil {
		return false, err
	}
	if in = st.abandonable(outdated); in == nil {
		return true, nil
	}
	return true, s.cancel(ctx, orderID, *in)
}

// abandonable points to the intent that nobody needs any more once the buyer comes with
// another token, or is nil.
func (st *State) abandonable(outdated bool) *Intent {
	a := st.Active()
	switch {
	case a == nil && outdated:
		return st.outdated(nextParams(st))
	case a != nil && a.State == RequiresAction:
		return st.Intent(a.IntentID)
	}
	return nil
}

func (s *Service) tryReserve(ctx context.Context, req ConfirmRequest) (Attempt, error) {
	var a Attempt
	attemptID, returnURL := orders.NewID("att_"), s.cfg.ReturnURL(req.OrderID)
	err := s.cfg.Store.Update(ctx, req.OrderID, nil, func(st *State) error {
		if err := s.rules().reserve(st, req, attemptID, returnURL); err != nil {
			return err
		}
		a = st.Attempts[len(st.Attempts)-1]
		return nil
	})
	return a, err
}
