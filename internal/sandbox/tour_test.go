package sandbox_test

import (
	"net/http"
	"strings"
)

// tourist calls operations by their routes and passes each response on.
type tourist struct {
	b    *box
	note func(string, reply)
}

func (g tourist) call(route string, args []string, pairs ...string) reply {
	g.b.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	steps := strings.Split(path, "/")
	for i, s := range steps {
		if strings.HasPrefix(s, "{") {
			steps[i], args = args[0], args[1:]
		}
	}

	path = strings.Join(steps, "/")

	body := form(pairs...)
	if method != http.MethodPost && body != "" {
		path, body = path+"?"+body, ""
	}

	r := g.b.do(method, path, body)
	if r.status != http.StatusOK {
		g.b.t.Fatalf("%s: %d %s", route, r.status, r.raw)
	}

	g.note(route, r)
	return r
}

func ids(list ...string) []string { return list }

// tour calls every operation once, and several times if its responses differ.
func tour(b *box, note func(string, reply)) {
	g := tourist{b, note}
	cus := g.tourCustomers()
	g.tourPayments(cus)
	g.tourMethods(cus)
	g.tourMoney()
	g.tourCatalog()
	g.tourBilling()
	g.tourAccounts()
	g.tourSearch()
	g.tourRest(cus)
}

func (g tourist) tourCustomers() string {
	cus := g.call("POST /v1/customers", nil, "name=Jenny", "email=j@b.test", "address[line1]=x", "shipping[name]=J", "shipping[address][city]=P", "metadata[a]=b").str("id")
	g.call("GET /v1/customers", nil)
	g.call("GET /v1/customers/{id}", ids(cus))
	g.call("POST /v1/customers/{id}", ids(cus), "name=Jenny R", "tax_exempt=none")
	src := g.call("POST /v1/customers/{id}/sources", ids(cus), "source=tok_visa").str("id")
	g.call("GET /v1/customers/{id}/sources", ids(cus))
	g.call("GET /v1/customers/{id}/sources/{sub}", ids(cus, src))
	g.call("POST /v1/customers/{id}/sources/{sub}", ids(cus, src), "metadata[a]=b")
	g.call("DELETE /v1/customers/{id}/sources/{sub}", ids(cus, src))
	gone := g.call("POST /v1/customers", nil).str("id")
	g.call("DELETE /v1/customers/{id}", ids(gone))
	g.call("GET /v1/customers/{id}", ids(gone))
	g.call("POST /v1/customer_sessions", nil, "customer="+cus, "components[payment_element][enabled]=true", "components[payment_element][features][payment_method_redisplay]=enabled")

	return cus
}

