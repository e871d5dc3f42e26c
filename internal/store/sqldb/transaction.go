package sqldb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"checkoutd/internal/fault"
)

// ErrTryAgain makes Transact and Statement run fn again, a few times, as they
// do when the database itself reports a conflict. fn returns an error that
// wraps it.
var ErrTryAgain = errors.New("database: lost against another transaction")

// Work is what a writing transaction does. It runs its commands with the ctx
// that it is given, which ends with the time that the database has. The
// commands that it returns are its last: they run, and then the transaction
// commits.
type Work func(ctx context.Context, q Querier) (last []Command, err error)

// Reader returns a Querier for single reading statements.
func (db *DB) Reader() Querier { return reader{db} }

type reader struct{ db *DB }

// Run implements Querier.
func (r reader) Run(ctx context.Context, list ...Command) error {
	return r.db.reading(ctx, func(ctx context.Context) error { return r.db.read.Run(ctx, list...) })
}

// View runs reading commands that all see the same state of the database.
func (db *DB) View(ctx context.Context, list ...Command) error {
	return db.reading(ctx, func(ctx context.Context) error { return db.dialect.view(ctx, db.read, list) })
}

// Transact runs fn in a writing transaction, then commits, or rolls back and
// returns fn's error. After a conflict (deadlock, serialization failure, busy
// file, ErrTryAgain) it starts again, a few times: fn then runs again and must
// keep nothing of its previous run.
//
// key names the row that fn locks. Transactions of one key go one after the
// other, and those that wait hold no connection. It is "" if fn locks nothing
// that others ask for.
func (db *DB) Transact(ctx context.Context, key string, fn Work) error {
	return db.writing(ctx, key, func(ctx context.Context) error {
		return db.dialect.transact(ctx, db.write, fn)
	})
}

// Statement runs fn, which runs one writing statement with the ctx that it is
// given. That is a transaction by itself, and costs PostgreSQL one round trip
// instead of three. It retries as Transact does.
func (db *DB) Statement(ctx context.Context, fn func(context.Context, Querier) error) error {
	return db.writing(ctx, "", func(ctx context.Context) error { return db.dialect.statement(ctx, db.write, fn) })
}

// Exec runs one writing statement and returns how many rows it changed.
func (db *DB) Exec(ctx context.Context, text string, args ...any) (n int, err error) {
	err = db.Statement(ctx, func(ctx context.Context, q Querier) error {
		touched, err := Exec(ctx, q, text, args...)
		n = int(touched)
		return err
	})
	return n, err
}

// reading runs do within the time that the database has. What was read in a
// file that is no longer there is an error: it may be a write that was refused.
func (db *DB) reading(ctx context.Context, do func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, db.timeout)
	defer cancel()

	err := do(bounded)
	if err == nil {
		err = db.dialect.intact()
	}

	return db.public(ctx, err)
}

// writing runs do, which writes, within the time that the database has, waits
// for a connection included. It runs do again after a conflict. What was
// written to a file that is no longer there is an error.
func (db *DB) writing(ctx context.Context, key string, do func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, db.timeout)
	defer cancel()

	err := db.inTurn(bounded, key, func() error { return db.retry(bounded, do) })
	if err == nil {
		err = db.dialect.intact()
	}

	db.noteWrite(err)
	return db.public(ctx, err)
}

// inTurn runs do when the key is free and one of the connections for writing.
func (db *DB) inTurn(ctx context.Context, key string, do func() error) error {
	if db.slots == nil {
		return do() // SQLite's callers stand in line at its one writing connection
	}

	if key != "" {
		leave, err := db.gate.enter(ctx, key)
		if err != nil {
			return err
		}
		defer leave()
	}

	select {
	case db.slots <- struct{}{}:
		defer func() { <-db.slots }()

		return do()
	case <-ctx.Done():
		return noTurn(ctx)
	}
}

func (db *DB) retry(ctx context.Context, do func(context.Context) error) error {
	const maxTries = 6
	var err error
	for try := range maxTries {
		if try > 0 && !backOff(ctx, try) {
			break
		}

		err = do(ctx)
		if err == nil || !db.dialect.retryable(err) && !errors.Is(err, ErrTryAgain) {
			break
		}
	}

	return err
}

// backOff waits longer before each retry, for a random time, so that two
// transactions that met do not meet again. It reports false if ctx ended.
func backOff(ctx context.Context, retry int) bool {
	maxDelay := time.Duration(retry*retry) * 4 * time.Millisecond
	return sleep(ctx, maxDelay/2+rand.N(maxDelay/2))
}

// public turns an error of the database that is not reachable, or too busy,
// into a fault of kind Unavailable. All other errors stay as they are. ctx is
// the caller's: only a caller who has gone gets the error of ctx.
func (db *DB) public(ctx context.Context, err error) error {
	var own *databaseError
	switch {
	case err == nil || !errors.As(err, &own):
		return err

	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%w: %w", err, ctx.Err())

	case db.dialect.retryable(err) || db.unavailable(err):
		return fault.Wrap(err, fault.Unavailable, "storage_unavailable",
			"The service cannot reach its storage at the moment. Please try again.")
	}

	return err
}

// unavailable reports whether the database cannot be reached, cannot write, or
// does not answer in time.
func (db *DB) unavailable(err error) bool {
	var own *ownError
	return errors.As(err, &own) && own.unavailable ||
		errors.Is(err, context.DeadlineExceeded) ||
		db.dialect.lockTimeout(err) || db.dialect.unavailable(err)
}
