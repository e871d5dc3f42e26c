package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/config"
)

// files is a readFile over a map of path to content.
func files(m map[string]string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		if text, ok := m[path]; ok {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
}

// test keys of a real account, as far as the rules can tell.
var testKeys = []string{
	"STRIPE_SECRET_KEY=sk_test_51Abc",
	"STRIPE_PUBLISHABLE_KEY=pk_test_51Abc",
	"STRIPE_WEBHOOK_SECRET=whsec_abc",
	"CATALOG_FILE=shop.json",
}

var liveKeys = []string{
	"STRIPE_SECRET_KEY=sk_live_51Abc",
	"STRIPE_PUBLISHABLE_KEY=pk_live_51Abc",
	"STRIPE_WEBHOOK_SECRET=whsec_abc",
	"CATALOG_FILE=shop.json",
	"BASE_URL=https://shop.example",
	"TRUSTED_PROXIES=127.0.0.1",
}

func with(base []string, more ...string) []string {
	return append(append([]string(nil), base...), more...)
}

func load(t *testing.T, mode config.Mode, environ []string, f map[string]string) *config.Config {
	t.Helper()
	c, err := config.Load(mode, environ, files(f))
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return c
}

func problems(t *testing.T, mode config.Mode, environ []string, f map[string]string) []string {
	t.Helper()
	c, err := config.Load(mode, environ, files(f))
	var e *config.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want a *config.Error", err)
	}
	if c != nil {
		t.Error("a Config came with the error")
	}
	return e.Problems
}

func TestSandboxNeedsNothing(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sandbox, nil, nil)
	want := map[string][2]any{
		"Addr":                 {c.Addr, "localhost:4242"},
		"BaseURL":              {c.BaseURL, "http://localhost:4242"},
		"DatabaseURL":          {c.DatabaseURL.Reveal(), "sqlite:./data/checkoutd.db"},
		"StripeAPIBase":        {c.StripeAPIBase, "http://127.0.0.1:12111"},
		"StripeJSURL":          {c.StripeJSURL, "http://127.0.0.1:12111/v3/"},
		"StripeSecretKey":      {c.StripeSecretKey.Reveal(), config.SandboxSecretKey},
		"StripePublishableKey": {c.StripePublishableKey, config.SandboxPublishableKey},
		"StripeWebhookSecrets": {c.StripeWebhookSecrets[0].Reveal(), config.SandboxWebhookSecret},
		"StripeTimeout":        {c.StripeTimeout, 30 * time.Second},
		"UnknownAfter":         {c.UnknownAfter, 45 * time.Second},
		"OrderExpiresAfter":    {c.OrderExpiresAfter, 24 * time.Hour},
		"BackfillEvery":        {c.BackfillEvery, 10 * time.Minute},
		"WebhookTolerance":     {c.WebhookTolerance, 5 * time.Minute},
		"CaptureMethod":        {c.CaptureMethod, "automatic"},
		"Workers":              {c.Workers, 4},
		"RateLimit":            {c.RateLimit, 60},
		"BrandName":            {c.BrandName, "checkoutd shop"},
		"LogFormat":            {c.LogFormat, config.LogAuto},
		"SandboxFaults":        {c.SandboxFaults, false},
		"Livemode":             {c.Livemode(), false},
		"warnings":             {len(c.Warnings), 0},
	}
	for name, v := range want {
		if v[0] != v[1] {
			t.Errorf("%s: got %v, want %v", name, v[0], v[1])
		}
	}
}

func TestServeReportsEverythingMissingAtOnce(t *testing.T) {
	t.Parallel()
	got := problems(t, config.Serve, []string{"WORKERS=many", "ADDR=4242"}, nil)
	for _, name := range []string{"STRIPE_SECRET_KEY is missing. ", "STRIPE_PUBLISHABLE_KEY is missing. ",
		"STRIPE_WEBHOOK_SECRET is missing. ", "CATALOG_FILE is missing. ", "WORKERS is ", "ADDR is "} {
		if !hasPrefix(got, name) {
			t.Errorf("nothing begins with %q in:\n%s", name, strings.Join(got, "\n"))
		}
	}

	if len(got) != 6 {
		t.Errorf("got %d problems, want 6: %q", len(got), got)
	}
}

