package torture_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestKill kills the server at every step and at random moments, starts it
// again, and compares.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds, random := ordinary(1, 6), ordinary(12, 150)
	kills := random
	for _, p := range points() {
		kills += rounds * len(p.strikes)
	}

	if want := ordinary(20, 200); kills < want {
		t.Fatalf("there are %d kills here, want at least %d", kills, want)
	}

	t.Logf("the server is killed %d times", kills)
	for _, p := range points() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, p.settings)
			for range rounds {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				p.run(ctx, t, w)
				cancel()
				w.agree(patience)
			}
		})
	}

	t.Run("at random moments under load", func(t *testing.T) {
		t.Parallel()
		killAtRandom(t, newWorld(t), random)
	})
}

// killAtRandom kills the server n times while buyers keep coming. Half of the
// servers start at once, and half after the leases of the one before are over;
// some are killed while they come up.
func killAtRandom(t *testing.T, w *world, n int) {
	t.Helper()
	stop := w.crowd(6)
	server := w.servers[0]
	for range n {
		goOn := w.strikeAtRandom()
		if rand.N(2) == 0 {
			if err := w.db.away(t.Context()); err != nil {
				t.Fatal(err)
			}
		}

		start := server.start
		if rand.N(4) == 0 {
			start = server.launch
		}

		if err := start(); err != nil {
			t.Fatal(err)
		}

		close(goOn)
	}

	if long() {
		stop()
		w.agree(4 * time.Minute) // the leases that are left take two
		return
	}

	w.restart()
	stop()
	w.agree(patience)
}

// strikeAtRandom kills the server at some moment of the next half second, or at
// some step of some request in it.
func (w *world) strikeAtRandom() (goOn chan struct{}) {
	w.t.Helper()
	routes := []string{create, again, begin, naming, read, list, webhook, "WEBHOOK *"}
	moments := []moment{arrived, late, committing, executed, answered, unrecorded}
	a := w.arm(strike{routes[rand.N(len(routes))], moments[rand.N(len(moments))]})
	timer := time.NewTimer(rand.N(500 * time.Millisecond))
	defer timer.Stop()

	select {
	case <-a.struck:
	case <-timer.C:
		if a.disarm() {
			w.servers[0].kill()
			break
		}

		<-a.struck
	}

	return a.goOn
}

// crowd lets n buyers pay one order after the other, with every kind of card,
// until stop, which waits for the orders in hand and says how many were paid.
func (w *world) crowd(n int) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	carts := carts()
	var wg sync.WaitGroup
	var paid atomic.Int64
	over := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			for turn := i; ; turn++ {
				select {
				case <-over:
					return
				default:
				}

				if err := w.buy(ctx, []string{mug, mug, club}[turn%3], carts[turn%len(carts)]...); err != nil {
					w.t.Error("a buyer could not pay: ", err)
					return
				}

				paid.Add(1)
			}
		})
	}

	return func() {
		close(over)
		timer := time.AfterFunc(ordinary(patience, 4*time.Minute), cancel)
		wg.Wait()
		timer.Stop()
		cancel()
		w.t.Logf("%d orders were paid", paid.Load())

		if paid.Load() == 0 {
			w.t.Error("nobody paid anything")
		}
	}
}
