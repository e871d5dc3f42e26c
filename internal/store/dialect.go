package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"
)

// dialect is all in which the two engines differ.
type dialect interface {
	// exists is nil if open would not make the database.
	exists() error
	// open makes the writing and the reading pool.
	open(maxConns int) (write, read *pool, err error)
	// transact runs fn, then the commands that it returns, in a writing transaction;
	// view runs commands in one that sees a single state.
	transact(ctx context.Context, write *pool, fn work) error
	view(ctx context.Context, read *pool, list []command) error
	// lockRow ends a SELECT that locks its row until the transaction ends;
	// skipLocked one that takes only rows which nobody else has locked.
	lockRow() string
	skipLocked() string
	// flushers is how many commits of the inbox run at once.
	flushers() int
	// insertEvents adds rows of the inbox, without a repeated id among them, in one
	// transaction, and says which were new.
	insertEvents(ctx context.Context, p *pool, rows [][]any) (isNew []bool, err error)

	// migrations names the engine to goose; lockMigrations keeps other
	// processes from migrating until release.
	migrations() goose.Dialect
	lockMigrations(ctx context.Context, write *pool) (release func() error, err error)

	// shared: several servers may use one database at a time.
	shared() bool

	// retryable: the transaction did nothing and may be run again.
	retryable(err error) bool
	// unavailable: the database cannot be reached, or cannot write.
	unavailable(err error) bool
	// badRow: the row is to blame, not the database.
	badRow(err error) bool
	// violates reports whether err is a violation of the unique index.
	violates(err error, u unique) bool
}

// unique is a unique index: PostgreSQL reports its name, SQLite its columns.
type unique struct{ name, columns string }

var (
	oneActiveAttempt    = unique{"attempts_one_active", "attempts.order_id"}
	oneStartedOperation = unique{"operations_one_started", "operations.order_id"}
	oneOfGroup          = unique{"events_one_of_group", "events.event_group"}
)

// dialectOf chooses the engine by the scheme of the address, which may hold a password:
// errors never repeat it.
func dialectOf(databaseURL string) (dialect, error) {
	scheme, rest, _ := strings.Cut(databaseURL, ":")
	switch scheme {
	case "sqlite":
		return newSQLite(strings.TrimPrefix(rest, "//"))
	case "postgres", "postgresql":
		return newPostgres(databaseURL)
	case "":
		return nil, errors.New("store: the database address is empty; want sqlite:./data/checkoutd.db or postgres://…")
	}
	return nil, fmt.Errorf("store: the database address must begin with sqlite: or postgres://, not with %q", scheme)
}
