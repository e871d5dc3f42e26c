package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"checkoutd/internal/cli"
	"checkoutd/internal/conform"
)

// aimedAt returns a program whose Stripe is at an address.
func aimedAt(t *testing.T, url string) *program {
	t.Helper()
	p := newProgram(t)
	p.settings["STRIPE_SECRET_KEY"] = "sk_test_conformCanary42"
	p.settings["STRIPE_API_BASE"], p.settings["STRIPE_CONNECT_BASE"] = url, url
	return p
}

func TestConformAsksTheOfflineStripe(t *testing.T) {
	t.Parallel()
	p := aimedAt(t, "")
	p.settings["STRIPE_API_BASE"] = "http://" + p.settings["SANDBOX_ADDR"]
	p.settings["STRIPE_CONNECT_BASE"] = p.settings["STRIPE_API_BASE"]
	p.start("offline Stripe on", "stripe")

	out := p.ok("conform", "--only", "tokens/")
	if !strings.Contains(out, "15 as expected, 0 different, 0 not tried") {
		t.Errorf("printed %s", out)
	}

	var report conform.Report
	if err := json.Unmarshal([]byte(p.ok("conform", "--json", "--only", "oauth/key")), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Cases) != 1 || report.Cases[0].Outcome != conform.Same {
		t.Errorf("reported %+v", report.Cases)
	}
}

func TestConformEndsWithACodeForScripts(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"livemode":false}`)
	}))
	t.Cleanup(other.Close)

	p := aimedAt(t, other.URL)
	out, _, err := p.run("conform", "--only", "tokens/")
	if cli.ExitCode(err) != exitDifferent || !strings.Contains(out, "15 different") {
		t.Errorf("with differences: %v\n%s", err, out)
	}

	for _, args := range [][]string{
		{"conform", "--only", "nothing"}, {"conform", "--only", "connect/direct"},
		{"conform", "now"}, {"conform", "--account", "me"}, {"conform", "--sing"},
	} {
		if _, _, err := p.run(args...); cli.ExitCode(err) != exitUnfinished {
			t.Errorf("%v: %v", args, err)
		}
	}

	// It answers the first reads, and nothing after them.
	dead := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, `{"livemode":false}`)
	}))
	t.Cleanup(dead.Close)

	silent := aimedAt(t, dead.URL)
	out, _, err = silent.run("conform", "--only", "tokens/used-twice")
	if cli.ExitCode(err) != exitUnfinished || !strings.Contains(err.Error(), "1 cases ended for want of an answer") {
		t.Errorf("without an answer: %v\n%s", err, out)
	}

	p.settings["STRIPE_SECRET_KEY"] = "sk_live_conformCanary42"
	if _, _, err := p.run("conform"); cli.ExitCode(err) != exitUnfinished || !strings.Contains(err.Error(),
		"only test keys") {
		t.Errorf("with a live key: %v", err)
	}
}
