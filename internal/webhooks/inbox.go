package webhooks

import (
	"context"
	"time"

	"checkoutd/internal/queue"
)

// State is the state of an event in the inbox. The package comment draws the
// transitions.
type State string

// The states. Received, Working and Unmatched are unfinished; the others are
// final unless somebody replays the event.
const (
	Received    State = "received"
	Working     State = "working"     // a worker holds a lease on it
	Unmatched   State = "unmatched"   // no order matches it yet; retried
	Done        State = "done"        // its change is committed
	Ignored     State = "ignored"     // it changes no order
	Dead        State = "dead"        // given up after many tries; needs a person
	Quarantined State = "quarantined" // verified, but of the wrong mode or account
)

// Event is a row of the inbox.
type Event struct {
	ID              string // evt_…
	Type            string
	Account         string // the connected account; "" is our own
	APIVersion      string
	VersionMismatch bool // of another release train than ours: its object is not believed
	Livemode        bool
	Created         time.Time // at Stripe, to the second
	Group           string    // ID of an intent, a subscription or another object; see the package comment
	Payload         []byte    // the signed bytes
	Source          string    // SourceWebhook or SourceBackfill
	Secret          string    // fingerprint of the secret that verified it; "" for a backfill
	State           State
	Priority        Priority
	Note            string    // for the shop: why it is in this state, or the last error
	OrderID         string    // "" until matched
	Tries           int64     // that ended, or are in progress
	Interrupted     int64     // tries that did not end, because their worker stopped
	NextAt          time.Time // when it is due
	LeaseToken      string
	LeaseUntil      time.Time
	ReceivedAt      time.Time
	FinishedAt      time.Time
}

// Priority is the order in which waiting events are worked, lowest first. It is
// the number of a lane, plus 1 once the event has been tried: news goes before
// retries.
type Priority int64

// Lane is what is known about whose events are. Each lane has workers of its
// own, so that an event of ours never waits for a neighbour's: those of another
// integration on the same Stripe account. Nor does one that says all by itself
// wait for those that Stripe must be asked about.
type Lane Priority

// The lanes.
const (
	LaneOwn     Lane = 0 // of an order's intent, subscription or customer, or with our proof
	LaneRead    Lane = 2 // of LaneOwn, and something has to be read at Stripe
	LaneUnknown Lane = 4 // to be looked up in the database
	LaneAsk     Lane = 6 // to be looked up at Stripe, within a budget
)

// Priorities returns the priorities of the lane's events, news first.
func (l Lane) Priorities() []Priority { return []Priority{Priority(l), Priority(l) + 1} }

// NotOurs is the priority of an ignored event that belongs to another
// integration. Should its intent be linked to an order after all, the event
// becomes due.
const NotOurs Priority = 8

// The sources of an event.
const (
	SourceWebhook  = "webhook"
	SourceBackfill = "backfill"
)

// lane returns the lane in which the event was claimed.
func (e *Event) lane() Lane { return Lane(e.Priority &^ 1) }

// Claim returns the claim under which a worker holds the event.
func (e *Event) Claim() *queue.Claim { return &queue.Claim{ID: e.ID, Token: e.LeaseToken} }

// Filter selects events. A zero field matches every event.
type Filter struct {
	IDs     []string
	Types   []string
	States  []State
	OrderID string
	From    time.Time // received at or after
	To      time.Time // received before
	Before  string    // the last ID of the previous page: only events received before it
	Limit   int       // 100 if 0
}

// Intake is how events come into the inbox. Every method is one transaction and
// safe for concurrent use from several processes.
type Intake interface {
	// Accept stores the event unless its ID is known, and returns only when
	// that is durable. isNew is false for a duplicate, which changes nothing.
	// Many callers share one commit; when too many wait, it fails at once with
	// a fault of kind Unavailable.
	Accept(ctx context.Context, e Event) (isNew bool, err error)
	// Known returns those of the IDs that the inbox holds.
	Known(ctx context.Context, ids []string) (map[string]bool, error)

	// KnowsEvent reports whether group is an intent or a subscription of an
	// order of the account, or such an order belongs to the customer.
	KnowsEvent(ctx context.Context, account, group, customerID string) (bool, error)

	// ChargesIn reports whether an order is charged in the connected account.
	ChargesIn(ctx context.Context, account string) (bool, error)

	// HasSubscription reports whether the account's customer has a subscription
	// of an order that continues, or may still begin.
	HasSubscription(ctx context.Context, account, customerID string) (bool, error)

	// Cursor returns the time up to which the account's events were backfilled.
	// Before the first run it is that of the first order that is charged in the
	// connected account, and zero for the platform's own.
	Cursor(ctx context.Context, account string) (time.Time, error)
	// SetCursor moves the account's cursor to upTo.
	SetCursor(ctx context.Context, account string, upTo time.Time) error

	// CountRejected adds n to the number of requests rejected for the reason.
	CountRejected(ctx context.Context, reason string, n int64) error
}

