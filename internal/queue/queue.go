// Package queue runs work that is kept in database rows: it claims due rows under a
// lease, works them, retries with jittered back-off and rescues what a dead
// worker left behind. One runner serves the webhook inbox, the attempts whose
// outcome is open and the orders whose time is over.
//
// Work happens at least once. It is exactly-once where the worker commits its
// effect together with the end of its Claim. Stopping does not cut a job in
// two, and one that panics ends neither the process nor the work of others.
package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
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
	Name    string        // for the log
	Workers int           // jobs worked at once; 1 if less
	Batch   int           // rows taken by one claim; 8 for each worker if 0
	Lease   time.Duration // bounds the work of a batch, too: what is not begun at half of it is given back
	Poll    time.Duration // how often it looks without being woken
	Grace   time.Duration // how long the jobs in hand may go on when it is stopped; 10 s if 0
	Now     func() time.Time
	Log     zerolog.Logger

	// Rescue frees the rows whose lease is over. nil: the claim frees by itself.
	Rescue func(ctx context.Context, now time.Time) (int, error)
	// Claim takes up to n due rows and holds them until until.
	Claim func(ctx context.Context, now, until time.Time, n int) ([]J, error)
	// Work works one row and ends its claim, one way or another. What it returns is
	// only logged: the row itself must say when it is due again. So is a panic, after
	// which the row comes back when its lease is over.
	Work func(ctx context.Context, job J) error
	// Release gives a row back that was claimed and not begun when Run was stopped, or when
	// half of the lease was over.
	// nil: it comes back when its lease is over.
	Release func(ctx context.Context, job J) error
}

// Runner claims and works rows until it is stopped.
type Runner[J any] struct {
	Config[J]
	wake chan struct{}
}

// New returns a Runner that does nothing until Run.
func New[J any](c Config[J]) *Runner[J] {
	c.Workers = max(c.Workers, 1)
	c.Grace = cmp.Or(c.Grace, 10*time.Second)
	c.Batch = cmp.Or(c.Batch, c.Workers*batchPerWorker)
	return &Runner[J]{Config: c, wake: make(chan struct{}, 1)}
}

// Wake makes Run look for work at once. It never blocks.
func (r *Runner[J]) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, then lets the jobs in hand come to their end, for the grace
// at most, and gives back what was not begun.
func (r *Runner[J]) Run(ctx context.Context) {
	for ctx.Err() == nil {
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
	jobs, err := r.Claim(ctx, now, now.Add(r.Lease), r.Batch)
	if err != nil {
		return 0, err
	}
	r.workAll(ctx, jobs)
	return len(jobs), nil
}

// workAll works the jobs, as many at once as there are workers, and returns when none
// is in hand any more.
func (r *Runner[J]) workAll(ctx context.Context, jobs []J) {
	inHand, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Lease)
	defer cancel()
	begun := time.Now()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(r.Grace, cancel) })()
	next := make(chan J, len(jobs))
	for _, j := range jobs {
		next <- j
	}
	close(next)
	var wg sync.WaitGroup
	for range min(r.Workers, len(jobs)) {
		wg.Go(func() {
			for j := range next {
				if ctx.Err() != nil || time.Since(begun) > r.Lease/2 {
					r.release(inHand, j)
				} else {
					r.work(inHand, j)
				}
			}
		})
	}
	wg.Wait()
}

// work works one job. A panic is its end alone.
func (r *Runner[J]) work(ctx context.Context, j J) {
	defer func() {
		if p := recover(); p != nil {
			r.Log.Error().Err(fmt.Errorf("panic: %v", p)).Bytes("stack", debug.Stack()).Str("queue", r.Name).Msg("work panicked")
		}
	}()
	if err := r.Work(ctx, j); err != nil {
		r.Log.Warn().Err(err).Str("queue", r.Name).Msg("work failed")
	}
}

func (r *Runner[J]) release(ctx context.Context, j J) {
	if r.Release == nil {
		return
	}
	if err := r.Release(ctx, j); err != nil {
		r.Log.Warn().Err(err).Str("queue", r.Name).Msg("could not give back work; its lease will run out")
	}
}

// batchPerWorker is how many rows one claim takes for each worker: enough that
// claiming is not the bottleneck, few enough that a dead process holds little.
const batchPerWorker = 8

// Backoff is how long to wait before try number tries+1: it doubles from first,
// never exceeds most, and is spread over its upper half so that many rows that
// failed together do not come back together.
func Backoff(tries int, first, most time.Duration) time.Duration {
	d := first
	for n := 1; n < tries && d < most; n++ {
		d *= 2 // most is far below half of what a Duration holds
	}
	d = min(d, most)
	return d/2 + rand.N(d/2+1)
}
