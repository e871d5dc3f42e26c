package store

import (
	"context"
	"time"

	"checkoutd/internal/store/sqldb"
)

// ClockSetBack makes due now what was due at prev, before the system's clock
// was set back from prev to now, and returns how many rows there were. Without
// it, they would wait until the clock reaches prev again.
//
// An attempt that is being sent at the moment may become due, too. It would be
// sent again under the same idempotency key.
func (s *Store) ClockSetBack(ctx context.Context, prev, now time.Time) (n int, err error) {
	from, to := sqldb.Micros(now), sqldb.Micros(prev)
	events, err := s.db.Exec(ctx, `UPDATE events SET next_at = $1 WHERE id IN (
		SELECT id FROM events
		WHERE state IN ('received', 'unmatched') AND next_at > $1 AND next_at <= $2`+s.db.SkipLocked()+`)`,
		from, to)
	if err != nil {
		return 0, err
	}

	attempts, err := s.db.Exec(ctx, `UPDATE attempts SET check_at = $1 WHERE id IN (
		SELECT id FROM attempts
		WHERE state IN ('started', 'unknown', 'requires_action', 'processing', 'requires_capture')
			AND check_at > $1 AND check_at <= $2`+s.db.SkipLocked()+`)`,
		from, to)
	if err != nil {
		return events, err
	}

	effects, err := s.db.Exec(ctx, `UPDATE effects SET next_at = $1 WHERE id IN (
		SELECT id FROM effects WHERE done_at = 0 AND next_at > $1 AND next_at <= $2`+s.db.SkipLocked()+`)`,
		from, to)
	if err != nil {
		return events + attempts, err
	}

	deliveries, err := s.db.Exec(ctx, `UPDATE deliveries SET next_at = $1 WHERE id IN (
		SELECT id FROM deliveries WHERE state = 'pending' AND lease_token = ''
			AND next_at > $1 AND next_at <= $2`+s.db.SkipLocked()+`)`,
		from, to)
	if err != nil {
		return events + attempts + effects, err
	}

	erasures, err := s.db.Exec(ctx, `UPDATE erasures SET next_at = $1
		WHERE state <> 'done' AND next_at > $1 AND next_at <= $2`, from, to)
	if err != nil {
		return events + attempts + effects + deliveries, err
	}

	mirrors, err := s.db.Exec(ctx, `UPDATE mirror_accounts SET next_at = $1 WHERE id IN (
		SELECT id FROM mirror_accounts WHERE lease_token = ''
			AND next_at > $1 AND next_at <= $2`+s.db.SkipLocked()+`)`,
		from, to)
	if err != nil {
		return events + attempts + effects + deliveries + erasures, err
	}

	// A request that is in progress after all is carried out once more under
	// the same name, which changes nothing.
	requests, err := s.db.Exec(ctx, `UPDATE api_requests SET lease_until = $1
		WHERE lease_until > $1 AND lease_until <= $2`, from, to)
	return events + attempts + effects + deliveries + erasures + mirrors + requests, err
}
