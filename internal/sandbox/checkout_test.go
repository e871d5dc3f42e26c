package sandbox_test

import (
	"testing"
	"time"
)

// token makes a ConfirmationToken as a server does in its tests.
func (b *box) token(pairs ...string) string {
	b.t.Helper()
	return b.ok("/v1/test_helpers/confirmation_tokens", append(pairs, "payment_method=pm_card_visa")...).str("id")
}

func TestTokensMustSaveAsTheIntentDoes(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers").str("id")
	pay := func(token string, more ...string) reply {
		return b.post("/v1/payment_intents", append(more, "amount=1000", "currency=usd", "customer="+cus,
			"confirm=true", "payment_method_types[]=card", "confirmation_token="+token)...)
	}

	plain := b.token()
	b.refused(t, pay(plain, "setup_future_usage=off_session"), stripeSays{400, "", "",
		"The provided setup_future_usage (off_session) does not match the setup_future_usage from the provided " +
			"confirmation_token (null). Try confirming with a Payment Intent that is configured to use the same " +
			"parameters as the confirmation_token."})
	want(t, "the refused token is not used up", pay(plain).status, 200)

	saves := "setup_future_usage=off_session"
	want(t, "both save", pay(b.token(saves), saves).status, 200)
	want(t, "only the token saves", pay(b.token(saves)).str("setup_future_usage"), "off_session")

	set := func(token string) reply {
		return b.post("/v1/setup_intents", "customer="+cus, "confirm=true", "payment_method_types[]=card",
			"confirmation_token="+token)
	}
	want(t, "a token for a payment sets nothing up", set(b.token()).status, 400)
	want(t, "a token that saves", set(b.token(saves)).str("status"), "succeeded")
}

func TestUsedTokensDoNotExpire(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	token := b.token()
	path := "/v1/confirmation_tokens/" + token
	want(t, "fresh", b.get(path).num("expires_at") > time.Now().Unix(), true)
	b.ok("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=true", "payment_method_types[]=card",
		"confirmation_token="+token)

	used := b.get(path)
	want(t, "used", used.at("expires_at"), nil)
	want(t, "intent", used.str("payment_intent") != "", true)
	again := b.post("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=true", "payment_method_types[]=card",
		"confirmation_token="+token)
	want(t, "again", again.str("error.code"), "confirmation_token_already_used")
}

func TestIntentsOfDeletedCustomersAreNotConfirmed(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers").str("id")
	pi := b.ok("/v1/payment_intents", "amount=1000", "currency=usd", "customer="+cus, "payment_method_types[]=card")
	si := b.ok("/v1/setup_intents", "customer="+cus, "payment_method_types[]=card")
	b.do("DELETE", "/v1/customers/"+cus, "")

	for _, path := range []string{"/v1/payment_intents/" + pi.str("id"), "/v1/setup_intents/" + si.str("id")} {
		b.refused(t, b.post(path+"/confirm", "payment_method=pm_card_visa"),
			stripeSays{400, "resource_missing", "customer", "No such customer: '" + cus + "'"})
	}
}

func TestSubscriptionsArePaidWithTheDefaultSource(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers", "source=tok_visa")
	src := cus.str("default_source")
	sub := b.ok("/v1/subscriptions", "customer="+cus.str("id"), "items[0][price_data][currency]=usd",
		"items[0][price_data][unit_amount]=1000", "items[0][price_data][recurring][interval]=month",
		"items[0][price_data][product]="+b.ok("/v1/products", "name=x").str("id"))
	want(t, "status", sub.str("status"), "active")

	charge := b.get("/v1/charges?customer=" + cus.str("id"))
	want(t, "paid with", charge.str("data.0.payment_method"), src)
	want(t, "card", charge.str("data.0.payment_method_details.card.last4"), "4242")
	want(t, "as a payment method", b.get("/v1/payment_methods/"+src).str("card.brand"), "visa")

	pi := b.ok("/v1/payment_intents", "amount=1000", "currency=usd", "customer="+cus.str("id"), "confirm=true",
		"payment_method_types[]=card", "payment_method="+src, "off_session=true")
	want(t, "a payment", pi.str("status"), "succeeded")

	declined := b.ok("/v1/customers", "source=tok_chargeCustomerFail")
	refused := b.post("/v1/payment_intents", "amount=1000", "currency=usd", "customer="+declined.str("id"),
		"confirm=true", "payment_method_types[]=card", "payment_method="+declined.str("default_source"))
	want(t, "a source that is declined", refused.str("error.code"), "card_declined")
}

