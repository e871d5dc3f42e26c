package golive_test

import (
	"crypto/x509"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/golive"
)

// refuse makes the calls fail as for a key without a permission.
func refuse(calls ...string) func(w *world) {
	return func(w *world) {
		for _, c := range calls {
			w.errs[c] = &golive.RefusedError{Permission: "rak_" + c + "_read"}
		}
	}
}

// own and connected return a change of one endpoint.
func own(change func(e *golive.Endpoint)) func(w *world) {
	return func(w *world) { change(&w.endpoints[0]) }
}

func connected(change func(e *golive.Endpoint)) func(w *world) {
	return func(w *world) { change(&w.endpoints[1]) }
}

func oldVersion(e *golive.Endpoint)  { e.APIVersion = "" }
func testMode(e *golive.Endpoint)    { e.Livemode = false }
func disabled(e *golive.Endpoint)    { e.Enabled = false }
func fewEvents(e *golive.Endpoint)   { e.Events = e.Events[:1] }
func otherEvents(e *golive.Endpoint) { e.Events = append(e.Events, "customer.created") }
func allEvents(e *golive.Endpoint)   { e.Events = []string{"*"} }
func elsewhere(e *golive.Endpoint)   { e.URL = "https://pay.shop.com/other" }

// trial is what makes a check red, each change by itself, and what makes it not
// visible. A check without the latter depends on nothing that can be refused.
type trial struct {
	red    []func(w *world)
	hidden func(w *world)
}

