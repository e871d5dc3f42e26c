package stripeapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// sendSubscription makes the call of an attempt to begin a subscription
// (https://docs.stripe.com/billing/subscriptions/build-subscriptions). Its steps, each under
// a key of its own made from the attempt's:
//
//	product       every item has a product at Stripe
//	customer      invoices go where the order goes
//	subscription  incomplete until its first invoice is paid
//	intent        our metadata on the PaymentIntent of that invoice
//	confirm       with the token; the only step that may take money
//
// When the steps are sent again Stripe repeats its answers to those that it knows. What a
// step after the subscription's says goes with a snapshot of the intent, so that no other
// subscription is made in its place.
func (c *Client) sendSubscription(ctx context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	if p.IntentID != "" {
		if p.BringUpToDate {
			if err := c.tellCustomer(ctx, p, key+"-customer"); err != nil {
				return payments.Snapshot{}, err
			}
		}
		return c.confirm(ctx, p, key)
	}
	for i, item := range p.Items {
		if err := c.ensureProduct(ctx, item, key+"-product-"+strconv.Itoa(i)); err != nil {
			return payments.Snapshot{}, err
		}
	}
	if err := c.tellCustomer(ctx, p, key+"-customer"); err != nil {
		return payments.Snapshot{}, err
	}
	first, err := c.subscribe(ctx, p, key+"-subscription")
	if err != nil {
		return payments.Snapshot{}, err
	}
	if err := c.nameIntent(ctx, first.ID, p, key+"-intent"); err != nil {
		return payments.Snapshot{}, carrying(first, err)
	}
	p.IntentID = first.ID
	snap, err := c.confirm(ctx, p, key)
	return snap, carrying(first, err)
}

// carrying puts the intent into an error that has none, and what only its subscription
// tells into the one that it has.
func carrying(first payments.Snapshot, err error) error {
	var e *payments.CallError
	if !errors.As(err, &e) {
		return err
	}
	if e.Snapshot == nil {
		e.Snapshot = &first
	}
	e.Snapshot.SubscriptionID, e.Snapshot.Subscription = first.SubscriptionID, first.Subscription
	e.Snapshot.AttemptID = cmp.Or(e.Snapshot.AttemptID, first.AttemptID)
	return err
}

// productPrefix begins the ids of the products that we make: an item's SKU follows.
const productPrefix = "checkoutd_"

// ensureProduct makes the product of an item unless it is there. Prices are not kept at
// Stripe: each subscription carries those of its order.
func (c *Client) ensureProduct(ctx context.Context, item orders.Item, key string) error {
	get := &stripe.ProductParams{}
	get.Context = ctx
	_, err := c.api.Products.Get(productPrefix+item.SKU, get)
	var e *stripe.Error
	if err == nil || !errors.As(err, &e) || e.HTTPStatusCode != http.StatusNotFound {
		return callError(err)
	}
	params := &stripe.ProductParams{ID: stripe.String(productPrefix + item.SKU), Name: stripe.String(item.Name)}
	post(ctx, &params.Params, key)
	_, err = c.api.Products.New(params)
	if errors.As(err, &e) && e.Code == stripe.ErrorCodeResourceAlreadyExists { // another order was faster
		return nil
	}
	return callError(err)
}

// tellCustomer puts on the customer what Stripe puts on the invoices: where the order goes,
// and who gets the receipts.
func (c *Client) tellCustomer(ctx context.Context, p payments.Params, key string) error {
	params := &stripe.CustomerParams{Email: optional(p.Contact.Email)}
	if to := shippingDetails(p.Contact.Shipping); to != nil {
		params.Shipping = &stripe.CustomerShippingParams{Name: to.Name, Phone: to.Phone, Address: to.Address}
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
		Items:           subscriptionItems(p),
		PaymentBehavior: stripe.String("default_incomplete"),
		PaymentSettings: paymentSettings(p.Options),
		OnBehalfOf:      optional(p.OnBehalfOf),
		Metadata:        p.Metadata,
	}
	params.AddExpand("latest_invoice.payment_intent")
	ctx, sent := countExchanges(ctx)
	post(ctx, &params.Params, key)
	sub, err := c.api.Subscriptions.New(params)
	if err != nil {
		return payments.Snapshot{}, sent.mark(callError(err))
	}
	return firstOf(sub, p)
}

