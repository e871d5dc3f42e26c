package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v81"
)

// direct creates a payment in a connected account.
func (b *box) direct(acct string, fee, amount int64, change ...func(*stripe.PaymentIntentParams)) *stripe.PaymentIntent {
	b.t.Helper()
	p := &stripe.PaymentIntentParams{
		Params:               stripe.Params{StripeAccount: &acct},
		Amount:               &amount,
		Currency:             stripe.String("usd"),
		Confirm:              stripe.Bool(true),
		PaymentMethod:        stripe.String("pm_card_bypassPending"),
		PaymentMethodTypes:   stripe.StringSlice([]string{"card"}),
		ApplicationFeeAmount: &fee,
	}

	p.AddExpand("latest_charge")

	for _, f := range change {
		f(p)
	}

	return must(b.sdk().PaymentIntents.New(p))(b.t)
}

func TestApplicationFeesAreWithinTheAmount(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.connected("new", "read_write").StripeUserID
	for _, fee := range []string{"2001", "-1"} {
		r := b.do("POST", "/v1/payment_intents", form("amount=2000", "currency=usd", "application_fee_amount="+fee),
			header("Stripe-Account", acct))
		want(t, fee+": refused", r.str("error.param"), "application_fee_amount")
	}

	all := b.direct(acct, 2000, 2000)
	want(t, "all of it", all.LatestCharge.ApplicationFeeAmount, 2000)

	held := b.direct(acct, 500, 2000, func(p *stripe.PaymentIntentParams) { p.CaptureMethod = stripe.String("manual") })
	want(t, "no fee before the capture", held.LatestCharge.ApplicationFee == nil, true)
	p := &stripe.PaymentIntentCaptureParams{
		Params:          stripe.Params{StripeAccount: &acct},
		AmountToCapture: stripe.Int64(300),
	}

	p.AddExpand("latest_charge")
	captured := must(b.sdk().PaymentIntents.Capture(held.ID, p))(t)
	fee := must(b.sdk().ApplicationFees.Get(captured.LatestCharge.ApplicationFee.ID, nil))(t)
	want(t, "at most what is captured", fee.Amount, 300)

	again := b.direct(acct, 500, 2000, func(p *stripe.PaymentIntentParams) { p.CaptureMethod = stripe.String("manual") })
	p.AmountToCapture, p.ApplicationFeeAmount = nil, stripe.Int64(700)
	captured = must(b.sdk().PaymentIntents.Capture(again.ID, p))(t)
	want(t, "sent with the capture", captured.LatestCharge.ApplicationFeeAmount, 700)
}

func TestApplicationFeesAreRefundedOnThePlatform(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	own, connect := newHook(t), newHook(t)
	b.ok("/v1/webhook_endpoints", "url="+own.URL, "enabled_events[]=application_fee.created",
		"enabled_events[]=application_fee.refunded", "enabled_events[]=application_fee.refund.updated")
	b.ok("/v1/webhook_endpoints", "url="+connect.URL, "enabled_events[]=*", "connect=true")

	acct := b.connected("new", "read_write").StripeUserID
	api, platform := b.sdk(), availableTo(t, b.sdk(), nil)
	pi := b.direct(acct, 300, 2000)
	id := pi.LatestCharge.ApplicationFee.ID

	part := must(api.FeeRefunds.New(&stripe.FeeRefundParams{ID: &id, Amount: stripe.Int64(100)}))(t)
	want(t, "a part", part.Amount, 100)
	want(t, "the platform gives it", availableTo(t, api, nil), platform+200)
	want(t, "the account gets it", availableTo(t, api, &acct), 2000-88-300+100)
	updated := must(api.FeeRefunds.Update(part.ID, &stripe.FeeRefundParams{Fee: &id, Metadata: map[string]string{"a": "b"}}))(t)
	want(t, "metadata", updated.Metadata["a"], "b")
	want(t, "read", must(api.FeeRefunds.Get(part.ID, &stripe.FeeRefundParams{Fee: &id}))(t).Metadata["a"], "b")

	_, err := api.FeeRefunds.New(&stripe.FeeRefundParams{ID: &id, Amount: stripe.Int64(201)})
	want(t, "more than is left", refusal(t, err).Param, "amount")

	// What a refund of the payment takes back is what is left.
	must(api.Refunds.New(&stripe.RefundParams{
		Params:               stripe.Params{StripeAccount: &acct},
		PaymentIntent:        &pi.ID,
		RefundApplicationFee: stripe.Bool(true),
	}))(t)

	fee := must(api.ApplicationFees.Get(id, nil))(t)
	want(t, "all of it", fee.AmountRefunded, 300)
	want(t, "refunded", fee.Refunded, true)
	want(t, "in two parts", len(fee.Refunds.Data), 2)
	want(t, "the newest first", fee.Refunds.Data[0].Amount, 200)
	want(t, "nothing is left with the platform", availableTo(t, api, nil), platform)
	want(t, "the account has the fee again", availableTo(t, api, &acct), 2000-88) // the refund is pending
	_, err = api.FeeRefunds.New(&stripe.FeeRefundParams{ID: &id})
	want(t, "nothing is left to refund", refusal(t, err).HTTPStatusCode, http.StatusBadRequest)

	it := api.FeeRefunds.List(&stripe.FeeRefundListParams{ID: &id})
	want(t, "listed", len(collect(t, it, func() string { return it.FeeRefund().ID })), 2)

	eventually(t, "the platform's endpoint is told", func() bool { return len(own.types()) == 4 })

	for _, kind := range connect.types() {
		want(t, "the Connect endpoint is not: "+kind, kind[:min(len(kind), 15)] != "application_fee", true)
	}
}

