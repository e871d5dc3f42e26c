package deliveries

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/queue"
	"checkoutd/internal/tracing"
)

// ErrNotFound means that there is no such endpoint, delivery or effect.
var ErrNotFound = fault.New(fault.NotFound, "endpoint_not_found", "There is no such endpoint or delivery.")

// ErrDisabled refuses to send to an endpoint that is off.
var ErrDisabled = fault.New(fault.Conflict, "endpoint_disabled",
	"The endpoint is disabled. Enable it first.")

// Owner is told what the owner of an endpoint has to know. Its methods must not
// block for long.
type Owner interface {
	// Exhausted is called for the first delivery that failed for good since the
	// endpoint's last success.
	Exhausted(e Endpoint, d Delivery)
	// SwitchedOff is called when an endpoint was switched off.
	SwitchedOff(e Endpoint)
}

// Config is what a Service needs.
type Config struct {
	Store  Store
	Sender *Sender
	Owner  Owner
	// Render returns an order as the API shows it.
	Render func(*orders.Order) any
	Now    func() time.Time
	Log    zerolog.Logger
	Meter  Meter // may be nil
}

// Service delivers. It is safe for concurrent use.
type Service struct {
	cfg Config

	mu      sync.Mutex
	runners map[string]*endpointRunner // by endpoint
}

// endpointRunner sends to one endpoint.
type endpointRunner struct {
	queue *queue.Runner[Job]
	stop  context.CancelFunc
	ended chan struct{}

	mu       sync.Mutex
	endpoint Endpoint // as it was read last
}

func (r *endpointRunner) current() Endpoint {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.endpoint
}

const (
	workers = 16 // requests to one endpoint at a time, of each replica
	lease   = time.Minute
	poll    = 500 * time.Millisecond // finds what other processes did
	refresh = time.Second            // finds endpoints that were added or changed

	commitTime = 10 * time.Second // to store an answer that came as the server stopped
	// successEvery is how often the success of an endpoint without failures is
	// written to its row, which all workers share.
	successEvery = time.Minute
	keepFor      = 30 * 24 * time.Hour // deliveries that have ended
	pruneEvery   = time.Hour
	pruneBatch   = 500
)

// New returns a Service whose work starts with Run.
func New(c Config) *Service {
	return &Service{cfg: c, runners: map[string]*endpointRunner{}}
}

// Wake makes Run look for deliveries at once. It never blocks.
func (s *Service) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.runners {
		r.queue.Wake()
	}
}

// Run delivers until ctx ends, then waits for the requests in flight.
func (s *Service) Run(ctx context.Context) {
	var pruned time.Time
	tick := time.NewTicker(refresh)
	defer tick.Stop()

	for ctx.Err() == nil {
		if err := s.refresh(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Error().Err(err).Msg("could not read the webhook endpoints")
		}

		if now := s.cfg.Now(); now.Sub(pruned) >= pruneEvery {
			pruned = now
			s.prune(ctx, now)
		}

		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}

	s.stopAll()
}

// refresh reads the endpoints, starts a runner for each new one that is on, and
// stops those of others.
func (s *Service) refresh(ctx context.Context) error {
	list, err := s.enabled(ctx)
	if err != nil {
		return err
	}

	s.mu.Lock()
	defer s.mu.Unlock()

	on := map[string]bool{}
	for _, e := range list {
		on[e.ID] = true
		if r := s.runners[e.ID]; r != nil {
			r.mu.Lock()
			r.endpoint = e
			r.mu.Unlock()
		} else {
			s.runners[e.ID] = s.start(ctx, e)
		}
	}

	for id, r := range s.runners {
		if !on[id] {
			r.stop() // it ends by itself
			delete(s.runners, id)
		}
	}

	return nil
}

