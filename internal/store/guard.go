package store

import (
	"context"
	"time"

	"checkoutd/internal/guard"
	"checkoutd/internal/store/sqldb"
)

// The ages of attempts that are counted apart, and the kinds.
const (
	ageMinute = iota
	ageRecent
	ageHour
)

const (
	kindGood = iota
	kindFailed
	kindWaiting
)

// tally is how many attempts of a kind and an age there are.
type tally struct{ kind, age, n int64 }

func scanTally(row sqldb.Row) (t tally, err error) { return t, row.Scan(&t.kind, &t.age, &t.n) }

// selectTallies counts the attempts of an hour that a condition on $5 selects.
// The failures are those that say something about the card: see package guard.
// A voucher or a bank transfer that waits for its money is no failure.
func selectTallies(condition string) string {
	return `SELECT kind, age, COUNT(*) FROM (
		SELECT CASE
			WHEN a.state IN ('succeeded', 'processing', 'requires_capture') THEN 0
			WHEN a.state = 'canceled' THEN 1
			WHEN a.state = 'failed' AND (a.error_type = 'card_error' OR a.error_code IN
				('payment_intent_authentication_failure', 'setup_intent_authentication_failure')) THEN 1
			WHEN a.state = 'requires_action' AND a.instructions <> '' THEN -1
			WHEN a.state = 'requires_action' AND a.created_at < $4 THEN 1
			WHEN a.state IN ('started', 'unknown', 'requires_action') THEN 2
			ELSE -1 END AS kind,
		CASE WHEN a.created_at >= $3 THEN 0 WHEN a.created_at >= $2 THEN 1 ELSE 2 END AS age
		FROM attempts a ` + condition + ` AND a.source <> '' AND a.created_at >= $1
	) counted WHERE kind >= 0 GROUP BY kind, age`
}

func (s *Store) tries(ctx context.Context, now time.Time, condition string, args ...any) (guard.Tries, error) {
	args = append([]any{
		sqldb.Micros(now.Add(-guard.Window)),
		sqldb.Micros(now.Add(-guard.Recent)),
		sqldb.Micros(now.Add(-time.Minute)),
		sqldb.Micros(now.Add(-guard.AbandonedAfter)),
	}, args...)

	list, err := sqldb.QueryAll(ctx, s.db.Reader(), scanTally, selectTallies(condition), args...)
	if err != nil {
		return guard.Tries{}, err
	}

	var t guard.Tries
	for _, found := range list {
		add(&t.Hour, found)
		if found.age <= ageRecent {
			add(&t.Recent, found)
		}
		if found.age == ageMinute {
			add(&t.LastMinute, found)
		}
	}

	return t, nil
}

func add(o *guard.Outcomes, t tally) {
	switch t.kind {
	case kindGood:
		o.Good += t.n
	case kindFailed:
		o.Failed += t.n
	case kindWaiting:
		o.Waiting += t.n
	}
}

// SourceTries returns the attempts of a source; see guard.Ledger.
func (s *Store) SourceTries(ctx context.Context, source string, now time.Time) (guard.Tries, error) {
	return s.tries(ctx, now, "WHERE a.source = $5", source)
}

// CustomerTries returns the attempts of a customer; see guard.Ledger.
func (s *Store) CustomerTries(ctx context.Context, customer string, now time.Time) (guard.Tries, error) {
	return s.tries(ctx, now,
		"JOIN orders o ON o.id = a.order_id WHERE o.customer_id = $5 AND o.customer_id <> ''", customer)
}

// ShopTries returns the attempts of all sources; see guard.Ledger.
func (s *Store) ShopTries(ctx context.Context, now time.Time) (guard.Tries, error) {
	return s.tries(ctx, now, "WHERE 1 = 1")
}

// CustomerHasPaid reports whether a customer paid before a time; see
// guard.Ledger.
func (s *Store) CustomerHasPaid(ctx context.Context, customer string, before time.Time) (bool, error) {
	_, paid, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
		`SELECT 1 FROM orders WHERE customer_id = $1 AND customer_id <> '' AND paid_at > 0 AND paid_at < $2 LIMIT 1`,
		customer, sqldb.Micros(before))
	return paid, err
}

// guardMode is the name of the setting.
const guardMode = "guard mode"

// GuardMode returns the mode of the guard that the operator has set, "" for
// none.
func (s *Store) GuardMode(ctx context.Context) (guard.Mode, error) {
	value, _, err := s.setting(ctx, guardMode)
	return guard.Mode(value), err
}

// SetGuardMode sets the mode of the guard. Running servers follow at once.
func (s *Store) SetGuardMode(ctx context.Context, mode guard.Mode) error {
	_, err := s.db.Exec(ctx, `INSERT INTO settings (name, value, created_at) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, created_at = excluded.created_at`,
		guardMode, []byte(mode), sqldb.Micros(s.now()))
	return err
}
