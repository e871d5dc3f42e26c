package config

import (
	"slices"
	"time"
)

// option is one row of the table.
type option struct {
	name     string
	def      string // "" = none
	help     string
	read     func(*Config, string) error // never says a secret's value
	modes    []Mode                      // where it counts
	required []Mode                      // where it must be given
	missing  string                      // what to do when it must and is not
	file     bool                        // may come from the file in NAME_FILE
	redact   func(string) string         // nil = the value may be shown
	// sandboxMakes: the sandbox mode has its own value, and ignores this one.
	sandboxMakes bool
}

// Option is one row of the table as the documentation shows it.
type Option struct {
	Section  string
	Name     string
	Default  string
	Help     string
	Secret   bool   // never shown
	File     bool   // may come from the file in NAME_FILE
	Modes    []Mode // where it counts
	Required []Mode // where it must be given
}

// Options lists the table, in its order.
func Options() []Option {
	var all []Option
	for _, s := range sections() {
		for _, o := range s.options {
			all = append(all, Option{s.title, o.name, o.def, o.help, o.redact != nil, o.file, o.countsIn(), slices.Clone(o.required)})
		}
	}
	return all
}

func (o option) counts(m Mode) bool { return slices.Contains(o.modes, m) }

func (o option) mustHave(m Mode) bool { return slices.Contains(o.required, m) }

// countsIn is modes without those where the value would be ignored.
func (o option) countsIn() []Mode {
	return slices.DeleteFunc(slices.Clone(o.modes), func(m Mode) bool { return m == Sandbox && o.sandboxMakes })
}

// section is a heading of the documentation and the options under it.
type section struct {
	title   string
	options []option
}

// sections is the option table. It is made anew for each caller, so nobody
// can change it for another.
func sections() []section {
	return []section{
		{"Stripe", stripeOptions()},
		{"Shop", shopOptions()},
		{"Look", lookOptions()},
		{"Payments", paymentOptions()},
		{"Checkout page", pageOptions()},
		{"Payment Element layout", layoutOptions()},
		{"Saved payment methods", savedOptions()},
		{"Server", serverOptions()},
		{"Background work", workOptions()},
		{"Offline Stripe", sandboxOptions()},
	}
}

func table() []option {
	var all []option
	for _, s := range sections() {
		all = append(all, s.options...)
	}
	return all
}

// Where options count.
var (
	checkout    = []Mode{Serve, Sandbox}
	offline     = []Mode{Sandbox, Stripe}
	onlyServe   = []Mode{Serve}
	everywhere  = []Mode{Serve, Sandbox, Stripe, Migrate, Healthcheck}
	withStorage = []Mode{Serve, Sandbox, Migrate}
)

func stripeOptions() []option {
	return []option{
		{
			name: "STRIPE_SECRET_KEY", file: true, redact: hide, sandboxMakes: true,
			help:  "Secret key (sk_…) or restricted key (rk_…), of the same mode, test or live, as the publishable key.",
			modes: checkout, required: onlyServe,
			missing: "Copy it from https://dashboard.stripe.com/apikeys, or run \"server sandbox\" to try checkoutd without a Stripe account.",
			read:    readSecretKey,
		},
		{
			name: "STRIPE_PUBLISHABLE_KEY", file: true, sandboxMakes: true,
			help:  "Publishable key (pk_…) for the page.",
			modes: checkout, required: onlyServe,
			missing: "Copy it from https://dashboard.stripe.com/apikeys; it stands beside the secret key.",
			read:    readPublishableKey,
		},
		{
			name: "STRIPE_WEBHOOK_SECRET", file: true, redact: hide, sandboxMakes: true,
			help:  "Signing secret (whsec_…) of the webhook endpoint. Several, separated by commas, are all accepted while one replaces another.",
			modes: checkout, required: onlyServe,
			missing: "Copy the endpoint's signing secret from https://dashboard.stripe.com/webhooks, or the one that \"stripe listen\" prints; without it forged webhooks could not be told from Stripe's.",
			read:    readWebhookSecrets,
		},
		{
			name: "STRIPE_API_BASE", def: "https://api.stripe.com", sandboxMakes: true,
			help:  "Where Stripe's API is. With live keys only Stripe's own.",
			modes: checkout,
			read:  origin(func(c *Config) *string { return &c.StripeAPIBase }),
		},
		{
			name: "STRIPE_JS_URL", def: "https://js.stripe.com/v3/", sandboxMakes: true,
			help:  "Where the page loads Stripe.js from. With live keys only Stripe's own.",
			modes: checkout,
			read:  readJSURL,
		},
		{
			name: "STRIPE_TIMEOUT", def: "30s",
			help:  "How long one call to Stripe may take, 1s to 2m.",
			modes: checkout,
			read:  duration(func(c *Config) *time.Duration { return &c.StripeTimeout }, time.Second, 2*time.Minute),
		},
		{
			name: "WEBHOOK_TOLERANCE", def: "5m",
			help:  "How old a webhook's signature may be, 10s to 1h.",
			modes: checkout,
			read:  duration(func(c *Config) *time.Duration { return &c.WebhookTolerance }, 10*time.Second, time.Hour),
		},
	}
}

