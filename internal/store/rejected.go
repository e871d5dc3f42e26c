package store

import "context"

// CountRejected adds n to the count of requests refused for the reason.
func (s *Store) CountRejected(ctx context.Context, reason string, n int64) error {
	_, err := s.change(ctx, `INSERT INTO rejected (reason, n) VALUES ($1, $2)
		ON CONFLICT (reason) DO UPDATE SET n = rejected.n + excluded.n`, reason, n)
	return err
}

// Rejected gives the counts by reason.
func (s *Store) Rejected(ctx context.Context) (map[string]int64, error) {
	return s.counts(ctx, `SELECT reason, n FROM rejected`)
}

// counts reads a query of names and numbers.
func (s *Store) counts(ctx context.Context, text string) (map[string]int64, error) {
	type count struct {
		name string
		n    int64
	}
	list, err := queryAll(ctx, s.reader(ctx), func(row scanner) (c count, err error) {
		return c, row.Scan(&c.name, &c.n)
	}, text)
	if err != nil {
		return nil, s.public(ctx, err)
	}
	counts := make(map[string]int64, len(list))
	for _, c := range list {
		counts[c.name] = c.n
	}
	return counts, nil
}
