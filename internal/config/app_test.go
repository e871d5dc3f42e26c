package config_test

import "testing"

func TestAppInfo(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"a version without a name": {environ: []string{"APP_VERSION=1"}, want: "APP_NAME is not set"},
		"a name with letters":      {environ: []string{"APP_NAME=Café"}, want: "APP_NAME ", mention: "ASCII"},
		"an address without https": {environ: []string{"APP_NAME=A", "APP_URL=shop"}, want: "APP_URL "},
		"another ID": {
			environ: []string{"STRIPE_PARTNER_ID=acct_1"}, want: "STRIPE_PARTNER_ID ", mention: "pp_partner_",
		},
	})
}
