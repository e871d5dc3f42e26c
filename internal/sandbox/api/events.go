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

// Event is https://docs.stripe.com/api/events/object. Its data keeps the object
// as it was at that moment.
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

// EventData is the object and, for updates, what its changed fields held
// before.
type EventData struct {
	Object   any `json:"object"`
	Previous any `json:"previous_attributes,omitempty"`
}

// EventRequest names the API call that caused the event; both are null when
// nobody called.
type EventRequest struct {
	ID             *string `json:"id"`
	IdempotencyKey *string `json:"idempotency_key"`
}

func (e *Event) ObjectID() string        { return e.ID }
func (e *Event) ObjectKind() string      { return KindEvent }
func (e *Event) Parents() []string       { return nil }
func (e *Event) SetOwner(account string) { e.Owner = account }

// difference is encoded as the fields of was that differ from now; making it is
// put off until somebody reads the event.
type difference struct{ was, now any }

// MarshalJSON writes the former values of the changed fields.
func (d difference) MarshalJSON() ([]byte, error) {
	was, err := wire.AsTree(d.was)
	if err != nil {
		return nil, err
	}

	now, err := wire.AsTree(d.now)
	if err != nil {
		return nil, err
	}

	changed, _ := changes(was, now).(map[string]any)
	if changed == nil {
		changed = map[string]any{}
	}

	return json.Marshal(changed)
}

// changes keeps the old value of everything that differs; nested objects are
// compared field by field.
func changes(was, now any) any {
	before, ok := was.(map[string]any)
	after, ok2 := now.(map[string]any)
	if !ok || !ok2 {
		return was
	}

	out := map[string]any{}
	for key, old := range before {
		if next, kept := after[key]; !kept || !reflect.DeepEqual(old, next) {
			out[key] = changes(old, after[key])
		}
	}

	for key := range after {
		if _, had := before[key]; !had {
			out[key] = nil
		}
	}

	return out
}

// Emit adds an event about obj, as it is now, to the transaction.
func (c *Call) Emit(kind string, obj memory.Object) { c.AddEvent(kind, obj, nil) }

// EmitUpdate is emit with the fields that differ from was.
func (c *Call) EmitUpdate(kind string, obj, was memory.Object) { c.AddEvent(kind, obj, was) }

// AddEvent adds an event and returns it; nobody else has it before the
// transaction commits.
func (c *Call) AddEvent(kind string, obj, was memory.Object) *Event {
	ev := &Event{
		ID:         wire.NewID("evt"),
		Object:     KindEvent,
		APIVersion: APIVersion,
		Created:    c.Tx.Unix(),
		Type:       kind,
		Data:       EventData{Object: obj},
		Owner:      c.Tx.Account.ID,
		Request:    EventRequest{ID: wire.OrNil(c.RequestID), IdempotencyKey: wire.OrNil(c.idemKey)},
	}

	if was != nil {
		ev.Data.Previous = difference{was, obj}
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

// MatchesType tells whether a list of event names with wildcards covers kind.
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

// Payload is the exact body of a webhook: the event, indented as Stripe does.
func (e *Event) Payload() ([]byte, error) {
	body, err := wire.EncodePretty(e)
	return bytes.TrimSpace(body), err
}

// Events returns every event that is kept, oldest first.
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
