package config

import (
	"errors"
	"regexp"
	"slices"
	"time"
)

// Connect is how the owners of other Stripe accounts connect them to this
// platform.
type Connect struct {
	ConnectClientID       string // "" connects no accounts
	ConnectScope          string // read_only or read_write
	ConnectWebhookSecrets []Secret
	ConnectBase           string // origin of the OAuth pages and calls
	ConnectKeepData       bool   // of an account that was disconnected
	ConnectGrace          time.Duration
	ConnectAccountRate    int // requests a second for one account, of all replicas; 0 for no limit
	ConnectTrialDays      int
	Mirror                MirrorOptions
	Fee                   FeeOptions
}

func connectSection() section {
	return section{
		title:  "Connect",
		finish: (*loading).finishConnect,
		options: []option{
			{
				name:         "CONNECT_CLIENT_ID",
				sandboxMakes: true,
				help: "The ID (ca_…) of your platform at Stripe, of the same mode as the keys, see docs/connect.md. " +
					"Empty: no accounts are connected.",
				modes: stripeModes,
				read:  orEmpty(readConnectClientID),
			},
			{
				name: "CONNECT_SCOPE",
				def:  "read_write",
				help: "What the owners of accounts are asked to allow: read_write, or read_only, which Stripe grants " +
					"to extensions only.",
				modes: checkoutModes,
				read:  oneOf(func(c *Config) *string { return &c.ConnectScope }, "read_write", "read_only"),
			},
			{
				name:         "STRIPE_CONNECT_WEBHOOK_SECRET",
				file:         true,
				redact:       redactAll,
				sandboxMakes: true,
				help: "Signing secret (whsec_…) of the webhook endpoint for events on connected accounts, which is " +
					"another than that of STRIPE_WEBHOOK_SECRET. To rotate it, list several, separated by commas.",
				modes: checkoutModes,
				read:  orEmpty(readConnectSecrets),
				live:  liveConnectSecrets,
			},
			{
				name:         "STRIPE_CONNECT_BASE",
				def:          "https://connect.stripe.com",
				sandboxMakes: true,
				help:         "Address of Stripe's OAuth. With live keys it must be Stripe's own.",
				modes:        stripeModes,
				read:         origin(func(c *Config) *string { return &c.ConnectBase }),
			},
			{
				name: "CONNECT_KEEP_DATA",
				def:  "false",
				help: "true keeps what was stored of an account's payments when the account is disconnected. " +
					"false erases it.",
				modes: storageModes,
				read:  boolean(func(c *Config) *bool { return &c.ConnectKeepData }),
			},
			{
				name: "CONNECT_APP_GRACE",
				def:  "72h",
				help: "How long an account that pays you for your app by a subscription counts as active after a " +
					"renewal has failed, 0s to 720h.",
				modes: checkoutModes,
				read: duration(func(c *Config) *time.Duration { return &c.ConnectGrace },
					0, 30*day),
			},
			{
				name: "CONNECT_ACCOUNT_RATE_LIMIT",
				def:  "auto",
				help: "How many requests a second all servers together may make at Stripe for one connected account, " +
					"1 to 10000. Stripe counts them for that account, with those of the account's other software. " +
					"auto: half of STRIPE_RATE_LIMIT, which counts them, too. 0: no limit of its own.",
				modes: checkoutModes,
				read:  rateOrAuto(func(c *Config) *int { return &c.ConnectAccountRate }),
			},
			{
				name: "CONNECT_APP_TRIAL_DAYS",
				def:  "0",
				help: "How many days an account may use your app before its subscription is paid for the first time, " +
					"0 to 730. subscribe takes another number for one account.",
				modes: checkoutModes,
				read:  integer(func(c *Config) *int { return &c.ConnectTrialDays }, 0, 730),
			},
			feePercent(),
			feeFixed(),
			feeMost(),
			feeRefund(),
			mirrorSince(),
			mirrorRate(),
			mirrorAccountRate(),
			mirrorCheckEvery(),
			mirrorCards(),
		},
	}
}

var connectClientID = regexp.MustCompile(`^ca_[A-Za-z0-9]+$`)

func readConnectClientID(c *Config, s string) error {
	if !connectClientID.MatchString(s) {
		return errors.New("is not the ID of a platform, which begins with ca_. Copy it from " +
			"https://dashboard.stripe.com/settings/connect/onboarding-options/oauth")
	}
	c.ConnectClientID = s
	return nil
}

// liveConnectSecrets replaces secrets by others. Without any, accounts would
// stay connected, and nothing would tell that one was disconnected.
func liveConnectSecrets(to, from *Config) bool {
	if len(to.ConnectWebhookSecrets) == 0 || len(from.ConnectWebhookSecrets) == 0 {
		return false
	}
	to.ConnectWebhookSecrets = from.ConnectWebhookSecrets
	return true
}

// readConnectSecrets does not repeat the value in its errors.
func readConnectSecrets(c *Config, s string) error {
	for _, item := range splitList(s) {
		if !webhookSecret.MatchString(item) {
			return errors.New("is not a webhook signing secret. Each one begins with whsec_; separate " +
				"several by commas")
		}
		c.ConnectWebhookSecrets = append(c.ConnectWebhookSecrets, Secret(item))
	}
	return nil
}

// finishConnect asks for the webhooks, which alone tell that an account was
// disconnected, and keeps a live key from any server that is not Stripe's.
func (l *loading) finishConnect() {
	c := l.config
	if c.ConnectAccountRate == automatic {
		c.ConnectAccountRate = (c.StripeRateLimit + 1) / 2
	}

	if l.mode != Serve || !l.valid("CONNECT_CLIENT_ID", "STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_CONNECT_BASE") {
		return
	}

	const secret = "STRIPE_CONNECT_WEBHOOK_SECRET"
	if c.ConnectClientID != "" && len(c.ConnectWebhookSecrets) == 0 && !slices.Contains(l.optional, secret) {
		l.problem(secret, "is missing, but CONNECT_CLIENT_ID is set. Without the webhooks "+
			"of connected accounts nothing tells that one was disconnected. Copy the signing secret of the endpoint "+
			"for connected accounts from https://dashboard.stripe.com/webhooks")
	}

	if c.liveKeys() && !isStripeOrigin(c.ConnectBase) {
		l.problem("STRIPE_CONNECT_BASE", "is not Stripe's, but the keys are live. Live keys are only sent to "+
			"https://connect.stripe.com: remove the option")
	}

	if isStripeOrigin(c.ConnectBase) && slices.Contains(c.ConnectWebhookSecrets, SandboxConnectWebhookSecret) {
		l.problem("STRIPE_CONNECT_WEBHOOK_SECRET", "is that of the offline sandbox, which is public. Use the one of "+
			"your own account, or run \"server sandbox\"")
	}
}
