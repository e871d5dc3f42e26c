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

// TestKillTheDesk kills `server orders refund|capture|cancel` at every step,
// beside a running server, and asks for the same again: it was done once.
func TestKillTheDesk(t *testing.T) {
	t.Parallel()
	for _, d := range []desk{
		{"refund", []string{"--amount", "4.00"}, "automatic", "POST /v1/refunds", "paid", func(c sandbox.LedgerCharge, _ string) bool {
			return c.AmountRefunded == 400
		}},
		{"capture", []string{"--amount", "4.00"}, "manual", "POST /v1/payment_intents/*/capture", "paid", func(c sandbox.LedgerCharge, _ string) bool {
			return c.AmountCaptured == 400
		}},
		{"cancel", nil, "manual", "POST /v1/payment_intents/*/cancel", "canceled", func(c sandbox.LedgerCharge, intent string) bool {
			return !c.Captured && intent == "canceled"
		}},
	} {
		t.Run(d.command, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "CAPTURE_METHOD="+d.method)
			for range ordinary(1, 6) {
				for _, at := range []moment{arrived, late, executed, answered, unrecorded} {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					d.run(ctx, w, at)
					cancel()
				}
			}
		})
	}
}

// desk is a command of the shop's own.
type desk struct {
	command string
	args    []string
	method  string // CAPTURE_METHOD
	route   string
	status  string // of the order in the end
	once    func(c sandbox.LedgerCharge, intentStatus string) bool
}

// run kills the command at a moment and asks again.
func (d desk) run(ctx context.Context, w *world, at moment) {
	w.t.Helper()
	order, err := w.confirmed(ctx)
	if err != nil {
		w.t.Fatal(err)
	}

	args := append([]string{"orders", d.command, order}, d.args...)
	first, running := w.command(ctx, args...), make(chan struct{})
	goOn := make(chan struct{})
	w.stripe.arm(&stop{
		route: d.route,
		at:    at,
		goOn:  goOn,
		hold:  func() func() { return w.db.hold(w.t) },
		kill:  func() { <-running; _ = first.Process.Kill() },
	})

	err = first.Start()
	close(running)

	if err == nil {
		err = first.Wait()
	}

	if err == nil && at != answered {
		w.t.Errorf("%s, %s: it was not killed", d.command, at)
	}

	time.AfterFunc(20*time.Millisecond, func() { close(goOn) }) // in the middle of the next one
	for at != answered || !d.done(ctx, w, order) {              // the first may have come to its end before it was killed
		again := w.command(ctx, args...)
		if err = again.Run(); err == nil {
			break
		}

		text := again.Stderr.(*bytes.Buffer).String()
		if !strings.Contains(text, "has not told") || pause(ctx) != nil {
			w.t.Fatalf("%s, %s: the same again: %v\n%s", d.command, at, err, text)
		}
	}

	d.check(ctx, w, order, at)
}

// check compares what Stripe did with what the shop knows.
func (d desk) check(ctx context.Context, w *world, order string, at moment) {
	w.t.Helper()
	ledger, intent := w.stripe.Ledger(), w.stripe.intentOf(order)
	status := ""
	for _, in := range ledger.Intents {
		if in.ID == intent {
			status = in.Status
		}
	}

	for _, c := range ledger.Charges {
		if c.PaymentIntent == intent && !d.once(c, status) {
			w.t.Errorf("%s, %s: it was not done once: %+v, intent %s", d.command, at, c, status)
		}
	}

	if !d.done(ctx, w, order) {
		w.t.Errorf("%s, %s: the shop's books do not know it", d.command, at)
	}

	r, err := w.db.read(ctx)
	if err != nil {
		w.t.Error(err)
	}

	for _, o := range r.orders {
		if o.id == order && o.status != d.status {
			w.t.Errorf("%s, %s: order %s is %s, want %s", d.command, at, order, o.status, d.status)
		}
	}
}

// done reports whether the shop's books show one operation of the order, which
// is done.
func (d desk) done(ctx context.Context, w *world, order string) bool {
	w.t.Helper()
	show := w.command(ctx, "orders", "show", order)
	var out bytes.Buffer
	show.Stdout = &out
	if err := show.Run(); err != nil {
		w.t.Errorf("show: %v\n%s", err, show.Stderr)
	}
	return strings.Count(out.String(), "operation ") == 1 && strings.Count(out.String(), " done ") == 1
}

// confirmed is an order whose buyer has pressed the button.
func (w *world) confirmed(ctx context.Context) (order string, err error) {
	b, err := w.newBuyer(ctx, goodCard)
	if err != nil {
		return "", err
	}

	token, err := b.token(ctx)
	if err != nil {
		return "", err
	}

	r, err := b.confirm(ctx, token)
	if err == nil && r.status != http.StatusOK {
		err = errors.New("confirm was answered " + r.Code)
	}

	return b.order, err
}

// command is the server's binary with the server's settings.
func (w *world) command(ctx context.Context, args ...string) *exec.Cmd {
	s := w.servers[0]
	cmd := exec.CommandContext(ctx, s.path, args...)
	cmd.Dir, cmd.Stderr = s.leash.Dir(), &bytes.Buffer{}
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.leash.Dir(), "TZ=UTC"}, s.env...)
	return cmd
}
