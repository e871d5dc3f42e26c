package config_test

import (
	"testing"
	"time"

	"checkoutd/internal/config"
)

func TestSandboxRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"a live key in sandbox mode": {
			environ: []string{"STRIPE_SECRET_KEY=sk_live_1"},
			want:    "STRIPE_SECRET_KEY holds a live key. Sandbox mode never uses a live key",
		},
		"a live restricted key in sandbox mode's .env": {
			files: map[string]string{".env": "STRIPE_API_KEY=rk_live_1"},
			want:  "STRIPE_API_KEY holds a live key",
		},
		"a live key in both places in sandbox mode is reported once": {
			environ: []string{"STRIPE_SECRET_KEY=sk_live_1"},
			files:   map[string]string{".env": "STRIPE_SECRET_KEY=sk_live_2"},
			want:    "STRIPE_SECRET_KEY holds a live key",
		},
		"a restricted key that is none": {
			mode:    config.Stripe,
			environ: []string{"SANDBOX_RESTRICTED_KEYS=rk_test_a=rak_charge_read; sk_test_b=rak_charge_read"},
			want:    "SANDBOX_RESTRICTED_KEYS holds \" sk_test_b=rak_charge_read\". Write keys like rk_test_shop=rak_",
		},
		"sandbox beyond loopback": {
			mode:    config.Stripe,
			environ: []string{"SANDBOX_ADDR=0.0.0.0:12111"},
			want:    "SANDBOX_ADDR is \"0.0.0.0:12111\", which other machines could reach",
		},
		"sandbox on every interface": {
			environ: []string{"SANDBOX_ADDR=:12111"},
			want:    "SANDBOX_ADDR is \":12111\", which other machines could reach",
		},
		"sandbox without a port": {
			mode:    config.Stripe,
			environ: []string{"SANDBOX_ADDR=127.0.0.1"},
			want:    "SANDBOX_ADDR is \"127.0.0.1\". Write host:port",
		},
		"sandbox on a name that is not localhost": {
			mode:    config.Stripe,
			environ: []string{"SANDBOX_ADDR=localhost.evil.example:1"},
			want:    "SANDBOX_ADDR is \"localhost.evil.example:1\", which other machines could reach",
		},
		"a live key of the wrong kind in sandbox mode": {
			environ: []string{"STRIPE_PUBLISHABLE_KEY=pk_live_1"},
			want:    "STRIPE_PUBLISHABLE_KEY holds a live key",
		},
		"sandbox on the app's port": {
			environ: []string{"SANDBOX_ADDR=127.0.0.1:4242"},
			want:    "SANDBOX_ADDR has the same port as ADDR",
		},
		"boolean": {
			mode:    config.Stripe,
			environ: []string{"SANDBOX_FAULTS=maybe"},
			want:    "SANDBOX_FAULTS is \"maybe\". Use true or false",
		},
		"address to deliver to": {
			mode:    config.Stripe,
			environ: []string{"SANDBOX_DELIVER_TO=3000,10.0.0.1:80"},
			want:    "SANDBOX_DELIVER_TO holds \"10.0.0.1:80\", which is no port. Write ports like 3000,8080, or * for all",
		},
	})
}

func TestSandboxNeedsNothing(t *testing.T) {
	t.Parallel()
	c := load(t, config.Sandbox, nil, nil)
	want := map[string][2]any{
		"Addr":                 {c.Addr, "localhost:4242"},
		"BaseURL":              {c.BaseURL, "http://localhost:4242"},
		"DatabaseURL":          {c.DatabaseURL.Reveal(), "sqlite:./data/sandbox.db"},
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
		"Workers":              {c.Workers, 8},
		"RateLimit":            {c.RateLimit, 300},
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

func TestIsSandbox(t *testing.T) {
	t.Parallel()
	t.Run("real mode is not the sandbox", func(t *testing.T) {
		t.Parallel()
		if load(t, config.Serve, testKeys, nil).IsSandbox() || !load(t, config.Sandbox, nil, nil).IsSandbox() {
			t.Error("the modes are mixed up")
		}
	})
}
