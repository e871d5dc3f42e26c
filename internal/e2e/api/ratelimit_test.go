package api_test

import (
	"net/http"
	"testing"

	"checkoutd/internal/e2e/e2etest"
)

// Calls that lead to Stripe share one limit per client. The webhook, the pages
// and the order, which buyers poll, have none.
func TestOneClientCannotUseUpStripesLimit(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, func(s *e2etest.Shop) {
		s.Env["RATE_LIMIT"] = "3"
		s.Env["TRUSTED_PROXIES"] = "127.0.0.1,::1"
	})

	const from = "X-Forwarded-For: 203.0.113.7"
	b := s.Buyer(t)
	const order = `{"items":[{"sku":"mug","quantity":1}]}`
	made := b.Call("POST", "/orders", order, from)
	if made.Status != http.StatusCreated {
		t.Fatalf("POST /orders: %d %s", made.Status, made.Body)
	}

	id := b.Object(made)["id"].(string)
	for range 2 {
		if r := b.Call("POST", "/create-customer-session", "", from); r.Status != http.StatusOK {
			t.Fatalf("POST /create-customer-session: %d %s", r.Status, r.Body)
		}
	}

	for path, body := range map[string]string{
		"/orders":                  order,
		"/create-customer-session": "",
		"/create-confirm-intent":   `{"confirmationTokenId":"` + b.Token(e2etest.CardPays) + `"}`,
	} {
		r := b.Call("POST", path, body, from)
		b.WantProblem(path, r, http.StatusTooManyRequests, "rate_limited", "")

		if r.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}

	for _, path := range []string{"/", "/orders/" + id, "/config?order=" + id, "/complete?order=" + id} {
		if r := b.Call("GET", path, "", from); r.Status >= http.StatusBadRequest {
			t.Errorf("GET %s: %d, want no limit", path, r.Status)
		}
	}

	if r := b.Call("POST", "/webhooks/stripe", "{}", from); r.Status != http.StatusBadRequest {
		t.Errorf("a webhook: %d %s, want it judged by its signature alone", r.Status, r.Body)
	}
	if got := b.Status(id); got != "open unpaid" {
		t.Errorf("the order is %q", got)
	}
}
