package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v81"

	"checkoutd/internal/sandbox"
)

func TestAnInvoiceOwnsItsIntent(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := must(b.api.Subscriptions.New(b.monthly(1500)))(t)
	id := sub.LatestInvoice.PaymentIntent.ID
	_, err := b.api.PaymentIntents.Cancel(id, nil)
	want(t, "cancel", refusal(t, err).Msg,
		"You cannot cancel PaymentIntents created by invoices. Try voiding the invoice instead.")

	_, err = b.api.PaymentIntents.Update(id, &stripe.PaymentIntentParams{Amount: stripe.Int64(100)})
	want(t, "amount", refusal(t, err).Param, "amount")

	_, err = b.api.PaymentIntents.Confirm(id,
		&stripe.PaymentIntentConfirmParams{
			PaymentMethod:    stripe.String("pm_card_visa"),
			SetupFutureUsage: stripe.String("on_session"),
		})
	want(t, "usage", refusal(t, err).Param, "setup_future_usage")

	onSession := b.ok("/v1/test_helpers/confirmation_tokens", "payment_method=pm_card_visa",
		"return_url=https://shop.test", "setup_future_usage=on_session").str("id")
	pi := must(b.api.PaymentIntents.Confirm(id, &stripe.PaymentIntentConfirmParams{ConfirmationToken: &onSession}))(t)
	want(t, "usage stays", pi.SetupFutureUsage, stripe.PaymentIntentSetupFutureUsageOffSession)
}

func TestCancelingBeforeAndAfterTheFirstPayment(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	waiting := must(b.api.Subscriptions.New(b.monthly(1500)))(t)
	before := len(b.eventTypes())
	canceled := must(b.api.Subscriptions.Cancel(waiting.ID, nil))(t)
	want(t, "never started", canceled.Status, stripe.SubscriptionStatusIncompleteExpired)

	after := b.subscription(waiting.ID)
	want(t, "invoice", after.LatestInvoice.Status, stripe.InvoiceStatusVoid)
	want(t, "intent", after.LatestInvoice.PaymentIntent.Status, stripe.PaymentIntentStatusCanceled)
	want(t, "events", b.since(before, "customer", "invoice", "payment"),
		"payment_intent.canceled invoice.updated invoice.voided customer.subscription.updated")

	paid := b.subscribed(1500, "pm_card_visa")
	p := &stripe.SubscriptionCancelParams{
		CancellationDetails: &stripe.SubscriptionCancelCancellationDetailsParams{
			Comment:  stripe.String("moved"),
			Feedback: stripe.String("unused"),
		},
	}
	canceled = must(b.api.Subscriptions.Cancel(paid.ID, p))(t)
	want(t, "canceled", canceled.Status, stripe.SubscriptionStatusCanceled)
	want(t, "reason", canceled.CancellationDetails.Reason,
		stripe.SubscriptionCancellationDetailsReasonCancellationRequested)
	want(t, "feedback", canceled.CancellationDetails.Feedback, stripe.SubscriptionCancellationDetailsFeedbackUnused)
	want(t, "last event", b.eventTypes()[len(b.eventTypes())-1], "customer.subscription.deleted")

	_, err := b.api.Subscriptions.Cancel(paid.ID, nil)
	want(t, "second time", refusal(t, err).HTTPStatusCode, http.StatusNotFound)

	_, err = b.api.Subscriptions.Update(paid.ID, &stripe.SubscriptionParams{CancelAtPeriodEnd: stripe.Bool(true)})
	want(t, "changed after the end", refusal(t, err).Msg,
		"A canceled subscription can only update its cancellation_details and metadata.")

	noted := &stripe.SubscriptionParams{}
	noted.AddMetadata("why", "moved")
	want(t, "metadata can still change", must(b.api.Subscriptions.Update(paid.ID, noted))(t).Metadata["why"], "moved")
}