var trials = map[string]trial{
	"version-calls": {
		red:    []func(w *world){func(w *world) { w.balance.Version = "2026-03-25.dahlia" }},
		hidden: func(w *world) { w.balance.Version = ""; refuse("balance")(w) },
	},
	"version-library": {red: []func(w *world){func(w *world) { w.setup.LibraryFor = "2025-03-31.basil" }}},
	"keys-work":       {red: []func(w *world){func(w *world) { w.errs["balance"] = &golive.FailedError{Text: "401"} }}},
	"keys-mode": {red: []func(w *world){
		func(w *world) { w.setup.SecretKey.Live, w.setup.PublicLive = false, false },
		func(w *world) { w.setup.PublicLive = false },
		func(w *world) { w.balance.Livemode = false },
		func(w *world) { w.setup.Sandbox = true },
		func(w *world) { w.setup.WantLive = false },
	}},
	"keys-restricted": {red: []func(w *world){func(w *world) {
		w.setup.SecretKey.Restricted, w.setup.Connect = false, false
	}}},
	"account-charges": {
		red: []func(w *world){
			func(w *world) { w.account.ChargesEnabled = false },
			func(w *world) { w.account.PayoutsEnabled = false },
			func(w *world) { w.account.Capabilities["card_payments"] = "pending" },
		},
		hidden: refuse("account"),
	},
	"account-requirements": {
		red: []func(w *world){
			func(w *world) { w.account.CurrentlyDue = []string{"external_account"} },
			func(w *world) { w.account.DisabledReason = "listed" },
			func(w *world) { w.account.DetailsSubmitted = false },
		},
		hidden: refuse("account"),
	},
	"account-descriptor": {
		red:    []func(w *world){func(w *world) { w.account.Descriptor = "" }},
		hidden: refuse("account"),
	},
	"account-contact": {
		red:    []func(w *world){func(w *world) { w.account.HasSupport = false }},
		hidden: refuse("account"),
	},
	"endpoint-exists": {
		red:    []func(w *world){own(disabled), own(elsewhere), func(w *world) { w.endpoints = w.endpoints[1:] }},
		hidden: refuse("endpoints"),
	},
	"endpoint-single": {
		red: []func(w *world){func(w *world) {
			w.endpoints = append(w.endpoints, endpoint("we_twice", false, "charge.refunded"))
		}},
		hidden: refuse("endpoints"),
	},
	"endpoint-mode":    {red: []func(w *world){own(testMode)}, hidden: refuse("endpoints")},
	"endpoint-version": {red: []func(w *world){own(oldVersion)}, hidden: refuse("endpoints")},
	"endpoint-events": {
		red:    []func(w *world){own(fewEvents), own(otherEvents), own(allEvents)},
		hidden: refuse("endpoints"),
	},
	"connect-endpoint-exists": {red: []func(w *world){connected(disabled)}, hidden: refuse("endpoints")},
	"connect-endpoint-single": {
		red: []func(w *world){func(w *world) {
			w.endpoints = append(w.endpoints, endpoint("we_twice", true, "charge.refunded"))
		}},
		hidden: refuse("endpoints"),
	},
	"connect-endpoint-mode":    {red: []func(w *world){connected(testMode)}, hidden: refuse("endpoints")},
	"connect-endpoint-version": {red: []func(w *world){connected(oldVersion)}, hidden: refuse("endpoints")},
	"connect-endpoint-events": {
		red:    []func(w *world){connected(fewEvents), connected(otherEvents)},
		hidden: refuse("endpoints"),
	},
	"endpoint-leftovers": {
		red: []func(w *world){leftover("https://a1.ngrok-free.app/hook"), leftover("http://192.168.1.4/hook")},

		hidden: refuse("endpoints"),
	},
	"wallets-domain": {
		red: []func(w *world){
			func(w *world) { w.domains = nil },
			func(w *world) { w.domains[0].Enabled = false },
			func(w *world) { w.domains[0].Livemode = false },
			func(w *world) { w.domains[0].Methods[0].Active = false },
		},
		hidden: refuse("domains"),
	},
	"methods-several": {
		red: []func(w *world){
			func(w *world) { w.configurations[0].Available = []string{"card"} },
			func(w *world) { w.setup.Methods = []string{"card"} },
		},
		hidden: refuse("configurations"),
	},
	"methods-chosen": {
		red: []func(w *world){
			func(w *world) { w.setup.Configuration = "pmc_2" },
			func(w *world) {
				w.setup.Methods = []string{"card", "ideal"}
				w.account.Capabilities["ideal_payments"] = "inactive"
			},
		},
		hidden: func(w *world) { w.setup.Methods = []string{"card", "ideal"}; refuse("account")(w) },
	},
	"keys-age": {red: []func(w *world){func(w *world) { w.keySeen = start.Add(-400 * 24 * time.Hour) }}},
	"keys-tracked": {
		red:    []func(w *world){func(w *world) { w.tracked.Found = []string{".env:3"} }},
		hidden: func(w *world) { w.errs["tracked"] = errors.New("git tracks no files in this folder") },
	},
	"endpoint-secret": {
		red:    []func(w *world){func(w *world) { w.setup.Secrets = nil }},
		hidden: func(w *world) { delete(w.kept.Verified, "aaaa0000") },
	},
	"connect-endpoint-secret": {
		red:    []func(w *world){func(w *world) { w.setup.ConnectSecrets = nil }},
		hidden: func(w *world) { delete(w.kept.Verified, "bbbb0000") },
	},
	"connect-accounts": {red: []func(w *world){func(w *world) { w.kept.NoCharges = []string{"acct_2"} }}},
	"events-delivered": {
		red: []func(w *world){
			func(w *world) { delete(w.sources, "evt_neighbour") },
			func(w *world) { w.sources["evt_neighbour"] = "backfill" },
		},
		hidden: refuse("events"),
	},
	"https-address": {
		red: []func(w *world){
			func(w *world) { w.setup.BaseURL = "http://pay.shop.com" },
			page(func(p *golive.Page) { p.Location = "https://www.shop.com/" }),
			page(func(p *golive.Page) { p.RequestID = "" }),
			page(func(p *golive.Page) { p.Err = x509.UnknownAuthorityError{} }),
		},
		hidden: page(unreachable),
	},
	"https-redirect": {
		red:    []func(w *world){func(w *world) { w.outside.HTTP = golive.Page{Status: 200} }},
		hidden: page(unreachable),
	},
	"https-certificate": {
		red:    []func(w *world){page(func(p *golive.Page) { p.CertEnds = start.Add(10 * 24 * time.Hour) })},
		hidden: page(unreachable),
	},
	"https-hsts": {
		red: []func(w *world){
			page(func(p *golive.Page) { p.Strict = "" }),
			page(func(p *golive.Page) { p.Strict = "max-age=0" }),
		},
		hidden: page(unreachable),
	},
	"https-policy": {
		red: []func(w *world){
			page(func(p *golive.Page) { p.Policy = nil }),
			page(func(p *golive.Page) { p.Policy = append(p.Policy, "default-src 'self'") }),
			page(func(p *golive.Page) { p.Policy = []string{"default-src *"} }),
		},
		hidden: page(unreachable),
	},
	"https-body": {
		red: []func(w *world){
			hooked(func(h *golive.Hook) { h.Code = "bad_signature" }),
			hooked(func(h *golive.Hook) { h.Location = "https://www.shop.com/webhooks/stripe" }),
			hooked(func(h *golive.Hook) { h.Status, h.Code = 404, "" }),
			func(w *world) { w.outside.Hook = nil },
		},
		hidden: hooked(func(h *golive.Hook) { h.Err = errors.New("no route to host") }),
	},
	"objects-mode":    {red: []func(w *world){func(w *world) { w.kept.OtherMode = 3 }}},
	"database-schema": {red: []func(w *world){func(w *world) { w.errs["database"] = errors.New("not migrated") }}},
	"database-mode": {red: []func(w *world){
		func(w *world) { w.kept.BoundTo = "test keys" },
		func(w *world) { w.kept.BoundTo = "" },
	}},
	"database-account": {
		red: []func(w *world){
			func(w *world) { w.kept.Account = "acct_2" },
			func(w *world) { w.kept.Account = "" },
		},
		hidden: refuse("account"),
	},
	"database-backup": {red: []func(w *world){
		func(w *world) { w.kept.LastBackup = time.Time{} },
		func(w *world) { w.kept.LastBackup = start.Add(-26 * time.Hour) },
	}},
	"logs-canary": {
		red:    []func(w *world){func(w *world) { w.logged.Found = []string{"a card number"} }},
		hidden: func(w *world) { w.logged = nil },
	},
	"methods-express": {red: []func(w *world){func(w *world) { w.setup.Express = false }}},
	"clock": {
		red: []func(w *world){
			func(w *world) { w.balance.Date = start.Add(2 * time.Minute) },
			func(w *world) { w.balance.Date = start.Add(-2 * time.Minute) },
		},
		hidden: func(w *world) { w.balance.Date = time.Time{}; refuse("balance")(w) },
	},
}

