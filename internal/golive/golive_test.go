package golive_test

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/golive"
)

var start = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)

// world is everything that a run looks at. That of newWorld is all green.
type world struct {
	setup golive.Setup
	now   time.Time

	balance        golive.Balance
	account        golive.Account
	endpoints      []golive.Endpoint
	domains        []golive.Domain
	configurations []golive.Configuration
	// errs are the errors of calls, by the name of the method.
	errs map[string]error
}

const hook = "https://pay.shop.com/webhooks/stripe"

func newWorld() *world {
	return &world{
		setup: golive.Setup{
			Version:       "1.2.3",
			APIVersion:    "2025-02-24.acacia",
			Library:       "stripe-go 81",
			LibraryFor:    "2025-02-24.acacia",
			BaseURL:       "https://pay.shop.com",
			WebhookURL:    hook,
			SecretKey:     golive.KeyFacts{Live: true, Restricted: true},
			PublicLive:    true,
			Connect:       true,
			Events:        []string{"charge.refunded", "payment_intent.succeeded"},
			ConnectEvents: []string{"account.updated", "charge.refunded", "payment_intent.succeeded"},
			Express:       true,
			WantLive:      true,
		},
		now: start,
		balance: golive.Balance{
			Livemode: true,
			Exchange: golive.Exchange{Date: start.Add(-20 * time.Second), Version: "2025-02-24.acacia"},
		},
		account: golive.Account{
			ID:               "acct_1",
			ChargesEnabled:   true,
			PayoutsEnabled:   true,
			DetailsSubmitted: true,
			Descriptor:       "SHOP",
			Name:             "Shop",
			HasSupport:       true,
			Capabilities:     map[string]string{"card_payments": "active"},
		},
		endpoints: []golive.Endpoint{
			endpoint("we_own", false, "charge.refunded", "payment_intent.succeeded"),
			endpoint("we_connect", true, "payment_intent.succeeded", "charge.refunded", "account.updated"),
		},
		domains: []golive.Domain{{
			Enabled:  true,
			Livemode: true,
			Methods:  []golive.DomainMethod{{Name: "apple_pay", Active: true}, {Name: "link", Active: true}},
		}},
		configurations: []golive.Configuration{
			{
				ID:        "pmc_1",
				Active:    true,
				IsDefault: true,
				Livemode:  true,
				Available: []string{"card", "link"},
			},
		},
		errs: map[string]error{},
	}
}

func endpoint(id string, connect bool, events ...string) golive.Endpoint {
	return golive.Endpoint{
		ID:         id,
		URL:        hook,
		Connect:    connect,
		APIVersion: "2025-02-24.acacia",
		Events:     events,
		Enabled:    true,
		Livemode:   true,
		Created:    start.Add(-24 * time.Hour),
	}
}

func (w *world) Balance(context.Context) (golive.Balance, error) { return w.balance, w.errs["balance"] }

func (w *world) OwnAccount(context.Context) (golive.Account, error) {
	return w.account, w.errs["account"]
}

func (w *world) WebhookEndpoints(context.Context) ([]golive.Endpoint, error) {
	return w.endpoints, w.errs["endpoints"]
}

func (w *world) Undelivered(context.Context, time.Time) ([]golive.Event, bool, error) {
	return nil, false, w.errs["events"]
}

func (w *world) MethodDomains(context.Context, string) ([]golive.Domain, error) {
	return w.domains, w.errs["domains"]
}

func (w *world) MethodConfigurations(context.Context) ([]golive.Configuration, error) {
	return w.configurations, w.errs["configurations"]
}

func (w *world) run(t *testing.T) map[string]golive.Result {
	t.Helper()
	r := golive.New(golive.Config{
		Stripe: w,
		Setup:  w.setup,
		Now:    func() time.Time { return w.now },
		NewID:  func() string { return "run_1" },
	}).Run(t.Context())

	byName := map[string]golive.Result{}
	for _, c := range r.Checks {
		byName[c.Check] = c
	}

	reds := slices.ContainsFunc(r.Checks, func(c golive.Result) bool { return c.Status == golive.Red })
	if reds != (r.Status == golive.Red) || r.Green+r.Red+r.Hidden != len(r.Checks) {
		t.Errorf("the sums do not agree with the checks: %+v", r)
	}

	return byName
}

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
	"methods-express": {red: []func(w *world){func(w *world) { w.setup.Express = false }}},
	"clock": {
		red: []func(w *world){
			func(w *world) { w.balance.Date = start.Add(2 * time.Minute) },
			func(w *world) { w.balance.Date = start.Add(-2 * time.Minute) },
		},
		hidden: func(w *world) { w.balance.Date = time.Time{}; refuse("balance")(w) },
	},
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
		} else if len(w.errs) > 0 && !strings.HasPrefix(c.Permission, "rak_") {
			t.Errorf("%s does not name the permission: %+v", name, c)
		}
	}
}

// TestNoAnswer checks that nothing that could not be read counts as green.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.balance = golive.Balance{}

	for _, call := range []string{"balance", "account", "endpoints", "events", "domains", "configurations"} {
		w.errs[call] = &golive.FailedError{Text: "none"}
	}

	for name, c := range w.run(t) {
		if trials[name].hidden != nil && name != "methods-chosen" && c.Status != golive.Red {
			t.Errorf("%s without an answer: got %+v, want red", name, c)
		}
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
