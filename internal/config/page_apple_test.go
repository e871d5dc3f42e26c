package config_test

import (
	"testing"

	"checkoutd/internal/config"
)

func TestAppleDomainFile(t *testing.T) {
	t.Parallel()
	environ := []string{"APPLE_PAY_DOMAIN_FILE=apple"}
	checkRefusals(t, map[string]refusal{
		"a missing file": {environ: environ, want: "APPLE_PAY_DOMAIN_FILE cannot be read"},
		"an empty file":  {environ: environ, files: map[string]string{"apple": "\n"}, want: "APPLE_PAY_DOMAIN_FILE is not the file"},
		"an error page": {
			environ: environ,
			files:   map[string]string{"apple": "<html>404"},
			want:    "APPLE_PAY_DOMAIN_FILE is not the file",
			mention: "https://stripe.com/files/apple-pay/",
		},
	})

	if c := load(t, config.Sandbox, environ, map[string]string{"apple": "7B22\n"}); string(c.AppleDomain) != "7B22\n" {
		t.Errorf("got %q", c.AppleDomain)
	}
}
