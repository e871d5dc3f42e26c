package torture_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

// outlasting is how often a call must fail to outlast stripe-go's retries: the
// first call and two retries, and then the resolver's first call.
const outlasting = 4

// The server of these tests waits one second for Stripe. slow, in milliseconds,
// is longer.
const (
	impatient = "STRIPE_TIMEOUT=1s"
	slow      = 1300
)

// TestStripeMisbehaves makes the calls of a payment fail in every way that the
// management API of the offline Stripe offers, once and several times.
func TestStripeMisbehaves(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{
		sandbox.FaultDelay, sandbox.FaultChargeThenDelay, sandbox.FaultChargeThen500, sandbox.FaultChargeThenCut,
		sandbox.FaultReset, sandbox.FaultStatus500, sandbox.FaultStatus429, sandbox.FaultStatus409, sandbox.FaultLockTimeout,
	} {
		for _, count := range []int{outlasting, 1} {
			t.Run(fmt.Sprintf("%s %d times", kind, count), func(t *testing.T) {
				t.Parallel()
				h := newHarness(t, impatient)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()

				f := sandbox.Fault{Kind: kind, Count: count, DelayMS: slow}
				for _, provoke := range []func(context.Context, *harness, sandbox.Fault) error{
					createFails, confirmFails, readFails,
				} {
					if err := provoke(ctx, h, f); err != nil {
						t.Fatal(err)
					}

					h.wantFaultsMet()
				}

				h.wantAgreement(patience)
			})
		}
	}
}

// createFails fails the call that creates and confirms the intent. No webhook
// helps.
func createFails(ctx context.Context, h *harness, f sandbox.Fault) error {
	defer h.relay.reject("")()
	b, err := h.newBuyer(ctx, goodCard)
	if err != nil {
		return err
	}
	f.Route = "POST /v1/payment_intents"
	h.stripe.fault(h.t, f)
	return b.pay(ctx)
}

// confirmFails fails the call that confirms the intent again after a decline.
// No webhook helps.
func confirmFails(ctx context.Context, h *harness, f sandbox.Fault) error {
	defer h.relay.reject("")()

	b, err := h.newBuyer(ctx, declinedCard, goodCard)
	if err != nil {
		return err
	}

	token, err := b.token(ctx)
	if err != nil {
		return err
	}
	if _, err := b.confirm(ctx, token); err != nil {
		return err
	}

	f.Route = "POST /v1/payment_intents/" + h.stripe.intentOf(b.order) + "/confirm"
	h.stripe.fault(h.t, f)
	return b.pay(ctx)
}

// readFails fails the call with which the worker of an event reads the intent.
// Where the backfill brings the intent's own event first, nothing is read: then
// another buyer comes.
func readFails(ctx context.Context, h *harness, f sandbox.Fault) error {
	defer h.relay.reject("payment_intent.")()

	f.Route = "GET /v1/payment_intents/*"
	h.stripe.fault(h.t, f)

	for {
		b, err := h.newBuyer(ctx, secureCard)
		if err != nil {
			return err
		}
		if err := b.pay(ctx); err != nil || h.missedFault() == nil {
			return err
		}
	}
}

// wantFaultsMet fails the test if no call met a fault, and clears all faults.
func (h *harness) wantFaultsMet() {
	h.t.Helper()
	if f := h.missedFault(); f != nil {
		h.t.Errorf("no call met the fault %s at %s", f.Kind, f.Route)
	}
	h.stripe.ClearFaults()
}

// missedFault returns a fault that no call has met, nil if there is none. One
// that is used up is not listed any more.
func (h *harness) missedFault() *sandbox.Fault {
	for _, f := range h.stripe.Faults() {
		if f.Hits == 0 {
			return &f
		}
	}
	return nil
}

// TestWebhooksMisbehave delivers webhooks twice, late, in another order, or not
// at all.
func TestWebhooksMisbehave(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]sandbox.Fault{
		"duplicated": {{Route: "WEBHOOK *", Kind: sandbox.FaultDuplicate, Count: -1}},
		"reordered":  {{Route: "WEBHOOK *", Kind: sandbox.FaultReorder, Count: -1, DelayMS: 300}},
		"delayed":    {{Route: "WEBHOOK *", Kind: sandbox.FaultDelay, Count: -1, DelayMS: 2000}},
		"dropped":    {{Route: "WEBHOOK *", Kind: sandbox.FaultDrop, Count: -1}},
		"some of everything": {
			{
				Route:   "WEBHOOK payment_intent.succeeded",
				Kind:    sandbox.FaultReorder,
				Count:   -1,
				DelayMS: 300,
			},
			{Route: "WEBHOOK charge.succeeded", Kind: sandbox.FaultDrop, Count: 3},
			{Route: "WEBHOOK charge.succeeded", Kind: sandbox.FaultDelay, Count: -1, DelayMS: 500},
			{Route: "WEBHOOK payment_intent.created", Kind: sandbox.FaultDuplicate, Count: -1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			for _, f := range faults {
				h.stripe.fault(t, f)
			}

			h.everyCard()
			h.wantFaultsMet()
			h.wantAgreement(patience)
		})
	}
}

// everyCard lets buyers pay at the same time, one with each kind of card.
func (h *harness) everyCard() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()

	paid := make(chan error)
	for _, cards := range carts() {
		go func() { paid <- h.buy(ctx, mug, cards...) }()
	}

	for range carts() {
		if err := <-paid; err != nil {
			h.t.Error("a buyer could not pay: ", err)
		}
	}
}

// TestSecretRotates checks that, while both secrets are configured, no webhook
// is rejected, whichever of them signs. There is no backfill to make up for
// one.
func TestSecretRotates(t *testing.T) {
	t.Parallel()
	for name, overlap := range map[string]time.Duration{"at once": 0, "with both signing for a while": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, noBackfill)
			h.everyCard()
			h.wantAgreement(patience)
			h.stripe.RotateWebhookSecret("", nextSecret, overlap)
			h.everyCard()
			h.wantAgreement(patience)

			r, err := h.db.read(t.Context())
			if err != nil {
				t.Fatal(err)
			}

			secrets := map[string]int{}
			for _, e := range r.events {
				secrets[e.secret]++
			}

			for _, secret := range []string{webhookSecret, nextSecret} {
				if overlap == 0 && secrets[fingerprint(secret)] == 0 {
					t.Errorf("no event was verified with %s: got %v", secret, secrets)
				}
			}
		})
	}
}

// fingerprint returns the name of a secret in the inbox.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:4])
}
