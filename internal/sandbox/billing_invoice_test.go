package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v81"
)

// openInvoice returns a finalized invoice of 20 dollars that belongs to no
// subscription.
func (b *biller) openInvoice() *stripe.Invoice {
	b.t.Helper()
	must(b.api.InvoiceItems.New(&stripe.InvoiceItemParams{
		Customer:    &b.customer,
		Amount:      stripe.Int64(2000),
		Currency:    stripe.String("usd"),
		Description: stripe.String("Repair"),
	}))(b.t)
	draft := must(b.api.Invoices.New(&stripe.InvoiceParams{
		Customer:                    &b.customer,
		PendingInvoiceItemsBehavior: stripe.String("include"),
	}))(b.t)
	want(b.t, "draft", draft.Status, stripe.InvoiceStatusDraft)

	return must(b.api.Invoices.FinalizeInvoice(draft.ID, nil))(b.t)
}

func TestInvoiceOutsideSubscriptions(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	inv := b.openInvoice()
	want(t, "open", inv.Status, stripe.InvoiceStatusOpen)
	want(t, "due", inv.AmountDue, 2000)
	want(t, "line", inv.Lines.Data[0].Description, "Repair")
	want(t, "number", strings.HasSuffix(inv.Number, "-0001"), true)
	want(t, "has a page",
		strings.Contains(string(b.get(strings.TrimPrefix(inv.HostedInvoiceURL, b.url)).raw), inv.ID),
		true)

	_, err := b.api.Invoices.FinalizeInvoice(inv.ID, nil)
	want(t, "second time", refusal(t, err).Msg,
		"This invoice is already finalized, you can't re-finalize a non-draft invoice.")

	_, err = b.api.Invoices.Update(inv.ID, &stripe.InvoiceParams{Description: stripe.String("x")})
	want(t, "cannot be changed", refusal(t, err).Param, "description")

	_, err = b.api.Invoices.Pay(inv.ID, nil)
	want(t, "without a method", refusal(t, err).HTTPStatusCode, http.StatusBadRequest)

	bad := must(b.api.PaymentMethods.Attach("pm_card_chargeCustomerFail",
		&stripe.PaymentMethodAttachParams{Customer: &b.customer}))(t)
	_, err = b.api.Invoices.Pay(inv.ID, &stripe.InvoicePayParams{PaymentMethod: &bad.ID})
	want(t, "declined", refusal(t, err).Code, stripe.ErrorCodeCardDeclined)
	want(t, "stays open", must(b.api.Invoices.Get(inv.ID, nil))(t).Attempted, true)

	asks := must(b.api.PaymentMethods.Attach("pm_card_authenticationRequired",
		&stripe.PaymentMethodAttachParams{Customer: &b.customer}))(t)
	_, err = b.api.Invoices.Pay(inv.ID, &stripe.InvoicePayParams{PaymentMethod: &asks.ID})
	want(t, "action", refusal(t, err).Code, stripe.ErrorCodeInvoicePaymentIntentRequiresAction)

	good := must(b.api.PaymentMethods.Attach("pm_card_visa",
		&stripe.PaymentMethodAttachParams{Customer: &b.customer}))(t)
	paid := must(b.api.Invoices.Pay(inv.ID, &stripe.InvoicePayParams{PaymentMethod: &good.ID}))(t)
	want(t, "paid", paid.Paid && paid.AmountPaid == 2000 && paid.AmountRemaining == 0, true)

	_, err = b.api.Invoices.Pay(inv.ID, nil)
	want(t, "prorated only once", refusal(t, err).Msg, "Invoice is already paid")

	_, err = b.api.Invoices.VoidInvoice(inv.ID, nil)
	want(t, "a paid invoice cannot be voided", refusal(t, err).Msg, "Invoices with `paid` payments cannot be voided.")
	want(t, "second number", strings.HasSuffix(b.openInvoice().Number, "-0002"), true)
}