func TestInvalidSubscriptionsAreRefused(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	archived := must(b.api.Prices.New(&stripe.PriceParams{
		Product:    stripe.String("shop_mug"),
		Currency:   stripe.String("usd"),
		UnitAmount: stripe.Int64(500),
		Recurring:  &stripe.PriceRecurringParams{Interval: stripe.String("week")},
	}))(t)

	ok := b.monthly(0)
	ok.Items = []*stripe.SubscriptionItemsParams{{Price: &archived.ID}}
	want(t, "weekly", must(b.api.Subscriptions.New(ok))(t).LatestInvoice.AmountDue, 500)

	must(b.api.Prices.Update(archived.ID, &stripe.PriceParams{Active: stripe.Bool(false)}))(t)
	once := b.ok("/v1/prices", "product=shop_mug", "currency=usd", "unit_amount=500").str("id")
	euros := b.ok("/v1/prices", "product=shop_mug", "currency=eur", "unit_amount=500",
		"recurring[interval]=month").str("id")
	dollars := b.ok("/v1/prices", "product=shop_mug", "currency=usd", "unit_amount=500",
		"recurring[interval]=month").str("id")
	b.ok("/v1/products", "id=shop_gone", "name=Gone", "active=false")

	data := "items[0][price_data][currency]=usd items[0][price_data][unit_amount]=100 " +
		"items[0][price_data][recurring][interval]=month items[0][price_data][product]="
	for what, c := range map[string]struct{ sent, code, message string }{
		"an archived price": {
			"items[0][price]=" + archived.ID, "",
			"The price specified is inactive. This field only accepts active prices.",
		},
		"a one-time price": {
			"items[0][price]=" + once, "",
			"The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
		},
		"an unknown price": {"items[0][price]=price_none", "resource_missing", "No such price: 'price_none'"},
		"two currencies": {
			"items[0][price]=" + euros + " items[1][price]=" + dollars, "",
			"All prices on a subscription must have the same `currency`.",
		},
		"the same price twice": {
			"items[0][price]=" + euros + " items[1][price]=" + euros, "",
			"Cannot add multiple subscription items with the same plan: " + euros,
		},
		"nothing": {"metadata[a]=b", "parameter_missing", "Missing required param: items."},
		"an inactive product": {
			data + "shop_gone", "",
			"The product `shop_gone` is inactive. Please activate it to use it in a price.",
		},
		"an unknown product": {data + "shop_none", "resource_missing", "No such product: 'shop_none'"},
		"another type of method": {
			data + "shop_mug payment_settings[payment_method_types][0]=klarna", "",
			"The payment method type `klarna` cannot pay a subscription in usd.",
		},
		"no payment method": {
			data + "shop_mug payment_behavior=allow_incomplete", "resource_missing",
			"This customer has no attached payment source or default payment method.",
		},
	} {
		sent := append([]string{"customer=" + b.customer}, strings.Fields(c.sent)...)
		if !strings.Contains(c.sent, "payment_behavior") {
			sent = append(sent, "payment_behavior=default_incomplete")
		}

		r := b.post("/v1/subscriptions", sent...)
		want(t, what+": status", r.status, http.StatusBadRequest)
		want(t, what+": code", r.str("error.code"), c.code)

		if !strings.HasPrefix(r.str("error.message"), c.message) {
			t.Errorf("%s: got %q, want %q", what, r.str("error.message"), c.message)
		}
	}

	want(t, "an ID in use", b.post("/v1/products", "id=shop_mug", "name=Again").str("error.code"),
		"resource_already_exists")
}

