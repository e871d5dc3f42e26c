package webhooks

import (
	"context"
	"time"

	"checkoutd/internal/queue"
)

// State is where an event stands in the inbox; doc.go draws what leads where.
type State string

// The states. Received, Working and Unmatched are unfinished; the others are final
// unless somebody replays the event.
const (
	Received    State = "received"
	Working     State = "working"     // a worker holds a lease on it
	Unmatched   State = "unmatched"   // no order knows what it is about yet; tried again
	Done        State = "done"        // its change is committed
	Ignored     State = "ignored"     // a type that changes nothing here
	Dead        State = "dead"        // given up after many tries, for a person
	Quarantined State = "quarantined" // verified, but of the wrong mode or account
)

// Event is a row of the inbox.
type Event struct {
	ID              string // evt_…
	Type            string
	Account         string // connected account, "" for our own
	APIVersion      string
	VersionMismatch bool // of another release train than ours: the object is read afresh
	Livemode        bool
	Created         time.Time // at Stripe, to the second
	Group           string    // intent, subscription or object id: one event of a group is worked at a time
	Payload         []byte    // the signed bytes
	Source          string    // SourceWebhook or SourceBackfill
	Secret          string    // fingerprint of the secret that verified it, "" for backfill
	State           State
	Note            string // why it is quarantined, unmatched or dead, or the last error; for the shop
	OrderID         string // "" until matched
	Tries           int64
	NextAt          time.Time // when it is due
	LeaseToken      string
	LeaseUntil      time.Time
	ReceivedAt      time.Time
	FinishedAt      time.Time
}

// Where an event came from.
const (
	SourceWebhook  = "webhook"
	SourceBackfill = "backfill"
)

// Claim is what ends the event's work.
func (e *Event) Claim() *queue.Claim { return &queue.Claim{ID: e.ID, Token: e.LeaseToken} }

// Filter chooses events. Zero fields do not choose.
type Filter struct {
	IDs     []string
	Types   []string
	States  []State
	OrderID string
	From    time.Time // received at or after
	To      time.Time // received before
	Before  string    // page: only events received before this one's row
	Limit   int       // 100 if 0
}

// Inbox keeps events. Every method is one transaction, and safe for concurrent use
// from several processes.
type Inbox interface {
	// Accept stores the event unless its id is known, and returns only when that
	// is durable. isNew is false for a duplicate, which changes nothing. Many
	// callers share one commit; when too many wait it fails with a fault of
	// kind Unavailable at once.
	Accept(ctx context.Context, e Event) (isNew bool, err error)

	// ClaimEvents takes up to n due events (received, or unmatched and due again) under a
	// lease until until, and counts the try: never two of one group at a time, of a group
	// the older first, and altogether those that are due longest.
	ClaimEvents(ctx context.Context, now, until time.Time, n int) ([]Event, error)
	// RescueEvents makes the events due whose lease is over at now.
	RescueEvents(ctx context.Context, now time.Time) (int, error)
	// FinishEvent ends a claim without a change of an order: next is Received or
	// Unmatched to be due again at at, or a final state. An Unmatched one whose
	// intent was linked meanwhile is due at once. queue.ErrClaimLost if the lease is not
	// held any more.
	FinishEvent(ctx context.Context, claim *queue.Claim, next State, note string, at time.Time) error

	// ReleaseEvent gives an event back that was claimed and not begun: due at at, and the
	// claim is no try. queue.ErrClaimLost if the lease is not held any more.
	ReleaseEvent(ctx context.Context, claim *queue.Claim, at time.Time) error

	// Events lists what the filter chooses, newest first, without payloads.
	Events(ctx context.Context, f Filter) ([]Event, error)
	// Event gives one event whole, or a fault of kind NotFound.
	Event(ctx context.Context, id string) (Event, error)
	// ReplayEvents makes the chosen events due again, in whatever state, and says how
	// many there were. Their tries start again; who works one of them loses the claim.
	ReplayEvents(ctx context.Context, ids []string, now time.Time) (int, error)
	// Counts gives the number of events by state.
	Counts(ctx context.Context) (map[State]int64, error)

	// Known returns those of the ids that the inbox holds.
	Known(ctx context.Context, ids []string) (map[string]bool, error)
	// Cursor is how far the backfill has come, zero at first.
	Cursor(ctx context.Context, account string) (time.Time, error)
	// SetCursor moves it.
	SetCursor(ctx context.Context, account string, at time.Time) error

	// CountRejected adds n to the count of requests refused for the reason.
	CountRejected(ctx context.Context, reason string, n int64) error
	// Rejected gives the counts by reason.
	Rejected(ctx context.Context) (map[string]int64, error)
}
