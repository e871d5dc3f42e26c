package customersession

import (
	"context"

	"checkoutd/internal/orders"
)

// Features are what the Payment Element does with a customer's saved payment methods, one
// apart from the other: without Save, the saved ones are shown all the same
// (https://docs.stripe.com/api/customer_sessions/create).
type Features struct {
	Redisplay bool     // show them
	Limit     int      // how many, 0 for Stripe's choice
	Filters   []string // those of which allow_redisplay; nil for Stripe's choice
	Remove    bool     // let the buyer remove one
	Save      bool     // ask whether to save a new one
	SaveUsage string   // what for: on_session or off_session
}

// features are those of a session for the order and its customer.
//
// The buyer is not asked whether to save a method that is saved anyway: Stripe calls that
// a conflict
// (https://docs.stripe.com/changelog/dahlia/2026-03-25/elements-pmo-sfu-customer-session-conflict).
//
// Nor may they remove one while a subscription is theirs: a method that is removed is
// detached from the customer, and the subscription's next payment fails
// (https://docs.stripe.com/payments/finalize-payments-on-the-server).
func (h *Handler) features(ctx context.Context, o orders.Order, customer string) (Features, error) {
	f := h.cfg.Features
	if o.Mode != orders.ModePayment || o.Options.SetupFutureUsage != "" {
		f.Save = false
	}
	if !f.Remove {
		return f, nil
	}
	subscribed, err := h.cfg.Store.HasSubscription(ctx, customer)
	f.Remove = !subscribed
	return f, err
}
