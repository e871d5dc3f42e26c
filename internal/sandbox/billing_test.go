package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"

	"checkoutd/internal/sandbox"
)

// biller is a sandbox at a fixed hour, Stripe's library on it and a customer who subscribes.
type biller struct {
	*box
	api      *client.API
	customer string
}

// billingStart is a day that every month has.
var billingStart = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

func newBiller(t *testing.T, change ...func(*sandbox.Config)) *biller {
	t.Helper()
	b := newBox(t, append([]func(*sandbox.Config){func(cfg *sandbox.Config) { cfg.Now = func() time.Time { return billingStart } }}, change...)...)
	api := b.sdk()
	cus := must(api.Customers.New(&stripe.CustomerParams{Name: stripe.String("Jenny"), Email: stripe.String("j@b.test")}))(t)
	must(api.Products.New(&stripe.ProductParams{ID: stripe.String("shop_mug"), Name: stripe.String("Mug club")}))(t)
	return &biller{b, api, cus.ID}
}

// monthly are the parameters of a subscription whose first payment the buyer makes.
func (b *biller) monthly(amount int64) *stripe.SubscriptionParams {
	p := &stripe.SubscriptionParams{
		Customer: &b.customer, PaymentBehavior: stripe.String("default_incomplete"),
		PaymentSettings: &stripe.SubscriptionPaymentSettingsParams{SaveDefaultPaymentMethod: stripe.String("on_subscription")},
		Items: []*stripe.SubscriptionItemsParams{{
			Quantity: stripe.Int64(2),
			PriceData: &stripe.SubscriptionItemPriceDataParams{
				Currency: stripe.String("usd"), Product: stripe.String("shop_mug"), UnitAmount: stripe.Int64(amount),
				Recurring: &stripe.SubscriptionItemPriceDataRecurringParams{Interval: stripe.String("month")},
			},
		}},
	}
	p.AddMetadata("checkoutd_order", "ord_1")
	p.AddExpand("latest_invoice.payment_intent")
	p.AddExpand("pending_setup_intent")
	return p
}

// token is what the page made of a card.
func (b *biller) token(card string) *string {
	b.t.Helper()
	made := b.ok("/v1/test_helpers/confirmation_tokens", "payment_method="+card, "return_url=https://shop.test/complete", "setup_future_usage=off_session")
	return stripe.String(made.str("id"))
}

func (b *biller) confirm(intent, card string) (*stripe.PaymentIntent, error) {
	b.t.Helper()
	return b.api.PaymentIntents.Confirm(intent, &stripe.PaymentIntentConfirmParams{ConfirmationToken: b.token(card), ReturnURL: stripe.String("https://shop.test/complete")})
}

// subscribed is a subscription that a card has paid for once.
func (b *biller) subscribed(amount int64, card string) *stripe.Subscription {
	b.t.Helper()
	sub := must(b.api.Subscriptions.New(b.monthly(amount)))(b.t)
	must(b.confirm(sub.LatestInvoice.PaymentIntent.ID, card))(b.t)
	return b.subscription(sub.ID)
}

func (b *biller) subscription(id string) *stripe.Subscription {
	b.t.Helper()
	p := &stripe.SubscriptionParams{}
	p.AddExpand("latest_invoice.payment_intent.latest_charge")
	p.AddExpand("default_payment_method")
	return must(b.api.Subscriptions.Get(id, p))(b.t)
}

// live moves the clock and waits until the subscription is as wanted.
func (b *biller) live(d time.Duration, id, what string, cond func(*stripe.Subscription) bool) *stripe.Subscription {
	b.t.Helper()
	b.s.Advance(d)
	var sub *stripe.Subscription
	eventually(b.t, what, func() bool { sub = b.subscription(id); return cond(sub) })
	return sub
}

const day = 24 * time.Hour

// since lists the events of some prefixes that came after the first n.
func (b *biller) since(n int, prefixes ...string) string {
	b.t.Helper()
	var out []string
	for i, kind := range b.types() {
		for _, p := range prefixes {
			if i >= n && strings.HasPrefix(kind, p) {
				out = append(out, kind)
			}
		}
	}
	return strings.Join(out, " ")
}

func TestSubscriptionBeginsWhenItsFirstInvoiceIsPaid(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	before := len(b.types())
	sub := must(b.api.Subscriptions.New(b.monthly(1500)))(t)
	inv := sub.LatestInvoice
	want(t, "status", sub.Status, stripe.SubscriptionStatusIncomplete)
	want(t, "invoice", inv.Status, stripe.InvoiceStatusOpen)
	want(t, "due", inv.AmountDue, 3000)
	want(t, "reason", inv.BillingReason, stripe.InvoiceBillingReasonSubscriptionCreate)
	want(t, "line", inv.Lines.Data[0].Description, "2 × Mug club (at $15.00 / month)")
	want(t, "line's price", inv.Lines.Data[0].Price.UnitAmount, 1500)
	want(t, "intent", inv.PaymentIntent.Status, stripe.PaymentIntentStatusRequiresPaymentMethod)
	want(t, "intent's amount", inv.PaymentIntent.Amount, 3000)
	want(t, "intent's invoice", inv.PaymentIntent.Invoice.ID, inv.ID)
	want(t, "kept", inv.PaymentIntent.SetupFutureUsage, stripe.PaymentIntentSetupFutureUsageOffSession)
	want(t, "period", time.Unix(sub.CurrentPeriodEnd, 0).UTC(), billingStart.AddDate(0, 1, 0))
	want(t, "no setup", sub.PendingSetupIntent == nil, true)
	want(t, "asked for", b.since(before, "customer.subscription", "invoice", "payment_intent"),
		"customer.subscription.created invoice.created payment_intent.created invoice.finalized")
	change := &stripe.PaymentIntentParams{}
	change.AddMetadata("checkoutd_attempt", "att_1")
	must(b.api.PaymentIntents.Update(inv.PaymentIntent.ID, change))(t)
	before = len(b.types())
	pi := must(b.confirm(inv.PaymentIntent.ID, "pm_card_visa"))(t)
	want(t, "paid", pi.Status, stripe.PaymentIntentStatusSucceeded)
	want(t, "metadata", pi.Metadata["checkoutd_attempt"], "att_1")
	sub = b.subscription(sub.ID)
	want(t, "active", sub.Status, stripe.SubscriptionStatusActive)
	want(t, "invoice paid", sub.LatestInvoice.Paid && sub.LatestInvoice.Status == stripe.InvoiceStatusPaid, true)
	want(t, "charge", sub.LatestInvoice.Charge.ID, sub.LatestInvoice.PaymentIntent.LatestCharge.ID)
	want(t, "charge's invoice", sub.LatestInvoice.PaymentIntent.LatestCharge.Invoice.ID, inv.ID)
	want(t, "kept method", sub.DefaultPaymentMethod.ID, pi.PaymentMethod.ID)
	want(t, "of the customer", sub.DefaultPaymentMethod.Customer.ID, b.customer)
	want(t, "told", b.since(before, "customer.subscription", "invoice", "payment", "charge"),
		"payment_method.attached charge.succeeded payment_intent.succeeded customer.subscription.updated invoice.updated invoice.paid invoice.payment_succeeded")
	ev := b.get("/v1/events?type=customer.subscription.updated")
	want(t, "was", ev.str("data.0.data.previous_attributes.status"), "incomplete")
	want(t, "is", ev.str("data.0.data.object.status"), "active")
}
