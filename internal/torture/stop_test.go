package torture_test

import (
	"context"
	"net/http"
	"syscall"
	"testing"
)

// The graceful stop waits for a confirm that is at Stripe, and the buyer learns
// the outcome.
func TestStopWaitsForAConfirm(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b, token := confirming(t, h)
	h.stripe.set(&breakpoint{
		route:  "POST /v1/payment_intents",
		moment: committing,
		lock: func() func() {
			h.servers[0].signal(t, syscall.SIGTERM)
			return func() {}
		},
		kill: func() {},
	})

	r, _ := b.call(t.Context(), http.MethodPost, "/create-confirm-intent", map[string]any{
		"confirmationTokenId": token, "orderId": b.order, "expectedAmount": b.amount,
	})
	if r.status != http.StatusOK || r.Status != "succeeded" {
		t.Errorf("the confirm got %d %s, want it to succeed", r.status, r.Status)
	}
	if code := h.servers[0].exitCode(t); code != 0 {
		t.Errorf("the server exited with %d, want 0", code)
	}

	h.promised.payment(b.order)
	h.start()
	h.wantAgreement(patience)
}

// A second signal does not wait for anything.
func TestSecondSignalEndsTheServerAtOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	b, token := confirming(t, h)
	ended := make(chan int, 1)
	h.stripe.set(&breakpoint{
		route:  "POST /v1/payment_intents",
		moment: arrived,
		kill: func() {
			s := h.servers[0]
			s.signal(t, syscall.SIGTERM)

			// The first signal has been taken once nothing listens any more.
			for s.reachable() && pause(t.Context()) == nil {
			}

			s.signal(t, syscall.SIGTERM)
			ended <- s.exitCode(t)
		},
	})

	r, _ := b.call(t.Context(), http.MethodPost, "/create-confirm-intent", map[string]any{
		"confirmationTokenId": token, "orderId": b.order, "expectedAmount": b.amount,
	})
	if r.status != 0 {
		t.Errorf("the confirm got %d, want the connection cut", r.status)
	}
	if code := <-ended; code != -1 {
		t.Errorf("the server exited with %d, want it ended by the signal", code)
	}

	h.start()
	if err := h.db.expireLeases(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.pay(t.Context()); err != nil {
		t.Fatal(err)
	}

	h.wantAgreement(patience)
}

// confirming returns a buyer with an order and the token to confirm it with.
func confirming(t *testing.T, h *harness) (b *buyer, token string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	b, err := h.newBuyer(ctx, goodCard)
	if err == nil {
		token, err = b.token(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}

	return b, token
}
