package app_test

import (
	"strings"
	"testing"
	"time"

	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
)

func TestReadiness(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	if r := b.Call("GET", "/readyz", ""); r.Status != 200 {
		t.Errorf("a running server is not ready: %d %s", r.Status, r.Body)
	}
	if err := s.App.LoseDatabase(); err != nil {
		t.Fatal(err)
	}

	b.WantProblem("/readyz", b.Call("GET", "/readyz", ""), 503, "not_ready", "")
	if r := b.Call("GET", "/healthz", ""); r.Status != 200 {
		t.Errorf("a server without its database is not alive: %d", r.Status)
	}

	r := b.Call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`)
	if r.Status < 500 || r.Header.Get("Content-Type") != "application/problem+json" || strings.Contains(r.Body, "sql") {
		t.Errorf("an order without a database: %d %s", r.Status, r.Body)
	}

	body := e2etest.Event("evt_1", "payment_intent.succeeded", e2etest.StrangeIntent, "")
	if r := b.Call("POST", "/webhooks/stripe", body, e2etest.Signature(body, config.SandboxWebhookSecret, time.Now())); r.Status < 500 {
		t.Errorf("an event that cannot be kept is answered with %d", r.Status)
	}
}
