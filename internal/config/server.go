package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/rs/zerolog"
)

// Server is how buyers and Stripe reach checkoutd, and what it logs.
type Server struct {
	Addr             string         // host:port to listen on
	BaseURL          string         // the shop's public origin without a slash at the end
	TrustedProxies   []netip.Prefix // whose X-Forwarded-… headers are trusted
	AllowedOrigins   []string       // of the shop's own front end
	CardTestingGuard bool           // refuse those who seem to test stolen cards
	APIRateLimit     int            // requests per minute and API key; 0 for no limit
	RateLimit        int            // requests per minute and client that lead to Stripe; 0 for no limit
	MaxConnections   int            // open at the same time
	MetricsAddr      string         // host:port of the metrics, "" for none
	LogLevel         zerolog.Level
	LogFormat        LogFormat
}

// LogFormat is the format of the log.
type LogFormat string

// The log formats. LogAuto is console on a terminal and JSON otherwise.
const (
	LogAuto    LogFormat = "auto"
	LogConsole LogFormat = "console"
	LogJSON    LogFormat = "json"
)

func serverSection() section {
	return section{
		title:  "Server",
		finish: (*loading).finishServer,
		options: []option{
			{
				name: "ADDR",
				def:  "localhost:4242",
				help: "host:port to listen on. :4242 listens on every interface, which a container needs. " +
					"With TLS_DOMAINS it serves https.",
				modes: []Mode{Serve, Sandbox, Healthcheck},
				read:  readAddr,
			},
			{
				name: "BASE_URL",
				def:  "http://localhost:4242",
				help: "The shop's public address. With live keys it must be https. If it is not set, it " +
					"follows TLS_DOMAINS or the port of ADDR.",
				modes: checkoutModes,
				read:  origin(func(c *Config) *string { return &c.BaseURL }),
			},
			{
				name: "TRUSTED_PROXIES",
				help: "Addresses or CIDR ranges of your reverse proxies, separated by commas. checkoutd " +
					"trusts the X-Forwarded-For, X-Forwarded-Proto and X-Request-Id headers of these " +
					"only.",
				modes: checkoutModes,
				read:  readProxies,
			},
			{
				name: "ALLOWED_ORIGINS",
				help: "Origins of your own front end, separated by commas (https://shop.example): their pages may " +
					"show the form of checkoutd.js, or make the calls of Stripe's guide, for an order whose client " +
					"token they have, see docs/frontend.md.",
				modes: checkoutModes,
				read:  readOrigins,
			},
			{
				name: "RATE_LIMIT",
				def:  "300",
				help: "How many orders, changes to orders, customer sessions, confirmations and searches for an " +
					"order (/find-order), taken together, one client address (IPv6: its /64) may request in " +
					"a minute, 0 to 100000. " +
					"Replacing a 3D Secure check counts as three. At most a tenth of them get a customer " +
					"session. 0: no limit. Each process counts for itself. " +
					"Loopback addresses are not limited unless TRUSTED_PROXIES is set.",
				modes: checkoutModes,
				read:  integer(func(c *Config) *int { return &c.RateLimit }, 0, 100_000),
			},
			{
				name: "CARD_TESTING_GUARD",
				def:  "true",
				help: "Refuses the payments of those who seem to test stolen cards, before Stripe is asked. " +
					"\"server guard\" shows what it sees, and changes it while the server runs.",
				modes: checkoutModes,
				read:  boolean(func(c *Config) *bool { return &c.CardTestingGuard }),
			},
			{
				name: "API_RATE_LIMIT",
				def:  "1200",
				help: "How many requests one API key of the shop's backend may make in a minute, 0 to 1000000. " +
					"0: no limit. Each process counts for itself.",
				modes: checkoutModes,
				read:  integer(func(c *Config) *int { return &c.APIRateLimit }, 0, 1_000_000),
			},
			{
				name: "MAX_CONNECTIONS",
				def:  "1024",
				help: "How many connections may be open, 64 to 100000, and at most three quarters of the file " +
					"descriptors that the system allows. One client address may have an eighth of them; trusted " +
					"proxies may have all. When there is no room, the connection that has waited longest for its " +
					"client is closed.",
				modes: checkoutModes,
				read:  integer(func(c *Config) *int { return &c.MaxConnections }, 64, 100_000),
			},
			{
				name: "METRICS_ADDR",
				help: "host:port at which GET /metrics shows the metrics in the format of Prometheus, such as " +
					"localhost:9464. Anybody who reaches it can read them: keep it inside your network. Empty: " +
					"nobody can, see docs/metrics.md.",
				modes: checkoutModes,
				read:  orEmpty(readMetricsAddr),
			},
			{
				name:  "LOG_LEVEL",
				def:   "info",
				help:  "trace, debug, info, warn or error.",
				modes: allModes,
				read:  readLogLevel,
			},
			{
				name:  "LOG_FORMAT",
				def:   "auto",
				help:  "console, json, or auto: console on a terminal, json otherwise.",
				modes: allModes,
				read:  oneOf(func(c *Config) *LogFormat { return &c.LogFormat }, LogAuto, LogConsole, LogJSON),
			},
		},
	}
}