// enabled returns the endpoints that are on. It ends what waits for the others:
// a delivery that was added, or claimed, as its endpoint was switched off.
func (s *Service) enabled(ctx context.Context) ([]Endpoint, error) {
	list, err := s.cfg.Store.Endpoints(ctx)
	if err != nil {
		return nil, err
	}

	on := slices.DeleteFunc(slices.Clone(list), func(e Endpoint) bool { return e.State != Enabled })
	if len(on) < len(list) {
		_, err = s.cfg.Store.EndOrphans(ctx, s.cfg.Now())
	}
	return on, err
}

// start runs deliveries to an endpoint.
func (s *Service) start(ctx context.Context, e Endpoint) *endpointRunner {
	ctx, cancel := context.WithCancel(ctx)
	r := &endpointRunner{endpoint: e, stop: cancel, ended: make(chan struct{})}
	r.queue = s.newQueue(r)

	go func() {
		defer close(r.ended)
		r.queue.Run(ctx)
	}()

	return r
}

func (s *Service) newQueue(r *endpointRunner) *queue.Runner[Job] {
	id := r.endpoint.ID
	return queue.New(queue.Config[Job]{
		Name:    "deliveries",
		Workers: workers,
		Batch:   workers, // what is claimed starts at once
		Lease:   lease,
		Poll:    poll,
		Now:     s.cfg.Now,
		Log:     s.cfg.Log,
		Rescue: func(ctx context.Context, now time.Time) (int, error) {
			return s.cfg.Store.RescueDeliveries(ctx, id, now)
		},
		Claim: func(ctx context.Context, now, leaseUntil time.Time, n int) ([]Job, error) {
			return s.cfg.Store.ClaimDeliveries(ctx, id, now, leaseUntil, n)
		},
		Work: func(ctx context.Context, j Job) error { return s.work(ctx, r.current(), j) },
		Release: func(ctx context.Context, j Job) error {
			return s.cfg.Store.ReleaseDelivery(ctx, j.Claim, s.cfg.Now())
		},
	})
}

// stopAll stops every runner and waits for the requests in flight. It does not
// hold the lock meanwhile, for which Wake would wait, too.
func (s *Service) stopAll() {
	s.mu.Lock()
	runners := s.runners
	s.runners = map[string]*endpointRunner{}
	s.mu.Unlock()

	for _, r := range runners {
		r.stop()
	}
	for _, r := range runners {
		<-r.ended
	}
}

// RunOnce works one batch of every endpoint that is on, one after the other,
// and returns how many deliveries there were. It must not run beside Run.
func (s *Service) RunOnce(ctx context.Context) (n int, err error) {
	list, err := s.enabled(ctx)
	for _, e := range list {
		found, runErr := s.newQueue(&endpointRunner{endpoint: e}).RunOnce(ctx)
		n, err = n+found, errors.Join(err, runErr)
	}
	return n, err
}

// prune removes deliveries that ended long ago.
func (s *Service) prune(ctx context.Context, now time.Time) {
	for ctx.Err() == nil {
		n, err := s.cfg.Store.PruneDeliveries(ctx, now.Add(-keepFor), pruneBatch)
		if err != nil && ctx.Err() == nil {
			s.cfg.Log.Warn().Err(err).Msg("could not remove old webhook deliveries")
		}
		if err != nil || n < pruneBatch {
			return
		}
	}
}

// work makes one try of a delivery and stores its outcome.
func (s *Service) work(ctx context.Context, e Endpoint, j Job) error {
	ctx, span := tracing.Begin(ctx, tracing.Call, "webhook "+j.Kind, tracing.Peer("shop"),
		tracing.DeliveryID(j.ID), tracing.EffectID(j.EffectID), tracing.EndpointID(e.ID),
		tracing.OrderID(j.OrderID), tracing.AccountID(j.AccountID), tracing.Tries(j.Tries))
	defer span.End()

	body, err := s.payload(ctx, j)
	if err != nil {
		err = fmt.Errorf("deliveries: make the payload of %s of %s: %w", j.Kind, j.OrderID, err)
		return errors.Join(err, s.unmade(ctx, j, fault.Of(err).Kind == fault.Unavailable))
	}

	a := s.cfg.Sender.send(ctx, &e, j.EffectID, body)
	if a.Status != 0 {
		span.Set(tracing.Status(a.Status))
	}
	if !a.ok() {
		span.Fail()
	}

	if ctx.Err() != nil && a.Status == 0 {
		// Nothing is known of the endpoint; the lease expires.
		return fmt.Errorf("deliveries: %s of %s: %w", j.Kind, j.OrderID, ctx.Err())
	}

	if s.cfg.Meter != nil {
		s.cfg.Meter.DeliveryTried(a.Status, a.Took)
	}

	// An answer that came while the server stops must not be lost, or the
	// endpoint would get the webhook once more.
	commit, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	return s.finish(commit, e, j, a)
}

