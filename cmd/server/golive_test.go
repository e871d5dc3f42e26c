package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/cli"
	"checkoutd/internal/config"
)

// TestGoLive runs the checklist beside a sandbox, where much is red.
func TestGoLive(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t)

	out, _, err := s.run("golive")
	if err == nil || cli.ExitCode(err) != exitRed {
		t.Errorf("got %v, want the exit code %d", err, exitRed)
	}

	s.wantOutput(out, "RED", "keys-mode", "this is the offline sandbox", "docs/golive.md#keys-mode", "green", "clock")

	out, _, err = s.run("golive", "--json", "--test")
	if cli.ExitCode(err) != exitRed {
		t.Errorf("got %v, want the exit code %d", err, exitRed)
	}

	for line := range strings.Lines(out) {
		var c struct{ Check, Status, Evidence, Help string }
		if err := json.Unmarshal([]byte(line), &c); err != nil || c.Check == "" || c.Status == "" || c.Evidence == "" {
			t.Errorf("got the line %q, %v", line, err)
		}
	}

	s.wantOutput(s.ok("golive", "tick", "box-radar", "--by", "Ann", "--note", "rules of May"), "ticked box-radar")
	s.fails([]string{"golive", "tick", "box-radar"}, "--by")
	s.fails([]string{"golive", "tick", "box-none", "--by", "Ann"}, "no box")

	// The log of the sandbox that answers, as a file.
	log := filepath.Join(s.dir, "server.log")
	stopCopy := make(chan struct{})
	copied := make(chan struct{})
	go func() {
		defer close(copied)

		for {
			_ = os.WriteFile(log, []byte(s.log.String()), 0o600)
			select {
			case <-stopCopy:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()

	s.poll(func() bool { _, err := os.Stat(log); return err == nil })
	out, _, _ = s.run("golive", "--log", log)
	close(stopCopy)
	<-copied
	s.wantOutput(out, "Ann ticked it on", "rules of May", "left none of them in", "signed webhooks arrive byte for byte",
		"it was first seen here on")
	s.wantOutput(s.ok("golive", "history"), "last green: never", "box-radar: red → green")
	s.wantOutput(s.ok("golive", "history", "--limit", "1"), "only the newest 1 are shown")

	_, _, err = s.run("golive", "now")
	if cli.ExitCode(err) != exitNotRun {
		t.Errorf("an argument too many: got %v, want the exit code %d", err, exitNotRun)
	}
	if _, _, err := s.run("golive", "--help"); err != nil {
		t.Errorf("help: got %v", err)
	}
}

// TestGoLiveProbe follows an event beside a sandbox.
func TestGoLiveProbe(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t)
	s.wantOutput(s.ok("golive", "--probe"), "payment_intent.created and payment_intent.canceled came by webhook")

	_, _, err := s.run("golive", "--probe", "now")
	if cli.ExitCode(err) != exitNotRun {
		t.Errorf("an argument too many: got %v, want the exit code %d", err, exitNotRun)
	}
}

// TestGoLiveBeforeAnything checks what is said before there is a database.
func TestGoLiveBeforeAnything(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	if _, _, err := p.run("golive", "--probe"); cli.ExitCode(err) != exitNotRun {
		t.Errorf("a probe: got %v, want the exit code %d", err, exitNotRun)
	}
	if _, _, err := p.run("golive"); cli.ExitCode(err) != exitNotRun {
		t.Errorf("got %v, want the exit code %d", err, exitNotRun)
	}

	p.ok("migrate")
	p.settings["CATALOG_FILE"] = filepath.Join(p.dir, "catalog.json")

	if err := os.WriteFile(p.settings["CATALOG_FILE"], []byte(`{"currency":"usd","products":[{"sku":"a","name":"A","price":"1"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}

	p.settings["STRIPE_SECRET_KEY"], p.settings["STRIPE_PUBLISHABLE_KEY"] = "sk_test_123456789012", "pk_test_123456789012"
	p.settings["STRIPE_API_BASE"] = "http://" + freeAddress(t) // nobody answers

	out, _, err := p.run("golive")
	if cli.ExitCode(err) != exitRed || !strings.Contains(out, "Stripe's answer: none") {
		t.Errorf("without the secrets of webhooks, and without an answer: got %v, want a red report:\n%s", err, out)
	}

	p.settings["DATABASE_URL"] = "sqlite:" + filepath.Join(p.dir, "none.db")
	for code, args := range map[int][]string{
		exitRed:    {"golive"},
		exitNotRun: {"golive", "history"},
	} {
		if _, _, err := p.run(args...); cli.ExitCode(err) != code {
			t.Errorf("%v without a database: got %v, want the exit code %d", args, err, code)
		}
	}
}

// register makes a webhook endpoint at the offline Stripe, if it takes one
// more.
func (s *sandboxShop) register(address string) {
	s.Helper()
	form := strings.NewReader(url.Values{"url": {address}, "enabled_events[]": {"*"}}.Encode())
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.stripe("/v1/webhook_endpoints"), form)
	if err != nil {
		s.Fatal(err)
	}

	r.SetBasicAuth(config.SandboxSecretKey, "")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.buyer.Send(r)
}

// TestGoLiveCreateEndpoints creates the endpoints of a sandbox under another
// address, where there are none yet.
func TestGoLiveCreateEndpoints(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t, "APP_NAME", "Woo Pay", "APP_URL", "https://woo.example/pay", "STRIPE_PARTNER_ID", "pp_partner_A1")

	// The page registers the product that checkoutd is a part of.
	_, page := s.send("GET", s.at("/config?order="+s.order("guide")), "application/json", "")
	info, _ := page["app_info"].(map[string]any)
	if len(info) != 3 || info["name"] != "Woo Pay" || info["url"] != "https://woo.example/pay" ||
		info["partner_id"] != "pp_partner_A1" {
		t.Errorf("got the app info %v", info)
	}

	s.settings["BASE_URL"] = "https://pay.shop.example"

	s.fails([]string{"golive", "--dry-run"}, "--create-endpoints")
	s.wantOutput(s.ok("golive", "--create-endpoints", "--dry-run"), "would create: https://pay.shop.example/webhooks/stripe",
		"connect=true", "connect=false")

	file := filepath.Join(s.dir, "secrets.env")
	out, log, err := s.run("golive", "--create-endpoints", "--secrets-file", file)
	secrets, readErr := os.ReadFile(file)

	stat, statErr := os.Stat(file)
	if err != nil || readErr != nil || statErr != nil || stat.Mode().Perm() != 0o600 {
		t.Fatalf("got %v, %v, %v", err, readErr, statErr)
	}

	for _, option := range []string{"STRIPE_WEBHOOK_SECRET=whsec_", "STRIPE_CONNECT_WEBHOOK_SECRET=whsec_"} {
		if !strings.Contains(string(secrets), option) {
			t.Errorf("the file lacks %s…: %s", option, secrets)
		}
	}

	if strings.Contains(out+log+s.log.String(), "whsec_") || !strings.Contains(out, "created we_") {
		t.Errorf("a secret is shown, or the endpoints are not:\n%s%s", out, log)
	}

	s.fails([]string{"golive", "--create-endpoints", "--secrets-file", file}, "exists already")
	s.fails([]string{"golive", "--create-endpoints", "--dry-run", "--secrets-file", file}, "exists already",
		"there is an endpoint already")
	s.fails([]string{"golive", "--create-endpoints"}, "there is an endpoint already", "for connected accounts already")

	out, _, _ = s.run("golive", "--test")

	// Stripe's refusal is shown, and repeated by no later call.
	for i := range 14 {
		s.register(fmt.Sprintf("https://%d.shop.example", i))
	}

	s.settings["BASE_URL"] = "https://other.shop.example"
	for range 2 {
		s.fails([]string{"golive", "--create-endpoints"}, "endpoint: Stripe's answer: status 400 invalid_request_error: You",
			"16")
	}

	s.settings["BASE_URL"] = "https://pay.shop.example"

	for _, check := range []string{"endpoint-version", "endpoint-events", "connect-endpoint-version", "connect-endpoint-events"} {
		if !regexp.MustCompile(`(?m)^green +` + check + ` `).MatchString(out) {
			t.Errorf("%s of the created endpoints is not green:\n%s", check, out)
		}
	}
}
