package store

import (
	"context"
	"crypto/rand"
	"errors"

	"checkoutd/internal/orders"
)

// Buyer returns the Stripe customer of a buyer, "" if there is none yet.
func (s *Store) Buyer(ctx context.Context, buyerID string) (customerID string, err error) {
	id, _, err := queryOne(ctx, s.reader(ctx), scanString, `SELECT customer_id FROM buyers WHERE id = $1`, buyerID)
	return id, s.public(ctx, err)
}

// SetBuyer binds a customer to a buyer and returns the one that is bound in
// the end: an earlier one stays.
func (s *Store) SetBuyer(ctx context.Context, buyerID, customerID string) (bound string, err error) {
	var found []string
	err = s.transact(ctx, func(querier) ([]command, error) {
		found = nil
		return []command{
			{text: `INSERT INTO buyers (id, customer_id, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`,
				args: []any{buyerID, customerID, micros(s.stamp())}},
			{text: `SELECT customer_id FROM buyers WHERE id = $1`, args: []any{buyerID}, row: into(&found, scanString)},
		}, nil
	})
	if err != nil {
		return "", err
	}
	return found[0], nil
}

// ForgetBuyer takes the customer from a buyer whose customer it is still.
func (s *Store) ForgetBuyer(ctx context.Context, buyerID, customerID string) error {
	return s.statement(ctx, func(q querier) error {
		_, err := q.exec(ctx, `DELETE FROM buyers WHERE id = $1 AND customer_id = $2`, buyerID, customerID)
		return err
	})
}

// SetCustomer names the Stripe customer of an open order whose customer is old, "" for none
// yet, and returns the one it has in the end. An old one stays once there is an intent,
// or an attempt that may make one: they are of that customer.
func (s *Store) SetCustomer(ctx context.Context, orderID, old, customerID string) (named string, err error) {
	var found []string
	err = s.transact(ctx, func(querier) ([]command, error) {
		found = nil
		return []command{
			{text: `UPDATE orders SET customer_id = $2, updated_at = $3
				WHERE id = $1 AND customer_id = $4 AND status = 'open' AND ($4 = '' OR
					NOT EXISTS (SELECT 1 FROM intents WHERE order_id = $1) AND
					NOT EXISTS (SELECT 1 FROM attempts WHERE order_id = $1 AND state NOT IN ('failed', 'canceled')))`,
				args: []any{orderID, customerID, micros(s.stamp()), old}},
			{text: `SELECT customer_id FROM orders WHERE id = $1`, args: []any{orderID}, row: into(&found, scanString), none: orders.ErrNotFound},
		}, nil
	})
	if err != nil {
		return "", err
	}
	return found[0], nil
}

// HasSubscription reports whether a subscription of the customer goes on, or may yet
// begin. What is canceled or incomplete_expired never comes back
// (https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses).
func (s *Store) HasSubscription(ctx context.Context, customerID string) (bool, error) {
	_, found, err := queryOne(ctx, s.reader(ctx), scanString,
		`SELECT id FROM subscriptions WHERE customer_id = $1 AND status NOT IN ('canceled', 'incomplete_expired') LIMIT 1`, customerID)
	return found, s.public(ctx, err)
}

// keySize is the length of a key in bytes.
const keySize = 32

// Key returns the named random key, made on first use and the same in every process.
func (s *Store) Key(ctx context.Context, name string) ([]byte, error) {
	fresh := make([]byte, keySize)
	rand.Read(fresh) //nolint:errcheck // it never fails: https://pkg.go.dev/crypto/rand#Read
	key, err := s.setting(ctx, name, fresh)
	if err == nil && len(key) != keySize {
		err = s.public(ctx, errors.New("store: the kept key has the wrong length"))
	}
	return key, err
}

// Bind says what the database is used for: the first use that it is told stays, and is
// returned from then on.
func (s *Store) Bind(ctx context.Context, use string) (first string, err error) {
	kept, err := s.setting(ctx, "use", []byte(use))
	return string(kept), err
}

// Use is what the database was bound to, "" if it was not yet.
func (s *Store) Use(ctx context.Context) (string, error) {
	kept, _, err := queryOne(ctx, s.reader(ctx), scanBytes, `SELECT value FROM settings WHERE name = $1`, "use")
	return string(kept), s.public(ctx, err)
}

// setting returns the named value, which is value if there is none yet.
func (s *Store) setting(ctx context.Context, name string, value []byte) ([]byte, error) {
	const get = `SELECT value FROM settings WHERE name = $1`
	kept, ok, err := queryOne(ctx, s.reader(ctx), scanBytes, get, name)
	if err != nil {
		return nil, s.public(ctx, err)
	}
	if ok {
		return kept, nil
	}
	var found [][]byte
	err = s.transact(ctx, func(querier) ([]command, error) {
		found = nil
		return []command{
			{text: `INSERT INTO settings (name, value, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`,
				args: []any{name, value, micros(s.stamp())}},
			{text: get, args: []any{name}, row: into(&found, scanBytes)},
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

func scanBytes(row scanner) (v []byte, err error) { return v, row.Scan(&v) }
