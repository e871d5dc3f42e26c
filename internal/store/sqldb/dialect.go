package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// dialect is everything in which the two engines differ.
type dialect interface {
	// exists returns nil unless open would have to create the database.
	exists() error
	// claim keeps other servers away until release. Those that share the
	// database are not kept away. The error wraps a *filelock.HeldError while
	// another server has the database.
	claim() (release func() error, err error)
	// open creates the writing and the reading pool, and returns how many
	// transactions may write at a time: 0 for as many as there are connections.
	open(maxConns int, timeout time.Duration) (write, read *pool, writers int, err error)

	// transact runs fn, then the commands that it returns, in a writing
	// transaction.
	transact(ctx context.Context, write *pool, fn Work) error
	// statement runs fn, which runs one writing statement.
	statement(ctx context.Context, write *pool, fn func(context.Context, Querier) error) error
	// view runs commands in a reading transaction that sees a single state.
	view(ctx context.Context, read *pool, list []Command) error
	// lockRow and skipLocked are described at DB.LockRow and DB.SkipLocked.
	lockRow() string
	skipLocked() string
	// lowerJSON is described at DB.LowerJSON.
	lowerJSON(column string, members []string) string

	// flushers returns how many commits of a Batcher run at once.
	flushers() int
	// insertNew inserts rows with distinct keys in one transaction, and reports
	// for each of them whether its key was new.
	insertNew(ctx context.Context, write *pool, t insertTarget, rows [][]any) (isNew []bool, err error)

	// migrations names the engine to goose.
	migrations() goose.Dialect
	// migrator returns the connections for migrations, which may take as long
	// as they need.
	migrator(write *pool) (db *sql.DB, closeIt func() error)
	// lockMigrations keeps other processes from migrating until release.
	lockMigrations(ctx context.Context, db *sql.DB) (release func() error, err error)

	// shared reports whether several servers may use one database at a time.
	shared() bool

	// intact returns an error if the open database is no longer where its
	// address says.
	intact() error
	// spaceLeft returns an error if the database has no room to grow.
	spaceLeft() error

	// retryable reports whether the transaction did nothing and may run again.
	retryable(err error) bool
	// unavailable reports whether the database cannot be reached, or cannot
	// write.
	unavailable(err error) bool
	// lockTimeout reports whether another session held a lock for too long.
	lockTimeout(err error) bool
	// badRow reports whether the row is to blame, not the database.
	badRow(err error) bool
	// violates reports whether err is a violation of the unique index.
	violates(err error, index UniqueIndex) bool
}

// UniqueIndex identifies a unique index. In its errors PostgreSQL reports the
// name, SQLite the columns ("table.column").
type UniqueIndex struct{ Name, Columns string }

// insertTarget is a table to insert into. The first column is its key.
type insertTarget struct {
	table   string
	columns []string
}

// dialectOf chooses the engine by the scheme of the address. The address may
// contain a password, so errors never repeat it.
func dialectOf(databaseURL string) (dialect, error) {
	scheme, rest, _ := strings.Cut(databaseURL, ":")
	switch scheme {
	case "sqlite":
		return newSQLite(strings.TrimPrefix(rest, "//"))
	case "postgres", "postgresql":
		return newPostgres(databaseURL)
	case "":
		return nil, errors.New("database: the address is empty; want sqlite:./data/checkoutd.db or postgres://…")
	}
	return nil, errors.New("database: the address must begin with sqlite: or postgres://")
}
