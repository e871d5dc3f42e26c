package store

import (
	"cmp"
	"context"

	"checkoutd/internal/fault"
	"checkoutd/internal/store/sqldb"
	"checkoutd/internal/webhooks"
)

var eventTable = sqldb.NewTable("events", eventCells)

// eventHeadTable reads events without their payloads.
var eventHeadTable = sqldb.NewTable("events", func(e *webhooks.Event) []sqldb.Cell {
	cells := eventCells(e)
	return cells[:len(cells)-1]
})

func eventCells(e *webhooks.Event) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&e.ID),
		sqldb.Text("type", &e.Type),
		sqldb.Text("account", &e.Account),
		sqldb.Text("api_version", &e.APIVersion),
		sqldb.Bool("version_mismatch", &e.VersionMismatch),
		sqldb.Bool("livemode", &e.Livemode),
		sqldb.Time("created", &e.Created),
		sqldb.Text("event_group", &e.Group),
		sqldb.Text("source", &e.Source),
		sqldb.Text("secret", &e.Secret),
		sqldb.Text("state", &e.State),
		sqldb.Int("priority", &e.Priority),
		sqldb.Text("note", &e.Note),
		sqldb.Text("order_id", &e.OrderID),
		sqldb.Int("tries", &e.Tries),
		sqldb.Int("interrupted", &e.Interrupted),
		sqldb.Time("next_at", &e.NextAt),
		sqldb.Text("lease_token", &e.LeaseToken),
		sqldb.Time("lease_until", &e.LeaseUntil),
		sqldb.Time("received_at", &e.ReceivedAt),
		sqldb.Time("finished_at", &e.FinishedAt),
		sqldb.Bytes("payload", &e.Payload), // last: eventHeadTable leaves it out
	}
}

// errInboxBusy refuses an event while too many wait for their commit. Stripe
// sends it again.
var errInboxBusy = fault.New(fault.Unavailable, "inbox_busy",
	"Too many events are waiting to be stored. Please send this one again.")

// Accept stores an event durably; many callers share one commit. See
// webhooks.Intake. An event without a state is received; one without times is
// received, and due, now.
func (s *Store) Accept(ctx context.Context, e webhooks.Event) (isNew bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}

	e.State = cmp.Or(e.State, webhooks.Received)
	if e.ReceivedAt.IsZero() {
		e.ReceivedAt = s.now()
	}

	if e.NextAt.IsZero() {
		e.NextAt = e.ReceivedAt
	}

	s.storePayload(&e)
	return s.inbox.Insert(ctx, eventTable.Values(&e))
}
