package store

import (
	"context"
	"slices"
	"time"

	"checkoutd/internal/store/sqldb"
)

// Known returns those of the ids that the inbox has stored.
func (s *Store) Known(ctx context.Context, ids []string) (map[string]bool, error) {
	known := make(map[string]bool, len(ids))
	for chunk := range slices.Chunk(ids, maxIDs) {
		var w sqldb.Where
		sqldb.AddIn(&w, "id", chunk)
		found, err := sqldb.QueryAll(ctx, s.db.Reader(), sqldb.ScanString,
			`SELECT id FROM events`+w.String(), w.Args()...)
		if err != nil {
			return nil, err
		}

		for _, id := range found {
			known[id] = true
		}
	}

	return known, nil
}

// Cursor returns how far the backfill of an account has come, zero at first.
// That of a connected account begins with the first order that is charged in
// it, which nobody may have backfilled for long.
func (s *Store) Cursor(ctx context.Context, account string) (time.Time, error) {
	micros, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT COALESCE(
			(SELECT at FROM cursors WHERE account = $1),
			(SELECT MIN(created_at) FROM orders WHERE account = $1 AND account <> ''),
			0)`, account)
	return sqldb.FromMicros(micros), err
}

// SetCursor sets what Cursor returns.
func (s *Store) SetCursor(ctx context.Context, account string, cursor time.Time) error {
	_, err := s.db.Exec(ctx, `INSERT INTO cursors (account, at) VALUES ($1, $2)
		ON CONFLICT (account) DO UPDATE SET at = excluded.at`, account, sqldb.Micros(cursor))
	return err
}
