package stripeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// Send makes the call of an attempt. The same p and key always make the same
// requests, so that they can be sent again.
func (c *Client) Send(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	if p.IntentID == "" {
		return c.create(ctx, p, key)
	}
	if p.BringUpToDate {
		if err := c.bringUpToDate(ctx, p, key+"-update"); err != nil {
			return payments.Snapshot{}, err
		}
	}
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
	}
	setContact(params, p)
	post(ctx, &params.Params, key)
	_, err := c.api.PaymentIntents.Update(p.IntentID, params)
	return callError(err)
}

// setContact says where the order goes and who gets Stripe's receipt.
func setContact(params *stripe.PaymentIntentParams, p payments.Params) {
	if p.ReceiptEmail {
		params.ReceiptEmail = optional(p.Contact.Email)
	}
	to := p.Contact.Shipping
	if !to.Complete() {
		return
	}
	params.Shipping = &stripe.ShippingDetailsParams{
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
	params := &stripe.PaymentIntentParams{}
	params.Context = ctx
	withMore(&params.Params)
	return result(c.api.PaymentIntents.Get(id, params))
}

// FindIntent lists the intents created between from and to and returns the newest of
// the order. Listing, unlike Stripe's search, sees what was just written
// (https://docs.stripe.com/search#data-freshness).
func (c *Client) FindIntent(ctx context.Context, orderID string, from, to time.Time) (payments.Snapshot, bool, error) {
	params := &stripe.PaymentIntentListParams{CreatedRange: &stripe.RangeQueryParams{
		GreaterThanOrEqual: from.Unix(), LesserThanOrEqual: to.Unix(),
	}}
	params.Context, params.Limit = ctx, stripe.Int64(100)
	params.AddExpand("data.latest_charge")
	params.AddExpand("data.invoice")
	list := c.api.PaymentIntents.List(params)
	for list.Next() {
		if pi := list.PaymentIntent(); pi.Metadata[payments.MetaOrder] == orderID {
			return snapshot(pi), true, nil
		}
	}
	return payments.Snapshot{}, false, callError(list.Err())
}

// CancelIntent cancels an intent, as abandoned.
func (c *Client) CancelIntent(ctx context.Context, id, key string) (payments.Snapshot, error) {
	params := &stripe.PaymentIntentCancelParams{CancellationReason: stripe.String(string(stripe.PaymentIntentCancellationReasonAbandoned))}
	withMore(&params.Params)
	post(ctx, &params.Params, key)
	return result(c.api.PaymentIntents.Cancel(id, params))
}

// Refunds lists all refunds of an intent.
func (c *Client) Refunds(ctx context.Context, intentID string) ([]payments.Refund, error) {
	params := &stripe.RefundListParams{PaymentIntent: stripe.String(intentID)}
	params.Context, params.Limit = ctx, stripe.Int64(100)
	var out []payments.Refund
	list := c.api.Refunds.List(params)
	for list.Next() {
		out = append(out, refund(list.Refund(), intentID))
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

// DecodeIntent reads a PaymentIntent out of an event.
func DecodeIntent(raw []byte) (payments.Snapshot, error) {
	var pi stripe.PaymentIntent
	if err := json.Unmarshal(raw, &pi); err != nil {
		return payments.Snapshot{}, fmt.Errorf("stripeapi: read a payment_intent: %w", err)
	}
	return snapshot(&pi), nil
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
		if inv.Subscription != nil {
			s.SubscriptionID = inv.Subscription.ID
			s.Renewal = inv.BillingReason != stripe.InvoiceBillingReasonSubscriptionCreate
		}
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
	p.AddExpand("invoice")
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
