package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// postgresDialect is a PostgreSQL server, shared with other processes.
type postgresDialect struct{ config *pgx.ConnConfig }

func newPostgres(databaseURL string) (dialect, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, errors.New("store: the postgres:// address cannot be read; want postgres://user:password@host:5432/database")
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "checkoutd"
	}
	return &postgresDialect{config}, nil
}

// exists leaves it to the server to refuse: nobody makes its databases by connecting.
func (d *postgresDialect) exists() error { return nil }

func (d *postgresDialect) open(maxConns int) (write, read *pool, err error) {
	db := stdlib.OpenDB(*d.config, stdlib.OptionAfterConnect(prepareConn))
	conns := max(cmp.Or(maxConns, 16), 2) // migrating takes two
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	p := &pool{DB: db}
	return p, p, nil
}

// prepareConn refuses a server that answers before it has written, keeps a process that
// hangs in the middle of a transaction from holding its locks for ever, and
// chooses the cheap compression.
func prepareConn(ctx context.Context, conn *pgx.Conn) error {
	var commit string
	if err := conn.QueryRow(ctx, "SELECT current_setting('synchronous_commit')").Scan(&commit); err != nil {
		return err
	}
	if commit == "off" {
		return errors.New("synchronous_commit is off for this user or database: what is acknowledged could be lost; set it to on")
	}
	if _, err := conn.Exec(ctx, "SET idle_in_transaction_session_timeout = '60s'"); err != nil {
		return err
	}
	// Compressing payloads is half of an event's cost to the server with its own pglz, and
	// little with LZ4, which not every server is built with.
	_, err := conn.Exec(ctx, "SET default_toast_compression = 'lz4'")
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

func (d *postgresDialect) lockRow() string    { return " FOR UPDATE" }
func (d *postgresDialect) skipLocked() string { return " FOR UPDATE SKIP LOCKED" }
func (d *postgresDialect) flushers() int      { return 3 }

// flushTime bounds one commit of the inbox, so that a server that hangs does not hold
// its callers for ever.
const flushTime = 30 * time.Second

// insertEvents sends all rows as one statement of one text, a column per argument.
func (d *postgresDialect) insertEvents(ctx context.Context, p *pool, rows [][]any) ([]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	columns := make([]any, len(rows[0]))
	types := make([]string, len(rows[0]))
	for c := range columns {
		columns[c], types[c] = column(rows, c)
	}
	for c := range types {
		types[c] = fmt.Sprintf("$%d::%s", c+1, types[c])
	}
	text := "INSERT INTO events (" + strings.Join(eventColumns, ", ") + ") SELECT * FROM unnest(" +
		strings.Join(types, ", ") + ") ON CONFLICT (id) DO NOTHING RETURNING id"
	ids, err := queryAll(ctx, p.querier(ctx), scanString, text, columns...)
	if err != nil {
		return nil, err
	}
	inserted := make(map[string]bool, len(ids))
	for _, id := range ids {
		inserted[id] = true
	}
	isNew := make([]bool, len(rows))
	for i, row := range rows {
		isNew[i] = inserted[row[0].(string)]
	}
	return isNew, nil
}

// column gathers one column of rows as a slice, with its PostgreSQL type.
func column(rows [][]any, c int) (values any, array string) {
	switch rows[0][c].(type) {
	case int64:
		return gather[int64](rows, c), "bigint[]"
	case bool:
		return gather[bool](rows, c), "boolean[]"
	case []byte:
		return gather[[]byte](rows, c), "bytea[]"
	default:
		return gather[string](rows, c), "text[]"
	}
}

func gather[T any](rows [][]any, c int) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = row[c].(T)
	}
	return out
}

func (d *postgresDialect) migrations() goose.Dialect { return goose.DialectPostgres }

// migrationLock is checkoutd's number among the server's advisory locks.
const migrationLock = 0x636865636b6f7574

// lockMigrations waits for a lock that belongs to its connection: it ends with
// the process, whatever happens to it.
func (d *postgresDialect) lockMigrations(ctx context.Context, write *pool) (release func() error, err error) {
	conn, err := write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock))
		return errors.Join(err, conn.Close())
	}, nil
}

// code is the SQLSTATE of err, "" if the server did not send it.
func (d *postgresDialect) code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
func (d *postgresDialect) retryable(err error) bool {
	switch d.code(err) {
	case "40001", "40P01", "55P03": // serialization failure, deadlock, lock not available
		return true
	}
	return false
}

func (d *postgresDialect) unavailable(err error) bool {
	code := d.code(err)
	if len(code) == 5 {
		switch code[:2] {
		case "08", "53", "57", "58": // connection, resources, operator, system
			return true
		}
		return code == "25006" // a standby that only reads
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, sql.ErrConnDone) || strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "unexpected EOF")
}

func (d *postgresDialect) badRow(err error) bool {
	code := d.code(err)
	return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23") || code == "54000"
}

func (d *postgresDialect) violates(err error, u unique) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23505" && e.ConstraintName == u.name
}
