package store

import (
	"context"

	"checkoutd/internal/orders"
	"checkoutd/internal/store/sqldb"
)

// Buyer returns the Stripe customer of a buyer in an account, or "" if there is
// none yet.
func (s *Store) Buyer(ctx context.Context, account, buyerID string) (customerID string, err error) {
	id, _, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanString,
		`SELECT customer_id FROM buyers WHERE id = $1 AND account = $2`, buyerID, account)
	return id, err
}

// SetBuyer binds a customer of an account to a buyer and returns the customer
// that is bound: an earlier one stays. A customer who is being erased, or was,
// is bound to nobody.
func (s *Store) SetBuyer(ctx context.Context, account, buyerID, customerID string) (bound string, err error) {
	insert := sqldb.Command{
		Text: `INSERT INTO buyers (id, account, customer_id, created_at)
			SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT)
			WHERE NOT EXISTS (SELECT 1 FROM erased WHERE id = $3)
			ON CONFLICT (id, account) DO NOTHING`,
		Args: []any{buyerID, account, customerID, sqldb.Micros(s.now())},
	}
	return writeThenRead(ctx, s.db, insert, sqldb.ScanString, sqldb.Command{
		Text: `SELECT customer_id FROM buyers WHERE id = $1 AND account = $2`,
		Args: []any{buyerID, account},
	})
}

// ForgetBuyer unbinds the customer of an account from the buyer, unless another
// one has been bound since.
func (s *Store) ForgetBuyer(ctx context.Context, account, buyerID, customerID string) error {
	_, err := s.db.Exec(ctx, `DELETE FROM buyers WHERE id = $1 AND account = $2 AND customer_id = $3`,
		buyerID, account, customerID)
	return err
}

// SetCustomer replaces the Stripe customer of an open order by customerID, and
// returns the customer that the order then has. The order must still have the
// customer and the shop's name for its buyer that were read: whom the shop has
// named since then must not get the customer of somebody else. A customer stays
// once the order has an intent, or an attempt that may create one: both belong
// to that customer.
func (s *Store) SetCustomer(
	ctx context.Context, read orders.Order, customerID string,
) (current string, err error) {
	update := sqldb.Command{
		Text: `UPDATE orders SET customer_id = $2, updated_at = $3
			WHERE id = $1 AND customer_id = $4 AND customer_reference = $5 AND status = 'open' AND ($4 = '' OR
				NOT EXISTS (SELECT 1 FROM intents WHERE order_id = $1 AND status <> 'canceled') AND
				NOT EXISTS (SELECT 1 FROM attempts
					WHERE order_id = $1 AND state NOT IN ('failed', 'canceled')))`,
		Args: []any{read.ID, customerID, sqldb.Micros(s.now()), read.CustomerID, read.CustomerReference},
	}

	return writeThenRead(ctx, s.db, update, sqldb.ScanString, sqldb.Command{
		Text:   `SELECT customer_id FROM orders WHERE id = $1`,
		Args:   []any{read.ID},
		IfNone: orders.ErrNotFound,
	})
}

// writeThenRead runs a write that may do nothing, because another caller was
// first, and returns the single row that read finds afterwards. Both run in
// one transaction.
func writeThenRead[T any](
	ctx context.Context, db *sqldb.DB, write sqldb.Command,
	scan func(sqldb.Row) (T, error), read sqldb.Command,
) (v T, err error) {
	read.Row = func(row sqldb.Row) (err error) {
		v, err = scan(row)
		return err
	}
	err = db.Transact(ctx, "", func(context.Context, sqldb.Querier) ([]sqldb.Command, error) {
		return []sqldb.Command{write, read}, nil
	})
	return v, err
}
