package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestEchoedNumbersAreNumbers sends numbers in parameters that come back: a
// typed client cannot read a number that comes back as text.
func TestEchoedNumbersAreNumbers(t *testing.T) {
	t.Parallel()
	b := newBox(t)

	acct := b.ok("/v1/accounts", "type=custom", "settings[payouts][schedule][delay_days]=minimum")
	want(t, "minimum delay", acct.num("settings.payouts.schedule.delay_days"), 2)
	acct = b.ok("/v1/accounts/"+acct.str("id"), "settings[payouts][schedule][delay_days]=7")
	want(t, "delay", acct.num("settings.payouts.schedule.delay_days"), 7)

	mandate := []string{"amount=900", "amount_type=maximum", "interval=month", "reference=r", "start_date=1900000000",
		"currency=jpy"}
	for i, pair := range mandate {
		name, value, _ := strings.Cut(pair, "=")
		mandate[i] = "payment_method_options[card][mandate_options][" + name + "]=" + value
	}

	pi := b.ok("/v1/payment_intents", append(mandate[:5:5],
		"amount=500", "currency=jpy", "payment_method_types[]=card", "payment_method_types[]=konbini",
		"payment_method_options[konbini][expires_after_days]=3",
		"payment_method_options[acss_debit][target_date]=2030-01-01",
		"payment_method_options[wechat_pay][app_id]=7",
		"payment_method_options[pix][expires_after_seconds]=600",
		"payment_method_options[card][require_cvc_recollection]=true",
		"payment_method_options[card][moto]=true")...)

	for path, expected := range map[string]any{
		"konbini.expires_after_days":    json.Number("3"),
		"acss_debit.target_date":        "2030-01-01",
		"wechat_pay.app_id":             "7",
		"pix.expires_after_seconds":     json.Number("600"),
		"card.mandate_options.amount":   json.Number("900"),
		"card.require_cvc_recollection": true,
		"card.moto":                     nil, // taken and not shown
	} {
		want(t, path, pi.at("payment_method_options."+path), expected)
	}

	si := b.ok("/v1/setup_intents", append(mandate, "payment_method_types[]=card")...)
	want(t, "setup", si.num("payment_method_options.card.mandate_options.amount"), 900)
}

// TestMOTO confirms cards that ask for authentication: not when the order came
// by mail or telephone.
func TestMOTO(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for _, path := range []string{"/v1/payment_intents", "/v1/setup_intents"} {
		send := []string{"payment_method=pm_card_authenticationRequired", "payment_method_types[]=card", "confirm=true"}
		if path == "/v1/payment_intents" {
			send = append(send, "amount=500", "currency=usd")
		}

		want(t, path, b.ok(path, send...).str("status"), "requires_action")
		send = append(send, "payment_method_options[card][moto]=true")
		want(t, path+" with moto", b.ok(path, send...).str("status"), "succeeded")
	}
}

// TestDecimalAmounts creates prices with unit_amount_decimal.
func TestDecimalAmounts(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	prod := b.ok("/v1/products", "name=Club").str("id")
	recurring := []string{"product=" + prod, "currency=usd", "recurring[interval]=month"}
	price := func(more ...string) reply { return b.post("/v1/prices", append(recurring, more...)...) }

	whole := price("unit_amount_decimal=990")
	want(t, "whole", whole.num("unit_amount"), 990)
	want(t, "whole decimal", whole.str("unit_amount_decimal"), "990")

	cus := b.ok("/v1/customers", "payment_method=pm_card_visa",
		"invoice_settings[default_payment_method]=pm_card_visa").str("id")
	sub := b.ok("/v1/subscriptions", "customer="+cus, "items[0][price]="+whole.str("id"), "expand[]=latest_invoice")
	want(t, "billed", sub.num("latest_invoice.total"), 990)
	inline := b.ok("/v1/subscriptions", "customer="+cus, "expand[]=latest_invoice",
		"items[0][price_data][currency]=usd", "items[0][price_data][product]="+prod,
		"items[0][price_data][recurring][interval]=month", "items[0][price_data][unit_amount_decimal]=250.0")
	want(t, "billed inline", inline.num("latest_invoice.total"), 250)

	part := price("unit_amount_decimal=0.5")
	want(t, "part", part.at("unit_amount"), nil)
	want(t, "part decimal", part.str("unit_amount_decimal"), "0.5")
	refused := b.post("/v1/subscriptions", "customer="+cus, "items[0][price]="+part.str("id"))
	want(t, "billing parts", refused.status, http.StatusNotImplemented)

	for _, bad := range [][]string{
		{"unit_amount=990", "unit_amount_decimal=990"},
		{"unit_amount_decimal=nine"},
		{"unit_amount_decimal=1/2"},
		{"unit_amount_decimal=0.1234567890123"},
	} {
		want(t, joined(bad), price(bad...).status, http.StatusBadRequest)
	}
}

