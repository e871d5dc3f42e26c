package store

import "context"

// CountRejected adds n to the count of requests refused for the reason.
func (s *Store) CountRejected(ctx context.Context, reason string, n int64) error {
	_, err := s.db.Exec(ctx, `INSERT INTO rejected (reason, n) VALUES ($1, $2)
		ON CONFLICT (reason) DO UPDATE SET n = rejected.n + excluded.n`, reason, n)
	return err
}

// Rejected returns the counts of refused requests by reason.
func (s *Store) Rejected(ctx context.Context) (map[string]int64, error) {
	return countBy[string](ctx, s.db, `SELECT reason, n FROM rejected`)
}
