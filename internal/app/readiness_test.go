package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
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

// TestReadinessWithoutItsFile deletes the SQLite file of a running server. What
// is acknowledged from then on would be gone after a restart.
func TestReadinessWithoutItsFile(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	if err := os.Remove(strings.TrimPrefix(s.Config.DatabaseURL.Reveal(), "sqlite:")); err != nil {
		t.Fatal(err)
	}

	b.WantProblem("/readyz", b.Call("GET", "/readyz", ""), 503, "not_ready", "")

	body := e2etest.Event("evt_1", "payment_intent.succeeded", e2etest.StrangeIntent, "")
	signature := e2etest.Signature(body, config.SandboxWebhookSecret, time.Now())
	b.WantProblem("a webhook", b.Call("POST", "/webhooks/stripe", body, signature), 503, "storage_unavailable", "")
	b.WantProblem("an order", b.Call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`),
		503, "storage_unavailable", "")
}

// TestASecondServerIsRefused starts a server on the files of a running one.
func TestASecondServerIsRefused(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	other := t.TempDir()

	for name, c := range map[string]struct {
		change func(*config.Config)
		want   string
	}{
		"on its database": {func(c *config.Config) { c.SandboxStateFile = filepath.Join(other, "state") }, ".db is in use by another server: process "},
		"on its state file": {func(c *config.Config) {
			c.DatabaseURL = config.Secret("sqlite:" + filepath.Join(other, "other.db"))
			c.SandboxStateFile = s.Config.SandboxStateFile
		}, "SANDBOX_STATE_FILE: " + s.Config.SandboxStateFile + " is in use by another sandbox: process "},
	} {
		second := *s.Config
		second.Addr, second.SandboxAddr = "127.0.0.1:0", "127.0.0.1:0"
		c.change(&second)

		a, err := app.New(t.Context(), app.Options{Config: &second, Log: zerolog.Nop(), Now: time.Now})
		if err == nil {
			_ = a.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}

	// A command works beside the server.
	inbox, err := app.OpenInbox(t.Context(), s.Config, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := inbox.Close(); err != nil {
		t.Error(err)
	}
}
