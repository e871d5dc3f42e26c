package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func joined(list []string) string { return strings.Join(list, " ") }

func TestIntentSucceedsAtOnce(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa",
		"payment_method_types[]=card", "metadata[order]=o1")
	want(t, "status", pi.str("status"), "succeeded")
	want(t, "amount_received", pi.num("amount_received"), 2000)
	ch := b.get("/v1/charges/" + pi.str("latest_charge"))
	want(t, "charge metadata", ch.str("metadata.order"), "o1")
	want(t, "charge card", ch.str("payment_method_details.card.last4"), "4242")
	b.emits("payment_intent.created charge.succeeded payment_intent.succeeded charge.updated")
	again := b.post("/v1/payment_intents/"+pi.str("id")+"/confirm", "payment_method=pm_card_visa")
	want(t, "second confirm", again.status, http.StatusBadRequest)
	want(t, "code", again.str("error.code"), "payment_intent_unexpected_state")
	want(t, "carried intent", again.str("error.payment_intent.id"), pi.str("id"))
}

func TestDeclineKeepsTheIntentOpenForAnotherCard(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	r := b.post("/v1/payment_intents", "amount=2000", "currency=eur", "confirm=true", "payment_method_types[]=card",
		"payment_method=pm_card_visa_chargeDeclinedInsufficientFunds")
	want(t, "status", r.status, http.StatusPaymentRequired)

	for path, text := range map[string]string{
		"error.type":                  "card_error",
		"error.code":                  "card_declined",
		"error.decline_code":          "insufficient_funds",
		"error.message":               "Your card has insufficient funds.",
		"error.payment_intent.status": "requires_payment_method",
		"error.payment_intent.last_payment_error.decline_code": "insufficient_funds",
		"error.payment_method.object":                          "payment_method",
	} {
		want(t, path, r.str(path), text)
	}

	if r.at("error.payment_intent.payment_method") != nil {
		t.Error("the declined payment method stayed on the intent")
	}

	ch := b.get("/v1/charges/" + r.str("error.charge"))
	want(t, "charge status", ch.str("status"), "failed")
	id := r.str("error.payment_intent.id")
	pi := b.ok("/v1/payment_intents/"+id+"/confirm", "payment_method=pm_card_visa")
	want(t, "status", pi.str("status"), "succeeded")
	b.emits("payment_intent.created charge.failed payment_intent.payment_failed charge.succeeded " +
		"payment_intent.succeeded charge.updated")
}

func TestBuyersAuthenticateOrFail(t *testing.T) {
	t.Parallel()
	for outcome, status := range map[string]string{"pass": "succeeded", "fail": "requires_payment_method"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
				"payment_method_types[]=card",
				"payment_method=pm_card_threeDSecure2Required", "use_stripe_sdk=true")
			want(t, "status", pi.str("status"), "requires_action")
			want(t, "next_action", pi.str("next_action.use_stripe_sdk.type"), "three_d_secure_redirect")
			page := strings.TrimPrefix(pi.str("next_action.use_stripe_sdk.stripe_js"), b.url)
			path, _, _ := strings.Cut(page, "?")
			wrong := b.do("POST", path, form("client_secret=nonsense", "outcome=pass"), withKey(""))
			want(t, "wrong secret", wrong.status, http.StatusNotFound)
			r := b.do("POST", path, form("client_secret="+pi.str("client_secret"), "outcome="+outcome), withKey(""))
			want(t, "page's reply", r.str("status"), status)
			current := b.get("/v1/payment_intents/" + pi.str("id"))
			want(t, "status", current.str("status"), status)

			if outcome == "fail" {
				want(t, "error", current.str("last_payment_error.code"), "payment_intent_authentication_failure")
			}
		})
	}
}

func TestReturnURLGetsARedirect(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"payment_method=pm_card_authenticationRequired",
		"return_url=https://shop.test/done", "automatic_payment_methods[enabled]=true")
	want(t, "type", pi.str("next_action.type"), "redirect_to_url")
	want(t, "return_url", pi.str("next_action.redirect_to_url.return_url"), "https://shop.test/done")
	refused := b.post("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"payment_method=pm_card_visa",
		"automatic_payment_methods[enabled]=true")
	want(t, "without return_url", refused.str("error.param"), "return_url")
}

