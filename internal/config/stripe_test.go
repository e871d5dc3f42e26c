package config_test

import (
	"testing"

	"checkoutd/internal/config"
)

func TestStripeRefusals(t *testing.T) {
	t.Parallel()
	checkRefusals(t, map[string]refusal{
		"publishable key as the secret": {
			mode:    config.Serve,
			environ: with(testKeys[1:], "STRIPE_SECRET_KEY=pk_test_1"),
			want:    "STRIPE_SECRET_KEY holds a publishable key",
			mention: "STRIPE_PUBLISHABLE_KEY",
		},
		"secret key as the publishable": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_PUBLISHABLE_KEY=sk_test_1"),
			want:    "STRIPE_PUBLISHABLE_KEY holds a secret key",
			mention: "STRIPE_SECRET_KEY",
		},
		"restricted key as the publishable": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_PUBLISHABLE_KEY=rk_live_1"),
			want:    "STRIPE_PUBLISHABLE_KEY holds a secret key",
		},
		"organization key": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_SECRET_KEY=sk_org_live_1"),
			want:    "STRIPE_SECRET_KEY holds an organization key",
		},
		"not a key": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_SECRET_KEY=hunter2"),
			want:    "STRIPE_SECRET_KEY is not a Stripe secret key",
		},
		"key with a line break inside": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_SECRET_KEY=sk_test_a\nb"),
			want:    "STRIPE_SECRET_KEY is not a Stripe secret key",
		},
		"live secret, test publishable": {
			mode:    config.Serve,
			environ: with(liveKeys, "STRIPE_PUBLISHABLE_KEY=pk_test_1"),
			want:    "STRIPE_PUBLISHABLE_KEY is a test key, but STRIPE_SECRET_KEY is a live key",
		},
		"webhook secret of another kind": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_WEBHOOK_SECRET=whsec_a,sk_test_1"),
			want:    "STRIPE_WEBHOOK_SECRET is not a webhook signing secret",
		},
		"webhook secret of commas": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_WEBHOOK_SECRET=,,"),
			want:    "STRIPE_WEBHOOK_SECRET contains no secret",
		},
		"live with another API over https": {
			mode:    config.Serve,
			environ: with(liveKeys, "STRIPE_API_BASE=https://api.stripe.com.evil.example"),
			want:    "STRIPE_API_BASE is not Stripe's, but the keys are live",
		},
		"live with Stripe over http": {
			mode:    config.Serve,
			environ: with(liveKeys, "STRIPE_API_BASE=http://api.stripe.com"),
			want:    "STRIPE_API_BASE is not Stripe's",
		},
		"live with another server on Stripe's host": {
			mode:    config.Serve,
			environ: with(liveKeys, "STRIPE_API_BASE=https://api.stripe.com:8443"),
			want:    "STRIPE_API_BASE is not Stripe's",
		},
		"live with another Stripe.js": {
			mode:    config.Serve,
			environ: with(liveKeys, "STRIPE_JS_URL=https://js.stripe.com.evil.example/v3/"),
			want:    "STRIPE_JS_URL is not Stripe's, but the keys are live",
		},
		"the sandbox's webhook secret with the real Stripe": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_WEBHOOK_SECRET=whsec_a,"+config.SandboxWebhookSecret),
			want:    "STRIPE_WEBHOOK_SECRET is that of the offline sandbox",
		},
		"timeout too short": {
			environ: []string{"STRIPE_TIMEOUT=10ms"},
			want:    "STRIPE_TIMEOUT is \"10ms\". Use a duration from 1s to 2m",
		},
		"the sandbox's secret key with the real Stripe": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_SECRET_KEY="+config.SandboxSecretKey),
			want:    "STRIPE_SECRET_KEY is that of the offline sandbox",
		},
		"the sandbox's publishable key with the real Stripe": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_PUBLISHABLE_KEY="+config.SandboxPublishableKey),
			want:    "STRIPE_PUBLISHABLE_KEY is that of the offline sandbox",
		},
		"a Stripe.js that is not an address": {
			mode:    config.Serve,
			environ: with(testKeys, "STRIPE_JS_URL=//js.stripe.com/v3/"),
			want:    "STRIPE_JS_URL is not a web address",
		},
	})
}

func TestStripeKeys(t *testing.T) {
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
		c := load(t, config.Serve, with(testKeys, "STRIPE_API_BASE=http://127.0.0.1:12111/",
			"STRIPE_SECRET_KEY=sk_test_123",
			"STRIPE_WEBHOOK_SECRET= whsec_new , "+config.SandboxWebhookSecret), nil)
		if c.StripeAPIBase != "http://127.0.0.1:12111" || len(c.StripeWebhookSecrets) != 2 || c.Livemode() {
			t.Errorf("got %q, %d secrets, livemode %v", c.StripeAPIBase, len(c.StripeWebhookSecrets), c.Livemode())
		}
	})
}

func TestServeJudgesALivePublishableKeyAlone(t *testing.T) {
	t.Parallel()
	got := problems(t, config.Serve, []string{"STRIPE_PUBLISHABLE_KEY=pk_live_1",
		"STRIPE_WEBHOOK_SECRET=whsec_a", "CATALOG_FILE=c", "TRUSTED_PROXIES=::1"}, nil)
	if len(got) != 2 || !hasPrefix(got, "STRIPE_SECRET_KEY is missing") || !hasPrefix(got, "BASE_URL is not https") {
		t.Errorf("got %q, want the missing key and the http address", got)
	}
}