// TestParametersOfV81 sends parameters that stripe-go v81 has and that Stripe's
// newer documents do not.
func TestParametersOfV81(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	good := b.ok("/v1/products", "name=Shirt", "type=good").str("id")
	b.ok("/v1/products", "name=Club")
	goods := b.get("/v1/products?type=good")
	want(t, "goods", goods.size("data"), 1)
	want(t, "good", goods.str("data.0.id"), good)

	price := b.ok("/v1/prices", "product="+good, "currency=usd", "unit_amount=500", "recurring[interval]=month",
		"recurring[trial_period_days]=7", "recurring[aggregate_usage]=max")
	want(t, "trial", price.num("recurring.trial_period_days"), 7)
	want(t, "aggregate", price.str("recurring.aggregate_usage"), "max")

	cus := b.ok("/v1/customers", "payment_method=pm_card_visa",
		"invoice_settings[default_payment_method]=pm_card_visa").str("id")
	sub := b.ok("/v1/subscriptions", "customer="+cus, "items[0][plan]="+price.str("id"))
	want(t, "price of the plan", sub.str("items.data.0.price.id"), price.str("id"))
	want(t, "plan's trial", sub.num("items.data.0.plan.trial_period_days"), 7)
	want(t, "its subscriptions", b.get("/v1/subscriptions?plan="+price.str("id")).size("data"), 1)
	want(t, "no subscriptions", b.get("/v1/subscriptions?plan=price_other").size("data"), 0)
	r := b.post("/v1/subscriptions", "customer="+cus, "items[0][plan]=gold")
	old := b.ok("/v1/subscriptions", "customer="+cus, "plan="+price.str("id"), "quantity=3", "metadata[a]=b")
	want(t, "quantity of the plan", old.num("items.data.0.quantity"), 3)
	want(t, "its metadata", old.str("metadata.a"), "b")
	want(t, "the item's", old.at("items.data.0.metadata.a"), nil)
	want(t, "card", b.ok("/v1/customers", "card=tok_visa").at("default_source") != nil, true)

	want(t, "unknown plan", r.str("error.message"), "No such plan: 'gold'")
	want(t, "unknown plan's param", r.str("error.param"), "items[0][plan]")

	inv := b.ok("/v1/invoices", "customer="+cus, "account_tax_ids[]=txi_1")
	want(t, "tax ID", inv.str("account_tax_ids.0"), "txi_1")
	inv = b.ok("/v1/invoices/"+inv.str("id"), "account_tax_ids=")
	want(t, "no tax IDs", inv.at("account_tax_ids"), nil)

	acct := b.ok("/v1/accounts", "type=custom", "requested_capabilities[]=transfers")
	want(t, "capability", acct.str("capabilities.transfers"), "inactive")
	want(t, "not shown", acct.at("requested_capabilities"), nil)
	session := b.ok("/v1/account_sessions", "account="+acct.str("id"), "components[payment_details][enabled]=true",
		"components[payment_details][features][capture_payments]=false")
	want(t, "component", session.at("components.payment_details.enabled"), any(true))
	want(t, "feature", session.at("components.payment_details.features.capture_payments"), any(false))

	pi := b.ok("/v1/payment_intents", "amount=500", "currency=usd", "payment_method_types[]=us_bank_account",
		"payment_method_options[us_bank_account][preferred_settlement_speed]=fastest")
	want(t, "speed", pi.str("payment_method_options.us_bank_account.preferred_settlement_speed"), "fastest")
}

