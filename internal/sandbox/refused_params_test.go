package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
)

// refuses posts and checks the status 400, the code, the parameter and a part
// of the message.
func (b *box) refuses(path, code, param, text string, pairs ...string) {
	b.t.Helper()
	r := b.post(path, pairs...)
	want(b.t, path+" status", r.status, http.StatusBadRequest)
	want(b.t, path+" code", r.str("error.code"), code)
	want(b.t, path+" param", r.str("error.param"), param)
	if !strings.Contains(r.str("error.message"), text) {
		b.t.Errorf("%s: message %q, want one with %q", path, r.str("error.message"), text)
	}
}

func TestEmptyReferencesAreRefused(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	intent := []string{"amount=1000", "currency=usd"}
	for _, c := range []struct {
		path, param string
		pairs       []string
	}{
		{"/v1/payment_intents", "customer", append(intent, "customer=")},
		{"/v1/payment_intents", "payment_method", append(intent, "payment_method=")},
		{"/v1/payment_intents", "currency", []string{"amount=1000", "currency="}},
		{"/v1/setup_intents", "customer", []string{"customer="}},
		{"/v1/setup_intents", "payment_method", []string{"payment_method="}},
		{"/v1/subscriptions", "customer", []string{"customer="}},
		{"/v1/invoiceitems", "customer", []string{"customer=", "amount=100", "currency=usd"}},
		{"/v1/prices", "currency", []string{"currency=", "unit_amount=100", "product_data[name]=Mug"}},
		{"/v1/products", "name", []string{"name="}},
		{"/v1/refunds", "payment_intent", []string{"payment_intent="}},
	} {
		b.refuses(c.path, "parameter_invalid_empty", c.param, "You passed an empty string for '"+c.param+"'.", c.pairs...)
	}

	list := b.get("/v1/charges?customer=")
	want(t, "an empty filter", list.str("error.code"), "parameter_invalid_empty")
}

func TestNoAddressAndNoURL(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	intent := []string{
		"amount=1000", "currency=usd", "confirm=true", "payment_method=pm_card_visa", "payment_method_types[]=card",
	}

	b.refuses("/v1/payment_intents", "url_invalid", "return_url", "Not a valid URL", append(intent, "return_url=foo")...)
	b.refuses("/v1/payment_intents", "email_invalid", "receipt_email", "Invalid email address: foo",
		append(intent, "receipt_email=foo")...)
	b.refuses("/v1/customers", "email_invalid", "email", "Invalid email address: foo", "email=foo")
	b.refuses("/v1/payment_methods", "email_invalid", "billing_details[email]", "Invalid email address",
		"type=card", "card[token]=tok_visa", "billing_details[email]=a@.example")
	b.refuses("/v1/setup_intents", "url_invalid", "return_url", "Not a valid URL",
		"confirm=true", "payment_method=pm_card_visa", "payment_method_types[]=card", "return_url=/back")

	app := b.ok("/v1/payment_intents", append(intent, "return_url=myapp://back", "receipt_email=a@b.example")...)
	want(t, "the scheme of an app", app.str("status"), "succeeded")
}

func TestTokensAreNoPaymentMethods(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers").str("id")
	text := "A token may not be passed in as a PaymentMethod. Instead, create a PaymentMethod or convert your token"
	b.refuses("/v1/payment_intents", "", "payment_method", text, "amount=1000", "currency=usd", "payment_method=tok_visa")
	b.refuses("/v1/payment_methods/tok_visa/attach", "", "payment_method", text, "customer="+cus)
	b.refuses("/v1/setup_intents", "", "payment_method", text, "payment_method=tok_visa")
}

