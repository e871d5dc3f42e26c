package config

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Mode is the command that the program was started with. It decides which
// options are used and which are required.
type Mode string

// The modes.
const (
	Serve       Mode = "serve"       // the checkout with the real Stripe
	Sandbox     Mode = "sandbox"     // the checkout and the offline Stripe
	Stripe      Mode = "stripe"      // the offline Stripe alone
	Migrate     Mode = "migrate"     // bring the database up to date
	Healthcheck Mode = "healthcheck" // ask a running server for its health
	Conform     Mode = "conform"     // compare Stripe's answers with what checkoutd relies on
)

// known reports whether m is one of the modes.
func (m Mode) known() bool { return slices.Contains(allModes, m) }

// Config holds every setting, read and checked. Settings that Mode does not
// use are zero.
type Config struct {
	Mode Mode

	StripeAccount
	Shop
	Look
	Seller
	Payment
	Page
	Layout       Layout
	SavedMethods SavedMethods
	Server
	TLS
	Traces
	Rules
	Mail
	Storage
	Background
	Outgoing
	Connect
	Retention Retention
	AppInfo
	OfflineStripe

	// Warnings are sentences about settings that look like mistakes but do
	// not prevent the start.
	Warnings []string

	settings []Setting
	digests  map[string]digest // of the values of all options, by name
}

// IsSandbox reports whether the checkout uses the built-in offline Stripe.
func (c *Config) IsSandbox() bool { return c.Mode == Sandbox }

// ProbeURL returns the URL at which a server that listens on ADDR answers
// requests from its own machine. With TLS_DOMAINS it is that of plain http.
func (c *Config) ProbeURL(path string) string {
	addr := c.Addr
	if len(c.TLSDomains) > 0 { // its certificate is not there yet, or not for this name
		addr = c.TLSHTTPAddr
	}

	host, port, _ := net.SplitHostPort(addr)
	ip, err := netip.ParseAddr(host)

	// A server that listens on every interface also listens on loopback.
	if host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}

	return "http://" + net.JoinHostPort(host, port) + path
}

// Setting is the value of one option as it may be logged.
type Setting struct {
	Name   string
	Value  string // of a secret only "set" or ""
	Source string // environment, .env, file, default, sandbox, ADDR or TLS_DOMAINS
}

// Redacted returns the settings that the mode uses, without any secret, in
// the order of the option table. It is meant for start-up logs and dumps.
func (c *Config) Redacted() []Setting { return slices.Clone(c.settings) }

// String returns the settings of Redacted, one a line.
func (c *Config) String() string {
	var b strings.Builder
	for _, s := range c.settings {
		b.WriteString(s.Name + "=" + s.Value + " (" + s.Source + ")\n")
	}
	return b.String()
}