func readAddr(c *Config, s string) error {
	if _, err := splitHostPort(s); err != nil {
		return err
	}
	c.Addr = s
	return nil
}

func readMetricsAddr(c *Config, s string) error {
	if _, err := splitHostPort(s); err != nil {
		return err
	}
	c.MetricsAddr = s
	return nil
}

func readProxies(c *Config, s string) error {
	for _, item := range splitList(s) {
		prefix, err := parsePrefix(item)
		switch {
		case err != nil:
			return fmt.Errorf("contains %q, which is not an address. Use addresses or ranges like 10.0.0.0/8, "+
				"separated by commas", item)

		case prefix.Addr().Is4In6():
			// Clients are compared by their IPv4 address, so this would
			// match none.
			return fmt.Errorf("contains %q. Write IPv4 addresses without ::ffff: in front", item)

		case prefix.Bits() == 0:
			return fmt.Errorf("trusts every client (%q), so any client could claim any address. "+
				"List only your proxies", item)
		}

		c.TrustedProxies = append(c.TrustedProxies, prefix.Masked())
	}

	return nil
}

// parsePrefix parses a CIDR range, or a single address as a range of one.
func parsePrefix(s string) (netip.Prefix, error) {
	if prefix, err := netip.ParsePrefix(s); err == nil {
		return prefix, nil
	}

	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	if addr.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%s has a zone", s)
	}

	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

func readLogLevel(c *Config, s string) error {
	levels := []string{"trace", "debug", "info", "warn", "error"}
	if !slices.Contains(levels, s) {
		return fmt.Errorf("is %q. Use one of: %s", s, join(levels))
	}

	var err error
	c.LogLevel, err = zerolog.ParseLevel(s)
	return err
}

func (l *loading) finishServer() {
	l.deriveAddr()
	l.deriveBaseURL()

	c := l.config

	if l.mode != Serve {
		return
	}

	if c.liveKeys() {
		l.requireHTTPS()
		for _, o := range c.AllowedOrigins {
			if !strings.HasPrefix(o, "https://") {
				l.problem("ALLOWED_ORIGINS", "contains %q, but the keys are live. Use https origins only", o)
			}
		}
	}

	if strings.HasPrefix(c.BaseURL, "https://") && len(c.TrustedProxies) == 0 && len(c.TLSDomains) == 0 {
		l.warn("BASE_URL is https, but TRUSTED_PROXIES is empty: " +
			"every buyer will seem to come over plain http from the proxy's address.")
	}
}

// deriveBaseURL makes BASE_URL follow the port of ADDR, so that ADDR=:8080
// alone has the effect its user expects.
func (l *loading) deriveBaseURL() {
	if !l.valid("ADDR") || l.given("BASE_URL") {
		return
	}

	if domains := l.config.TLSDomains; len(domains) > 0 {
		l.config.BaseURL = "https://" + domains[0]
		l.record(option{name: "BASE_URL"}, value{text: l.config.BaseURL, source: "TLS_DOMAINS"})
		return
	}

	_, port, _ := net.SplitHostPort(l.config.Addr)
	if port == "0" {
		return // the system chooses it when the server starts
	}

	l.config.BaseURL = "http://localhost:" + port
	l.record(option{name: "BASE_URL"}, value{text: l.config.BaseURL, source: "ADDR"})
}

// requireHTTPS refuses to take real payments over plain http.
func (l *loading) requireHTTPS() {
	c := l.config
	if l.valid("BASE_URL") && !strings.HasPrefix(c.BaseURL, "https://") {
		l.problem("BASE_URL", "is not https, but the keys are live. Stripe requires https for live payments: "+
			"give the shop a certificate and write https://…, or use test keys")
	}

	// Unless checkoutd serves https itself, it cannot know without a trusted
	// proxy that a request came over https.
	if l.valid("TRUSTED_PROXIES", "TLS_DOMAINS") && len(c.TrustedProxies) == 0 && len(c.TLSDomains) == 0 {
		l.problem("TRUSTED_PROXIES", "is empty, but the keys are live, so every page would be refused as not https. "+
			"Name the proxy that terminates TLS for the shop and sets X-Forwarded-Proto, like 127.0.0.1 "+
			"or 172.16.0.0/12, or let checkoutd serve https itself with TLS_DOMAINS")
	}
}

// readOrigins reads a list of origins.
func readOrigins(c *Config, s string) error {
	for _, item := range splitList(s) {
		var one string
		if err := origin(func(*Config) *string { return &one })(c, item); err != nil {
			return fmt.Errorf("contains %q, which %w", item, err)
		}
		c.AllowedOrigins = append(c.AllowedOrigins, one)
	}
	return nil
}
