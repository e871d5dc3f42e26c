package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"checkoutd/internal/sandbox"
)

// browse posts a form as a browser does and returns the redirect.
func (b *box) browse(path, body string) *url.URL {
	b.t.Helper()
	req := httptest.NewRequest(http.MethodPost, b.url+path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	b.s.ServeHTTP(w, req)

	if w.Code != http.StatusSeeOther {
		b.t.Fatalf("POST %s: %d %s", path, w.Code, w.Body)
	}

	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}

	return to
}

func TestOnboardingEnablesAnAccount(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.ok("/v1/accounts", "type=express", "capabilities[transfers][requested]=true")
	want(t, "before", acct.str("capabilities.transfers"), "inactive")

	link := b.ok("/v1/account_links", "account="+acct.str("id"), "type=account_onboarding",
		"return_url=https://shop.test/back", "refresh_url=https://shop.test/again")
	want(t, "page says sandbox",
		strings.Contains(string(b.get(strings.TrimPrefix(link.str("url"), b.url)).raw), "sandbox"),
		true)

	back := b.browse("/connect/onboarding", form("account="+acct.str("id"), "return_url=https://shop.test/back"))
	want(t, "redirected", back.String(), "https://shop.test/back")
	want(t, "after", b.get("/v1/accounts/"+acct.str("id")).str("capabilities.transfers"), "active")
	want(t, "session",
		strings.HasPrefix(
			b.ok("/v1/account_sessions", "account="+acct.str("id"),
				"components[payments][enabled]=true").str("client_secret"),
			"accs_secret__"),
		true)
}

func TestAssetsAndPages(t *testing.T) {
	t.Parallel()
	assets := fstest.MapFS{
		"stripe.js":     {Data: []byte("// script")},
		"3ds.html":      {Data: []byte("challenge")},
		"redirect.html": {Data: []byte("bank")},
		"page.css":      {Data: []byte("p{}")},
	}

	b := newBox(t, func(cfg *sandbox.Config) { cfg.Assets = assets })
	for _, path := range []string{"/v3", "/v3/", "/v3/stripe.js", "/acacia/stripe.js"} {
		r := b.get(path)
		want(t, path, string(r.raw), "// script")
		want(t, path+" type", r.header.Get("Content-Type"), "text/javascript; charset=utf-8")
		want(t, path+" cache", r.header.Get("Cache-Control"), "no-store")
	}

	zipped := b.do("GET", "/v3/", "", header("Accept-Encoding", "gzip"))
	want(t, "compressed, as Stripe's own is", zipped.header.Get("Content-Encoding"), "gzip")
	want(t, "style", b.get("/v3/page.css").status, http.StatusOK)
	want(t, "missing", b.get("/v3/none.css").status, http.StatusNotFound)

	pi := b.ok("/v1/payment_intents", "amount=2000", "currency=eur", "confirm=true",
		"payment_method_types[]=ideal", "payment_method_data[type]=ideal",
		"return_url=https://shop.test/back")
	page := strings.TrimPrefix(pi.str("next_action.redirect_to_url.url"), b.url)
	want(t, "page", string(b.get(page).raw), "bank")
	want(t, "without the secret", b.get("/redirect/"+pi.str("id")).status, http.StatusNotFound)

	r := b.do("POST", "/redirect/"+pi.str("id"),
		form("client_secret="+pi.str("client_secret"), "outcome=fail"), withKey(""))
	want(t, "response", r.str("status")+" "+r.str("return_url"), "requires_payment_method https://shop.test/back")
	want(t, "invalid outcome",
		b.do("POST", "/redirect/"+pi.str("id"),
			form("client_secret="+pi.str("client_secret"), "outcome=maybe"), withKey("")).status,
		http.StatusBadRequest)
}

func TestDestinationChargesAreTransferred(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	acct := b.ok("/v1/accounts", "type=express").str("id")
	pairs := []string{
		"amount=1000", "currency=usd", "confirm=true", "payment_method=pm_card_visa",
		"payment_method_types[]=card", "application_fee_amount=100",
	}

	pi := b.ok("/v1/payment_intents",
		append(pairs, "transfer_data[destination]="+acct, "expand[]=latest_charge.transfer",
			"expand[]=latest_charge.application_fee")...)
	want(t, "transferred", pi.num("latest_charge.transfer.amount"), 1000)
	want(t, "destination", pi.str("latest_charge.transfer.destination"), acct)
	want(t, "fee", pi.num("latest_charge.application_fee.amount"), 100)
	b.emits("payment_intent.created application_fee.created transfer.created charge.succeeded " +
		"payment_intent.succeeded charge.updated")
	want(t, "fee on the platform's own payment", b.post("/v1/payment_intents", pairs...).str("error.param"),
		"application_fee_amount")

	none := b.post("/v1/payment_intents", append(pairs, "transfer_data[destination]=acct_none")...)
	want(t, "unknown account", none.str("error.param"), "transfer_data[destination]")
}
