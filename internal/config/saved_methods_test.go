package config_test

import (
	"testing"

	"checkoutd/internal/config"
)

// With real cards, saving one without a payment is a way to test stolen ones.
func TestSavingWithoutAPaymentIsOffWithRealCards(t *testing.T) {
	t.Parallel()
	shop := map[string]string{"shop.json": "{}"}
	for name, tt := range map[string]struct {
		mode    config.Mode
		environ []string
		want    bool
	}{
		"real Stripe":               {config.Serve, testKeys, false},
		"real Stripe, asked for":    {config.Serve, with(testKeys, "SAVED_METHODS_SETUP=true"), true},
		"the sandbox":               {config.Sandbox, nil, true},
		"the sandbox, switched off": {config.Sandbox, []string{"SAVED_METHODS_SETUP=false"}, false},
	} {
		if got := load(t, tt.mode, tt.environ, shop).SavedMethods.Setup; got != tt.want {
			t.Errorf("%s: got %t, want %t", name, got, tt.want)
		}
	}
}

func TestSavedMethodsRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"asking to save what is saved anyway": {
			environ: []string{"SETUP_FUTURE_USAGE=off_session", "SAVED_METHODS_SAVE=true"},
			want:    "SAVED_METHODS_SAVE is true, but SETUP_FUTURE_USAGE saves every payment method",
			mention: "conflict",
		},
		"a usage that nobody is asked for": {
			environ: []string{"SAVED_METHODS_SAVE=false", "SAVED_METHODS_SAVE_USAGE=off_session"},
			want:    "SAVED_METHODS_SAVE_USAGE is set, but buyers are not asked",
			mention: "SAVED_METHODS_SAVE=true",
		},
		"a usage that SETUP_FUTURE_USAGE overrides": {
			environ: []string{"SETUP_FUTURE_USAGE=on_session", "SAVED_METHODS_SAVE_USAGE=off_session"},
			want:    "SAVED_METHODS_SAVE_USAGE is set, but buyers are not asked",
		},
		"an unknown usage": {
			environ: []string{"SAVED_METHODS_SAVE_USAGE=always"},
			want:    `SAVED_METHODS_SAVE_USAGE is "always".`,
			mention: "on_session, off_session",
		},
		"removing methods that are not shown": {
			environ: []string{"SAVED_METHODS_REDISPLAY=false", "SAVED_METHODS_REMOVE=true"},
			want:    "SAVED_METHODS_REMOVE has no effect, because",
			mention: "SAVED_METHODS_REDISPLAY",
		},
		"a limit for methods that are not shown": {
			environ: []string{"SAVED_METHODS_REDISPLAY=false", "SAVED_METHODS_LIMIT=3"},
			want:    "SAVED_METHODS_LIMIT has no effect, because",
		},
		"filters for methods that are not shown": {
			environ: []string{"SAVED_METHODS_REDISPLAY=false", "SAVED_METHODS_FILTERS=always"},
			want:    "SAVED_METHODS_FILTERS has no effect, because",
		},
		"more than ten saved methods": {
			environ: []string{"SAVED_METHODS_LIMIT=11"},
			want:    `SAVED_METHODS_LIMIT is "11".`,
			mention: "from 1 to 10",
		},
		"no saved methods at all": {
			environ: []string{"SAVED_METHODS_LIMIT=0"},
			want:    `SAVED_METHODS_LIMIT is "0".`,
			mention: "from 1 to 10",
		},
		"an unknown filter": {
			environ: []string{"SAVED_METHODS_FILTERS=always,never"},
			want:    `SAVED_METHODS_FILTERS contains "never".`,
			mention: "unspecified",
		},
		"a filter twice": {
			environ: []string{"SAVED_METHODS_FILTERS=always,always"},
			want:    "SAVED_METHODS_FILTERS contains always twice.",
		},
	})
}
