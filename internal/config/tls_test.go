package config_test

import (
	"slices"
	"testing"

	"checkoutd/internal/config"
)

func TestTLSRefusals(t *testing.T) {
	t.Parallel()
	refusals := map[string]refusal{}
	for name, tt := range map[string]struct{ environ, want string }{
		"a wildcard": {
			"TLS_DOMAINS=*.shop.example",
			`TLS_DOMAINS contains "*.shop.example": a CA verifies wildcards`,
		},
		"an address": {
			"TLS_DOMAINS=192.0.2.1",
			`TLS_DOMAINS contains "192.0.2.1", which is not a public name`,
		},
		"a URL": {
			"TLS_DOMAINS=https://shop.example",
			`TLS_DOMAINS contains "https://shop.example", which`,
		},
		"a name without a dot": {
			"TLS_DOMAINS=localhost",
			`TLS_DOMAINS contains "localhost", which`,
		},
		"a name twice": {
			"TLS_DOMAINS=a.example,A.example.",
			`TLS_DOMAINS lists "a.example" twice`,
		},
		"a directory over http": {
			"TLS_ACME_DIRECTORY=http://ca.example/dir",
			"TLS_ACME_DIRECTORY is not https",
		},
		"an e-mail with a name": {
			"TLS_ACME_EMAIL=Ops <ops@a.example>",
			"TLS_ACME_EMAIL is not an e-mail address alone",
		},
		"one port for both": {
			"TLS_HTTP_ADDR=:443",
			"TLS_HTTP_ADDR and ADDR are both :443",
		},
		"a public name of others": {
			"BASE_URL=https://b.example",
			"BASE_URL is not https://a.example",
		},
		"a public name over http": {
			"BASE_URL=http://a.example",
			"BASE_URL is not https://a.example",
		},
		"no such file": {
			"TLS_ACME_CA_FILE=none.pem",
			"TLS_ACME_CA_FILE cannot be read",
		},
		"a file of another kind": {
			"TLS_ACME_CA_FILE=shop.json",
			"TLS_ACME_CA_FILE (shop.json) holds no certificate",
		},
	} {
		refusals[name] = refusal{
			mode:    config.Serve,
			environ: with(testKeys, "TLS_DOMAINS=a.example", tt.environ),
			files:   map[string]string{"shop.json": "{}"},
			want:    tt.want,
		}
	}

	checkRefusals(t, refusals)
}

func TestTLSDomainsDecideTheAddresses(t *testing.T) {
	t.Parallel()
	environ := with(liveKeys, "BASE_URL=", "TRUSTED_PROXIES=", "TLS_DOMAINS=Pay.Shop.Example, www.shop.example.")
	c := load(t, config.Serve, environ, nil)
	if c.Addr != ":443" || c.TLSHTTPAddr != ":80" || c.BaseURL != "https://pay.shop.example" ||
		!slices.Equal(c.TLSDomains, []string{"pay.shop.example", "www.shop.example"}) {
		t.Errorf("got https at %s, http at %s, %s for %v", c.Addr, c.TLSHTTPAddr, c.BaseURL, c.TLSDomains)
	}

	for _, w := range c.Warnings {
		if w != "DATA_KEY is not set: the database holds client secrets and webhook payloads in clear, and so "+
			"does every copy of it." {
			t.Errorf("warning: %s", w)
		}
	}

	// The probe does not need a certificate.
	probe := load(t, config.Healthcheck, with(environ, "TLS_HTTP_ADDR=:4280"), nil)
	if got, want := probe.ProbeURL("/readyz"), "http://127.0.0.1:4280/readyz"; got != want {
		t.Errorf("the probe asks %s, want %s", got, want)
	}

	elsewhere := load(t, config.Serve, with(environ, "ADDR=:4242", "BASE_URL=https://www.shop.example:8443"), nil)
	if elsewhere.Addr != ":4242" || elsewhere.BaseURL != "https://www.shop.example:8443" {
		t.Errorf("got https at %s, %s", elsewhere.Addr, elsewhere.BaseURL)
	}
}
