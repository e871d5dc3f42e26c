package guide_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
)

// The guide's client on the shop's own site, which is another origin: it sends
// the order's client token, and no cookie is needed or set.
func TestTheGuideOnTheShopsOwnSite(t *testing.T) {
	t.Parallel()
	var s *e2etest.Shop
	var token string

	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/pay":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, strings.ReplaceAll(guidePage, "STRIPE", s.App.StripeOrigin()))
		case "/guide.js":
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = io.WriteString(w, elsewhere(s.URL, token))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(site.Close)

	s = e2etest.OpenShop(t, e2etest.Set("ALLOWED_ORIGINS", site.URL))
	order := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders",
		`{"currency":"usd","items":[{"name":"Guide","unit_amount":1099}]}`)
	token = order["client_token"].(string)

	v := e2etest.Visit(t, s)
	v.Expect("402 (Payment Required)")
	says := func(text string) {
		t.Helper()
		v.Until("document.querySelector('#error-message').textContent.startsWith(" + strconv.Quote(text) + ")")
	}

	v.OpenElsewhere(site.URL + "/pay")
	says("ready")
	v.FillCard(e2etest.CardDeclined)
	v.Click("#submit")
	says("card_error card_declined: Your card was declined.")
	v.FillCard(e2etest.CardAsks)
	v.Click("#submit")
	v.Challenge("pass")
	says("after the action: succeeded")

	paid := "fetch(" + strconv.Quote(s.URL+"/orders/"+order["id"].(string)) +
		", {headers: {'Checkoutd-Client-Token': " + strconv.Quote(token) + "}})" +
		".then((r) => r.json()).then((o) => o.status === 'paid')"
	v.Until(paid)
	s.WantLedger(1, 1099)
	e2etest.Want(v, "document.cookie", "")
}

// elsewhere returns the guide's client for a page on another origin than the
// shop: the calls have the shop's address and send the client token.
func elsewhere(shop, token string) string {
	return strings.NewReplacer(
		"fetch('/create-customer-session', {method: 'POST'})",
		"fetch('"+shop+"/create-customer-session', {method: 'POST', headers: {'Content-Type': 'application/json'}, "+
			"body: JSON.stringify({clientToken: '"+token+"'})})",
		"fetch('/create-confirm-intent'", "fetch('"+shop+"/create-confirm-intent'",
		"JSON.stringify({confirmationTokenId", "JSON.stringify({clientToken: '"+token+"', confirmationTokenId",
	).Replace(guideScript)
}
