package config_test

import (
	"testing"
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
