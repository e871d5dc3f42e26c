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

// outlasting is more often than one call of the server's is repeated by its
// Stripe library: the first call and two repetitions fail, and the resolver's
// first look as well.
const outlasting = 4

// The server of these tests waits for Stripe for one second, and slow, in
// milliseconds, is longer.
const (
	impatient = "STRIPE_TIMEOUT=1s"
	slow      = 1300
)

// TestStripeMisbehaves lets Stripe's API fail in every way that the management
// door knows, once and for longer, at the calls of a payment.
func TestStripeMisbehaves(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{
		sandbox.FaultDelay, sandbox.FaultChargeThenDelay, sandbox.FaultChargeThen500, sandbox.FaultChargeThenCut,
		sandbox.FaultReset, sandbox.FaultStatus500, sandbox.FaultStatus429, sandbox.FaultStatus409,
	} {
		for _, count := range []int{outlasting, 1} {
			t.Run(fmt.Sprintf("%s %d times", kind, count), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, impatient)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()

				f := sandbox.Fault{Kind: kind, Count: count, DelayMS: slow}
				for _, provoke := range []func(context.Context, *world, sandbox.Fault) error{createFails, confirmFails, readFails} {
					if err := provoke(ctx, w, f); err != nil {
						t.Fatal(err)
					}

					w.struckAll()
				}

				w.agree(patience)
			})
		}
	}
}

// createFails: the call that makes and confirms the intent. No webhook helps.
func createFails(ctx context.Context, w *world, f sandbox.Fault) error {
	defer w.door.shutFor("")()
	b, err := w.newBuyer(ctx, goodCard)
	if err != nil {
		return err
	}
	f.Route = "POST /v1/payment_intents"
	w.stripe.fault(w.t, f)
	return b.pay(ctx)
}

// confirmFails: the call that confirms the intent again after a decline. No
// webhook helps.
func confirmFails(ctx context.Context, w *world, f sandbox.Fault) error {
	defer w.door.shutFor("")()

	b, err := w.newBuyer(ctx, declinedCard, goodCard)
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

	f.Route = "POST /v1/payment_intents/" + w.stripe.intentOf(b.order) + "/confirm"
	w.stripe.fault(w.t, f)
	return b.pay(ctx)
}

// readFails: the call with which the worker of an event reads the intent.
func readFails(ctx context.Context, w *world, f sandbox.Fault) error {
	b, err := w.newBuyer(ctx, secureCard)
	if err != nil {
		return err
	}
	defer w.door.shutFor("payment_intent.")()
	f.Route = "GET /v1/payment_intents/*"
	w.stripe.fault(w.t, f)
	return b.pay(ctx)
}

// struckAll fails the test when a fault was never met, and clears the rest.
func (w *world) struckAll() {
	w.t.Helper()
	for _, f := range w.stripe.Faults() {
		if f.Hits == 0 {
			w.t.Errorf("nothing met the fault %s at %s", f.Kind, f.Route)
		}
	}
	w.stripe.ClearFaults()
}

// TestWebhooksMisbehave lets webhooks come twice, late, in another order, or
// not at all.
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
			w := newWorld(t)
			for _, f := range faults {
				w.stripe.fault(t, f)
			}

			w.everyCard()
			w.struckAll()
			w.agree(patience)
		})
	}
}

// everyCard lets a buyer with every kind of card pay, all at once.
func (w *world) everyCard() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()

	paid := make(chan error)
	for _, cards := range carts() {
		go func() { paid <- w.buy(ctx, mug, cards...) }()
	}

	for range carts() {
		if err := <-paid; err != nil {
			w.t.Error("a buyer could not pay: ", err)
		}
	}
}

// TestSecretRotates: while both secrets are configured, no webhook is refused,
// whichever of them signs. Nothing else brings the events here.
func TestSecretRotates(t *testing.T) {
	t.Parallel()
	for name, overlap := range map[string]time.Duration{"at once": 0, "with both signing for a while": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, noBackfill)
			w.everyCard()
			w.agree(patience)
			w.stripe.RotateWebhookSecret("", nextSecret, overlap)
			w.everyCard()
			w.agree(patience)

			r, err := w.db.read(t.Context())
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

// fingerprint is how the inbox names a secret.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:4])
}
