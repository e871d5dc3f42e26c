// Package archtest keeps imports between the rooms of checkoutd pointing one
// way. A room is a folder of internal, cmd or web. The test reads the imports
// of the whole tree and fails on each one that the tables here do not allow.
//
// A room missing from the tables fails, too: whoever adds a room lists here
// what it may import.
package archtest

import (
	"fmt"
	"slices"
	"strings"
)

const module = "checkoutd/"

// Package is the part of the output of `go list -json` that the rules need.
type Package struct {
	ImportPath   string
	Imports      []string // of the code
	Deps         []string // of the code, transitively
	TestImports  []string // of the tests in the package
	XTestImports []string // of the tests in its external test package
}

// everything lets a room import every other room.
const everything = "*"

// rooms lists which other rooms the code of a room may import. Tests may import
// what they need.
var rooms = map[string][]string{
	// cmd knows the nouns that `server orders`, `events`, `keys` and
	// `guard` print.
	"cmd": {
		"api", "app", "backup", "cli", "config", "conform", "connect", "deliveries", "drift", "fault", "golive", "guard", "mail",
		"money", "orders", "payments", "people", "rehearsal", "webhooks",
	},
	"app":         {everything},
	"config":      {"texts", "appearance", "cleantext", "money", "spelling"},
	"appearance":  {"spelling"},
	"spelling":    {},
	"fault":       {},
	"money":       {},
	"cleantext":   {},
	"texts":       {},
	"cli":         {"fault", "spelling"},
	"idempotency": {},
	"sealed":      {},
	"budget":      {},
	"filelock":    {},
	"backup":      {"filelock"},
	"conform":     {"budget"},  // it must not share a mistake with stripeapi
	"telemetry":   {"tracing"}, // the rooms declare what they tell, app wires
	"tracing":     {},
	"httpio":      {"cleantext", "fault"},
	"httpserver":  {"fault", "httpio", "tracing"},
	"golive":      {"fault", "httpio"},
	"rehearsal":   {}, // it sees a shop from outside alone
	"pages": {
		"appearance", "connect", "connect/mirror", "fault", "httpio", "money", "orders", "payments", "texts", "web",
	},
	"web":         {},
	"sandbox":     {}, // it must not share a bug with the code that it tests
	"bench":       {everything},
	"archtest":    {},
	"shape":       {}, // the report of scripts/shape
	"testhost":    {},
	"testkit":     {"customersession", "fault", "money", "orders", "payments"}, // it plays what the features ask of Stripe
	"pgtest":      {"testhost"},
	"catest":      {},
	"e2e":         {everything}, // its tests start the server in this process
	"torture":     {},           // its tests start the server as a process
	"browsertest": {"testhost"},

	// The features know the nouns they are built on, and neither the database
	// nor Stripe: store and stripeapi implement the interfaces that they
	// declare.
	"queue":           {"fault"},
	"orders":          {"texts", "fault", "money", "httpio", "cleantext", "spelling", "tracing"},
	"customersession": {"fault", "idempotency", "money", "httpio", "orders", "tracing"},
	"payments":        {"fault", "idempotency", "money", "httpio", "orders", "queue", "tracing"},
	"drift":           {"budget", "fault", "orders", "payments", "queue"},
	"effects":         {"connect", "drift", "payments", "queue", "tracing"},
	"deliveries":      {"connect", "drift", "effects", "fault", "orders", "payments", "queue", "tracing"},
	"guard":           {"fault"},
	"mail":            {"money", "orders", "payments", "queue", "texts", "tracing"},
	"connect":         {"budget", "cleantext", "fault", "httpio", "idempotency", "orders", "payments", "queue"},
	"rules":           {"cleantext", "fault", "httpio", "money", "orders", "payments"},
	"webhooks":        {"budget", "connect", "fault", "money", "httpio", "orders", "payments", "queue", "tracing"},
	"api": {
		"cleantext", "deliveries", "fault", "money", "httpio", "orders", "payments", "people", "tracing", "webhooks",
	},
	"people":       {"fault", "queue"},
	"certificates": {},

	// storetest, its conformance suite, uses testkit, testhost and pgtest.
	"store": {
		"guard", "sealed", "fault", "filelock", "money", "orders", "payments", "customersession",
		"webhooks", "api", "queue", "effects", "deliveries", "drift", "mail", "connect", "golive", "people", "certificates",
		"tracing",
		"testkit", "testhost", "pgtest",
	},
	"stripeapi": {
		"fault", "idempotency", "money", "orders", "payments", "customersession", "webhooks", "budget",
		"connect", "drift", "golive", "people", "tracing",
	},
}

