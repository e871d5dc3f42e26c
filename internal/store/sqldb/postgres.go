package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// postgresDialect is a PostgreSQL server, shared with other processes.
type postgresDialect struct{ config *pgx.ConnConfig }

// connectTimeout is how long one server may take to accept a connection, unless
// the address has a connect_timeout.
const connectTimeout = 5 * time.Second

func newPostgres(databaseURL string) (dialect, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, errors.New("database: the postgres:// address cannot be parsed; " +
			"want postgres://user:password@host:5432/database")
	}

	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "checkoutd"
	}

	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, connectTimeout)

	return &postgresDialect{config}, nil
}

// exists always succeeds: connecting never creates a database on a server, so
// the server itself refuses a wrong name.
func (d *postgresDialect) exists() error { return nil }

func (d *postgresDialect) claim() (release func() error, err error) {
	return func() error { return nil }, nil
}

// open lets three of four connections write at a time. A reader never waits
// for a lock, so the last one serves other orders while writers wait.
func (d *postgresDialect) open(
	maxConns int, timeout time.Duration,
) (write, read *pool, writers int, err error) {
	db := stdlib.OpenDB(*d.config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		return prepareConn(ctx, conn, d.limits(timeout))
	}))
	conns := max(cmp.Or(maxConns, 16), 2)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(5 * time.Minute)

	p := &pool{DB: db}
	return p, p, max(conns*3/4, 1), nil
}

// limits returns the settings that end a statement, a wait for a lock and an
// idle transaction at the server: the client alone could leave them behind. A
// transaction of ours never waits for anything but the database, so a lock is
// held for milliseconds. What the address sets itself stays.
func (d *postgresDialect) limits(timeout time.Duration) map[string]string {
	limits := map[string]string{}
	for name, limit := range map[string]time.Duration{
		"statement_timeout":                   timeout,
		"lock_timeout":                        timeout / 5,
		"idle_in_transaction_session_timeout": timeout,
	} {
		if d.config.RuntimeParams[name] == "" {
			limits[name] = strconv.FormatInt(limit.Milliseconds(), 10)
		}
	}

	return limits
}

// migrationLockTimeout is how long a migration waits for a table. It is shorter
// than what the servers' own statements wait, which queue behind it.
const migrationLockTimeout = time.Second

// migrator returns connections whose statements take as long as they need, but
// do not wait long for a lock.
func (d *postgresDialect) migrator(*pool) (db *sql.DB, closeIt func() error) {
	limits := map[string]string{"lock_timeout": strconv.FormatInt(migrationLockTimeout.Milliseconds(), 10)}
	db = stdlib.OpenDB(*d.config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		return prepareConn(ctx, conn, limits)
	}))
	return db, db.Close
}

// prepareConn checks and configures a new connection.
func prepareConn(ctx context.Context, conn *pgx.Conn, limits map[string]string) error {
	// A server that acknowledges a commit before it has written it could lose
	// a payment that we have already reported.
	var commit string
	err := conn.QueryRow(ctx, "SELECT current_setting('synchronous_commit')").Scan(&commit)
	if err != nil {
		return err
	}

	if commit == "off" {
		return &ownError{text: "synchronous_commit is off for this user or database: " +
			"acknowledged writes could be lost; set it to on"}
	}

	names := slices.Collect(maps.Keys(limits))
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = limits[name]
	}

	_, err = conn.Exec(ctx, "SELECT set_config(name, value, false)"+
		" FROM unnest($1::text[], $2::text[]) AS limits (name, value)", names, values)
	if err != nil {
		return err
	}

	// Compressing payloads with the default, pglz, costs the server as much as
	// all the rest of an event. LZ4 costs little, but not every server has it.
	_, err = conn.Exec(ctx, "SET default_toast_compression = 'lz4'")

	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return nil
	}

	return err
}

// A server's database cannot be lost without its connections.
func (d *postgresDialect) intact() error    { return nil }
func (d *postgresDialect) spaceLeft() error { return nil }

