package sqldb

import (
	"context"
	"errors"
	"sync"
	"time"
)

// How often Health may write.
const (
	probeEvery  = 10 * time.Second // while writes succeed
	reprobeWait = time.Second      // after a write that failed
)

// writeHealth knows whether the database can be written. A write that fails
// says so at once; only a probe says that it works again, since a transaction
// that changes nothing also succeeds on a full disk.
type writeHealth struct {
	mu       sync.Mutex
	failed   error
	probedAt time.Time // on the monotonic clock
}

// record stores the outcome of a write, and reports whether it is another one
// than before: working, or failed.
func (h *writeHealth) record(err error) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()

	changed = (h.failed == nil) != (err == nil)
	h.failed = err
	return changed
}

// startProbe reports whether it is time to probe, and returns the last failure.
func (h *writeHealth) startProbe() (due bool, failed error) {
	h.mu.Lock()
	defer h.mu.Unlock()

	wait := probeEvery
	if h.failed != nil {
		wait = reprobeWait
	}

	due = h.probedAt.IsZero() || time.Since(h.probedAt) >= wait
	if due {
		h.probedAt = time.Now()
	}

	return due, h.failed
}

// Health reports whether the database is there and can be read and written. It
// runs probe, a small write, now and then, and after a write that failed.
func (db *DB) Health(ctx context.Context, probe Command) error {
	if err := db.dialect.intact(); err != nil {
		return db.unwritable(ctx, err)
	}
	if err := db.Ping(ctx); err != nil {
		return err
	}
	if err := db.dialect.spaceLeft(); err != nil {
		return db.unwritable(ctx, err)
	}

	due, failed := db.health.startProbe()
	if !due {
		return db.public(ctx, failed)
	}

	err := db.Statement(ctx, func(ctx context.Context, q Querier) error { return q.Run(ctx, probe) })
	switch {
	case err == nil && db.health.record(nil):
		db.log.Info().Msg("the database can be written again")
	case db.dialect.lockTimeout(err):
		return nil // others write: that is not a failure
	}

	return err
}

// unwritable records that the database cannot be written, logs it once, and
// returns the error for the public.
func (db *DB) unwritable(ctx context.Context, err error) error {
	db.noteWrite(err)
	return db.public(ctx, err)
}

// noteWrite records a write that failed because of the database.
func (db *DB) noteWrite(err error) {
	var own *databaseError
	if !errors.As(err, &own) || errors.Is(err, errNoTurn) || db.dialect.lockTimeout(err) || !db.unavailable(err) {
		return
	}
	if db.health.record(own) {
		db.log.Error().Err(own).Msg("the database cannot be written")
	}
}