// parts are the rooms inside a room that may import less than the room itself:
// of this module only what is listed here, directly or indirectly, and nothing
// else of the room around them.
var parts = map[string][]string{
	"webhooks/envelope": {},

	"store/sqldb": {"fault", "filelock"}, // the engine knows no feature, so that each half can be read alone

	// The sandbox, from the bottom up. The four leaves know nothing of each
	// other but memory, which writes its objects as wire does. Only payments
	// may be built on: subscriptions and Connect follow what it does, through
	// interfaces that it declares.
	"sandbox/wire":      {},
	"sandbox/clock":     {},
	"sandbox/testcards": {},
	"sandbox/memory":    {"sandbox/wire"},
	"sandbox/api":       sandboxBase,
	"sandbox/hooks":     slices.Concat(sandboxBase, []string{"sandbox/api"}),
	"sandbox/stripecli": slices.Concat(sandboxBase, []string{"sandbox/api", "sandbox/hooks"}),
	"sandbox/payments":  slices.Concat(sandboxBase, []string{"sandbox/api", "sandbox/testcards"}),
	"sandbox/billing":   sandboxOnPayments,
	"sandbox/connect":   sandboxOnPayments,
	"sandbox/past":      slices.Concat(sandboxOnPayments, []string{"sandbox/connect"}),
	"sandbox/desk":      slices.Concat(sandboxOnPayments, []string{"sandbox/hooks"}),
	"sandbox/stripejs":  {}, // files for a browser
}

var (
	sandboxBase       = []string{"sandbox/wire", "sandbox/clock", "sandbox/memory"}
	sandboxOnPayments = slices.Concat(sandboxBase, []string{"sandbox/api", "sandbox/testcards", "sandbox/payments"})
)

// keepers lists the only rooms whose code may import a package. A key is an
// import path, or the beginning of one if it ends with a slash.
var keepers = map[string][]string{
	"database/sql":                   {"store/sqldb"}, // the store writes SQL, and its engine runs it
	"modernc.org/":                   {"store/sqldb"},
	"github.com/pressly/goose/":      {"store/sqldb"},
	"github.com/jackc/pgx/":          {"store/sqldb", "pgtest"},
	"checkoutd/internal/store/sqldb": {"store"},
	"github.com/stripe/stripe-go/":   {"stripeapi"},
	"github.com/standard-webhooks/":  {"deliveries", "rules"},
	"github.com/stripe/stripe-mock":  {},
	"github.com/wneessen/go-mail":    {"mail"},
	"github.com/tdewolff/":           {"pages"},
	"github.com/prometheus/":         {"telemetry"},
	"go.opentelemetry.io/":           {"telemetry", "tracing", "e2e"},
	"golang.org/x/crypto/":           {"certificates"},
	"github.com/letsencrypt/pebble/": {"catest"},
	"github.com/miekg/dns":           {"catest"},
	"github.com/joho/godotenv":       {"config"},
	"github.com/klauspost/":          {"backup", "store"},
	"github.com/go-json-experiment/": {"webhooks/envelope"},
	"github.com/chromedp/":           {"browsertest", "e2e"},
	"testing": {
		"testhost", "testkit", "pgtest", "catest", "browsertest", "e2e", "store/storetest", "bench", "torture",
	},
}

// sandboxMayImport lists everything that the offline Stripe imports besides the
// standard library. It shares only zerolog with the product.
var sandboxMayImport = []string{
	"github.com/go-chi/chi/v5",
	"github.com/coder/websocket",
	"github.com/rs/zerolog",
}

// features know neither the database nor Stripe, not even indirectly.
var features = []string{
	"queue", "orders", "customersession", "payments", "webhooks", "api", "effects", "deliveries", "guard", "rules",
	"mail", "connect", "people", "drift",
}

// startApp lists the rooms whose tests start a whole App.
var startApp = []string{"cmd", "app", "e2e", "bench", "torture"}

// testRooms hold test helpers, which no code of the product may import.
var testRooms = []string{
	"testhost", "testkit", "pgtest", "catest", "browsertest", "archtest", "e2e", "torture", "store/storetest",
}