func (g tourist) tourPayments(cus string) {
	const create, confirm = "POST /v1/payment_intents", "POST /v1/payment_intents/{id}/confirm"
	card := []string{"amount=2000", "currency=usd", "payment_method_types[]=card"}
	pi := g.call(create, nil, append(card, "customer="+cus, "metadata[a]=b", "shipping[name]=x", "shipping[address][line1]=y")...).str("id")
	g.call("GET /v1/payment_intents", nil)
	g.call("GET /v1/payment_intents/{id}", ids(pi))
	g.call("POST /v1/payment_intents/{id}", ids(pi), "amount=2100", "description=x")

	done := g.call(confirm, ids(pi), "payment_method=pm_card_visa", "setup_future_usage=off_session", "expand[]=latest_charge")
	g.call("GET /v1/charges", nil)
	ch := done.str("latest_charge.id")
	g.call("GET /v1/charges/{id}", ids(ch), "expand[]=balance_transaction")
	g.call("POST /v1/charges/{id}", ids(ch), "description=y")

	re := g.call("POST /v1/refunds", nil, "payment_intent="+pi, "amount=100").str("id")
	g.call("GET /v1/refunds", nil)
	g.call("GET /v1/refunds/{id}", ids(re))
	g.call("POST /v1/refunds/{id}", ids(re), "metadata[a]=b")
	g.call("GET /v1/charges/{id}/refunds", ids(ch))

	held := g.call(create, nil, append(card, "confirm=true", "capture_method=manual", "payment_method=pm_card_visa")...).str("id")
	g.call("POST /v1/payment_intents/{id}/increment_authorization", ids(held), "amount=2500")
	g.call("POST /v1/payment_intents/{id}/capture", ids(held))

	g.call(create, nil, append(card, "confirm=true", "payment_method=pm_card_authenticationRequired", "use_stripe_sdk=true")...)
	asked := g.call(create, nil, append(card, "confirm=true", "payment_method=pm_card_authenticationRequired", "return_url=https://x.test")...).str("id")
	g.call("POST /v1/payment_intents/{id}/cancel", ids(asked), "cancellation_reason=abandoned")

	declined := g.b.post("/v1/payment_intents", append(card, "confirm=true", "payment_method=pm_card_chargeDeclined")...)
	g.call("GET /v1/payment_intents/{id}", ids(declined.str("error.payment_intent.id")))
	g.call("GET /v1/charges/{id}", ids(declined.str("error.charge")))

	disputed := g.call(create, nil, append(card, "confirm=true", "payment_method=pm_card_createDispute")...).str("id")
	dp := g.call("GET /v1/disputes", nil, "payment_intent="+disputed).str("data.0.id")
	g.call("GET /v1/disputes/{id}", ids(dp))
	g.call("POST /v1/disputes/{id}", ids(dp), "evidence[uncategorized_text]=winning_evidence")

	inquiry := g.call(create, nil, append(card, "confirm=true", "payment_method=pm_card_createDisputeInquiry")...).str("id")
	g.call("POST /v1/disputes/{id}/close", ids(g.b.get("/v1/disputes?payment_intent="+inquiry).str("data.0.id")))

	g.call(create, nil, append(card, "confirm=true", "payment_method=pm_card_createIssuerFraudRecord")...)
	g.call("GET /v1/radar/early_fraud_warnings", nil)
	g.call("GET /v1/radar/early_fraud_warnings/{id}", ids(g.b.get("/v1/radar/early_fraud_warnings").str("data.0.id")))
	g.tourOtherMethods(cus)
}

func (g tourist) tourOtherMethods(cus string) {
	const create = "POST /v1/payment_intents"
	billing := []string{"payment_method_data[billing_details][name]=Bob", "payment_method_data[billing_details][email]=b@b.test", "payment_method_data[billing_details][address][country]=DE"}
	for kind, extra := range map[string]string{
		"ideal":      "payment_method_data[ideal][bank]=ing",
		"klarna":     "return_url=https://x.test",
		"paypal":     "return_url=https://x.test",
		"amazon_pay": "return_url=https://x.test",
		"sepa_debit": "payment_method_data[sepa_debit][iban]=AT321904300235473204",
	} {
		pairs := append([]string{"amount=1000", "currency=eur", "confirm=true", "return_url=https://x.test", "payment_method_types[]=" + kind, "payment_method_data[type]=" + kind, extra}, billing...)
		pi := g.call(create, nil, pairs...)
		if kind == "sepa_debit" {
			eventually(g.b.t, "sepa paid", func() bool { return g.b.get("/v1/payment_intents/"+pi.str("id")).str("status") == "succeeded" })
		} else {
			g.b.do("POST", "/redirect/"+pi.str("id"), form("client_secret="+pi.str("client_secret"), "outcome=pass"), withKey(""))
		}

		paid := g.call("GET /v1/payment_intents/{id}", ids(pi.str("id")), "expand[]=latest_charge", "expand[]=payment_method")
		want(g.b.t, kind, paid.str("status"), "succeeded")

		if m := paid.str("latest_charge.payment_method_details.sepa_debit.mandate"); m != "" {
			g.call("GET /v1/mandates/{id}", ids(m))
		}
	}

	transfer := g.call(create, nil, "amount=20000", "currency=jpy", "confirm=true", "customer="+cus, "payment_method_data[type]=customer_balance",
		"payment_method_options[customer_balance][bank_transfer][type]=jp_bank_transfer", "payment_method_options[customer_balance][funding_type]=bank_transfer", "payment_method_types[]=customer_balance")
	g.call("GET /v1/customers/{id}/cash_balance", ids(cus))
	for range 2 {
		g.call("POST /v1/test_helpers/customers/{id}/fund_cash_balance", ids(cus), "amount=10000", "currency=jpy")
	}

	want(g.b.t, "funded in two parts", g.b.get("/v1/payment_intents/"+transfer.str("id")).str("status"), "succeeded")
	re := g.call("POST /v1/refunds", nil, "payment_intent="+transfer.str("id"), "instructions_email=b@b.test")
	want(g.b.t, "refund", re.str("status"), "requires_action")
	g.call("POST /v1/refunds/{id}/cancel", ids(re.str("id")))
	g.tourSlow()
}

