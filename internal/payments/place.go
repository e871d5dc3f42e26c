package payments

import (
	"context"
	"errors"

	"checkoutd/internal/orders"
)

// Place places an order that costs nothing: it becomes paid, and Stripe is not
// asked. Repeating it is a no-op. An intent that is left from the time when the
// order had a price is canceled at Stripe first, so that it cannot take money
// afterwards.
func (s *Service) Place(ctx context.Context, req ConfirmRequest) (Answer, error) {
	ctx, cancel := s.Bound(ctx)
	defer cancel()

	if err := s.judgeFree(ctx, &req); err != nil {
		return Answer{}, err
	}

	err := s.tryPlace(ctx, req)
	if errors.Is(err, errOutdated) {
		if cancelErr := s.release(ctx, req.OrderID); cancelErr != nil {
			s.cfg.Log.Warn().Ctx(ctx).Err(cancelErr).
				Str("order_id", req.OrderID).
				Msg("could not cancel the intent of an order that has become free")

			return Answer{}, ErrPaymentInProgress
		}

		err = s.tryPlace(ctx, req)
	}

	if errors.Is(err, errOutdated) {
		err = ErrPaymentInProgress
	}
	if err != nil {
		return Answer{}, err
	}

	return Answer{Status: StatusSucceeded}, nil
}

func (s *Service) tryPlace(ctx context.Context, req ConfirmRequest) error {
	return s.cfg.Store.Update(ctx, req.OrderID, nil, func(st *State) error {
		return s.rules().place(st, req)
	})
}

// place makes an order paid that costs nothing, or returns why it cannot be.
func (r rules) place(st *State, req ConfirmRequest) error {
	o := &st.Order
	if o.Free() && o.Status == orders.Paid {
		return nil
	}
	if err := r.refuse(st, req); err != nil {
		return err
	}

	switch {
	case !o.Free(): // it got a price after the buyer pressed the button
		return amountChanged(o)
	case st.mayTakeMoney():
		return errOutdated
	}

	st.takePromotion()
	r.pay(st, "")
	st.setBuyerStatus(nil)
	return nil
}
