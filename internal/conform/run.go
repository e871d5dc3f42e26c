package conform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"checkoutd/internal/budget"
)

// Config is what a run needs.
type Config struct {
	Key        string // sk_test_… or rk_test_…
	BaseURL    string // https://api.stripe.com, or the offline Stripe
	OAuthURL   string // https://connect.stripe.com, or the offline Stripe
	APIVersion string
	Version    string // of checkoutd, for the report
	Account    string // a connected account of test mode, "" tries nothing there
	ClientID   string // ca_…, "" tries nothing with it

	PerSecond int           // requests, 0 for no limit
	Parallel  int           // cases at the same time
	Limit     time.Duration // for all cases together
	Only      string        // only the cases whose name begins with it
	Transport http.RoundTripper
	Now       func() time.Time

	// Pause waits before a request is repeated, nil for a timer.
	Pause func(context.Context, time.Duration) error
	// Progress is called after each case with how many are done, may be nil.
	Progress func(done, all int)
}

var (
	// ErrLiveKey refuses every key that is not one of test mode.
	ErrLiveKey = errors.New("conform takes only test keys (sk_test_… or rk_test_…): it creates and charges for trial")

	testKey = regexp.MustCompile(`^(sk|rk)_test_[A-Za-z0-9_]+$`)
)

// exchangeTime bounds one request.
const exchangeTime = 30 * time.Second

// runner is a run under way.
type runner struct {
	config   Config
	client   *client
	id       string
	things   things
	fixtures map[string]*made
}

// Run tries the cases and removes what they created. Its error says why it
// could not try them at all; an interrupted run returns a report with what was
// tried.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if !testKey.MatchString(cfg.Key) {
		return nil, ErrLiveKey
	}

	r := newRunner(cfg)
	began := cfg.Now()

	if err := r.check(ctx); err != nil {
		return nil, err
	}

	report := &Report{
		Checkoutd:  cfg.Version,
		APIVersion: cfg.APIVersion,
		Stripe:     cfg.BaseURL,
		Date:       began.UTC().Format(time.DateOnly),
	}

	for _, account := range r.accounts() {
		if err := r.findLeftovers(ctx, account); err != nil {
			return nil, fmt.Errorf("look for what an earlier run left: %w", err)
		}
	}

	r.cleanUp(ctx)

	report.Cases = r.tryAll(ctx)
	notSeen := r.findLost(ctx)
	report.NotRemoved = append(notSeen, r.cleanUp(ctx)...)
	report.Stay = r.things.stay()
	report.Interrupted = ctx.Err() != nil
	report.Requests = r.client.made.Load()
	report.Seconds = int64(cfg.Now().Sub(began).Seconds())
	report.count()

	return report, nil
}

func newRunner(cfg Config) *runner {
	if cfg.Pause == nil {
		cfg.Pause = pause
	}

	r := &runner{
		config: cfg,
		id:     fmt.Sprintf("r%d", cfg.Now().UnixNano()),
		client: &client{
			http:    &http.Client{Transport: cfg.Transport, Timeout: exchangeTime},
			key:     cfg.Key,
			version: cfg.APIVersion,
			account: cfg.Account,
			base:    strings.TrimSuffix(cfg.BaseURL, "/"),
			oauth:   strings.TrimSuffix(cfg.OAuthURL, "/"),
			budget:  budget.New(cfg.PerSecond),
			pause:   cfg.Pause,
		},
		things:   things{list: map[thing]bool{}},
		fixtures: map[string]*made{},
	}

	for name, call := range fixtures() {
		r.fixtures[name] = &made{call: call}
	}

	return r
}

// accounts returns where the run creates objects.
func (r *runner) accounts() []string {
	if r.config.Account == "" {
		return []string{""}
	}
	return []string{"", r.config.Account}
}

// check asks whether the key is good, and of test mode as it says.
func (r *runner) check(ctx context.Context) error {
	got, err := r.client.do(ctx, get("/v1/balance"))
	switch {
	case err != nil:
		return fmt.Errorf("ask Stripe: %w", err)
	case got.status == http.StatusUnauthorized:
		return errors.New("this key is not accepted by Stripe")
	case got.text("livemode") == "true":
		return ErrLiveKey
	}
	return nil
}

// tryAll tries the cases, several at a time, and returns their results in the
// order of the table.
func (r *runner) tryAll(ctx context.Context) []Result {
	ctx, cancel := context.WithTimeout(ctx, r.config.Limit)
	defer cancel()

	var chosen []Case
	for _, c := range Cases() {
		if strings.HasPrefix(c.Name, r.config.Only) {
			chosen = append(chosen, c)
		}
	}

	results := make([]Result, len(chosen))
	done := make(chan struct{}, len(chosen))
	g := &errgroup.Group{}
	g.SetLimit(r.config.Parallel)

	for i, c := range chosen {
		g.Go(func() error {
			results[i] = r.try(ctx, c)
			done <- struct{}{}

			if r.config.Progress != nil {
				r.config.Progress(len(done), len(chosen))
			}

			return nil
		})
	}

	_ = g.Wait()
	return results
}

// whyEnded returns why a case was not tried to its end.
func (r *runner) whyEnded(ctx context.Context) string {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "the time for the run was up"
	}
	return "the run was interrupted"
}

// send makes a call and notes what it created. Objects without our mark are
// never noted, whoever's list they came with.
func (r *runner) send(ctx context.Context, call Call) (answer, error) {
	got, err := r.client.do(ctx, call)
	if err == nil && call.Method != http.MethodGet {
		r.things.note(accountOf(call), r.id, got.tree)
	}
	return got, err
}

// accountOf returns the account that a call is for.
func accountOf(call Call) string {
	for _, line := range call.Header {
		if account, ok := strings.CutPrefix(line, "Stripe-Account: "); ok {
			return account
		}
	}
	return ""
}
