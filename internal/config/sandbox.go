package config

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The sandbox's own keys. They have the form of Stripe's, but no account is
// behind them. They are public, so serve mode refuses them with the real
// Stripe.
const (
	SandboxSecretKey      = "sk_test_sandboxcheckoutd"
	SandboxPublishableKey = "pk_test_sandboxcheckoutd"
	SandboxWebhookSecret  = "whsec_sandboxcheckoutd"

	SandboxConnectClientID      = "ca_SandboxApplication"
	SandboxConnectWebhookSecret = "whsec_sandboxconnect"
)

// OfflineStripe holds the settings of the built-in Stripe.
type OfflineStripe struct {
	SandboxAddr       string // host:port on the loopback interface
	SandboxStateFile  string
	SandboxMaxObjects int      // kept per kind and account
	SandboxFaults     bool     // serve the management API
	SandboxDeliverTo  []string // ports, or "*" for all

	// SandboxRestrictedKeys are the permissions of restricted keys.
	SandboxRestrictedKeys map[string][]string

	SandboxConnectRedirects []string // addresses to which OAuth may lead back; empty: every one of this machine
	SandboxConnectType      string   // extension or platform
}

func sandboxSection() section {
	return section{
		title:  "Offline Stripe",
		finish: (*loading).finishSandbox,
		options: []option{
			{
				name:  "SANDBOX_ADDR",
				def:   "127.0.0.1:12111",
				help:  "host:port of the offline Stripe, on the loopback interface only.",
				modes: offlineModes,
				read:  readSandboxAddr,
			},
			{
				name:  "SANDBOX_STATE_FILE",
				def:   "./data/sandbox.json",
				help:  "The file in which the offline Stripe keeps its objects between runs.",
				modes: slices.Concat(offlineModes, []Mode{Migrate}), // server backup copies it
				read:  text(func(c *Config) *string { return &c.SandboxStateFile }),
			},
			{
				name: "SANDBOX_MAX_OBJECTS",
				def:  "10000",
				help: "How many objects of each kind the offline Stripe keeps, 100 to 1000000. Beyond " +
					"that it drops the oldest.",
				modes: offlineModes,
				read:  integer(func(c *Config) *int { return &c.SandboxMaxObjects }, 100, 1_000_000),
			},
			{
				name: "SANDBOX_FAULTS",
				def:  "false",
				help: "true serves the offline Stripe's management API, /_sandbox/, with which tests make it " +
					"misbehave.",
				modes: offlineModes,
				read:  boolean(func(c *Config) *bool { return &c.SandboxFaults }),
			},
			{
				name: "SANDBOX_DELIVER_TO",
				help: "Ports of this machine to which the offline Stripe may send webhooks, besides the shop's " +
					"own, separated by commas; * for all. Webhook endpoints that are created through its API need it.",
				modes: offlineModes,
				read:  orEmpty(readDeliverTo),
			},
			{
				name: "SANDBOX_RESTRICTED_KEYS",
				help: "Restricted keys of the offline Stripe and what they may do, separated by semicolons: " +
					"rk_test_shop=rak_payment_intent_write,rak_charge_read;rk_test_other=rak_event_read. A call without " +
					"its permission is refused as Stripe refuses it. Every other test key may do everything.",
				modes: offlineModes,
				read:  orEmpty(readRestrictedKeys),
			},
			{
				name: "SANDBOX_CONNECT_REDIRECTS",
				help: "Addresses to which the offline Stripe's OAuth page may lead back, separated by commas, as in " +
					"the settings of a platform at Stripe: an address that is not the same to the letter gets an " +
					"error page. Empty: every address of this machine.",
				modes: offlineModes,
				read:  orEmpty(readConnectRedirects),
			},
			{
				name: "SANDBOX_CONNECT_TYPE",
				def:  "extension",
				help: "What the platform is to the offline Stripe: an extension, or a platform, which may not ask " +
					"for read_only and connects no accounts that another platform controls.",
				modes: offlineModes,
				read:  oneOf(func(c *Config) *string { return &c.SandboxConnectType }, "extension", "platform"),
			},
		},
	}
}

func readSandboxAddr(c *Config, s string) error {
	if _, err := splitHostPort(s); err != nil {
		return err
	}
	if !isLoopback(s) {
		return fmt.Errorf("is %q, which other machines could reach. The offline Stripe accepts everybody, "+
			"so give it a loopback address like 127.0.0.1:12111", s)
	}
	c.SandboxAddr = s
	return nil
}

func readDeliverTo(c *Config, s string) error {
	for _, port := range splitList(s) {
		if n, err := strconv.Atoi(port); port != "*" && (err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port) {
			return fmt.Errorf("holds %q, which is no port. Write ports like 3000,8080, or * for all", port)
		}
		c.SandboxDeliverTo = append(c.SandboxDeliverTo, port)
	}
	return nil
}

