// Package envelope reads the JSON of Stripe's events: in one pass, and only the
// members that the inbox and its workers need. Whatever else an event holds is
// checked to be JSON and skipped.
//
// It takes and refuses what encoding/json does, with which everything else
// reads the same bytes: names match whatever their case, the last of two equal
// members counts, invalid UTF-8 becomes U+FFFD, and 10,000 levels are the
// deepest. FuzzSameAsEncodingJSON compares the two.
package envelope

import (
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Event is what is read of an event. A member that is missing or null leaves
// its field as it is.
type Event struct {
	ID         string
	Object     string
	Type       string
	Account    string
	APIVersion string
	Context    string    // of a thin event
	Created    int64     // of a snapshot event, in seconds since 1970
	CreatedAt  time.Time // of a thin event
	Livemode   bool
	Erased     bool // its payload was replaced; see store.Erased
	Data       Object

	unfit style
}

// style is a set of the shapes that an event may have.
type style uint8

const (
	snapshot style = 1 << iota // of API v1, with an object
	thin                       // of API v2, without one
)

// IsSnapshot reports whether every member has the type that it has in the
// events of API v1 (https://docs.stripe.com/api/events/object).
func (e *Event) IsSnapshot() bool { return e.unfit&snapshot == 0 }

// IsThin reports whether every member has the type that it has in the thin
// events of API v2 (https://docs.stripe.com/event-destinations#thin-events).
func (e *Event) IsThin() bool { return e.unfit&thin == 0 }

// need notes that the event has none of the shapes unless ok.
func (e *Event) need(ok bool, shapes style) {
	if !ok {
		e.unfit |= shapes
	}
}

// Read reads a payload, which must not be changed while the Event is used. The
// error says that it is not JSON, or no object.
func Read(payload []byte) (Event, error) {
	d := newDecoder(payload)

	var e Event
	if d.PeekKind() != '{' {
		if _, err := d.ReadValue(); err != nil {
			return Event{}, fmt.Errorf("envelope: %w", err)
		}
		return Event{}, errNoObject
	}

	if err := readMembers(d, &e, eventMembers); err != nil {
		return Event{}, fmt.Errorf("envelope: %w", err)
	}

	if err := checkEnd(d); err != nil {
		return Event{}, fmt.Errorf("envelope: %w", err)
	}

	if start := e.Data.start; e.Data.end > 0 {
		e.Data.Raw = payload[start:e.Data.end:e.Data.end]
	}

	return e, nil
}

var eventMembers = []member[Event]{
	{"id", plain(func(e *Event, v jsontext.Value) { e.need(setText(&e.ID, v), snapshot|thin) })},
	{"object", plain(func(e *Event, v jsontext.Value) { e.need(setText(&e.Object, v), snapshot|thin) })},
	{"type", plain(func(e *Event, v jsontext.Value) { e.need(setText(&e.Type, v), snapshot|thin) })},
	{"account", plain(func(e *Event, v jsontext.Value) { e.need(setText(&e.Account, v), snapshot) })},
	{"api_version", plain(func(e *Event, v jsontext.Value) { e.need(setText(&e.APIVersion, v), snapshot) })},
	{"context", plain(func(e *Event, v jsontext.Value) { e.need(setText(&e.Context, v), thin) })},
	{"created", plain((*Event).setCreated)},
	{"livemode", plain(func(e *Event, v jsontext.Value) { e.need(setBool(&e.Livemode, v), snapshot|thin) })},
	{"erased", plain(func(e *Event, v jsontext.Value) { setBool(&e.Erased, v) })},
	{"data", readData},
}

// setCreated reads when the event was created: a number in one shape, a text in
// the other.
func (e *Event) setCreated(v jsontext.Value) {
	switch v.Kind() {
	case 'n':
	case '"':
		e.unfit |= snapshot
		e.need(e.CreatedAt.UnmarshalJSON(v) == nil, thin)

	case '0':
		seconds, err := strconv.ParseInt(string(v), 10, 64)
		e.need(err == nil, snapshot)
		e.unfit |= thin

		if err == nil {
			e.Created = seconds
		}

	default:
		e.unfit |= snapshot | thin
	}
}

// readData reads the member of a snapshot event that holds its object. A thin
// event may have another.
func readData(e *Event, d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '{':
		return readMembers(d, e, dataMembers)
	case 'n':
	default:
		e.unfit |= snapshot
	}
	return skip(d)
}

var dataMembers = []member[Event]{{"object", readEventObject}}

// readEventObject reads the object and notes where it is in the payload.
func readEventObject(e *Event, d *jsontext.Decoder) error {
	o := &e.Data
	isObject := d.PeekKind() == '{'
	if !isObject {
		v, err := d.ReadValue()
		e.need(v.Kind() == 'n', snapshot)
		o.end = int(d.InputOffset())
		o.start = o.end - len(v)

		return err
	}

	if _, err := d.ReadToken(); err != nil {
		return err
	}

	o.start = int(d.InputOffset()) - len("{")
	err := readRest(d, o, objectMembers)
	o.end = int(d.InputOffset())

	e.need(!o.unfit, snapshot)

	return err
}