func TestServeJudgesALivePublishableKeyAlone(t *testing.T) {
	t.Parallel()
	got := problems(t, config.Serve, []string{"STRIPE_PUBLISHABLE_KEY=pk_live_1", "STRIPE_WEBHOOK_SECRET=whsec_a", "CATALOG_FILE=c", "TRUSTED_PROXIES=::1"}, nil)
	if len(got) != 2 || !hasPrefix(got, "STRIPE_SECRET_KEY is missing") || !hasPrefix(got, "BASE_URL is not https") {
		t.Errorf("got %q, want the missing key and the http address", got)
	}
}

func hasPrefix(lines []string, prefix string) bool {
	for _, line := range lines {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}

func TestSourcesAndTheirOrder(t *testing.T) {
	t.Parallel()
	t.Run("the environment wins over .env", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{"WORKERS=7"}, map[string]string{".env": "WORKERS=3\nBRAND_NAME='A # b'\n"})
		if c.Workers != 7 || c.BrandName != "A # b" {
			t.Errorf("got %d, %q; want 7 from the environment, the name from .env", c.Workers, c.BrandName)
		}
	})

	t.Run("an empty value counts as not given", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{"WORKERS= "}, map[string]string{".env": "WORKERS=3"})
		if c.Workers != 3 {
			t.Errorf("got %d, want 3 from .env", c.Workers)
		}
	})

	t.Run("a secret comes from its file without the newline", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Serve, with(testKeys[1:], "STRIPE_SECRET_KEY_FILE=/run/secrets/k"),
			map[string]string{"/run/secrets/k": "rk_test_fromfile\r\n"})
		if got := c.StripeSecretKey.Reveal(); got != "rk_test_fromfile" {
			t.Errorf("got %q", got)
		}
	})

	t.Run("the environment's file wins over .env's value", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Serve, with(testKeys[1:], "STRIPE_SECRET_KEY_FILE=k"),
			map[string]string{"k": "sk_test_file", ".env": "STRIPE_SECRET_KEY=sk_test_dotenv"})
		if got := c.StripeSecretKey.Reveal(); got != "sk_test_file" {
			t.Errorf("got %q", got)
		}
	})

	t.Run("a missing .env is fine and an unreadable one is not", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load(config.Sandbox, nil, func(string) ([]byte, error) {
			return nil, &fs.PathError{Op: "open", Path: ".env", Err: fs.ErrPermission}
		})
		if err == nil || !strings.Contains(err.Error(), ".env cannot be read") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a malformed .env is named by line and not quoted", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load(config.Sandbox, nil, files(map[string]string{
			".env": "WORKERS=2\n\nSTRIPE_SECRET_KEY=\"sk_live_hunter2\nADDR=:1\n"}))
		if err == nil || !strings.Contains(err.Error(), "line 3") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want line 3 and no secret", err)
		}
	})
}

