package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestEveryRouteAgainstEveryCaller: what each route answers to each kind of caller. A route
// that is not in the table fails the test.
func TestEveryRouteAgainstEveryCaller(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	owner, other := s.buyer(t), s.buyer(t)
	id := owner.order("mug")
	otherID := other.order("mug")
	secret := s.cfg.StripeSecretKey.Reveal()
	_, asset, _ := strings.Cut(owner.call("GET", "/", "").body, `href="/static/`)
	asset, _, _ = strings.Cut(asset, `"`)

	// A Stripe key opens nothing here, and takes nothing from who may: the order's cookie does.
	callers := []struct {
		name    string
		buyer   *buyer
		headers []string
	}{
		{"nobody", s.buyer(t), nil},
		{"another buyer", other, nil},
		{"the buyer", owner, nil},
		{"a wrong key", s.buyer(t), []string{"Authorization: Bearer sk_test_wrongwrongwrong"}},
		{"the right key", s.buyer(t), []string{"Authorization: Bearer " + secret}},
		{"the buyer on another site", owner, []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}},
	}
	token := owner.token(cardPays)
	const quantity = `{"items":[{"sku":"mug","quantity":1}]}`
	private := [6]int{404, 404, 200, 404, 404, 200} // reading does no harm: no other site can see the answer
	change := [6]int{404, 404, 200, 404, 404, 403}
	public := [6]int{200, 200, 200, 200, 200, 200}
	table := []struct {
		route, path, body string
		want              [6]int // one for each caller
	}{
		{"GET /", "/", "", public},
		{"GET /checkout/{id}", "/checkout/" + id, "", private},
		{"GET /complete", "/complete?order=" + id, "", private},
		{"GET /static/*", "/static/" + asset, "", public},
		{"GET /orders/{id}", "/orders/" + id, "", private},
		{"GET /config", "/config?order=" + id, "", private},
		{"GET /healthz", "/healthz", "", public},
		{"GET /readyz", "/readyz", "", public},
		{"POST /orders", "/orders", quantity, [6]int{201, 201, 201, 201, 201, 403}},
		{"PATCH /orders/{id}", "/orders/" + id, quantity, change},
		{"POST /webhooks/stripe", "/webhooks/stripe", `{}`, [6]int{400, 400, 400, 400, 400, 403}}, // the signature alone counts
		{"POST /create-customer-session", "/create-customer-session", `{"orderId":"` + id + `"}`, change},
		{"POST /create-confirm-intent", "/create-confirm-intent", fmt.Sprintf(`{"confirmationTokenId":%q,"orderId":%q}`, token, id), change},
	}
	var known []string
	for _, row := range table {
		known = append(known, row.route)
		method, _, _ := strings.Cut(row.route, " ")
		for i, c := range callers {
			r := c.buyer.call(method, row.path, row.body, c.headers...)
			if r.status != row.want[i] {
				t.Errorf("%s for %s: %d, want %d: %.200s", row.route, c.name, r.status, row.want[i], r.body)
			}
			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"} {
				if r.header.Get(name) == "" {
					t.Errorf("%s for %s has no %s", row.route, c.name, name)
				}
			}
			if r.status >= 400 && strings.Contains(r.body, "Enamel") {
				t.Errorf("%s tells %s of the order: %s", row.route, c.name, r.body)
			}
		}
	}
	for _, route := range s.app.Routes() {
		method, _, _ := strings.Cut(route, " ")
		if !slices.Contains(known, route) && (method == http.MethodGet || !strings.HasSuffix(route, "/static/*")) {
			t.Errorf("%s is not in the table", route)
		}
	}
	if got := other.status(otherID); got != "open unpaid" {
		t.Errorf("the other buyer's order is %s, want open unpaid", got)
	}
	s.wantLedger(1, mugPrice)
}
