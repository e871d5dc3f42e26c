package queue_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/queue"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

// never is a poll interval so long that only a wake can explain what happens.
const never = time.Hour

var epoch = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// source is a queue in memory. Everything in it is due.
type source struct {
	mu      sync.Mutex
	due     []int
	fails   int // how many claims fail before one succeeds
	claims  int
	asked   []int // n of each claim
	lease   time.Time
	claimed chan struct{} // receives a value for every claim
}

func newSource(due ...int) *source {
	return &source{due: due, claimed: make(chan struct{}, 1000)}
}

func (s *source) add(jobs ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due = append(s.due, jobs...)
}

func (s *source) claim(_ context.Context, _, leaseUntil time.Time, n int) ([]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.claimed <- struct{}{} }()

	s.claims++
	s.asked, s.lease = append(s.asked, n), leaseUntil

	if s.fails > 0 { // the rows were read, and the commit failed
		s.fails--
		return slices.Clone(s.due), errors.New("the database is down")
	}

	taken := s.due[:min(n, len(s.due))]
	s.due = s.due[len(taken):]
	return slices.Clone(taken), nil
}

func config(s *source, work func(context.Context, int) error) queue.Config[int] {
	return queue.Config[int]{
		Name:    "test",
		Workers: 2,
		Lease:   time.Minute,
		Poll:    never,
		Grace:   testhost.Patience,
		Now:     func() time.Time { return epoch },
		Log:     zerolog.Nop(),
		Claim:   s.claim,
		Work:    work,
	}
}

// running starts r. The function that it returns stops r and waits for its end.
func running(t *testing.T, r *queue.Runner[int]) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()
	stop = func() {
		cancel()
		wait(t, ended, "the runner's end")
	}
	t.Cleanup(stop)
	return stop
}

func wait[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(testhost.Patience):
		t.Fatalf("waited in vain for %s", what)
	}
	return v
}

func TestRunOnce(t *testing.T) {
	t.Parallel()
	s := newSource()
	for i := range 20 {
		s.add(i)
	}

	var mu sync.Mutex
	var worked []int
	r := queue.New(config(s, func(_ context.Context, j int) error {
		mu.Lock()
		defer mu.Unlock()

		worked = append(worked, j)
		return nil
	}))

	n, err := r.RunOnce(t.Context())
	if err != nil || n != 16 {
		t.Fatalf("worked %d, %v; want one batch of 16, eight for each of two workers", n, err)
	}

	slices.Sort(worked)
	if len(worked) != 16 || worked[0] != 0 || worked[15] != 15 {
		t.Errorf("worked %v, want 0 to 15, each once", worked)
	}
	if want := epoch.Add(time.Minute); !s.lease.Equal(want) {
		t.Errorf("the lease ends at %s, want %s", s.lease, want)
	}
}

func TestNoMoreJobsAtOnceThanWorkers(t *testing.T) {
	t.Parallel()
	s := newSource(make([]int, 16)...)
	var now, highest atomic.Int32
	full := make(chan struct{})
	var once sync.Once
	r := queue.New(config(s, func(context.Context, int) error {
		if n := now.Add(1); n > highest.Load() {
			highest.Store(n)
		}

		if now.Load() == 2 {
			once.Do(func() { close(full) })
		}

		<-full // so that both workers are seen at once
		now.Add(-1)
		return nil
	}))
	if _, err := r.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if highest.Load() != 2 {
		t.Errorf("%d jobs were worked at once, want 2", highest.Load())
	}
}

func TestWakeFindsWorkWithoutWaitingForThePoll(t *testing.T) {
	t.Parallel()
	s := newSource()
	done := make(chan int, 10)
	r := queue.New(config(s, func(_ context.Context, j int) error { done <- j; return nil }))
	running(t, r)
	wait(t, s.claimed, "the first claim")
	s.add(7)

	for range 3 {
		r.Wake() // never blocks
	}

	if got := wait(t, done, "the job"); got != 7 {
		t.Errorf("worked %d, want 7", got)
	}
}

func TestPollFindsWorkWithoutAWake(t *testing.T) {
	t.Parallel()
	s := newSource()
	done := make(chan int, 1)
	c := config(s, func(_ context.Context, j int) error { done <- j; return nil })
	c.Poll = time.Millisecond
	running(t, queue.New(c))
	wait(t, s.claimed, "the first claim")
	s.add(7)
	wait(t, done, "the job")
}