func TestRefusedWithASentence(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		mode    config.Mode
		environ []string
		files   map[string]string
		want    string // how the only problem begins
		mention string
	}{
		{
			name:    "both value and file",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_SECRET_KEY_FILE=k"),
			want:    "STRIPE_SECRET_KEY and STRIPE_SECRET_KEY_FILE are both set",
			mention: "Keep one",
		},
		{
			name:    "secret file missing",
			mode:    config.Serve,
			environ: with(testKeys[1:], "STRIPE_SECRET_KEY_FILE=sk_test_oops"),
			want:    "STRIPE_SECRET_KEY cannot be read from the file in STRIPE_SECRET_KEY_FILE: file does not exist",
		},
		{
			name:    "secret file empty",
			mode:    config.Serve,
			environ: with(testKeys[1:], "STRIPE_SECRET_KEY_FILE=k"),
			files:   map[string]string{"k": "\n"},
			want:    "STRIPE_SECRET_KEY is empty in the file",
		},
		{
			name:    "publishable key as the secret",
			mode:    config.Serve,
			environ: with(testKeys[1:], "STRIPE_SECRET_KEY=pk_test_1"),
			want:    "STRIPE_SECRET_KEY holds a publishable key",
			mention: "STRIPE_PUBLISHABLE_KEY",
		},
		{
			name:    "secret key as the publishable",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_PUBLISHABLE_KEY=sk_test_1"),
			want:    "STRIPE_PUBLISHABLE_KEY holds a secret key",
			mention: "STRIPE_SECRET_KEY",
		},
		{
			name:    "restricted key as the publishable",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_PUBLISHABLE_KEY=rk_live_1"),
			want:    "STRIPE_PUBLISHABLE_KEY holds a secret key",
		},
		{
			name:    "organization key",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_SECRET_KEY=sk_org_live_1"),
			want:    "STRIPE_SECRET_KEY holds an organization key",
		},
		{
			name:    "not a key",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_SECRET_KEY=hunter2"),
			want:    "STRIPE_SECRET_KEY is not a Stripe secret key",
		},
		{
			name:    "key with a line break inside",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_SECRET_KEY=sk_test_a\nb"),
			want:    "STRIPE_SECRET_KEY is not a Stripe secret key",
		},
		{
			name:    "live secret, test publishable",
			mode:    config.Serve,
			environ: with(liveKeys, "STRIPE_PUBLISHABLE_KEY=pk_test_1"),
			want:    "STRIPE_PUBLISHABLE_KEY is a test key, but STRIPE_SECRET_KEY is a live key",
		},
		{
			name:    "webhook secret of another kind",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_WEBHOOK_SECRET=whsec_a,sk_test_1"),
			want:    "STRIPE_WEBHOOK_SECRET is not a webhook signing secret",
		},
		{
			name:    "webhook secret of commas",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_WEBHOOK_SECRET=,,"),
			want:    "STRIPE_WEBHOOK_SECRET contains no secret",
		},
		{
			name:    "live over http",
			mode:    config.Serve,
			environ: with(liveKeys, "BASE_URL=http://shop.example"),
			want:    "BASE_URL is not https, but the keys are live",
		},
		{
			name:    "live without a proxy that speaks https",
			mode:    config.Serve,
			environ: with(liveKeys, "TRUSTED_PROXIES="),
			want:    "TRUSTED_PROXIES is empty, but the keys are live",
			mention: "X-Forwarded-Proto",
		},
		{
			name:    "live with another API over https",
			mode:    config.Serve,
			environ: with(liveKeys, "STRIPE_API_BASE=https://api.stripe.com.evil.example"),
			want:    "STRIPE_API_BASE is not Stripe's, but the keys are live",
		},
		{
			name:    "live with Stripe over http",
			mode:    config.Serve,
			environ: with(liveKeys, "STRIPE_API_BASE=http://api.stripe.com"),
			want:    "STRIPE_API_BASE is not Stripe's",
		},
		{
			name:    "live with another server on Stripe's host",
			mode:    config.Serve,
			environ: with(liveKeys, "STRIPE_API_BASE=https://api.stripe.com:8443"),
			want:    "STRIPE_API_BASE is not Stripe's",
		},
		{
			name:    "live with another Stripe.js",
			mode:    config.Serve,
			environ: with(liveKeys, "STRIPE_JS_URL=https://js.stripe.com.evil.example/v3/"),
			want:    "STRIPE_JS_URL is not Stripe's, but the keys are live",
		},
		{
			name:    "the sandbox's webhook secret with the real Stripe",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_WEBHOOK_SECRET=whsec_a,"+config.SandboxWebhookSecret),
			want:    "STRIPE_WEBHOOK_SECRET is that of the offline sandbox",
		},
		{
			name:    "a live key in sandbox mode",
			mode:    config.Sandbox,
			environ: []string{"STRIPE_SECRET_KEY=sk_live_1"},
			want:    "STRIPE_SECRET_KEY holds a live key. Sandbox mode never uses a live key",
		},
		{
			name:  "a live restricted key in sandbox mode's .env",
			mode:  config.Sandbox,
			files: map[string]string{".env": "STRIPE_API_KEY=rk_live_1"},
			want:  "STRIPE_API_KEY holds a live key",
		},
		{
			name:    "a live key in both places in sandbox mode is told once",
			mode:    config.Sandbox,
			environ: []string{"STRIPE_SECRET_KEY=sk_live_1"},
			files:   map[string]string{".env": "STRIPE_SECRET_KEY=sk_live_2"},
			want:    "STRIPE_SECRET_KEY holds a live key",
		},
		{
			name:    "a live key in a file in sandbox mode",
			mode:    config.Sandbox,
			environ: []string{"STRIPE_SECRET_KEY_FILE=k"},
			files:   map[string]string{"k": "sk_live_1\n"},
			want:    "STRIPE_SECRET_KEY_FILE holds a live key",
		},
		{
			name:    "sandbox beyond loopback",
			mode:    config.Stripe,
			environ: []string{"SANDBOX_ADDR=0.0.0.0:12111"},
			want:    "SANDBOX_ADDR is \"0.0.0.0:12111\", which other machines could reach",
		},
		{
			name:    "sandbox on every interface",
			mode:    config.Sandbox,
			environ: []string{"SANDBOX_ADDR=:12111"},
			want:    "SANDBOX_ADDR is \":12111\", which other machines could reach",
		},
		{
			name:    "sandbox without a port",
			mode:    config.Stripe,
			environ: []string{"SANDBOX_ADDR=127.0.0.1"},
			want:    "SANDBOX_ADDR is \"127.0.0.1\". Write host:port",
		},
		{
			name:    "sandbox on a name that is not localhost",
			mode:    config.Stripe,
			environ: []string{"SANDBOX_ADDR=localhost.evil.example:1"},
			want:    "SANDBOX_ADDR is \"localhost.evil.example:1\", which other machines could reach",
		},
		{
			name:    "timeout too short",
			mode:    config.Sandbox,
			environ: []string{"STRIPE_TIMEOUT=10ms"},
			want:    "STRIPE_TIMEOUT is \"10ms\". Use a duration from 1s to 2m",
		},
		{
			name:    "number out of range",
			mode:    config.Sandbox,
			environ: []string{"WORKERS=65"},
			want:    "WORKERS is \"65\". Use a whole number from 1 to 64",
		},
		{
			name:    "less than no limit",
			mode:    config.Sandbox,
			environ: []string{"RATE_LIMIT=-1"},
			want:    "RATE_LIMIT is \"-1\". Use a whole number from 0 to 100000",
		},
		{
			name:    "the sandbox's secret key with the real Stripe",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_SECRET_KEY="+config.SandboxSecretKey),
			want:    "STRIPE_SECRET_KEY is that of the offline sandbox",
		},
		{
			name:    "the sandbox's publishable key with the real Stripe",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_PUBLISHABLE_KEY="+config.SandboxPublishableKey),
			want:    "STRIPE_PUBLISHABLE_KEY is that of the offline sandbox",
		},
		{
			name:    "Stripe.js that is no address",
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_JS_URL=//js.stripe.com/v3/"),
			want:    "STRIPE_JS_URL is not a web address",
		},
		{
			name:    "a live key of the wrong kind in sandbox mode",
			mode:    config.Sandbox,
			environ: []string{"STRIPE_PUBLISHABLE_KEY=pk_live_1"},
			want:    "STRIPE_PUBLISHABLE_KEY holds a live key",
		},
		{
			name:    "sandbox on the app's port",
			mode:    config.Sandbox,
			environ: []string{"SANDBOX_ADDR=127.0.0.1:4242"},
			want:    "SANDBOX_ADDR has the same port as ADDR",
		},
		{
			name:    "blik",
			mode:    config.Sandbox,
			environ: []string{"PAYMENT_METHOD_TYPES=card, blik"},
			want:    "PAYMENT_METHOD_TYPES contains blik",
			mention: "finalized on the server",
		},
		{
			name:    "acss_debit",
			mode:    config.Sandbox,
			environ: []string{"PAYMENT_METHOD_TYPES=acss_debit"},
			want:    "PAYMENT_METHOD_TYPES contains acss_debit",
			mention: "finalized on the server",
		},
		{
			name:    "a method twice",
			mode:    config.Sandbox,
			environ: []string{"PAYMENT_METHOD_TYPES=card,card"},
			want:    "PAYMENT_METHOD_TYPES contains card twice",
		},
		{
			name:    "a method misspelt",
			mode:    config.Sandbox,
			environ: []string{"PAYMENT_METHOD_TYPES=Card"},
			want:    "PAYMENT_METHOD_TYPES contains \"Card\"",
		},
		{
			name:    "capture method",
			mode:    config.Sandbox,
			environ: []string{"CAPTURE_METHOD=later"},
			want:    "CAPTURE_METHOD is \"later\". Use one of: automatic, manual",
		},
		{
			name:    "future usage",
			mode:    config.Sandbox,
			environ: []string{"SETUP_FUTURE_USAGE=always"},
			want:    "SETUP_FUTURE_USAGE is \"always\". Use one of: (empty), on_session, off_session",
		},
		{
			name:    "order expiry too short",
			mode:    config.Sandbox,
			environ: []string{"ORDER_EXPIRES_AFTER=29m"},
			want:    "ORDER_EXPIRES_AFTER is \"29m\". Use a duration from 30m to 30d",
		},
		{
			name:    "order expiry too long",
			mode:    config.Sandbox,
			environ: []string{"ORDER_EXPIRES_AFTER=31d"},
			want:    "ORDER_EXPIRES_AFTER is \"31d\"",
		},
		{
			name:    "days overflow",
			mode:    config.Sandbox,
			environ: []string{"ORDER_EXPIRES_AFTER=99999999999d"},
			want:    "ORDER_EXPIRES_AFTER is",
		},
		{
			name:    "backfill too often",
			mode:    config.Sandbox,
			environ: []string{"BACKFILL_EVERY=1s"},
			want:    "BACKFILL_EVERY is \"1s\". Use a duration from 10s to 1d, like 90s, 30m or 24h, or 0 to switch it off",
		},
		{
			name:    "unknown before the timeout",
			mode:    config.Sandbox,
			environ: []string{"UNKNOWN_AFTER=20s"},
			want:    "UNKNOWN_AFTER (20s) is not longer than STRIPE_TIMEOUT (30s)",
		},
		{
			name:    "proxy that is no address",
			mode:    config.Sandbox,
			environ: []string{"TRUSTED_PROXIES=10.0.0.0/8,proxy"},
			want:    "TRUSTED_PROXIES contains \"proxy\"",
		},
		{
			name:    "proxy in IPv6 clothes",
			mode:    config.Sandbox,
			environ: []string{"TRUSTED_PROXIES=::ffff:10.0.0.0/104"},
			want:    "TRUSTED_PROXIES contains \"::ffff:10.0.0.0/104\". Write IPv4 addresses without",
		},
		{
			name:    "everybody a proxy",
			mode:    config.Sandbox,
			environ: []string{"TRUSTED_PROXIES=0.0.0.0/0"},
			want:    "TRUSTED_PROXIES trusts every client",
		},
		{
			name:    "base URL with a path",
			mode:    config.Sandbox,
			environ: []string{"BASE_URL=https://a.example/shop"},
			want:    "BASE_URL has more than a scheme and a host",
		},
		{
			name:    "base URL with a password",
			mode:    config.Sandbox,
			environ: []string{"BASE_URL=https://u:hunter2@a.example"},
			want:    "BASE_URL contains a user name",
		},
		{
			name:    "base URL without a scheme",
			mode:    config.Sandbox,
			environ: []string{"BASE_URL=shop.example"},
			want:    "BASE_URL is not a web address",
		},
		{
			name:    "base URL that would break the CSP",
			mode:    config.Sandbox,
			environ: []string{"BASE_URL=https://a.example;script-src*"},
			want:    "BASE_URL has a host with characters",
		},
		{
			name:    "database of another kind",
			mode:    config.Migrate,
			environ: []string{"DATABASE_URL=mysql://u:hunter2@h/d"},
			want:    "DATABASE_URL is of an unknown kind",
		},
		{
			name:    "database URL that is none",
			mode:    config.Migrate,
			environ: []string{"DATABASE_URL=postgres://u:hunter2%zz@h/d"},
			want:    "DATABASE_URL cannot be read as a URL",
		},
		{
			name:    "sqlite without a file",
			mode:    config.Migrate,
			environ: []string{"DATABASE_URL=sqlite:"},
			want:    "DATABASE_URL does not name a usable file",
		},
		{
			name:    "log level",
			mode:    config.Healthcheck,
			environ: []string{"LOG_LEVEL=loud"},
			want:    "LOG_LEVEL is \"loud\". Use one of: trace, debug, info, warn, error",
		},
		{
			name:    "boolean",
			mode:    config.Stripe,
			environ: []string{"SANDBOX_FAULTS=maybe"},
			want:    "SANDBOX_FAULTS is \"maybe\". Use true or false",
		},
		{
			name:    "brand on two lines",
			mode:    config.Sandbox,
			environ: []string{"BRAND_NAME=a\nb"},
			want:    "BRAND_NAME is not a name",
		},
		{
			name:    "port out of range",
			mode:    config.Sandbox,
			environ: []string{"ADDR=localhost:70000"},
			want:    "ADDR is \"localhost:70000\"",
		},
		{name: "another mode", mode: "party", want: "The mode \"party\" is unknown."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := problems(t, tt.mode, tt.environ, tt.files)
			if len(got) != 1 || !strings.HasPrefix(got[0], tt.want) || !strings.Contains(got[0], tt.mention) {
				t.Errorf("got  %q\nwant one problem that begins with %q and mentions %q", got, tt.want, tt.mention)
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	t.Run("live keys with https", func(t *testing.T) {
		t.Parallel()
		if c := load(t, config.Serve, liveKeys, nil); !c.Livemode() || c.BaseURL != "https://shop.example" {
			t.Errorf("got livemode %v, base %q", c.Livemode(), c.BaseURL)
		}
	})

	t.Run("a live restricted key is live", func(t *testing.T) {
		t.Parallel()
		if c := load(t, config.Serve, with(liveKeys, "STRIPE_SECRET_KEY=rk_live_1"), nil); !c.Livemode() {
			t.Error("got test mode")
		}
	})

	t.Run("test keys with a stand-in API and its secrets", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Serve, with(testKeys, "STRIPE_API_BASE=http://127.0.0.1:12111/", "STRIPE_SECRET_KEY=sk_test_123",
			"STRIPE_WEBHOOK_SECRET= whsec_new , "+config.SandboxWebhookSecret), nil)
		if c.StripeAPIBase != "http://127.0.0.1:12111" || len(c.StripeWebhookSecrets) != 2 || c.Livemode() {
			t.Errorf("got %q, %d secrets, livemode %v", c.StripeAPIBase, len(c.StripeWebhookSecrets), c.Livemode())
		}
	})

	t.Run("lists and durations", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{"PAYMENT_METHOD_TYPES=card, ideal,", "ORDER_EXPIRES_AFTER=30d",
			"BACKFILL_EVERY=0", "TRUSTED_PROXIES=10.1.2.3/8, ::1", "SETUP_FUTURE_USAGE=off_session"}, nil)
		if got := fmt.Sprintln(c.PaymentMethodTypes, c.OrderExpiresAfter, c.BackfillEvery, c.TrustedProxies, c.SetupFutureUsage); got !=
			"[card ideal] 720h0m0s 0s [10.0.0.0/8 ::1/128] off_session\n" {
			t.Errorf("got %s", got)
		}
	})

	t.Run("BASE_URL follows the port of ADDR", func(t *testing.T) {
		t.Parallel()
		if c := load(t, config.Sandbox, []string{"ADDR=127.0.0.1:8080"}, nil); c.BaseURL != "http://localhost:8080" {
			t.Errorf("got %q", c.BaseURL)
		}
		if c := load(t, config.Sandbox, []string{"ADDR=:8080", "BASE_URL=https://A.example/"}, nil); c.BaseURL != "https://a.example" {
			t.Errorf("got %q", c.BaseURL)
		}
	})

	t.Run("BASE_URL does not follow a port that the system chooses", func(t *testing.T) {
		t.Parallel()
		if c := load(t, config.Sandbox, []string{"ADDR=127.0.0.1:0"}, nil); c.BaseURL != "http://localhost:4242" {
			t.Errorf("got %q", c.BaseURL)
		}
	})

	t.Run("real mode is not the sandbox", func(t *testing.T) {
		t.Parallel()
		if load(t, config.Serve, testKeys, nil).IsSandbox() || !load(t, config.Sandbox, nil, nil).IsSandbox() {
			t.Error("the modes are mixed up")
		}
	})

	t.Run("options of other modes are not looked at", func(t *testing.T) {
		t.Parallel()
		load(t, config.Healthcheck, []string{"WORKERS=x", "STRIPE_SECRET_KEY=x", "DATABASE_URL=x"}, nil)
	})

	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		const u = "postgres://shop:p%40ss@db.example:5432/shop?sslmode=require"
		if c := load(t, config.Migrate, []string{"DATABASE_URL=" + u}, nil); c.DatabaseURL.Reveal() != u {
			t.Errorf("got %q", c.DatabaseURL.Reveal())
		}
	})
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		mode    config.Mode
		environ []string
		dotenv  string
		want    []string // how each begins
	}{
		{"a misspelt Stripe option", config.Serve, with(testKeys, "STRIPE_SECERT_KEY=x"), "",
			[]string{"STRIPE_SECERT_KEY in the environment is not an option of checkoutd and is ignored. Did you mean STRIPE_SECRET_KEY?"}},
		{"the Stripe CLI's name for the key", config.Serve, with(testKeys, "STRIPE_API_KEY=x"), "",
			[]string{"STRIPE_API_KEY in the environment is not an option of checkoutd and is ignored. Did you mean STRIPE_SECRET_KEY?"}},
		{"a Stripe name like none of ours", config.Serve, with(testKeys, "STRIPE_WHATEVER_ELSE=x"), "",
			[]string{"STRIPE_WHATEVER_ELSE in the environment is not an option of checkoutd and is ignored."}},
		{"another option misspelt in .env", config.Serve, testKeys, "BASE_ULR=x\nPOSTGRES_PASSWORD=y",
			[]string{"BASE_ULR in the file .env is not an option of checkoutd and is ignored. Did you mean BASE_URL?"}},
		{"another option misspelt in the environment", config.Serve, with(testKeys, "COLECT_EMAIL=true", "PAYMENT_METHOD_TYPE=card"), "", []string{
			"COLECT_EMAIL in the environment is not an option of checkoutd and is ignored. Did you mean COLLECT_EMAIL?",
			"PAYMENT_METHOD_TYPE in the environment is not an option of checkoutd and is ignored. Did you mean PAYMENT_METHOD_TYPES?"}},
		{"the Stripe CLI's variables are known", config.Serve, with(testKeys, "STRIPE_CLI_TELEMETRY_OPTOUT=1", "STRIPE_DEVICE_NAME=x"), "", nil},
		{"the environment is full of other names", config.Serve, with(testKeys, "PATH=/bin", "WORKER=x", "ADDRESS=x", "LOGLEVEL=debug", "BASEURL=x"), "", nil},
		{"real keys in sandbox mode", config.Sandbox, testKeys, "",
			[]string{"STRIPE_SECRET_KEY is not used", "STRIPE_PUBLISHABLE_KEY is not used", "STRIPE_WEBHOOK_SECRET is not used"}},
		{"a payment method that is none", config.Serve, with(testKeys, "PAYMENT_METHOD_TYPES=card,foo"), "",
			[]string{"PAYMENT_METHOD_TYPES contains foo, which checkoutd does not know"}},
		{"https without a proxy to believe", config.Serve, with(testKeys, "BASE_URL=https://shop.example"), "",
			[]string{"BASE_URL is https, but TRUSTED_PROXIES is empty"}},
		{"sandbox open to others", config.Sandbox, []string{"ADDR=:4242"}, "", []string{"ADDR can be reached from other machines"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := load(t, tt.mode, tt.environ, map[string]string{".env": tt.dotenv}).Warnings
			if len(got) != len(tt.want) {
				t.Fatalf("got %q, want %q", got, tt.want)
			}

			for i := range got {
				if !strings.HasPrefix(got[i], tt.want[i]) {
					t.Errorf("got %q, want it to begin with %q", got[i], tt.want[i])
				}
			}
		})
	}
}

