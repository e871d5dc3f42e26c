package rehearsal

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Stripe is the offline Stripe behind the shop.
type Stripe interface {
	// Misbehave injects a fault into the requests of a route, until Behave.
	Misbehave(route, kind string) error
	Behave()
	// Charged returns how many charges have succeeded, in all.
	Charged() int
}

// Inbox is the shop's inbox of webhooks.
type Inbox interface {
	// States returns the states of all events, by their IDs.
	States(ctx context.Context) (map[string]string, error)
}

// Config is what Run needs.
type Config struct {
	Shop           string // the shop's origin
	StripeOrigin   string // that of the offline Stripe
	PublishableKey string
	WebhookSecret  string
	APIKey         string // of the shop's backend, with the scope refund
	Stripe         Stripe
	Inbox          Inbox
	Products       []Product
	Cards          bool // buyers may pay with cards
	SetupOrders    bool // buyers may save a card without a payment
	Now            func() time.Time
	// Patience bounds each wait for something to happen.
	Patience time.Duration
	// Progress is told of each case that begins; nil: nobody is.
	Progress func(done, all int)
}

// Product is a product of the catalog.
type Product struct {
	SKU       string
	Recurring bool
}

// The outcomes of a case.
const (
	Green   = "green"
	Red     = "red"
	Skipped = "skipped" // this configuration does not allow it
)

// Result is the outcome of a case.
type Result struct {
	Case   string `json:"case"`
	Status string `json:"status"`
	Did    string `json:"did"`  // what was done
	Want   string `json:"want"` // what had to happen
	Got    string `json:"got"`  // what happened
}

// caseRow is a row of the tables.
type caseRow struct {
	name, did, want string
	skip            func(c Config) string // why it is skipped, "" if it is not; nil: never
	run             func(w *walk) verdict
}

// verdict is what happened in a case, and whether it is what had to.
type verdict struct {
	ok      bool
	got     string
	skipped bool // it turned out that this shop has no such case
}

func is(ok bool, format string, args ...any) verdict {
	return verdict{ok: ok, got: fmt.Sprintf(format, args...)}
}

// table returns all cases in the order in which they run. The faults come last:
// Stripe's rate limit slows down what follows it.
func table() (all []caseRow) {
	for _, part := range [][]caseRow{dataCases, declineCases, challengeCases, eventCases, moneyCases, faultCases} {
		all = append(all, part...)
	}
	return all
}

// Run walks all cases and returns what came of each. It ends early only if ctx
// does, whose error it returns then.
func Run(ctx context.Context, c Config) ([]Result, error) {
	rows := table()
	results := make([]Result, 0, len(rows))
	for i, row := range rows {
		if err := ctx.Err(); err != nil {
			return results, err
		}
		if c.Progress != nil {
			c.Progress(i, len(rows))
		}

		results = append(results, runCase(ctx, c, i, row))
	}

	return results, ctx.Err()
}

func runCase(ctx context.Context, c Config, i int, row caseRow) Result {
	r := Result{Case: row.name, Did: row.did, Want: row.want, Status: Skipped}
	if row.skip != nil {
		if r.Got = row.skip(c); r.Got != "" {
			return r
		}
	}

	transport := &http.Transport{} // no proxy: everything is on this machine
	defer transport.CloseIdleConnections()

	w := &walk{ctx: ctx, cfg: c, transport: transport, first: 2 * i, charged: c.Stripe.Charged()}
	v := row.run(w)
	c.Stripe.Behave()

	r.Status, r.Got = Green, v.got
	switch {
	case w.err != nil:
		r.Status, r.Got = Red, w.err.Error()
	case v.skipped:
		r.Status = Skipped
	case !v.ok:
		r.Status = Red
	}

	return r
}

func noCards(c Config) string {
	if c.Cards {
		return ""
	}
	return "PAYMENT_METHOD_TYPES offers no cards"
}
