package store

import (
	"strings"

	"checkoutd/internal/webhooks"
)

// eventColumns are the inbox's, in the order of eventValues and scanEvent.
var eventColumns = []string{"id", "type", "account", "api_version", "version_mismatch", "livemode", "created",
	"event_group", "source", "secret", "state", "note", "order_id", "tries", "next_at",
	"lease_token", "lease_until", "received_at", "finished_at", "payload"}

var insertEvent = insertText("events", eventColumns) + " ON CONFLICT (id) DO NOTHING"

func columnList(columns []string) string { return strings.Join(columns, ", ") }

func eventValues(e *webhooks.Event) []any {
	return []any{e.ID, e.Type, e.Account, e.APIVersion, e.VersionMismatch, e.Livemode, micros(e.Created),
		e.Group, e.Source, e.Secret, string(e.State), e.Note, e.OrderID, e.Tries, micros(e.NextAt),
		e.LeaseToken, micros(e.LeaseUntil), micros(e.ReceivedAt), micros(e.FinishedAt), blob(e.Payload)}
}

func scanEvent(row scanner) (webhooks.Event, error) {
	var e webhooks.Event
	err := scanEventInto(row, &e, &e.Payload)
	return e, err
}

// scanHead reads an event without its payload, which is the last column.
func scanHead(row scanner) (webhooks.Event, error) {
	var e webhooks.Event
	err := scanEventInto(row, &e)
	return e, err
}

func scanEventInto(row scanner, e *webhooks.Event, last ...any) error {
	var created, next, lease, received, finished int64
	err := row.Scan(append([]any{&e.ID, &e.Type, &e.Account, &e.APIVersion, &e.VersionMismatch, &e.Livemode, &created,
		&e.Group, &e.Source, &e.Secret, &e.State, &e.Note, &e.OrderID, &e.Tries, &next,
		&e.LeaseToken, &lease, &received, &finished}, last...)...)
	e.Created, e.NextAt, e.LeaseUntil = fromMicros(created), fromMicros(next), fromMicros(lease)
	e.ReceivedAt, e.FinishedAt = fromMicros(received), fromMicros(finished)
	return err
}
