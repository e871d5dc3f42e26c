package torture_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestKill kills the server at every step and at random moments, and starts it
// again.
func TestKill(t *testing.T) {
	t.Parallel()
	rounds, random := scaled(1, 6), killsAtRandom(t)
	kills := 2 * random
	for _, s := range scenarios() {
		kills += rounds * len(s.kills)
	}

	t.Logf("the server is killed %d times, %d of them at random moments on each engine", kills, random)
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, s.settings)
			for range rounds {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				s.run(ctx, t, h)
				cancel()
				h.wantAgreement(patience)
			}
		})
	}

	t.Run("at random moments under load on SQLite", func(t *testing.T) {
		t.Parallel()
		killAtRandom(t, newHarness(t), random)
	})
	t.Run("at random moments under load on PostgreSQL", func(t *testing.T) {
		t.Parallel()
		db := newPostgreSQL(t)
		killAtRandom(t, openHarness(t, db, nil, newLeash(t)), random)
	})
}

// killAtRandom kills the server n times while buyers keep coming. Half of the
// servers start at once, the other half after the leases of the previous one
// have expired. Some are killed during their start.
func killAtRandom(t *testing.T, h *harness, n int) {
	t.Helper()
	stop := h.crowd(6)
	server := h.servers[0]
	for i := range n {
		if i%100 == 99 {
			t.Logf("%d kills, %d orders paid", i+1, len(h.promised.copy().paid))
		}

		goOn := h.killSoon()
		if rand.N(2) == 0 {
			if err := h.db.expireLeases(t.Context()); err != nil {
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

	if !long() {
		h.restart()
		stop()
		h.wantAgreement(patience)
		return
	}

	stop()

	// The leases of the last server take two minutes. What failed in many
	// servers waits for up to an hour before it is tried again.
	if found, err := h.disagreement(4 * time.Minute); err != nil || len(found) > 0 {
		t.Logf("the work that waits is made due (%v):\n%s", err, strings.Join(found, "\n"))
		h.restart()
	}

	h.wantAgreement(patience)
}

// killSoon kills the server at a random time within half a second, or earlier
// at a random step of a random request.
func (h *harness) killSoon() (goOn chan struct{}) {
	h.t.Helper()
	routes := []string{
		createIntent, confirmIntent, createSubscription, nameIntent, readIntent, listEvents,
		succeededEvent, "WEBHOOK *",
	}

	moments := []moment{arrived, late, committing, executed, answered, unrecorded}
	a := h.arm(kill{routes[rand.N(len(routes))], moments[rand.N(len(moments))]})
	timer := time.NewTimer(rand.N(500 * time.Millisecond))
	defer timer.Stop()

	select {
	case <-a.killed:
	case <-timer.C:
		if a.disarm() {
			h.servers[0].kill()
			break
		}

		<-a.killed
	}

	return a.goOn
}

// crowd lets n buyers pay one order after the other, with every kind of card,
// until stop is called. stop waits for the orders in progress and logs how many
// were paid.
func (h *harness) crowd(n int) (stop func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	carts := carts()
	var wg sync.WaitGroup
	var paid atomic.Int64
	done := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			for turn := i; ; turn++ {
				select {
				case <-done:
					return
				default:
				}

				if err := h.purchase(ctx, turn, carts[turn%len(carts)]...); err != nil {
					h.t.Error("a buyer could not pay: ", err)
					return
				}

				paid.Add(1)
			}
		})
	}

	return func() {
		close(done)
		timer := time.AfterFunc(scaled(patience, 4*time.Minute), cancel)
		wg.Wait()
		timer.Stop()
		cancel()
		h.t.Logf("%d orders were paid", paid.Load())

		if paid.Load() == 0 {
			h.t.Error("no order was paid")
		}
	}
}
