package config

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// The sandbox's own keys: well-formed, and nothing behind them at Stripe. They
// are no secret, so real mode refuses them beside the real Stripe.
const (
	SandboxSecretKey      = "sk_test_sandboxcheckoutd"
	SandboxPublishableKey = "pk_test_sandboxcheckoutd"
	SandboxWebhookSecret  = "whsec_sandboxcheckoutd"
)

// rules judges options against each other.
func (l *loading) rules() {
	c := l.config
	if l.mode == Serve || l.mode == Sandbox {
		l.baseURLFollowsAddr()
		if l.ok("UNKNOWN_AFTER", "STRIPE_TIMEOUT") && c.UnknownAfter <= c.StripeTimeout {
			l.problem("UNKNOWN_AFTER", "(%s) is not longer than STRIPE_TIMEOUT (%s), so calls still under way would count as lost. Make it longer",
				c.UnknownAfter, c.StripeTimeout)
		}
		l.checkout()
	}
	if l.mode == Serve {
		l.keysAgree()
		l.noSandboxKeys()
		if c.Livemode() || keyMode(c.StripePublishableKey) == "live" {
			l.live()
		}
	}
}

func (l *loading) keysAgree() {
	secret, public := keyMode(l.config.StripeSecretKey.Reveal()), keyMode(l.config.StripePublishableKey)
	if l.ok("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY") && secret != public {
		l.problem("STRIPE_PUBLISHABLE_KEY", "is a %s key, but STRIPE_SECRET_KEY is a %s key. "+
			"Take both from the same mode of the same account", public, secret)
	}
}

// noSandboxKeys keeps the sandbox's well-known webhook secret from guarding
// real payments: whoever has read this file could forge them.
func (l *loading) noSandboxKeys() {
	c := l.config
	if !l.ok("STRIPE_API_BASE") || !ofStripe(c.StripeAPIBase) {
		return
	}
	const sentence = "is the offline sandbox's, which everybody knows. Use your own account's, or run \"server sandbox\""
	if c.StripeSecretKey == SandboxSecretKey {
		l.problem("STRIPE_SECRET_KEY", sentence)
	}
	if c.StripePublishableKey == SandboxPublishableKey {
		l.problem("STRIPE_PUBLISHABLE_KEY", sentence)
	}
	for _, s := range c.StripeWebhookSecrets {
		if s == SandboxWebhookSecret {
			l.problem("STRIPE_WEBHOOK_SECRET", sentence)
			return
		}
	}
}

// live holds what real money needs.
func (l *loading) live() {
	c := l.config
	if l.ok("BASE_URL") && !strings.HasPrefix(c.BaseURL, "https://") {
		l.problem("BASE_URL", "is not https, but the keys are live. Stripe requires https for live payments: "+
			"give the shop a certificate and write https://…, or use test keys")
	}
	if l.ok("TRUSTED_PROXIES") && len(c.TrustedProxies) == 0 {
		// checkoutd speaks plain http itself, so without a proxy to believe
		// no request can be known to have come over https.
		l.problem("TRUSTED_PROXIES", "is empty, but the keys are live, and every page would be refused as not https. "+
			"Name the proxy that speaks https for the shop and sets X-Forwarded-Proto, like 127.0.0.1 or 172.16.0.0/12")
	}
	if l.ok("STRIPE_API_BASE") && !ofStripe(c.StripeAPIBase) {
		l.problem("STRIPE_API_BASE", "is not Stripe's, but the keys are live. A live key goes to https://api.stripe.com only: remove the option")
	}
	if l.ok("STRIPE_JS_URL") && !strings.HasPrefix(c.StripeJSURL, "https://js.stripe.com/") {
		l.problem("STRIPE_JS_URL", "is not Stripe's, but the keys are live. Stripe.js must come from https://js.stripe.com: remove the option")
	}
}

// ofStripe reports whether the origin is https and one of Stripe's own hosts.
func ofStripe(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" || u.Port() != "" && u.Port() != "443" {
		return false
	}
	host := u.Hostname()
	return host == "stripe.com" || strings.HasSuffix(host, ".stripe.com")
}

// baseURLFollowsAddr makes ADDR=:8080 alone do what its user means.
func (l *loading) baseURLFollowsAddr() {
	if !l.ok("ADDR") || l.given("BASE_URL") {
		return
	}
	_, port, _ := net.SplitHostPort(l.config.Addr)
	if port == "0" {
		return
	}
	l.config.BaseURL = "http://localhost:" + port
	l.note(option{name: "BASE_URL"}, value{l.config.BaseURL, "ADDR"})
}

// sandbox fills in what the offline Stripe makes, and refuses live keys.
func (l *loading) sandbox() {
	for _, name := range l.liveKeys() {
		l.problem(name, "holds a live key. Sandbox mode never uses a live key: remove it, or run \"server serve\"")
	}
	c := l.config
	c.StripeSecretKey = SandboxSecretKey
	c.StripePublishableKey = SandboxPublishableKey
	c.StripeWebhookSecrets = []Secret{SandboxWebhookSecret}
	if l.ok("SANDBOX_ADDR") {
		c.UseSandbox("http://" + c.SandboxAddr)
	}
	if l.ok("ADDR", "SANDBOX_ADDR") && sameDoor(c.Addr, c.SandboxAddr) {
		l.problem("SANDBOX_ADDR", "is also ADDR's place. Give the offline Stripe another port")
	}
}

func sameDoor(a, b string) bool {
	_, portA, errA := net.SplitHostPort(a)
	_, portB, errB := net.SplitHostPort(b)
	return errA == nil && errB == nil && portA == portB && portA != "0"
}

// isLoopback reports whether host:port can be reached from this machine alone.
func isLoopback(addr string) bool {
	host, _, _ := net.SplitHostPort(addr)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
