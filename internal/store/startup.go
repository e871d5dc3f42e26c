package store

import (
	"context"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/store/sqldb"
)

// bindingSetting is the name under which the binding is stored.
const bindingSetting = "use"

// Bind binds the database to the payments that it is used for ("live keys"),
// and returns what it is bound to: the first binding stays.
func (s *Store) Bind(ctx context.Context, purpose string) (bound string, err error) {
	value, err := s.settingOrSet(ctx, bindingSetting, []byte(purpose))
	return string(value), err
}

// BoundTo returns what the database is bound to, or "" before the first Bind.
func (s *Store) BoundTo(ctx context.Context) (string, error) {
	value, _, err := s.setting(ctx, bindingSetting)
	return string(value), err
}

// TakeOver makes due what the previous server left in flight: events and
// requests of the shop's backend under a lease, and attempts whose outcome is
// unknown. It returns how many there were. An event that stopped one server
// after the other waits, as in RescueEvents.
//
// A server calls it when it starts. On an engine that several servers share it
// does nothing: there the leases of a dead server expire by themselves. The
// previous server of an SQLite file has ended (Claim). Were it
// alive after all, it would lose its claims and commit nothing under them, and
// an attempt that is sent again has the same idempotency key.
func (s *Store) TakeOver(ctx context.Context, now time.Time) (n int, err error) {
	if s.db.Shared() {
		return 0, nil
	}

	released, err := s.db.Exec(ctx, interruptText+`state = 'working'`, sqldb.Micros(now))
	if err != nil {
		return 0, err
	}

	attempts, err := s.db.Exec(ctx, `UPDATE attempts SET check_at = $1
		WHERE state IN ('started', 'unknown') AND check_at > $1`, sqldb.Micros(now))
	if err != nil {
		return released, err
	}

	effects, err := s.db.Exec(ctx, `UPDATE effects SET next_at = $1, lease_token = ''
		WHERE done_at = 0 AND lease_token <> ''`, sqldb.Micros(now))
	if err != nil {
		return released + attempts, err
	}

	deliveries, err := s.db.Exec(ctx, `UPDATE deliveries SET next_at = $1, lease_token = ''
		WHERE lease_token <> ''`, sqldb.Micros(now))
	if err != nil {
		return released + attempts + effects, err
	}

	erasures, err := s.db.Exec(ctx, `UPDATE erasures SET next_at = $1, lease_token = ''
		WHERE lease_token <> ''`, sqldb.Micros(now))
	if err != nil {
		return released + attempts + effects + deliveries, err
	}

	mirrors, err := s.db.Exec(ctx, `UPDATE mirror_accounts SET next_at = $1, lease_token = ''
		WHERE lease_token <> ''`, sqldb.Micros(now))
	if err != nil {
		return released + attempts + effects + deliveries, err
	}

	certs, err := s.db.Exec(ctx, `UPDATE certificates SET next_at = $1, lease_token = ''
		WHERE lease_token <> ''`, sqldb.Micros(now))
	if err != nil {
		return released + attempts + effects + deliveries, err
	}

	requests, err := s.db.Exec(ctx, `UPDATE api_requests SET lease_until = 0 WHERE lease_until > 0`)
	return released + attempts + effects + deliveries + erasures + mirrors + certs + requests, err
}

// longestHold is how long an authorized order may still become open again:
// Stripe holds no payment longer
// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
const longestHold = 40 * 24 * time.Hour

// AdoptOptions stores o with the orders that may still be paid and have no
// options, and returns how many there were. The first release stored no options
// with an order: its buyers were offered those of its configuration. An order
// of this release has a capture method, unless the shop's backend decided that
// it has none: both are left alone.
func (s *Store) AdoptOptions(ctx context.Context, o orders.Options, now time.Time) (n int, err error) {
	const text = `UPDATE orders SET options = $1 WHERE mode = 'payment' AND options = '{}' AND shop = '{}' AND `
	options := sqldb.EncodeJSON(o)

	open, err := s.db.Exec(ctx, text+`status = 'open'`, options)
	if err != nil {
		return 0, err
	}
	held, err := s.db.Exec(ctx, text+`status = 'authorized' AND created_at >= $2`,
		options, sqldb.Micros(now.Add(-longestHold)))
	return open + held, err
}

// accountSetting is the name under which the Stripe account is stored.
const accountSetting = "stripe account"

// Account returns the ID of the Stripe account that the orders belong to, ""
// before it is known.
func (s *Store) Account(ctx context.Context) (string, error) {
	value, _, err := s.setting(ctx, accountSetting)
	return string(value), err
}

// BindAccount binds the database to a Stripe account unless it has orders and
// is bound to one already, and returns the account that it is bound to.
func (s *Store) BindAccount(ctx context.Context, account string) (bound string, err error) {
	return s.setAccount(ctx, account, `WHERE NOT EXISTS (SELECT 1 FROM orders)`)
}

// MoveAccount binds the database to another Stripe account, whatever it holds.
func (s *Store) MoveAccount(ctx context.Context, account string) error {
	_, err := s.setAccount(ctx, account, ``)
	return err
}

func (s *Store) setAccount(ctx context.Context, account, where string) (bound string, err error) {
	write := sqldb.Command{
		Text: `INSERT INTO settings (name, value, created_at) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value ` + where,
		Args: []any{accountSetting, []byte(account), sqldb.Micros(s.now())},
	}

	value, err := writeThenRead(ctx, s.db, write, sqldb.ScanBytes, sqldb.Command{
		Text: selectSetting,
		Args: []any{accountSetting},
	})

	return string(value), err
}
