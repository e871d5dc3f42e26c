package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// Event is https://docs.stripe.com/api/events/object. Its data is the object as
// it was when the event happened.
type Event struct {
	ID              string       `json:"id"`
	Object          string       `json:"object"`
	Account         string       `json:"account,omitempty"`
	APIVersion      string       `json:"api_version"`
	Created         int64        `json:"created"`
	Data            EventData    `json:"data"`
	Livemode        bool         `json:"livemode"`
	PendingWebhooks int          `json:"pending_webhooks"`
	Request         EventRequest `json:"request"`
	Type            string       `json:"type"`

	Owner string `json:"-"` // the account whose objects the event is about
}

// EventData is the object and, for updates, the previous values of the fields
// that changed.
type EventData struct {
	Object   any `json:"object"`
	Previous any `json:"previous_attributes,omitempty"`
}

// UnmarshalJSON keeps the object and the previous values as they were encoded,
// since nothing needs to look into them.
func (d *EventData) UnmarshalJSON(raw []byte) error {
	var in struct {
		Object   json.RawMessage `json:"object"`
		Previous json.RawMessage `json:"previous_attributes"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}

	d.Object = in.Object
	if in.Previous != nil {
		d.Previous = in.Previous
	}

	return nil
}

// EventRequest identifies the API call that caused the event. Both fields are
// null if there was none.
type EventRequest struct {
	ID             *string `json:"id"`
	IdempotencyKey *string `json:"idempotency_key"`
}

func (e *Event) ObjectID() string        { return e.ID }
func (e *Event) ObjectKind() string      { return KindEvent }
func (e *Event) Parents() []string       { return nil }
func (e *Event) SetOwner(account string) { e.Owner = account }

// difference is encoded as those fields of prev that differ from next. It is
// computed only when the event is encoded.
type difference struct{ prev, next any }

// MarshalJSON writes the previous values of the changed fields. Most fields are
// the same to the byte, and only the others are decoded.
func (d difference) MarshalJSON() ([]byte, error) {
	prev, err := fieldsOf(d.prev)
	if err != nil {
		return nil, err
	}

	next, err := fieldsOf(d.next)
	if err != nil {
		return nil, err
	}

	before, after := map[string]any{}, map[string]any{}
	for name, value := range prev {
		now, exists := next[name]
		if exists && bytes.Equal(value, now) {
			delete(next, name)
			continue
		}

		if before[name], err = wire.DecodeTree(value); err != nil {
			return nil, err
		}
	}

	for name, value := range next {
		if after[name], err = wire.DecodeTree(value); err != nil {
			return nil, err
		}
	}

	return json.Marshal(changes(before, after))
}

// fieldsOf returns the fields of an object, each encoded.
func fieldsOf(v any) (map[string]json.RawMessage, error) {
	body, err := wire.Encode(v)
	if err != nil {
		return nil, err
	}

	var fields map[string]json.RawMessage
	err = json.Unmarshal(body, &fields)

	return fields, err
}

// changes returns the previous value of everything that differs. Nested objects
// are compared field by field.
func changes(prev, next any) any {
	before, ok := prev.(map[string]any)
	after, ok2 := next.(map[string]any)
	if !ok || !ok2 {
		return prev
	}

	out := map[string]any{}
	for key, value := range before {
		if now, exists := after[key]; !exists || !reflect.DeepEqual(value, now) {
			out[key] = changes(value, now)
		}
	}

	for key := range after {
		if _, existed := before[key]; !existed {
			out[key] = nil
		}
	}

	return out
}

// Emit adds an event about obj to the transaction. obj must not change any
// more.
func (c *Call) Emit(kind string, obj memory.Object) { c.AddEvent(kind, obj, nil) }

// EmitUpdate adds an event with the fields in which obj differs from prev.
func (c *Call) EmitUpdate(kind string, obj, prev memory.Object) { c.AddEvent(kind, obj, prev) }

// AddEvent adds an event to the transaction and returns it. The caller may
// change it until the transaction commits. prev is nil unless obj was updated.
func (c *Call) AddEvent(kind string, obj, prev memory.Object) *Event {
	ev := &Event{
		ID:         wire.NewID("evt"),
		Object:     KindEvent,
		APIVersion: APIVersion,
		Created:    c.Tx.Unix(),
		Type:       kind,
		Data:       EventData{Object: obj},
		Owner:      c.Tx.Account.ID,
		Request: EventRequest{
			ID:             wire.OrNil(c.RequestID),
			IdempotencyKey: wire.OrNil(c.idempotencyKey),
		},
	}

	if prev != nil {
		ev.Data.Previous = difference{prev, obj}
	}

	if c.Tx.Account.ID != PlatformAccount {
		ev.Account = c.Tx.Account.ID
	}

	c.Tx.Events = append(c.Tx.Events, ev)
	return ev
}

// eventLife is how long events are listed.
const eventLife = 30 * 24 * time.Hour

func retrieveEvent(c *Call) (any, error) { return PathObject[*Event](c, KindEvent) }

func listEvents(c *Call) (any, error) {
	created, match := CreatedFilter(c.Params), eventFilter(c.Params)
	delivered, oldest := c.Params.String("delivery_success"), c.Now.Add(-eventLife).Unix()

	return Page(c, KindEvent, "", func(e *Event) bool {
		if delivered != "" && wire.IsTrue(delivered) != (e.PendingWebhooks == 0) {
			return false
		}
		return e.Created >= oldest && created(e.Created) && match(e.Type)
	})
}

// eventFilter reads `type` (with a trailing .*) and `types`.
func eventFilter(p *wire.Params) func(string) bool {
	wanted := p.Strings("types")
	if one := p.String("type"); one != "" {
		wanted = append(wanted, one)
	}
	return func(kind string) bool { return len(wanted) == 0 || MatchesType(wanted, kind) }
}

// MatchesType reports whether a list of event types, which may end with
// wildcards, contains kind.
func MatchesType(wanted []string, kind string) bool {
	for _, w := range wanted {
		if w == "*" || w == kind {
			return true
		}

		if prefix, wild := strings.CutSuffix(w, "*"); wild && strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	return false
}

// Payload returns the exact body of a webhook: the event, indented as by
// Stripe.
func (e *Event) Payload() ([]byte, error) {
	body, err := wire.EncodePretty(e)
	return bytes.TrimSpace(body), err
}

// Events returns every stored event, oldest first.
func (s *Server) Events() []*Event {
	s.Store.RLock()
	defer s.Store.RUnlock()

	out := []*Event{}
	for _, account := range s.Store.Accounts() {
		for obj := range account.OfKind(KindEvent) {
			if ev, ok := obj.(*Event); ok {
				out = append(out, ev)
			}
		}
	}

	return out
}
