package mirror_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"checkoutd/internal/connect/mirror"
)

// turns is the Stripe of several replicas. It notes who reads which page, and
// how many pages of the huge account were read before.
type turns struct {
	*ledger

	mu       sync.Mutex
	pages    [3]int         // of each replica
	huge     int            // of the huge account
	began    map[string]int // of the huge one before an account's first
	took     map[string]int // and from there to its last
	reading  map[string]bool
	together []string // accounts that two replicas read at once
}

// turnsOf is turns for one replica.
type turnsOf struct {
	*turns
	pages *int
}

func (s *turnsOf) MirrorPage(ctx context.Context, q mirror.Query) (page [][]byte, more bool, err error) {
	s.enter(q.Account, s.pages)
	defer s.leave(q.Account)
	return s.ledger.MirrorPage(ctx, q)
}

func (s *turns) enter(account string, pages *int) {
	s.mu.Lock()
	defer s.mu.Unlock()

	*pages++

	if s.reading[account] {
		s.together = append(s.together, account)
	}

	s.reading[account] = true

	if account == "acct_huge" {
		s.huge++
		return
	}

	if _, seen := s.began[account]; !seen {
		s.began[account] = s.huge
	}

	s.took[account] = s.huge - s.began[account]
}

func (s *turns) leave(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading[account] = false
}

// TestManySmallAccountsBesideAHugeOne mirrors small accounts beside a huge one
// by three replicas. Each small one begins at once and ends after a few pages
// of the huge one, no account is read by two replicas at once, and each replica
// does its part. CHECKOUTD_TORTURE=1 has a thousand small ones.
func TestManySmallAccountsBesideAHugeOne(t *testing.T) {
	t.Parallel()
	small := map[string]int{"sqlite": 200, "postgres": 60}
	if os.Getenv("CHECKOUTD_TORTURE") == "1" {
		small = map[string]int{"sqlite": 1000, "postgres": 1000}
	}

	for name, newURL := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, newURL(t))
			f.connect("acct_huge", 5000)

			for n := range small[name] {
				f.connect(fmt.Sprintf("acct_%04d", n), n%3)
				f.clock.Advance(time.Microsecond)
			}

			s := &turns{
				ledger:  f.stripe,
				began:   map[string]int{},
				took:    map[string]int{},
				reading: map[string]bool{},
			}

			f.stripe.fail = func(mirror.Query) error { f.clock.Advance(time.Microsecond); return nil }
			s.runReplicas(f)
			s.check(t, small[name])

			for _, account := range []string{"acct_huge", "acct_0001", "acct_0059"} {
				f.compare(f.raw(), account)
			}
		})
	}
}

// runReplicas lets the replicas work until nothing is due. In each round they
// all claim and work at the same time, so that none is ever far behind.
func (s *turns) runReplicas(f *fixture) {
	f.t.Helper()
	var services [3]*mirror.Service
	for n := range services {
		cfg := f.cfg
		cfg.Stripe = &turnsOf{s, &s.pages[n]}
		services[n] = mirror.New(cfg)
	}

	for {
		var worked atomic.Int64
		var g errgroup.Group
		for _, service := range services {
			g.Go(func() error {
				n, err := service.RunOnce(f.t.Context())
				worked.Add(int64(n))
				return err
			})
		}

		if err := g.Wait(); err != nil {
			f.t.Fatal(err)
		}
		if worked.Load() == 0 {
			return
		}
	}
}

func (s *turns) check(t *testing.T, small int) {
	t.Helper()

	// A small account has four lists. In a round, in which it is read once,
	// each replica may read the huge one once.
	const most = 4 * len(s.pages)
	for account, took := range s.took {
		if began := s.began[account]; began > most || took > most {
			t.Errorf("%s began after %d pages of the huge account and took %d more, want %d at most",
				account, began, took, most)
		}
	}

	if len(s.took) != small || s.huge < 100 {
		t.Errorf("%d small accounts and %d pages of the huge one were read", len(s.took), s.huge)
	}

	if len(s.together) > 0 {
		t.Errorf("two replicas read pages of the same accounts at once: %v", s.together)
	}

	for n, read := range s.pages {
		if read < small/len(s.pages) {
			t.Errorf("replica %d read %d pages of %v", n, read, s.pages)
		}
	}
}