func serverOptions() []option {
	return []option{
		{
			name: "ADDR", def: "localhost:4242",
			help:  "host:port to listen on. :4242 listens on every interface, as a container needs.",
			modes: []Mode{Serve, Sandbox, Healthcheck},
			read:  readAddr,
		},
		{
			name: "BASE_URL", def: "http://localhost:4242",
			help:  "The shop's public address. With live keys it must be https. When it is not given, it follows the port of ADDR.",
			modes: checkout,
			read:  origin(func(c *Config) *string { return &c.BaseURL }),
		},
		{
			name: "DATABASE_URL", def: "sqlite:./data/checkoutd.db", file: true, redact: redactDatabase,
			help:  "sqlite:<file>, or postgres://user:password@host/database for more than one replica.",
			modes: withStorage,
			read:  readDatabase,
		},
		{
			name:  "TRUSTED_PROXIES",
			help:  "Addresses or CIDR ranges of the proxies in front, separated by commas. Only their X-Forwarded-For, X-Forwarded-Proto and X-Request-Id are believed.",
			modes: checkout,
			read:  readProxies,
		},
		{
			name: "RATE_LIMIT", def: "60",
			help:  "How many orders, changes of them, customer sessions and confirms, together, one client address (IPv6: its /64) may ask for in a minute, 0 to 100000, counted by each process. 0: no limit. This machine's own addresses are not limited.",
			modes: checkout,
			read:  integer(func(c *Config) *int { return &c.RateLimit }, 0, 100_000),
		},
		{
			name: "LOG_LEVEL", def: "info",
			help:  "trace, debug, info, warn or error.",
			modes: everywhere,
			read:  readLogLevel,
		},
		{
			name: "LOG_FORMAT", def: "auto",
			help:  "console, json, or auto: console on a terminal, json otherwise.",
			modes: everywhere,
			read:  oneOf(func(c *Config) *LogFormat { return &c.LogFormat }, LogAuto, LogConsole, LogJSON),
		},
	}
}

func workOptions() []option {
	return []option{
		{
			name: "WORKERS", def: "4",
			help:  "How many webhooks are processed at the same time, 1 to 64.",
			modes: checkout,
			read:  integer(func(c *Config) *int { return &c.Workers }, 1, 64),
		},
		{
			name: "UNKNOWN_AFTER", def: "45s",
			help:  "How long a started payment may be silent before its outcome counts as unknown and Stripe is asked, 5s to 10m. Longer than STRIPE_TIMEOUT.",
			modes: checkout,
			read:  duration(func(c *Config) *time.Duration { return &c.UnknownAfter }, 5*time.Second, 10*time.Minute),
		},
		{
			name: "BACKFILL_EVERY", def: "10m",
			help:  "How often Stripe is asked for events that never arrived, 10s to 1d. 0: never.",
			modes: checkout,
			read:  durationOrOff(func(c *Config) *time.Duration { return &c.BackfillEvery }, 10*time.Second, day),
		},
	}
}

func sandboxOptions() []option {
	return []option{
		{
			name: "SANDBOX_ADDR", def: "127.0.0.1:12111",
			help:  "host:port of the offline Stripe, on the loopback interface only.",
			modes: offline,
			read:  readSandboxAddr,
		},
		{
			name: "SANDBOX_STATE_FILE", def: "./data/sandbox.json",
			help:  "Where the offline Stripe keeps its objects between runs.",
			modes: offline,
			read:  text(func(c *Config) *string { return &c.SandboxStateFile }),
		},
		{
			name: "SANDBOX_MAX_OBJECTS", def: "10000",
			help:  "How many objects of a kind the offline Stripe keeps, 100 to 1000000; the oldest make room.",
			modes: offline,
			read:  integer(func(c *Config) *int { return &c.SandboxMaxObjects }, 100, 1_000_000),
		},
		{
			name: "SANDBOX_FAULTS", def: "false",
			help:  "true opens the offline Stripe's management door, /_sandbox/, through which it is told to misbehave.",
			modes: offline,
			read:  boolean(func(c *Config) *bool { return &c.SandboxFaults }),
		},
	}
}
