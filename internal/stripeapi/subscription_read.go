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
	expandFirst(&params.Params)

	sub, err := c.api.Subscriptions.Get(id, params)
	if err != nil {
		return payments.SubscriptionReading{}, callError(err)
	}

	out := reading(sub)
	if out.First != nil {
		out.First.Account = c.account
	}

	return out, nil
}

// Invoice returns an invoice's subscription and our metadata on that, which the
// invoice repeats.
func (c *Client) Invoice(ctx context.Context, id string) (payments.Ref, error) {
	params := &stripe.InvoiceParams{}
	params.Context = ctx

	inv, err := c.api.Invoices.Get(id, params)
	if err != nil {
		return payments.Ref{}, callError(err)
	}

	var ref payments.Ref
	if inv.Subscription != nil {
		ref.SubscriptionID = inv.Subscription.ID
	}

	if inv.SubscriptionDetails != nil {
		ref.Mark = payments.MarkOf(inv.SubscriptionDetails.Metadata)
	}

	return ref, nil
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
	params.AddExpand("data.pending_setup_intent")

	var found payments.SubscriptionReading

	list := c.api.Subscriptions.List(params)
	for list.Next() {
		sub := list.Subscription()
		if isOfAttempt(sub.Metadata, p) {
			found = reading(sub) // the list is newest first
		}
	}

	if err := list.Err(); err != nil {
		return payments.Snapshot{}, false, callError(err)
	}
	if found.First != nil {
		return *found.First, true, nil
	}
	if reason := found.ReviewReason(); reason != "" {
		return payments.Snapshot{}, false, mismatch(nil, reason)
	}

	return payments.Snapshot{}, false, nil
}

// expandFirst asks Stripe for the intent with which a subscription begins.
func expandFirst(p *stripe.Params) {
	p.AddExpand("latest_invoice.payment_intent")
	p.AddExpand("pending_setup_intent")
}

// reading converts a subscription that was read with expandFirst.
func reading(sub *stripe.Subscription) payments.SubscriptionReading {
	out := payments.SubscriptionReading{Subscription: subscriptionOf(sub)}
	inv := sub.LatestInvoice
	if inv == nil || isRenewal(inv) {
		return out
	}

	var s payments.Snapshot
	switch {
	case inv.PaymentIntent != nil:
		s = snapshot(inv.PaymentIntent)
		s.InvoiceID = inv.ID
	case sub.PendingSetupIntent != nil: // the first invoice is free
		s = setupSnapshot(sub.PendingSetupIntent)
	default:
		return out
	}

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
		Mark:              payments.MarkOf(sub.Metadata),
		Status:            payments.SubscriptionStatus(sub.Status),
		CancelAtPeriodEnd: sub.CancelAtPeriodEnd,
		EndsAt:            endsAt(sub),
		TrialEnd:          timeOf(sub.TrialEnd),
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

// endsAt returns when a subscription ended or is to end, zero if it continues.
// It may be canceled at the end of a period, or at any other time
// (https://docs.stripe.com/billing/subscriptions/cancel).
func endsAt(sub *stripe.Subscription) time.Time {
	end := cmp.Or(sub.EndedAt, sub.CancelAt)
	if end == 0 && sub.CancelAtPeriodEnd {
		end = sub.CurrentPeriodEnd
	}
	if end == 0 {
		return time.Time{}
	}
	return time.Unix(end, 0).UTC()
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
	s.PaidOutOfBand = inv.PaidOutOfBand && inv.Status == stripe.InvoiceStatusPaid

	if sub.Status != "" { // expanded
		full := subscriptionOf(sub)
		s.Subscription = &full
	}

	if mark := payments.MarkOf(sub.Metadata); !s.Renewal && s.OrderID == "" {
		s.OrderID, s.AttemptID, s.Proof = mark.OrderID, mark.AttemptID, mark.Proof
	}
}
