package torture_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"checkoutd/internal/testhost"
)

// TestRotation rolls the API key and the webhook secret again and again while
// buyers pay and webhooks arrive. Nobody may notice, even if the former key
// expires at once, or the server is killed in the middle.
func TestRotation(t *testing.T) {
	testhost.Torture(t)
	t.Parallel()
	for name, killed := range map[string]bool{
		"of a server that goes on": false, "of a server that is killed in the middle": true,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRotation(t)
			stop := r.h.crowd(4)

			for i := range scaled(3, 30) {
				formerKey := r.key
				r.roll(i)
				if killed {
					r.h.servers[0].kill()
					r.expire(formerKey)
					r.h.start()
					continue
				}

				r.h.servers[0].signal(t, syscall.SIGHUP)
				r.wait(i + 1)
				r.expire(formerKey)
			}

			stop()
			r.h.wantAgreement(patience)
		})
	}
}

// rotation is a shop whose secrets are in files.
type rotation struct {
	h           *harness
	dir         string
	key, secret string // of now, at Stripe
}

func newRotation(t *testing.T) *rotation {
	t.Helper()
	r := &rotation{dir: t.TempDir(), key: secretKey, secret: webhookSecret}
	r.write(t, "key", r.key)
	r.write(t, "secret", r.secret)

	r.h = newHarness(t,
		"STRIPE_SECRET_KEY=", "STRIPE_SECRET_KEY_FILE="+filepath.Join(r.dir, "key"),
		"STRIPE_WEBHOOK_SECRET=", "STRIPE_WEBHOOK_SECRET_FILE="+filepath.Join(r.dir, "secret"))

	return r
}

// write replaces a file as an editor does.
func (r *rotation) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.WriteFile(path+".new", []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// roll follows the drill of docs/operations.md: it rolls both at Stripe, with a
// time for the former ones, and writes the files.
func (r *rotation) roll(i int) {
	r.h.t.Helper()
	next, err := r.h.stripe.RollKey(r.key, time.Hour)
	if err != nil {
		r.h.t.Fatal(err)
	}

	secret := fmt.Sprintf("whsec_ofround%d", i)
	r.h.stripe.RotateWebhookSecret("", secret, time.Hour)

	r.write(r.h.t, "secret", secret+","+r.secret)
	r.write(r.h.t, "key", next)
	r.key, r.secret = next, secret
}

// wait returns when the server has taken n rotations over.
func (r *rotation) wait(n int) {
	r.h.t.Helper()
	for r.h.servers[0].log.keysTaken() < n {
		if err := pause(r.h.t.Context()); err != nil {
			r.h.t.Fatal(err)
		}
	}
}

// expire ends a key at Stripe, whatever it was promised.
func (r *rotation) expire(key string) {
	r.h.t.Helper()
	if _, err := r.h.stripe.RollKey(key, 0); err != nil {
		r.h.t.Fatal(err)
	}
}
