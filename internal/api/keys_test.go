package api_test

import (
	"crypto/sha256"
	"regexp"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/fault"
)

var noon = time.Date(2026, 2, 2, 12, 0, 0, 0, time.UTC)

func TestNewKey(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for _, c := range []struct {
		live   bool
		prefix string
	}{{false, "ck_test_"}, {true, "ck_live_"}} {
		for range 200 {
			k, secret, err := api.NewKey(" Backend ", api.ScopeWrite, c.live, noon)
			if err != nil {
				t.Fatal(err)
			}
			if !regexp.MustCompile("^" + c.prefix + "[0-9A-Za-z]{49}$").MatchString(secret) {
				t.Fatalf("the key %q has another form", secret)
			}
			if seen[secret] {
				t.Fatal("two keys are the same")
			}
			seen[secret] = true

			if sum := sha256.Sum256([]byte(secret)); string(sum[:]) != string(k.Hash) {
				t.Fatal("the hash is not the SHA-256 of the key")
			}
			if k.Name != "Backend" || k.Scope != api.ScopeWrite || k.Livemode != c.live || k.CreatedAt != noon {
				t.Fatalf("got %+v", k)
			}
			if k.Hint != c.prefix+"…"+secret[len(secret)-4:] || strings.Contains(k.ID, secret[8:20]) {
				t.Fatalf("the hint is %q, the ID %q", k.Hint, k.ID)
			}
			if !api.WellFormed(secret, c.live) || api.WellFormed(secret, !c.live) {
				t.Fatalf("%q counts for the wrong mode", secret)
			}
		}
	}
}

func TestAChangedKeyIsNotWellFormed(t *testing.T) {
	t.Parallel()
	_, secret, err := api.NewKey("Backend", api.ScopeRead, false, noon)
	if err != nil {
		t.Fatal(err)
	}

	for i := len("ck_test_"); i < len(secret); i++ {
		other := byte('a')
		if secret[i] == other {
			other = 'b'
		}
		if changed := secret[:i] + string(other) + secret[i+1:]; api.WellFormed(changed, false) {
			t.Errorf("with another character at %d the key counts", i)
		}
	}

	for _, text := range []string{"", "ck_test_", secret + "a", secret[1:], " " + secret, strings.ToUpper(secret)} {
		if api.WellFormed(text, false) {
			t.Errorf("%q counts", text)
		}
	}
}

func TestNewKeyRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scope, code string
	}{
		{"", "read", "name_invalid"},
		{" \u200b ", "read", "name_invalid"},
		{"two\nlines", "read", "name_invalid"},
		{strings.Repeat("x", 101), "read", "name_invalid"},
		{"Backend", "", "scope_unknown"},
		{"Backend", "admin", "scope_unknown"},
	} {
		if _, secret, err := api.NewKey(c.name, api.Scope(c.scope), false, noon); !fault.Is(err, c.code) || secret != "" {
			t.Errorf("name %q, scope %q: %v, want %s", c.name, c.scope, err, c.code)
		}
	}
}

func TestScopesIncludeTheOnesBefore(t *testing.T) {
	t.Parallel()
	all := []api.Scope{api.ScopeRead, api.ScopeWrite, api.ScopeRefund}
	for i, s := range all {
		for j, needs := range all {
			if got := s.Includes(needs); got != (j <= i) {
				t.Errorf("%s includes %s: %t", s, needs, got)
			}
		}
	}
	if api.Scope("").Includes(api.ScopeRead) || api.Scope("admin").Includes(api.ScopeRead) {
		t.Error("an unknown scope includes read")
	}
}
