package api_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/deliveries"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/testhost"
)

// TestTheExamplesOfABackend runs the programs of docs/api.md as a shop would:
// each creates an order, sends the buyer to it, and ships it once it is paid.
func TestTheExamplesOfABackend(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	for _, c := range []struct {
		name, program string
		args          func(port string) []string
		ready         string
	}{
		{"Go", "go", func(string) []string { return []string{"run", "shop.go"} }, "ready"},
		{"Node", "node", func(string) []string { return []string{"shop.mjs"} }, "ready"},
		{"Python", "python3", func(string) []string { return []string{"shop.py"} }, "ready"},
		{"PHP", "php", func(port string) []string { return []string{"-S", "127.0.0.1:" + port, "shop.php"} }, "started"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program, err := exec.LookPath(c.program)
			if err != nil && c.program == "php" {
				t.Log("php is not installed; its example is not run")
				return
			}
			if err != nil {
				testhost.Missing(t, c.program+" is not installed")
			}

			port := freePort(t)
			shop := "http://127.0.0.1:" + port
			secret := addEndpoint(t, s, shop+"/hooks")
			lines := runExample(t, s, program, c.args(port), c.ready, "PORT="+port, "WEBHOOK_SECRET="+secret)
			number := strings.ToLower(c.name)

			buyer := s.Buyer(t)
			r := buyer.Buyer.Call("GET", shop+"/buy/"+number, "")
			url := r.Header.Get("Location")
			if r.Status != http.StatusSeeOther || !strings.HasPrefix(url, s.URL+"/checkout/ord_") {
				t.Fatalf("got %d %q %s, want a redirect to the order", r.Status, url, r.Body)
			}
			if again := buyer.Buyer.Call("GET", shop+"/buy/"+number, ""); again.Header.Get("Location") != url {
				t.Errorf("the second time %q, want the same order", again.Header.Get("Location"))
			}

			buyer.Buyer.Call("GET", url, "") // gives the buyer the order's cookie
			id, _, _ := strings.Cut(strings.TrimPrefix(url, s.URL+"/checkout/"), "?")
			if r := buyer.Confirm(id, e2etest.CardPays); r.Status != http.StatusOK {
				t.Fatalf("the buyer cannot pay: %d %s", r.Status, r.Body)
			}

			waitForLine(t, lines, "ship A-"+number)
			if got := forge(t, shop+"/hooks"); got != http.StatusUnauthorized {
				t.Errorf("a webhook with a wrong signature is answered with %d, want 401", got)
			}
		})
	}
}

// addEndpoint makes the shop send order.paid to the address, and returns the
// secret that signs it.
func addEndpoint(t *testing.T, s *e2etest.Shop, address string) (secret string) {
	t.Helper()
	e, err := deliveries.NewEndpoint(address, []string{"order.paid"}, deliveries.Loopback(), time.Now())
	if err == nil {
		err = s.Store().AddEndpoint(t.Context(), e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e.Secrets[0].Value
}

// forge sends a webhook that the shop has not signed, and returns the status of
// the answer.
func forge(t *testing.T, address string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address,
		strings.NewReader(`{"type":"order.paid","data":{"reference":"A-0"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("webhook-id", "eff_forged")
	r.Header.Set("webhook-timestamp", fmt.Sprint(time.Now().Unix()))
	r.Header.Set("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=")

	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// runExample starts an example and returns the lines that it prints once it
// listens. It ends with the test.
func runExample(
	t *testing.T, s *e2etest.Shop, program string, args []string, ready string, environ ...string,
) <-chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = filepath.Join("..", "..", "..", "examples", "backend")
	cmd.Env = append(os.Environ(), "CHECKOUTD="+s.URL, "API_KEY="+s.Backend(t, api.ScopeWrite).Secret)
	cmd.Env = append(cmd.Env, environ...)
	cmd.Cancel = func() error { return endGroup(cmd) } // "go run" has a child
	cmd.SysProcAttr = ownGroup()

	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it is killed, so there is always an error
	})

	lines := make(chan string, 100)
	go func() {
		for scan := bufio.NewScanner(out); scan.Scan(); {
			lines <- scan.Text()
		}
		close(lines)
	}()

	waitForLine(t, lines, ready)
	return lines
}

// waitForLine waits until a program prints a line with the text.
func waitForLine(t *testing.T, lines <-chan string, text string) {
	t.Helper()
	var seen []string
	timeout := time.After(testhost.Patience)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				t.Fatalf("it ended without printing %q:\n%s", text, strings.Join(seen, "\n"))
			}
			if seen = append(seen, line); strings.Contains(line, text) {
				return
			}
		case <-timeout:
			t.Fatalf("it never printed %q:\n%s", text, strings.Join(seen, "\n"))
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
