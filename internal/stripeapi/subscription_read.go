package stripeapi

import (
	"cmp"
	"context"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/payments"
)

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
// metadata yet. One that goes on without a first payment that could be told is a mismatch.
func (c *Client) findSubscription(ctx context.Context, p payments.Params, from, to time.Time) (payments.Snapshot, bool, error) {
	params := &stripe.SubscriptionListParams{
		Customer: stripe.String(p.Customer), Status: stripe.String("all"), CreatedRange: between(from, to),
	}
	params.Context, params.Limit = ctx, stripe.Int64(100)
	params.AddExpand("data.latest_invoice.payment_intent")
	list := c.api.Subscriptions.List(params)
	for list.Next() {
		if sub := list.Subscription(); sub.Metadata[payments.MetaOrder] == p.Metadata[payments.MetaOrder] {
			read := reading(sub)
			if read.First != nil {
				return *read.First, true, nil
			}
			if reason := read.ReviewReason(); reason != "" {
				return payments.Snapshot{}, false, mismatch(nil, reason)
			}
		}
	}
	return payments.Snapshot{}, false, callError(list.Err())
}

// reading is what a subscription tells whose latest invoice and its intent are expanded.
func reading(sub *stripe.Subscription) payments.SubscriptionReading {
	out := payments.SubscriptionReading{Subscription: subscriptionOf(sub)}
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

func subscriptionOf(sub *stripe.Subscription) payments.Subscription {
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
		told := subscriptionOf(sub)
		s.Subscription = &told
	}
	if !s.Renewal {
		s.OrderID = cmp.Or(s.OrderID, sub.Metadata[payments.MetaOrder])
		s.AttemptID = cmp.Or(s.AttemptID, sub.Metadata[payments.MetaAttempt])
	}
}