func TestInvoicesThatAreNeverCharged(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	elsewhere := must(b.api.Invoices.Pay(b.openInvoice().ID,
		&stripe.InvoicePayParams{PaidOutOfBand: stripe.Bool(true)}))(t)
	want(t, "paid out of band", elsewhere.PaidOutOfBand && elsewhere.Paid, true)
	want(t, "no charge", elsewhere.Charge == nil, true)

	lost := must(b.api.Invoices.MarkUncollectible(b.openInvoice().ID, nil))(t)
	want(t, "uncollectible", lost.Status, stripe.InvoiceStatusUncollectible)

	must(b.confirm(lost.PaymentIntent.ID, "pm_card_visa"))(t)
	want(t, "paid later", must(b.api.Invoices.Get(lost.ID, nil))(t).Status, stripe.InvoiceStatusPaid)

	void := must(b.api.Invoices.VoidInvoice(b.openInvoice().ID, nil))(t)
	want(t, "void", void.Status, stripe.InvoiceStatusVoid)
	want(t, "its intent", must(b.api.PaymentIntents.Get(void.PaymentIntent.ID, nil))(t).Status,
		stripe.PaymentIntentStatusCanceled)

	_, err := b.api.Invoices.VoidInvoice(void.ID, nil)
	want(t, "second time", refusal(t, err).Msg, "You can only pass in open invoices. This invoice isn't open.")

	draft := must(b.api.Invoices.New(&stripe.InvoiceParams{Customer: &b.customer}))(t)
	want(t, "deleted", must(b.api.Invoices.Del(draft.ID, nil))(t).Deleted, true)
	want(t, "nothing left over", must(b.api.Customers.Get(b.customer, nil))(t).Balance, 0)

	credit := b.ok("/v1/invoiceitems", "customer="+b.customer, "amount=-500", "currency=usd").str("id")
	want(t, "a credit makes nothing due",
		must(b.api.Invoices.New(&stripe.InvoiceParams{
			Customer:                    &b.customer,
			PendingInvoiceItemsBehavior: stripe.String("include"),
		}))(t).AmountDue,
		0)
	want(t, "none pending", b.get("/v1/invoiceitems?pending=true").size("data"), 0)
	want(t, "assigned to an invoice", b.get("/v1/invoiceitems/"+credit).str("invoice") != "", true)

	list := &stripe.InvoiceListParams{Customer: &b.customer, Status: stripe.String("paid")}
	n := 0
	for it := b.api.Invoices.List(list); it.Next(); {
		n++
	}

	want(t, "paid ones", n, 2)
}

func TestCustomerBalanceIsAppliedAndCarriedOver(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	must(b.api.Customers.Update(b.customer, &stripe.CustomerParams{Balance: stripe.Int64(-1200)}))(t)
	inv := b.openInvoice()
	want(t, "credit applied", inv.StartingBalance == -1200 && inv.AmountDue == 800 && inv.EndingBalance == 0, true)
	want(t, "requested", must(b.api.PaymentIntents.Get(inv.PaymentIntent.ID, nil))(t).Amount, 800)

	small := b.monthly(10)
	sub := must(b.api.Subscriptions.New(small))(t)
	want(t, "below the minimum charge", sub.Status, stripe.SubscriptionStatusActive)
	want(t, "paid with 0", sub.LatestInvoice.Paid && sub.LatestInvoice.AmountPaid == 0, true)
	want(t, "carried over", must(b.api.Customers.Get(b.customer, nil))(t).Balance, 20)
	want(t, "due next time", b.openInvoice().AmountDue, 2020)
}

func TestDraftIsFinalizedAfterAnHour(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	b.ok("/v1/invoiceitems", "customer="+b.customer, "amount=700", "currency=usd")
	draft := must(b.api.Invoices.New(&stripe.InvoiceParams{
		Customer:                    &b.customer,
		PendingInvoiceItemsBehavior: stripe.String("include"),
		AutoAdvance:                 stripe.Bool(true),
	}))(t)

	want(t, "due", unix(draft.AutomaticallyFinalizesAt), billingStart.Add(time.Hour))

	must(b.api.Customers.Update(b.customer,
		&stripe.CustomerParams{InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{
			DefaultPaymentMethod: &must(b.api.PaymentMethods.Attach("pm_card_visa",
				&stripe.PaymentMethodAttachParams{Customer: &b.customer}))(t).ID,
		}}))(t)
	b.s.Advance(time.Hour)
	eventually(t, "the draft is collected", func() bool { return must(b.api.Invoices.Get(draft.ID, nil))(t).Paid })
}

