package sandbox_test

import (
	"cmp"
	"strings"
	"testing"
)

// way is one way to send a card to Stripe.
type way struct {
	pair string
	once bool // works for one payment only
	full bool // includes the code and the address
}

// ways returns every way to send the card: typed in, by name, and by token.
func (row cardRow) ways(t *testing.T, b *box) []way {
	t.Helper()
	var out []way
	if row.key == row.number {
		out = append(out, way{
			pair: "confirmation_token=" + row.typed(t, b).str("id"),
			once: true,
			full: true,
		})
	}

	for _, name := range row.names {
		token := b.ok("/v1/payment_methods", "type=card", "card[token]=tok"+strings.TrimPrefix(name, "pm_card"))
		out = append(out,
			way{pair: "payment_method=" + name},
			way{pair: "payment_method=" + token.str("id"), once: true})
	}

	return out
}

// typed creates the token of a buyer who fills in every field.
func (row cardRow) typed(t *testing.T, b *box) reply {
	t.Helper()
	cvc := "payment_method_data[card][cvc]=123"
	if row.brand == "amex" {
		cvc = "payment_method_data[card][cvc]=1234"
	}

	const address = "payment_method_data[billing_details][address]"
	ct := b.browserToken(row.number, cvc, address+"[line1]=1 Main St", address+"[postal_code]=12345")
	want(t, "token", ct.status, 200)
	want(t, "brand", ct.str("payment_method_preview.card.brand"), row.brand)
	want(t, "funding", ct.str("payment_method_preview.card.funding"), row.funding)
	want(t, "country", ct.str("payment_method_preview.card.country"), row.country)
	want(t, "last digits", ct.str("payment_method_preview.card.last4"), row.number[len(row.number)-4:])

	first, second, _ := strings.Cut(cmp.Or(row.does["networks"], row.brand), ",")
	want(t, "network", ct.str("payment_method_preview.card.networks.available.0"), first)
	want(t, "second network", ct.str("payment_method_preview.card.networks.available.1"), second)
	want(t, "3D Secure", ct.at("payment_method_preview.card.three_d_secure_usage.supported"),
		any(row.does["auth"] != "unsupported"))

	return ct
}

// TestEveryCardDoesWhatTheTableSays pays with all of Stripe's documented test
// cards, by number, by name and by token.
func TestEveryCardDoesWhatTheTableSays(t *testing.T) {
	t.Parallel()
	rows := cardRows(t)
	if len(rows) < 130 {
		t.Fatalf("only %d cards", len(rows))
	}

	for _, row := range rows {
		t.Run(row.key, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			for _, w := range row.ways(t, b) {
				row.pay(t, b, w)
			}

			row.payForced(t, b)
			row.save(t, b)
			row.payOffSession(t, b)
		})
	}
}

// wants returns the expected results of a payment with the cardholder present:
// the first one, and the last one, which is "" if no authentication follows.
func (row cardRow) wants() (first, last string) {
	code, decline, _ := strings.Cut(row.does["decline"], "/")
	refused := strings.TrimSpace("402 " + code + " " + decline)
	switch auth := row.does["auth"]; {
	case auth == "error":
		return "402 card_declined generic_decline", ""
	case (auth == "required" || auth == "setup" || auth == "presetup") && code != "":
		return "requires_action", "requires_payment_method " + code + " " + decline
	case auth == "required" || auth == "setup" || auth == "presetup":
		return "requires_action", "succeeded"
	case code != "":
		return refused, ""
	}

	return "succeeded", ""
}

// result returns the status of an intent, or the error.
func result(r reply) string {
	if r.status == 402 {
		return strings.TrimSpace("402 " + r.str("error.code") + " " + r.str("error.decline_code"))
	}
	return strings.TrimSpace(r.str("status") + " " + r.str("last_payment_error.code") + " " +
		r.str("last_payment_error.decline_code"))
}

// charge creates a payment with the card.
func (row cardRow) charge(b *box, pairs ...string) reply {
	b.t.Helper()
	pairs = append(pairs, "amount=2000", "currency=usd", "confirm=true", "payment_method_types[]=card")
	return b.post("/v1/payment_intents", pairs...)
}

