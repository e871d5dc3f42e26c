package people

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"checkoutd/internal/queue"
)

// The things that the retention removes.
const (
	SweepEvents  = "events"  // the payloads of Stripe's events
	SweepOrders  = "orders"  // the personal data of orders, by state
	SweepEmails  = "emails"  // why e-mails were not sent
	SweepSources = "sources" // which address tried to pay
)

// OrderStates are the states by which ORDER_RETENTION names orders. One that is
// authorized or in review is kept: it needs a person. Paid ones include those
// that are refunded in part.
func OrderStates() []string { return []string{"open", "expired", "canceled", "paid", "refunded"} }

// Policy is how long personal data is kept.
type Policy struct {
	Events time.Duration            // 0 for ever
	Orders map[string]time.Duration // by state (OrderStates), since the last change; for ever without one
}

// Due is what may be removed now: what was there before a time, by state. The
// state of what is no order is "".
type Due struct {
	Name   string
	Before map[string]time.Time
}

// due returns what of a thing may be removed.
func (p Policy) due(name string, now time.Time) Due {
	d := Due{Name: name, Before: map[string]time.Time{}}
	switch name {
	case SweepEvents:
		if p.Events > 0 {
			d.Before[""] = now.Add(-p.Events)
		}

	case SweepOrders:
		for state, age := range p.Orders {
			d.Before[state] = now.Add(-age)
		}

	case SweepEmails:
		d.Before[""] = now.Add(-KeepProblems)
	case SweepSources:
		d.Before[""] = now.Add(-KeepSources)
	}

	return d
}

// Sweep is one of the things that the retention removes.
type Sweep struct {
	Name    string
	Removed int64     // ever
	SweptAt time.Time // when nothing was left to remove
	NextAt  time.Time

	Claim queue.Claim
}

// Count is how much of something may be removed.
type Count struct {
	Name, State string
	N           int64
	Oldest      time.Time // zero for none
}

// RetentionStore removes what has been kept long enough. Every method is one
// transaction and safe for concurrent use from several processes.
type RetentionStore interface {
	// ClaimSweeps claims up to n sweeps that are due before due until
	// leaseUntil. One that somebody else holds is left alone.
	ClaimSweeps(ctx context.Context, due, now, leaseUntil time.Time, n int) ([]Sweep, error)
	// Sweep removes up to n rows of what is due, and ends the claim: the sweep
	// is due again at moreAt if there may be more, otherwise at nextAt. A lost
	// claim returns queue.ErrClaimLost and changes nothing.
	Sweep(ctx context.Context, claim queue.Claim, d Due, n int, moreAt, nextAt time.Time) (removed int, err error)
	// CountDue returns how much is due, by state.
	CountDue(ctx context.Context, d Due) ([]Count, error)
	// Sweeps returns all sweeps.
	Sweeps(ctx context.Context) ([]Sweep, error)
}

const (
	sweepEvery = time.Hour
	// sweepPause comes between two batches, so that buyers never wait for the
	// retention.
	sweepPause = time.Second
)

// batch returns how many rows one transaction removes: it takes a few
// milliseconds.
func batch(name string) int {
	if name == SweepOrders { // with all that belongs to them
		return 20
	}
	return 200
}

// sweep removes one batch.
func (s *Service) sweep(ctx context.Context, w Sweep) (removed int, err error) {
	now := s.cfg.Now()
	removed, err = s.cfg.Retention.Sweep(ctx, w.Claim, s.cfg.Policy.due(w.Name, now), batch(w.Name),
		now.Add(sweepPause), now.Add(sweepEvery))
	if removed > 0 {
		s.cfg.Log.Info().
			Str("what", w.Name).
			Int("removed", removed).
			Msg("removed what was kept long enough")
	}
	return removed, err
}

// SweepAll removes everything that is due, and returns how much that was.
// Servers may do the same meanwhile.
func (s *Service) SweepAll(ctx context.Context) (removed map[string]int, err error) {
	removed = map[string]int{}
	for more := true; more; {
		now := s.cfg.Now()
		sweeps, err := s.cfg.Retention.ClaimSweeps(ctx, now.Add(2*sweepEvery), now, now.Add(lease), len(sweepNames))
		if err != nil {
			return removed, err
		}

		more = false
		for _, w := range sweeps {
			n, err := s.sweep(ctx, w)
			if err != nil {
				return removed, err
			}

			removed[w.Name] += n
			more = more || n > 0
		}
	}

	return removed, nil
}

var sweepNames = []string{SweepEvents, SweepOrders, SweepEmails, SweepSources}

// CountDue returns how much would be removed now.
func (s *Service) CountDue(ctx context.Context) (list []Count, err error) {
	for _, name := range sweepNames {
		d := s.cfg.Policy.due(name, s.cfg.Now())
		if len(d.Before) == 0 {
			continue
		}

		found, err := s.cfg.Retention.CountDue(ctx, d)
		if err != nil {
			return nil, err
		}

		list = append(list, found...)
	}

	return list, nil
}

// newSweeper returns the runner of the retention.
func (s *Service) newSweeper() *queue.Runner[Sweep] {
	return queue.New(queue.Config[Sweep]{
		Name:    "retention",
		Workers: 1,
		Lease:   lease,
		Poll:    poll,
		Now:     s.cfg.Now,
		Log:     s.cfg.Log,
		Claim: func(ctx context.Context, now, leaseUntil time.Time, n int) ([]Sweep, error) {
			return s.cfg.Retention.ClaimSweeps(ctx, now, now, leaseUntil, n)
		},
		Work: func(ctx context.Context, w Sweep) error {
			_, err := s.sweep(ctx, w)
			return err
		},
	})
}

// Run goes on with erasures that are not done, and removes what has been kept
// long enough, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { s.runner.Run(ctx) })
	both.Go(func() { s.sweeper.Run(ctx) })
	both.Wait()
}

// RunRetentionOnce works one batch of each sweep that is due, and returns how
// many there were. It must not run beside Run.
func (s *Service) RunRetentionOnce(ctx context.Context) (int, error) { return s.sweeper.RunOnce(ctx) }

// States returns the states of what is due, sorted.
func (d Due) States() []string { return slices.Sorted(maps.Keys(d.Before)) }
