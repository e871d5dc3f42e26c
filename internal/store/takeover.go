package store

import (
	"context"
	"time"
)

// TakeOver makes due at now what a server that is gone had in hand: events under a lease and
// attempts whose outcome is open. It is for the start of a server, and does nothing
// on an engine that several servers share, where the lease of the dead runs out by itself.
// Should another server be alive after all, it loses its claims and commits nothing under
// them, and an attempt that is sent again goes under its old idempotency key.
func (s *Store) TakeOver(ctx context.Context, now time.Time) (n int, err error) {
	if s.dialect.shared() {
		return 0, nil
	}
	events, err := s.change(ctx, `UPDATE events SET state = 'received', lease_token = '', lease_until = 0, next_at = $1
		WHERE state = 'working'`, micros(now))
	if err != nil {
		return 0, err
	}
	attempts, err := s.change(ctx, `UPDATE attempts SET check_at = $1
		WHERE state IN ('started', 'unknown') AND check_at > $1`, micros(now))
	return events + attempts, err
}

// SQLite is for one server at a time; PostgreSQL is what several share.
func (d *sqliteDialect) shared() bool   { return false }
func (d *postgresDialect) shared() bool { return true }
