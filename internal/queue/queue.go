// Package queue runs work that is stored in database rows: it claims due rows
// under a lease, works them, retries with jittered backoff and rescues what a
// dead worker left behind. The webhook inbox, the attempts whose outcome is
// unknown and the orders that have expired each have a Runner.
//
// Work happens at least once. It has its effect exactly once where the worker
// commits the effect together with the end of its Claim. Stopping never
// interrupts a job that ends within the grace period, and a job that panics
// ends neither the process nor other jobs.
package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// Claim identifies a row that a worker holds. It ends in the same transaction
// as the change that the work causes, and only while the lease is still held.
type Claim struct {
	ID    string
	Token string
	// Also are rows that wait, and whose work is done with that of this one.
	// They end together with the claim.
	Also []Waiting
}

// Waiting identifies a row that nobody holds, as it was when it was read. One
// that has become due at another time since then is not ended.
type Waiting struct {
	ID    string
	DueAt time.Time
}

// ErrClaimLost means that the lease expired and the row may belong to another
// worker by now. Nothing was committed.
var ErrClaimLost = errors.New("queue: the claim was lost")

// Config configures a Runner. Claim and Work are required.
type Config[J any] struct {
	Name    string // for the log
	Workers int    // jobs worked at once; at least 1
	Batch   int    // rows taken by one claim; 8 for each worker if 0
	// Lease also limits the work on a batch: jobs that have not been started
	// after half of it are released.
	Lease time.Duration
	Poll  time.Duration // time between two claims without a wake-up
	// Grace is how long the jobs in flight may continue after a stop; 10 s if
	// 0.
	Grace time.Duration
	Now   func() time.Time
	Log   zerolog.Logger

	// Rescue frees the rows whose lease has expired. It may be nil if Claim
	// claims such rows, too.
	Rescue func(ctx context.Context, now time.Time) (int, error)
	// Claim claims up to n due rows and holds them until leaseUntil.
	Claim func(ctx context.Context, now, leaseUntil time.Time, n int) ([]J, error)
	// Work works one row and ends its claim in every case. Its error is only
	// logged: the row itself must store when it is due again. A panic is
	// logged, too; the row comes back when its lease expires.
	Work func(ctx context.Context, job J) error
	// Release returns a row that was claimed and not started, because Run was
	// stopped or half of the lease had passed. Without it the row comes back
	// when its lease expires.
	Release func(ctx context.Context, job J) error
}

// Runner claims and works rows until it is stopped.
type Runner[J any] struct {
	cfg   Config[J]
	wake  chan struct{}
	ended chan struct{} // receives a value when a job has ended
	slots chan struct{} // holds a value for each worker that is busy
}

// batchPerWorker is how many rows one claim takes for each worker: enough that
// claiming is not the bottleneck, few enough that a dead process holds little.
const batchPerWorker = 8

// New returns a Runner that does nothing until Run.
func New[J any](cfg Config[J]) *Runner[J] {
	cfg.Workers = max(cfg.Workers, 1)
	cfg.Grace = cmp.Or(cfg.Grace, 10*time.Second)
	cfg.Batch = cmp.Or(cfg.Batch, cfg.Workers*batchPerWorker)

	return &Runner[J]{
		cfg:   cfg,
		wake:  make(chan struct{}, 1),
		ended: make(chan struct{}, 1),
		slots: make(chan struct{}, cfg.Workers),
	}
}

