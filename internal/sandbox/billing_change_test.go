package sandbox_test

import (
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v81"
)

// halfPeriodLater returns a subscription to two mugs at 15 dollars, half a
// period after it began.
func (b *biller) halfPeriodLater() *stripe.Subscription {
	b.t.Helper()
	sub := b.subscribed(1500, "pm_card_visa")
	return b.advance(unix(sub.CurrentPeriodEnd).Sub(billingStart)/2, sub.ID, "half a month",
		func(*stripe.Subscription) bool { return true })
}

func (b *biller) change(id, behavior string, items ...*stripe.SubscriptionItemsParams) (*stripe.Subscription, error) {
	p := &stripe.SubscriptionParams{Items: items}
	if behavior != "" {
		p.ProrationBehavior = &behavior
	}
	p.AddExpand("latest_invoice")
	return b.api.Subscriptions.Update(id, p)
}

func TestChangedQuantityIsProratedOnTheNextInvoice(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := b.halfPeriodLater()
	before := len(b.eventTypes())
	now := must(b.change(sub.ID, "",
		&stripe.SubscriptionItemsParams{ID: &sub.Items.Data[0].ID, Quantity: stripe.Int64(4)}))(t)
	want(t, "same invoice", now.LatestInvoice.ID, sub.LatestInvoice.ID)
	want(t, "events", b.since(before, "customer", "invoice"),
		"customer.subscription.updated invoiceitem.created invoiceitem.created")

	ev := b.get("/v1/events?type=customer.subscription.updated")
	want(t, "previous", ev.at("data.0.data.previous_attributes.items.data.0.quantity") != nil, true)

	items := b.get("/v1/invoiceitems?pending=true")
	want(t, "charge", items.num("data.0.amount"), 3000)
	want(t, "for", items.str("data.0.description"), "Remaining time on 4 × Mug club after 25 Mar 2026")
	want(t, "credit", items.num("data.1.amount"), -1500)
	want(t, "of", items.str("data.1.description"), "Unused time on 2 × Mug club after 25 Mar 2026")

	other := must(b.api.Invoices.New(&stripe.InvoiceParams{
		Customer:                    &b.customer,
		PendingInvoiceItemsBehavior: stripe.String("include"),
	}))(t)
	want(t, "not on another invoice", other.Total, 0)

	next := b.advance(17*day, sub.ID, "the next bill", func(s *stripe.Subscription) bool {
		return s.LatestInvoice.ID != sub.LatestInvoice.ID && s.LatestInvoice.Paid
	})
	want(t, "renewal and proration", next.LatestInvoice.AmountPaid, 6000+1500)
	want(t, "prorations come first",
		next.LatestInvoice.Lines.Data[0].Proration && !next.LatestInvoice.Lines.Data[2].Proration, true)
	want(t, "period before", next.LatestInvoice.PeriodStart, sub.CurrentPeriodStart)

	third := b.advance(31*day, sub.ID, "the third bill", func(s *stripe.Subscription) bool {
		return s.LatestInvoice.ID != next.LatestInvoice.ID && s.LatestInvoice.Paid
	})
	want(t, "prorated only once", third.LatestInvoice.AmountPaid, 6000)
}

func TestChangeCanBeInvoicedAtOnceOrNotAtAll(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := b.halfPeriodLater()
	item := sub.Items.Data[0].ID
	premium := b.ok("/v1/prices", "product=shop_mug", "currency=usd", "unit_amount=2500",
		"recurring[interval]=month").str("id")
	now := must(b.change(sub.ID, "always_invoice", &stripe.SubscriptionItemsParams{ID: &item, Price: &premium}))(t)
	want(t, "new price", now.Items.Data[0].Price.ID, premium)
	want(t, "reason", now.LatestInvoice.BillingReason, stripe.InvoiceBillingReasonSubscriptionUpdate)
	want(t, "half of the difference", now.LatestInvoice.AmountPaid, 1000)

	now = must(b.change(sub.ID, "none", &stripe.SubscriptionItemsParams{ID: &item, Quantity: stripe.Int64(1)}))(t)
	want(t, "quantity", now.Items.Data[0].Quantity, 1)
	want(t, "nothing pending", b.get("/v1/invoiceitems?pending=true").size("data"), 0)

	extra := b.ok("/v1/prices", "product=shop_mug", "currency=usd", "unit_amount=1000",
		"recurring[interval]=month").str("id")
	now = must(b.change(sub.ID, "always_invoice", &stripe.SubscriptionItemsParams{Price: &extra}))(t)
	want(t, "two items", len(now.Items.Data), 2)
	want(t, "for half a month", now.LatestInvoice.AmountPaid, 500)

	now = must(b.change(sub.ID, "always_invoice",
		&stripe.SubscriptionItemsParams{ID: &now.Items.Data[1].ID, Deleted: stripe.Bool(true)}))(t)
	want(t, "one item", len(now.Items.Data), 1)
	want(t, "nothing to pay", now.LatestInvoice.AmountDue == 0 && now.LatestInvoice.Paid, true)
	want(t, "credited to the customer", must(b.api.Customers.Get(b.customer, nil))(t).Balance, -500)

	_, err := b.change(sub.ID, "none", &stripe.SubscriptionItemsParams{ID: &item, Deleted: stripe.Bool(true)})
	want(t, "last item stays",
		strings.HasPrefix(refusal(t, err).Msg, "A subscription must have at least one active plan."),
		true)

	_, err = b.change(sub.ID, "none",
		&stripe.SubscriptionItemsParams{ID: stripe.String("si_none"), Quantity: stripe.Int64(1)})
	want(t, "unknown", refusal(t, err).Code, stripe.ErrorCodeResourceMissing)

	next := b.advance(17*day, sub.ID, "the next bill", func(s *stripe.Subscription) bool {
		return s.LatestInvoice.Paid && s.LatestInvoice.BillingReason == stripe.InvoiceBillingReasonSubscriptionCycle
	})
	want(t, "minus the credit", next.LatestInvoice.AmountPaid, 2500-500)
}

func TestChangeThatCannotBePaid(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := b.withFailingCard()
	b.s.Advance(5 * day)
	item := sub.Items.Data[0].ID
	p := &stripe.SubscriptionParams{
		Items:             []*stripe.SubscriptionItemsParams{{ID: &item, Quantity: stripe.Int64(9)}},
		ProrationBehavior: stripe.String("always_invoice"),
		PaymentBehavior:   stripe.String("error_if_incomplete"),
	}

	_, err := b.api.Subscriptions.Update(sub.ID, p)
	want(t, "declined", refusal(t, err).Code, stripe.ErrorCodeCardDeclined)
	want(t, "unchanged", b.subscription(sub.ID).Items.Data[0].Quantity, 2)
	want(t, "one payment", len(b.s.Ledger().Charges), 1)

	p.PaymentBehavior = nil
	late := must(b.api.Subscriptions.Update(sub.ID, p))(t)
	want(t, "past due", late.Status, stripe.SubscriptionStatusPastDue)
	want(t, "changed", late.Items.Data[0].Quantity, 9)

	open := b.subscription(sub.ID).LatestInvoice
	want(t, "tried again", unix(open.NextPaymentAttempt), billingStart.Add(8*day))

	must(b.confirm(open.PaymentIntent.ID, "pm_card_visa"))(t)
	want(t, "paid", b.subscription(sub.ID).Status, stripe.SubscriptionStatusActive)
}