func TestReadingANamedMethodCreatesIt(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pm := b.get("/v1/payment_methods/pm_card_visa")
	want(t, "status", pm.status, 200)
	want(t, "id", pm.str("id")[:3], "pm_")
	want(t, "another", b.get("/v1/payment_methods/pm_card_visa").str("id") != pm.str("id"), true)

	cus := b.ok("/v1/customers").str("id")
	want(t, "attached", b.ok("/v1/payment_methods/"+pm.str("id")+"/attach", "customer="+cus).str("customer"), cus)
}

func TestCustomersShowTheirTaxesWhenExpanded(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers", "address[country]=US", "address[state]=CA").str("id")
	plain := b.get("/v1/customers/" + cus)
	_, shown := plain.tree["tax"]
	want(t, "unless expanded", shown, false)

	r := b.get("/v1/customers/" + cus + "?expand[]=tax&expand[]=invoice_credit_balance")
	want(t, "tax", r.str("tax.automatic_tax"), "not_collecting")
	want(t, "location", r.str("tax.location.state"), "CA")
	want(t, "provider", r.str("tax.provider"), "stripe")
	want(t, "credit", r.at("invoice_credit_balance") != nil, true)

	made := b.ok("/v1/customers", "expand[]=tax")
	want(t, "without an address", made.str("tax.automatic_tax"), "unrecognized_location")
}

func TestChecksOfCards(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	card := func(more ...string) string {
		return b.ok("/v1/payment_methods", append(more, "type=card", "card[number]=4242424242424242",
			"card[exp_month]=1", "card[exp_year]=2040")...).str("id")
	}
	check := func(id, field string) any { return b.get("/v1/payment_methods/" + id).at("card.checks." + field) }
	const cvc, zip = "cvc_check", "address_postal_code_check"

	bare := card()
	want(t, "no code", check(bare, cvc), nil)
	full := card("card[cvc]=123", "billing_details[address][postal_code]=10000")
	want(t, "a code", check(full, cvc), any("unchecked"))
	want(t, "a postal code", check(full, zip), any("unchecked"))

	cus := b.ok("/v1/customers").str("id")
	b.ok("/v1/payment_methods/"+full+"/attach", "customer="+cus)
	want(t, "attached", check(full, cvc), any("pass"))
	want(t, "attached", check(full, zip), any("pass"))

	paid := card("card[cvc]=123")
	pi := b.ok("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=true", "payment_method_types[]=card",
		"payment_method="+paid, "expand[]=latest_charge")
	want(t, "paid", check(paid, cvc), any("pass"))
	want(t, "charge", pi.str("latest_charge.payment_method_details.card.checks.cvc_check"), "pass")

	named := b.ok("/v1/payment_methods/pm_card_visa/attach", "customer="+cus)
	want(t, "named", named.str("card.checks.cvc_check"), "pass")
}

func TestNamedCardsAreStripes(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for name, w := range map[string]struct {
		last4  string
		secure bool
	}{"pm_card_amex": {"8431", true}, "pm_card_discover": {"9424", false}} {
		pm := b.get("/v1/payment_methods/" + name)
		want(t, name, pm.str("card.last4"), w.last4)
		want(t, name+": 3D Secure", pm.at("card.three_d_secure_usage.supported"), any(w.secure))
	}
}
