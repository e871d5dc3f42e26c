// Package config reads checkoutd's settings, from the environment, from .env
// and from secret files, and checks them before anything starts.
//
// One option table says everything of every option: name, default, help, how
// it is read, where it is used. .env.example and docs/configuration.md are
// written from it. Load reports all that is wrong at once, by name, with what
// to do; it never shows a secret's value, nor does a Config when printed.
//
// The environment wins over .env; an empty value counts as not given. Every
// secret NAME can also come from the file that NAME_FILE names.
package config

import (
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/appearance"
)

// Mode is what the program is started for; it decides which options count
// and which are required.
type Mode string

// The modes.
const (
	Serve       Mode = "serve"       // the checkout, with the real Stripe
	Sandbox     Mode = "sandbox"     // the checkout and the offline Stripe
	Stripe      Mode = "stripe"      // the offline Stripe alone
	Migrate     Mode = "migrate"     // bring the database up to date
	Healthcheck Mode = "healthcheck" // ask a running server how it is
)

// Secret is a value that is never printed: fmt, JSON and loggers show "***".
type Secret string

// Reveal gives the value, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return `config.Secret("` + s.String() + `")` }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Config is every setting, read and checked. Options that do not count in its
// Mode are zero.
type Config struct {
	Mode Mode

	Addr           string         // host:port to listen on
	BaseURL        string         // the shop's public origin, no slash at the end
	TrustedProxies []netip.Prefix // whose X-Forwarded-… headers are believed
	RateLimit      int            // calls a minute and client address that lead to Stripe; 0 = no limit
	LogLevel       zerolog.Level
	LogFormat      LogFormat
	Workers        int // webhook workers

	DatabaseURL Secret // sqlite:<file> or postgres://…; may hold a password
	CatalogFile string // "" = the built-in sample shop

	BrandName      string
	BrandLogo      string           // https URL or /path of this origin, "" for none
	BrandColor     string           // "#rrggbb", "" for ours
	AppearanceFile string           // "" for none
	Appearance     *appearance.Look // what is in it, nil for none

	StripeSecretKey      Secret
	StripePublishableKey string
	StripeWebhookSecrets []Secret // any of them may sign; never empty
	StripeAPIBase        string   // origin, no slash at the end
	StripeJSURL          string
	StripeTimeout        time.Duration
	WebhookTolerance     time.Duration

	OrderExpiresAfter time.Duration
	UnknownAfter      time.Duration
	BackfillEvery     time.Duration // 0 = off

	Payment
	Page
	Layout       Layout
	SavedMethods SavedMethods

	SandboxAddr       string // host:port, loopback
	SandboxFaults     bool   // open the management door
	SandboxStateFile  string
	SandboxMaxObjects int // kept per kind and account

	// Warnings are sentences about settings that look like mistakes but stop
	// nothing.
	Warnings []string

	settings []Setting
}

// LogFormat is how the log is written.
type LogFormat string

// The log formats. Auto is console on a terminal and JSON otherwise.
const (
	LogAuto    LogFormat = "auto"
	LogConsole LogFormat = "console"
	LogJSON    LogFormat = "json"
)

// Livemode reports whether the secret key moves real money.
func (c *Config) Livemode() bool { return keyMode(c.StripeSecretKey.Reveal()) == "live" }

// IsSandbox reports whether Stripe is the offline one inside.
func (c *Config) IsSandbox() bool { return c.Mode == Sandbox }

// UseSandbox points the app at the offline Stripe that listens on origin
// ("http://127.0.0.1:12111"). It is for callers that let the system choose the
// port; Load has done it for a SANDBOX_ADDR with a fixed one.
func (c *Config) UseSandbox(origin string) {
	c.StripeAPIBase = origin
	c.StripeJSURL = origin + "/v3/"
}

// ProbeURL is where a server with this ADDR answers its own machine.
func (c *Config) ProbeURL(path string) string {
	host, port, _ := net.SplitHostPort(c.Addr)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.Is6() {
			host = "::1"
		}
	}
	return "http://" + net.JoinHostPort(host, port) + path
}

// Setting is one option's value in words, fit for a log.
type Setting struct {
	Name   string
	Value  string // a secret's is only "set" or ""
	Source string // environment, .env, file, default, sandbox or ADDR
}

// Redacted lists the settings that count in this mode, in the order of the
// option table, without any secret: for a start-up log or a dump.
func (c *Config) Redacted() []Setting { return append([]Setting(nil), c.settings...) }

// String is Redacted, one setting a line.
func (c *Config) String() string {
	var b strings.Builder
	for _, s := range c.settings {
		b.WriteString(s.Name + "=" + s.Value + " (" + s.Source + ")\n")
	}
	return b.String()
}
