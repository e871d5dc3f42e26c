package config

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// StripeAccount is how checkoutd reaches Stripe, and how Stripe's webhooks are
// verified.
type StripeAccount struct {
	StripeSecretKey      Secret
	StripePublishableKey string
	StripeWebhookSecrets []Secret // any of them may sign; never empty
	StripeAPIBase        string   // origin without a slash at the end
	StripeJSURL          string
	StripeTimeout        time.Duration
	StripeRateLimit      int // requests a second of all replicas, 0 for no limit
	WebhookTolerance     time.Duration
}

func stripeSection() section {
	return section{
		title:  "Stripe",
		finish: (*loading).finishStripe,
		options: []option{
			{
				name:         "STRIPE_SECRET_KEY",
				file:         true,
				redact:       redactAll,
				sandboxMakes: true,
				help: "Secret key (sk_…) or restricted key (rk_…). It must be of the same mode, test or live, " +
					"as the publishable key.",
				modes:    stripeModes,
				required: keyModes,
				missing: "Copy it from https://dashboard.stripe.com/apikeys, or run \"server sandbox\" " +
					"to try checkoutd without a Stripe account.",
				read: readSecretKey,
				live: replace(func(c *Config) *Secret { return &c.StripeSecretKey }),
			},
			{
				name:         "STRIPE_PUBLISHABLE_KEY",
				file:         true,
				sandboxMakes: true,
				help:         "Publishable key (pk_…), which the checkout page uses.",
				modes:        checkoutModes,
				required:     serveOnly,
				missing: "Copy it from https://dashboard.stripe.com/apikeys, where it is listed " +
					"beside the secret key.",
				read: readPublishableKey,
				live: replace(func(c *Config) *string { return &c.StripePublishableKey }),
			},
			{
				name:         "STRIPE_WEBHOOK_SECRET",
				file:         true,
				redact:       redactAll,
				sandboxMakes: true,
				help: "Signing secret (whsec_…) of the webhook endpoint. To rotate it, list several, " +
					"separated by commas: each of them is accepted.",
				modes:    checkoutModes,
				required: serveOnly,
				missing: "Copy the endpoint's signing secret from https://dashboard.stripe.com/webhooks, " +
					"or the one that \"stripe listen\" prints. Without it, forged webhooks could not be " +
					"told from Stripe's.",
				read: readWebhookSecrets,
				live: replace(func(c *Config) *[]Secret { return &c.StripeWebhookSecrets }),
			},
			{
				name:         "STRIPE_API_BASE",
				def:          "https://api.stripe.com",
				sandboxMakes: true,
				help:         "Address of Stripe's API. With live keys it must be Stripe's own.",
				modes:        stripeModes,
				read:         origin(func(c *Config) *string { return &c.StripeAPIBase }),
			},
			{
				name:         "STRIPE_JS_URL",
				def:          "https://js.stripe.com/v3/",
				sandboxMakes: true,
				help: "Address from which the checkout page loads Stripe.js. With live keys it " +
					"must be Stripe's own.",
				modes: checkoutModes,
				read:  readJSURL,
			},
			{
				name:  "STRIPE_TIMEOUT",
				def:   "30s",
				help:  "How long one request to Stripe may take, 1s to 2m.",
				modes: checkoutModes,
				read:  duration(func(c *Config) *time.Duration { return &c.StripeTimeout }, time.Second, 2*time.Minute),
			},
			{
				name: "STRIPE_RATE_LIMIT",
				def:  "auto",
				help: "How many requests a second all servers of this shop together may make at Stripe, 1 to " +
					"10000. auto: 80 with live keys and 20 with test keys, of the 100 and 25 that Stripe allows an " +
					"account. Lower it if other software needs more of them. 0: no limit, as in the sandbox.",
				modes: checkoutModes,
				read:  rateOrAuto(func(c *Config) *int { return &c.StripeRateLimit }),
			},
			{
				name:  "WEBHOOK_TOLERANCE",
				def:   "5m",
				help:  "How old the signature of a webhook may be, 10s to 1h.",
				modes: checkoutModes,
				read: duration(func(c *Config) *time.Duration { return &c.WebhookTolerance },
					10*time.Second, time.Hour),
			},
		},
	}
}

var (
	anyKey         = regexp.MustCompile(`^(?:sk|rk|pk)_(live|test)_`)
	secretKey      = regexp.MustCompile(`^(sk|rk)_(live|test)_[A-Za-z0-9_]+$`)
	publishableKey = regexp.MustCompile(`^pk_(live|test)_[A-Za-z0-9_]+$`)
	webhookSecret  = regexp.MustCompile(`^whsec_[A-Za-z0-9+/=_-]+$`)
)

// None of the readers of keys repeats the value in its error, not even that
// of the publishable key: it may be a secret in the wrong place.

func readSecretKey(c *Config, s string) error {
	switch {
	case strings.HasPrefix(s, "pk_"):
		return errors.New("holds a publishable key. Put the secret key (sk_…) or a restricted key (rk_…) here, " +
			"and the publishable key into STRIPE_PUBLISHABLE_KEY")
	case strings.HasPrefix(s, "sk_org"):
		return errors.New("holds an organization key. Use the secret key or a restricted key of the one account " +
			"that receives the payments")
	case !secretKey.MatchString(s):
		return errors.New("is not a Stripe secret key. A secret key begins with sk_test_, sk_live_, rk_test_ or " +
			"rk_live_; copy all of it")
	}

	c.StripeSecretKey = Secret(s)
	return nil
}

