package budget_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"checkoutd/internal/budget"
)

// flood makes workers take from the budget for a time, and returns how many
// requests the busiest second had. Seconds begin at every request.
func flood(t *testing.T, b *budget.Budget, workers int, d time.Duration) (busiest int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()

	var mu sync.Mutex
	var sent []time.Time
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for b.Wait(ctx) == nil {
				mu.Lock()
				sent = append(sent, time.Now())
				mu.Unlock()
			}
		})
	}

	wg.Wait()

	for i, from := range sent {
		n := 0
		for _, at := range sent[i:] {
			if at.Sub(from) < time.Second {
				n++
			}
		}

		busiest = max(busiest, n)
	}

	return busiest
}

func TestNoSecondHasMoreRequestsThanTheBudget(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []int{1, 2, 3, 20, 80} {
		synctest.Test(t, func(t *testing.T) {
			got := flood(t, budget.New(perSecond), 50, 5*time.Second)
			if got > perSecond || got < perSecond*3/4 {
				t.Errorf("a budget of %d: the busiest second had %d", perSecond, got)
			}
		})
	}
}

func TestReplicasShareTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(80)
		b.Share(4)
		time.Sleep(time.Minute) // in the bubble's time

		if got := flood(t, b, 50, 5*time.Second); got > 20 || got < 15 {
			t.Errorf("one of four replicas had %d requests in a second, want about 20", got)
		}
	})
}

func TestTooManyRequestsSlowDownAndRecover(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(80)
		for range 30 { // they come together, so they count once
			b.Refused()
		}

		if got := flood(t, b, 50, time.Second); got > 45 {
			t.Errorf("after a 429 a second had %d requests, want half of 80", got)
		}

		for range 20 {
			time.Sleep(time.Second)
			b.Refused()
		}

		if got := flood(t, b, 50, time.Second); got > 10 || got == 0 {
			t.Errorf("after 20 seconds of 429 a second had %d requests", got)
		}

		time.Sleep(time.Minute)
		if got := flood(t, b, 50, 2*time.Second); got < 60 || got > 80 {
			t.Errorf("a minute later a second had %d requests, want about 80", got)
		}
	})
}

func TestBuyersGoFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(1)
		if err := b.Wait(t.Context()); err != nil { // takes what is there
			t.Fatal(err)
		}

		var mu sync.Mutex
		var order []budget.Priority
		var wg sync.WaitGroup
		for _, p := range []budget.Priority{
			budget.Neighbour, budget.Background, budget.Neighbour, budget.Buyer, budget.Confirm, budget.Confirm,
		} {
			wg.Go(func() {
				if err := b.Wait(budget.WithPriority(t.Context(), p)); err != nil {
					t.Error(err)
				}

				mu.Lock()
				defer mu.Unlock()

				order = append(order, p)
			})
		}

		wg.Wait()

		if !slices.IsSorted(order) || len(order) != 6 {
			t.Errorf("they were sent in the order %v", order)
		}
	})
}

// Buyers who use up the budget slow down the background, but do not stop it.
// Neighbours wait.
func TestBuyersLeaveTurnsToTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(20)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()

		var turns [4]atomic.Int64
		var wg sync.WaitGroup
		for _, p := range []budget.Priority{budget.Confirm, budget.Buyer, budget.Background, budget.Neighbour} {
			for range 20 {
				wg.Go(func() {
					for b.Wait(budget.WithPriority(ctx, p)) == nil {
						turns[p].Add(1)
					}
				})
			}
		}

		wg.Wait()

		confirms, background := turns[budget.Confirm].Load(), turns[budget.Background].Load()
		if background < confirms/8 || background > confirms/6 {
			t.Errorf("the background had %d turns beside %d confirms, want every eighth", background, confirms)
		}
		if n := turns[budget.Neighbour].Load(); n > 4 {
			t.Errorf("neighbours had %d turns, want none after the first burst", n)
		}
	})
}

func TestWatchReportsWhoseTurnDidNotCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(1)
		ctx, turnedAway := budget.Watch(t.Context())
		if err := b.Wait(ctx); err != nil || turnedAway() {
			t.Errorf("the first one: %v, turned away: %t", err, turnedAway())
		}

		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()

		if err := b.Wait(short); err == nil || !turnedAway() {
			t.Errorf("the second one: %v, turned away: %t", err, turnedAway())
		}
	})
}

func TestWhoLeavesTakesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(1)
		if err := b.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}

		var left atomic.Int64
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()

				if errors.Is(b.Wait(ctx), context.DeadlineExceeded) {
					left.Add(1)
				}
			})
		}

		wg.Wait()

		start := time.Now()
		if err := b.Wait(t.Context()); err != nil || left.Load() != 100 || time.Since(start) > time.Second {
			t.Errorf("%d left; the next one waited %s, %v", left.Load(), time.Since(start), err)
		}
	})
}

func TestNoBudgetMeansNoLimit(t *testing.T) {
	t.Parallel()
	b := budget.New(0)
	b.Share(3)
	b.Refused()

	for range 1000 {
		if err := b.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
