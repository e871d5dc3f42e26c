// Package effects draws the consequences of what happens to orders: it works
// the rows that package payments writes in the transactions that cause them.
//
// kinds.go is the table: a kind of effect is one row, and one function that
// returns what follows. There is one runner (package queue). It claims an
// effect under a lease and stores what follows together with the end of the
// claim, in one transaction: an effect is not lost when the server dies between
// any two steps, and nothing follows from it twice. What leaves this server,
// like a webhook, is sent from the rows that are stored then, by a room of its
// own: the payment never waits for it.
//
// The effects of an order are worked one at a time, in the order in which they
// happened. Those of different orders do not wait for each other.
package effects

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/tracing"
)

// Job is an effect that a worker holds.
type Job struct {
	payments.Effect

	Claim queue.Claim
	Tries int64 // this one included
}

// Plan is what follows from an effect.
type Plan struct {
	Announce bool     // to the webhook endpoints that want the kind
	Emails   []string // who gets an e-mail: "buyer", "shop"
}

// Store keeps effects. Every method is one transaction and safe for concurrent
// use from several processes.
type Store interface {
	// ClaimEffects claims up to n due effects until leaseUntil, oldest first.
	// Of an order, only the first that is not done can be claimed.
	ClaimEffects(ctx context.Context, now, leaseUntil time.Time, n int) ([]Job, error)
	// FinishEffect stores what follows from the effect and ends the claim. A
	// lost claim returns queue.ErrClaimLost and changes nothing.
	FinishEffect(ctx context.Context, job Job, plan Plan) error
	// RetryEffect ends the claim; the effect is due again at dueAt.
	RetryEffect(ctx context.Context, claim queue.Claim, dueAt time.Time) error
}

// Config is what a Service needs.
type Config struct {
	Store   Store
	Now     func() time.Time
	Log     zerolog.Logger
	Workers int
	// Emails returns who gets an e-mail about a kind of effect; nil: nobody.
	Emails func(kind string) []string
	// Finished is called once for each effect whose work has ended, unless the
	// server dies at that moment; may be nil.
	Finished func(ctx context.Context, e payments.Effect)
	// Planned is called after something follows from an effect; may be nil.
	Planned func()
}

// Service works effects. It is safe for concurrent use.
type Service struct {
	cfg    Config
	runner *queue.Runner[Job]
}

// The effects that another process commits are found by a poll: a replica that
// runs wakes its own Service.
const (
	poll  = 250 * time.Millisecond
	lease = time.Minute
)

// New returns a Service whose work starts with Run.
func New(c Config) *Service {
	s := &Service{cfg: c}
	s.runner = queue.New(queue.Config[Job]{
		Name:    "effects",
		Workers: c.Workers,
		Lease:   lease,
		Poll:    poll,
		Now:     c.Now,
		Log:     c.Log,
		Claim:   c.Store.ClaimEffects,
		Work:    s.work,
		Release: func(ctx context.Context, j Job) error { return c.Store.RetryEffect(ctx, j.Claim, c.Now()) },
	})

	return s
}

// Run works effects until ctx ends, then waits for the work in flight.
func (s *Service) Run(ctx context.Context) { s.runner.Run(ctx) }

// RunOnce works one batch and returns how many effects there were.
func (s *Service) RunOnce(ctx context.Context) (int, error) { return s.runner.RunOnce(ctx) }

// Wake makes Run look for effects at once. It never blocks.
func (s *Service) Wake() { s.runner.Wake() }

// work draws the consequences of one effect. One whose kind this release does
// not know waits for the release that wrote it.
func (s *Service) work(ctx context.Context, j Job) error {
	ctx, span := tracing.Begin(ctx, tracing.Job, "effect "+j.Kind,
		tracing.EffectID(j.ID), tracing.OrderID(j.OrderID), tracing.AccountID(j.AccountID))
	defer span.End()
	tracing.Continue(ctx, tracing.Parent{Trace: j.Trace, Since: j.CreatedAt})

	kind, ok := kindOf(j.Kind)
	if !ok {
		s.cfg.Log.Error().
			Ctx(ctx).
			Str("order_id", j.OrderID).
			Str("effect_id", j.ID).
			Str("kind", j.Kind).
			Msg("an effect of a kind that this release does not know waits for another release")
		return s.cfg.Store.RetryEffect(ctx, j.Claim, s.cfg.Now().Add(time.Hour))
	}

	plan := kind.plan(j.Effect)
	if s.cfg.Emails != nil {
		plan.Emails = s.cfg.Emails(j.Kind)
	}

	if err := s.cfg.Store.FinishEffect(ctx, j, plan); err != nil {
		dueAt := s.cfg.Now().Add(queue.Backoff(int(j.Tries), time.Second, 5*time.Minute))
		_ = s.cfg.Store.RetryEffect(ctx, j.Claim, dueAt) // or its lease expires
		span.Fail()

		return fmt.Errorf("effects: %s %s: %w", j.Kind, j.ID, err)
	}

	s.logEffect(ctx, &j.Effect)
	if s.cfg.Finished != nil {
		s.cfg.Finished(ctx, j.Effect)
	}
	if (plan.Announce || len(plan.Emails) > 0) && s.cfg.Planned != nil {
		s.cfg.Planned()
	}

	return nil
}

// logEffect writes the one log line about what became of an order, or of an
// account, whichever way it became known.
func (s *Service) logEffect(ctx context.Context, e *payments.Effect) {
	line := s.cfg.Log.Info().Ctx(ctx)
	if e.AccountID != "" {
		line.Str("account", e.AccountID).Msg(e.Kind)
		return
	}

	line = line.Str("order_id", e.OrderID)
	if e.Subject != "" {
		line = line.Str("subject", e.Subject)
	}

	line.
		Str("order_status", string(e.Then.Status)).
		Int64("amount", e.Then.Amount).
		Int64("captured", e.Then.Captured).
		Int64("refunded", e.Then.Refunded).
		Str("currency", e.Then.Currency).
		Time("at", e.CreatedAt).
		Msg(e.Kind)
}
