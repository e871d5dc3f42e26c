package store

import (
	"context"
	"time"

	"checkoutd/internal/store/sqldb"
)

// PaidOrders counts the orders of a customer that were paid or authorized since
// a time; see rules.Ledger.
func (s *Store) PaidOrders(ctx context.Context, customer, reference string, since time.Time) (int64, error) {
	const counted = `status IN ('paid', 'authorized', 'review') AND created_at >= $3`

	n, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT COUNT(*) FROM (
			SELECT id FROM orders WHERE customer_id = $1 AND customer_id <> '' AND `+counted+`
			UNION SELECT id FROM orders WHERE customer_reference = $2 AND customer_reference <> '' AND `+counted+`
		) found`, customer, reference, sqldb.Micros(since))
	return n, err
}
