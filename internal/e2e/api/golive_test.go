package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
)

// TestTheChecklistIsADocument asks for the checklist over HTTP, as a page of
// the shop's backend would. That every answer is as the API's document says is
// checked on the way.
func TestTheChecklistIsADocument(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	backend := s.Backend(t, api.ScopeRead)

	if r := backend.Call("GET", "/v1/golive", ""); r.Status != http.StatusNotFound || !strings.Contains(r.Body, "golive_not_run") {
		t.Errorf("before the first run: %d %s", r.Status, r.Body)
	}
	if r := backend.Call("POST", "/v1/golive", `{"tset":true}`); r.Status != http.StatusBadRequest {
		t.Errorf("a misspelt member: %d %s", r.Status, r.Body)
	}

	// Many ask at once, and one run begins.
	replies := make([]e2etest.Reply, 4)
	var asked sync.WaitGroup
	for i := range replies {
		asked.Go(func() { replies[i] = backend.Call("POST", "/v1/golive", `{"test":true}`) })
	}
	asked.Wait()

	ran := 0
	for _, r := range replies {
		switch {
		case r.Status == http.StatusOK:
			ran++
		case r.Status != http.StatusTooManyRequests || r.Header.Get("Retry-After") == "" || !strings.Contains(r.Body, "golive_too_soon"):
			t.Errorf("got %d %s", r.Status, r.Body)
		}
	}
	if ran != 1 {
		t.Errorf("%d runs began, want 1", ran)
	}

	d := backend.Want(http.StatusOK, "GET", "/v1/golive", "")
	checks := map[string]map[string]any{}
	for _, c := range d["checks"].([]any) {
		c := c.(map[string]any)
		checks[c["check"].(string)] = c
	}

	for name, want := range map[string]string{
		"keys-work": "green", "https-body": "green", "database-mode": "green", "keys-mode": "red", "box-radar": "red", "logs-canary": "not_visible",
	} {
		if got := checks[name]["status"]; got != want {
			t.Errorf("%s is %v, want %s: %v", name, got, want, checks[name])
		}
	}

	history := d["history"].([]any)
	if first := history[0].(map[string]any); len(history) != 1 || first["id"] != d["id"] || d["last_green"] != nil || d["livemode"] != false {
		t.Errorf("got the history %v, last green %v", history, d["last_green"])
	}

	// Nothing of it is a secret, and nothing came into the inbox.
	answer := backend.Call("GET", "/v1/golive", "").Body
	for _, secret := range []string{config.SandboxSecretKey, config.SandboxWebhookSecret, config.SandboxConnectWebhookSecret, backend.Secret, "_secret_golive"} {
		if strings.Contains(answer, secret) {
			t.Errorf("the document holds %s", secret)
		}
	}
	if events := s.Events(s.Inbox()); len(events) != 0 {
		t.Errorf("the run left %d events in the inbox", len(events))
	}
}

// TestTheChecklistWithoutStripe holds that a run has an answer, and that the
// server goes on, while Stripe refuses everything.
func TestTheChecklistWithoutStripe(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	backend := s.Backend(t, api.ScopeRead)
	for _, route := range []string{"GET /v1/*", "GET /v1/*/*"} {
		s.Fault(route, "status_500", -1)
	}

	d := backend.Want(http.StatusOK, "POST", "/v1/golive", "")
	for _, c := range d["checks"].([]any) {
		c := c.(map[string]any)
		if c["check"] == "keys-work" && c["status"] != "red" {
			t.Errorf("without Stripe: %v", c)
		}
	}

	s.App.Sandbox().ClearFaults()
	s.Paid(t)
}
