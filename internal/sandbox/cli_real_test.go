package sandbox_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stripe/stripe-go/v81/webhook"

	"checkoutd/internal/testhost"
)

// sink verifies and counts what `stripe listen` forwards, by path and type.
type sink struct {
	*httptest.Server
	mu  sync.Mutex
	got map[string]int
}

func newSink(t *testing.T, secret string) *sink {
	t.Helper()
	s := &sink{got: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		ev, err := webhook.ConstructEvent(raw, r.Header.Get("Stripe-Signature"), secret)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}

		s.mu.Lock()
		defer s.mu.Unlock()

		s.got[r.URL.RequestURI()+" "+string(ev.Type)]++
	}))

	t.Cleanup(s.Close)

	return s
}

func (s *sink) count(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got[key]
}

// background starts a command that runs until the test ends, and waits for a
// line of its output that contains readyText.
func background(t *testing.T, cmd *exec.Cmd, stderr bool, readyText string) <-chan string {
	t.Helper()
	open := cmd.StdoutPipe
	if stderr {
		open = cmd.StderrPipe
	}

	pipe, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	lines, ready := make(chan string, 100), make(chan struct{})
	go func() {
		defer close(lines)

		var once sync.Once
		for scan := bufio.NewScanner(pipe); scan.Scan(); {
			if strings.Contains(scan.Text(), readyText) {
				once.Do(func() { close(ready) })
			}

			select {
			case lines <- scan.Text():
			default:
			}
		}
	}()

	if readyText != "" {
		<-ready
	}

	return lines
}

