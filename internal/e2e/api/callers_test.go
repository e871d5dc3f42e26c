package api_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
)

// What each route answers to each kind of caller. A route that is missing from
// the table fails the test.
func TestEveryRouteAgainstEveryCaller(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "apple")
	if err := os.WriteFile(file, []byte("7B227073704964"), 0o600); err != nil {
		t.Fatal(err)
	}

	s := e2etest.OpenShop(t, e2etest.Set("APPLE_PAY_DOMAIN_FILE", file))
	owner, other := s.Buyer(t), s.Buyer(t)
	id := owner.Order("mug")
	otherID := other.Order("mug")
	secret := s.Config.StripeSecretKey.Reveal()
	_, asset, _ := strings.Cut(owner.Call("GET", "/", "").Body, `href="/static/`)
	asset, _, _ = strings.Cut(asset, `"`)

	// A Stripe key opens nothing here, and takes nothing from who may: the
	// order's cookie does.
	callers := []struct {
		name    string
		buyer   *e2etest.Buyer
		headers []string
	}{
		{"nobody", s.Buyer(t), nil},
		{"another buyer", other, nil},
		{"the buyer", owner, nil},
		{"a wrong key", s.Buyer(t), []string{"Authorization: Bearer sk_test_wrongwrongwrong"}},
		{"the right key", s.Buyer(t), []string{"Authorization: Bearer " + secret}},
		{"the buyer on another site", owner, []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}},
		{"the shop's backend", s.Buyer(t), []string{"Authorization: Bearer " + s.Backend(t, api.ScopeRefund).Secret}},
	}

	// Both buyers have opened a link, each their own.
	linkPage := openLink(t, s, owner, "c-1")
	openLink(t, s, other, "c-2")

	const appleDomain = "/.well-known/apple-developer-merchantid-domain-association"
	token := owner.Token(e2etest.CardPays)
	const quantity = `{"items":[{"sku":"mug","quantity":1}]}`
	private := [7]int{404, 404, 200, 404, 404, 200, 404} // reading does no harm: no other site can see the answer
	change := [7]int{404, 404, 200, 404, 404, 403, 404}
	public := [7]int{200, 200, 200, 200, 200, 200, 200}
	shops := [7]int{401, 401, 401, 401, 401, 401, 200} // its key alone opens them
	creates := [7]int{401, 401, 401, 401, 401, 403, 201}
	hidden := [7]int{401, 401, 401, 401, 401, 401, 404}
	noPerson := [7]int{401, 401, 401, 401, 401, 401, 401}
	noPage := [7]int{403, 403, 403, 403, 403, 403, 403}
	operate := [7]int{401, 401, 401, 401, 401, 403, 404}
	table := []struct {
		route, path, body string
		want              [7]int // one for each caller
	}{
		{"GET /", "/", "", public},
		{"GET /checkout/{id}", "/checkout/" + id, "", private},
		{"GET /complete", "/complete?order=" + id, "", private},
		{"GET /find-order", "/find-order", "", public},
		{"POST /find-order", "/find-order", "", [7]int{404, 404, 404, 404, 404, 403, 404}},
		{"GET /receipt/{id}", "/receipt/" + id, "", private},
		{"GET /static/*", "/static/" + asset, "", public},
		{"GET /orders/{id}", "/orders/" + id, "", private},
		{"GET /config", "/config?order=" + id, "", private},
		{"GET /checkout-form", "/checkout-form?order=" + id, "", private},
		{"GET /checkoutd.js", "/checkoutd.js", "", public},
		{"GET /checkoutd.d.ts", "/checkoutd.d.ts", "", public},
		{"GET " + appleDomain, appleDomain, "", public},
		{"GET /healthz", "/healthz", "", public},
		{"GET /readyz", "/readyz", "", public},
		{"POST /orders", "/orders", quantity, [7]int{201, 201, 201, 201, 201, 403, 201}},
		{"PATCH /orders/{id}", "/orders/" + id, quantity, change},
		{"POST /webhooks/stripe", "/webhooks/stripe", `{}`, [7]int{400, 400, 400, 400, 400, 403, 400}}, // the signature alone counts
		{"GET /v1/openapi.json", "/v1/openapi.json", "", public},
		{"GET /v1/orders", "/v1/orders", "", shops},
		{"POST /v1/orders", "/v1/orders", `{"currency":"usd","items":[{"name":"Mug","unit_amount":900}]}`, creates},
		{"PATCH /v1/orders/{id}", "/v1/orders/ord_none", `{}`, operate},
		{"GET /v1/orders/{id}", "/v1/orders/" + id, "", shops},
		{"GET /v1/orders/{id}/timeline", "/v1/orders/" + id + "/timeline", "", shops},
		{"POST /v1/orders/{id}/capture", "/v1/orders/ord_none/capture", "", operate},
		{"POST /v1/orders/{id}/cancel", "/v1/orders/ord_none/cancel", "", operate},
		{"POST /v1/orders/{id}/refund", "/v1/orders/ord_none/refund", "", operate},
		{"GET /v1/customers/{reference}", "/v1/customers/c-none", "", hidden},
		{"DELETE /v1/customers/{reference}", "/v1/customers/c-none", "", [7]int{401, 401, 401, 401, 401, 403, 204}},
		{"POST /v1/customers/export", "/v1/customers/export", `{"reference":"c-none"}`, [7]int{401, 401, 401, 401, 401, 403, 404}},
		{"POST /v1/customers/erase", "/v1/customers/erase", `{"email":"nobody@example.com"}`, [7]int{401, 401, 401, 401, 401, 403, 200}},
		{"POST /v1/golive", "/v1/golive", "", [7]int{401, 401, 401, 401, 401, 403, 200}},
		{"GET /v1/golive", "/v1/golive", "", shops},
		{"GET /v1/webhook_endpoints", "/v1/webhook_endpoints", "", shops},
		{"POST /v1/webhook_endpoints", "/v1/webhook_endpoints", `{"url":"https://shop.example/hooks","disabled":true}`, creates},
		{"GET /v1/webhook_endpoints/{id}", "/v1/webhook_endpoints/we_none", "", hidden},
		{"PATCH /v1/webhook_endpoints/{id}", "/v1/webhook_endpoints/we_none", `{}`, operate},
		{"DELETE /v1/webhook_endpoints/{id}", "/v1/webhook_endpoints/we_none", "", operate},
		{"POST /v1/webhook_endpoints/{id}/rotate", "/v1/webhook_endpoints/we_none/rotate", "", operate},
		{"POST /v1/webhook_endpoints/{id}/test", "/v1/webhook_endpoints/we_none/test", "", operate},
		{"GET /v1/webhook_endpoints/{id}/deliveries", "/v1/webhook_endpoints/we_none/deliveries", "", hidden},
		{"POST /v1/webhook_endpoints/{id}/redeliver", "/v1/webhook_endpoints/we_none/redeliver", `{"failed":true}`, operate},
		{"GET /v1/connect/accounts/{id}/mirror", "/v1/connect/accounts/acct_none/mirror", "", hidden},
		{"POST /v1/connect/accounts/{id}/mirror", "/v1/connect/accounts/acct_none/mirror", "", operate},
		{"GET /v1/connect/accounts/{id}/payments", "/v1/connect/accounts/acct_none/payments", "", hidden},
		{"GET /v1/connect/accounts/{id}/reports/{report}", "/v1/connect/accounts/acct_none/reports/fees", "", hidden},
		{"POST /v1/connect/accounts/{id}/dashboard_links", "/v1/connect/accounts/acct_none/dashboard_links", "", operate},
		{"GET /connect/dashboard", "/connect/dashboard", "", noPerson}, // TestDashboardCallers has those who are
		{"GET /connect/dashboard/open", "/connect/dashboard/open?token=none", "", noPerson},
		{"GET /connect/dashboard/progress", "/connect/dashboard/progress", "", noPerson},
		{"POST /connect/dashboard/sign-out", "/connect/dashboard/sign-out", "", noPage},
		{"POST /account_session", "/account_session", "", noPage},
		{"GET /connect/{id}", linkPage, "", private},
		{"POST /connect/{id}/start", linkPage + "/start", "", [7]int{404, 404, 303, 404, 404, 403, 404}},
		{"GET /connect/callback", "/connect/callback?code=ac_1&state=none", "", [7]int{404, 404, 404, 404, 404, 404, 404}},
		{"POST /v1/connect/links", "/v1/connect/links", `{"reference":"c-1"}`, creates},
		{"GET /v1/connect/accounts", "/v1/connect/accounts", "", shops},
		{"GET /v1/connect/accounts/{id}", "/v1/connect/accounts/acct_none", "", [7]int{401, 401, 401, 401, 401, 401, 404}},
		{"POST /v1/connect/accounts/{id}/sync", "/v1/connect/accounts/acct_none/sync", "", operate},
		{"POST /v1/connect/accounts/{id}/subscribe", "/v1/connect/accounts/acct_none/subscribe", `{"items":[{"sku":"mug"}]}`, operate},
		{"POST /v1/connect/accounts/{id}/unsubscribe", "/v1/connect/accounts/acct_none/unsubscribe", "", operate},
		{"POST /v1/connect/accounts/{id}/deauthorize", "/v1/connect/accounts/acct_none/deauthorize", "", operate},
		{"POST /create-customer-session", "/create-customer-session", `{"orderId":"` + id + `"}`, change},
		{"POST /create-confirm-intent", "/create-confirm-intent", fmt.Sprintf(`{"confirmationTokenId":%q,"orderId":%q}`, token, id), change},
	}

	var known []string
	for _, row := range table {
		known = append(known, row.route)
		method, _, _ := strings.Cut(row.route, " ")
		for i, c := range callers {
			r := c.buyer.Call(method, row.path, row.body, c.headers...)
			if r.Status != row.want[i] {
				t.Errorf("%s for %s: %d, want %d: %.200s", row.route, c.name, r.Status, row.want[i], r.Body)
			}

			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy"} {
				if r.Header.Get(name) == "" {
					t.Errorf("%s for %s has no %s", row.route, c.name, name)
				}
			}

			if r.Status >= 400 && strings.Contains(r.Body, "Enamel") {
				t.Errorf("%s tells %s of the order: %s", row.route, c.name, r.Body)
			}
		}
	}

	for _, route := range s.Routes() {
		method, _, _ := strings.Cut(route, " ")
		if !slices.Contains(known, route) && (method == http.MethodGet || !strings.HasSuffix(route, "/static/*")) {
			t.Errorf("%s is not in the table", route)
		}
	}

	if got := other.Status(otherID); got != "open unpaid" {
		t.Errorf("the other buyer's order is %s, want open unpaid", got)
	}

	s.WantLedger(1, e2etest.MugPrice)
}

// openLink makes a link by which an account is connected, opens it and returns
// its page.
func openLink(t *testing.T, s *e2etest.Shop, b *e2etest.Buyer, reference string) string {
	t.Helper()
	l := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/connect/links", `{"reference":"`+reference+`"}`)
	r := b.Call("GET", strings.TrimPrefix(l["url"].(string), s.URL), "")
	return r.Header.Get("Location")
}
