package customersession

import (
	"context"
	"errors"
	"net/http"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// Ensure gives an open order a customer that Stripe has: to save a method or to subscribe
// needs one (https://docs.stripe.com/payments/finalize-payments-on-the-server?type=setup).
// It is the same customer as that of the order's session. One that is gone is replaced while
// there is no intent of theirs. Errors are faults for the buyer.
func (h *Handler) Ensure(ctx context.Context, w http.ResponseWriter, r *http.Request, o orders.Order) error {
	buyer := h.cookie.buyer(r, o.ID)
	_, err := h.use(ctx, o, buyer, func(ctx context.Context, customer string) (string, error) {
		return "", h.cfg.Stripe.CheckCustomer(ctx, customer)
	})
	switch {
	case errors.Is(err, ErrNoCustomer):
		return fault.Wrap(err, fault.Conflict, "order_not_open", "This order cannot be paid any more. Please start a new order.")
	case err != nil:
		return fault.Wrap(err, fault.Unavailable, "payment_provider_unavailable",
			"The payment provider could not be asked. You were not charged; please try again in a moment.")
	}
	h.cookie.write(w, buyer)
	return nil
}
