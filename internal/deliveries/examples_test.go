package deliveries_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

// TestExamples runs the receivers of docs/outgoing-webhooks.md as a shop would.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, program string
		args          func(port string) []string
		ready         string // what it prints when it listens
	}{
		{"Node", "node", func(string) []string { return []string{"receive.mjs"} }, "ready"},
		{"Python", "python3", func(string) []string { return []string{"receive.py"} }, "ready"},
		{"PHP", "php", func(port string) []string {
			return []string{"-S", "127.0.0.1:" + port, "receive.php"}
		}, "started"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			program, err := exec.LookPath(tt.program)
			if err != nil && tt.program == "php" {
				t.Log("php is not installed; its example is not run")
				return
			}
			if err != nil {
				testhost.Missing(t, tt.program+" is not installed")
			}

			f := newFixtureAt(t, testkit.NewClockAt(time.Now()))
			port := freePort(t)
			e := f.add("http://127.0.0.1:" + port + "/")
			lines := start(t, tt.ready, program, tt.args(port), "PORT="+port, "WEBHOOK_SECRET="+e.Secrets[0].Value)

			f.order("ord_1")
			f.happen("ord_1", payments.EffectPaid, orders.Paid)
			f.happen("ord_1", payments.EffectReview, orders.Review)
			f.work()
			f.wantState("ord_1", e.ID, deliveries.Delivered, deliveries.Delivered)
			wantLine(t, lines, "ship ord_1")

			forged := strings.NewReader(`{"type":"order.paid"}`)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL, forged)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("webhook-id", "eff_forged")
			req.Header.Set("webhook-timestamp", fmt.Sprint(time.Now().Unix()))
			req.Header.Set("webhook-signature", "v1,AAAA")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if _ = res.Body.Close(); res.StatusCode != http.StatusUnauthorized {
				t.Errorf("a forged webhook is answered with %d", res.StatusCode)
			}
		})
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// start starts a program and waits until it says that it is ready. It returns
// the lines that the program prints then.
func start(t *testing.T, ready, program string, args []string, environ ...string) <-chan string {
	t.Helper()
	leash, err := testhost.NewLeash("receiver-")
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = "../../examples/receive-webhooks", append(cmd.Environ(), environ...)
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := leash.Hold("KILL", cmd.Process.Pid); err != nil {
		t.Error(err)
	}

	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		_ = leash.Release()
		_ = leash.Close()
		_ = in.Close()
	})

	wantLine(t, lines, ready)
	return lines
}

// wantLine waits for a line that contains a text.
func wantLine(t *testing.T, lines <-chan string, text string) {
	t.Helper()
	limit := time.After(testhost.Patience)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				t.Fatalf("the program ended without a line with %q", text)
			}
			if strings.Contains(line, text) {
				return
			}
			t.Log(line)
		case <-limit:
			t.Fatalf("waited in vain for a line with %q", text)
		}
	}
}
