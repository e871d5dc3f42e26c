package golive

import (
	"context"
	"time"
)

// Config is what a Service needs.
type Config struct {
	Stripe Stripe
	Store  Store
	// Creator and Ledger are for CreateEndpoints alone.
	Creator Creator
	Ledger  Ledger
	Setup   Setup
	// Outside looks at the shop from outside, Tracked into the files that git
	// tracks here, and Log into a log for what a request carried. No log is
	// looked into if Log is nil.
	Outside func(ctx context.Context, c Canary) Outside
	Tracked func(ctx context.Context) (Tracked, error)
	Log     func(ctx context.Context, c Canary, requestID string) (Logged, error)
	// Limit bounds the questions to others in a run: Stripe, our own public
	// address, git. What has no answer by then is red. 0: no bound.
	Limit time.Duration
	Now   func() time.Time
	NewID func(prefix string) string
}

// Service runs the checklist.
type Service struct{ cfg Config }

// New returns a Service.
func New(c Config) *Service { return &Service{c} }

// helpPage is where the documentation says what to do about each check.
const helpPage = "docs/golive.md#"

// Run reads everything, judges it and keeps the report. It changes nothing at
// Stripe. An error is of the database, which did not keep the report; the
// report is there all the same.
func (s *Service) Run(ctx context.Context) (*Report, error) {
	f := s.gather(ctx)
	r := &Report{
		ID:       s.cfg.NewID("run_"),
		RanAt:    f.now.UTC().Truncate(time.Microsecond),
		Version:  f.setup.Version,
		Livemode: f.setup.SecretKey.Live,
	}

	for _, c := range table() {
		if c.applies != nil && !c.applies(f) {
			continue
		}

		v := c.judge(f)
		r.Checks = append(r.Checks, Result{
			Check:      c.name,
			Title:      c.title,
			Status:     v.status,
			Evidence:   v.evidence,
			Todo:       v.todo,
			Permission: v.permission,
			Help:       helpPage + c.name,
		})
	}

	r.count()
	if f.kept.err != nil {
		return r, nil // a check says so
	}

	return r, s.cfg.Store.SaveGoLiveRun(ctx, r)
}
