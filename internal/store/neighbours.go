package store

import (
	"context"
	"time"

	"checkoutd/internal/store/sqldb"
)

// KnowsEvent reports whether an event is about an intent, a subscription or a
// customer of an order of the account; see webhooks.Intake.
func (s *Store) KnowsEvent(ctx context.Context, account, group, customerID string) (bool, error) {
	_, known, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT 1 FROM intents i JOIN orders o ON o.id = i.order_id WHERE i.id = $1 AND o.account = $3
			UNION ALL SELECT 1 FROM subscriptions s JOIN orders o ON o.id = s.order_id
				WHERE s.id = $1 AND o.account = $3
			UNION ALL SELECT 1 FROM orders WHERE customer_id <> '' AND customer_id = $2 AND account = $3
			LIMIT 1`, group, customerID, account)
	return known, err
}

// ChargesIn reports whether an order is charged in a connected account.
func (s *Store) ChargesIn(ctx context.Context, account string) (bool, error) {
	_, found, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT 1 FROM orders WHERE account = $1 AND account <> '' LIMIT 1`, account)
	return found, err
}

// IsOrderCustomer reports whether an order belongs to a customer of the
// platform's own account.
func (s *Store) IsOrderCustomer(ctx context.Context, customerID string) (bool, error) {
	return s.KnowsEvent(ctx, "", "", customerID)
}

// IsNotOurs reports whether one of the objects is remembered as another
// integration's.
func (s *Store) IsNotOurs(ctx context.Context, objectIDs []string) (bool, error) {
	if len(objectIDs) == 0 {
		return false, nil
	}

	var w sqldb.Where
	sqldb.AddIn(&w, "id", objectIDs)
	w.AddArg("until_at >", sqldb.Micros(s.now()))

	_, found, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT id FROM not_ours`+w.String()+` LIMIT 1`, w.Args()...)

	return found, err
}

// ForgetNotOurs deletes what was remembered until now.
func (s *Store) ForgetNotOurs(ctx context.Context, now time.Time) error {
	_, err := s.db.Exec(ctx, `DELETE FROM not_ours WHERE until_at <= $1`, sqldb.Micros(now))
	return err
}
