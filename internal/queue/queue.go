// Package queue runs work that is kept in database rows: it claims due rows under a
// lease, works them, retries with jittered back-off and rescues what a dead
// worker left behind. One runner serves the webhook inbox, the attempts whose
// outcome is open and the orders whose time is over.
//
// Work happens at least once. It is exactly-once where the worker commits its
// effect together with the end of its Claim.
package queue

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Claim names a row that a worker holds. It ends in the same transaction as
// the change it caused, and only while the lease is still held.
type Claim struct {
	ID    string
	Token string
}

// ErrClaimLost says that the lease ran out and the row may be another
// worker's now: whatever was about to be committed was not.
var ErrClaimLost = errors.New("queue: the claim was lost")

// Config is what a Runner needs. Claim and Work are required.
type Config[J any] struct {
	Name    string // for the log
	Workers int    // jobs worked at once; 1 if less
	Lease   time.Duration
	Poll    time.Duration // how often it looks without being woken
	Now     func() time.Time
	Log     zerolog.Logger

	// Rescue frees the rows whose lease is over. nil: the claim frees by itself.
	Rescue func(ctx context.Context, now time.Time) (int, error)
	// Claim takes up to n due rows and holds them until until.
	Claim func(ctx context.Context, now, until time.Time, n int) ([]J, error)
	// Work works one row and ends its claim, one way or another. What it returns is
	// only logged: the row itself must say when it is due again.
	Work func(ctx context.Context, job J) error
}

// Runner claims and works rows until it is stopped.
type Runner[J any] struct {
	Config[J]
	wake chan struct{}
}

// New returns a Runner that does nothing until Run.
func New[J any](c Config[J]) *Runner[J] {
	c.Workers = max(c.Workers, 1)
	return &Runner[J]{Config: c, wake: make(chan struct{}, 1)}
}

// Wake makes Run look for work at once. It never blocks.
func (r *Runner[J]) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, then waits for the jobs in hand.
func (r *Runner[J]) Run(ctx context.Context) {
	for {
		n, err := r.RunOnce(ctx)
		if err != nil && ctx.Err() == nil {
			r.Log.Error().Err(err).Str("queue", r.Name).Msg("could not claim work")
		}
		if err == nil && n > 0 {
			continue // there may be more
		}
		timer := time.NewTimer(r.Poll)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-r.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// RunOnce rescues, claims one batch, works it to the end and says how many it worked.
func (r *Runner[J]) RunOnce(ctx context.Context) (int, error) {
	now := r.Now()
	if r.Rescue != nil {
		n, err := r.Rescue(ctx, now)
		if err != nil {
			return 0, err
		}
		if n > 0 {
			r.Log.Warn().Int("rows", n).Str("queue", r.Name).Msg("rescued work whose lease ran out")
		}
	}
	jobs, err := r.Claim(ctx, now, now.Add(r.Lease), r.Workers*batchPerWorker)
	if err != nil {
		return 0, err
	}
	next := make(chan J, len(jobs))
	for _, j := range jobs {
		next <- j
	}
	close(next)
	var wg sync.WaitGroup
	for range min(r.Workers, len(jobs)) {
		wg.Go(func() {
			for j := range next {
				if err := r.Work(ctx, j); err != nil && ctx.Err() == nil {
					r.Log.Warn().Err(err).Str("queue", r.Name).Msg("work failed")
				}
			}
		})
	}
	wg.Wait()
	return len(jobs), nil
}

// batchPerWorker is how many rows one claim takes for each worker: enough that
// claiming is not the bottleneck, few enough that a dead process holds little.
const batchPerWorker = 8

// Backoff is how long to wait before try number tries+1: it doubles from first,
// never exceeds most, and is spread over its upper half so that many rows that
// failed together do not come back together.
func Backoff(tries int, first, most time.Duration) time.Duration {
	d := most
	if tries < 30 {
		d = min(first<<max(tries-1, 0), most)
	}
	if d <= 0 {
		d = most
	}
	return d/2 + rand.N(d/2+1)
}