func TestManualCapture(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	hold := func() reply {
		return b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
			"payment_method=pm_card_visa",
			"payment_method_types[]=card", "capture_method=manual")
	}

	pi := hold()
	want(t, "status", pi.str("status"), "requires_capture")
	want(t, "capturable", pi.num("amount_capturable"), 2000)
	tooMuch := b.post("/v1/payment_intents/"+pi.str("id")+"/capture", "amount_to_capture=2001")
	want(t, "too much", tooMuch.str("error.code"), "amount_too_large")
	done := b.ok("/v1/payment_intents/"+pi.str("id")+"/capture", "amount_to_capture=1500")
	want(t, "status", done.str("status"), "succeeded")
	want(t, "received", done.num("amount_received"), 1500)
	ch := b.get("/v1/charges/" + pi.str("latest_charge") + "?expand[]=refunds")
	want(t, "released", ch.num("amount_refunded"), 500)
	want(t, "not fully refunded", ch.at("refunded"), any(false))
	want(t, "refund of the rest", ch.num("refunds.data.0.amount"), 500)
	want(t, "listed",
		b.get("/v1/refunds?payment_intent="+pi.str("id")).str("data.0.destination_details.card.type"),
		"reversal")
	want(t, "moved no money", ch.at("refunds.data.0.balance_transaction"), nil)
	want(t, "refund of the captured amount", b.ok("/v1/refunds", "payment_intent="+pi.str("id")).num("amount"), 1500)
	want(t, "fully refunded", b.get("/v1/charges/"+pi.str("latest_charge")).at("refunded"), any(true))
	other := hold()
	canceled := b.ok("/v1/payment_intents/"+other.str("id")+"/cancel", "cancellation_reason=abandoned")
	want(t, "status", canceled.str("status"), "canceled")
	want(t, "charge released", b.get("/v1/charges/"+other.str("latest_charge")).at("refunded"), any(true))
	want(t, "refund of the hold", b.get("/v1/refunds?payment_intent="+other.str("id")).num("data.0.amount"), 2000)
}

func TestValidationErrorsAreStripes(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for name, c := range map[string]struct {
		pairs       []string
		code, param string
	}{
		"no amount":        {[]string{"currency=usd"}, "parameter_missing", "amount"},
		"no currency":      {[]string{"amount=100"}, "parameter_missing", "currency"},
		"too small":        {[]string{"amount=49", "currency=usd"}, "amount_too_small", "amount"},
		"small but enough": {[]string{"amount=30", "currency=gbp"}, "", ""},
		"too large":        {[]string{"amount=100000000", "currency=usd"}, "amount_too_large", "amount"},
		"large, in yen":    {[]string{"amount=9999999999", "currency=jpy"}, "", ""},
		"too large in yen": {[]string{"amount=10000000000", "currency=jpy"}, "amount_too_large", "amount"},
		"part of a krona":  {[]string{"amount=50050", "currency=isk"}, "", "amount"},
		"whole kronur":     {[]string{"amount=50000", "currency=isk"}, "", ""},
		"part of a USh":    {[]string{"amount=500050", "currency=ugx"}, "", "amount"},
		"fils":             {[]string{"amount=5001", "currency=kwd"}, "", "amount"},
		"tens of fils":     {[]string{"amount=5010", "currency=kwd"}, "", ""},
		"no such customer": {
			[]string{"amount=100", "currency=usd", "customer=cus_none"},
			"resource_missing",
			"customer",
		},
		"no such method": {
			[]string{"amount=100", "currency=usd", "payment_method=pm_none"},
			"resource_missing",
			"payment_method",
		},
		"unknown": {[]string{"amount=100", "currency=usd", "colour=red"}, "parameter_unknown", "colour"},
		"unknown nested": {
			[]string{"amount=100", "currency=usd", "shipping[colour]=red"},
			"parameter_unknown",
			"shipping[colour]",
		},
		"not a number":  {[]string{"amount=ten", "currency=usd"}, "parameter_invalid_integer", "amount"},
		"empty number":  {[]string{"amount=", "currency=usd"}, "parameter_invalid_empty", "amount"},
		"not an option": {[]string{"amount=100", "currency=usd", "capture_method=later"}, "", "capture_method"},
		"not a boolean": {[]string{"amount=100", "currency=usd", "confirm=maybe"}, "", "confirm"},
		"missing nested": {
			[]string{"amount=100", "currency=usd", "shipping[name]=x"},
			"parameter_missing",
			"shipping[address]",
		},
		"no such token": {
			[]string{"amount=100", "currency=usd", "confirm=true", "confirmation_token=ctoken_none"},
			"resource_missing",
			"confirmation_token",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := b.post("/v1/payment_intents", c.pairs...)
			want(t, "code", r.str("error.code"), c.code)
			want(t, "param", r.str("error.param"), c.param)

			if c.param != "" {
				want(t, "status", r.status, http.StatusBadRequest)
			}
		})
	}
}

