package store

import (
	"context"
	"time"

	"checkoutd/internal/store/sqldb"
)

// OpenDriftFindings returns how many findings are open.
func (s *Store) OpenDriftFindings(ctx context.Context) (int64, error) {
	n, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT COUNT(*) FROM drift_findings WHERE state = 'open'`)
	return n, err
}

// driftFigures returns the number of open findings by kind, and when the last
// whole day was compared in all accounts.
func (s *Store) driftFigures(ctx context.Context) (findings map[string]int64, compared time.Time, err error) {
	findings, err = countBy[string](ctx, s.db,
		`SELECT kind, COUNT(*) FROM drift_findings WHERE state = 'open' GROUP BY kind`)
	if err != nil {
		return nil, time.Time{}, err
	}

	compared, err = s.DriftCompared(ctx)
	return findings, compared, err
}

// DriftCompared returns when the last whole day was compared in all accounts,
// zero for never.
func (s *Store) DriftCompared(ctx context.Context) (time.Time, error) {
	micros, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT COALESCE(MAX(r.finished_at), 0) FROM drift_runs r
			WHERE r.account = '' AND r.state = 'done' AND r.whole AND NOT EXISTS (SELECT 1 FROM drift_runs o
				WHERE o.day = r.day AND o.state IN ('running', 'failed'))`)
	return sqldb.FromMicros(micros), err
}
