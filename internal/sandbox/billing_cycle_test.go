package sandbox_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/sandbox"
)

func TestRenewalIsPaidWithTheSavedMethod(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := b.subscribed(1500, "pm_card_visa")
	first, before := sub.LatestInvoice.ID, len(b.eventTypes())
	draft := b.advance(31*day, sub.ID, "a new period",
		func(s *stripe.Subscription) bool { return s.LatestInvoice.ID != first })
	want(t, "draft", draft.LatestInvoice.Status, stripe.InvoiceStatusDraft)
	want(t, "begins", draft.CurrentPeriodStart, sub.CurrentPeriodEnd)
	want(t, "ends", time.Unix(draft.CurrentPeriodEnd, 0).UTC(), billingStart.AddDate(0, 2, 0))

	paid := b.advance(time.Hour, sub.ID, "the renewal is paid",
		func(s *stripe.Subscription) bool { return s.LatestInvoice.Paid })
	want(t, "active", paid.Status, stripe.SubscriptionStatusActive)
	want(t, "reason", paid.LatestInvoice.BillingReason, stripe.InvoiceBillingReasonSubscriptionCycle)
	want(t, "amount", paid.LatestInvoice.AmountPaid, 3000)
	want(t, "invoice's period", paid.LatestInvoice.PeriodEnd, sub.CurrentPeriodEnd)
	want(t, "line's period", paid.LatestInvoice.Lines.Data[0].Period.Start, sub.CurrentPeriodEnd)
	want(t, "method", paid.LatestInvoice.PaymentIntent.PaymentMethod.ID, sub.DefaultPaymentMethod.ID)
	want(t, "events", b.since(before, "customer.subscription", "invoice", "payment", "charge"),
		"customer.subscription.updated invoice.created payment_intent.created invoice.finalized "+
			"charge.succeeded payment_intent.succeeded invoice.updated invoice.paid invoice.payment_succeeded")
}

func TestJumpOverSeveralPeriodsBillsEachOnce(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := b.subscribed(1500, "pm_card_visa")
	now := b.advance(200*day, sub.ID, "September's bill", func(s *stripe.Subscription) bool {
		return s.LatestInvoice.Paid && time.Unix(s.CurrentPeriodStart, 0).UTC().Equal(billingStart.AddDate(0, 6, 0))
	})
	want(t, "until", time.Unix(now.CurrentPeriodEnd, 0).UTC(), billingStart.AddDate(0, 7, 0))

	list := &stripe.InvoiceListParams{Subscription: &sub.ID}
	list.Limit = stripe.Int64(3)
	starts := map[int64]bool{}
	for it := b.api.Invoices.List(list); it.Next(); {
		inv := it.Invoice()
		want(t, "paid", inv.Status, stripe.InvoiceStatusPaid)
		starts[inv.Lines.Data[0].Period.Start] = true
	}

	want(t, "periods", len(starts), 7)
}

// withFailingCard returns a subscription whose first payment succeeded and
// whose card declines from now on.
func (b *biller) withFailingCard() *stripe.Subscription {
	b.t.Helper()
	sub := b.subscribed(1500, "pm_card_visa")
	pm := must(b.api.PaymentMethods.Attach("pm_card_chargeCustomerFail",
		&stripe.PaymentMethodAttachParams{Customer: &b.customer}))(b.t)
	must(b.api.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{DefaultPaymentMethod: &pm.ID}))(b.t)
	return sub
}

func TestUnpaidRenewalIsRetriedAndThenEndsTheSubscription(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := b.withFailingCard()
	due := unix(sub.CurrentPeriodEnd).Add(time.Hour)
	before := len(b.eventTypes())
	late := b.advance(31*day+time.Hour, sub.ID, "the renewal is declined",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusPastDue })
	want(t, "invoice stays open", late.LatestInvoice.Status, stripe.InvoiceStatusOpen)
	want(t, "first retry", unix(late.LatestInvoice.NextPaymentAttempt), due.Add(3*day))
	want(t, "events", b.since(before, "customer.subscription", "invoice", "payment", "charge"),
		"customer.subscription.updated invoice.created payment_intent.created invoice.finalized "+
			"charge.failed payment_intent.payment_failed customer.subscription.updated invoice.updated "+
			"invoice.payment_failed")

	again := b.advance(3*day, sub.ID, "a second attempt",
		func(s *stripe.Subscription) bool { return s.LatestInvoice.AttemptCount == 2 })
	want(t, "second retry", unix(again.LatestInvoice.NextPaymentAttempt), due.Add(8*day))

	again = b.advance(5*day, sub.ID, "a third attempt",
		func(s *stripe.Subscription) bool { return s.LatestInvoice.AttemptCount == 3 })
	want(t, "third retry", unix(again.LatestInvoice.NextPaymentAttempt), due.Add(15*day))
	want(t, "still past due", again.Status, stripe.SubscriptionStatusPastDue)

	over := b.advance(7*day, sub.ID, "the end",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusCanceled })
	want(t, "reason", over.CancellationDetails.Reason, stripe.SubscriptionCancellationDetailsReasonPaymentFailed)
	want(t, "attempts", over.LatestInvoice.AttemptCount, 4)
	want(t, "still owed", over.LatestInvoice.Status, stripe.InvoiceStatusOpen)
	want(t, "no more tries", over.LatestInvoice.NextPaymentAttempt, 0)
	want(t, "event of the end",
		strings.HasSuffix(b.since(0, "customer.subscription"), "customer.subscription.deleted"), true)
}

