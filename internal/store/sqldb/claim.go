package sqldb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/filelock"
)

// inUseError is the refusal of an SQLite file that another server has.
type inUseError struct {
	path string
	held *filelock.HeldError
}

// Error names the file and the process that has it.
func (e *inUseError) Error() string {
	return fmt.Sprintf("database: %s is in use by another server: %s. "+
		"Stop that server first: an SQLite file serves one at a time, PostgreSQL serves several",
		e.path, e.held.Holder)
}

func (e *inUseError) Unwrap() error { return e.held }

// claimEvery is how often a claim that waits looks again: nothing tells when
// the kernel frees a lock.
const claimEvery = 100 * time.Millisecond

// Claim keeps other servers off the SQLite file at databaseURL, until release
// or the end of this process. A PostgreSQL database is shared: there Claim does
// nothing. While another server has the file, Claim waits for it to leave for
// up to wait, says so in the log once, and then returns an error that names the
// other server and wraps a *filelock.HeldError.
func Claim(
	ctx context.Context, databaseURL string, wait time.Duration, log zerolog.Logger,
) (release func() error, err error) {
	d, err := dialectOf(databaseURL)
	if err != nil {
		return nil, err
	}

	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()

	release, err = d.claim()
	var held *filelock.HeldError
	if !errors.As(err, &held) || wait <= 0 {
		return release, err
	}

	log.Warn().
		Int("pid", held.Holder.PID).
		Str("host", held.Holder.Host).
		Time("since", held.Holder.Since).
		Dur("wait", wait).
		Msg("another server has the database: waiting until it stops")

	tick := time.NewTicker(claimEvery)
	defer tick.Stop()

	for errors.As(err, &held) {
		select {
		case <-ctx.Done():
			return nil, err
		case <-tick.C:
			release, err = d.claim()
		}
	}

	return release, err
}