func page(change func(p *golive.Page)) func(w *world) {
	return func(w *world) { change(&w.outside.Page) }
}

func unreachable(p *golive.Page) { *p = golive.Page{Err: errors.New("no route to host")} }

func hooked(change func(h *golive.Hook)) func(w *world) {
	return func(w *world) { change(&w.outside.Hook[0]) }
}

func leftover(url string) func(w *world) {
	return func(w *world) {
		e := endpoint("we_left", false)
		e.URL = url
		w.endpoints = append(w.endpoints, e)
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	for _, c := range newWorld().run(t) {
		if c.Status != golive.Green || c.Evidence == "" || c.Todo != "" {
			t.Errorf("of a good installation: got %+v, want green", c)
		}
	}

	for _, name := range golive.Names() {
		tr, ok := trials[name]
		if golive.IsBox(name) {
			tr, ok = trial{red: []func(w *world){func(w *world) { delete(w.kept.Ticks, name) }}}, true
		}

		if !ok {
			t.Errorf("%s is never tried", name)
			continue
		}

		for i, change := range tr.red {
			w := newWorld()
			change(w)

			if c := w.run(t)[name]; c.Status != golive.Red || c.Evidence == "" || c.Todo == "" {
				t.Errorf("%s, change %d: got %+v, want red and what to do", name, i, c)
			}
		}

		if tr.hidden == nil {
			continue
		}

		w := newWorld()
		tr.hidden(w)

		if c := w.run(t)[name]; c.Status != golive.Hidden || c.Todo == "" {
			t.Errorf("%s: got %+v, want not visible and what to do", name, c)
		} else if refusal(w) && !strings.HasPrefix(c.Permission, "rak_") {
			t.Errorf("%s does not name the permission: %+v", name, c)
		}
	}
}

// refusal reports whether Stripe refuses a call.
func refusal(w *world) bool {
	for _, err := range w.errs {
		var refused *golive.RefusedError
		if errors.As(err, &refused) {
			return true
		}
	}
	return false
}

// TestNoAnswer checks that nothing that could not be read counts as green.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.balance = golive.Balance{}

	w.errs["balance"] = &golive.FailedError{Text: "none", NoAnswer: true}
	w.errs["database"] = errors.New("not there")

	for name, c := range w.run(t) {
		fromElsewhere := trials[name].hidden == nil || strings.HasPrefix(name, "https-") || name == "methods-chosen" ||
			name == "keys-tracked" || name == "logs-canary"
		if !fromElsewhere && c.Status != golive.Red || golive.IsBox(name) && c.Status != golive.Red {
			t.Errorf("%s without an answer: got %+v, want red", name, c)
		}
	}

	if len(w.saved) > 0 {
		t.Error("a report is kept in a database that is not there")
	}
}