// TestTiersOfAPrice shows tiers only if they are expanded.
func TestTiersOfAPrice(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	prod := b.ok("/v1/products", "name=Club").str("id")
	fields := []string{"product=" + prod, "currency=usd", "recurring[interval]=month", "billing_scheme=tiered",
		"tiers[0][up_to]=10", "tiers[0][unit_amount]=100", "tiers[1][up_to]=inf", "tiers[1][unit_amount_decimal]=0.5",
		"tiers[1][flat_amount]=7"}
	free := b.post("/v1/prices", append(fields, "tiers[2][up_to]=inf")...)
	want(t, "without an amount", free.str("error.message"), "An entry in the tiers array is missing an amount.")
	both := b.post("/v1/prices", append(fields, "tiers[0][unit_amount_decimal]=1")...)
	want(t, "two amounts", both.str("error.param"), "tiers[0][unit_amount]")

	price := b.ok("/v1/prices", append(fields, "tiers_mode=graduated")...)
	want(t, "mode", price.str("tiers_mode"), "graduated")
	want(t, "unless expanded", price.at("tiers"), nil)

	price = b.get("/v1/prices/" + price.str("id") + "?expand[]=tiers")
	want(t, "bound", price.num("tiers.0.up_to"), 10)
	want(t, "amount", price.num("tiers.0.unit_amount"), 100)
	want(t, "amount as a decimal", price.str("tiers.0.unit_amount_decimal"), "100")
	want(t, "no bound", price.at("tiers.1.up_to"), nil)
	want(t, "parts", price.str("tiers.1.unit_amount_decimal"), "0.5")
	want(t, "flat amount", price.num("tiers.1.flat_amount"), 7)

	plain := b.ok("/v1/prices", "product="+prod, "currency=usd", "unit_amount=500", "expand[]=tiers")
	want(t, "a price without tiers", plain.at("tiers"), nil)
}