// pay confirms a payment as a buyer does, and checks the result before and
// after the buyer authenticates.
func (row cardRow) pay(t *testing.T, b *box, w way) {
	t.Helper()
	first, last := row.wants()
	r := row.charge(b, w.pair, "use_stripe_sdk=true")
	want(t, w.pair, result(r), first)

	if last != "" {
		r = row.authenticate(t, b, r, "pass")
		want(t, w.pair+", authenticated", result(r), last)

		if !w.once {
			refused := row.authenticate(t, b, row.charge(b, w.pair, "use_stripe_sdk=true"), "fail")
			want(t, w.pair+", not authenticated", result(refused),
				"requires_payment_method payment_intent_authentication_failure")
		}
	}

	charge := r.str("latest_charge")
	if r.status == 402 {
		charge = r.str("error.charge")
	}

	row.checkCharge(t, b, charge, w.full)
	if result(r) == "succeeded" {
		row.checkAftermath(t, b, r)
	}
}

func (row cardRow) authenticate(t *testing.T, b *box, pi reply, outcome string) reply {
	t.Helper()
	b.do("POST", "/3ds/"+pi.str("id"),
		form("client_secret="+pi.str("client_secret"), "outcome="+outcome), withKey(""))
	return b.get("/v1/payment_intents/" + pi.str("id"))
}

// checkCharge checks the card on the charge. full means that the buyer entered
// the code and the address.
func (row cardRow) checkCharge(t *testing.T, b *box, id string, full bool) {
	t.Helper()
	ch := b.get("/v1/charges/" + id)
	want(t, "charged brand", ch.str("payment_method_details.card.brand"), row.brand)
	want(t, "charged country", ch.str("payment_method_details.card.country"), row.country)
	level := map[string]string{
		"":         "normal",
		"elevated": "elevated",
		"highest":  "highest",
		"block":    "highest",
	}[row.does["risk"]]

	want(t, "risk", ch.str("outcome.risk_level"), level)
	kind := map[string]string{
		"":         "authorized",
		"elevated": "manual_review",
		"highest":  "authorized",
		"block":    "blocked",
	}[row.does["risk"]]

	if row.does["risk"] == "" && ch.str("status") == "failed" {
		kind = "issuer_declined"
	}

	want(t, "outcome", ch.str("outcome.type"), kind)
	if full {
		for check, key := range map[string]string{
			"cvc_check":                 "cvc",
			"address_postal_code_check": "zip",
			"address_line1_check":       "line1",
		} {
			result := cmp.Or(row.does[key], "pass")
			want(t, check, ch.str("payment_method_details.card.checks."+check), result)
		}
	}

	secure := map[string]string{
		"required":     "authenticated challenge",
		"setup":        "authenticated challenge",
		"presetup":     "authenticated challenge",
		"frictionless": "authenticated frictionless",
	}[row.does["auth"]]

	const details = "payment_method_details.card.three_d_secure."
	got := strings.TrimSpace(ch.str(details+"result") + " " + ch.str(details+"authentication_flow"))
	want(t, "3D Secure", got, secure)
}

// disputed maps the dispute option of a card to the disputes that it opens.
var disputed = map[string]struct {
	count                    int
	reason, status, eligible string
}{
	"": {}, "warning": {},
	"multiple":             {2, "fraudulent", "needs_response", ""},
	"inquiry":              {1, "general", "warning_needs_response", ""},
	"ce3":                  {1, "fraudulent", "needs_response", "visa_compelling_evidence_3"},
	"compliance":           {1, "noncompliant", "needs_response", "visa_compliance"},
	"fraudulent":           {1, "fraudulent", "needs_response", ""},
	"product_not_received": {1, "product_not_received", "needs_response", ""},
}

// checkAftermath checks the side effects of a successful payment: the balance,
// disputes, fraud warnings and the refund.
func (row cardRow) checkAftermath(t *testing.T, b *box, pi reply) {
	t.Helper()
	ch := b.get("/v1/charges/" + pi.str("latest_charge") + "?expand[]=balance_transaction")
	status := map[bool]string{true: "available", false: "pending"}[row.does["balance"] == "available"]
	want(t, "balance", ch.str("balance_transaction.status"), status)
	list := b.get("/v1/disputes?payment_intent=" + pi.str("id"))
	d, known := disputed[row.does["dispute"]]
	want(t, "dispute is known to the test", known, true)
	want(t, "disputes", list.size("data"), d.count)
	want(t, "reason", list.str("data.0.reason"), d.reason)
	want(t, "dispute's status", list.str("data.0.status"), d.status)
	want(t, "eligible", list.str("data.0.enhanced_eligibility_types.0"), d.eligible)
	warnings := b.get("/v1/radar/early_fraud_warnings?charge=" + ch.str("id")).size("data")
	want(t, "fraud warning", warnings == 1, row.does["dispute"] == "warning")

	if d.count == 0 {
		row.checkRefund(t, b, pi)
	}
}

