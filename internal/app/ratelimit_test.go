package app_test

import (
	"net/http"
	"testing"
)

// The calls that lead to Stripe share one limit per client; the webhook, the page and the
// order's state, which buyers poll, have none.
func TestOneClientCannotUseUpStripesLimit(t *testing.T) {
	t.Parallel()
	s := openShop(t, func(s *shop) {
		s.env["RATE_LIMIT"] = "3"
		s.env["TRUSTED_PROXIES"] = "127.0.0.1,::1"
	})
	const from = "X-Forwarded-For: 203.0.113.7"
	b := s.buyer(t)
	const order = `{"items":[{"sku":"mug","quantity":1}]}`
	made := b.call("POST", "/orders", order, from)
	if made.status != http.StatusCreated {
		t.Fatalf("POST /orders: %d %s", made.status, made.body)
	}
	id := b.object(made)["id"].(string)
	for range 2 {
		if r := b.call("POST", "/create-customer-session", "", from); r.status != http.StatusOK {
			t.Fatalf("POST /create-customer-session: %d %s", r.status, r.body)
		}
	}
	for path, body := range map[string]string{
		"/orders":                  order,
		"/create-customer-session": "",
		"/create-confirm-intent":   `{"confirmationTokenId":"` + b.token(cardPays) + `"}`,
	} {
		r := b.call("POST", path, body, from)
		b.wantProblem(path, r, http.StatusTooManyRequests, "rate_limited", "")
		if r.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
	for _, path := range []string{"/", "/orders/" + id, "/config?order=" + id, "/complete?order=" + id} {
		if r := b.call("GET", path, "", from); r.status >= http.StatusBadRequest {
			t.Errorf("GET %s: %d, want no limit", path, r.status)
		}
	}
	if r := b.call("POST", "/webhooks/stripe", "{}", from); r.status != http.StatusBadRequest {
		t.Errorf("a webhook: %d %s, want it judged by its signature alone", r.status, r.body)
	}
	if got := b.status(id); got != "open unpaid" {
		t.Errorf("the order is %q", got)
	}
}