// tourSlow pays with vouchers and verifies bank accounts by microdeposits.
func (g tourist) tourSlow() {
	for kind, cur := range map[string]string{"boleto": "brl", "konbini": "jpy", "multibanco": "eur", "oxxo": "mxn"} {
		pairs := []string{"amount=2000", "currency=" + cur, "confirm=true", "payment_method_types[]=" + kind, "payment_method_data[type]=" + kind,
			"payment_method_data[billing_details][name]=J", "payment_method_data[billing_details][email]=fill_never@b.test"}
		if kind == "boleto" {
			pairs = append(pairs, "payment_method_data[boleto][tax_id]=000.000.000-00")
		}

		pi := g.call("POST /v1/payment_intents", nil, pairs...)
		want(g.b.t, kind, pi.str("status"), "requires_action")
	}

	deposits := "payment_method_options[us_bank_account][verification_method]=microdeposits"
	pi := g.call("POST /v1/payment_intents", nil, "amount=2000", "currency=usd", "confirm=true", deposits,
		"payment_method_types[]=us_bank_account", "payment_method=pm_usBankAccount_success").str("id")
	g.call("POST /v1/payment_intents/{id}/verify_microdeposits", ids(pi), "amounts[]=32", "amounts[]=45")

	si := g.call("POST /v1/setup_intents", nil, "confirm=true", deposits, "mandate_data[customer_acceptance][type]=offline",
		"payment_method_types[]=us_bank_account", "payment_method=pm_usBankAccount_success").str("id")
	g.call("POST /v1/setup_intents/{id}/verify_microdeposits", ids(si), "descriptor_code=SM11AA")
}

func (g tourist) tourMethods(cus string) {
	pm := g.call("POST /v1/payment_methods", nil, "type=card", "card[number]=4242424242424242", "card[exp_month]=12", "card[exp_year]=34", "card[cvc]=123").str("id")
	g.call("POST /v1/payment_methods/{id}/attach", ids(pm), "customer="+cus)
	g.call("GET /v1/payment_methods", nil, "customer="+cus, "type=card")
	g.call("GET /v1/payment_methods/{id}", ids(pm))
	g.call("POST /v1/payment_methods/{id}", ids(pm), "metadata[a]=b")
	g.call("GET /v1/customers/{id}/payment_methods", ids(cus))
	g.call("GET /v1/customers/{id}/payment_methods/{sub}", ids(cus, pm))
	g.call("POST /v1/payment_methods/{id}/detach", ids(pm))
	ct := g.call("POST /v1/test_helpers/confirmation_tokens", nil, "payment_method=pm_card_visa", "setup_future_usage=off_session", "return_url=https://x.test", "shipping[name]=x", "shipping[address][line1]=y").str("id")
	g.call("GET /v1/confirmation_tokens/{id}", ids(ct))
	si := g.call("POST /v1/setup_intents", nil, "customer="+cus).str("id")
	g.call("GET /v1/setup_intents", nil)
	g.call("GET /v1/setup_intents/{id}", ids(si))
	g.call("POST /v1/setup_intents/{id}", ids(si), "description=x")
	g.call("POST /v1/setup_intents/{id}/confirm", ids(si), "confirmation_token="+ct)
	g.call("GET /v1/setup_attempts", nil, "setup_intent="+si)
	asked := g.call("POST /v1/setup_intents", nil, "confirm=true", "payment_method=pm_card_authenticationRequired", "payment_method_types[]=card").str("id")
	g.call("POST /v1/setup_intents/{id}/cancel", ids(asked))
}

