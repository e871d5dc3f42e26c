package sandbox_test

import (
	"path/filepath"
	"slices"
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

// TestRestrictedKeys checks that a restricted key may do what its permissions
// say, and no more.
func TestRestrictedKeys(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.jsonl")
	const configured, everything = "rk_test_configured", "rk_test_everything"
	b := newBox(t, func(cfg *sandbox.Config) {
		cfg.StateFile = file
		cfg.RestrictedKeys = map[string][]string{configured: {"rak_customer_read"}}
	})

	made := b.do("POST", "/_sandbox/restricted_keys", `{"permissions": ["rak_customer_write", "rak_payment_intent_write"]}`)
	key := made.str("key")
	want(t, "the kind of the new key", strings.HasPrefix(key, "rk_test_"), true)

	account := b.do("POST", "/v1/accounts", "type=custom&country=US").str("id")
	for _, c := range []struct{ key, method, path, form, header, missing string }{
		{key: key, method: "POST", path: "/v1/customers", form: "name=A"},
		{key: key, method: "GET", path: "/v1/customers"}, // to write includes to read
		{key: key, method: "GET", path: "/v1/balance", missing: "rak_balance_read"},
		{
			key:     key,
			method:  "POST",
			path:    "/v1/refunds",
			form:    "nonsense=1",
			missing: "rak_refund_write",
		},
		{
			key:     key,
			method:  "GET",
			path:    "/v1/payment_intents?expand[]=data.latest_charge",
			missing: "rak_charge_read",
		},
		{key: key, method: "GET", path: "/v1/prices", missing: "rak_plan_read"},
		{
			key:     key,
			method:  "GET",
			path:    "/v1/customers/cus_1/payment_methods",
			missing: "rak_payment_method_read",
		},
		{key: key, method: "GET", path: "/v1/account", missing: "rak_accounts_kyc_id_numbers_read"},
		{
			key:     key,
			method:  "GET",
			path:    "/v1/customers",
			header:  account,
			missing: "does not have any Connect permissions",
		},
		{key: configured, method: "GET", path: "/v1/customers"},
		{key: configured, method: "POST", path: "/v1/customers", missing: "rak_customer_write"},
		{key: everything, method: "GET", path: "/v1/balance"},
	} {
		options := []option{withKey(c.key)}
		if c.header != "" {
			options = append(options, header("Stripe-Account", c.header))
		}

		r := b.do(c.method, c.path, c.form, options...)
		switch message := r.str("error.message"); {
		case c.missing == "":
			want(t, c.method+" "+c.path, r.status, 200)
		case r.status != 403 || !strings.Contains(message, c.missing) || strings.Contains(message, c.key):
			t.Errorf("%s %s: got %s, want a refusal that names %s", c.method, c.path, r.raw, c.missing)
		case strings.HasPrefix(c.missing, "rak_") && !strings.Contains(message,
			"does not have the required permissions for this endpoint on account 'acct_1SbxCheckoutd000'. Having the '"+
				c.missing+"' permission would allow this request to continue."):
			t.Errorf("%s %s: got %q", c.method, c.path, message)
		}
	}

	// The permissions can be changed, with those for connected accounts.
	b.do("POST", "/_sandbox/restricted_keys", `{"key": "`+key+`", "permissions": ["connect:rak_customer_read"]}`)
	want(t, "in a connected account", b.do("GET", "/v1/customers", "", withKey(key), header("Stripe-Account", account)).status, 200)
	want(t, "in the platform's own", b.do("GET", "/v1/customers", "", withKey(key)).status, 403)

	next := b.do("POST", "/_sandbox/roll_key", `{"key": "`+key+`"}`).str("key")
	want(t, "a rolled key", b.do("GET", "/v1/customers", "", withKey(next)).status, 403)

	for _, wrong := range []string{
		`{"permissions": ["rak_none_read"]}`, `{"permissions": ["charge_read"]}`, `{"permissions": ["rak_charge"]}`,
		`{"key": "sk_test_123456789"}`, `{"key": "rk_live_123456789"}`,
	} {
		want(t, wrong, b.do("POST", "/_sandbox/restricted_keys", wrong).status, 422)
	}
}

// TestPermissions checks that every operation for servers needs a permission,
// or is closed to restricted keys on purpose.
func TestPermissions(t *testing.T) {
	t.Parallel()
	const key = "rk_test_nothing"
	b := newBox(t, func(cfg *sandbox.Config) { cfg.RestrictedKeys = map[string][]string{key: {}} })
	closed := []string{"/v1/elements/", "/v1/embedded/", "/v1/radar/", "/v1/sandbox/", "/v1/stripecli/"}

	for _, op := range sandbox.Routes() {
		method, path, _ := strings.Cut(op, " ")
		if slices.ContainsFunc(closed, func(p string) bool { return strings.HasPrefix(path, p) }) {
			continue
		}

		r := b.do(method, strings.NewReplacer("{id}", "x", "{sub}", "y").Replace(path), "", withKey(key))
		if r.status != 403 || !strings.Contains(r.str("error.message"), "rak_") {
			t.Errorf("%s: got %s, want the name of a permission", op, r.raw)
		}
	}
}
