package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/config"
)

// TestCompare reads settings again that have changed.
func TestCompare(t *testing.T) {
	t.Parallel()
	const endpoint = `ENDPOINTS=[{"url":"https://shop.example/hooks","secrets":["whsec_a"]}]`
	base := with(testKeys, "SMTP_URL=smtp://u:p@mail.example", "MAIL_FROM=a@shop.example", "CONNECT_CLIENT_ID=ca_A",
		"STRIPE_CONNECT_WEBHOOK_SECRET=whsec_c")
	prev := load(t, config.Serve, base, nil)

	for name, tt := range map[string]struct {
		environ       []string
		files         map[string]string
		live, restart []string
	}{
		"nothing": {},
		"the same, from a file": {
			environ: []string{"STRIPE_SECRET_KEY=", "STRIPE_SECRET_KEY_FILE=key"},
			files:   map[string]string{"key": "sk_test_51Abc\n"},
		},
		"both keys": {
			environ: []string{"STRIPE_SECRET_KEY=rk_test_51Abd", "STRIPE_PUBLISHABLE_KEY=pk_test_51Abd"},
			live:    []string{"STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY"},
		},
		"secrets": {
			environ: []string{"STRIPE_WEBHOOK_SECRET=whsec_d,whsec_abc", "STRIPE_CONNECT_WEBHOOK_SECRET=whsec_e,whsec_c", endpoint},
			live:    []string{"STRIPE_WEBHOOK_SECRET", "ENDPOINTS", "STRIPE_CONNECT_WEBHOOK_SECRET"},
		},
		"a password": {environ: []string{"SMTP_URL=smtp://u:q@mail.example"}, live: []string{"SMTP_URL"}},
		"no mail any more": {
			environ: []string{"SMTP_URL=", "MAIL_FROM="}, restart: []string{"SMTP_URL", "MAIL_FROM"},
		},
		"no connected accounts any more": {
			environ: []string{"CONNECT_CLIENT_ID=", "STRIPE_CONNECT_WEBHOOK_SECRET="},
			restart: []string{"CONNECT_CLIENT_ID", "STRIPE_CONNECT_WEBHOOK_SECRET"},
		},
		"a secret, and what a server cannot change": {
			environ: []string{"STRIPE_WEBHOOK_SECRET=whsec_d", "WORKERS=5"},
			live:    []string{"STRIPE_WEBHOOK_SECRET"},
			restart: []string{"WORKERS"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := load(t, config.Serve, with(base, tt.environ...), tt.files)
			got := prev.Compare(next)
			if !slices.Equal(got.Live, tt.live) || !slices.Equal(got.Restart, tt.restart) {
				t.Fatalf("live %q, restart %q; want %q and %q", got.Live, got.Restart, tt.live, tt.restart)
			}
			if same := len(tt.live)+len(tt.restart) == 0; prev.Same(next) != same {
				t.Errorf("they count as the same: %t", !same)
			}

			// What was taken over is not taken over again, and the rest stays.
			again := got.Config.Compare(next)
			if len(again.Live) > 0 || !slices.Equal(again.Restart, tt.restart) {
				t.Errorf("afterwards: live %q, restart %q", again.Live, again.Restart)
			}
			if got.Config.Workers != prev.Workers {
				t.Errorf("WORKERS is %d", got.Config.Workers)
			}
		})
	}
}

// TestLiveOptionsChangeTheirField changes every option that a running server
// can change.
func TestLiveOptionsChangeTheirField(t *testing.T) {
	t.Parallel()
	const preconfirm = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"
	environ := func(n string) []string {
		return []string{
			"STRIPE_SECRET_KEY=sk_test_" + n, "STRIPE_PUBLISHABLE_KEY=pk_test_" + n, "STRIPE_WEBHOOK_SECRET=whsec_" + n,
			"STRIPE_CONNECT_WEBHOOK_SECRET=whsec_c" + n, "CATALOG_FILE=c", "MAIL_FROM=a@shop.example",
			"SMTP_URL=smtp://u:" + n + "@mail.example", "PRECONFIRM_URL=https://shop.example/check",
			"PRECONFIRM_SECRET=" + preconfirm + n,
			`ENDPOINTS=[{"url":"https://shop.example/` + n + `","secrets":["whsec_e"]}]`,
		}
	}

	prev, next := load(t, config.Serve, environ("w"), nil), load(t, config.Serve, environ("x"), nil)
	got := prev.Compare(next)

	var want []string
	for _, o := range config.Options() {
		if o.Live {
			want = append(want, o.Name)
		}
	}

	if !slices.Equal(got.Live, want) || len(got.Restart) > 0 {
		t.Errorf("live %q, restart %q; want %q", got.Live, got.Restart, want)
	}

	secrets := func(c *config.Config) string {
		return strings.Join([]string{
			c.StripeSecretKey.Reveal(), c.StripePublishableKey, c.StripeWebhookSecrets[0].Reveal(),
			c.ConnectWebhookSecrets[0].Reveal(), c.SMTPURL.Reveal(), c.PreconfirmSecret.Reveal(), fmt.Sprint(c.Endpoints),
		}, " ")
	}
	if g, w := secrets(got.Config), secrets(next); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}