func signingSecretOf(t *testing.T, b *box) string {
	t.Helper()
	out, err := b.cli("listen", "--print-secret").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestStripeCLIListenOptions(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	secret := signingSecretOf(t, b)
	want(t, "secret is stable", signingSecretOf(t, newBox(t)), secret)

	b.ok("/v1/webhook_endpoints", "url=https://shop.test/hooks/stripe?x=1", "enabled_events[]=customer.created")
	own, connected, configured := newSink(t, secret), newSink(t, secret), newSink(t, secret)
	background(t,
		b.cli("listen", "--events", "customer.created,customer.updated,account.updated", "--latest",
			"--skip-update", "--forward-to", own.URL+"/own", "--forward-connect-to",
			connected.URL+"/connect"),
		true, "Ready!")
	background(t,
		b.cli("listen", "--use-configured-webhooks", "--all-snapshot", "--skip-update", "--forward-to",
			configured.URL+"/base"),
		true, "Ready!")
	cus := b.ok("/v1/customers", "name=1").str("id")
	b.ok("/v1/customers/"+cus, "name=2")
	b.do("DELETE", "/v1/customers/"+cus, "")
	acct := b.ok("/v1/accounts", "type=standard").str("id")
	b.ok("/v1/accounts/"+acct, "metadata[a]=b")
	eventually(t, "own events",
		func() bool { return own.count("/own customer.updated") == 1 && own.count("/own customer.created") == 1 })
	eventually(t, "connect events", func() bool { return connected.count("/connect account.updated") == 1 })
	eventually(t, "configured endpoint",
		func() bool { return configured.count("/base/hooks/stripe?x=1 customer.created") == 1 })
	want(t, "not subscribed to", own.count("/own customer.deleted"), 0)
	want(t, "not configured", configured.count("/base/hooks/stripe?x=1 customer.updated"), 0)
}

func TestStripeCLILogsTail(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	lines := background(t,
		b.cli("logs", "tail", "--format", "JSON", "--filter-status-code-type", "4XX", "--filter-http-method", "POST"),
		false, "")
	eventually(t, "the session is open", func() bool {
		for _, r := range b.s.Requests() {
			if r.Path == "/v1/stripecli/sessions" {
				return true
			}
		}

		return false
	})

	b.ok("/v1/customers", "name=1")
	b.get("/v1/customers/cus_none")
	b.post("/v1/payment_intents", "amount=1")

	for line := range lines {
		var entry struct {
			URL    string `json:"url"`
			Status int    `json:"status"`
		}
		if json.Unmarshal([]byte(line), &entry) != nil {
			continue
		}

		want(t, "first line that gets through", entry.URL, "/v1/payment_intents")
		want(t, "status", entry.Status, 400)
		return
	}

	t.Error("logs tail showed nothing")
}

// triggers are the events that `stripe trigger` 1.52.0 can cause. All of them
// must arrive.
var triggers = strings.Fields(`
payment_intent.created payment_intent.succeeded payment_intent.payment_failed
payment_intent.canceled payment_intent.requires_action payment_intent.processing
payment_intent.amount_capturable_updated payment_intent.partially_funded setup_intent.created
setup_intent.succeeded setup_intent.setup_failed setup_intent.canceled setup_intent.requires_action
charge.succeeded charge.captured charge.failed charge.refunded charge.refund.updated
charge.dispute.created charge.dispute.updated charge.dispute.closed account.updated
account.application.deauthorized customer.created customer.updated customer.deleted
customer.source.created customer.source.updated payment_method.attached payment_method.detached
payment_method.updated transfer.created transfer.reversed payout.created balance.available
customer.subscription.created customer.subscription.updated customer.subscription.deleted
customer.subscription.trial_will_end invoiceitem.created invoiceitem.deleted invoice.created
invoice.updated invoice.deleted invoice.finalized invoice.sent invoice.voided
invoice.marked_uncollectible invoice.paid invoice.payment_succeeded invoice.payment_failed
invoice.payment_action_required`)

// cli returns Stripe's own command line, from npm or from STRIPE_CLI.
func (b *box) cli(args ...string) *exec.Cmd {
	b.t.Helper()
	path := os.Getenv("STRIPE_CLI")
	if found, _ := filepath.Glob("../../node_modules/@stripe/cli-*/bin/stripe"); path == "" && len(found) > 0 {
		path = found[0]
	}

	if path == "" {
		testhost.Missing(b.t, "Stripe's command line is not installed (npm ci), so the sandbox is not tested with it")
	}

	cmd := exec.Command(path, append(args, "--api-base", b.url)...)
	cmd.Env = append(os.Environ(), "STRIPE_API_KEY="+secretKey, "STRIPE_CLI_TELEMETRY_OPTOUT=1",
		"HTTPS_PROXY=http://127.0.0.1:9", "XDG_CONFIG_HOME="+b.t.TempDir())
	return cmd
}

// TestStripeCLI drives the sandbox with the real command line: listen, every
// trigger, resend, get, post, delete, logs.
func TestStripeCLI(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	target := newSink(t, signingSecretOf(t, b))
	background(t, b.cli("listen", "--all-snapshot", "--skip-update", "--forward-to", target.URL), true, "Ready!")

	for _, name := range triggers {
		before := target.count("/ " + name)
		if out, err := b.cli("trigger", name).CombinedOutput(); err != nil {
			t.Errorf("trigger %s: %v\n%s", name, err, out)
			continue
		}

		eventually(t, name, func() bool { return target.count("/ "+name) > before })
	}

	ev := b.get("/v1/events?type=customer.created").str("data.0.id")
	before := target.count("/ customer.created")

	if out, err := b.cli("events", "resend", ev).CombinedOutput(); err != nil {
		t.Errorf("resend: %v\n%s", err, out)
	}

	eventually(t, "resent", func() bool { return target.count("/ customer.created") > before })

	out, err := b.cli("post", "/v1/customers", "-d", "name=from the command line").Output()
	if err != nil || !strings.Contains(string(out), "from the command line") {
		t.Errorf("post: %v\n%s", err, out)
	}

	var cus struct{ ID string }
	if err := json.Unmarshal(out, &cus); err != nil {
		t.Fatal(err)
	}
	if out, err = b.cli("get", cus.ID).Output(); err != nil || !strings.Contains(string(out), cus.ID) {
		t.Errorf("get: %v\n%s", err, out)
	}

	out, err = b.cli("delete", "/v1/customers/"+cus.ID, "-c").Output()
	if err != nil || !strings.Contains(strings.ReplaceAll(string(out), " ", ""), `"deleted":true`) {
		t.Errorf("delete: %v\n%s", err, out)
	}
}