// TestAccountsLookLikeStripes checks what a new account says of itself, and
// that it hides what Stripe hides.
func TestAccountsLookLikeStripes(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for kind, controller := range map[string]string{
		"standard": "account stripe stripe full true",
		"express":  "application_express application stripe express true",
		"custom":   "application_custom application application none false",
	} {
		acct := b.ok("/v1/accounts", "type="+kind, "country=AU")
		want(t, kind+"'s currency", acct.str("default_currency"), "aud")
		want(t, kind+"'s controller", strings.Join([]string{
			acct.str("controller.fees.payer"),
			acct.str("controller.losses.payments"),
			acct.str("controller.requirement_collection"),
			acct.str("controller.stripe_dashboard.type"),
			fmt.Sprint(acct.at("settings.payouts.debit_negative_balances")),
		}, " "), controller)

		want(t, "list", acct.str("external_accounts.url"), "/v1/accounts/"+acct.str("id")+"/external_accounts")
		want(t, "count", acct.at("external_accounts.total_count"), any(json.Number("0")))
		want(t, "company", acct.at("company.tax_id_provided"), any(false))
		want(t, "person", acct.at("individual"), nil)
	}

	acct := b.ok("/v1/accounts", "controller[stripe_dashboard][type]=express", "controller[losses][payments]=application")
	want(t, "type with a controller", acct.str("type"), "none")
	want(t, "payer", acct.str("controller.fees.payer"), "account")
	want(t, "dashboard", acct.str("controller.stripe_dashboard.type"), "express")

	acct = b.ok("/v1/accounts", "type=custom", "country=FR", "business_type=individual", "bank_account[country]=FR",
		"bank_account[account_number]=FR1420041010050500013M02606", "company[name]=Shop", "company[tax_id]=123456789",
		"company[address][city]=Paris", "individual[first_name]=Ada", "individual[ssn_last_4]=6789",
		"individual[relationship][percent_ownership]=12.5", "individual[dob][day]=1", "individual[dob][month]=2",
		"individual[dob][year]=1990")

	want(t, "euro", acct.str("default_currency"), "eur")
	want(t, "bank account", acct.at("bank_account"), nil)
	want(t, "where payouts go", acct.str("external_accounts.data.0.last4"), "2606")
	want(t, "its currency", acct.str("external_accounts.data.0.currency"), "eur")
	want(t, "name", acct.str("company.name"), "Shop")
	want(t, "city", acct.str("company.address.city"), "Paris")
	want(t, "tax ID", acct.at("company.tax_id"), nil)
	want(t, "tax ID given", acct.at("company.tax_id_provided"), any(true))
	want(t, "person's account", acct.str("individual.account"), acct.str("id"))
	want(t, "first name", acct.str("individual.first_name"), "Ada")
	want(t, "year", acct.num("individual.dob.year"), 1990)
	want(t, "digits", acct.at("individual.ssn_last_4"), nil)
	want(t, "digits given", acct.at("individual.ssn_last_4_provided"), any(true))

	want(t, "payouts go to", acct.str("external_accounts.data.0.last4"), "2606")

	bank := b.ok("/v1/tokens", "bank_account[country]=US", "bank_account[account_number]=000222222227").str("id")
	for _, c := range [][3]string{
		{"external_account=tok_visa_debit", "card", "5556"},
		{"external_account=btok_us_verified", "bank_account", "6789"},
		{"external_account=" + bank, "bank_account", "2227"},
		{"external_account[account_number]=000123456789", "bank_account", "6789"},
	} {
		to := b.ok("/v1/accounts", "type=custom", c[0], "company[verification][document][front]=file_1")
		want(t, c[0]+" proof", to.str("company.verification.document.front"), "file_1")
		want(t, c[0], to.str("external_accounts.data.0.object"), c[1])
		want(t, c[0]+" digits", to.str("external_accounts.data.0.last4"), c[2])
		want(t, c[0]+" owner", to.str("external_accounts.data.0.account"), to.str("id"))
	}

	again := b.ok("/v1/accounts/"+acct.str("id"), "company[phone]=+33", "individual[last_name]=L")
	want(t, "kept name", again.str("company.name"), "Shop")
	want(t, "still given", again.at("company.tax_id_provided"), any(true))
	want(t, "kept first name", again.str("individual.first_name"), "Ada")
	want(t, "same person", again.str("individual.id"), acct.str("individual.id"))
}

// TestOperationsBesideSimulatedOnes checks that an operation is not taken for
// the ID of an object.
func TestOperationsBesideSimulatedOnes(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	item := "/v1/subscription_items/si_1/usage_record"
	for _, r := range []reply{
		b.post("/v1/invoices/create_preview", "customer=cus_1"),
		b.get("/v1/invoices/upcoming?customer=cus_1"),
		b.get("/v1/invoices/upcoming/lines"),
		b.post(item+"s", "quantity=1"),
		b.get(item + "_summaries"),
		b.post("/v2/core/accounts"),
		b.post("/stripecli/auth", "device_name=x"),
	} {
		want(t, string(r.raw), r.status, http.StatusNotImplemented)
	}

	want(t, "an invoice", b.get("/v1/invoices/in_1").status, http.StatusNotFound)
	want(t, "a wrong method", b.do("DELETE", "/v1/invoices/upcoming", "").status, http.StatusNotFound)
}

func TestTokensOfEveryKind(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	bank := b.ok("/v1/tokens", "bank_account[country]=us", "bank_account[account_number]=000123456789",
		"bank_account[routing_number]=110000000")
	want(t, "type", bank.str("type"), "bank_account")
	want(t, "last four", bank.str("bank_account.last4"), "6789")
	want(t, "country", bank.str("bank_account.country"), "US")

	for _, pair := range []string{"pii[id_number]=000000000", "cvc_update[cvc]=123", "person[first_name]=Jane"} {
		kind, _, _ := strings.Cut(pair, "[")
		want(t, pair, b.ok("/v1/tokens", pair).str("type"), kind)
	}

	token := b.ok("/v1/tokens", "account[business_type]=individual", "account[individual][first_name]=Jane",
		"account[tos_shown_and_accepted]=true").str("id")
	acct := b.ok("/v1/accounts", "type=custom", "account_token="+token)
	want(t, "account of a token", acct.str("individual.first_name"), "Jane")
	want(t, "its business", acct.str("business_type"), "individual")
	again := b.post("/v1/accounts", "type=custom", "account_token="+token)
	want(t, "used twice", again.str("error.code"), "token_already_used")

	refused := b.post("/v1/customers", "source="+bank.str("id"))
	want(t, "a source of a bank account", refused.status, http.StatusNotImplemented)
	want(t, "nothing", b.post("/v1/tokens").str("error.code"), "parameter_missing")
}