func TestFullBatchIsFollowedByAnotherClaim(t *testing.T) {
	t.Parallel()
	s := newSource(make([]int, 40)...)
	done := make(chan int, 40)
	running(t, queue.New(config(s, func(_ context.Context, j int) error { done <- j; return nil })))
	for range 40 {
		wait(t, done, "every job without a poll or a wake")
	}
}

// A job that hangs must not keep the other worker from what comes after it.
func TestSlowJobHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	s := newSource(1, 2)
	done, hang := make(chan int, 10), make(chan struct{})
	r := queue.New(config(s, func(_ context.Context, j int) error {
		if j == 1 {
			<-hang
		}

		done <- j
		return nil
	}))
	running(t, r)
	wait(t, done, "the job beside the slow one")

	s.add(3, 4)
	r.Wake()

	wait(t, done, "a job that came later")
	wait(t, done, "another one")
	close(hang)

	if got := wait(t, done, "the slow job"); got != 1 {
		t.Errorf("job %d ended last, want 1", got)
	}
}

func TestFailedClaimIsLoggedAndRetried(t *testing.T) {
	t.Parallel()
	s, log := newSource(1), &testkit.LogBook{}
	s.fails = 2
	done := make(chan int, 3)
	c := config(s, func(_ context.Context, j int) error { done <- j; return nil })
	c.Poll, c.Log = time.Millisecond, zerolog.New(log)
	stop := running(t, queue.New(c))
	wait(t, done, "the job")
	stop()

	if n := len(done); n != 0 {
		t.Errorf("the job was worked %d times more, under a claim that had failed", n)
	}

	if n := strings.Count(log.String(), "could not claim work"); n != 2 {
		t.Errorf("the log has %d lines about failed claims, want 2:\n%s", n, log)
	}
}

func TestRescue(t *testing.T) {
	t.Parallel()
	t.Run("comes before the claim", func(t *testing.T) {
		t.Parallel()
		s, log := newSource(), &testkit.LogBook{}
		c := config(s, func(context.Context, int) error { return nil })
		c.Log = zerolog.New(log)
		c.Rescue = func(_ context.Context, now time.Time) (int, error) {
			if !now.Equal(epoch) {
				t.Errorf("rescues at %s, want %s", now, epoch)
			}

			s.add(1, 2)
			return 2, nil
		}

		if n, err := queue.New(c).RunOnce(t.Context()); n != 2 || err != nil {
			t.Errorf("worked %d, %v; want the 2 rescued jobs", n, err)
		}
		if !strings.Contains(log.String(), `"rows":2`) {
			t.Errorf("the log does not mention the rescue: %s", log)
		}
	})

	t.Run("claims nothing when it fails", func(t *testing.T) {
		t.Parallel()
		s, away := newSource(1), errors.New("away")
		c := config(s, func(context.Context, int) error { return nil })
		c.Rescue = func(context.Context, time.Time) (int, error) { return 0, away }

		if n, err := queue.New(c).RunOnce(t.Context()); n != 0 || !errors.Is(err, away) {
			t.Errorf("got %d, %v; want the rescue's error", n, err)
		}
		if s.claims != 0 {
			t.Error("it claimed nevertheless")
		}
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("waits for the jobs in flight and releases the others", func(t *testing.T) {
		t.Parallel()
		s := newSource(1, 2, 3, 4, 5)
		started, goOn := make(chan int, 5), make(chan struct{})
		var finished, interrupted atomic.Int32
		c := config(s, func(ctx context.Context, j int) error {
			started <- j
			<-goOn

			if ctx.Err() != nil {
				interrupted.Add(1)
			}

			finished.Add(1)
			return nil
		})

		var mu sync.Mutex
		var released []int
		c.Release = func(ctx context.Context, j int) error {
			mu.Lock()
			defer mu.Unlock()

			released = append(released, j)
			return ctx.Err()
		}

		log := &testkit.LogBook{}
		c.Log = zerolog.New(log)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); queue.New(c).Run(ctx) }()
		wait(t, started, "the first job")
		wait(t, started, "the second job")
		cancel()

		select {
		case <-ended:
			t.Fatal("it did not wait for the jobs in flight")
		default:
		}

		close(goOn)
		wait(t, ended, "the runner's end")

		if finished.Load() != 2 || interrupted.Load() != 0 {
			t.Errorf("%d jobs ended, %d of them interrupted; want 2, 0", finished.Load(), interrupted.Load())
		}
		if slices.Sort(released); !slices.Equal(released, []int{3, 4, 5}) {
			t.Errorf("released %v, want 3, 4, 5", released)
		}
		if log.String() != "" {
			t.Errorf("an orderly stop is logged as trouble: %s", log)
		}
	})

	t.Run("interrupts a job that outlives the grace period", func(t *testing.T) {
		t.Parallel()
		s, started := newSource(1), make(chan int, 1)
		c := config(s, func(ctx context.Context, j int) error {
			started <- j
			<-ctx.Done()
			return ctx.Err()
		})

		c.Grace = time.Millisecond
		stop := running(t, queue.New(c))
		wait(t, started, "the job")
		stop()
	})

	t.Run("stops an idle runner at once", func(t *testing.T) {
		t.Parallel()
		s := newSource()
		stop := running(t, queue.New(config(s, func(context.Context, int) error { return nil })))
		wait(t, s.claimed, "the first claim")
		stop()
	})
}

