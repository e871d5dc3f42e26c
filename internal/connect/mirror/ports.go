package mirror

import (
	"context"
	"errors"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/queue"
)

// Query asks for a page of a list, newest first.
type Query struct {
	Account string
	Kind    Kind
	From    time.Time // created at or after; zero for all
	Until   time.Time // created at or before; zero for now
	After   string    // the last ID of the previous page; "" for the first page
}

// Stripe reads the lists of connected accounts. It is safe for concurrent use.
// An account that the platform has no access to any more is ErrNoAccess, an
// unknown object in Query.After ErrCursorGone, and a refusal because of too
// many requests a *TooManyError.
type Stripe interface {
	// MirrorPage returns the objects of a page as their JSON, and whether there
	// are more.
	MirrorPage(ctx context.Context, q Query) (page [][]byte, more bool, err error)
	// AccountCreated returns when a connected account was created: nothing in
	// it is older. It is zero if Stripe does not say.
	AccountCreated(ctx context.Context, account string) (time.Time, error)
}

// ErrNoAccess means that the platform has no access to the account any more.
var ErrNoAccess = errors.New("mirror: no access to the account")

// ErrCursorGone means that Stripe does not know the object in Query.After any
// more.
var ErrCursorGone = errors.New("mirror: the last object of the previous page is gone")

// TooManyError is Stripe's answer to too many requests.
type TooManyError struct {
	RetryAfter time.Duration // 0 if Stripe does not say
	Cause      error
}

// Error implements error.
func (e *TooManyError) Error() string { return "mirror: too many requests: " + e.Cause.Error() }

// Unwrap returns the cause.
func (e *TooManyError) Unwrap() error { return e.Cause }

// ErrNotMirrored is returned for an account without a mirror.
var ErrNotMirrored = fault.New(fault.NotFound, "mirror_not_found",
	"The payments of this account are not stored here. Start its mirror first.")

// errNotKept is returned for an account without a mirror that has been
// disconnected.
var errNotKept = fault.New(fault.NotFound, "mirror_not_found",
	"The payments of this account are not stored here: it is disconnected.")

// Store keeps the mirrors. Every method is one transaction and safe for
// concurrent use from several processes.
type Store interface {
	// AddMirrors starts a mirror of each connected account that has none, and
	// returns how many there were.
	AddMirrors(ctx context.Context, since, now time.Time) (int, error)
	// ClaimMirrors leases up to n mirrors until leaseUntil: those of connected
	// accounts that are due, and with gone those of accounts that are not
	// connected. It takes those first that have been due longest.
	ClaimMirrors(ctx context.Context, now, leaseUntil time.Time, n int, gone bool) ([]Job, error)
	// RescueMirrors makes those due again whose lease has expired at now.
	RescueMirrors(ctx context.Context, now time.Time) (int, error)
	// CommitMirror stores m with the objects of b and ends the claim. The error
	// is queue.ErrClaimLost, and nothing is stored, if the lease is no longer
	// held or the account is no longer connected.
	CommitMirror(ctx context.Context, claim queue.Claim, m *Mirror, b *Batch) error
	// EraseMirror erases up to n objects of each kind of an account that is not
	// connected, ends the claim, and removes the mirror once nothing is left.
	// It reports whether that is so.
	EraseMirror(ctx context.Context, claim queue.Claim, n int) (erased bool, err error)
	// ApplyMirror stores the objects of b if the account is connected and
	// mirrored. It reports whether it is.
	ApplyMirror(ctx context.Context, account string, b *Batch) (bool, error)

	// Mirror returns the mirror of an account, or ErrNotMirrored.
	Mirror(ctx context.Context, account string) (Mirror, error)
	// ChangeMirror changes the mirror of a connected account, or adds one if
	// there is none (change gets one without CreatedAt then), and takes it from
	// whoever holds it. The error is connect.ErrNotConnected for an account
	// that is not connected, and connect.ErrNoAccount for one that never was.
	ChangeMirror(ctx context.Context, account string, change func(*Mirror)) (Mirror, error)

	// MirrorPayments returns the payments that match f, newest first.
	// ErrNoCursor means that f.After is none of the account's.
	MirrorPayments(ctx context.Context, account string, f Filter) ([]Listed, error)
	// MirrorReport returns the rows of a report about the objects that were
	// created from from until before to.
	MirrorReport(ctx context.Context, account, report string, from, to time.Time) ([]Row, error)
	// MirrorOldest returns the creation of the oldest object of the account,
	// zero if there is none.
	MirrorOldest(ctx context.Context, account string) (time.Time, error)
}

// Job is a mirror that a worker holds.
type Job struct {
	Mirror
	Claim       queue.Claim
	Connected   bool      // the account is
	ConnectedAt time.Time // the last time
}
