package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"

	"checkoutd/internal/sandbox"
)

// biller is a sandbox at a fixed time, Stripe's library on it, and a customer
// who subscribes.
type biller struct {
	*box
	api      *client.API
	customer string
}

// billingStart is a day that every month has.
var billingStart = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)

func newBiller(t *testing.T, change ...func(*sandbox.Config)) *biller {
	t.Helper()
	b := newBox(t,
		append(
			[]func(*sandbox.Config){func(cfg *sandbox.Config) { cfg.Now = func() time.Time { return billingStart } }},
			change...)...)
	api := b.sdk()
	cus := must(api.Customers.New(&stripe.CustomerParams{
		Name:  stripe.String("Jenny"),
		Email: stripe.String("j@b.test"),
	}))(t)
	must(api.Products.New(&stripe.ProductParams{ID: stripe.String("shop_mug"), Name: stripe.String("Mug club")}))(t)
	return &biller{b, api, cus.ID}
}

// monthly returns the parameters of a subscription whose first payment the
// buyer makes.
func (b *biller) monthly(amount int64) *stripe.SubscriptionParams {
	p := &stripe.SubscriptionParams{
		Customer:        &b.customer,
		PaymentBehavior: stripe.String("default_incomplete"),
		PaymentSettings: &stripe.SubscriptionPaymentSettingsParams{
			SaveDefaultPaymentMethod: stripe.String("on_subscription"),
		},
		Items: []*stripe.SubscriptionItemsParams{{
			Quantity: stripe.Int64(2),
			PriceData: &stripe.SubscriptionItemPriceDataParams{
				Currency:   stripe.String("usd"),
				Product:    stripe.String("shop_mug"),
				UnitAmount: stripe.Int64(amount),
				Recurring:  &stripe.SubscriptionItemPriceDataRecurringParams{Interval: stripe.String("month")},
			},
		}},
	}

	p.AddMetadata("checkoutd_order", "ord_1")
	p.AddExpand("latest_invoice.payment_intent")
	p.AddExpand("pending_setup_intent")

	return p
}

// token creates a ConfirmationToken for a card, as the page does.
func (b *biller) token(card string) *string {
	b.t.Helper()
	created := b.ok("/v1/test_helpers/confirmation_tokens", "payment_method="+card,
		"return_url=https://shop.test/complete", "setup_future_usage=off_session")
	return stripe.String(created.str("id"))
}

func (b *biller) confirm(intent, card string) (*stripe.PaymentIntent, error) {
	b.t.Helper()
	return b.api.PaymentIntents.Confirm(intent,
		&stripe.PaymentIntentConfirmParams{
			ConfirmationToken: b.token(card),
			ReturnURL:         stripe.String("https://shop.test/complete"),
		})
}

// subscribed returns a subscription whose first payment a card has made.
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

// advance moves the clock and waits until the subscription has the wanted
// state.
func (b *biller) advance(d time.Duration, id, what string, cond func(*stripe.Subscription) bool) *stripe.Subscription {
	b.t.Helper()
	b.s.Advance(d)
	var sub *stripe.Subscription
	eventually(b.t, what, func() bool { sub = b.subscription(id); return cond(sub) })
	return sub
}

const day = 24 * time.Hour

// eventTypes returns all events ever emitted, oldest first. The API lists only
// those of the last 30 days.
func (b *biller) eventTypes() []string {
	var out []string
	for _, ev := range b.s.Events() {
		out = append(out, ev.Type)
	}
	return out
}

