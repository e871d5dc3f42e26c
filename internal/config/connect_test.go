package config_test

import (
	"testing"

	"checkoutd/internal/config"
)

func TestConnect(t *testing.T) {
	t.Parallel()
	connect := []string{"CONNECT_CLIENT_ID=ca_Abc", "STRIPE_CONNECT_WEBHOOK_SECRET=whsec_a,whsec_b"}

	t.Run("is off unless it is asked for", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Serve, testKeys, nil)
		if c.ConnectClientID != "" || len(c.ConnectWebhookSecrets) != 0 || c.ConnectScope != "read_write" ||
			c.ConnectBase != "https://connect.stripe.com" || c.ConnectKeepData {
			t.Errorf("got %+v", c.Connect)
		}
	})

	t.Run("is read", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Serve, with(testKeys, with(connect, "CONNECT_SCOPE=read_only", "CONNECT_KEEP_DATA=true")...), nil)
		if c.ConnectClientID != "ca_Abc" || len(c.ConnectWebhookSecrets) != 2 || c.ConnectScope != "read_only" ||
			!c.ConnectKeepData {
			t.Errorf("got %+v", c.Connect)
		}
	})

	t.Run("is the sandbox's own in the sandbox", func(t *testing.T) {
		t.Parallel()
		c := load(t, config.Sandbox, []string{"SANDBOX_ADDR=127.0.0.1:12345"}, nil)
		if c.ConnectClientID != config.SandboxConnectClientID || c.ConnectBase != "http://127.0.0.1:12345" ||
			len(c.ConnectWebhookSecrets) != 1 || c.ConnectWebhookSecrets[0] != config.SandboxConnectWebhookSecret {
			t.Errorf("got %+v", c.Connect)
		}
	})

	t.Run("leaves an account half of the requests unless told otherwise", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			mode    config.Mode
			environ []string
			want    int
		}{
			{config.Serve, testKeys, 10},
			{config.Serve, liveKeys, 40},
			{config.Serve, with(liveKeys, "STRIPE_RATE_LIMIT=1"), 1},
			{config.Serve, with(liveKeys, "STRIPE_RATE_LIMIT=0"), 0},
			{config.Serve, with(liveKeys, "CONNECT_ACCOUNT_RATE_LIMIT=7"), 7},
			{config.Serve, with(liveKeys, "CONNECT_ACCOUNT_RATE_LIMIT=0"), 0},
			{config.Sandbox, nil, 0},
		} {
			if got := load(t, c.mode, c.environ, nil).ConnectAccountRate; got != c.want {
				t.Errorf("%v: got %d, want %d", c.environ, got, c.want)
			}
		}
	})

	for name, r := range map[string]struct {
		environ []string
		problem string
	}{
		"no webhooks": {with(testKeys, "CONNECT_CLIENT_ID=ca_Abc"), "STRIPE_CONNECT_WEBHOOK_SECRET is missing"},
		"the ID of an account": {
			with(testKeys, with(connect, "CONNECT_CLIENT_ID=acct_1")...), "CONNECT_CLIENT_ID is not the ID of a platform",
		},
		"another scope": {with(testKeys, "CONNECT_SCOPE=write"), `CONNECT_SCOPE is "write"`},
		"a live key for somebody else's server": {
			with(liveKeys, with(connect, "STRIPE_CONNECT_BASE=https://connect.example")...), "STRIPE_CONNECT_BASE is not Stripe's",
		},
		"the sandbox's secret": {
			with(liveKeys, with(connect, "STRIPE_CONNECT_WEBHOOK_SECRET="+config.SandboxConnectWebhookSecret)...),
			"STRIPE_CONNECT_WEBHOOK_SECRET is that of the offline sandbox",
		},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			if got := problems(t, config.Serve, r.environ, nil); !hasPrefix(got, r.problem) {
				t.Errorf("got %q, want %q", got, r.problem)
			}
		})
	}
}