func (g tourist) tourSearch() {
	for path, query := range map[string]string{
		"payment_intents": `metadata["a"]:"b" AND -status:"canceled"`,
		"charges":         `amount>1000`,
		"customers":       `email~"b.test"`,
		"products":        `active:"true"`,
		"prices":          `currency:"usd"`,
		"subscriptions":   `status:"active"`,
		"invoices":        `total>100 AND status:"paid"`,
	} {
		if g.call("GET /v1/"+path+"/search", nil, "query="+query).size("data") == 0 {
			g.b.t.Errorf("search %s: nothing for %s", path, query)
		}
	}
}

func (g tourist) tourMoney() {
	g.call("POST /v1/payment_intents", nil, "amount=5000", "currency=usd", "confirm=true", "payment_method=pm_card_bypassPending", "payment_method_types[]=card")
	g.call("GET /v1/balance", nil)
	bt := g.call("GET /v1/balance_transactions", nil).str("data.0.id")
	g.call("GET /v1/balance_transactions/{id}", ids(bt))
	g.call("GET /v1/balance/history", nil)
	g.call("GET /v1/balance/history/{id}", ids(bt))
	po := g.call("POST /v1/payouts", nil, "amount=100", "currency=usd").str("id")
	g.call("GET /v1/payouts", nil)
	g.call("GET /v1/payouts/{id}", ids(po))
	g.call("POST /v1/payouts/{id}", ids(po), "metadata[a]=b")
	g.call("POST /v1/payouts/{id}/cancel", ids(po))
}

func (g tourist) tourCatalog() {
	prod := g.call("POST /v1/products", nil, "name=Shirt", "default_price_data[currency]=usd", "default_price_data[unit_amount]=500").str("id")
	g.call("GET /v1/products", nil)
	g.call("GET /v1/products/{id}", ids(prod), "expand[]=default_price")
	g.call("POST /v1/products/{id}", ids(prod), "description=x")
	price := g.call("POST /v1/prices", nil, "product="+prod, "currency=usd", "unit_amount=700", "recurring[interval]=month").str("id")
	g.call("GET /v1/prices", nil, "product="+prod)
	g.call("GET /v1/prices/{id}", ids(price))
	g.call("POST /v1/prices/{id}", ids(price), "nickname=x")
	g.call("DELETE /v1/products/{id}", ids(g.call("POST /v1/products", nil, "name=Gone").str("id")))
	coupon := g.call("POST /v1/coupons", nil, "percent_off=25.5", "duration=once").str("id")
	g.call("GET /v1/coupons", nil)
	g.call("GET /v1/coupons/{id}", ids(coupon))
	discounted := g.call("POST /v1/customers", nil, "coupon="+coupon).str("id")
	g.call("DELETE /v1/customers/{id}/discount", ids(discounted))
	g.call("POST /v1/coupons/{id}", ids(coupon), "name=x")
	promo := g.b.ok("/v1/promotion_codes", "promotion[type]=coupon", "promotion[coupon]="+coupon, "code=FALL")
	g.note("POST /v1/promotion_codes", promo)
	g.call("GET /v1/promotion_codes", nil, "code=FALL")
	g.call("GET /v1/promotion_codes/{id}", ids(promo.str("id")))
	g.call("POST /v1/promotion_codes/{id}", ids(promo.str("id")), "active=false")
	g.call("DELETE /v1/coupons/{id}", ids(g.call("POST /v1/coupons", nil, "amount_off=100", "currency=usd", "duration=forever").str("id")))
}

