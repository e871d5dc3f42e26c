package golive

import (
	"context"
	"time"
)

// Config is what a Service needs.
type Config struct {
	Stripe Stripe
	Setup  Setup
	Now    func() time.Time
	NewID  func() string // of a report
}

// Service runs the checklist.
type Service struct{ cfg Config }

// New returns a Service.
func New(c Config) *Service { return &Service{c} }

// helpPage is where the documentation says what to do about each check.
const helpPage = "docs/golive.md#"

// Run reads everything and judges it. It changes nothing at Stripe.
func (s *Service) Run(ctx context.Context) *Report {
	f := s.gather(ctx)
	r := &Report{
		ID:       s.cfg.NewID(),
		RanAt:    f.now.UTC().Truncate(time.Second),
		Version:  f.setup.Version,
		Livemode: f.setup.SecretKey.Live,
	}

	for _, c := range checks {
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
	return r
}
