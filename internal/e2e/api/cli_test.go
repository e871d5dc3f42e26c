package api_test

import (
	"bufio"
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/testhost"
	"checkoutd/internal/webhooks"
)

// triggers lists the events of Stripe's command line 1.52.0 that the offline
// Stripe can cause.
var triggers = strings.Fields(`
payment_intent.created payment_intent.succeeded payment_intent.payment_failed payment_intent.canceled payment_intent.requires_action
payment_intent.processing payment_intent.amount_capturable_updated payment_intent.partially_funded setup_intent.created
setup_intent.succeeded setup_intent.setup_failed setup_intent.canceled setup_intent.requires_action charge.succeeded charge.captured
charge.failed charge.refunded charge.refund.updated charge.dispute.created charge.dispute.updated charge.dispute.closed
account.updated account.application.deauthorized customer.created customer.updated customer.deleted customer.source.created
customer.source.updated payment_method.attached payment_method.detached payment_method.updated transfer.created transfer.reversed
payout.created balance.available`)

// stripeCLI returns a command of Stripe's own command line, from npm or from
// STRIPE_CLI, for the API at base.
func stripeCLI(t *testing.T, base string, args ...string) *exec.Cmd {
	t.Helper()
	path := os.Getenv("STRIPE_CLI")
	if found, _ := filepath.Glob("../../../node_modules/@stripe/cli-*/bin/stripe"); path == "" && len(found) > 0 {
		path = found[0]
	}

	if path == "" {
		testhost.Missing(t, "Stripe's command line is not installed (npm ci): the webhooks are not tested with it")
	}

	cmd := exec.Command(path, append(args, "--api-base", base)...)
	cmd.Env = append(os.Environ(), "STRIPE_API_KEY=sk_test_sandboxcheckoutd", "STRIPE_CLI_TELEMETRY_OPTOUT=1",
		"HTTPS_PROXY=http://127.0.0.1:9", "XDG_CONFIG_HOME="+t.TempDir())
	return cmd
}

// listenTo runs `stripe listen` until the test ends. It returns when the first
// events arrive.
func listenTo(t *testing.T, base, target string) {
	t.Helper()
	cmd := stripeCLI(t, base, "listen", "--all-snapshot", "--skip-update", "--forward-to", target)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	ready := make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			if strings.Contains(lines.Text(), "Ready!") {
				close(ready)
			}
		}
	}()

	select {
	case <-ready:
	case <-time.After(testhost.Patience):
		t.Fatal("stripe listen is not ready")
	}
}

// `stripe listen` forwards every event that `stripe trigger` can cause to a
// checkout that uses the offline Stripe as if it were the real one.
func TestStripeCommandLine(t *testing.T) {
	t.Parallel()
	offline, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}

	stripe := httptest.NewServer(offline)
	t.Cleanup(func() {
		stripe.Close()
		if err := offline.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})

	secret, err := stripeCLI(t, stripe.URL, "listen", "--print-secret").Output()
	if err != nil {
		t.Fatal(err)
	}

	s := e2etest.OpenShop(t, func(s *e2etest.Shop) {
		s.Mode = config.Serve
		s.Env["STRIPE_API_BASE"], s.Env["STRIPE_JS_URL"] = stripe.URL, stripe.URL+"/v3/"
		s.Env["STRIPE_SECRET_KEY"], s.Env["STRIPE_PUBLISHABLE_KEY"] = "sk_test_sandboxcheckoutd", "pk_test_sandboxcheckoutd"
		s.Env["STRIPE_WEBHOOK_SECRET"] = strings.TrimSpace(string(secret))
		delete(s.Env, "SANDBOX_ADDR")
		delete(s.Env, "SANDBOX_STATE_FILE")
	})

	listenTo(t, stripe.URL, s.URL+"/webhooks/stripe")

	for _, name := range triggers {
		if out, err := stripeCLI(t, stripe.URL, "trigger", name).CombinedOutput(); err != nil {
			t.Errorf("trigger %s: %v\n%s", name, err, out)
		}
	}

	in := s.Inbox()
	var open []string
	for deadline := time.Now().Add(testhost.Patience); ; time.Sleep(25 * time.Millisecond) {
		if open = unworked(everyEvent(t, in)); len(open) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not worked: %v", open)
		}
	}

	for _, e := range everyEvent(t, in) {
		if e.State == webhooks.Dead || e.VersionMismatch || e.Source != webhooks.SourceWebhook || e.State == webhooks.Quarantined && e.Account == "" {
			t.Errorf("%s %s: %s, version mismatch %v, from %s", e.Type, e.ID, e.State, e.VersionMismatch, e.Source)
		}
	}
}

// unworked returns the triggers none of whose events has been processed.
func unworked(events []webhooks.Event) []string {
	left := slices.Clone(triggers)
	for _, e := range events {
		switch e.State {
		case webhooks.Done, webhooks.Ignored, webhooks.Unmatched, webhooks.Quarantined: // orders of these intents are nobody's here
			left = slices.DeleteFunc(left, func(name string) bool { return name == e.Type })
		}
	}
	return left
}

func everyEvent(t *testing.T, in *app.Inbox) []webhooks.Event {
	t.Helper()
	all, err := in.Events(context.Background(), webhooks.Filter{Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