// TestSourcesKeepTheirTokensCard checks the card's ID and what its owner
// entered.
func TestSourcesKeepTheirTokensCard(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	token := b.ok("/v1/tokens", "card[number]=4242424242424242", "card[exp_month]=12", "card[exp_year]=2040",
		"card[cvc]=123", "card[name]=Ada", "card[address_zip]=94103", "card[address_line1]=1 Main")
	want(t, "code", token.str("card.cvc_check"), "unchecked")
	want(t, "ZIP", token.str("card.address_zip_check"), "unchecked")

	cus := b.ok("/v1/customers", "source="+token.str("id"))
	src := b.get("/v1/customers/" + cus.str("id") + "/sources/" + token.str("card.id"))
	want(t, "source", src.str("id"), cus.str("default_source"))
	want(t, "name", src.str("name"), "Ada")
	want(t, "ZIP", src.str("address_zip"), "94103")
	want(t, "ZIP's check", src.str("address_zip_check"), "pass")
	want(t, "expiry", src.num("exp_year"), 2040)
}

// TestSharingWithConnectedAccounts copies what the platform's customers have
// saved to a connected account.
func TestSharingWithConnectedAccounts(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.ok("/v1/accounts", "type=standard").str("id")
	there := func(path string, pairs ...string) reply {
		return b.do("POST", path, form(pairs...), header("Stripe-Account", acct))
	}

	cus := b.ok("/v1/customers", "source=tok_mastercard").str("id")
	pm := b.ok("/v1/payment_methods/pm_card_visa/attach", "customer="+cus).str("id")
	copied := there("/v1/payment_methods", "payment_method="+pm, "customer="+cus)
	want(t, "copy", copied.str("card.last4"), "4242")
	want(t, "its owner", copied.at("customer"), nil)

	pay := []string{"amount=500", "currency=usd", "payment_method_types[]=card", "confirm=true"}
	paid := there("/v1/payment_intents", append(pay, "payment_method="+copied.str("id"))...)
	want(t, "paid there", paid.str("status"), "succeeded")

	token := there("/v1/tokens", "customer="+cus)
	want(t, "shared card", token.str("card.brand"), "MasterCard")
	made := there("/v1/payment_methods", "type=card", "card[token]="+token.str("id"))
	want(t, "a method of it", made.str("card.brand"), "mastercard")

	loose := b.ok("/v1/payment_methods", "type=card", "card[token]=tok_visa").str("id")
	want(t, "loose", there("/v1/payment_methods", "payment_method="+loose).status, http.StatusOK)
	want(t, "loose again", there("/v1/payment_methods", "payment_method="+loose).status, http.StatusBadRequest)

	want(t, "unknown", there("/v1/payment_methods", "payment_method=pm_1").status, http.StatusBadRequest)
	want(t, "without its customer", there("/v1/payment_methods", "payment_method="+pm).status, http.StatusBadRequest)
	want(t, "on the platform", b.post("/v1/payment_methods", "payment_method="+pm, "customer="+cus).status,
		http.StatusBadRequest)
}

