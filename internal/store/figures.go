package store

import (
	"context"
	"time"

	"checkoutd/internal/people"
	"checkoutd/internal/store/sqldb"
)

// Figures are the numbers of a database that show how a shop is doing.
type Figures struct {
	Attempts   Waiting          // whose outcome is not known
	Events     map[string]int64 // that are not finished, dead or quarantined, by state
	EventsDue  time.Time        // since when the longest one waits that is due; zero for none
	Effects    Waiting          // from which nothing has followed
	Deliveries Waiting          // that the shop's backend does not have yet
	Endpoints  map[string]int64 // by state
	Emails     map[string]int64 // that wait; and of the last day that failed, or that nobody knows of
	Backup     time.Time        // the state of the last backup; zero for none
	Retention  []people.Sweep
	Findings   map[string]int64 // of the comparison with Stripe that are open, by kind
	Compared   time.Time        // when the last whole day was compared in all accounts; zero for never
}

// Waiting is work that waits.
type Waiting struct {
	N     int64
	Since time.Time // when the oldest was created; zero for none
}

// recentEmails is how far back e-mails are looked at that went wrong.
const recentEmails = 24 * time.Hour

// Figures reads the numbers at now. Each query has an index that leaves out
// what is finished, however much there is. The conditions on state repeat those
// of the partial indexes word for word.
func (s *Store) Figures(ctx context.Context, now time.Time) (f Figures, err error) {
	if f.Attempts, err = s.waiting(ctx, `SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM attempts
		WHERE state IN ('started', 'unknown', 'requires_action', 'processing', 'requires_capture')
			AND state IN ('started', 'unknown')`); err != nil {
		return f, err
	}

	due, err := s.waiting(ctx, `SELECT COUNT(*), COALESCE(MIN(next_at), 0) FROM events
		WHERE state IN ('received', 'unmatched') AND next_at <= $1`, sqldb.Micros(now))
	if err != nil {
		return f, err
	}
	f.EventsDue = due.Since

	f.Events, err = countBy[string](ctx, s.db, `
		SELECT state, COUNT(*) FROM events WHERE state IN ('received', 'unmatched') GROUP BY state
		UNION ALL SELECT state, COUNT(*) FROM events WHERE state = 'working' GROUP BY state
		UNION ALL SELECT state, COUNT(*) FROM events WHERE `+finishedTerm+`
			AND state IN ('dead', 'quarantined') GROUP BY state`)
	if err != nil {
		return f, err
	}

	if f.Effects, err = s.waiting(ctx, `SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM effects
		WHERE done_at = 0`); err != nil {
		return f, err
	}
	if f.Deliveries, err = s.waiting(ctx, `SELECT COUNT(*), COALESCE(MIN(created_at), 0) FROM deliveries
		WHERE state = 'pending'`); err != nil {
		return f, err
	}
	if f.Endpoints, err = countBy[string](ctx, s.db,
		`SELECT state, COUNT(*) FROM endpoints GROUP BY state`); err != nil {
		return f, err
	}

	f.Emails, err = countBy[string](ctx, s.db, `
		SELECT state, COUNT(*) FROM emails WHERE state IN ('due', 'sending') GROUP BY state
		UNION ALL SELECT state, COUNT(*) FROM emails
			WHERE state IN ('failed', 'unknown') AND created_at >= $1 GROUP BY state`,
		sqldb.Micros(now.Add(-recentEmails)))
	if err != nil {
		return f, err
	}
	if f.Findings, f.Compared, err = s.driftFigures(ctx); err != nil {
		return f, err
	}
	if f.Retention, err = s.Sweeps(ctx); err != nil {
		return f, err
	}

	f.Backup, err = s.LastBackup(ctx)
	return f, err
}

func (s *Store) waiting(ctx context.Context, text string, args ...any) (w Waiting, err error) {
	w, _, err = sqldb.QueryOne(ctx, s.db.Reader(), func(row sqldb.Row) (w Waiting, err error) {
		var since int64
		err = row.Scan(&w.N, &since)
		w.Since = sqldb.FromMicros(since)
		return w, err
	}, text, args...)
	return w, err
}

// Pools returns what the connections do.
func (s *Store) Pools() []sqldb.PoolStats { return s.db.Stats() }
