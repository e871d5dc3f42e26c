package customersession

import (
	"context"
	"errors"
	"net/http"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// Ensure makes sure that an open order has a customer that exists at Stripe.
// Saving a payment method and subscribing need one
// (https://docs.stripe.com/payments/finalize-payments-on-the-server?type=setup).
// It is the same customer as in the order's session. A deleted customer is
// replaced as long as no intent belongs to it. Errors are faults for the buyer.
func (h *Handler) Ensure(ctx context.Context, w http.ResponseWriter, r *http.Request, o orders.Order) error {
	v, err := h.cookie.visitor(r, &o)
	if err != nil {
		return err
	}

	_, err = h.withCustomer(ctx, o, v.buyerID, func(ctx context.Context, customer string) (string, error) {
		return "", h.cfg.Stripe(o.Account).CheckCustomer(ctx, customer)
	})

	switch {
	case errors.Is(err, ErrNoCustomer):
		return fault.Wrap(err, fault.Conflict, "order_not_open",
			"This order can no longer be paid. Please start a new order.")
	case err != nil:
		return fault.Wrap(err, fault.Unavailable, "payment_provider_unavailable",
			"We could not reach the payment provider. You were not charged; please try again in a moment.")
	}

	h.remember(ctx, w, o, v)
	return nil
}