func TestConfirmationNeedsReturnURLByDefault(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	intent := []string{"amount=1000", "currency=usd", "confirm=true", "payment_method=pm_card_visa"}
	b.refuses("/v1/payment_intents", "", "return_url", "A `return_url` must be specified because this Payment Intent",
		intent...)
	b.refuses("/v1/setup_intents", "", "return_url", "A `return_url` must be specified because this Setup Intent",
		"confirm=true", "payment_method=pm_card_visa")

	setup := b.ok("/v1/setup_intents", "confirm=true", "payment_method=pm_card_visa", "use_stripe_sdk=true")
	want(t, "a setup with Stripe.js", setup.str("status"), "succeeded")

	for name, more := range map[string]string{
		"a return_url":   "return_url=https://shop.test/back",
		"off session":    "off_session=true",
		"types":          "payment_method_types[]=card",
		"no redirects":   "automatic_payment_methods[allow_redirects]=never",
		"with Stripe.js": "use_stripe_sdk=true",
	} {
		pairs := append(intent, more)
		if name == "no redirects" {
			pairs = append(pairs, "automatic_payment_methods[enabled]=true")
		}
		want(t, name, b.ok("/v1/payment_intents", pairs...).str("status"), "succeeded")
	}

	former := b.do("POST", "/v1/payment_intents", form(intent...), header("Stripe-Version", "2022-11-15"))
	want(t, "an API version before automatic payment methods", former.str("payment_method_types.0"), "card")
	want(t, "and its status", former.str("status"), "succeeded")
	want(t, "it has no automatic payment methods", former.at("automatic_payment_methods"), nil)

	cli := b.do("POST", "/v1/payment_intents", form(intent...), header("User-Agent", "Stripe/v1 stripe-cli/1.21.8"))
	want(t, "the fixtures of Stripe's command line", cli.str("status"), "succeeded")
}

// TestDeclinedMethodIsSpent checks that a declined payment method without a
// customer belongs to its intent.
func TestDeclinedMethodIsSpent(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pm := b.ok("/v1/payment_methods", "type=card", "card[token]=tok_chargeDeclined").str("id")
	first := b.post("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=true", "payment_method="+pm,
		"payment_method_types[]=card")
	want(t, "declined", first.status, http.StatusPaymentRequired)

	text := "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment"
	b.refuses("/v1/payment_intents", "", "", text, "amount=1000", "currency=usd", "payment_method="+pm,
		"payment_method_types[]=card")
	b.refuses("/v1/setup_intents", "", "", text, "payment_method="+pm, "payment_method_types[]=card")

	intent := first.str("error.payment_intent.id")
	again := b.post("/v1/payment_intents/"+intent+"/confirm", "payment_method="+pm)
	want(t, "its own intent may try it again", again.str("error.decline_code"), "generic_decline")
	other := b.ok("/v1/payment_intents/"+intent+"/confirm", "payment_method=pm_card_visa")
	want(t, "or another card", other.str("status"), "succeeded")

	// A saved card may be tried again and again.
	cus := b.ok("/v1/customers").str("id")
	saved := b.ok("/v1/payment_methods/pm_card_chargeCustomerFail/attach", "customer="+cus).str("id")
	for range 2 {
		r := b.post("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=true", "payment_method="+saved,
			"customer="+cus, "payment_method_types[]=card")
		want(t, "declined by the issuer", r.str("error.code"), "card_declined")
	}
}

func TestSetupHonoursRequestThreeDSecure(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	const option = "payment_method_options[card][request_three_d_secure]"
	card := func(more ...string) []string {
		pm := b.ok("/v1/payment_methods", "type=card", "card[number]=4000000000003055", "card[exp_month]=12",
			"card[exp_year]=2040").str("id")
		return append(more, "payment_method="+pm)
	}

	created := b.ok("/v1/setup_intents", card("payment_method_types[]=card", "confirm=true",
		"return_url=https://shop.test/back", option+"=any")...)
	want(t, "asked at creation", created.str("status"), "requires_action")
	want(t, "and shown", created.str("payment_method_options.card.request_three_d_secure"), "any")

	plain := b.ok("/v1/setup_intents", "payment_method_types[]=card")
	path := "/v1/setup_intents/" + plain.str("id")
	updated := b.ok(path, option+"=challenge")
	want(t, "update shows it", updated.str("payment_method_options.card.request_three_d_secure"), "challenge")
	confirmed := b.ok(path+"/confirm", card("return_url=https://shop.test/back")...)
	want(t, "asked at confirmation", confirmed.str("status"), "requires_action")

	calm := b.ok("/v1/setup_intents", card("payment_method_types[]=card", "confirm=true")...)
	want(t, "not asked without", calm.str("status"), "succeeded")
	atConfirm := b.ok("/v1/setup_intents", "payment_method_types[]=card")
	late := b.ok("/v1/setup_intents/"+atConfirm.str("id")+"/confirm", card(option+"=any")...)
	want(t, "an option of the confirmation", late.str("status"), "requires_action")
}
