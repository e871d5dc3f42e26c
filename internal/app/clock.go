package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"
)

// clockWatch notices that the system's clock was set, by comparing it with the
// monotonic clock, which nobody sets. Workers measure their leases with the
// monotonic clock, so a jump interrupts nothing. But rows store when they are
// due: after a clock was set back, work would wait for as long as it jumped.
type clockWatch struct {
	wall    func() time.Time
	elapsed func() time.Duration // on the monotonic clock
	// setBack makes due what was due before the clock jumped from prev to now.
	setBack func(ctx context.Context, prev, now time.Time) (int, error)
	log     zerolog.Logger

	lastWall    time.Time
	lastElapsed time.Duration
}

// A clock that is only adjusted gains or loses much less than jump in every.
const (
	clockEvery = 5 * time.Second
	clockJump  = 2 * time.Second
)

func newClockWatch(w clockWatch) *clockWatch {
	w.lastWall, w.lastElapsed = w.wall().Round(0), w.elapsed()
	return &w
}

// watchClock watches the clock of the App until ctx ends.
func (a *App) watchClock(ctx context.Context) {
	started := time.Now()
	newClockWatch(clockWatch{
		wall:    a.opts.Now,
		elapsed: func() time.Duration { return time.Since(started) },
		setBack: a.store.ClockSetBack,
		log:     a.opts.Log,
	}).run(ctx)
}

// run checks the clock until ctx ends.
func (w *clockWatch) run(ctx context.Context) {
	ticker := time.NewTicker(clockEvery)
	defer ticker.Stop()

	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.check(ctx)
		}
	}
}

// check logs a jump since the last check, once, and repairs what it delays.
func (w *clockWatch) check(ctx context.Context) {
	wall, elapsed := w.wall().Round(0), w.elapsed() // without the monotonic reading
	expected := w.lastWall.Add(elapsed - w.lastElapsed)
	w.lastWall, w.lastElapsed = wall, elapsed

	by := wall.Sub(expected)
	if by.Abs() < clockJump {
		return
	}

	line := w.log.Warn().Str("by", by.Round(time.Millisecond).String())
	if by < 0 {
		n, err := w.setBack(ctx, expected, wall)
		line = line.Int("made_due", n).AnErr("error", err)
	}

	line.Msg("the system clock jumped, or the machine slept: check its time service")
}
