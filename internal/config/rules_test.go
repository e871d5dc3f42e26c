package config_test

import (
	"testing"

	"checkoutd/internal/config"
)

func TestRulesRefusals(t *testing.T) {
	t.Parallel()
	const secret = "PRECONFIRM_SECRET=whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
	checkRefusals(t, map[string]refusal{
		"an address without a secret": {
			environ: []string{"PRECONFIRM_URL=https://shop.example/check"},
			want:    "PRECONFIRM_SECRET is not set, but PRECONFIRM_URL is",
		},
		"a secret without an address": {
			environ: []string{secret},
			want:    "PRECONFIRM_URL is not set, but PRECONFIRM_SECRET is",
		},
		"a short secret": {
			environ: []string{"PRECONFIRM_URL=https://shop.example/check", "PRECONFIRM_SECRET=whsec_c2hvcnQ="},
			want:    "PRECONFIRM_SECRET is not whsec_ and 24 to 64 bytes in base64",
		},
		"not an address": {
			environ: []string{secret, "PRECONFIRM_URL=shop.example/check"},
			want:    "PRECONFIRM_URL is not a web address",
		},
		"plain http with live keys": {
			mode:    config.Serve,
			environ: with(liveKeys, secret, "PRECONFIRM_URL=http://shop.example/check"),
			want:    "PRECONFIRM_URL is not https, but the keys are live",
		},
		"a long timeout": {
			environ: []string{"PRECONFIRM_TIMEOUT=10s"},
			want:    "PRECONFIRM_TIMEOUT is \"10s\"",
		},
		"an unknown policy": {
			environ: []string{"PRECONFIRM_FAILURE=ignore"},
			want:    "PRECONFIRM_FAILURE is \"ignore\"",
		},
	})
}
