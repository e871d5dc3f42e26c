package store

import (
	"context"
	"sync"

	"checkoutd/internal/queue"
	"checkoutd/internal/store/sqldb"
)

// endings lets the ends of many claims share a commit: those that arrive while
// one is under way go into the next. Events of others are many, and a commit
// for each would make our own wait for the disk. The zero endings is ready for
// use.
type endings struct {
	mu      sync.Mutex
	waiting []*ending
	running bool
}

// ending is the end of one claim. The first of its writes is the end itself.
type ending struct {
	writes []sqldb.Command
	ended  int64 // how many claims the first write ended: 1, or 0 if it was lost
	result chan error
}

// end ends a claim with the others that wait. The error is queue.ErrClaimLost
// if the lease is no longer held.
func (s *Store) end(ctx context.Context, writes []sqldb.Command) error {
	e := &ending{writes: writes, result: make(chan error, 1)}

	s.endings.mu.Lock()
	s.endings.waiting = append(s.endings.waiting, e)

	if !s.endings.running {
		s.endings.running = true
		go s.commitEndings(context.WithoutCancel(ctx))
	}

	s.endings.mu.Unlock()

	err := <-e.result
	if err == nil && e.ended == 0 {
		err = queue.ErrClaimLost
	}

	return err
}

// commitEndings commits what waits until nothing does.
func (s *Store) commitEndings(ctx context.Context) {
	for {
		s.endings.mu.Lock()
		batch := s.endings.waiting
		s.endings.waiting = nil
		s.endings.running = len(batch) > 0
		s.endings.mu.Unlock()

		if len(batch) == 0 {
			return
		}

		err := s.db.Transact(ctx, "", func(context.Context, sqldb.Querier) (all []sqldb.Command, err error) {
			for _, e := range batch {
				e.ended = 0
				e.writes[0].Count = &e.ended
				all = append(all, e.writes...)
			}

			return all, nil
		})

		for _, e := range batch {
			e.result <- err
		}
	}
}