// TestKeysOfEveryVersion checks keys that Stripe sends with every version.
func TestKeysOfEveryVersion(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.ok("/v1/accounts", "type=standard").str("id")
	cus := b.ok("/v1/customers", "payment_method=pm_card_visa",
		"invoice_settings[default_payment_method]=pm_card_visa", "source=tok_visa")
	pi := b.ok("/v1/payment_intents", "amount=500", "currency=usd", "payment_method_types[]=card", "confirm=true",
		"payment_method=pm_card_visa", "transfer_data[destination]="+acct)
	si := b.ok("/v1/setup_intents", "payment_method_types[]=card")
	prod := b.ok("/v1/products", "name=Club")
	price := b.ok("/v1/prices", "product="+prod.str("id"), "currency=usd", "unit_amount=500",
		"recurring[interval]=month").str("id")
	sub := b.ok("/v1/subscriptions", "customer="+cus.str("id"), "items[0][price]="+price, "expand[]=latest_invoice")
	charge := b.get("/v1/charges/" + pi.str("latest_charge") + "?expand[]=refunds")
	method := b.get("/v1/payment_methods?customer=" + cus.str("id"))
	lists := b.get("/v1/customers/" + cus.str("id") + "?expand[]=sources&expand[]=subscriptions")

	for name, c := range map[string]struct {
		r    reply
		keys string
	}{
		"intent": {pi, "customer_account excluded_payment_method_types allowed_payment_method_types " +
			"shared_payment_granted_token managed_payments"},
		"setup":        {si, "customer_account excluded_payment_method_types managed_payments"},
		"customer":     {cus, "customer_account"},
		"subscription": {sub, "customer_account billing_mode managed_payments latest_invoice.customer_account"},
		"method":       {method, "data.0.customer_account"},
		"charge":       {charge, "transfer_data.amount"},
		"product":      {prod, "attributes"},
	} {
		for _, key := range strings.Fields(c.keys) {
			outer, last := c.r.tree, key
			if i := strings.LastIndex(key, "."); i > 0 {
				outer, _ = c.r.at(key[:i]).(map[string]any)
				last = key[i+1:]
			}
			if _, there := outer[last]; !there {
				t.Errorf("%s has no %s", name, key)
			}
		}
	}

	want(t, "mode", sub.str("billing_mode.type"), "classic")
	want(t, "item's period", sub.num("items.data.0.current_period_end"), sub.num("current_period_end"))
	want(t, "refunds", charge.at("refunds.total_count"), any(json.Number("0")))
	want(t, "sources", lists.num("sources.total_count"), 1)
	want(t, "subscriptions", lists.num("subscriptions.total_count"), 1)
	want(t, "code of the bank", len(charge.str("payment_method_details.card.authorization_code")), 6)

	direct := b.do("POST", "/v1/payment_intents", form("amount=500", "currency=usd", "payment_method_types[]=card",
		"confirm=true", "payment_method=pm_card_visa", "expand[]=latest_charge"), header("Stripe-Account", acct))
	want(t, "application", strings.HasPrefix(direct.str("application"), "ca_"), true)
	want(t, "charge's application", direct.str("latest_charge.application"), direct.str("application"))
	want(t, "the platform's own", pi.at("application"), nil)
}

func TestSetupIntentsListOrLeaveTheirMethods(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	r := b.post("/v1/setup_intents", "payment_method_types[]=card", "automatic_payment_methods[enabled]=true")
	want(t, "both", r.str("error.message"),
		"You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")

	sepa := b.ok("/v1/setup_intents", "payment_method_types[]=sepa_debit")
	want(t, "options of SEPA", string(must(json.Marshal(sepa.at("payment_method_options")))(t)), "{}")
	bank := b.ok("/v1/setup_intents", "payment_method_types[]=us_bank_account")
	want(t, "options of banks", bank.str("payment_method_options.us_bank_account.financial_connections.permissions.0"),
		"payment_method")

	once := b.ok("/v1/setup_intents", "payment_method_types[]=sepa_debit", "usage=on_session", "confirm=true",
		"single_use[amount]=500", "single_use[currency]=eur", "payment_method_data[type]=sepa_debit",
		"payment_method_data[sepa_debit][iban]=FR1420041010050500013M02606",
		"payment_method_data[billing_details][name]=A", "payment_method_data[billing_details][email]=a@example.com",
		"mandate_data[customer_acceptance][type]=offline", "expand[]=payment_method", "expand[]=single_use_mandate")
	want(t, "for one payment", once.str("single_use_mandate.type"), "single_use")
	want(t, "of", once.num("single_use_mandate.single_use.amount"), 500)
	want(t, "not for more", once.at("mandate"), nil)
	want(t, "bank", once.str("payment_method.sepa_debit.bank_code"), "20041")
	want(t, "branch", once.str("payment_method.sepa_debit.branch_code"), "01005")
}

