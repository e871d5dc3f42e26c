package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"checkoutd/internal/fault"
)

// dbError marks an error as the database's own, in contrast to those of the rules
// that run inside a transaction.
type dbError struct{ err error }

func (e *dbError) Error() string { return "store: " + e.err.Error() }
func (e *dbError) Unwrap() error { return e.err }

// querier runs statements on a pool or in a transaction.
type querier struct {
	on interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
}

// exec runs a statement and says how many rows it touched.
func (q querier) exec(ctx context.Context, text string, args ...any) (int64, error) {
	res, err := q.on.ExecContext(ctx, text, cleaned(args)...)
	if err != nil {
		return 0, &dbError{err}
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, &dbError{err}
	}
	return n, nil
}

// scanner is a row to read.
type scanner interface{ Scan(dest ...any) error }

// queryAll reads all rows of a query.
func queryAll[T any](ctx context.Context, q querier, scan func(scanner) (T, error), text string, args ...any) ([]T, error) {
	rows, err := q.on.QueryContext(ctx, text, cleaned(args)...)
	if err != nil {
		return nil, &dbError{err}
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, &dbError{err}
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		return nil, &dbError{err}
	}
	return all, nil
}

// queryOne reads the first row of a query; ok is false if there is none.
func queryOne[T any](ctx context.Context, q querier, scan func(scanner) (T, error), text string, args ...any) (v T, ok bool, err error) {
	all, err := queryAll(ctx, q, scan, text, args...)
	if err != nil || len(all) == 0 {
		return v, false, err
	}
	return all[0], true, nil
}

func scanString(row scanner) (v string, err error) { return v, row.Scan(&v) }
func scanInt(row scanner) (v int64, err error)     { return v, row.Scan(&v) }

// cleaned replaces in texts what PostgreSQL refuses, so that both engines keep and
// find the same. The caller's list stays as it is.
func cleaned(args []any) []any {
	var out []any
	for i, a := range args {
		text, ok := a.(string)
		if !ok {
			continue
		}
		if safe := clean(text); safe != text {
			if out == nil {
				out = append(out, args...)
			}
			out[i] = safe
		}
	}
	if out == nil {
		return args
	}
	return out
}

func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

// reader is the pool for single reading statements.
func (s *Store) reader(ctx context.Context) querier { return s.read.querier(ctx) }

// transact runs fn in a writing transaction and commits it, or leaves nothing. When the
// database asks for it (deadlock, serialization, busy) it starts again, a few times:
// fn then runs again and must not keep anything from its former run.
func (s *Store) transact(ctx context.Context, fn func(querier) error) error {
	return s.retry(ctx, func() error { return s.write.within(ctx, s.dialect.writing(), fn) })
}

// statement runs fn, which makes one writing statement: that is a transaction of
// its own, and one round trip to PostgreSQL instead of three.
func (s *Store) statement(ctx context.Context, fn func(querier) error) error {
	return s.retry(ctx, func() error { return fn(s.write.querier(ctx)) })
}

func (s *Store) retry(ctx context.Context, do func() error) error {
	const tries = 6
	var err error
	for try := range tries {
		if try > 0 && !pause(ctx, try) {
			break
		}
		if err = do(); err == nil || !s.dialect.retryable(err) && !errors.Is(err, errGroupTaken) {
			break
		}
	}
	return s.public(ctx, err)
}

// view runs fn in a transaction that sees one state of the database.
func (s *Store) view(ctx context.Context, fn func(querier) error) error {
	return s.public(ctx, s.read.within(ctx, s.dialect.reading(), fn))
}

// pause waits before try number try+1, or until ctx ends.
func pause(ctx context.Context, try int) bool {
	most := time.Duration(try*try) * 4 * time.Millisecond
	timer := time.NewTimer(most/2 + rand.N(most/2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// public gives an error of the database its face. All others stay as they are.
func (s *Store) public(ctx context.Context, err error) error {
	var own *dbError
	switch {
	case err == nil || !errors.As(err, &own):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", err, ctx.Err())
	case s.dialect.retryable(err) || s.dialect.unavailable(err):
		return fault.Wrap(err, fault.Unavailable, "storage_unavailable", "The service cannot reach its storage for the moment. Please try again.")
	}
	return err
}
