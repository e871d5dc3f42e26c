package config_test

import (
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/config"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	const value = `[{"url":"https://shop.example/hooks","types":["order.paid"],"secrets":["` + secret + `"]},
		{"url":"https://erp.example/","secrets":["` + secret + `","whsec_b"]}]`

	c := load(t, config.Sandbox, []string{"ENDPOINTS=" + value, "ENDPOINTS_ALLOW_NETWORKS=10.0.0.7/8, fd00::1"}, nil)
	if len(c.Endpoints) != 2 || c.Endpoints[0].URL != "https://shop.example/hooks" ||
		!slices.Equal(c.Endpoints[0].Types, []string{"order.paid"}) ||
		c.Endpoints[0].Secrets[0].Reveal() != secret || len(c.Endpoints[1].Secrets) != 2 {
		t.Errorf("got %+v", c.Endpoints)
	}
	if len(c.AllowedNetworks) != 2 || c.AllowedNetworks[0].String() != "10.0.0.0/8" ||
		c.AllowedNetworks[1].String() != "fd00::1/128" {
		t.Errorf("got %v", c.AllowedNetworks)
	}
	if strings.Contains(c.String(), secret) {
		t.Error("the settings show a secret")
	}
}

func TestEndpointRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"no JSON": {
			environ: []string{"ENDPOINTS=https://shop.example/hooks"},
			want:    "ENDPOINTS is not a list of endpoints with url, types and secrets as JSON",
		},
		"a misspelled member": {
			environ: []string{`ENDPOINTS=[{"url":"https://shop.example","secret":"whsec_hidden"}]`},
			want:    "ENDPOINTS is not a list of endpoints with url, types and secrets as JSON",
		},
		"no address": {
			environ: []string{`ENDPOINTS=[{"url":"shop.example","secrets":["whsec_a"]}]`},
			want:    "ENDPOINTS has a url, number 1, that is not a web address",
		},
		"no secret": {
			environ: []string{`ENDPOINTS=[{"url":"https://shop.example"}]`},
			want:    "ENDPOINTS has no secrets for number 1",
		},
		"another secret": {
			environ: []string{`ENDPOINTS=[{"url":"https://shop.example","secrets":["sk_live_hidden"]}]`},
			want:    "ENDPOINTS has something, in number 1, that is not a signing secret",
		},
		"twice the same": {
			environ: []string{`ENDPOINTS=[{"url":"https://a.example","secrets":["whsec_a"]},` +
				`{"url":"https://a.example","secrets":["whsec_a"]}]`},
			want: "ENDPOINTS has the url of number 2 twice",
		},
		"every network": {
			environ: []string{"ENDPOINTS_ALLOW_NETWORKS=0.0.0.0/0"},
			want:    "ENDPOINTS_ALLOW_NETWORKS allows every address",
		},
		"no network": {
			environ: []string{"ENDPOINTS_ALLOW_NETWORKS=shop.local"},
			want:    "ENDPOINTS_ALLOW_NETWORKS contains \"shop.local\", which is not an address",
		},
	})
}
