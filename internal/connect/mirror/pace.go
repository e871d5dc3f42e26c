package mirror

import (
	"context"
	"errors"
	"time"

	"checkoutd/internal/queue"
)

// nextPage returns when the account's next page is due, and ends the pass if
// that is done.
func (s *Service) nextPage(m *Mirror, began time.Time) time.Time {
	if !m.done() {
		return began.Add(s.spacing() + m.Pause)
	}

	now := s.cfg.Now()
	if m.BackfilledAt.IsZero() {
		m.BackfilledAt = now
	}

	next := m.StartedAt.Add(s.cfg.CheckEvery)
	if next.Before(now) {
		return now
	}

	return next
}

// spacing returns the time from one call of an account to the next.
func (s *Service) spacing() time.Duration {
	if s.cfg.PerAccount == 0 {
		return 0
	}
	return time.Second / time.Duration(s.cfg.PerAccount)
}

// calmer returns a pause after a page that Stripe answered.
func calmer(pause time.Duration) time.Duration {
	if pause < 10*time.Millisecond {
		return 0
	}
	return pause * 9 / 10
}

// fail ends a claim whose work failed.
func (s *Service) fail(ctx context.Context, j Job, cause error) error {
	m := j.Mirror
	m.Failures++
	m.Problem = problemOf(cause)
	wait := queue.Backoff(int(m.Failures), time.Second, longestTry)

	var tooMany *TooManyError
	if errors.As(cause, &tooMany) {
		s.cfg.Pace.Refused()
		m.Pause = min(max(2*m.Pause, firstPause), worstPause)
		wait = max(m.Pause, tooMany.RetryAfter)
	}

	m.NextAt = s.cfg.Now().Add(wait)
	err := ifHeld(s.cfg.Store.CommitMirror(ctx, j.Claim, &m, &Batch{}))
	s.wakeAt(m.NextAt)

	return errors.Join(cause, err)
}

// problemOf returns what the platform is told of a failure.
func problemOf(err error) string {
	var tooMany *TooManyError
	switch {
	case errors.Is(err, ErrNoAccess):
		return "Stripe says that the platform has no access to this account."
	case errors.As(err, &tooMany):
		return "Stripe asked for fewer requests; the mirror goes on more slowly."
	default:
		return "The last page could not be read; it is tried again. The log has the reason."
	}
}