// TestNoSecretIsEverShown puts a marker into every secret place, right and
// wrong, and looks for it in everything that is printed.
func TestNoSecretIsEverShown(t *testing.T) {
	t.Parallel()
	const marker = "hunter2"
	good := []string{"STRIPE_SECRET_KEY=sk_test_" + marker, "STRIPE_PUBLISHABLE_KEY=pk_test_1",
		"STRIPE_WEBHOOK_SECRET=whsec_" + marker, "CATALOG_FILE=c",
		"DATABASE_URL=postgres://u:" + marker + "@h/d?password=" + marker}
	t.Run("of a good configuration", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Serve, good, nil)
		asJSON, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}

		for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s", c, *c, *c, c), string(asJSON), fmt.Sprint(c.Redacted())} {
			if strings.Contains(shown, marker) {
				t.Errorf("shown: %s", shown)
			}
		}

		if !strings.Contains(c.String(), "DATABASE_URL=postgres://u@h/d (environment)\n") {
			t.Errorf("the database is not told:\n%s", c)
		}
	})

	for _, o := range config.Options() {
		if !o.Secret && !strings.HasPrefix(o.Name, "STRIPE_PUB") {
			continue
		}

		for _, bad := range []string{marker, "sk_live_" + marker, "postgres://" + marker + ":" + marker + "\x7f@h"} {
			t.Run("of a bad "+o.Name, func(t *testing.T) {
				t.Parallel()
				environ := with(good, o.Name+"="+bad, o.Name+"_FILE=")
				if _, err := config.Load(config.Serve, environ, files(nil)); err == nil || strings.Contains(err.Error(), marker) {
					t.Errorf("got %v, want an error without the value", err)
				}
			})
		}
	}
}

