package stripeapi

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/idempotency"
	"checkoutd/internal/payments"
)

// sendSubscription makes the call of an attempt to begin a subscription
// (https://docs.stripe.com/billing/subscriptions/build-subscriptions). Its
// steps, each under a key of its own made from the attempt's key:
//
//	product       every item has a product at Stripe
//	customer      invoices go where the order goes
//	subscription  incomplete until its first invoice is paid
//	intent        our metadata on the PaymentIntent of that invoice
//	confirm       with the token; the only step that may take money
//
// A subscription that begins with a trial has a SetupIntent instead of the
// PaymentIntent, and runs before that has succeeded
// (https://docs.stripe.com/billing/subscriptions/deferred-payment).
//
// When the steps are sent again, Stripe repeats the answers that it has given
// already. An error after the subscription's step carries a snapshot of the
// intent, so that no second subscription is created in its place.
func (c *Client) sendSubscription(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	if p.IntentID != "" {
		if p.BringUpToDate {
			if err := c.updateCustomer(ctx, p, idempotency.CustomerStep(key)); err != nil {
				return payments.Snapshot{}, err
			}
		}

		return c.confirmInvoice(ctx, p, key)
	}

	if err := c.ensureProducts(ctx, p.Items, key); err != nil {
		return payments.Snapshot{}, err
	}
	if err := c.updateCustomer(ctx, p, idempotency.CustomerStep(key)); err != nil {
		return payments.Snapshot{}, err
	}

	first, err := c.subscribe(ctx, p, idempotency.SubscriptionStep(key))
	if err != nil {
		return payments.Snapshot{}, err
	}

	if err := c.setIntentMetadata(ctx, first, p, idempotency.IntentStep(key)); err != nil {
		return payments.Snapshot{}, withSnapshot(err, first)
	}

	p.IntentID = first.ID

	snap, err := c.confirmInvoice(ctx, p, key)
	if err == nil && snap.Subscription == nil {
		snap.SubscriptionID, snap.Subscription = first.SubscriptionID, first.Subscription
	}

	return snap, withSnapshot(err, first)
}

// confirmInvoice confirms the intent of an invoice. If Stripe refuses it
// because the intent is canceled, the intent is read: the invoice may be paid
// outside of Stripe, which the refusal does not show, and then no other
// subscription may be begun. Without the reading nobody knows that.
func (c *Client) confirmInvoice(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	if payments.IsSetup(p.IntentID) {
		return c.confirmSetup(ctx, p, key)
	}

	snap, err := c.confirm(ctx, p, key)

	var e *payments.CallError
	if !errors.As(err, &e) || e.Snapshot == nil || e.Snapshot.Status != payments.StatusCanceled {
		return snap, err
	}

	e.Snapshot = nil
	if read, readErr := c.Intent(ctx, p.IntentID); readErr == nil {
		e.Snapshot = &read
	}

	return snap, err
}

// withSnapshot adds the intent to an error that has none. To the intent of any
// other error it adds the subscription.
func withSnapshot(err error, first payments.Snapshot) error {
	var e *payments.CallError
	if !errors.As(err, &e) {
		return err
	}

	if e.Snapshot == nil {
		e.Snapshot = &first
	}

	if e.Snapshot.Subscription == nil {
		e.Snapshot.SubscriptionID, e.Snapshot.Subscription = first.SubscriptionID, first.Subscription
	}

	if e.Snapshot.OrderID == "" {
		e.Snapshot.OrderID, e.Snapshot.AttemptID, e.Snapshot.Proof = first.OrderID, first.AttemptID, first.Proof
	}

	return err
}

// updateCustomer sets on the customer what Stripe puts on the invoices: where
// the order goes, and who gets the receipts.
func (c *Client) updateCustomer(ctx context.Context, p payments.Params, key string) error {
	params := &stripe.CustomerParams{Email: optional(p.Contact.Email)}
	if to := shippingDetails(p.Contact.Shipping); to != nil {
		params.Shipping = &stripe.CustomerShippingParams{
			Name:    to.Name,
			Phone:   to.Phone,
			Address: to.Address,
		}
	}

	if params.Email == nil && params.Shipping == nil {
		return nil
	}

	post(ctx, &params.Params, key)
	_, err := c.api.Customers.Update(p.Customer, params)
	return callError(err)
}