func subscriptionItems(p payments.Params) (items []*stripe.SubscriptionItemsParams) {
	for _, item := range p.Items {
		price := &stripe.SubscriptionItemPriceDataParams{
			Currency: stripe.String(p.Currency), Product: stripe.String(productPrefix + item.SKU), UnitAmount: stripe.Int64(item.UnitAmount),
		}
		if r := item.Recurring; r != nil {
			price.Recurring = &stripe.SubscriptionItemPriceDataRecurringParams{
				Interval: stripe.String(r.Interval), IntervalCount: stripe.Int64(r.IntervalCount),
			}
		}
		items = append(items, &stripe.SubscriptionItemsParams{PriceData: price, Quantity: stripe.Int64(item.Quantity)})
	}
	return items
}

// paymentSettings let Stripe pay the renewals with what pays the first invoice.
func paymentSettings(o orders.Options) *stripe.SubscriptionPaymentSettingsParams {
	s := &stripe.SubscriptionPaymentSettingsParams{SaveDefaultPaymentMethod: stripe.String("on_subscription")}
	if len(o.PaymentMethodTypes) > 0 {
		s.PaymentMethodTypes = stripe.StringSlice(o.PaymentMethodTypes)
	}
	if o.BankVerification != "" {
		s.PaymentMethodOptions = &stripe.SubscriptionPaymentSettingsPaymentMethodOptionsParams{
			USBankAccount: &stripe.SubscriptionPaymentSettingsPaymentMethodOptionsUSBankAccountParams{
				VerificationMethod: stripe.String(o.BankVerification),
			},
		}
	}
	return s
}

// firstOf is the intent of a new subscription's first invoice. One over another amount than
// the order's (a credit of the customer, a tax) must not be confirmed.
func firstOf(sub *stripe.Subscription, p payments.Params) (payments.Snapshot, error) {
	first := reading(sub).First
	switch {
	case first == nil:
		return payments.Snapshot{}, mismatch(nil, fmt.Sprintf("subscription %s is %s and asks for no payment", sub.ID, sub.Status))
	case first.Amount != p.Amount || first.Currency != p.Currency:
		return payments.Snapshot{}, mismatch(first, fmt.Sprintf("subscription %s begins with %d %s, the order is over %d %s",
			sub.ID, first.Amount, first.Currency, p.Amount, p.Currency))
	}
	return *first, nil
}

func mismatch(s *payments.Snapshot, text string) error {
	return &payments.CallError{
		Outcome: payments.OutcomeRefused, Stripe: payments.StripeError{Type: payments.TypeInvalidRequest},
		Snapshot: s, Mismatch: text, Cause: errors.New(text),
	}
}

// nameIntent puts our metadata on an intent that Stripe made.
func (c *Client) nameIntent(ctx context.Context, id string, p payments.Params, key string) error {
	params := &stripe.PaymentIntentParams{Metadata: p.Metadata}
	post(ctx, &params.Params, key)
	_, err := c.api.PaymentIntents.Update(id, params)
	return callError(err)
}

// endBeginning ends a subscription whose first invoice is not paid. The invoice goes first:
// Stripe refuses to void one that is paid or about to be, so that a subscription that
// somebody has just paid for lives on (https://docs.stripe.com/api/invoices/void). Its
// intent is canceled with it.
func (c *Client) endBeginning(ctx context.Context, in payments.Intent, key string) error {
	get := &stripe.PaymentIntentParams{}
	get.Context = ctx
	pi, err := c.api.PaymentIntents.Get(in.ID, get)
	if err != nil {
		return callError(err)
	}
	if pi.Invoice == nil {
		return fmt.Errorf("stripeapi: intent %s of subscription %s has no invoice", in.ID, in.SubscriptionID)
	}
	void := &stripe.InvoiceVoidInvoiceParams{}
	post(ctx, &void.Params, key)
	if _, err := c.api.Invoices.VoidInvoice(pi.Invoice.ID, void); err != nil {
		return callError(err)
	}
	cancel := &stripe.SubscriptionCancelParams{}
	cancel.Context = ctx
	_, err = c.api.Subscriptions.Cancel(in.SubscriptionID, cancel)
	var e *stripe.Error
	if errors.As(err, &e) && outcome(e) == payments.OutcomeRefused { // it ended with its invoice
		return nil
	}
	return callError(err)
}

