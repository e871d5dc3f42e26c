package sandbox_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

// clock is a clock that a test can move forward.
type clock struct{ shift atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.shift.Load())) }
func (c *clock) forward(d time.Duration) { c.shift.Add(int64(d)) }
func (c *clock) use(cfg *sandbox.Config) { cfg.Now = c.now }

// browserToken creates a ConfirmationToken as Stripe.js does.
func (b *box) browserToken(number string, more ...string) reply {
	b.t.Helper()
	pairs := append([]string{
		"key=" + publishableKey, "payment_method_data[type]=card", "payment_method_data[card][number]=" + number,
		"payment_method_data[card][exp_month]=12", "payment_method_data[card][exp_year]=34",
		"payment_method_data[card][cvc]=123",
		"return_url=https://shop.test/complete", "use_stripe_sdk=true",
	}, more...)
	return b.do("POST", "/v1/confirmation_tokens", form(pairs...), withKey(""))
}

func TestBrowserTokenPays(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	ct := b.browserToken("4242 4242 4242 4242", "payment_method_data[billing_details][email]=a@b.test")
	want(t, "status", ct.status, http.StatusOK)
	want(t, "preview", ct.str("payment_method_preview.card.last4"), "4242")
	want(t, "life", ct.num("expires_at")-ct.num("created"), 12*3600)
	pi := b.ok("/v1/payment_intents", "amount=1099", "currency=usd", "confirm=true",
		"confirmation_token="+ct.str("id"),
		"automatic_payment_methods[enabled]=true")
	want(t, "status", pi.str("status"), "succeeded")
	want(t, "token's intent", b.get("/v1/confirmation_tokens/"+ct.str("id")).str("payment_intent"), pi.str("id"))
	pm := b.get("/v1/payment_methods/" + pi.str("payment_method"))
	want(t, "billing", pm.str("billing_details.email"), "a@b.test")
	again := b.post("/v1/payment_intents", "amount=1099", "currency=usd", "confirm=true",
		"confirmation_token="+ct.str("id"))
	want(t, "used twice", again.status, http.StatusBadRequest)
	want(t, "used twice", again.str("error.code"), "confirmation_token_already_used")
}

func TestTokenExpires(t *testing.T) {
	t.Parallel()
	var clk clock
	b := newBox(t, clk.use)
	ct := b.browserToken("4242424242424242")
	clk.forward(12*time.Hour + time.Second)
	r := b.post("/v1/payment_intents", "amount=1099", "currency=usd", "confirm=true",
		"confirmation_token="+ct.str("id"))
	want(t, "status", r.status, http.StatusBadRequest)
	want(t, "code", r.str("error.code"), "confirmation_token_expired")
}

func TestTokensRefuseBadCards(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for name, c := range map[string]struct{ number, pair, code, param string }{
		"checksum":  {"4242424242424241", "", "incorrect_number", "number"},
		"too short": {"4242", "", "invalid_number", "number"},
		"month": {
			"4242424242424242", "payment_method_data[card][exp_month]=13", "invalid_expiry_month",
			"exp_month",
		},
		"year": {
			"4242424242424242", "payment_method_data[card][exp_year]=20", "invalid_expiry_year",
			"exp_year",
		},
		"cvc":       {"4242424242424242", "payment_method_data[card][cvc]=12", "invalid_cvc", "cvc"},
		"real card": {"4539578763621486", "", "card_declined", "number"},
	} {
		t.Run(name, func(t *testing.T) {
			r := b.browserToken(c.number, c.pair)
			want(t, "status", r.status, http.StatusPaymentRequired)
			want(t, "type", r.str("error.type"), "card_error")
			want(t, "code", r.str("error.code"), c.code)
			want(t, "param", r.str("error.param"), c.param)
		})
	}
}