func TestDiscountsOnSubscriptions(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	b.ok("/v1/coupons", "id=once50", "percent_off=50", "duration=once")
	b.ok("/v1/coupons", "id=ever3", "amount_off=300", "currency=usd", "duration=forever")
	b.ok("/v1/coupons", "id=euros", "amount_off=300", "currency=eur", "duration=forever")
	code := b.ok("/v1/promotion_codes", "coupon=once50", "code=HALF").str("id")
	p := b.monthly(1500)
	p.Discounts = []*stripe.SubscriptionDiscountParams{{PromotionCode: &code}, {Coupon: stripe.String("ever3")}}
	p.AddExpand("discounts")
	sub := must(b.api.Subscriptions.New(p))(t)
	inv := sub.LatestInvoice
	want(t, "subtotal", inv.Subtotal, 3000)
	want(t, "total", inv.Total, 1200)
	want(t, "requested", inv.PaymentIntent.Amount, 1200)
	want(t, "line stays", inv.Lines.Data[0].Amount, 3000)
	want(t, "each", inv.TotalDiscountAmounts[0].Amount == 1500 && inv.TotalDiscountAmounts[1].Amount == 300, true)
	want(t, "expanded", sub.Discounts[0].Coupon.ID, "once50")
	want(t, "code", sub.Discounts[0].PromotionCode.ID, code)

	must(b.confirm(inv.PaymentIntent.ID, "pm_card_visa"))(t)
	next := b.advance(31*day+time.Hour, sub.ID, "the second bill",
		func(s *stripe.Subscription) bool { return s.LatestInvoice.ID != inv.ID && s.LatestInvoice.Paid })
	want(t, "only the forever coupon applies", next.LatestInvoice.AmountPaid, 2700)
	want(t, "discounts", len(next.Discounts), 1)

	p = b.monthly(1500)
	p.Discounts = []*stripe.SubscriptionDiscountParams{{Coupon: stripe.String("euros")}}
	_, err := b.api.Subscriptions.New(p)
	want(t, "another currency", refusal(t, err).Param, "discounts[0][coupon]")

	b.ok("/v1/coupons", "id=free", "percent_off=100", "duration=once")
	p = b.monthly(1500)
	p.Discounts = []*stripe.SubscriptionDiscountParams{{Coupon: stripe.String("free")}}
	free := must(b.api.Subscriptions.New(p))(t)
	want(t, "nothing due", free.Status, stripe.SubscriptionStatusActive)
	want(t, "still asks for a method", free.PendingSetupIntent.Status,
		stripe.SetupIntentStatusRequiresPaymentMethod)
}

func TestPageOffersReusableMethods(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	offers := func(mode string, more ...string) []any {
		asked := append(
			[]string{
				"key=" + publishableKey, "type=deferred_intent", "deferred_intent[mode]=" + mode,
				"deferred_intent[amount]=3000", "deferred_intent[currency]=eur",
			},
			more...)
		r := b.do("GET", "/v1/elements/sessions?"+form(asked...), "", withKey(publishableKey))
		list, _ := r.at("payment_method_preference.ordered_payment_method_types").([]any)
		return list
	}

	has := func(list []any, kind string) bool { return slices.Contains(list, any(kind)) }

	want(t, "payment offers klarna", has(offers("payment"), "klarna"), true)

	sub := offers("subscription")
	want(t, "subscription does not", has(sub, "klarna") || has(sub, "ideal"), false)

	setup := offers("setup")
	want(t, "setup does not", has(setup, "klarna") || has(setup, "ideal"), false)

	kept := offers("payment", "deferred_intent[setup_future_usage]=off_session")
	want(t, "saving payment does not", has(kept, "klarna") || has(kept, "ideal"), false)
	want(t, "cards can be saved", has(setup, "card") && has(kept, "card"), true)
	want(t, "cards", has(sub, "card"), true)
	want(t, "debits", has(sub, "sepa_debit"), true)

	token := b.do("POST", "/v1/confirmation_tokens",
		form("payment_method_data[type]=card", "payment_method_data[card][number]=4242424242424242",
			"payment_method_data[card][exp_month]=12", "payment_method_data[card][exp_year]=34",
			"payment_method_data[card][cvc]=123", "client_context[mode]=subscription",
			"client_context[amount]=3000", "client_context[currency]=usd", "return_url=https://shop.test"),
		withKey(publishableKey)).str("id")
	created := must(b.api.Subscriptions.New(b.monthly(1500)))(t)
	pi := must(b.api.PaymentIntents.Confirm(created.LatestInvoice.PaymentIntent.ID,
		&stripe.PaymentIntentConfirmParams{ConfirmationToken: &token}))(t)
	want(t, "its token pays", pi.Status, stripe.PaymentIntentStatusSucceeded)
}

func TestProductKeepsItsOwnIDWithADefaultPrice(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	prod := b.ok("/v1/products", "id=shop_tea", "name=Tea", "default_price_data[currency]=usd",
		"default_price_data[unit_amount]=500", "default_price_data[recurring][interval]=month",
		"expand[]=default_price")
	want(t, "id", prod.str("id"), "shop_tea")
	want(t, "price's product", prod.str("default_price.product"), "shop_tea")

	for _, count := range []string{"0", "-1", "37"} {
		r := b.post("/v1/prices", "product=shop_tea", "currency=usd", "unit_amount=500",
			"recurring[interval]=month", "recurring[interval_count]="+count)
		want(t, "every "+count+" months", r.str("error.param"), "recurring[interval_count]")
	}
}