func (g tourist) tourAccounts() {
	g.call("GET /v1/account", nil)
	acct := g.call("POST /v1/accounts", nil, "type=express", "country=US", "email=x@b.test", "capabilities[transfers][requested]=true").str("id")
	g.call("GET /v1/accounts", nil)
	g.call("GET /v1/accounts/{id}", ids(acct))
	g.call("POST /v1/accounts/{id}", ids(acct), "metadata[a]=b")
	g.call("POST /v1/account_links", nil, "account="+acct, "type=account_onboarding", "return_url=https://x.test", "refresh_url=https://x.test")
	g.call("POST /v1/account_sessions", nil, "account="+acct, "components[payments][enabled]=true")

	tr := g.call("POST /v1/transfers", nil, "amount=100", "currency=usd", "destination="+acct).str("id")
	g.call("GET /v1/transfers", nil)
	trr := g.call("POST /v1/transfers/{id}/reversals", ids(tr), "amount=40").str("id")
	g.call("GET /v1/transfers/{id}", ids(tr))
	g.call("POST /v1/transfers/{id}", ids(tr), "metadata[a]=b")
	g.call("GET /v1/transfers/{id}/reversals", ids(tr))
	g.call("GET /v1/transfers/{id}/reversals/{sub}", ids(tr, trr))
	g.call("POST /v1/transfers/{id}/reversals/{sub}", ids(tr, trr), "metadata[a]=b")

	g.call("POST /v1/payment_intents", nil, "amount=1000", "currency=usd", "confirm=true", "payment_method=pm_card_visa",
		"payment_method_types[]=card", "transfer_data[destination]="+acct, "application_fee_amount=100", "expand[]=latest_charge")
	fee := g.call("GET /v1/application_fees", nil).str("data.0.id")
	g.call("GET /v1/application_fees/{id}", ids(fee))
	fr := g.call("POST /v1/application_fees/{id}/refunds", ids(fee), "amount=40").str("id")
	g.call("GET /v1/application_fees/{id}/refunds", ids(fee))
	g.call("GET /v1/application_fees/{id}/refunds/{sub}", ids(fee, fr))
	g.call("POST /v1/application_fees/{id}/refunds/{sub}", ids(fee, fr), "metadata[a]=b")
	g.call("DELETE /v1/accounts/{id}", ids(acct))
}

func (g tourist) tourRest(cus string) {
	tok := g.call("POST /v1/tokens", nil, "card[number]=4242424242424242", "card[exp_month]=12", "card[exp_year]=34", "card[cvc]=123").str("id")
	g.call("GET /v1/tokens/{id}", ids(tok))

	dom := g.call("POST /v1/payment_method_domains", nil, "domain_name=shop.test").str("id")
	g.call("GET /v1/payment_method_domains", nil)
	g.call("GET /v1/payment_method_domains/{id}", ids(dom))
	g.call("POST /v1/payment_method_domains/{id}", ids(dom), "enabled=false")
	g.call("POST /v1/payment_method_domains/{id}/validate", ids(dom))

	conf := g.call("POST /v1/payment_method_configurations", nil, "name=x", "card[display_preference][preference]=off").str("id")
	g.call("GET /v1/payment_method_configurations", nil)
	g.call("GET /v1/payment_method_configurations/{id}", ids(conf))
	g.call("POST /v1/payment_method_configurations/{id}", ids(conf), "klarna[display_preference][preference]=none")

	clock := g.call("POST /v1/test_helpers/test_clocks", nil, "frozen_time=1700000000").str("id")
	g.call("GET /v1/test_helpers/test_clocks", nil)
	g.call("GET /v1/test_helpers/test_clocks/{id}", ids(clock))
	g.call("POST /v1/test_helpers/test_clocks/{id}/advance", ids(clock), "frozen_time=1700000001")
	g.call("DELETE /v1/test_helpers/test_clocks/{id}", ids(clock))

	ep := g.call("POST /v1/webhook_endpoints", nil, "url="+g.b.url+"/nowhere", "enabled_events[]=charge.expired").str("id")
	g.call("GET /v1/webhook_endpoints", nil)
	g.call("GET /v1/webhook_endpoints/{id}", ids(ep))
	g.call("POST /v1/webhook_endpoints/{id}", ids(ep), "disabled=true")
	g.call("DELETE /v1/webhook_endpoints/{id}", ids(ep))

	ev := g.call("GET /v1/events", nil, "limit=100").str("data.0.id")
	g.call("GET /v1/events/{id}", ids(ev))
	_ = cus
}