func TestBuyerPaysAnOverdueRenewal(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := b.withFailingCard()
	late := b.advance(31*day+time.Hour, sub.ID, "the renewal is declined",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusPastDue })
	must(b.confirm(late.LatestInvoice.PaymentIntent.ID, "pm_card_mastercard"))(t)
	now := b.subscription(sub.ID)
	want(t, "active again", now.Status, stripe.SubscriptionStatusActive)
	want(t, "new default", string(now.DefaultPaymentMethod.Card.Brand), "mastercard")

	b.advance(20*day, sub.ID, "no further attempt",
		func(s *stripe.Subscription) bool { return s.LatestInvoice.AttemptCount == 1 })
}

func TestRenewalThatNeedsTheBuyer(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := b.subscribed(1500, "pm_card_visa")
	pm := must(b.api.PaymentMethods.Attach("pm_card_authenticationRequired",
		&stripe.PaymentMethodAttachParams{Customer: &b.customer}))(t)
	must(b.api.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{DefaultPaymentMethod: &pm.ID}))(t)
	late := b.advance(31*day+time.Hour, sub.ID, "authentication is required",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusPastDue })
	pi := late.LatestInvoice.PaymentIntent
	want(t, "intent", pi.Status, stripe.PaymentIntentStatusRequiresAction)
	want(t, "events", strings.Contains(joined(b.eventTypes()), "invoice.payment_action_required"), true)

	b.do("POST", "/3ds/"+pi.ID, form("client_secret="+pi.ClientSecret, "outcome=pass"), withKey(""))
	want(t, "active", b.subscription(sub.ID).Status, stripe.SubscriptionStatusActive)
}

func TestUnpaidFirstInvoiceExpires(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := must(b.api.Subscriptions.New(b.monthly(1500)))(t)
	before := len(b.eventTypes())
	b.advance(23*time.Hour-time.Minute, sub.ID, "still payable",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusIncomplete })
	over := b.advance(2*time.Minute, sub.ID, "expired",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusIncompleteExpired })
	want(t, "void", over.LatestInvoice.Status, stripe.InvoiceStatusVoid)
	want(t, "intent", over.LatestInvoice.PaymentIntent.Status, stripe.PaymentIntentStatusCanceled)
	want(t, "reason", over.LatestInvoice.PaymentIntent.CancellationReason,
		stripe.PaymentIntentCancellationReasonVoidInvoice)
	want(t, "events", b.since(before, "customer", "invoice", "payment"),
		"payment_intent.canceled invoice.updated invoice.voided customer.subscription.updated")

	_, err := b.confirm(over.LatestInvoice.PaymentIntent.ID, "pm_card_visa")
	want(t, "too late", refusal(t, err).Code, stripe.ErrorCodePaymentIntentUnexpectedState)
}

func TestSubscriptionEndsWithItsPeriod(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := b.subscribed(1500, "pm_card_visa")
	ending := must(b.api.Subscriptions.Update(sub.ID,
		&stripe.SubscriptionParams{CancelAtPeriodEnd: stripe.Bool(true)}))(t)
	want(t, "due", ending.CancelAt, sub.CurrentPeriodEnd)
	want(t, "active until then", ending.Status, stripe.SubscriptionStatusActive)

	kept := must(b.api.Subscriptions.Update(sub.ID,
		&stripe.SubscriptionParams{CancelAtPeriodEnd: stripe.Bool(false)}))(t)
	want(t, "revoked", kept.CancelAt, 0)

	must(b.api.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{CancelAtPeriodEnd: stripe.Bool(true)}))(t)
	ev := b.get("/v1/events?type=customer.subscription.updated")
	want(t, "previous", ev.at("data.0.data.previous_attributes.cancel_at_period_end"), any(false))

	over := b.advance(32*day, sub.ID, "the end",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusCanceled })
	want(t, "no new invoice", over.LatestInvoice.ID, sub.LatestInvoice.ID)
	want(t, "at", over.EndedAt, sub.CurrentPeriodEnd)
}

func TestBillingContinuesAfterARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state")
	keep := func(cfg *sandbox.Config) { cfg.StateFile = file }
	b := newBiller(t, keep)
	paying, late := b.subscribed(1500, "pm_card_visa"), b.withFailingCard()
	unpaid := must(b.api.Subscriptions.New(b.monthly(900)))(t)

	b.advance(31*day+time.Hour, late.ID, "past due",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusPastDue })
	fresh := must(b.api.Subscriptions.New(b.monthly(800)))(t)

	if err := b.s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}

	after := newBox(t, keep, func(cfg *sandbox.Config) { cfg.Now = func() time.Time { return billingStart } })
	again := &biller{after, after.sdk(), b.customer}
	want(t, "expired before", again.subscription(unpaid.ID).Status, stripe.SubscriptionStatusIncompleteExpired)
	want(t, "price", again.subscription(paying.ID).Items.Data[0].Price.UnitAmount, 1500)

	again.advance(23*time.Hour, fresh.ID, "expires after",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusIncompleteExpired })
	again.advance(15*day, late.ID, "retried to the end",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusCanceled })
	again.advance(15*day, paying.ID, "renewed", func(s *stripe.Subscription) bool {
		return s.CurrentPeriodEnd == billingStart.AddDate(0, 3, 0).Unix() && s.LatestInvoice.Paid
	})
}

func unix(sec int64) time.Time { return time.Unix(sec, 0).UTC() }
