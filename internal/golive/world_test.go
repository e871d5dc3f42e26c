package golive_test

import (
	"context"
	"slices"
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
	undelivered    []golive.Event
	moreEvents     bool // older ones were not read

	kept    golive.Kept
	keySeen time.Time
	sources map[string]string
	outside golive.Outside
	tracked golive.Tracked
	logged  *golive.Logged // nil: no log is looked into
	saved   []*golive.Report

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
			Binding:       "live keys",
			Policy:        "default-src 'none'",

			Secrets:        []string{"aaaa0000"},
			ConnectSecrets: []string{"bbbb0000"},
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
		undelivered: []golive.Event{
			{ID: "evt_other", Type: "customer.created", Created: start.Add(-3 * time.Hour)},
			{ID: "evt_neighbour", Type: "charge.refunded", Created: start.Add(-3 * time.Hour)},
			{ID: "evt_before", Type: "charge.refunded", Created: start.Add(-30 * time.Hour)},
			{ID: "evt_now", Type: "charge.refunded", Created: start.Add(-time.Minute)},
		},
		kept: golive.Kept{
			BoundTo:    "live keys",
			Account:    "acct_1",
			LastBackup: start.Add(-8 * time.Hour),
			Verified:   map[string]time.Time{"aaaa0000": start.Add(-time.Hour), "bbbb0000": start.Add(-time.Hour)},
			Ticks:      allTicked(),
		},
		keySeen: start.Add(-48 * time.Hour),
		sources: map[string]string{"evt_neighbour": "webhook"},
		outside: golive.Outside{
			Page: golive.Page{
				Status:    404,
				Policy:    []string{"default-src 'none'"},
				Strict:    "max-age=31536000",
				RequestID: "req_1",
				CertEnds:  start.Add(60 * 24 * time.Hour),
			},
			HTTP: golive.Page{Status: 301, Location: "https://pay.shop.com/"},
			Hook: []golive.Hook{{
				Option: "STRIPE_WEBHOOK_SECRET",
				Status: 400,
				Code:   "bad_envelope",
			}},
		},
		tracked: golive.Tracked{Files: 12},
		logged:  &golive.Logged{Name: "server.log", Seen: true},
		errs:    map[string]error{},
	}
}

// allTicked returns all boxes ticked, the tick of the backup not among them.
func allTicked() map[string]golive.Tick {
	ticks := map[string]golive.Tick{}
	for _, name := range golive.Names() {
		if golive.IsBox(name) {
			ticks[name] = golive.Tick{
				Box:    name,
				Ticked: true,
				Person: "Ann",
				At:     start.Add(-24 * time.Hour),
			}
		}
	}

	return ticks
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

func (w *world) Undelivered(context.Context, time.Time, time.Time) (golive.Undelivered, error) {
	return golive.Undelivered{Events: w.undelivered, More: w.moreEvents}, w.errs["events"]
}

func (w *world) MethodDomains(context.Context, string) ([]golive.Domain, error) {
	return w.domains, w.errs["domains"]
}

func (w *world) MethodConfigurations(context.Context) ([]golive.Configuration, error) {
	return w.configurations, w.errs["configurations"]
}

func (w *world) ReadGoLive(context.Context, bool) (golive.Kept, error) {
	return w.kept, w.errs["database"]
}

func (w *world) SeeGoLiveKey(context.Context, string, time.Time) (time.Time, error) {
	return w.keySeen, w.errs["database"]
}

func (w *world) EventSources(context.Context, []string) (map[string]string, error) {
	return w.sources, w.errs["database"]
}

func (w *world) BeginGoLive(context.Context, time.Time, time.Duration) (time.Duration, error) {
	return 0, w.errs["BeginGoLive"]
}

func (w *world) SaveGoLiveRun(_ context.Context, r *golive.Report) error {
	w.saved = append([]*golive.Report{r}, w.saved...)
	return nil
}

func (w *world) GoLiveRuns(context.Context, int) ([]*golive.Report, error) { return w.saved, nil }

func (w *world) KeepRehearsal(_ context.Context, r golive.Rehearsal) error {
	w.kept.Rehearsal = r
	return nil
}

func (w *world) TickGoLive(_ context.Context, t golive.Tick) error {
	delete(w.kept.Ticks, t.Box)
	if t.Ticked {
		w.kept.Ticks[t.Box] = t
	}
	return nil
}

func (w *world) service() *golive.Service {
	c := golive.Config{
		Stripe:  w,
		Store:   w,
		Setup:   w.setup,
		Outside: func(context.Context, golive.Canary) golive.Outside { return w.outside },
		Tracked: func(context.Context) (golive.Tracked, error) { return w.tracked, w.errs["tracked"] },
		Now:     func() time.Time { return w.now },
		NewID:   func(prefix string) string { return prefix + "1" },
	}

	if w.logged != nil {
		c.Log = func(context.Context, golive.Canary, string) (golive.Logged, error) { return *w.logged, w.errs["log"] }
	}

	return golive.New(c)
}

func (w *world) run(t *testing.T) map[string]golive.Result {
	t.Helper()
	r, err := w.service().Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}

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
