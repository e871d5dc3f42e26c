package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"
)

// LoseDatabase closes the database under the running app.
func (a *App) LoseDatabase() error { return a.store.Close() }

// WatchClock returns the check that a server repeats.
func WatchClock(
	wall func() time.Time, elapsed func() time.Duration,
	setBack func(ctx context.Context, prev, now time.Time) (int, error), log zerolog.Logger,
) (check func(context.Context)) {
	return newClockWatch(clockWatch{
		wall:    wall,
		elapsed: elapsed,
		setBack: setBack,
		log:     log,
	}).check
}

// CheckAccountEvery sets the time between two readings of the key's account.
func (a *App) CheckAccountEvery(pause time.Duration) { a.account.pause = pause }