// Violations returns a sentence for every import that breaks a rule.
func Violations(packages []Package) []string {
	var found findings
	for _, p := range packages {
		if _, known := rooms[room(p.ImportPath)]; !known {
			found.addf("%s is in no room of archtest: add one, with what it may import", p.ImportPath)
			continue
		}

		for _, path := range p.Imports {
			found.check(p.ImportPath, path)
		}

		for _, path := range p.Deps {
			found.checkIndirect(p.ImportPath, path)
		}

		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			if path == module+"internal/app" && !slices.Contains(startApp, room(p.ImportPath)) {
				found.addf("the tests of %s import app; only those of %v may", p.ImportPath, startApp)
			}
		}
	}

	return found
}

// findings are sentences about broken rules.
type findings []string

func (f *findings) addf(format string, args ...any) {
	*f = append(*f, fmt.Sprintf(format, args...))
}

// check adds the rules that one import of a package's code breaks.
func (f *findings) check(from, to string) {
	switch {
	case strings.HasPrefix(to, module):
		if !mayImport(room(from), room(to)) {
			f.addf("%s imports %s, which its room may not", from, to)
		}

		if isTestRoom(to) && !isTestRoom(from) {
			f.addf("%s imports %s, which is for tests only", from, to)
		}

	case room(from) == "sandbox" && isThirdParty(to) && !hasPrefix(sandboxMayImport, to):
		f.addf("%s imports %s; the sandbox uses only the standard library and %v", from, to, sandboxMayImport)
	}

	if outsidePart(from, to) {
		f.addf("%s imports %s, which its part of the room may not", from, to)
	}

	for path, keeper := range keepers {
		keeps := func(part string) bool { return within(from, part) }
		if isOrBelow(to, path) && !slices.ContainsFunc(keeper, keeps) {
			f.addf("%s imports %s; only %v may", from, to, keeper)
		}
	}

	if within(from, "fault") && to == "net/http" {
		f.addf("fault imports net/http, but it must not depend on HTTP")
	}
}

// checkIndirect adds the rules that one of a package's transitive dependencies
// breaks: a package may not reach indirectly what it may not import.
func (f *findings) checkIndirect(from, to string) {
	bad := outsidePart(from, to)
	switch r := room(from); {
	case r == "sandbox":
		bad = bad ||
			strings.HasPrefix(to, module) && room(to) != "sandbox" ||
			strings.HasPrefix(to, "github.com/stripe/")

	case slices.Contains(features, r):
		bad = bad || to == "database/sql" ||
			within(to, "store") || within(to, "stripeapi") || within(to, "sandbox")
	case r == "cmd":
		bad = bad || to == "testing" ||
			strings.HasPrefix(to, "github.com/chromedp/") ||
			strings.HasPrefix(to, "github.com/stripe/stripe-mock")
	}

	if bad {
		f.addf("%s depends on %s, directly or indirectly", from, to)
	}
}

// mayImport reports whether the code of a room may import another room.
func mayImport(from, to string) bool {
	allowed := rooms[from]
	return from == to || slices.Contains(allowed, to) || slices.Contains(allowed, everything)
}

// room returns the room of a package of this module: the first folder of its
// path, or the one below internal.
func room(path string) string {
	path = strings.TrimPrefix(strings.TrimPrefix(path, module), "internal/")
	name, _, _ := strings.Cut(path, "/")
	return name
}

// within reports whether a package of this module is in a room, or in a part of
// one such as "store/storetest".
func within(path, part string) bool {
	rest, ok := strings.CutPrefix(path, module+"internal/")
	return ok && (rest == part || strings.HasPrefix(rest, part+"/"))
}

// outsidePart reports whether from lies in one of the parts, and to is a
// package of this module that the part may not import.
func outsidePart(from, to string) bool {
	for part, allowed := range parts {
		if !within(from, part) || !strings.HasPrefix(to, module) || within(to, part) {
			continue
		}
		if !slices.ContainsFunc(allowed, func(a string) bool { return within(to, a) }) {
			return true
		}
	}
	return false
}

func isTestRoom(path string) bool {
	return slices.ContainsFunc(testRooms, func(part string) bool { return within(path, part) })
}

// isThirdParty reports whether a package is not in the standard library, whose
// paths have no dot in their first element.
func isThirdParty(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".")
}

func isOrBelow(path, prefix string) bool {
	return path == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(path, prefix)
}

func hasPrefix(prefixes []string, path string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool {
		return path == prefix || strings.HasPrefix(path, prefix+"/")
	})
}
