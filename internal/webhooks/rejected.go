package webhooks

import (
	"context"
	"sync"
	"time"
)

// The reasons for which a request is rejected and counted.
const (
	rejectSignature = "bad_signature"
	rejectStale     = "stale_timestamp"
	rejectFuture    = "future_timestamp"
	rejectEnvelope  = "bad_envelope"
	rejectTooLarge  = "body_too_large"
)

// flushEvery is how often the counts of rejected requests are written to the
// store: a flood of bad requests must not become a flood of writes.
const flushEvery = 5 * time.Second

// counter counts by reason until it is taken. The zero counter is ready for
// use, and it is safe for concurrent use.
type counter struct {
	mu sync.Mutex
	n  map[string]int64
}

func (c *counter) add(reason string, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()

	if c.n == nil {
		c.n = make(map[string]int64)
	}
	c.n[reason] += n
}

// take returns the counts and resets them.
func (c *counter) take() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()

	n := c.n
	c.n = nil
	return n
}

// flushRejected adds the counts of rejected requests to those in the store.
// What cannot be written is kept for the next flush.
func (s *Service) flushRejected(ctx context.Context) {
	for reason, n := range s.rejected.take() {
		if err := s.cfg.Intake.CountRejected(ctx, reason, n); err != nil {
			s.rejected.add(reason, n)
			s.cfg.Log.Error().
				Err(err).
				Str("reason", reason).
				Int64("count", n).
				Msg("could not store the count of rejected webhooks")

			continue
		}

		s.cfg.Log.Warn().Str("reason", reason).Int64("count", n).Msg("rejected webhooks")
	}
}
