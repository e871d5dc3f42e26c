package stripeapi

import (
	"context"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// Send makes the call of an attempt. The same p and key always make the same
// requests, so that the call can be sent again.
func (c *Client) Send(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	if p.Account != c.account { // written in another account's name: nothing may leave
		return payments.Snapshot{}, fmt.Errorf("stripeapi: a call for account %q on the client of %q", p.Account, c.account)
	}

	s, err := c.send(ctx, p, key)
	return s, c.stamp(&s, err)
}

func (c *Client) send(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	switch p.Mode {
	case orders.ModeSetup:
		return c.sendSetup(ctx, p, key)
	case orders.ModeSubscription:
		return c.sendSubscription(ctx, p, key)
	}

	if p.IntentID == "" {
		return c.create(ctx, p, key)
	}

	if p.BringUpToDate {
		if err := c.update(ctx, p, idempotency.UpdateStep(key)); err != nil {
			return payments.Snapshot{}, err
		}
	}

	return c.confirm(ctx, p, key)
}

func (c *Client) confirm(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	params := &stripe.PaymentIntentConfirmParams{
		ConfirmationToken: stripe.String(p.Token),
		ReturnURL:         stripe.String(p.ReturnURL),
	}
	expandSnapshot(&params.Params)

	ctx, sent := countRequests(ctx)
	post(ctx, &params.Params, key)
	snap, err := result(c.api.PaymentIntents.Confirm(p.IntentID, params))
	return snap, sent.flagRepeated(err)
}

func (c *Client) create(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	params := &stripe.PaymentIntentParams{
		Amount:            stripe.Int64(p.Amount),
		Currency:          stripe.String(p.Currency),
		Confirm:           stripe.Bool(true),
		ConfirmationToken: stripe.String(p.Token),
		ReturnURL:         stripe.String(p.ReturnURL),
		Customer:          optional(p.Customer),
		Metadata:          p.Metadata,
		Description:       optional(p.Description),

		StatementDescriptorSuffix: optional(p.StatementSuffix),
	}

	setContact(params, p)
	setIntentOptions(params, p.Options)
	setConnect(params, p)
	expandSnapshot(&params.Params)

	ctx, sent := countRequests(ctx)
	post(ctx, &params.Params, key)
	snap, err := result(c.api.PaymentIntents.New(params))

	return snap, sent.flagRepeated(err)
}

// update sets on an intent what may have changed since it was created.
func (c *Client) update(ctx context.Context, p payments.Params, key string) error {
	params := &stripe.PaymentIntentParams{
		Amount:   stripe.Int64(p.Amount),
		Currency: stripe.String(p.Currency),
		Customer: optional(p.Customer),
		// It follows the order's products: an empty value removes it.
		SetupFutureUsage: stripe.String(p.SetupFutureUsage),
	}

	setContact(params, p)
	updateConnect(params, p)

	// The buyer may have removed either of them.
	if p.ReceiptEmail {
		params.ReceiptEmail = stripe.String(p.Contact.Email)
	}

	if params.Shipping == nil {
		params.AddExtra("shipping", "")
	}

	post(ctx, &params.Params, key)
	_, err := c.api.PaymentIntents.Update(p.IntentID, params)
	return callError(err)
}

// setContact sets where the order is shipped and who gets Stripe's receipt.
func setContact(params *stripe.PaymentIntentParams, p payments.Params) {
	if p.ReceiptEmail {
		params.ReceiptEmail = optional(p.Contact.Email)
	}
	params.Shipping = shippingDetails(p.Contact.Shipping)
}

// shippingDetails returns where an order is shipped, nil while the address is
// incomplete.
func shippingDetails(to *orders.Address) *stripe.ShippingDetailsParams {
	if !to.Complete() {
		return nil
	}

	return &stripe.ShippingDetailsParams{
		Name:  stripe.String(to.Name),
		Phone: optional(to.Phone),
		Address: &stripe.AddressParams{
			Line1:      stripe.String(to.Address.Line1),
			Line2:      optional(to.Address.Line2),
			City:       optional(to.Address.City),
			State:      optional(to.Address.State),
			PostalCode: optional(to.Address.PostalCode),
			Country:    stripe.String(to.Address.Country),
		},
	}
}

// Intent reads an intent.
func (c *Client) Intent(ctx context.Context, id string) (payments.Snapshot, error) {
	s, err := c.intent(ctx, id)
	return s, c.stamp(&s, err)
}

func (c *Client) intent(ctx context.Context, id string) (payments.Snapshot, error) {
	if payments.IsSetup(id) {
		return c.setup(ctx, id)
	}

	params := &stripe.PaymentIntentParams{}
	params.Context = ctx
	expandSnapshot(&params.Params)
	return result(c.api.PaymentIntents.Get(id, params))
}

// FindIntent returns the oldest intent with the metadata in p among those
// created between from and to. It lists them, because Stripe's search does not
// see what was just written (https://docs.stripe.com/search#data-freshness).
func (c *Client) FindIntent(
	ctx context.Context, p payments.Params, from, to time.Time,
) (snap payments.Snapshot, ok bool, err error) {
	snap, ok, err = c.findIntent(ctx, p, from, to)
	return snap, ok, c.stamp(&snap, err)
}

func (c *Client) findIntent(
	ctx context.Context, p payments.Params, from, to time.Time,
) (snap payments.Snapshot, ok bool, err error) {
	switch p.Mode {
	case orders.ModeSetup:
		return c.findSetup(ctx, p, from, to)
	case orders.ModeSubscription:
		if p.TrialDays > 0 { // once it has succeeded, its subscription does not show it
			if snap, ok, err = c.findSetup(ctx, p, from, to); ok || err != nil {
				return snap, ok, err
			}
		}

		return c.findSubscription(ctx, p, from, to)
	}

	params := &stripe.PaymentIntentListParams{CreatedRange: between(from, to)}
	params.Context, params.Limit = ctx, stripe.Int64(pageSize)
	params.AddExpand("data.latest_charge")

	list := c.api.PaymentIntents.List(params)
	for list.Next() {
		if pi := list.PaymentIntent(); isOfAttempt(pi.Metadata, p) {
			snap, ok = snapshot(pi), true // the list is newest first
		}
	}

	return snap, ok, callError(list.Err())
}

// isOfAttempt reports whether the metadata of an object at Stripe has the mark
// in p.
func isOfAttempt(metadata map[string]string, p payments.Params) bool {
	return payments.MarkOf(metadata) == payments.MarkOf(p.Metadata)
}

// CancelIntent cancels an intent as abandoned, with the subscription that it
// was to begin.
func (c *Client) CancelIntent(ctx context.Context, in payments.Intent, key string) error {
	switch {
	case payments.IsSetup(in.ID) && in.SubscriptionID != "":
		return c.endTrial(ctx, in, key)
	case payments.IsSetup(in.ID):
		return c.cancelSetup(ctx, in.ID, key)
	case in.SubscriptionID != "":
		return c.endUnpaidSubscription(ctx, in, key)
	}

	params := &stripe.PaymentIntentCancelParams{
		CancellationReason: stripe.String(string(stripe.PaymentIntentCancellationReasonAbandoned)),
	}
	post(ctx, &params.Params, key)
	_, err := c.api.PaymentIntents.Cancel(in.ID, params)

	return callError(err)
}
