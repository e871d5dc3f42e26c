package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoLive runs the checklist beside a sandbox, where much is red.
func TestGoLive(t *testing.T) {
	t.Parallel()
	s := newSandboxShop(t)

	out, _, err := s.run("golive")
	if err == nil || exitCode(err) != exitRed {
		t.Errorf("got %v, want the exit code %d", err, exitRed)
	}

	s.wantOutput(out, "RED", "keys-mode", "this is the offline sandbox", "docs/golive.md#keys-mode", "green", "clock")

	out, _, err = s.run("golive", "--json", "--test")
	if exitCode(err) != exitRed {
		t.Errorf("got %v, want the exit code %d", err, exitRed)
	}

	for line := range strings.Lines(out) {
		var c struct{ Check, Status, Evidence, Help string }
		if err := json.Unmarshal([]byte(line), &c); err != nil || c.Check == "" || c.Status == "" || c.Evidence == "" {
			t.Errorf("got the line %q, %v", line, err)
		}
	}

	_, _, err = s.run("golive", "now")
	if exitCode(err) != exitNotRun {
		t.Errorf("an argument too many: got %v, want the exit code %d", err, exitNotRun)
	}
	if _, _, err := s.run("golive", "--help"); err != nil {
		t.Errorf("help: got %v", err)
	}
}

// TestGoLiveBeforeAnything checks what is said before there is a database.
func TestGoLiveBeforeAnything(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	if _, _, err := p.run("golive"); exitCode(err) != exitNotRun {
		t.Errorf("got %v, want the exit code %d", err, exitNotRun)
	}

	p.ok("migrate")
	p.settings["CATALOG_FILE"] = filepath.Join(p.dir, "catalog.json")

	if err := os.WriteFile(p.settings["CATALOG_FILE"], []byte(`{"currency":"usd","products":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}

	p.settings["STRIPE_SECRET_KEY"], p.settings["STRIPE_PUBLISHABLE_KEY"] = "sk_test_123456789012", "pk_test_123456789012"
	p.settings["STRIPE_API_BASE"] = "http://" + freeAddress(t) // nobody answers

	out, _, err := p.run("golive")
	if exitCode(err) != exitRed || !strings.Contains(out, "Stripe's answer: none") {
		t.Errorf("without the secrets of webhooks, and without an answer: got %v, want a red report:\n%s", err, out)
	}
}
