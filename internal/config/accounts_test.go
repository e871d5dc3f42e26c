package config_test

import (
	"strings"
	"testing"

	"checkoutd/internal/config"
)

func TestKeysOfTwoAccountsLookForeign(t *testing.T) {
	t.Parallel()
	const ours, theirs = "1TFlYbLwXs1WAEAL", "1Nv0FGQ9RKHgCVdK"
	rest := strings.Repeat("x", 83)

	for name, tt := range map[string]struct {
		key  string
		want bool
	}{
		"ours":                  {"pk_test_5" + ours + rest, false},
		"another's":             {"pk_test_5" + theirs + rest, true},
		"another's, restricted": {"rk_live_5" + theirs + rest, true},
		"of the old form":       {"pk_test_TYooMQauvdEDq54NiTphI7jx", false},
		"of the sandbox":        {config.SandboxPublishableKey, false},
		"none":                  {"", false},
	} {
		if got := config.LooksForeign(tt.key, "acct_"+ours); got != tt.want {
			t.Errorf("%s: %t, want %t", name, got, tt.want)
		}
	}

	if config.LooksForeign("pk_test_5"+theirs+rest, "acct_short") {
		t.Error("an ID of another form was compared")
	}

	a := config.StripeAccount{
		StripeSecretKey:      config.Secret("sk_test_5" + ours + rest),
		StripePublishableKey: "pk_test_5" + theirs + rest,
	}
	if !a.KeysLookForeign() {
		t.Error("keys of two accounts look like those of one")
	}

	if a.StripePublishableKey = "pk_test_5" + ours + rest; a.KeysLookForeign() {
		t.Error("keys of one account look like those of two")
	}
}