func TestRedactedTellsSources(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sandbox, []string{"WORKERS=2"}, map[string]string{".env": "LOG_LEVEL=debug"})
	got := map[string]config.Setting{}
	for _, s := range c.Redacted() {
		if _, twice := got[s.Name]; twice {
			t.Errorf("%s is listed twice", s.Name)
		}

		got[s.Name] = s
	}

	for _, want := range []config.Setting{
		{Name: "WORKERS", Value: "2", Source: "environment"},
		{Name: "LOG_LEVEL", Value: "debug", Source: ".env"},
		{Name: "BRAND_NAME", Value: "checkoutd shop", Source: "default"},
		{Name: "BASE_URL", Value: "http://localhost:4242", Source: "ADDR"},
		{Name: "STRIPE_SECRET_KEY", Value: "set", Source: "sandbox"},
	} {
		if got[want.Name] != want {
			t.Errorf("got %+v, want %+v", got[want.Name], want)
		}
	}
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

// FuzzDotenv holds that no .env, however broken, does worse than be refused.
func FuzzDotenv(f *testing.F) {
	for _, seed := range []string{"", "A=", "=B", "A='", "A=\"$", "export X=1\n#", "A=${B", "\x00=\x00", "A: b\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := config.Load(config.Sandbox, nil, files(map[string]string{".env": text}))
		var e *config.Error
		if err != nil && (!errors.As(err, &e) || len(e.Problems) == 0) {
			t.Errorf("%q: got %v, want problems by name", text, err)
		}
	})
}

// TestLoadWithTheRealFileSystem holds that os.ReadFile fits.
func TestLoadWithTheRealFileSystem(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/secret"
	if err := os.WriteFile(path, []byte("whsec_x\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	environ := []string{testKeys[0], testKeys[1], testKeys[3], "STRIPE_WEBHOOK_SECRET_FILE=" + path}
	c, err := config.Load(config.Serve, environ, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.StripeWebhookSecrets[0].Reveal(); got != "whsec_x" {
		t.Errorf("got %q", got)
	}
}