func TestSavedCardIsShownAndUsed(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers", "email=a@b.test").str("id")
	ct := b.browserToken("4242424242424242", "payment_method_data[allow_redisplay]=always",
		"setup_future_usage=off_session")
	b.ok("/v1/payment_intents", "amount=1099", "currency=usd", "customer="+cus, "confirm=true",
		"confirmation_token="+ct.str("id"))

	if events := joined(b.types()); !strings.Contains(events, "payment_method.attached") {
		t.Errorf("events: %s", events)
	}

	cs := b.ok("/v1/customer_sessions", "customer="+cus, "components[payment_element][enabled]=true",
		"components[payment_element][features][payment_method_redisplay]=enabled",
		"components[payment_element][features][payment_method_remove]=enabled")
	secret := cs.str("client_secret")
	session := b.do("GET", "/v1/elements/sessions?key="+publishableKey+"&deferred_intent[mode]=payment"+
		"&deferred_intent[amount]=100&deferred_intent[currency]=usd"+
		"&customer_session_client_secret="+secret, "", withKey(""))
	pm := session.str("customer.payment_methods.0.id")
	if pm == "" {
		t.Fatalf("no saved method in %s", session.raw)
	}

	second := b.do("POST", "/v1/confirmation_tokens",
		form("key="+publishableKey, "payment_method="+pm, "customer_session_client_secret="+secret),
		withKey(""))
	pi := b.ok("/v1/payment_intents", "amount=500", "currency=usd", "customer="+cus, "confirm=true",
		"confirmation_token="+second.str("id"))
	want(t, "payment method", pi.str("payment_method"), pm)
	other := b.post("/v1/payment_intents", "amount=500", "currency=usd", "confirm=true",
		"payment_method="+pm, "payment_method_types[]=card")
	want(t, "without the customer", other.status, http.StatusBadRequest)
	removed := b.do("POST", "/v1/payment_methods/"+pm+"/detach",
		form("key="+publishableKey, "customer_session_client_secret="+secret), withKey(""))
	want(t, "removed", removed.status, http.StatusOK)
	want(t, "methods left", b.get("/v1/customers/"+cus+"/payment_methods").size("data"), 0)
}

func TestClientViewHidesTheShopsFields(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pi := b.ok("/v1/payment_intents", "amount=1099", "currency=usd", "metadata[a]=b")
	path := "/v1/payment_intents/" + pi.str("id") + "?client_secret=" + pi.str("client_secret")
	view := b.do("GET", path, "", withKey(publishableKey))
	want(t, "status", view.status, http.StatusOK)

	for _, field := range []string{"metadata", "customer", "latest_charge"} {
		if _, found := view.tree[field]; found {
			t.Errorf("the browser sees %s", field)
		}
	}

	want(t, "no secret",
		b.do("GET", "/v1/payment_intents/"+pi.str("id"), "", withKey(publishableKey)).status,
		http.StatusBadRequest)
	want(t, "wrong secret", b.do("GET", path+"x", "", withKey(publishableKey)).status, http.StatusNotFound)
}

func TestCVCIsCollectedAgain(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	cus := b.ok("/v1/customers").str("id")
	pm := b.ok("/v1/payment_methods/pm_card_visa/attach", "customer="+cus).str("id")
	pay := func(pairs ...string) reply {
		return b.post("/v1/payment_intents", append(pairs, "amount=2000", "currency=usd",
			"confirm=true", "customer="+cus,
			"payment_method_types[]=card", "payment_method_options[card][require_cvc_recollection]=true")...)
	}

	want(t, "without", pay("payment_method="+pm).str("error.param"), "payment_method_options[card][cvc_token]")
	ct := b.do("POST", "/v1/confirmation_tokens",
		form("key="+publishableKey, "payment_method="+pm, "payment_method_options[card][cvc]=123"),
		withKey(""))
	want(t, "with", pay("confirmation_token="+ct.str("id")).str("status"), "succeeded")
}

func TestTokensRefuseUnsupportedMethods(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for _, kind := range []string{"blik", "acss_debit"} {
		r := b.do("POST", "/v1/confirmation_tokens",
			form("key="+publishableKey, "payment_method_data[type]="+kind), withKey(""))
		want(t, kind, r.status, http.StatusBadRequest)
		want(t, kind+" param", r.str("error.param"), "payment_method_data[type]")
	}
}

// TestRequestTakesPrecedenceOverToken follows
// https://docs.stripe.com/api/payment_intents/confirm: values in the request
// take precedence over those of the ConfirmationToken.
func TestRequestTakesPrecedenceOverToken(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	ct := b.browserToken("4242424242424242", "setup_future_usage=off_session",
		"shipping[name]=Token", "shipping[address][line1]=x")
	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=usd", "confirm=true",
		"payment_method_types[]=card", "confirmation_token="+ct.str("id"),
		"payment_method=pm_card_mastercard", "shipping[name]=Request", "shipping[address][line1]=y",
		"setup_future_usage=on_session", "expand[]=payment_method")

	want(t, "method", pi.str("payment_method.card.brand"), "mastercard")
	want(t, "shipping", pi.str("shipping.name"), "Request")
	want(t, "usage", pi.str("setup_future_usage"), "on_session")
	want(t, "the token is used", b.get("/v1/confirmation_tokens/"+ct.str("id")).str("payment_intent"), pi.str("id"))
	ct = b.browserToken("4242424242424242", "setup_future_usage=off_session")
	si := b.ok("/v1/setup_intents", "confirm=true", "payment_method_types[]=card",
		"confirmation_token="+ct.str("id"), "payment_method=pm_card_mastercard", "expand[]=payment_method")
	want(t, "setup", si.str("payment_method.card.brand"), "mastercard")
}
