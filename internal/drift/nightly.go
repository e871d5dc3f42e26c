package drift

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// nightly remembers which day was started last, so that not every poll asks the
// database.
type nightly struct {
	mu  sync.Mutex
	day string
}

const (
	// jitter spreads the starts of many installations over some minutes.
	jitter = 10 * time.Minute
	// missed is how many days are made up for after a server was down.
	missed = 7
)

// startNightly starts the comparison of yesterday once its time has come, and
// of the days that were missed. Several servers may do so: a day is compared
// once.
func (s *Service) startNightly(ctx context.Context, now time.Time) error {
	if s.cfg.At <= 0 {
		return nil
	}

	s.nightly.mu.Lock()
	defer s.nightly.mu.Unlock()

	yesterday := now.UTC().Add(-s.cfg.At).Truncate(24*time.Hour).AddDate(0, 0, -1)
	day := yesterday.Format(time.DateOnly)
	if s.nightly.day == day {
		return nil
	}

	first, err := s.firstMissed(ctx, yesterday)
	if err != nil {
		return err
	}

	for d := first; !d.After(yesterday); d = d.AddDate(0, 0, 1) {
		if _, err := s.Start(ctx, d.Format(time.DateOnly), now.Add(rand.N(jitter)), false); err != nil {
			return err
		}
	}

	s.nightly.day = day
	return nil
}

// firstMissed returns the first day that was not compared: at most some days
// before yesterday, and yesterday if none ever was. In a shop without orders it
// is after yesterday.
func (s *Service) firstMissed(ctx context.Context, yesterday time.Time) (time.Time, error) {
	last, err := s.cfg.Store.LastDriftDay(ctx)
	if err != nil {
		return time.Time{}, err
	}

	if last == "" {
		first, err := s.cfg.Store.FirstOrder(ctx)
		if err != nil || first.IsZero() || !first.Before(yesterday.AddDate(0, 0, 1)) {
			return yesterday.AddDate(0, 0, 1), err
		}
		return yesterday, nil
	}

	first, err := time.Parse(time.DateOnly, last)
	if oldest := yesterday.AddDate(0, 0, 1-missed); err != nil || first.Before(oldest) {
		return oldest, nil
	}

	return first, nil // it may have been compared in part
}