// Meter counts events.
type Meter interface {
	// EventStored is called for each event that was new, with its source.
	EventStored(source string)
	// EventWorked is called after each try to process an event, with the state
	// after it, or "lost" if another worker has the event now.
	EventWorked(state string)
}

// Claims is how workers hold events. Every method is one transaction and safe
// for concurrent use from several processes.
type Claims interface {
	// ClaimEvents leases up to n due events of a lane (received or unmatched)
	// until leaseUntil and counts the try. It takes news before retries, and of
	// both the events that have been due longest, at most one of a group, and
	// within a group the oldest.
	ClaimEvents(ctx context.Context, lane Lane, now, leaseUntil time.Time, n int) ([]Event, error)
	// RescueEvents makes those events due again whose lease has expired at now.
	// The first two times an event is due at once, then after delays that grow
	// to an hour: it may be what stops the workers. It counts as interrupted,
	// not as tried. RescueEvents
	// and returns how many there were.
	RescueEvents(ctx context.Context, now time.Time) (int, error)
	// FinishEvent ends a claim without a change of an order. next is Received
	// or Unmatched, due again at dueAt, or a final state. An Unmatched event
	// whose intent was linked in the meantime is due at once. The error is
	// queue.ErrClaimLost if the lease is no longer held.
	FinishEvent(ctx context.Context, claim *queue.Claim, next State, note string, dueAt time.Time) error
	// FinishNotOurs ends the claim of an event that belongs to another
	// integration: it is ignored, unless its intent or subscription is linked
	// to an order one day. Until the given time the objects are remembered as
	// not ours. The error is queue.ErrClaimLost if the lease is no longer held.
	FinishNotOurs(ctx context.Context, claim *queue.Claim, note string, objectIDs []string, until time.Time) error
	// MoveEvent ends a claim and moves the event to another lane, where it is
	// due at dueAt; the try does not count. The error is queue.ErrClaimLost if
	// the lease is no longer held.
	MoveEvent(ctx context.Context, claim *queue.Claim, to Lane, dueAt time.Time) error
	// WaitingEvents returns up to n events of a group that are received or
	// unmatched, due or not, oldest first.
	WaitingEvents(ctx context.Context, group string, n int) ([]Event, error)
	// IsNotOurs reports whether one of the objects is remembered as not ours.
	IsNotOurs(ctx context.Context, objectIDs []string) (bool, error)
	// ForgetNotOurs forgets the objects that were remembered until now.
	ForgetNotOurs(ctx context.Context, now time.Time) error
	// ReleaseEvent returns a claimed event that was never started: it is due at
	// dueAt, and the try does not count. The error is queue.ErrClaimLost if the
	// lease is no longer held.
	ReleaseEvent(ctx context.Context, claim *queue.Claim, dueAt time.Time) error
}

// Admin is how the commands look at the inbox and replay events. Every method
// is one transaction.
type Admin interface {
	// Events lists the events that match the filter, newest first, without
	// their payloads.
	Events(ctx context.Context, f Filter) ([]Event, error)
	// Event returns one event with its payload, or a fault of kind NotFound.
	Event(ctx context.Context, id string) (Event, error)
	// Known returns those of the IDs that the inbox holds.
	Known(ctx context.Context, ids []string) (map[string]bool, error)
	// Counts returns the number of events by state.
	Counts(ctx context.Context) (map[State]int64, error)
	// Rejected returns the number of rejected requests by reason.
	Rejected(ctx context.Context) (map[string]int64, error)

	// ReplayEvents makes the events due again, whatever their state, and
	// returns how many there were. Their tries start again, and a worker that
	// holds one of them loses its claim.
	ReplayEvents(ctx context.Context, ids []string, now time.Time) (int, error)
}