func readPublishableKey(c *Config, s string) error {
	switch {
	case strings.HasPrefix(s, "sk_") || strings.HasPrefix(s, "rk_"):
		return errors.New("holds a secret key, which every visitor would see. Put the publishable key " +
			"(pk_…) here, and the secret key into STRIPE_SECRET_KEY")
	case !publishableKey.MatchString(s):
		return errors.New("is not a Stripe publishable key. A publishable key begins with pk_test_ or pk_live_; " +
			"copy all of it")
	}

	c.StripePublishableKey = s
	return nil
}

func readWebhookSecrets(c *Config, s string) error {
	for _, item := range splitList(s) {
		if !webhookSecret.MatchString(item) {
			return errors.New("is not a webhook signing secret. Each one begins with whsec_; separate " +
				"several by commas")
		}

		c.StripeWebhookSecrets = append(c.StripeWebhookSecrets, Secret(item))
	}

	if len(c.StripeWebhookSecrets) == 0 {
		return errors.New("contains no secret. Copy the endpoint's signing secret (whsec_…)")
	}

	return nil
}

func readJSURL(c *Config, s string) error {
	u, err := parseWebURL(s)
	if err != nil {
		return err
	}
	c.StripeJSURL = u.String()
	return nil
}

// automatic stands for a rate limit that follows from other options.
const automatic = -1

// rateOrAuto reads requests per second, 0 for no limit, or auto.
func rateOrAuto(field func(*Config) *int) reader {
	return func(c *Config, s string) error {
		if s == "auto" {
			*field(c) = automatic
			return nil
		}
		return integer(field, 0, 10_000)(c, s)
	}
}

// Stripe allows an account 100 requests a second in live mode and 25 in test
// mode (https://docs.stripe.com/rate-limits). A fifth is left to the Dashboard
// and to other software.
const (
	liveRateLimit = 80
	testRateLimit = 20
)

// deriveRateLimit sets the StripeRateLimit that follows from the keys. The
// offline Stripe has no limit.
func (l *loading) deriveRateLimit() {
	c := l.config
	if c.StripeRateLimit != automatic {
		return
	}

	switch {
	case l.mode != Serve:
		c.StripeRateLimit = 0
	case c.Livemode():
		c.StripeRateLimit = liveRateLimit
	default:
		c.StripeRateLimit = testRateLimit
	}
}

// Livemode reports whether the secret key moves real money.
func (a *StripeAccount) Livemode() bool { return keyMode(a.StripeSecretKey.Reveal()) == "live" }

// liveKeys reports whether either key is a live one.
func (a *StripeAccount) liveKeys() bool {
	return a.Livemode() || keyMode(a.StripePublishableKey) == "live"
}

// keyMode returns the mode in a Stripe key: live, test or "".
func keyMode(key string) string {
	m := anyKey.FindStringSubmatch(key)
	if m == nil {
		return ""
	}
	return m[1]
}

func (l *loading) finishStripe() {
	l.deriveRateLimit()

	if l.mode != Serve {
		return // the sandbox makes its own keys
	}

	l.requireSameKeyMode()
	l.refuseSandboxKeys()

	if l.config.liveKeys() {
		l.requireRealStripe()
	}
}

func (l *loading) requireSameKeyMode() {
	secret := keyMode(l.config.StripeSecretKey.Reveal())
	public := keyMode(l.config.StripePublishableKey)
	if l.valid("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY") && secret != public {
		l.problem("STRIPE_PUBLISHABLE_KEY", "is a %s key, but STRIPE_SECRET_KEY is a %s key. "+
			"Take both from the same mode of the same account", public, secret)
	}
}

// refuseSandboxKeys keeps the sandbox's webhook secret from protecting real
// payments: it is in this source tree, so anyone could forge their events.
func (l *loading) refuseSandboxKeys() {
	c := l.config
	if !l.valid("STRIPE_API_BASE") || !isStripeOrigin(c.StripeAPIBase) {
		return
	}

	const sentence = "is that of the offline sandbox, which is public. Use the one of your own account, " +
		"or run \"server sandbox\""
	if c.StripeSecretKey == SandboxSecretKey {
		l.problem("STRIPE_SECRET_KEY", sentence)
	}

	if c.StripePublishableKey == SandboxPublishableKey {
		l.problem("STRIPE_PUBLISHABLE_KEY", sentence)
	}

	if slices.Contains(c.StripeWebhookSecrets, SandboxWebhookSecret) {
		l.problem("STRIPE_WEBHOOK_SECRET", sentence)
	}
}

// requireRealStripe keeps live keys, and the buyers' cards, from any server
// that is not Stripe's.
func (l *loading) requireRealStripe() {
	c := l.config
	if l.valid("STRIPE_API_BASE") && !isStripeOrigin(c.StripeAPIBase) {
		l.problem("STRIPE_API_BASE", "is not Stripe's, but the keys are live. Live keys are only sent to "+
			"https://api.stripe.com: remove the option")
	}
	if l.valid("STRIPE_JS_URL") && !strings.HasPrefix(c.StripeJSURL, "https://js.stripe.com/") {
		l.problem("STRIPE_JS_URL", "is not Stripe's, but the keys are live. Stripe.js must come from "+
			"https://js.stripe.com: remove the option")
	}
}

// isStripeOrigin reports whether the origin is https on one of Stripe's hosts.
func isStripeOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" || u.Port() != "" && u.Port() != "443" {
		return false
	}
	host := u.Hostname()
	return host == "stripe.com" || strings.HasSuffix(host, ".stripe.com")
}
