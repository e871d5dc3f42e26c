package api

import (
	"context"
	"time"
)

// The stored answers go soon after their day is over.
const (
	sweepEvery = 10 * time.Minute
	sweepBatch = 500
)

// Run removes the requests that have expired, with their answers, until ctx
// ends.
func (s *Service) Run(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()

	for {
		if n, err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Log.Warn().Err(err).Int("removed", n).Msg("could not remove expired answers of the API")
		}

		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Sweep removes the requests that have expired, and returns how many there
// were.
func (s *Service) Sweep(ctx context.Context) (removed int, err error) {
	for {
		n, err := s.cfg.Requests.DeleteRequests(ctx, s.cfg.Now(), sweepBatch)
		removed += n
		if err != nil || n < sweepBatch {
			return removed, err
		}
	}
}
