package config_test

import (
	"testing"
	"time"

	"checkoutd/internal/config"
)

func TestBackgroundRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"number out of range": {
			environ: []string{"WORKERS=65"},
			want:    "WORKERS is \"65\". Use a whole number from 1 to 64",
		},
		"backfill too often": {
			environ: []string{"BACKFILL_EVERY=1s"},
			want:    "BACKFILL_EVERY is \"1s\". Use a duration from 10s to 1d, like 90s, 30m or 24h, or 0 to switch it off",
		},
		"unknown before the timeout has passed": {
			environ: []string{"UNKNOWN_AFTER=20s"},
			want:    "UNKNOWN_AFTER (20s) is not longer than STRIPE_TIMEOUT (30s)",
		},
	})
}

func TestDriftAt(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"":      3*time.Hour + 30*time.Minute,
		"off":   0,
		"01:00": time.Hour,
		"23:59": 23*time.Hour + 59*time.Minute,
	} {
		c, err := config.Load(config.Sandbox, []string{"DRIFT_AT=" + value}, files(nil))
		if err != nil || c.DriftAt != want {
			t.Errorf("%q: got %v, %v; want %s", value, c, err, want)
		}
	}

	checkRefusals(t, map[string]refusal{
		"before the events of the day are there": {
			environ: []string{"DRIFT_AT=00:30"},
			want:    "DRIFT_AT is \"00:30\". Use a time from 01:00 to 23:59, or off",
		},
	})
}
