package store

import (
	"context"
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

// scanner is a row to read.
type scanner interface{ Scan(dest ...any) error }

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

// work is what a writing transaction does. The commands that it returns are its last:
// they run, and then it commits.
type work func(querier) (last []command, err error)

// transact runs fn in a writing transaction and commits it, or leaves nothing. When the
// database asks for it (deadlock, serialization, busy) it starts again, a few times:
// fn then runs again and must not keep anything from its former run.
func (s *Store) transact(ctx context.Context, fn work) error {
	return s.retry(ctx, func() error { return s.dialect.transact(ctx, s.write, fn) })
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

// view runs commands that see one state of the database.
func (s *Store) view(ctx context.Context, list ...command) error {
	return s.public(ctx, s.dialect.view(ctx, s.read, list))
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
