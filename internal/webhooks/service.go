package webhooks

import (
	"context"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
)

// Stripe is the calls that this package needs.
type Stripe interface {
	// Events lists a page of events created at or after from, newest first, as
	// JSON; startingAfter is the last id of the page before.
	Events(ctx context.Context, from time.Time, startingAfter string) (page [][]byte, more bool, err error)
}

// Config is what a Service needs.
type Config struct {
	Inbox    Inbox
	Payments *payments.Service
	Stripe   Stripe
	// DecodeIntent reads a PaymentIntent out of an event.
	DecodeIntent func(raw []byte) (payments.Snapshot, error)
	Now          func() time.Time
	Log          zerolog.Logger
	Secrets      []string // any of them may have signed; at least one
	Tolerance    time.Duration
	Livemode     bool
	Workers      int
	// Lease is how long a worker may hold an event before another takes it.
	Lease time.Duration
	// BackfillEvery is how often Stripe's list of events is read; 0: never.
	BackfillEvery time.Duration
}

// Service receives events and works them. It is safe for concurrent use.
type Service struct {
	Config
	secrets  []secret
	runner   *queue.Runner[Event]
	rejected counter
}

// New returns a Service whose background work starts with Run. It panics without a
// secret: an endpoint that trusts unsigned events must not exist.
func New(c Config) *Service {
	if len(c.Secrets) == 0 {
		panic("webhooks: no signing secret")
	}
	s := &Service{Config: c, secrets: newSecrets(c.Secrets)}
	s.runner = queue.New(queue.Config[Event]{
		Name: "inbox", Workers: c.Workers, Lease: c.Lease, Poll: time.Second,
		Now: c.Now, Log: c.Log, Rescue: c.Inbox.RescueEvents, Claim: c.Inbox.ClaimEvents,
		Work: s.work, Release: s.release,
	})
	return s
}

// Run works events, counts refusals and backfills until ctx ends, then waits for what
// is in hand.
func (s *Service) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { s.runner.Run(ctx) })
	wg.Go(func() { s.every(ctx, flushEvery, s.flushRejected) })
	if s.BackfillEvery > 0 {
		wg.Go(func() {
			s.backfillOnce(ctx)
			s.every(ctx, s.BackfillEvery, s.backfillOnce)
		})
	}
	wg.Wait()
}

// RunOnce works one batch of events and says how many.
func (s *Service) RunOnce(ctx context.Context) (int, error) { return s.runner.RunOnce(ctx) }

// Wake makes Run look for events at once.
func (s *Service) Wake() { s.runner.Wake() }

func (s *Service) every(ctx context.Context, period time.Duration, do func(context.Context)) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.flushRejected(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			do(ctx)
		}
	}
}

// flushEvery is how often counted refusals reach the store: a flood of bad requests must
// not become a flood of writes.
const flushEvery = 5 * time.Second

// counter counts refusals by reason until they are flushed.
type counter struct {
	mu sync.Mutex
	n  map[string]int64
}

func (c *counter) add(reason string, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = make(map[string]int64)
	}
	c.n[reason] += n
}

func (c *counter) take() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.n
	c.n = nil
	return n
}

func (s *Service) flushRejected(ctx context.Context) {
	for reason, n := range s.rejected.take() {
		if err := s.Inbox.CountRejected(ctx, reason, n); err != nil {
			s.rejected.add(reason, n) // for the next flush
			s.Log.Error().Err(err).Str("reason", reason).Int64("count", n).Msg("could not count refused webhooks")
			continue
		}
		s.Log.Warn().Str("reason", reason).Int64("count", n).Msg("refused webhooks")
	}
}