func (c *Client) subscribe(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	params := &stripe.SubscriptionParams{
		Customer:        stripe.String(p.Customer),
		Items:           recurringItems(p),
		AddInvoiceItems: onceItems(p),
		PaymentBehavior: stripe.String("default_incomplete"),
		Metadata:        p.Metadata,
		Description:     optional(p.Description),
	}

	setSubscriptionOptions(params, p.Options)
	setSubscriptionConnect(params, p)
	setTrial(params, p.TrialDays)
	expandFirst(&params.Params)

	ctx, sent := countRequests(ctx)
	post(ctx, &params.Params, key)

	sub, err := c.api.Subscriptions.New(params)
	if err != nil {
		c.shared.products.Clear() // one of them may be gone
		return payments.Snapshot{}, sent.flagRepeated(callError(err))
	}

	return firstIntent(sub, p)
}

// setTrial begins a subscription with a trial. If no payment method was saved
// by its end, because the buyer left, nothing is left of the subscription
// (https://docs.stripe.com/billing/subscriptions/trials).
func setTrial(params *stripe.SubscriptionParams, days int64) {
	if days == 0 {
		return
	}

	params.TrialPeriodDays = stripe.Int64(days)
	params.TrialSettings = &stripe.SubscriptionTrialSettingsParams{
		EndBehavior: &stripe.SubscriptionTrialSettingsEndBehaviorParams{
			MissingPaymentMethod: stripe.String("cancel"),
		},
	}
}

// recurringItems returns what every invoice of a subscription bills.
func recurringItems(p payments.Params) (items []*stripe.SubscriptionItemsParams) {
	for _, item := range p.Items {
		r := item.Recurring
		if r == nil {
			continue
		}

		items = append(items, &stripe.SubscriptionItemsParams{
			PriceData: &stripe.SubscriptionItemPriceDataParams{
				Currency:   stripe.String(p.Currency),
				Product:    stripe.String(productOf(item)),
				UnitAmount: stripe.Int64(item.UnitAmount),
				Recurring: &stripe.SubscriptionItemPriceDataRecurringParams{
					Interval:      stripe.String(r.Interval),
					IntervalCount: stripe.Int64(r.IntervalCount),
				},
			},
			Quantity: stripe.Int64(item.Quantity),
		})
	}

	return items
}

// onceItems returns what only the first invoice of a subscription bills
// (https://docs.stripe.com/api/subscriptions/create#create_subscription-add_invoice_items).
func onceItems(p payments.Params) (items []*stripe.SubscriptionAddInvoiceItemParams) {
	for _, item := range p.Items {
		if item.Recurring != nil {
			continue
		}

		items = append(items, &stripe.SubscriptionAddInvoiceItemParams{
			PriceData: &stripe.InvoiceItemPriceDataParams{
				Currency:   stripe.String(p.Currency),
				Product:    stripe.String(productOf(item)),
				UnitAmount: stripe.Int64(item.UnitAmount),
			},
			Quantity: stripe.Int64(item.Quantity),
		})
	}

	return items
}

// firstIntent returns the intent of a new subscription's first invoice. An
// intent for another amount than the order's (a customer's credit, a tax) must
// not be confirmed.
func firstIntent(sub *stripe.Subscription, p payments.Params) (payments.Snapshot, error) {
	first := reading(sub).First
	switch {
	case first == nil:
		return payments.Snapshot{}, mismatch(nil,
			fmt.Sprintf("subscription %s is %s and asks for no payment", sub.ID, sub.Status))
	case first.IsSetup() != (p.TrialDays > 0):
		return payments.Snapshot{}, mismatch(first,
			fmt.Sprintf("subscription %s begins with %s, the order with a trial of %d days",
				sub.ID, first.ID, p.TrialDays))

	case !first.IsSetup() && (first.Amount != p.Amount || first.Currency != p.Currency):
		return payments.Snapshot{}, mismatch(first,
			fmt.Sprintf("subscription %s begins with %d %s, the order is for %d %s",
				sub.ID, first.Amount, first.Currency, p.Amount, p.Currency))
	}

	return *first, nil
}

