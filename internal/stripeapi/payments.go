package stripeapi

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// Send makes the call of an attempt. The same p and key always make the same
// requests, so that they can be sent again.
func (c *Client) Send(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
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
		if err := c.bringUpToDate(ctx, p, idempotency.UpdateStep(key)); err != nil {
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
	withMore(&params.Params)
	ctx, sent := countExchanges(ctx)
	post(ctx, &params.Params, key)
	snap, err := result(c.api.PaymentIntents.Confirm(p.IntentID, params))
	return snap, sent.mark(err)
}

func (c *Client) create(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	params := &stripe.PaymentIntentParams{
		Amount:               stripe.Int64(p.Amount),
		Currency:             stripe.String(p.Currency),
		Confirm:              stripe.Bool(true),
		ConfirmationToken:    stripe.String(p.Token),
		ReturnURL:            stripe.String(p.ReturnURL),
		Customer:             optional(p.Customer),
		CaptureMethod:        optional(p.CaptureMethod),
		SetupFutureUsage:     optional(p.SetupFutureUsage),
		OnBehalfOf:           optional(p.OnBehalfOf),
		PaymentMethodOptions: methodOptions(p.Options),
		Metadata:             p.Metadata,
	}
	setContact(params, p)
	if len(p.PaymentMethodTypes) > 0 {
		params.PaymentMethodTypes = stripe.StringSlice(p.PaymentMethodTypes)
	} else {
		params.AutomaticPaymentMethods = &stripe.PaymentIntentAutomaticPaymentMethodsParams{Enabled: stripe.Bool(true)}
		params.PaymentMethodConfiguration = optional(p.PaymentMethodConfiguration)
	}
	withMore(&params.Params)
	ctx, sent := countExchanges(ctx)
	post(ctx, &params.Params, key)
	snap, err := result(c.api.PaymentIntents.New(params))
	return snap, sent.mark(err)
}

func (c *Client) bringUpToDate(ctx context.Context, p payments.Params, key string) error {
	params := &stripe.PaymentIntentParams{
		Amount:   stripe.Int64(p.Amount),
		Currency: stripe.String(p.Currency),
		Customer: optional(p.Customer),
		// It follows the order's products: an empty one takes it away again.
		SetupFutureUsage: stripe.String(p.SetupFutureUsage),
	}
	setContact(params, p)
	if p.ReceiptEmail { // the buyer may have taken it back
		params.ReceiptEmail = stripe.String(p.Contact.Email)
	}
	if params.Shipping == nil {
		params.AddExtra("shipping", "")
	}
	post(ctx, &params.Params, key)
	_, err := c.api.PaymentIntents.Update(p.IntentID, params)
	return callError(err)
}

// setContact says where the order goes and who gets Stripe's receipt.
func setContact(params *stripe.PaymentIntentParams, p payments.Params) {
	if p.ReceiptEmail {
		params.ReceiptEmail = optional(p.Contact.Email)
	}
	params.Shipping = shippingDetails(p.Contact.Shipping)
}

// shippingDetails is where an order goes, nil unless something can be sent there.
func shippingDetails(to *orders.Address) *stripe.ShippingDetailsParams {
	if !to.Complete() {
		return nil
	}
	return &stripe.ShippingDetailsParams{
		Name: stripe.String(to.Name), Phone: optional(to.Phone),
		Address: &stripe.AddressParams{
			Line1: stripe.String(to.Address.Line1), Line2: optional(to.Address.Line2), City: optional(to.Address.City),
			State: optional(to.Address.State), PostalCode: optional(to.Address.PostalCode), Country: stripe.String(to.Address.Country),
		},
	}
}

// methodOptions are the options of single payment methods, nil for none.
func methodOptions(o orders.Options) *stripe.PaymentIntentPaymentMethodOptionsParams {
	var out stripe.PaymentIntentPaymentMethodOptionsParams
	if o.RequireCVCRecollection || o.Installments {
		out.Card = &stripe.PaymentIntentPaymentMethodOptionsCardParams{}
	}
	if o.RequireCVCRecollection {
		out.Card.RequireCVCRecollection = stripe.Bool(true)
	}
	if o.Installments {
		out.Card.Installments = &stripe.PaymentIntentPaymentMethodOptionsCardInstallmentsParams{Enabled: stripe.Bool(true)}
	}
	if o.BankVerification != "" {
		out.USBankAccount = &stripe.PaymentIntentPaymentMethodOptionsUSBankAccountParams{VerificationMethod: stripe.String(o.BankVerification)}
	}
	if out.Card == nil && out.USBankAccount == nil {
		return nil
	}
	return &out
}

// Intent reads an intent.
func (c *Client) Intent(ctx context.Context, id string) (payments.Snapshot, error) {
	if payments.IsSetup(id) {
		return c.setup(ctx, id)
	}
	params := &stripe.PaymentIntentParams{}
	params.Context = ctx
	withMore(&params.Params)
	return result(c.api.PaymentIntents.Get(id, params))
}

// FindIntent lists what was created between from and to and returns the newest intent of
// the order. Listing, unlike Stripe's search, sees what was just written
// (https://docs.stripe.com/search#data-freshness).
func (c *Client) FindIntent(ctx context.Context, p payments.Params, from, to time.Time) (payments.Snapshot, bool, error) {
	switch p.Mode {
	case orders.ModeSetup:
		return c.findSetup(ctx, p, from, to)
	case orders.ModeSubscription:
		return c.findSubscription(ctx, p, from, to)
	}
	params := &stripe.PaymentIntentListParams{CreatedRange: between(from, to)}
	params.Context, params.Limit = ctx, stripe.Int64(100)
	params.AddExpand("data.latest_charge")
	list := c.api.PaymentIntents.List(params)
	for list.Next() {
		if pi := list.PaymentIntent(); pi.Metadata[payments.MetaOrder] == p.Metadata[payments.MetaOrder] {
			return snapshot(pi), true, nil
		}
	}
	return payments.Snapshot{}, false, callError(list.Err())
}

func between(from, to time.Time) *stripe.RangeQueryParams {
	return &stripe.RangeQueryParams{GreaterThanOrEqual: from.Unix(), LesserThanOrEqual: to.Unix()}
}

// CancelIntent cancels an intent, as abandoned, with the subscription that it was to begin.
func (c *Client) CancelIntent(ctx context.Context, in payments.Intent, key string) error {
	switch {
	case payments.IsSetup(in.ID):
		return c.cancelSetup(ctx, in.ID, key)
	case in.SubscriptionID != "":
		return c.endBeginning(ctx, in, key)
	}
	params := &stripe.PaymentIntentCancelParams{CancellationReason: stripe.String(string(stripe.PaymentIntentCancellationReasonAbandoned))}
	post(ctx, &params.Params, key)
	_, err := c.api.PaymentIntents.Cancel(in.ID, params)
	return callError(err)
}

// Refunds lists all refunds of an intent.
func (c *Client) Refunds(ctx context.Context, intentID string) ([]payments.Refund, error) {
	params := &stripe.RefundListParams{PaymentIntent: stripe.String(intentID)}
	params.Context, params.Limit = ctx, stripe.Int64(100)
	var out []payments.Refund
	list := c.api.Refunds.List(params)
	for list.Next() {
		out = append(out, refundOf(list.Refund(), intentID))
	}
	return out, callError(list.Err())
}

// Dispute reads a dispute.
func (c *Client) Dispute(ctx context.Context, id string) (payments.Dispute, error) {
	params := &stripe.DisputeParams{}
	params.Context = ctx
	d, err := c.api.Disputes.Get(id, params)
	if err != nil {
		return payments.Dispute{}, callError(err)
	}
	out := payments.Dispute{
		ID: d.ID, Amount: d.Amount, Currency: string(d.Currency), Status: string(d.Status), Reason: string(d.Reason),
	}
	if d.PaymentIntent != nil {
		out.IntentID = d.PaymentIntent.ID
	}
	return out, nil
}

func result(pi *stripe.PaymentIntent, err error) (payments.Snapshot, error) {
	if err != nil {
		return payments.Snapshot{}, callError(err)
	}
	return snapshot(pi), nil
}

func snapshot(pi *stripe.PaymentIntent) payments.Snapshot {
	s := payments.Snapshot{
		ID: pi.ID, OrderID: pi.Metadata[payments.MetaOrder], AttemptID: pi.Metadata[payments.MetaAttempt],
		Livemode: pi.Livemode, Status: payments.Status(pi.Status),
		Amount: pi.Amount, AmountReceived: pi.AmountReceived, Capturable: pi.AmountCapturable,
		CaptureMethod: string(pi.CaptureMethod), CaptureBefore: captureBefore(pi.LatestCharge),
		Currency: string(pi.Currency), ClientSecret: pi.ClientSecret, CreatedAt: time.Unix(pi.Created, 0).UTC(),
	}
	if pi.Customer != nil {
		s.CustomerID = pi.Customer.ID
	}
	if inv := pi.Invoice; inv != nil {
		s.InvoiceID = inv.ID
		describe(&s, inv, inv.Subscription)
	}
	s.Error = lastError(pi.LastPaymentError)
	return s
}

func lastError(e *stripe.Error) *payments.StripeError {
	if e == nil {
		return nil
	}
	return &payments.StripeError{Type: string(e.Type), Code: string(e.Code), DeclineCode: string(e.DeclineCode), Message: e.Msg}
}

// captureBefore is when the hold of a card charge lapses
// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
func captureBefore(ch *stripe.Charge) time.Time {
	if ch == nil || ch.PaymentMethodDetails == nil || ch.PaymentMethodDetails.Card == nil || ch.PaymentMethodDetails.Card.CaptureBefore == 0 {
		return time.Time{}
	}
	return time.Unix(ch.PaymentMethodDetails.Card.CaptureBefore, 0).UTC()
}

// withMore asks for what a snapshot tells beyond the intent itself.
func withMore(p *stripe.Params) {
	p.AddExpand("latest_charge")
	p.AddExpand("invoice.subscription")
}

func post(ctx context.Context, p *stripe.Params, key string) {
	p.Context = ctx
	p.SetIdempotencyKey(key)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