func TestUnsimulatedBillingIsRefused(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	price := b.ok("/v1/prices", "product=shop_mug", "currency=usd", "unit_amount=500",
		"recurring[interval]=month").str("id")
	for _, sent := range []string{
		"discounts[0][discount]=di_1", "collection_method=send_invoice", "payment_behavior=pending_if_incomplete",
		"automatic_tax[enabled]=true", "backdate_start_date=1", "items[0][tax_rates][0]=txr_1",
		"add_invoice_items[0][tax_rates][0]=txr_1",
	} {
		r := b.post("/v1/subscriptions", "customer="+b.customer, "items[0][price]="+price, sent)
		want(t, sent, r.status, http.StatusNotImplemented)
		want(t, sent+" says so",
			strings.HasSuffix(r.str("error.message"), "the offline sandbox does not simulate it."),
			true)
	}

	sub := b.subscribed(1500, "pm_card_visa")

	yearly := b.ok("/v1/prices", "product=shop_mug", "currency=usd", "unit_amount=500",
		"recurring[interval]=year").str("id")
	for _, sent := range []string{
		"trial_end=now", "coupon=X", "add_invoice_items[0][price]=" + price,
		"items[0][id]=" + sub.Items.Data[0].ID + "&items[0][price]=" + yearly,
	} {
		want(t, sent, b.do("POST", "/v1/subscriptions/"+sub.ID, sent).status, http.StatusNotImplemented)
	}

	want(t, "nothing was charged", len(b.s.Ledger().Charges), 1)
}

func TestDetachedMethodLeavesTheSubscription(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	sub := b.subscribed(1500, "pm_card_visa")
	pm := sub.DefaultPaymentMethod.ID
	must(b.api.Customers.Update(b.customer,
		&stripe.CustomerParams{InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: &pm}}))(t)
	must(b.api.PaymentMethods.Detach(pm, nil))(t)
	want(t, "subscription's", b.subscription(sub.ID).DefaultPaymentMethod == nil, true)
	want(t, "customer's",
		must(b.api.Customers.Get(b.customer, nil))(t).InvoiceSettings.DefaultPaymentMethod == nil, true)

	late := b.advance(31*day+3600e9, sub.ID, "nothing to pay with",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusPastDue })
	want(t, "no charge was tried", late.LatestInvoice.Charge == nil && late.LatestInvoice.Attempted, true)
}

func TestSubscriptionsAreListedPagedAndExpanded(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	var created []string
	for range 5 {
		created = append(created, b.subscribed(1500, "pm_card_visa").ID)
	}

	must(b.api.Subscriptions.Cancel(created[0], nil))(t)
	list := func(change func(*stripe.SubscriptionListParams)) []string {
		p := &stripe.SubscriptionListParams{Customer: &b.customer}
		p.Limit = stripe.Int64(2)
		p.AddExpand("data.latest_invoice")
		change(p)
		var out []string
		for it := b.api.Subscriptions.List(p); it.Next(); {
			want(t, "expanded", it.Subscription().LatestInvoice.Status, stripe.InvoiceStatusPaid)
			out = append(out, it.Subscription().ID)
		}

		slices.Reverse(out)
		return out
	}

	want(t, "not canceled", joined(list(func(*stripe.SubscriptionListParams) {})), joined(created[1:]))
	want(t, "all",
		joined(list(func(p *stripe.SubscriptionListParams) { p.Status = stripe.String("all") })),
		joined(created))
	want(t, "ended",
		joined(list(func(p *stripe.SubscriptionListParams) { p.Status = stripe.String("ended") })),
		created[0])

	items := &stripe.SubscriptionItemListParams{Subscription: &created[1]}
	for it := b.api.SubscriptionItems.List(items); it.Next(); {
		one := must(b.api.SubscriptionItems.Get(it.SubscriptionItem().ID, nil))(t)
		want(t, "item", one.Subscription, created[1])
		want(t, "quantity", one.Quantity, 2)
	}

	deep := b.get("/v1/subscriptions/" + created[1] +
		"?expand[]=items.data.price.product&expand[]=customer&expand[]=latest_invoice.payment_intent.payment_method")
	want(t, "product", deep.str("items.data.0.price.product.name"), "Mug club")
	want(t, "card", deep.str("latest_invoice.payment_intent.payment_method.card.last4"), "4242")

	cus := b.get("/v1/customers/" + b.customer + "?expand[]=subscriptions")
	want(t, "of the customer", cus.size("subscriptions.data"), 4)

	more := must(b.api.Subscriptions.Update(created[1],
		&stripe.SubscriptionParams{
			Items: []*stripe.SubscriptionItemsParams{{
				ID:       stripe.String(deep.str("items.data.0.id")),
				Quantity: stripe.Int64(3),
			}},
			ProrationBehavior: stripe.String("none"),
		}))(t)
	want(t, "new quantity", more.Items.Data[0].Quantity, 3)
}