func mismatch(s *payments.Snapshot, reason string) error {
	return &payments.CallError{
		Outcome:  payments.OutcomeRefused,
		Stripe:   payments.StripeError{Type: payments.TypeInvalidRequest},
		Snapshot: s,
		Mismatch: reason,
		Cause:    errors.New(reason),
	}
}

// setIntentMetadata sets our metadata on an intent that Stripe created. That of
// a SetupIntent names its subscription, too, which nothing else does.
func (c *Client) setIntentMetadata(ctx context.Context, first payments.Snapshot, p payments.Params, key string) error {
	if first.IsSetup() {
		params := &stripe.SetupIntentParams{Metadata: maps.Clone(p.Metadata), Description: optional(p.Description)}
		params.Metadata[payments.MetaSubscription] = first.SubscriptionID
		post(ctx, &params.Params, key)
		_, err := c.api.SetupIntents.Update(first.ID, params)
		return callError(err)
	}

	params := &stripe.PaymentIntentParams{Metadata: p.Metadata, Description: optional(p.Description)}
	post(ctx, &params.Params, key)
	_, err := c.api.PaymentIntents.Update(first.ID, params)

	return callError(err)
}

// endUnpaidSubscription ends a subscription whose first invoice is not paid. It
// voids the invoice first, because Stripe refuses to void one that is paid or
// being paid: a subscription that was paid for just now stays
// (https://docs.stripe.com/api/invoices/void). Voiding cancels the intent.
func (c *Client) endUnpaidSubscription(ctx context.Context, in payments.Intent, key string) error {
	get := &stripe.PaymentIntentParams{}
	get.Context = ctx
	get.AddExpand("invoice")

	pi, err := c.api.PaymentIntents.Get(in.ID, get)
	if err != nil {
		return callError(err)
	}
	if pi.Invoice == nil {
		return fmt.Errorf("stripeapi: intent %s of subscription %s has no invoice", in.ID, in.SubscriptionID)
	}

	// A process that died before the next step may have voided it already.
	if pi.Invoice.Status != stripe.InvoiceStatusVoid {
		void := &stripe.InvoiceVoidInvoiceParams{}
		post(ctx, &void.Params, key)

		if _, err := c.api.Invoices.VoidInvoice(pi.Invoice.ID, void); err != nil {
			return callError(err)
		}
	}

	return c.cancelSubscription(ctx, in.SubscriptionID)
}

// endTrial ends a subscription in its trial for which no payment method was
// saved. It cancels the SetupIntent first, which Stripe refuses once it has
// succeeded: a trial that has begun stays.
func (c *Client) endTrial(ctx context.Context, in payments.Intent, key string) error {
	if err := c.cancelSetup(ctx, in.ID, key); err != nil {
		si, readErr := c.setup(ctx, in.ID)
		if readErr != nil || si.Status != payments.StatusCanceled { // a process that died here may have canceled it
			return err
		}
	}
	return c.cancelSubscription(ctx, in.SubscriptionID)
}

// cancelSubscription cancels a subscription at once, unless it has ended.
func (c *Client) cancelSubscription(ctx context.Context, id string) error {
	cancel := &stripe.SubscriptionCancelParams{}
	cancel.Context = ctx
	_, err := c.api.Subscriptions.Cancel(id, cancel)

	var e *stripe.Error
	if errors.As(err, &e) && outcome(e) == payments.OutcomeRefused { // it ended with its invoice
		return nil
	}

	return callError(err)
}
