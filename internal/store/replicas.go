package store

import (
	"context"
	"time"

	"checkoutd/internal/store/sqldb"
)

// CountReplicas counts the replica as running until leaseUntil, and returns how
// many are running.
func (s *Store) CountReplicas(ctx context.Context, id string, now, leaseUntil time.Time) (n int, err error) {
	writes := []sqldb.Command{
		{
			Text: `INSERT INTO replicas (id, lease_until) VALUES ($1, $2)
				ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until`,
			Args: []any{id, sqldb.Micros(leaseUntil)},
		},
		{Text: `DELETE FROM replicas WHERE lease_until <= $1`, Args: []any{sqldb.Micros(now)}},
	}

	err = s.db.Transact(ctx, "", func(context.Context, sqldb.Querier) ([]sqldb.Command, error) {
		return writes, nil
	})
	if err != nil {
		return 0, err
	}

	running, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT COUNT(*) FROM replicas WHERE lease_until > $1`, sqldb.Micros(now))
	return int(running), err
}

// RemoveReplica counts the replica no longer.
func (s *Store) RemoveReplica(ctx context.Context, id string) error {
	_, err := s.db.Exec(ctx, `DELETE FROM replicas WHERE id = $1`, id)
	return err
}
