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

// InvoiceSubscription returns the ID of an invoice's subscription, "" if it has
// none.
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

// findSubscription looks for the subscription of an order, whose intent may not
// have our metadata yet, and returns the intent of its first invoice. A
// subscription that is running without such an intent is a mismatch.
func (c *Client) findSubscription(
	ctx context.Context, p payments.Params, from, to time.Time,
) (snap payments.Snapshot, ok bool, err error) {
	params := &stripe.SubscriptionListParams{
		Customer:     stripe.String(p.Customer),
		Status:       stripe.String("all"),
		CreatedRange: between(from, to),
	}

	params.Context, params.Limit = ctx, stripe.Int64(pageSize)
	params.AddExpand("data.latest_invoice.payment_intent")

	list := c.api.Subscriptions.List(params)
	for list.Next() {
		sub := list.Subscription()
		if !isOfOrder(sub.Metadata, p) {
			continue
		}

		found := reading(sub)
		if found.First != nil {
			return *found.First, true, nil
		}
		if reason := found.ReviewReason(); reason != "" {
			return payments.Snapshot{}, false, mismatch(nil, reason)
		}
	}

	return payments.Snapshot{}, false, callError(list.Err())
}

// reading converts a subscription whose latest invoice and the invoice's intent
// are expanded.
func reading(sub *stripe.Subscription) payments.SubscriptionReading {
	out := payments.SubscriptionReading{Subscription: subscriptionOf(sub)}
	inv := sub.LatestInvoice
	if inv == nil || inv.PaymentIntent == nil || isRenewal(inv) {
		return out
	}

	s := snapshot(inv.PaymentIntent)
	s.InvoiceID = inv.ID
	addSubscription(&s, inv, sub)
	out.First = &s

	return out
}

// isRenewal reports whether an invoice is a later one than the first of its
// subscription.
func isRenewal(inv *stripe.Invoice) bool {
	return inv.BillingReason != stripe.InvoiceBillingReasonSubscriptionCreate
}

func subscriptionOf(sub *stripe.Subscription) payments.Subscription {
	out := payments.Subscription{
		ID:                sub.ID,
		OrderID:           sub.Metadata[payments.MetaOrder],
		Status:            payments.SubscriptionStatus(sub.Status),
		CancelAtPeriodEnd: sub.CancelAtPeriodEnd,
		CreatedAt:         time.Unix(sub.Created, 0).UTC(),
	}

	if sub.CurrentPeriodEnd != 0 {
		out.PeriodEnd = time.Unix(sub.CurrentPeriodEnd, 0).UTC()
	}

	if sub.Customer != nil {
		out.CustomerID = sub.Customer.ID
	}

	return out
}

// addSubscription adds the subscription of an invoice to a snapshot of the
// invoice's intent. An intent that Stripe created has none of our metadata
// until we set it; the subscription has it.
func addSubscription(s *payments.Snapshot, inv *stripe.Invoice, sub *stripe.Subscription) {
	if sub == nil {
		return
	}

	s.SubscriptionID = sub.ID
	s.Renewal = isRenewal(inv)

	if sub.Status != "" { // expanded
		full := subscriptionOf(sub)
		s.Subscription = &full
	}

	if !s.Renewal {
		s.OrderID = cmp.Or(s.OrderID, sub.Metadata[payments.MetaOrder])
		s.AttemptID = cmp.Or(s.AttemptID, sub.Metadata[payments.MetaAttempt])
	}
}
