package customersession

import (
	"context"

	"checkoutd/internal/orders"
)

// Features are what the Payment Element does with a customer's saved payment
// methods. They are independent of each other: saved methods are shown even
// without Save (https://docs.stripe.com/api/customer_sessions/create).
type Features struct {
	Redisplay bool     // show saved methods
	Limit     int      // how many, 0 for Stripe's default
	Filters   []string // with which allow_redisplay values; nil for Stripe's default
	Remove    bool     // let the buyer remove a saved method
	Save      bool     // ask whether to save a new method
	SaveUsage string   // what it is saved for: on_session or off_session
}

// features returns the features of a session for the order and its customer.
//
// The buyer is not asked whether to save a method that is saved anyway: Stripe
// treats that as a conflict
// (https://docs.stripe.com/changelog/dahlia/2026-03-25/elements-pmo-sfu-customer-session-conflict).
//
// Nor may a buyer with a subscription remove a method: removing it detaches it
// from the customer, and the subscription's next payment fails
// (https://docs.stripe.com/payments/finalize-payments-on-the-server).
func (h *Handler) features(ctx context.Context, o orders.Order, customer string) (Features, error) {
	f := h.cfg.Features
	if o.Mode != orders.ModePayment || o.Options.SetupFutureUsage != "" {
		f.Save = false
	}

	if !f.Remove {
		return f, nil
	}

	subscribed, err := h.cfg.Store.HasSubscription(ctx, o.Account, customer)
	f.Remove = !subscribed
	return f, err
}