func (d *postgresDialect) lockRow() string    { return " FOR UPDATE" }
func (d *postgresDialect) skipLocked() string { return " FOR UPDATE SKIP LOCKED" }

// lowerJSON uses the collation C, because an index needs the same letters in
// every locale. PostgreSQL reads no member of JSON in which any text has a NUL
// (https://www.postgresql.org/docs/current/datatype-json.html): a space takes
// its place, so that such a row can be stored.
func (d *postgresDialect) lowerJSON(column string, members []string) string {
	return `lower((replace(` + column + `, '\u0000', '\u0020')::json #>> '{` + strings.Join(members, ",") + `}') COLLATE "C")`
}

func (d *postgresDialect) flushers() int { return 3 }
func (d *postgresDialect) shared() bool  { return true }

// insertNew sends all rows as one statement with one array per column: its
// text is the same for any number of rows, so that it is prepared once.
func (d *postgresDialect) insertNew(
	ctx context.Context, p *pool, t insertTarget, rows [][]any,
) ([]bool, error) {
	arrays := make([]any, len(t.columns))
	holders := make([]string, len(t.columns))
	for c := range t.columns {
		values, arrayType := columnArray(rows, c)
		arrays[c] = values
		holders[c] = fmt.Sprintf("$%d::%s", c+1, arrayType)
	}

	key := t.columns[0]
	text := "INSERT INTO " + t.table + " (" + strings.Join(t.columns, ", ") + ")" +
		" SELECT * FROM unnest(" + strings.Join(holders, ", ") + ")" +
		" ON CONFLICT (" + key + ") DO NOTHING RETURNING " + key

	keys, err := QueryAll(ctx, p, ScanString, text, arrays...)
	if err != nil {
		return nil, err
	}

	inserted := make(map[string]bool, len(keys))
	for _, key := range keys {
		inserted[key] = true
	}

	isNew := make([]bool, len(rows))
	for i, row := range rows {
		isNew[i] = inserted[row[0].(string)]
	}

	return isNew, nil
}

// columnArray collects column c of rows in a slice, and returns it with its
// PostgreSQL type.
func columnArray(rows [][]any, c int) (values any, arrayType string) {
	switch rows[0][c].(type) {
	case int64:
		return collect[int64](rows, c), "bigint[]"
	case bool:
		return collect[bool](rows, c), "boolean[]"
	case []byte:
		return collect[[]byte](rows, c), "bytea[]"
	default:
		return collect[string](rows, c), "text[]"
	}
}

func collect[T any](rows [][]any, c int) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = row[c].(T)
	}
	return out
}

func (d *postgresDialect) migrations() goose.Dialect { return goose.DialectPostgres }

// migrationLock is checkoutd's number among the server's advisory locks.
const migrationLock = 0x636865636b6f7574

// lockMigrations waits for an advisory lock. The lock belongs to its
// connection, so that it ends with the process, even with one that crashes.
func (d *postgresDialect) lockMigrations(ctx context.Context, db *sql.DB) (release func() error, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}

	// Whoever migrates may take long.
	_, err = conn.ExecContext(ctx, "SET lock_timeout = 0")
	if err == nil {
		_, err = conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock))
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}

	release = func() error {
		ctx := context.WithoutCancel(ctx)
		_, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", int64(migrationLock))
		return errors.Join(err, conn.Close())
	}

	return release, nil
}

// code returns the SQLSTATE of err, or "" if err did not come from the server.
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
	case "40001", "40P01": // serialization failure, deadlock
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

		switch code {
		case "25006", "25P03", "25P04": // a read-only standby; an idle or long transaction was ended
			return true
		}

		return false
	}

	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(rootCause(err).Error(), "conn closed")
}

func (d *postgresDialect) lockTimeout(err error) bool { return d.code(err) == "55P03" }

func (d *postgresDialect) badRow(err error) bool {
	code := d.code(err)
	return strings.HasPrefix(code, "22") || strings.HasPrefix(code, "23") || code == "54000" ||
		d.lockTimeout(err)
}

func (d *postgresDialect) violates(err error, index UniqueIndex) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23505" && e.ConstraintName == index.Name
}
