package config

import (
	"net/netip"
	"slices"
)

// rehearsed are the sections whose options decide what a buyer may do and what
// is asked of Stripe for it.
var rehearsed = []func() section{shopSection, paymentSection, pageSection, savedMethodsSection}

// Rehearsed returns the settings that a rehearsal tries, without any secret.
func (c *Config) Rehearsed() (list []Setting) {
	for _, make := range rehearsed {
		for _, o := range make().options {
			i := slices.IndexFunc(c.settings, func(s Setting) bool { return s.Name == o.name })
			if i >= 0 {
				list = append(list, c.settings[i])
			}
		}
	}
	return list
}

// Rehearsal returns the settings of a checkout for which nothing is real: it
// has the offline Stripe of the sandbox, a database of its own and a free port
// on loopback, and reaches nobody else. What the sections of Rehearsed say
// stays, but for two options that name objects of a real account.
func (c *Config) Rehearsal(databaseURL string) *Config {
	r := *c
	r.Mode = Sandbox
	r.Warnings = nil

	// Set before anything listens, so that nothing can lead elsewhere.
	r.StripeSecretKey, r.StripePublishableKey = SandboxSecretKey, SandboxPublishableKey
	r.StripeWebhookSecrets = []Secret{SandboxWebhookSecret}
	r.StripeRateLimit = 0
	r.UseSandbox("http://127.0.0.1:0")
	r.OfflineStripe = OfflineStripe{SandboxAddr: "127.0.0.1:0", SandboxMaxObjects: 10_000}
	r.PaymentMethodConfiguration, r.OnBehalfOf = "", ""

	r.ConnectClientID, r.ConnectWebhookSecrets = SandboxConnectClientID, []Secret{SandboxConnectWebhookSecret}
	r.Mirror.Automatic = false

	// The buyers come from addresses of their own, which they name as a proxy
	// does, and fail more often than those of a shop.
	r.Addr, r.BaseURL, r.MetricsAddr, r.TLS = "127.0.0.1:0", "", "", TLS{}
	r.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	r.CardTestingGuard, r.APIRateLimit = false, 0

	r.DatabaseURL, r.DataKeys = Secret(databaseURL), nil
	r.BackfillEvery, r.DriftAt = 0, 0
	r.Traces = Traces{}
	r.Rules, r.Outgoing, r.SMTPURL, r.Retention = Rules{}, Outgoing{}, "", Retention{}

	return &r
}
