package torture_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"checkoutd/internal/store/storetest"
)

// database reads the shop's database from outside, with SQL of its own: the
// product's queries must not hide the product's mistakes.
type database struct {
	url    string // DATABASE_URL
	driver string
	dsn    string
}

// newSQLite returns a migrated database in dir. The migrations have tests of
// their own.
func newSQLite(t *testing.T, dir string) database {
	t.Helper()
	file := filepath.Join(dir, "shop.db")
	storetest.WriteSQLite(t, file)
	return database{"sqlite:" + file, "sqlite", "file:" + file + "?_pragma=busy_timeout(10000)"}
}

// newPostgreSQL returns a migrated database on the server that the tests share.
func newPostgreSQL(t *testing.T) database {
	t.Helper()
	return postgresAt(storetest.PostgresURL(t))
}

func postgresAt(url string) database { return database{url, "pgx", url} }

type orderRow struct {
	id, status, reason, currency string
	account                      string // the connected one, "" for the platform's own
	amount                       int64
}

type attemptRow struct{ id, order, state string }

type effectRow struct{ id, order, kind string }

type eventRow struct {
	id, kind, state, note, secret string
	payload                       []byte
}

// rows holds all that the comparison reads.
type rows struct {
	orders   []orderRow
	attempts []attemptRow
	effects  []effectRow
	events   []eventRow
}

// read reads everything in one transaction.
func (d database) read(ctx context.Context) (out rows, err error) {
	db, err := sql.Open(d.driver, d.dsn)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: d.snapshot()})
	if err != nil {
		return out, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written

	err = errors.Join(
		gather(ctx, tx, &out.orders,
			`SELECT id, status, review_reason, currency, account, amount FROM orders`,
			func(r *orderRow) []any {
				return []any{&r.id, &r.status, &r.reason, &r.currency, &r.account, &r.amount}
			}),
		gather(ctx, tx, &out.attempts,
			`SELECT id, order_id, state FROM attempts`,
			func(r *attemptRow) []any {
				return []any{&r.id, &r.order, &r.state}
			}),
		gather(ctx, tx, &out.effects,
			`SELECT id, order_id, kind FROM effects`,
			func(r *effectRow) []any {
				return []any{&r.id, &r.order, &r.kind}
			}),
		gather(ctx, tx, &out.events,
			`SELECT id, type, state, note, secret, payload FROM events`,
			func(r *eventRow) []any {
				return []any{&r.id, &r.kind, &r.state, &r.note, &r.secret, &r.payload}
			}),
	)

	return out, err
}

func (d database) snapshot() sql.IsolationLevel {
	if d.driver == "pgx" {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

func gather[R any](ctx context.Context, tx *sql.Tx, into *[]R, query string, fields func(*R) []any) error {
	found, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()

	for found.Next() {
		var r R
		if err := found.Scan(fields(&r)...); err != nil {
			return err
		}

		*into = append(*into, r)
	}

	return found.Err()
}

// lock locks the database for writers until release is called: whatever a
// server does meanwhile, it cannot commit. On SQLite that is the one write
// lock.
func (d database) lock(t *testing.T) (release func()) {
	ctx := context.Background()
	dsn, statement := d.dsn+"&_txlock=immediate", "SELECT 1"
	if d.driver == "pgx" {
		dsn, statement = d.dsn, "LOCK TABLE orders, attempts, effects, events IN EXCLUSIVE MODE"
	}

	db, err := sql.Open(d.driver, dsn)
	if err != nil {
		t.Error("lock the database: ", err)
		return func() {}
	}

	tx, err := db.BeginTx(ctx, nil)
	if err == nil {
		_, err = tx.ExecContext(ctx, statement)
	}

	if err != nil {
		t.Error("lock the database: ", errors.Join(err, db.Close())) // which rolls back
		return func() {}
	}

	return func() {
		if err := errors.Join(tx.Rollback(), db.Close()); err != nil {
			t.Error("release the database: ", err)
		}
	}
}

// absence is longer than every lease.
const absence = 10 * time.Minute

// expireLeases makes the database look as if no server had run for ten minutes:
// every lease has expired, and what waited is due. No server may run meanwhile.
func (d database) expireLeases(ctx context.Context) (err error) {
	db, err := sql.Open(d.driver, d.dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	for _, text := range []string{
		`UPDATE events SET lease_until = lease_until - $1 WHERE state = 'working'`,
		`UPDATE events SET next_at = next_at - $1 WHERE state IN ('received', 'unmatched')`,
		`UPDATE attempts SET check_at = check_at - $1 WHERE check_at > 0`,
		`UPDATE effects SET next_at = next_at - $1 WHERE done_at = 0`,
		`UPDATE emails SET next_at = next_at - $1 WHERE state IN ('due', 'sending')`,
		`UPDATE api_requests SET lease_until = lease_until - $1 WHERE lease_until > 0`,
		`UPDATE deliveries SET next_at = next_at - $1 WHERE state = 'pending'`,
		`UPDATE mirror_accounts SET next_at = next_at - $1`,
		`UPDATE replicas SET lease_until = lease_until - $1`,
	} {
		if _, err := db.ExecContext(ctx, text, absence.Microseconds()); err != nil {
			return err
		}
	}

	return nil
}