func TestDelayedMethodGoesThroughProcessing(t *testing.T) {
	t.Parallel()
	for iban, status := range map[string]string{
		"AT321904300235473204": "succeeded",
		"AT861904300235473202": "requires_payment_method",
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, shortDelay)
			pm := b.ok("/v1/payment_methods", "type=sepa_debit", "sepa_debit[iban]="+iban,
				"billing_details[name]=Bob",
				"billing_details[email]=bob@example.com")
			pi := b.ok("/v1/payment_intents", "amount=1000", "currency=eur", "confirm=true",
				"payment_method="+pm.str("id"),
				"payment_method_types[]=sepa_debit", "mandate_data[customer_acceptance][type]=offline")
			want(t, "status", pi.str("status"), "processing")
			eventually(t, status, func() bool {
				return b.get("/v1/payment_intents/"+pi.str("id")).str("status") == status
			})
		})
	}
}

func TestAnUncapturedHoldExpires(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa",
		"payment_method_types[]=card", "capture_method=manual").str("id")
	b.s.Advance(7*24*time.Hour + time.Second)
	eventually(t, "canceled", func() bool {
		return b.get("/v1/payment_intents/"+pi).str("cancellation_reason") == "automatic"
	})
	want(t, "events", joined(b.types()),
		"payment_intent.created charge.succeeded payment_intent.amount_capturable_updated "+
			"refund.created charge.expired payment_intent.canceled")
}

func TestAHoldCanGrow(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true", "payment_method=pm_card_visa",
		"payment_method_types[]=card", "capture_method=manual").str("id")
	want(t, "capturable",
		b.ok("/v1/payment_intents/"+pi+"/increment_authorization", "amount=2500").num("amount_capturable"),
		2500)
	want(t, "smaller", b.post("/v1/payment_intents/"+pi+"/increment_authorization", "amount=2400").status, 400)
	want(t, "captured", b.ok("/v1/payment_intents/"+pi+"/capture").num("amount_received"), 2500)
}

func TestManualConfirmationComesBackToTheServer(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"payment_method=pm_card_authenticationRequired",
		"payment_method_types[]=card", "confirmation_method=manual", "use_stripe_sdk=true")
	b.do("POST", "/3ds/"+pi.str("id"), form("client_secret="+pi.str("client_secret"), "outcome=pass"), withKey(""))
	want(t, "after 3D Secure", b.get("/v1/payment_intents/"+pi.str("id")).str("status"), "requires_confirmation")
	want(t, "confirmed", b.ok("/v1/payment_intents/"+pi.str("id")+"/confirm").str("status"), "succeeded")
}

func TestUnexpectedStatesAreRefused(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	paid := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"payment_method=pm_card_visa", "payment_method_types[]=card").str("id")

	open := b.ok("/v1/payment_intents", "amount=2000", "currency=usd").str("id")
	for path, pairs := range map[string][]string{
		paid + "/cancel":  nil,
		paid + "/capture": nil,
		paid + "/confirm": {"payment_method=pm_card_visa"},
		paid:              {"amount=3000"},
		open + "/capture": nil,
		open + "/confirm": nil,
	} {
		r := b.post("/v1/payment_intents/"+path, pairs...)
		want(t, path, r.str("error.code"), "payment_intent_unexpected_state")
		want(t, path, r.str("error.payment_intent.object"), "payment_intent")
	}

	want(t, "metadata of a paid intent", b.ok("/v1/payment_intents/"+paid, "metadata[a]=b").str("metadata.a"), "b")
}