// since returns the events after the first n whose types have one of the
// prefixes.
func (b *biller) since(n int, prefixes ...string) string {
	b.t.Helper()
	var out []string
	for i, kind := range b.eventTypes() {
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
	before := len(b.eventTypes())
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
	want(t, "saved", inv.PaymentIntent.SetupFutureUsage, stripe.PaymentIntentSetupFutureUsageOffSession)
	want(t, "period", time.Unix(sub.CurrentPeriodEnd, 0).UTC(), billingStart.AddDate(0, 1, 0))
	want(t, "no setup", sub.PendingSetupIntent == nil, true)
	want(t, "requested", b.since(before, "customer.subscription", "invoice", "payment_intent"),
		"customer.subscription.created invoice.created payment_intent.created invoice.finalized")

	change := &stripe.PaymentIntentParams{}
	change.AddMetadata("checkoutd_attempt", "att_1")
	must(b.api.PaymentIntents.Update(inv.PaymentIntent.ID, change))(t)
	before = len(b.eventTypes())
	pi := must(b.confirm(inv.PaymentIntent.ID, "pm_card_visa"))(t)
	want(t, "paid", pi.Status, stripe.PaymentIntentStatusSucceeded)
	want(t, "metadata", pi.Metadata["checkoutd_attempt"], "att_1")

	sub = b.subscription(sub.ID)
	want(t, "active", sub.Status, stripe.SubscriptionStatusActive)
	want(t, "invoice paid", sub.LatestInvoice.Paid && sub.LatestInvoice.Status == stripe.InvoiceStatusPaid, true)
	want(t, "charge", sub.LatestInvoice.Charge.ID, sub.LatestInvoice.PaymentIntent.LatestCharge.ID)
	want(t, "charge's invoice", sub.LatestInvoice.PaymentIntent.LatestCharge.Invoice.ID, inv.ID)
	want(t, "saved method", sub.DefaultPaymentMethod.ID, pi.PaymentMethod.ID)
	want(t, "of the customer", sub.DefaultPaymentMethod.Customer.ID, b.customer)
	want(t, "events", b.since(before, "customer.subscription", "invoice", "payment", "charge"),
		"payment_method.attached charge.succeeded payment_intent.succeeded "+
			"customer.subscription.updated invoice.updated invoice.paid invoice.payment_succeeded")

	ev := b.get("/v1/events?type=customer.subscription.updated")
	want(t, "previous", ev.str("data.0.data.previous_attributes.status"), "incomplete")
	want(t, "is", ev.str("data.0.data.object.status"), "active")
}

func TestDeclineLeavesSubscriptionPayable(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := must(b.api.Subscriptions.New(b.monthly(1500)))(t)
	intent := sub.LatestInvoice.PaymentIntent.ID
	before := len(b.eventTypes())
	_, err := b.confirm(intent, "pm_card_chargeDeclinedInsufficientFunds")
	e := refusal(t, err)
	want(t, "decline", e.DeclineCode, stripe.DeclineCodeInsufficientFunds)
	want(t, "events", b.since(before, "customer.subscription", "invoice", "payment", "charge"),
		"charge.failed payment_intent.payment_failed invoice.updated invoice.payment_failed")

	after := b.subscription(sub.ID)
	want(t, "still incomplete", after.Status, stripe.SubscriptionStatusIncomplete)
	want(t, "attempted", after.LatestInvoice.Attempted, true)
	want(t, "attempts", after.LatestInvoice.AttemptCount, 1)
	want(t, "not tried again by itself", after.LatestInvoice.NextPaymentAttempt, 0)

	must(b.confirm(intent, "pm_card_mastercard"))(t)
	want(t, "second card", b.subscription(sub.ID).Status, stripe.SubscriptionStatusActive)
	want(t, "attempts in the end", b.subscription(sub.ID).LatestInvoice.AttemptCount, 1)
}

func TestSubscriptionAfterAuthentication(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := must(b.api.Subscriptions.New(b.monthly(1500)))(t)
	intent := sub.LatestInvoice.PaymentIntent
	for _, outcome := range []string{"fail", "pass"} {
		pi := must(b.confirm(intent.ID, "pm_card_authenticationRequired"))(t)
		want(t, "asks", pi.Status, stripe.PaymentIntentStatusRequiresAction)
		want(t, "incomplete", b.subscription(sub.ID).Status, stripe.SubscriptionStatusIncomplete)
		want(t, "events",
			strings.HasSuffix(joined(b.eventTypes()),
				"payment_intent.requires_action invoice.updated invoice.payment_action_required"),
			true)
		b.do("POST", "/3ds/"+intent.ID, form("client_secret="+intent.ClientSecret, "outcome="+outcome), withKey(""))
	}

	want(t, "active", b.subscription(sub.ID).Status, stripe.SubscriptionStatusActive)
}

func TestBankDebitActivatesTheSubscription(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	p := b.monthly(1500)
	p.Items[0].PriceData.Currency = stripe.String("eur")
	sub := must(b.api.Subscriptions.New(p))(t)
	pi := must(b.api.PaymentIntents.Confirm(sub.LatestInvoice.PaymentIntent.ID, &stripe.PaymentIntentConfirmParams{
		PaymentMethodData: &stripe.PaymentIntentPaymentMethodDataParams{
			Type:      stripe.String("sepa_debit"),
			SEPADebit: &stripe.PaymentMethodSEPADebitParams{IBAN: stripe.String("AT321904300235473204")},
			BillingDetails: &stripe.PaymentIntentPaymentMethodDataBillingDetailsParams{
				Name:  stripe.String("J"),
				Email: stripe.String("j@b.test"),
			},
		},
		MandateData: &stripe.PaymentIntentMandateDataParams{
			CustomerAcceptance: &stripe.PaymentIntentMandateDataCustomerAcceptanceParams{
				Type:    stripe.String("offline"),
				Offline: &stripe.PaymentIntentMandateDataCustomerAcceptanceOfflineParams{},
			},
		},
	}))(t)

	want(t, "processing", pi.Status, stripe.PaymentIntentStatusProcessing)
	want(t, "attempted", b.subscription(sub.ID).LatestInvoice.Attempted, true)

	b.advance(25*time.Hour, sub.ID, "waiting for the debit",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusIncomplete })
	want(t, "decided", b.s.Decide(pi.ID, "succeed"), true)

	after := b.subscription(sub.ID)
	want(t, "active", after.Status, stripe.SubscriptionStatusActive)
	want(t, "saved", after.DefaultPaymentMethod.Type, stripe.PaymentMethodTypeSEPADebit)
}