// TestWithoutConnect checks that nobody is asked for an endpoint without need.
func TestWithoutConnect(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.setup.Connect, w.endpoints = false, w.endpoints[:1]
	for name, c := range w.run(t) {
		if c.Status != golive.Green || strings.HasPrefix(name, "connect-") {
			t.Errorf("got %+v", c)
		}
	}
}

// TestDocumented checks that each check has its section in the documentation,
// and no section is of a check that does not exist.
func TestDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/golive.md")
	if err != nil {
		t.Fatal(err)
	}

	var sections []string
	for _, m := range regexp.MustCompile(`(?m)^### (\S+)$`).FindAllStringSubmatch(string(page), -1) {
		sections = append(sections, m[1])
	}

	names := golive.Names()
	slices.Sort(sections)
	slices.Sort(names)

	if !slices.Equal(sections, names) {
		t.Errorf("docs/golive.md has the sections %v, want %v", sections, names)
	}
}

// TestHistory checks ticks and what is kept from run to run.
func TestHistory(t *testing.T) {
	t.Parallel()
	w := newWorld()
	s := w.service()
	w.run(t)

	if err := s.Untick(t.Context(), "box-radar", "Ann", ""); err != nil {
		t.Fatal(err)
	}

	w.run(t)
	for _, wrong := range []error{
		s.Tick(t.Context(), "box-nothing", "Ann", ""),
		s.Tick(t.Context(), "box-radar", " ", ""),
		s.Tick(t.Context(), "clock", "Ann", ""),
	} {
		if wrong == nil {
			t.Error("a wrong tick is taken")
		}
	}

	if err := s.Tick(t.Context(), "box-radar", "Bob", "rules of 2025"); err != nil {
		t.Fatal(err)
	}
	if c := w.run(t)["box-radar"]; c.Evidence != "Bob ticked it on 2025-03-01: rules of 2025" {
		t.Errorf("got %+v", c)
	}

	runs, err := s.Runs(t.Context())
	if err != nil || len(runs) != 3 {
		t.Fatalf("got %d runs, %v; want 3", len(runs), err)
	}

	for i, want := range []string{"box-radar: red → green", "box-radar: green → red"} {
		if got := golive.Changes(runs[i+1], runs[i]); len(got) != 1 || got[0].String() != want {
			t.Errorf("got %v, want %q", got, want)
		}
	}

	// What must be done every year turns red by itself.
	w.now = start.Add(366 * 24 * time.Hour)
	if c := w.run(t)["box-rotated"]; c.Status != golive.Red {
		t.Errorf("a year later: got %+v, want red", c)
	}

	// A tick stands for the backups that something else makes.
	w = newWorld()
	w.kept.LastBackup = time.Time{}

	if err := w.service().Tick(t.Context(), "database-backup", "Ann", "pgBackRest"); err != nil {
		t.Fatal(err)
	}
	if c := w.run(t)["database-backup"]; c.Status != golive.Green {
		t.Errorf("with backups by something else: got %+v, want green", c)
	}
}