// Subscription reads a subscription.
func (c *Client) Subscription(ctx context.Context, id string) (payments.SubscriptionReading, error) {
	params := &stripe.SubscriptionParams{}
	params.Context = ctx
	params.AddExpand("latest_invoice.payment_intent")
	sub, err := c.api.Subscriptions.Get(id, params)
	if err != nil {
		return payments.SubscriptionReading{}, callError(err)
	}
	return reading(sub), nil
}

// InvoiceSubscription names the subscription of an invoice, "" if it has none.
func (c *Client) InvoiceSubscription(ctx context.Context, id string) (string, error) {
	params := &stripe.InvoiceParams{}
	params.Context = ctx
	inv, err := c.api.Invoices.Get(id, params)
	if err != nil {
		return "", callError(err)
	}
	if inv.Subscription == nil {
		return "", nil
	}
	return inv.Subscription.ID, nil
}

// findSubscription looks for the subscription of an order, whose intent may not bear our
// metadata yet.
func (c *Client) findSubscription(ctx context.Context, p payments.Params, from, to time.Time) (payments.Snapshot, bool, error) {
	params := &stripe.SubscriptionListParams{
		Customer: stripe.String(p.Customer), Status: stripe.String("all"), CreatedRange: between(from, to),
	}
	params.Context, params.Limit = ctx, stripe.Int64(100)
	params.AddExpand("data.latest_invoice.payment_intent")
	list := c.api.Subscriptions.List(params)
	for list.Next() {
		if sub := list.Subscription(); sub.Metadata[payments.MetaOrder] == p.Metadata[payments.MetaOrder] {
			if first := reading(sub).First; first != nil {
				return *first, true, nil
			}
		}
	}
	return payments.Snapshot{}, false, callError(list.Err())
}

// reading is what a subscription tells whose latest invoice and its intent are expanded.
func reading(sub *stripe.Subscription) payments.SubscriptionReading {
	out := payments.SubscriptionReading{Subscription: subscription(sub)}
	inv := sub.LatestInvoice
	if inv == nil || inv.PaymentIntent == nil || inv.BillingReason != stripe.InvoiceBillingReasonSubscriptionCreate {
		return out
	}
	s := snapshot(inv.PaymentIntent)
	s.InvoiceID = inv.ID
	describe(&s, inv, sub)
	out.First = &s
	return out
}

func subscription(sub *stripe.Subscription) payments.Subscription {
	out := payments.Subscription{
		ID: sub.ID, OrderID: sub.Metadata[payments.MetaOrder], Status: payments.SubscriptionStatus(sub.Status),
		CancelAtPeriodEnd: sub.CancelAtPeriodEnd, CreatedAt: time.Unix(sub.Created, 0).UTC(),
	}
	if sub.CurrentPeriodEnd != 0 {
		out.PeriodEnd = time.Unix(sub.CurrentPeriodEnd, 0).UTC()
	}
	if sub.Customer != nil {
		out.CustomerID = sub.Customer.ID
	}
	return out
}

// describe tells a snapshot of the invoice's intent what its subscription tells. An intent that
// Stripe made bears no metadata of ours until we have put it there; the subscription does.
func describe(s *payments.Snapshot, inv *stripe.Invoice, sub *stripe.Subscription) {
	if sub == nil {
		return
	}
	s.SubscriptionID = sub.ID
	s.Renewal = inv.BillingReason != stripe.InvoiceBillingReasonSubscriptionCreate
	if sub.Status != "" { // expanded
		told := subscription(sub)
		s.Subscription = &told
	}
	if !s.Renewal {
		s.OrderID = cmp.Or(s.OrderID, sub.Metadata[payments.MetaOrder])
		s.AttemptID = cmp.Or(s.AttemptID, sub.Metadata[payments.MetaAttempt])
	}
}