// What is tried of a delivery whose payload cannot be made: for an hour or so,
// in case that somebody mends the data meanwhile.
const (
	makeTries = 10
	makeDelay = 10 * time.Second // grows twofold
)

// unmade stores that a delivery's payload could not be made. That is our fault
// and not the endpoint's. It counts as a try, unless the database cannot be
// reached, so that the order's later webhooks do not wait for it for ever.
func (s *Service) unmade(ctx context.Context, j Job, unreachable bool) error {
	now, d := s.cfg.Now(), j.Delivery
	if unreachable || ctx.Err() != nil {
		dueAt := now.Add(queue.Backoff(int(j.Tries), time.Second, time.Minute))
		_ = s.cfg.Store.ReleaseDelivery(ctx, j.Claim, dueAt) // or its lease expires
		return nil
	}

	d.NextAt = now.Add(queue.Backoff(int(d.Tries), makeDelay, time.Hour))
	if d.Tries >= makeTries {
		d.State, d.Note, d.NextAt, d.FinishedAt = Failed, unmadeNote, time.Time{}, now
		s.cfg.Log.Error().
			Ctx(ctx).
			Str("delivery_id", d.ID).
			Str("order_id", d.OrderID).
			Str("type", d.Kind).
			Msg("a webhook could not be made and is given up: the order's later ones go on")
	}

	try := Try{ID: orders.NewID("try_"), DeliveryID: d.ID, At: now, Problem: unmadeNote}
	return s.cfg.Store.FinishTry(ctx, j.Claim, d, try, nil)
}

// unmadeNote says in the log of deliveries what unmade is about.
const unmadeNote = "the webhook could not be made: see the log of the server"

// finish stores the outcome of a try, and tells the owner what follows.
func (s *Service) finish(ctx context.Context, e Endpoint, j Job, a answer) error {
	now, d := s.cfg.Now(), j.Delivery
	a.ID, a.DeliveryID = orders.NewID("try_"), d.ID

	var told news
	var after Endpoint
	var change func(*Endpoint)

	if a.ok() {
		d.State, d.Note, d.NextAt, d.FinishedAt = Delivered, "", time.Time{}, now
		if !e.FailingSince.IsZero() || now.Sub(e.LastSuccessAt) >= successEvery {
			change = func(e *Endpoint) { e.succeeded(now) }
		}
	} else {
		at, again := d.next(now, a.retryAfter)
		if d.NextAt = at; !again {
			d.State, d.Note, d.FinishedAt = Failed, "three days of tries are over", now
		}

		change = func(e *Endpoint) {
			told = e.failed(now, a.Status == goneForGood, !again)
			after = *e
		}
	}

	err := s.cfg.Store.FinishTry(ctx, j.Claim, d, a.Try, change)
	if err != nil {
		return fmt.Errorf("deliveries: %s to %s: %w", d.ID, e.ID, err)
	}

	s.log(ctx, e, d, a.Try)

	switch told {
	case exhausted:
		s.cfg.Owner.Exhausted(after, d)
	case off:
		s.cfg.Owner.SwitchedOff(after)
	}

	return nil
}

// goneForGood is the status with which an endpoint asks for no more webhooks.
const goneForGood = 410