func TestSearchesCount(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for range 3 {
		b.ok("/v1/customers", "email=ada@example.com")
	}

	query := "/v1/customers/search?limit=2&query=email:%22ada@example.com%22"
	want(t, "count", b.get(query+"&expand[]=total_count").num("total_count"), 3)
	want(t, "unless expanded", b.get(query).at("total_count"), nil)
}

func TestWhatIsInUseStays(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	prod := b.ok("/v1/products", "name=Club").str("id")
	b.ok("/v1/prices", "product="+prod, "currency=usd", "unit_amount=500")
	r := b.do("DELETE", "/v1/products/"+prod, "")
	want(t, "a product with prices", r.str("error.message"),
		"This product cannot be deleted because it has one or more user-created prices.")
	want(t, "one without", b.do("DELETE", "/v1/products/"+b.ok("/v1/products", "name=X").str("id"), "").status, 200)

	one, two := b.ok("/v1/customers").str("id"), b.ok("/v1/customers").str("id")
	pm := b.ok("/v1/payment_methods/pm_card_visa/attach", "customer="+one).str("id")
	r = b.post("/v1/payment_methods/"+pm+"/attach", "customer="+two)
	want(t, "attached elsewhere", r.str("error.message"),
		"The payment method you provided has already been attached to a customer.")
	want(t, "status", r.status, http.StatusBadRequest)
	want(t, "param", r.at("error.param"), nil)

	r = b.post("/v1/subscriptions/sub_1", "default_payment_method=pm_1")
	want(t, "found before the subscription", r.str("error.message"), "No such PaymentMethod: 'pm_1'")
}

func TestDiscountsOfSubscriptionsAreDeleted(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	prod := b.ok("/v1/products", "name=Club").str("id")
	price := b.ok("/v1/prices", "product="+prod, "currency=usd", "unit_amount=500", "recurring[interval]=month").str("id")
	cus := b.ok("/v1/customers", "payment_method=pm_card_visa",
		"invoice_settings[default_payment_method]=pm_card_visa", "source=tok_visa")
	coupon := b.ok("/v1/coupons", "percent_off=50", "duration=forever").str("id")
	sub := b.ok("/v1/subscriptions", "customer="+cus.str("id"), "items[0][price]="+price, "coupon="+coupon).str("id")

	gone := b.do("DELETE", "/v1/subscriptions/"+sub+"/discount", "")
	want(t, "deleted", gone.at("deleted"), any(true))
	want(t, "the subscription's", b.get("/v1/subscriptions/"+sub).at("discount"), nil)
	want(t, "again", b.do("DELETE", "/v1/subscriptions/"+sub+"/discount", "").status, http.StatusNotFound)
	want(t, "events", strings.HasSuffix(joined(b.types()), "customer.discount.deleted customer.subscription.updated"), true)

	b.ok("/v1/invoiceitems", "customer="+cus.str("id"), "currency=usd", "amount=300")
	inv := b.ok("/v1/invoices", "customer="+cus.str("id"), "pending_invoice_items_behavior=include").str("id")
	paid := b.ok("/v1/invoices/"+inv+"/pay", "source="+cus.str("default_source"))
	want(t, "paid with a source", paid.str("status"), "paid")
}

func TestOnboardingSaysWhatItWouldAskFor(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.ok("/v1/accounts", "type=express").str("id")
	for pair, text := range map[string]string{
		"collect=currently_due":                           "ask for: currently_due.",
		"collection_options[fields]=eventually_due":       "ask for: eventually_due.",
		"collection_options[future_requirements]=include": "ask for: future_requirements.",
	} {
		link := b.ok("/v1/account_links", "account="+acct, "type=account_onboarding", pair,
			"return_url=https://shop.test/done", "refresh_url=https://shop.test/again").str("url")
		page := b.get(strings.TrimPrefix(link, b.url))
		want(t, pair, strings.Contains(string(page.raw), text), true)
	}
}
