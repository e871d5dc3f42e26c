package config_test

import (
	"testing"

	"checkoutd/internal/config"
)

func TestServerRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"live over http": {
			mode:    config.Serve,
			environ: with(liveKeys, "BASE_URL=http://shop.example"),
			want:    "BASE_URL is not https, but the keys are live",
		},
		"live without a proxy that speaks https": {
			mode:    config.Serve,
			environ: with(liveKeys, "TRUSTED_PROXIES="),
			want:    "TRUSTED_PROXIES is empty, but the keys are live",
			mention: "X-Forwarded-Proto",
		},
		"an origin with a path": {
			environ: []string{"ALLOWED_ORIGINS=https://shop.example, https://shop.example/pay"},
			want:    "ALLOWED_ORIGINS contains \"https://shop.example/pay\", which has more than a scheme",
		},
		"a plain origin with live keys": {
			mode:    config.Serve,
			environ: with(liveKeys, "ALLOWED_ORIGINS=http://shop.example"),
			want:    "ALLOWED_ORIGINS contains \"http://shop.example\", but the keys are live",
		},
		"a negative rate limit": {
			environ: []string{"RATE_LIMIT=-1"},
			want:    "RATE_LIMIT is \"-1\". Use a whole number from 0 to 100000",
		},
		"too few connections": {
			environ: []string{"MAX_CONNECTIONS=8"},
			want:    "MAX_CONNECTIONS is \"8\". Use a whole number from 64 to 100000",
		},
		"a proxy that is not an address": {
			environ: []string{"TRUSTED_PROXIES=10.0.0.0/8,proxy"},
			want:    "TRUSTED_PROXIES contains \"proxy\"",
		},
		"an IPv4-mapped proxy": {
			environ: []string{"TRUSTED_PROXIES=::ffff:10.0.0.0/104"},
			want:    "TRUSTED_PROXIES contains \"::ffff:10.0.0.0/104\". Write IPv4 addresses without",
		},
		"every address a proxy": {
			environ: []string{"TRUSTED_PROXIES=0.0.0.0/0"},
			want:    "TRUSTED_PROXIES trusts every client",
		},
		"base URL with a path": {
			environ: []string{"BASE_URL=https://a.example/shop"},
			want:    "BASE_URL has more than a scheme and a host",
		},
		"base URL with a password": {
			environ: []string{"BASE_URL=https://u:hunter2@a.example"},
			want:    "BASE_URL contains a user name",
		},
		"base URL without a scheme": {
			environ: []string{"BASE_URL=shop.example"},
			want:    "BASE_URL is not a web address",
		},
		"base URL that would break the CSP": {
			environ: []string{"BASE_URL=https://a.example;script-src*"},
			want:    "BASE_URL has a host with characters",
		},
		"log level": {
			mode:    config.Healthcheck,
			environ: []string{"LOG_LEVEL=loud"},
			want:    "LOG_LEVEL is \"loud\". Use one of: trace, debug, info, warn, error",
		},
		"port out of range": {
			environ: []string{"ADDR=localhost:70000"},
			want:    "ADDR is \"localhost:70000\"",
		},
	})
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	t.Run("BASE_URL follows the port of ADDR", func(t *testing.T) {
		t.Parallel()
		if c := load(t, config.Sandbox, []string{"ADDR=127.0.0.1:8080"}, nil); c.BaseURL != "http://localhost:8080" {
			t.Errorf("got %q", c.BaseURL)
		}

		c := load(t, config.Sandbox, []string{"ADDR=:8080", "BASE_URL=https://A.example/"}, nil)
		if c.BaseURL != "https://a.example" {
			t.Errorf("got %q", c.BaseURL)
		}
	})

	t.Run("BASE_URL does not follow a port that the system chooses", func(t *testing.T) {
		t.Parallel()
		if c := load(t, config.Sandbox, []string{"ADDR=127.0.0.1:0"}, nil); c.BaseURL != "http://localhost:4242" {
			t.Errorf("got %q", c.BaseURL)
		}
	})
}

func TestProbeURL(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"localhost:4242": "http://localhost:4242/healthz",
		":4242":          "http://127.0.0.1:4242/healthz",
		"0.0.0.0:80":     "http://127.0.0.1:80/healthz",
		"[::]:80":        "http://[::1]:80/healthz",
		"10.0.0.7:80":    "http://10.0.0.7:80/healthz",
	} {
		c := load(t, config.Healthcheck, []string{"ADDR=" + addr}, nil)
		if got := c.ProbeURL("/healthz"); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}