func TestSavedMethodPaysAtOnce(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	pm := must(b.api.PaymentMethods.Attach("pm_card_visa",
		&stripe.PaymentMethodAttachParams{Customer: &b.customer}))(t)
	p := b.monthly(1500)
	p.PaymentBehavior, p.DefaultPaymentMethod = stripe.String("error_if_incomplete"), &pm.ID
	want(t, "active", must(b.api.Subscriptions.New(p))(t).Status, stripe.SubscriptionStatusActive)

	failingCard := must(b.api.PaymentMethods.Attach("pm_card_chargeCustomerFail",
		&stripe.PaymentMethodAttachParams{Customer: &b.customer}))(t)
	p = b.monthly(1500)
	p.PaymentBehavior, p.DefaultPaymentMethod = stripe.String("error_if_incomplete"), &failingCard.ID
	before := len(b.eventTypes())
	_, err := b.api.Subscriptions.New(p)
	e := refusal(t, err)
	want(t, "code", e.Code, stripe.ErrorCodeCardDeclined)
	want(t, "nothing happened", len(b.eventTypes()), before)

	p = b.monthly(1500)
	p.PaymentBehavior, p.DefaultPaymentMethod = stripe.String("allow_incomplete"), &failingCard.ID
	sub := must(b.api.Subscriptions.New(p))(t)
	want(t, "incomplete", sub.Status, stripe.SubscriptionStatusIncomplete)
	want(t, "reason", sub.LatestInvoice.PaymentIntent.LastPaymentError.Code, stripe.ErrorCodeCardDeclined)

	secure := must(b.api.PaymentMethods.Attach("pm_card_authenticationRequired",
		&stripe.PaymentMethodAttachParams{Customer: &b.customer}))(t)
	p.DefaultPaymentMethod, p.PaymentBehavior = &secure.ID, stripe.String("error_if_incomplete")
	_, err = b.api.Subscriptions.New(p)
	want(t, "action", refusal(t, err).Code, stripe.ErrorCode("subscription_payment_intent_requires_action"))

	p.PaymentBehavior = stripe.String("allow_incomplete")
	want(t, "waiting for the buyer", must(b.api.Subscriptions.New(p))(t).LatestInvoice.PaymentIntent.Status,
		stripe.PaymentIntentStatusRequiresAction)
}

func TestTrialCollectsAMethodAndThenBills(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	p := b.monthly(1500)
	p.TrialPeriodDays = stripe.Int64(14)
	sub := must(b.api.Subscriptions.New(p))(t)
	want(t, "status", sub.Status, stripe.SubscriptionStatusTrialing)
	want(t, "invoice", sub.LatestInvoice.Status, stripe.InvoiceStatusPaid)
	want(t, "nothing due", sub.LatestInvoice.Total, 0)
	want(t, "no payment", sub.LatestInvoice.PaymentIntent == nil, true)
	want(t, "setup", sub.PendingSetupIntent.Status, stripe.SetupIntentStatusRequiresPaymentMethod)
	want(t, "ends", time.Unix(sub.TrialEnd, 0).UTC(), billingStart.Add(14*day))

	done := must(b.api.SetupIntents.Confirm(sub.PendingSetupIntent.ID,
		&stripe.SetupIntentConfirmParams{
			ConfirmationToken: b.token("pm_card_visa"),
			ReturnURL:         stripe.String("https://shop.test"),
		}))(t)
	want(t, "saved", done.Status, stripe.SetupIntentStatusSucceeded)

	now := b.subscription(sub.ID)
	want(t, "method", now.DefaultPaymentMethod.ID, done.PaymentMethod.ID)
	want(t, "no more setup", now.PendingSetupIntent == nil, true)

	b.s.Advance(11*day + time.Minute)
	eventually(t, "a warning",
		func() bool { return strings.Contains(joined(b.eventTypes()), "customer.subscription.trial_will_end") })
	now = b.advance(3*day+2*time.Hour, sub.ID, "the first bill",
		func(s *stripe.Subscription) bool { return s.LatestInvoice.Paid && s.LatestInvoice.Total > 0 })
	want(t, "active", now.Status, stripe.SubscriptionStatusActive)
	want(t, "paid", now.LatestInvoice.AmountPaid, 3000)
	want(t, "next period", time.Unix(now.CurrentPeriodEnd, 0).UTC(), billingStart.Add(14*day).AddDate(0, 1, 0))
}
