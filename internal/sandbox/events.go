package sandbox

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Event is https://docs.stripe.com/api/events/object. Its data keeps the object as it was at that moment.
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

	owner string // the account whose objects the event is about
}

// EventData is the object and, for updates, what its changed fields held before.
type EventData struct {
	Object   any `json:"object"`
	Previous any `json:"previous_attributes,omitempty"`
}

// EventRequest names the API call that caused the event; both are null when nobody called.
type EventRequest struct {
	ID             *string `json:"id"`
	IdempotencyKey *string `json:"idempotency_key"`
}

func (e *Event) objectID() string        { return e.ID }
func (e *Event) objectKind() string      { return kindEvent }
func (e *Event) parents() []string       { return nil }
func (e *Event) setOwner(account string) { e.owner = account }

// difference is encoded as the fields of was that differ from now; making it is put off until somebody reads the event.
type difference struct{ was, now any }

// MarshalJSON writes the former values of the changed fields.
func (d difference) MarshalJSON() ([]byte, error) {
	was, err := asTree(d.was)
	if err != nil {
		return nil, err
	}
	now, err := asTree(d.now)
	if err != nil {
		return nil, err
	}
	changed, _ := changes(was, now).(map[string]any)
	if changed == nil {
		changed = map[string]any{}
	}
	return json.Marshal(changed)
}

// changes keeps the old value of everything that differs; nested objects are compared field by field.
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

// emit adds an event about obj, as it is now, to the transaction.
func (c *call) emit(kind string, obj object) { c.addEvent(kind, obj, nil) }

// emitUpdate is emit with the fields that differ from was.
func (c *call) emitUpdate(kind string, obj, was object) { c.addEvent(kind, obj, was) }

// addEvent adds an event and returns it; nobody else has it before the transaction commits.
func (c *call) addEvent(kind string, obj, was object) *Event {
	ev := &Event{
		ID: newID("evt"), Object: kindEvent, APIVersion: APIVersion, Created: c.tx.unix(), Type: kind,
		Data: EventData{Object: obj}, owner: c.tx.account.id,
		Request: EventRequest{ID: orNil(c.requestID), IdempotencyKey: orNil(c.idemKey)},
	}
	if was != nil {
		ev.Data.Previous = difference{was, obj}
	}
	if c.tx.account.id != PlatformAccount {
		ev.Account = c.tx.account.id
	}
	c.tx.events = append(c.tx.events, ev)
	return ev
}

// eventLife is how long events are listed.
const eventLife = 30 * 24 * time.Hour

func retrieveEvent(c *call) (any, error) { return pathObject[*Event](c, kindEvent) }

func listEvents(c *call) (any, error) {
	created, match := createdFilter(c.p), eventFilter(c.p)
	delivered, oldest := c.p.str("delivery_success"), c.now.Add(-eventLife).Unix()
	return page(c, kindEvent, "", func(e *Event) bool {
		if delivered != "" && isTrue(delivered) != (e.PendingWebhooks == 0) {
			return false
		}
		return e.Created >= oldest && created(e.Created) && match(e.Type)
	})
}

// eventFilter reads `type` (with a trailing .*) and `types`.
func eventFilter(p *params) func(string) bool {
	wanted := p.strs("types")
	if one := p.str("type"); one != "" {
		wanted = append(wanted, one)
	}
	return func(kind string) bool { return len(wanted) == 0 || matchesType(wanted, kind) }
}

// matchesType tells whether a list of event names with wildcards covers kind.
func matchesType(wanted []string, kind string) bool {
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

// payload is the exact body of a webhook: the event, indented as Stripe does.
func (e *Event) payload() ([]byte, error) {
	body, err := encodePretty(e)
	return bytes.TrimSpace(body), err
}

// events returns every event that is kept, oldest first.
func (s *apiServer) events() []*Event {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	out := []*Event{}
	for _, account := range slices.Sorted(maps.Keys(s.store.accounts)) {
		s.store.accounts[account].each(kindEvent, func(obj object) {
			if ev, ok := obj.(*Event); ok {
				out = append(out, ev)
			}
		})
	}
	return out
}