func TestSubscriptionsPayAPartToThePlatform(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.connected("new", "read_write").StripeUserID
	on := stripe.Params{StripeAccount: &acct}
	api := b.sdk()
	cus := must(api.Customers.New(&stripe.CustomerParams{Params: on, Email: stripe.String("a@shop.test")}))(t)
	pm := must(api.PaymentMethods.Attach("pm_card_visa",
		&stripe.PaymentMethodAttachParams{Params: on, Customer: &cus.ID}))(t)
	price := must(api.Prices.New(&stripe.PriceParams{
		Params:      on,
		Currency:    stripe.String("usd"),
		UnitAmount:  stripe.Int64(1999),
		Recurring:   &stripe.PriceRecurringParams{Interval: stripe.String("month")},
		ProductData: &stripe.PriceProductDataParams{Name: stripe.String("Plan")},
	}))(t)

	p := &stripe.SubscriptionParams{
		Params:                on,
		Customer:              &cus.ID,
		DefaultPaymentMethod:  &pm.ID,
		Items:                 []*stripe.SubscriptionItemsParams{{Price: &price.ID}},
		ApplicationFeePercent: stripe.Float64(12.5),
	}

	p.AddExpand("latest_invoice.payment_intent")
	sub := must(api.Subscriptions.New(p))(t)
	want(t, "percent", sub.ApplicationFeePercent, 12.5)
	want(t, "of the invoice", sub.LatestInvoice.ApplicationFeeAmount, 250)
	want(t, "of its payment", sub.LatestInvoice.PaymentIntent.ApplicationFeeAmount, 250)
	want(t, "on the platform", b.get("/v1/application_fees").num("data.0.amount"), 250)

	changed := must(api.Subscriptions.Update(sub.ID, &stripe.SubscriptionParams{
		Params: on, ApplicationFeePercent: stripe.Float64(10),
	}))(t)
	want(t, "changed", changed.ApplicationFeePercent, 10)
	b.s.Advance(32 * 24 * time.Hour)
	eventually(t, "a part of the renewal", func() bool { return b.get("/v1/application_fees").num("data.0.amount") == 200 })

	for _, percent := range []string{"100.5", "-1", "1.234"} {
		r := b.do("POST", "/v1/subscriptions/"+sub.ID, form("application_fee_percent="+percent), header("Stripe-Account", acct))
		want(t, percent, r.str("error.param"), "application_fee_percent")
	}

	own := b.ok("/v1/customers").str("id")
	plan := b.ok("/v1/prices", "currency=usd", "unit_amount=500", "recurring[interval]=month", "product_data[name]=x")
	r := b.post("/v1/subscriptions", "customer="+own, "items[0][price]="+plan.str("id"), "application_fee_percent=5")
	want(t, "the platform pays itself nothing", r.str("error.param"), "application_fee_percent")
}

func TestRestrictedAccountsCannotCharge(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.connected("new", "read_write").StripeUserID
	pay := func() reply {
		return b.do("POST", "/v1/payment_intents", form("amount=2000", "currency=usd", "confirm=true",
			"payment_method=pm_card_visa", "payment_method_types[]=card"), header("Stripe-Account", acct))
	}

	begun := b.do("POST", "/v1/payment_intents", form("amount=2000", "currency=usd"), header("Stripe-Account", acct))
	want(t, "restricted", b.s.Restrict(acct, true), true)
	want(t, "no payment", pay().status, http.StatusBadRequest)
	confirmed := b.do("POST", "/v1/payment_intents/"+begun.str("id")+"/confirm", form("payment_method=pm_card_visa"),
		header("Stripe-Account", acct))
	want(t, "none that began before", confirmed.status, http.StatusBadRequest)
	want(t, "its objects can be read", b.reachable(acct), http.StatusOK)

	b.s.Restrict(acct, false)
	want(t, "again", pay().str("status"), "succeeded")
}
