package config_test

import (
	"testing"
)

func TestShopRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"order expiry too short": {
			environ: []string{"ORDER_EXPIRES_AFTER=29m"},
			want:    "ORDER_EXPIRES_AFTER is \"29m\". Use a duration from 30m to 30d",
		},
		"order expiry too long": {
			environ: []string{"ORDER_EXPIRES_AFTER=31d"},
			want:    "ORDER_EXPIRES_AFTER is \"31d\"",
		},
		"days overflow": {
			environ: []string{"ORDER_EXPIRES_AFTER=99999999999d"},
			want:    "ORDER_EXPIRES_AFTER is",
		},
	})
}
