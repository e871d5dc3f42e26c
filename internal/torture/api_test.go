package torture_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"checkoutd/internal/sandbox"
)

// apiOperations are the operations that a shop's backend asks for.
var apiOperations = []struct {
	operation
	body string
}{
	{operation{
		command: "refund", method: "automatic", route: "POST /v1/refunds", status: "paid",
		once: func(c sandbox.LedgerCharge, _ string) bool { return c.AmountRefunded == 400 },
	}, `{"amount":400}`},
	{operation{
		command: "capture", method: "manual", route: "POST /v1/payment_intents/*/capture", status: "paid",
		once: func(c sandbox.LedgerCharge, _ string) bool { return c.AmountCaptured == 400 },
	}, `{"amount":400}`},
	{operation{
		command: "cancel", method: "manual", route: "POST /v1/payment_intents/*/cancel", status: "canceled",
		once: func(c sandbox.LedgerCharge, intent string) bool { return !c.Captured && intent == "canceled" },
	}, `{}`},
}

// TestKillDuringAPIRequests kills the server at every step of a request of the
// shop's backend. The backend repeats it under its Idempotency-Key: the
// operation takes place once, and the answer stays the same.
func TestKillDuringAPIRequests(t *testing.T) {
	t.Parallel()
	for _, o := range apiOperations {
		t.Run(o.command, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, "CAPTURE_METHOD="+o.method)
			for range scaled(1, 6) {
				for _, m := range []moment{arrived, late, executed, answered, unrecorded} {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					h.killDuring(ctx, o.operation, o.body, m)
					cancel()
				}
			}
		})
	}
}

// killDuring makes a request of the shop's backend, kills the server at a
// moment, and repeats the request until it is answered.
func (h *harness) killDuring(ctx context.Context, o operation, body string, m moment) {
	h.t.Helper()
	order, err := h.confirmed(ctx)
	if err != nil {
		h.t.Fatal(err)
	}

	key := h.apiKey(ctx)
	path := "/v1/orders/" + order + "/" + o.command
	killed, goOn := make(chan struct{}), make(chan struct{})
	h.stripe.set(&breakpoint{
		route:  o.route,
		moment: m,
		goOn:   goOn,
		lock:   func() func() { return h.db.lock(h.t) },
		kill:   func() { h.servers[0].kill(); close(killed) },
	})

	first := make(chan struct{})
	go func() {
		defer close(first)
		_, _ = h.post(ctx, key, order, path, body) // it may be answered before the kill
	}()

	select {
	case <-killed:
	case <-ctx.Done():
		h.t.Fatalf("%s, %s: Stripe was not called", o.command, m)
	}
	<-first

	if err := h.servers[0].start(); err != nil {
		h.t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() { close(goOn) }) // a late request is executed now

	answer := h.answerTo(ctx, key, order, path, body)
	again, err := h.post(ctx, key, order, path, body)
	if err != nil || again.status != http.StatusOK || again.replayed != "true" || again.body != answer.body {
		h.t.Errorf("%s, %s: got %+v, %v; want the answer again: %s", o.command, m, again, err, answer.body)
	}

	o.check(ctx, h, order, m)
}

// apiAnswer is the answer to a request of the shop's backend.
type apiAnswer struct {
	status         int
	replayed, body string
}

// isToBeRepeated reports whether the backend must repeat its request: another
// one has not ended, or Stripe, which may be busy, did not answer in time.
func (a apiAnswer) isToBeRepeated() bool {
	return strings.Contains(a.body, "idempotency_key_in_progress") || strings.Contains(a.body, "operation_unknown")
}

// post sends a request of the shop's backend to the next server.
func (h *harness) post(ctx context.Context, key, name, path, body string) (a apiAnswer, err error) {
	addr := h.addr()
	if addr == "" {
		return a, errors.New("no server is running")
	}

	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+path, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", name)

	res, err := h.client.Do(r)
	if err != nil {
		return a, err
	}
	text, err := io.ReadAll(res.Body)

	return apiAnswer{res.StatusCode, res.Header.Get("Idempotent-Replayed"), string(text)}, errors.Join(err, res.Body.Close())
}

// answerTo repeats a request until it succeeds.
func (h *harness) answerTo(ctx context.Context, key, name, path, body string) apiAnswer {
	h.t.Helper()
	for {
		a, err := h.post(ctx, key, name, path, body)
		switch {
		case err == nil && a.status == http.StatusOK:
			return a
		case err == nil && a.status != http.StatusConflict && a.status != http.StatusServiceUnavailable,
			err == nil && a.status == http.StatusConflict && !strings.Contains(a.body, "in_progress"):
			h.t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		if pause(ctx) != nil {
			h.t.Fatalf("%s is never answered; last %+v, %v", path, a, err)
		}
	}
}

// apiKey creates an API key beside the running server.
func (h *harness) apiKey(ctx context.Context) string {
	h.t.Helper()
	create := h.command(ctx, "keys", "create", "--name", "torture", "--scope", "refund")
	var out bytes.Buffer
	create.Stdout = &out
	if err := create.Run(); err != nil {
		h.t.Fatalf("keys create: %v\n%s", err, create.Stderr)
	}
	key, _, _ := strings.Cut(out.String(), "\n")
	return key
}

// TestReplicasCarryOutAnAPIRequestOnce checks that many requests under one
// Idempotency-Key, sent to different servers, make one refund, and that every
// answer is that of the first.
func TestReplicasCarryOutAnAPIRequestOnce(t *testing.T) {
	t.Parallel()
	h := newReplicas(t, newPostgreSQL(t))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	key := h.apiKey(ctx)
	for range scaled(3, 30) {
		order, err := h.confirmed(ctx)
		if err != nil {
			t.Fatal(err)
		}

		path := "/v1/orders/" + order + "/refund"
		var g errgroup.Group
		for range 12 {
			g.Go(func() error {
				a, err := h.post(ctx, key, order, path, `{"amount":400}`)
				if err == nil && a.status != http.StatusOK && !a.isToBeRepeated() {
					err = fmt.Errorf("one of many requests: %d %s", a.status, a.body)
				}
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Error(err)
		}

		h.answerTo(ctx, key, order, path, `{"amount":400}`)
		apiOperations[0].check(ctx, h, order, answered)
	}
}
