package torture_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

// TestKillCommands kills `server orders refund|capture|cancel` at every step,
// beside a running server, and runs the same command again: the operation takes
// place once.
func TestKillCommands(t *testing.T) {
	t.Parallel()
	for _, o := range []operation{
		{
			command: "refund",
			args:    []string{"--amount", "4.00"},
			method:  "automatic",
			route:   "POST /v1/refunds",
			status:  "paid",
			once:    func(c sandbox.LedgerCharge, _ string) bool { return c.AmountRefunded == 400 },
		},
		{
			command: "capture",
			args:    []string{"--amount", "4.00"},
			method:  "manual",
			route:   "POST /v1/payment_intents/*/capture",
			status:  "paid",
			once:    func(c sandbox.LedgerCharge, _ string) bool { return c.AmountCaptured == 400 },
		},
		{
			command: "cancel",
			method:  "manual",
			route:   "POST /v1/payment_intents/*/cancel",
			status:  "canceled",
			once:    func(c sandbox.LedgerCharge, intent string) bool { return !c.Captured && intent == "canceled" },
		},
	} {
		t.Run(o.command, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, "CAPTURE_METHOD="+o.method)
			for range scaled(1, 6) {
				for _, m := range []moment{arrived, late, executed, answered, unrecorded} {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					o.run(ctx, h, m)
					cancel()
				}
			}
		})
	}
}

// operation is a command that changes a payment.
type operation struct {
	command string
	args    []string
	method  string // CAPTURE_METHOD
	route   string
	status  string // of the order in the end
	// once reports whether the operation took place exactly once.
	once func(c sandbox.LedgerCharge, intentStatus string) bool
}

// run kills the command at a moment and runs it again.
func (o operation) run(ctx context.Context, h *harness, m moment) {
	h.t.Helper()
	order, err := h.confirmed(ctx)
	if err != nil {
		h.t.Fatal(err)
	}

	args := append([]string{"orders", o.command, order}, o.args...)
	first, started, goOn := h.command(ctx, args...), make(chan struct{}), make(chan struct{})
	h.stripe.set(&breakpoint{
		route:  o.route,
		moment: m,
		goOn:   goOn,
		lock:   func() func() { return h.db.lock(h.t) },
		kill:   func() { <-started; _ = first.Process.Kill() },
	})

	err = first.Start()
	close(started)

	if err == nil {
		err = first.Wait()
	}

	if err == nil && m != answered {
		h.t.Errorf("%s, %s: the command was not killed", o.command, m)
	}

	// A late request is executed while the next command runs.
	time.AfterFunc(20*time.Millisecond, func() { close(goOn) })

	// At the moment answered, the first command may have finished before it was
	// killed.
	for m != answered || !o.isRecorded(ctx, h, order) {
		again := h.command(ctx, args...)
		if err = again.Run(); err == nil {
			break
		}

		text := again.Stderr.(*bytes.Buffer).String()
		if !strings.Contains(text, stillInFlight) || pause(ctx) != nil {
			h.t.Fatalf("%s, %s: the second command: %v\n%s", o.command, m, err, text)
		}
	}

	o.check(ctx, h, order, m)
}

// stillInFlight is part of what the command prints while the outcome of the
// first request is not known.
const stillInFlight = "has not confirmed yet"

// check compares what Stripe did with what the shop knows.
func (o operation) check(ctx context.Context, h *harness, order string, m moment) {
	h.t.Helper()
	ledger, intent := h.stripe.Ledger(), h.stripe.intentOf(order)

	status := ""
	for _, in := range ledger.Intents {
		if in.ID == intent {
			status = in.Status
		}
	}

	for _, c := range ledger.Charges {
		if c.PaymentIntent == intent && !o.once(c, status) {
			h.t.Errorf("%s, %s: it did not take place once: %+v, intent %s", o.command, m, c, status)
		}
	}

	if !o.isRecorded(ctx, h, order) {
		h.t.Errorf("%s, %s: the shop has no record of it", o.command, m)
	}

	r, err := h.db.read(ctx)
	if err != nil {
		h.t.Error(err)
	}

	for _, row := range r.orders {
		if row.id == order && row.status != o.status {
			h.t.Errorf("%s, %s: order %s is %s, want %s", o.command, m, order, row.status, o.status)
		}
	}
}

// isRecorded reports whether the shop shows one operation of the order, which
// is done.
func (o operation) isRecorded(ctx context.Context, h *harness, order string) bool {
	h.t.Helper()
	show := h.command(ctx, "orders", "show", order)
	var out bytes.Buffer
	show.Stdout = &out
	if err := show.Run(); err != nil {
		h.t.Errorf("show: %v\n%s", err, show.Stderr)
	}

	return strings.Count(out.String(), "operation ") == 1 && strings.Count(out.String(), " done ") == 1
}

// confirmed returns an order whose buyer has pressed the pay button, and knows
// that the card was accepted.
func (h *harness) confirmed(ctx context.Context) (order string, err error) {
	b, err := h.newBuyer(ctx, goodCard)
	if err != nil {
		return "", err
	}

	token, err := b.token(ctx)
	if err != nil {
		return "", err
	}

	var r reply
	err = b.retry(ctx, func() error {
		r, err = b.confirm(ctx, token)
		if err == nil && (r.Code == "payment_unknown" || r.Code == "payment_in_progress") {
			return errNotYet // a busy offline Stripe answered too late for the shop
		}
		return err
	})

	// Once the shop has looked for the unknown outcome, the order is not open.
	if err == nil && r.status != http.StatusOK && r.Code != "order_not_open" {
		err = errors.New("the response to confirm is " + r.Code)
	}

	return b.order, err
}

// command returns a command of the server's binary with the server's settings.
func (h *harness) command(ctx context.Context, args ...string) *exec.Cmd {
	server := h.servers[0]
	cmd := exec.CommandContext(ctx, server.path, args...)
	cmd.Dir, cmd.Stderr = server.leash.Dir(), &bytes.Buffer{}
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + server.leash.Dir(), "TZ=UTC"}, server.env...)
	return cmd
}
