package sandbox_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/sandbox"
)

// TestRolledKeyExpires rolls a key with an overlap and one without, and starts
// the sandbox again.
func TestRolledKeyExpires(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.jsonl")
	const former, leaked, other = "sk_test_former123", "pk_test_leaked123", "sk_test_another12"
	status := func(b *box, key string) int {
		b.t.Helper()
		path := "/v1/customers?limit=1"
		r := b.do("GET", path, "", withKey(key))
		if r.status == 401 && r.str("error.code") != "api_key_expired" {
			b.t.Errorf("%s: %s", key, r.raw)
		}
		return r.status
	}

	var next string
	t.Run("before a restart", func(t *testing.T) {
		b := newBox(t, func(cfg *sandbox.Config) { cfg.StateFile = file })
		var err error
		if next, err = b.s.RollKey(former, time.Hour); err != nil || !strings.HasPrefix(next, "sk_test_") {
			t.Fatalf("got %q, %v", next, err)
		}
		want(t, "the former key during the overlap", status(b, former), 200)
		want(t, "the new key", status(b, next), 200)

		// What one key began, the other goes on with.
		first := b.do("POST", "/v1/customers", "name=1", withKey(former), header("Idempotency-Key", "k"))
		again := b.do("POST", "/v1/customers", "name=1", withKey(next), header("Idempotency-Key", "k"))
		want(t, "the customer under the new key", again.str("id"), first.str("id"))

		r := b.do("POST", "/_sandbox/roll_key", `{"key": "`+leaked+`"}`)
		want(t, "a publishable key", strings.HasPrefix(r.str("key"), "pk_test_"), true)
		want(t, "a live key", b.do("POST", "/_sandbox/roll_key", `{"key": "sk_live_12345678"}`).status, 422)

		b.s.Advance(time.Hour)
		want(t, "the former key after the overlap", status(b, former), 401)
	})

	b := newBox(t, func(cfg *sandbox.Config) { cfg.StateFile = file })
	want(t, "the former key", status(b, former), 401)
	want(t, "the key that was rolled at once", b.do("POST", "/v1/confirmation_tokens", "", withKey(leaked)).status, 401)
	want(t, "the new key", status(b, next), 200)
	want(t, "another key", status(b, other), 200)
}