func TestSubscriptionsAreReplayedAndSeparatePerAccount(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	p := b.monthly(1500)
	p.SetIdempotencyKey("sub-1")
	first := must(b.api.Subscriptions.New(p))(t)
	events := len(b.eventTypes())
	again := b.monthly(1500)
	again.SetIdempotencyKey("sub-1")
	second := must(b.api.Subscriptions.New(again))(t)
	want(t, "same", second.ID, first.ID)
	want(t, "replayed", second.LastResponse.Header.Get("Idempotent-Replayed"), "true")
	want(t, "nothing happened", len(b.eventTypes()), events)

	acct := b.ok("/v1/accounts", "type=standard").str("id")
	p = b.monthly(1500)
	p.SetStripeAccount(acct)
	_, err := b.api.Subscriptions.New(p)
	want(t, "another account's customer", refusal(t, err).Code, stripe.ErrorCodeResourceMissing)

	on := header("Stripe-Account", acct)
	cus := b.do("POST", "/v1/customers", "name=x", on).str("id")
	prod := b.do("POST", "/v1/products", "name=y", on).str("id")
	sub := b.do("POST", "/v1/subscriptions",
		form("customer="+cus, "payment_behavior=default_incomplete",
			"items[0][price_data][currency]=usd", "items[0][price_data][product]="+prod,
			"items[0][price_data][unit_amount]=900", "items[0][price_data][recurring][interval]=year"),
		on)
	want(t, "of the account", sub.str("status"), "incomplete")
	want(t, "not of the platform", b.get("/v1/subscriptions/"+sub.str("id")).status, http.StatusNotFound)

	b.s.Advance(24 * 3600e9)
	eventually(t, "the account's expires too", func() bool {
		return b.do("GET", "/v1/subscriptions/"+sub.str("id"), "", on).str("status") == "incomplete_expired"
	})
}

func TestDeletingACustomerEndsItsSubscriptions(t *testing.T) {
	t.Parallel()
	b := newBiller(t)
	paid, waiting := b.subscribed(1500, "pm_card_visa"), must(b.api.Subscriptions.New(b.monthly(100)))(t)
	must(b.api.Customers.Del(b.customer, nil))(t)
	want(t, "paid", b.subscription(paid.ID).Status, stripe.SubscriptionStatusCanceled)
	want(t, "waiting", b.subscription(waiting.ID).Status, stripe.SubscriptionStatusIncompleteExpired)
}

func TestOldSubscriptionsAreDroppedAndResetForgetsTheRest(t *testing.T) {
	t.Parallel()
	b := newBiller(t, func(cfg *sandbox.Config) { cfg.MaxObjects = 4 })
	var last string
	for range 9 {
		last = must(b.api.Subscriptions.New(b.monthly(1500)))(t).ID
	}

	want(t, "saved", b.get("/v1/subscriptions?limit=100").size("data"), 4)
	want(t, "invoices", b.get("/v1/invoices?limit=100").size("data"), 4)
	want(t, "inline prices are dropped", len(b.s.Objects("")) < 4*6, true)
	want(t, "newest", b.subscription(last).Status, stripe.SubscriptionStatusIncomplete)

	b.advance(24*3600e9, last, "expired",
		func(s *stripe.Subscription) bool { return s.Status == stripe.SubscriptionStatusIncompleteExpired })
	b.s.Reset()
	want(t, "reset", b.get("/v1/subscriptions?limit=100&status=all").size("data"), 0)
}
