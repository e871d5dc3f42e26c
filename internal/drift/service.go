package drift

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/budget"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
)

// Config is what a Service needs.
type Config struct {
	Store  Store
	Stripe func(account string) Stripe
	// Proves reports whether a mark was made by this installation.
	Proves func(payments.Mark) bool
	// At is when the day before is compared, after midnight (UTC); 0: never.
	At   time.Duration
	Pace *budget.Budget // of the requests, besides the budget of all; nil: no limit
	Now  func() time.Time
	Log  zerolog.Logger
	// Found is called after findings that may be new were stored; may be nil.
	Found func()
}

// Service compares days. It is safe for concurrent use.
type Service struct {
	cfg     Config
	runner  *queue.Runner[Run]
	nightly nightly
}

const (
	lease = 5 * time.Minute
	poll  = time.Minute
	// judgeBatch is how many suspects one step looks at: what was read of one
	// is not read again after a kill.
	judgeBatch = 1
	orderBatch = 100
	// stepTime bounds a step, so that it ends before its lease.
	stepTime = 4 * time.Minute
	// maxFailures is after how many failures of a step a run is given up: a
	// night of tries.
	maxFailures = 15
)

// New returns a Service that does nothing until Run.
func New(c Config) *Service {
	s := &Service{cfg: c}
	s.runner = queue.New(queue.Config[Run]{
		Name:    "drift",
		Workers: 2,
		Batch:   2, // what is claimed ahead would wait under its lease
		Lease:   lease,
		Poll:    poll,
		Now:     c.Now,
		Log:     c.Log,
		Claim:   s.claim,
		Work:    func(ctx context.Context, r Run) error { return s.work(ctx, r) },
		Release: func(ctx context.Context, r Run) error { return c.Store.ReleaseDrift(ctx, r.Claim, c.Now()) },
	})

	return s
}

// Run compares the days whose time has come, until ctx ends. It returns at once
// if the nightly comparison is off.
func (s *Service) Run(ctx context.Context) {
	if s.cfg.At > 0 {
		s.runner.Run(ctx)
	}
}

// RunOnce takes one step of up to two runs that are due, and returns how many
// there were.
func (s *Service) RunOnce(ctx context.Context) (int, error) { return s.runner.RunOnce(ctx) }

func (s *Service) claim(ctx context.Context, now, leaseUntil time.Time, n int) ([]Run, error) {
	if err := s.startNightly(ctx, now); err != nil {
		return nil, err
	}
	return s.cfg.Store.ClaimDrift(ctx, "", now, leaseUntil, n)
}

// Start starts the comparison of a day in the own account, and in all accounts
// that orders are charged in, from dueAt on. It reports how many runs have
// begun: one that has compared the day already does not begin again unless
// again is set.
func (s *Service) Start(ctx context.Context, day string, dueAt time.Time, again bool) (begun int, err error) {
	accounts, err := s.cfg.Store.ChargedAccounts(ctx)
	if err != nil {
		return 0, err
	}

	for _, account := range append([]string{""}, accounts...) {
		r, err := NewRun(day, account, s.cfg.Now())
		if err != nil {
			return begun, err
		}

		r.NextAt = dueAt

		began, err := s.cfg.Store.StartDrift(ctx, r, again)
		if err != nil {
			return begun, err
		}
		if began {
			begun++
		}
	}

	return begun, nil
}

// Work takes the steps of a day's runs that are due, until none is left. The
// first failure ends it; the run is due again later. It returns false if
// another process is at it.
func (s *Service) Work(ctx context.Context, day string) (ended bool, err error) {
	for {
		now := s.cfg.Now()
		runs, err := s.cfg.Store.ClaimDrift(ctx, day, now, now.Add(lease), 1)
		if err != nil {
			return false, err
		}
		if len(runs) == 0 {
			break
		}

		if err := s.work(ctx, runs[0]); err != nil {
			return false, err
		}
	}

	runs, err := s.cfg.Store.DriftRuns(ctx, day, maxRuns)
	for _, r := range runs {
		if r.State == Running {
			return false, err
		}
	}

	return true, err
}

// maxRuns is how many runs of a day are read at most.
const maxRuns = 10_000

// work takes the next step of a run and ends the claim.
func (s *Service) work(ctx context.Context, r Run) error {
	step := Step{Run: r}
	watched, turnedAway := budget.Watch(budget.WithPriority(ctx, budget.Mirror))
	watched, cancel := context.WithTimeout(watched, stepTime)
	defer cancel()

	err := s.step(watched, &step)

	switch {
	case err == nil:
		step.Run.Failures, step.Run.Problem, step.Run.NextAt = 0, "", s.cfg.Now()
	case ctx.Err() != nil:
		return errors.Join(err, s.cfg.Store.ReleaseDrift(context.WithoutCancel(ctx), r.Claim, s.cfg.Now()))
	case turnedAway(): // Stripe was not asked: others need the requests
		return s.cfg.Store.ReleaseDrift(ctx, r.Claim, s.cfg.Now().Add(queue.Backoff(1, time.Minute, time.Hour)))
	default:
		return errors.Join(fmt.Errorf("drift: %s %s: %w", r.ID, r.Phase, err), s.fail(ctx, r, err))
	}

	if err := s.cfg.Store.CommitDrift(ctx, step); err != nil {
		return err
	}

	s.tell(&step)

	return nil
}

// fail notes that a step failed: it is tried again later. An account that gives
// no access any more is left out.
func (s *Service) fail(ctx context.Context, r Run, err error) error {
	now := s.cfg.Now()
	r.Failures++
	r.NextAt = now.Add(queue.Backoff(int(r.Failures), 10*time.Second, time.Hour))
	r.Problem = problem(err)

	switch {
	case payments.IsAccountGone(err):
		r.State, r.FinishedAt = Skipped, now
	case r.Failures >= maxFailures:
		r.State, r.FinishedAt = Failed, now
	}

	return s.cfg.Store.CommitDrift(ctx, Step{Run: r})
}

// problem says for the operator why a step failed.
func problem(err error) string {
	var call *payments.CallError
	switch {
	case payments.IsAccountGone(err):
		return "the account gives no access any more"
	case errors.As(err, &call) && call.Stripe.Type != "":
		return "Stripe answered " + call.Stripe.Type + " " + call.Stripe.Code
	case errors.As(err, &call):
		return "Stripe gave no answer"
	}
	return "the database or the answer could not be read; see the log"
}

// tell logs the end of a run, and wakes whoever tells of findings.
func (s *Service) tell(step *Step) {
	r := &step.Run
	if len(step.Found) > 0 && s.cfg.Found != nil {
		s.cfg.Found()
	}

	for i := range step.Found {
		f := &step.Found[i]
		s.cfg.Log.Warn().
			Str("kind", string(f.Kind)).
			Str("order_id", f.OrderID).
			Str("object_id", f.ObjectID).
			Str("account", f.Account).
			Msg("orders and Stripe differ: server drift list")
	}

	if r.State != Running {
		s.cfg.Log.Info().
			Str("day", r.Day).
			Str("account", r.Account).
			Int64("charges", r.Charges).
			Int64("neighbours", r.Neighbours).
			Int64("judged", r.Judged).
			Msg("compared a day with Stripe")
	}
}

// stripe returns the calls for an account, each at its pace.
func (s *Service) stripe(account string) Stripe { return paced{s.cfg.Stripe(account), s.cfg.Pace} }