func (row cardRow) checkRefund(t *testing.T, b *box, pi reply) {
	t.Helper()
	re := b.ok("/v1/refunds", "payment_intent="+pi.str("id"))
	first := map[string]string{
		"":        "succeeded",
		"pending": "pending",
		"fail":    "succeeded",
	}[row.does["refund"]]

	want(t, "refund", re.str("status"), first)
	b.do("POST", "/_sandbox/clock", `{"advance": 10}`)
	last := map[string]string{
		"":        "succeeded",
		"pending": "succeeded",
		"fail":    "failed",
	}[row.does["refund"]]

	eventually(t, "refund "+last, func() bool { return b.get("/v1/refunds/"+re.str("id")).str("status") == last })
}

// payForced pays with a card while the merchant requests 3D Secure.
func (row cardRow) payForced(t *testing.T, b *box) {
	t.Helper()
	if len(row.names) == 0 || row.does["decline"] != "" {
		return
	}

	r := row.charge(b, "payment_method="+row.names[0], "use_stripe_sdk=true",
		"payment_method_options[card][request_three_d_secure]=any", "expand[]=latest_charge")
	expected := map[string]string{
		"":               "succeeded attempt_acknowledged",
		"unsupported":    "succeeded not_supported",
		"optional_error": "succeeded processing_error",
		"optional":       "requires_action",
		"required":       "requires_action",
		"setup":          "requires_action",
		"presetup":       "requires_action",
		"error":          "402 card_declined generic_decline",
	}[row.does["auth"]]

	secure := r.str("latest_charge.payment_method_details.card.three_d_secure.result")
	want(t, "3D Secure requested", strings.TrimSpace(result(r)+" "+secure), expected)

	if row.does["auth"] == "optional" {
		want(t, "3D Secure passed", result(row.authenticate(t, b, r, "pass")), "succeeded")
	}
}

// save attaches the card to a customer.
func (row cardRow) save(t *testing.T, b *box) {
	t.Helper()
	if len(row.names) == 0 {
		return
	}

	r := b.post("/v1/payment_methods/"+row.names[0]+"/attach", "customer="+b.ok("/v1/customers").str("id"))

	first, _ := row.wants()
	if row.does["attach"] == "ok" || !strings.HasPrefix(first, "402") || row.does["auth"] == "error" {
		want(t, "saved", r.status, 200)
		return
	}

	want(t, "not saved", result(r), first)
}

// payOffSession charges the card off session, before and after it is set up for
// that.
func (row cardRow) payOffSession(t *testing.T, b *box) {
	t.Helper()
	if len(row.names) == 0 {
		return
	}

	const refused = "402 authentication_required authentication_required"
	r := row.charge(b, "payment_method="+row.names[0], "off_session=true")
	first, last := row.wants()
	expected := map[string]string{
		"required": refused,
		"setup":    refused,
		"error":    refused,
		"presetup": last,
	}[row.does["auth"]]

	want(t, "off session", result(r), cmp.Or(expected, first))

	if last == "" {
		return
	}

	cus := b.ok("/v1/customers").str("id")
	si := b.ok("/v1/setup_intents", "customer="+cus, "confirm=true", "payment_method="+row.names[0],
		"payment_method_types[]=card", "use_stripe_sdk=true")
	if si.str("status") == "requires_action" {
		b.do("POST", "/3ds/"+si.str("id"),
			form("client_secret="+si.str("client_secret"), "outcome=pass"), withKey(""))
	}

	si = b.get("/v1/setup_intents/" + si.str("id"))
	want(t, "set up", si.str("status"), "succeeded")
	r = row.charge(b, "customer="+cus, "payment_method="+si.str("payment_method"), "off_session=true")
	expected = map[string]string{
		"required": refused,
		"setup":    "succeeded",
		"presetup": "succeeded",
	}[row.does["auth"]]

	want(t, "off session after setup", result(r), expected)
}

func TestOnlyOneDecliningCardCanBeAttached(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers").str("id")
	refused := b.post("/v1/payment_methods/pm_card_chargeDeclined/attach", "customer="+cus)
	want(t, "declined", refused.str("error.code"), "card_declined")
	pm := b.ok("/v1/payment_methods/pm_card_chargeCustomerFail/attach", "customer="+cus).str("id")
	r := b.post("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"customer="+cus, "payment_method="+pm, "payment_method_types[]=card")
	want(t, "charge", r.str("error.code"), "card_declined")
}

func TestOffSessionPaymentsThatNeedTheBuyerAreDeclined(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	r := b.post("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"off_session=true", "payment_method=pm_card_authenticationRequired", "payment_method_types[]=card")
	want(t, "status", r.status, 402)
	want(t, "code", r.str("error.code"), "authentication_required")
}