// Wake makes Run look for work at once. It never blocks.
func (r *Runner[J]) Wake() { signal(r.wake) }

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run works until ctx ends. Then it waits for the jobs in flight, at most for
// the grace period, and releases those that have not been started. It claims
// again as soon as a worker has nothing to do: a slow job holds up no other.
func (r *Runner[J]) Run(ctx context.Context) {
	var batches sync.WaitGroup
	defer batches.Wait()

	var pending atomic.Int64 // jobs that are claimed and have not ended
	for ctx.Err() == nil {
		if held := int(pending.Load()); held < r.cfg.Workers {
			jobs, err := r.claim(ctx, r.cfg.Batch-held)
			if err != nil && ctx.Err() == nil {
				r.cfg.Log.Error().Err(err).Str("queue", r.cfg.Name).Msg("could not claim work")
			}

			pending.Add(int64(len(jobs)))
			batches.Go(func() {
				r.workAll(ctx, jobs, func() { pending.Add(-1); signal(r.ended) })
			})
		}

		timer := time.NewTimer(r.cfg.Poll)
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-r.ended: // there may be more, or what had to wait for the job
		case <-timer.C:
		}

		timer.Stop()
	}
}

// RunOnce rescues expired rows, claims one batch and works it to the end. It
// returns how many jobs it claimed.
func (r *Runner[J]) RunOnce(ctx context.Context) (int, error) {
	jobs, err := r.claim(ctx, r.cfg.Batch)
	if err != nil {
		return 0, err
	}

	r.workAll(ctx, jobs, func() {})
	return len(jobs), nil
}

// claim rescues expired rows and claims up to n rows.
func (r *Runner[J]) claim(ctx context.Context, n int) ([]J, error) {
	now := r.cfg.Now()
	if r.cfg.Rescue != nil {
		n, err := r.cfg.Rescue(ctx, now)
		if err != nil {
			return nil, err
		}

		if n > 0 {
			r.cfg.Log.Warn().Int("rows", n).Str("queue", r.cfg.Name).
				Msg("rescued work whose lease had expired")
		}
	}

	jobs, err := r.cfg.Claim(ctx, now, now.Add(r.cfg.Lease), n)
	if err != nil {
		return nil, err // rows that a claim read before it failed are not held
	}

	return jobs, nil
}

// workAll works the jobs of one claim as workers become free, calls ended after
// each, and returns when none of them is in flight any more.
func (r *Runner[J]) workAll(ctx context.Context, jobs []J, ended func()) {
	// The jobs outlive a stop by the grace period, but never their lease: then
	// another worker may have them.
	jobCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.cfg.Lease)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(r.cfg.Grace, cancel) })()

	started := time.Now()

	var wg sync.WaitGroup
	for _, j := range jobs {
		r.slots <- struct{}{}
		wg.Go(func() {
			defer ended()
			defer func() { <-r.slots }()

			if ctx.Err() != nil || time.Since(started) > r.cfg.Lease/2 {
				r.release(jobCtx, j)
			} else {
				r.work(jobCtx, j)
			}
		})
	}

	wg.Wait()
}

// work works one job. A panic ends only this job.
func (r *Runner[J]) work(ctx context.Context, j J) {
	defer func() {
		if p := recover(); p != nil {
			r.cfg.Log.Error().Err(fmt.Errorf("panic: %v", p)).Bytes("stack", debug.Stack()).
				Str("queue", r.cfg.Name).Msg("work panicked")
		}
	}()

	if err := r.cfg.Work(ctx, j); err != nil {
		r.cfg.Log.Warn().Err(err).Str("queue", r.cfg.Name).Msg("work failed")
	}
}

func (r *Runner[J]) release(ctx context.Context, j J) {
	if r.cfg.Release == nil {
		return
	}
	if err := r.cfg.Release(ctx, j); err != nil {
		r.cfg.Log.Warn().Err(err).Str("queue", r.cfg.Name).
			Msg("could not release work; it is due again when its lease expires")
	}
}

// Backoff returns how long to wait after a number of tries. It doubles from
// initial up to limit, and is spread over the upper half, so that many rows
// that failed together do not come back together.
func Backoff(tries int, initial, limit time.Duration) time.Duration {
	d := initial
	for n := 1; n < tries && d < limit; n++ {
		d *= 2 // cannot overflow: limit is far below half of a Duration's range
	}
	d = min(d, limit)
	return d/2 + rand.N(d/2+1)
}