// readRestrictedKeys reads the keys; the offline Stripe knows the permissions.
func readRestrictedKeys(c *Config, s string) error {
	c.SandboxRestrictedKeys = map[string][]string{}
	for one := range strings.SplitSeq(s, ";") {
		key, permissions, ok := strings.Cut(strings.TrimSpace(one), "=")
		if key == "" && !ok {
			continue // after the last semicolon
		}
		if !ok || !strings.HasPrefix(key, "rk_test_") {
			return fmt.Errorf("holds %q. Write keys like rk_test_shop=rak_payment_intent_write,rak_charge_read", one)
		}

		c.SandboxRestrictedKeys[strings.TrimSpace(key)] = splitList(permissions)
	}

	return nil
}

func readConnectRedirects(c *Config, s string) error {
	for _, raw := range splitList(s) {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "" {
			return fmt.Errorf("holds %q, which is no address. Write addresses like http://localhost:4242/back", raw)
		}
		c.SandboxConnectRedirects = append(c.SandboxConnectRedirects, raw)
	}
	return nil
}

// isLoopback reports whether host:port can be reached from this machine only.
func isLoopback(addr string) bool {
	host, _, _ := net.SplitHostPort(addr)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// UseSandbox points the checkout at the offline Stripe that listens on origin
// ("http://127.0.0.1:12111"). Load has already done so for the port in
// SANDBOX_ADDR; call it when the system has chosen the port.
func (c *Config) UseSandbox(origin string) {
	c.StripeAPIBase = origin
	c.StripeJSURL = origin + "/v3/"
	c.ConnectBase = origin
}

// finishSandbox sets what the offline Stripe makes itself, and refuses live
// keys.
func (l *loading) finishSandbox() {
	if l.mode != Sandbox {
		return
	}

	for _, name := range l.liveKeyNames() {
		l.problem(name, "holds a live key. Sandbox mode never uses a live key: remove it, or run \"server serve\"")
	}

	c := l.config
	c.StripeSecretKey = SandboxSecretKey
	c.StripePublishableKey = SandboxPublishableKey
	c.StripeWebhookSecrets = []Secret{SandboxWebhookSecret}
	c.ConnectClientID = SandboxConnectClientID
	c.ConnectWebhookSecrets = []Secret{SandboxConnectWebhookSecret}

	if l.valid("SANDBOX_ADDR") {
		c.UseSandbox("http://" + c.SandboxAddr)
	}

	if l.valid("ADDR", "SANDBOX_ADDR") && samePort(c.Addr, c.SandboxAddr) {
		l.problem("SANDBOX_ADDR", "has the same port as ADDR. Give the offline Stripe another port")
	}

	l.warnOfSandbox()
}

func (l *loading) warnOfSandbox() {
	for _, o := range table() {
		if o.sandboxMakes && l.given(o.name) {
			l.warn("%s is not used in sandbox mode, which has its own.", o.name)
		}
	}

	if l.given("STRIPE_SECRET_KEY") && l.config.DatabaseByDefault() {
		l.warn("Commands in another terminal, such as orders, use the database of STRIPE_SECRET_KEY, not that of " +
			"the sandbox. For the latter, set DATABASE_URL=" + DatabaseOfSandbox + " there.")
	}

	if !isLoopback(l.config.Addr) {
		l.warn("ADDR can be reached from other machines, but the offline Stripe cannot: " +
			"browsers elsewhere will see the shop without the payment form.")
	}
}

// samePort reports whether two addresses cannot be listened on at once.
func samePort(a, b string) bool {
	_, portA, errA := net.SplitHostPort(a)
	_, portB, errB := net.SplitHostPort(b)
	return errA == nil && errB == nil && portA == portB && portA != "0"
}

// liveKeyNames returns the variables that hold a live key, in the environment,
// in .env or in a file.
func (l *loading) liveKeyNames() []string {
	var names []string
	for _, layer := range l.sources.layers {
		for _, name := range slices.Sorted(maps.Keys(layer.values)) {
			isLive := strings.HasPrefix(name, "STRIPE_") && l.holdsLiveKey(name, layer.values[name])
			if isLive && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// holdsLiveKey reports whether a variable, or the file that it names, holds a
// live key.
func (l *loading) holdsLiveKey(name, text string) bool {
	if strings.HasSuffix(name, "_FILE") {
		// Sandbox mode does not use the file, so one that cannot be read is
		// not a problem.
		if content, err := l.sources.readFile(text); err == nil {
			text = string(content)
		}
	}
	return keyMode(strings.TrimSpace(text)) == "live"
}