// A Claim that ignores its context must not keep a stopped runner running.
func TestStoppedRunnerClaimsNothing(t *testing.T) {
	t.Parallel()
	s := newSource(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	queue.New(config(s, func(context.Context, int) error { return nil })).Run(ctx)
	if s.claims != 0 {
		t.Errorf("%d claims after the stop", s.claims)
	}
}

func TestPanicEndsOnlyItsJob(t *testing.T) {
	t.Parallel()
	s, log := newSource(1, 2, 3), &testkit.LogBook{}
	var worked atomic.Int32
	c := config(s, func(_ context.Context, j int) error {
		if j == 2 {
			panic("cannot happen")
		}

		worked.Add(1)
		return nil
	})

	c.Workers, c.Log = 1, zerolog.New(log)

	if n, err := queue.New(c).RunOnce(t.Context()); n != 3 || err != nil {
		t.Errorf("worked %d, %v; want 3", n, err)
	}
	if worked.Load() != 2 {
		t.Errorf("%d other jobs ended, want 2", worked.Load())
	}
	text := log.String()
	if !strings.Contains(text, "panic: cannot happen") || !strings.Contains(text, "queue_test.go") {
		t.Errorf("the log does not say where it panicked: %s", text)
	}
}

func TestErrorOfAJobIsOnlyLogged(t *testing.T) {
	t.Parallel()
	s, log := newSource(1, 2), &testkit.LogBook{}
	c := config(s, func(context.Context, int) error { return errors.New("no luck") })
	c.Log = zerolog.New(log)
	if n, err := queue.New(c).RunOnce(t.Context()); n != 2 || err != nil {
		t.Errorf("got %d, %v; want 2, no error", n, err)
	}
	if n := strings.Count(log.String(), "no luck"); n != 2 {
		t.Errorf("%d lines, want 2: %s", n, log)
	}
}

func TestBackoffDoublesIsBoundedAndSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ initial, limit time.Duration }{
		{time.Second, time.Hour}, {15 * time.Second, 6 * time.Hour}, {time.Hour, 12 * time.Hour},
		{10 * time.Minute, 6 * time.Hour}, {time.Hour, time.Minute}, {7 * time.Nanosecond, 365 * 24 * time.Hour},
	} {
		for tries := -1; tries <= 200; tries++ {
			full := c.limit // the delay before it is spread
			if n := max(tries-1, 0); n < 62 && c.initial <= c.limit>>n {
				full = c.initial << n
			}

			seen := map[time.Duration]bool{}
			for range 20 {
				got := queue.Backoff(tries, c.initial, c.limit)
				if got < full/2 || got > full {
					t.Fatalf("Backoff(%d, %s, %s) = %s, want %s to %s", tries, c.initial, c.limit, got, full/2, full)
				}

				seen[got] = true
			}

			if full > time.Second && len(seen) < 10 {
				t.Errorf("Backoff(%d, %s, %s) returned %d different delays of 20: not spread",
					tries, c.initial, c.limit, len(seen))
			}
		}
	}
}
