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

// Work is what a writing transaction does. The commands that it returns are
// its last: they run, and then the transaction commits.
type Work func(Querier) (last []Command, err error)

// Reader returns a Querier for single reading statements.
func (db *DB) Reader() Querier { return reader{db} }

type reader struct{ db *DB }

// Run implements Querier.
func (r reader) Run(ctx context.Context, list ...Command) error {
	return r.db.public(ctx, r.db.read.Run(ctx, list...))
}

// View runs reading commands that all see the same state of the database.
func (db *DB) View(ctx context.Context, list ...Command) error {
	return db.public(ctx, db.dialect.view(ctx, db.read, list))
}

// Transact runs fn in a writing transaction, then commits, or rolls back and
// returns fn's error. After a conflict (deadlock, serialization failure, busy
// file, ErrTryAgain) it starts again, a few times: fn then runs again and must
// keep nothing of its previous run.
func (db *DB) Transact(ctx context.Context, fn Work) error {
	return db.retry(ctx, func() error { return db.dialect.transact(ctx, db.write, fn) })
}

// Statement runs fn, which runs one writing statement. That is a transaction
// by itself, and costs PostgreSQL one round trip instead of three. It retries
// as Transact does.
func (db *DB) Statement(ctx context.Context, fn func(Querier) error) error {
	return db.retry(ctx, func() error { return fn(db.write) })
}

// Exec runs one writing statement and returns how many rows it changed.
func (db *DB) Exec(ctx context.Context, text string, args ...any) (n int, err error) {
	err = db.Statement(ctx, func(q Querier) error {
		touched, err := Exec(ctx, q, text, args...)
		n = int(touched)
		return err
	})
	return n, err
}

func (db *DB) retry(ctx context.Context, do func() error) error {
	const maxTries = 6
	var err error
	for try := range maxTries {
		if try > 0 && !backOff(ctx, try) {
			break
		}

		err = do()
		if err == nil || !db.dialect.retryable(err) && !errors.Is(err, ErrTryAgain) {
			break
		}
	}

	return db.public(ctx, err)
}

// backOff waits longer before each retry, for a random time, so that two
// transactions that met do not meet again. It reports false if ctx ended.
func backOff(ctx context.Context, retry int) bool {
	maxDelay := time.Duration(retry*retry) * 4 * time.Millisecond
	timer := time.NewTimer(maxDelay/2 + rand.N(maxDelay/2))
	defer timer.Stop()

	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// databaseError marks an error as the database's own, in contrast to the
// errors of the rules that run inside a transaction.
type databaseError struct{ err error }

func (e *databaseError) Error() string { return "database: " + e.err.Error() }
func (e *databaseError) Unwrap() error { return e.err }

// public turns an error of the database that is not reachable, or too busy,
// into a fault of kind Unavailable. All other errors stay as they are.
func (db *DB) public(ctx context.Context, err error) error {
	var own *databaseError
	switch {
	case err == nil || !errors.As(err, &own):
		return err

	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", err, ctx.Err())

	case db.dialect.retryable(err) || db.dialect.unavailable(err):
		return fault.Wrap(err, fault.Unavailable, "storage_unavailable",
			"The service cannot reach its storage at the moment. Please try again.")
	}

	return err
}
