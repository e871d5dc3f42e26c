package golive

import (
	"context"
	"time"
)

// Store keeps what a run cannot see by itself, and what came of it.
type Store interface {
	// ReadGoLive returns what the database tells about itself. livemode is the
	// mode that everything in it should be of.
	ReadGoLive(ctx context.Context, livemode bool) (Kept, error)
	// SeeGoLiveKey returns when a key was seen first: now, if it never was.
	SeeGoLiveKey(ctx context.Context, fingerprint string, now time.Time) (time.Time, error)
	// EventSources returns how the inbox got those of the events that it has:
	// "webhook" or "backfill".
	EventSources(ctx context.Context, ids []string) (map[string]string, error)
	// BeginGoLive reports whether a run may begin now: wait is 0 for one of
	// all who ask within a time, in whichever process, and tells the others
	// how long to wait.
	BeginGoLive(ctx context.Context, now time.Time, every time.Duration) (wait time.Duration, err error)
	// SaveGoLiveRun keeps a report.
	SaveGoLiveRun(ctx context.Context, r *Report) error
	// GoLiveRuns returns the last reports, newest first.
	GoLiveRuns(ctx context.Context, limit int) ([]*Report, error)
	// KeepRehearsal keeps a rehearsal instead of the one before it.
	KeepRehearsal(ctx context.Context, r Rehearsal) error
	// TickGoLive keeps what a person ticked or took back.
	TickGoLive(ctx context.Context, t Tick) error
}

// Kept is what the database tells about itself.
type Kept struct {
	BoundTo    string    // what it was first used for, "" for nothing yet
	Account    string    // whose orders it holds, "" while that is not known
	OtherMode  int64     // orders and accounts of the other mode
	LastBackup time.Time // zero: none is known
	// Verified is when the last event arrived that a secret verified, by its
	// fingerprint.
	Verified map[string]time.Time
	// Ticks are the boxes that are ticked now, by their names.
	Ticks map[string]Tick
	// Rehearsal is the last one that is kept; its time is zero if none is.
	Rehearsal Rehearsal
	// NoCharges are the connected accounts that Stripe lets charge nothing.
	NoCharges []string
}

// Tick is what a person says of a box.
type Tick struct {
	ID     string
	Box    string
	Ticked bool // false takes it back
	Person string
	Note   string
	At     time.Time
}
