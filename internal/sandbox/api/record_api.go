package api

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// RecordAPI serves a kind whose objects are the sent parameters laid over
// defaults.
type RecordAPI struct {
	Kind     string
	Prefix   string // of IDs
	Noun     string // in "No such ..."; "" = the kind
	Short    bool   // short IDs, like Stripe's older kinds
	Event    string // prefix of the .created and .updated events; "" = no events
	Defaults func(c *Call) (map[string]any, error)
	Finish   func(c *Call, fields map[string]any) error // checks and derives fields once the parameters are applied
	Filters  []string                                   // list parameters that select by the field of that name
	Private  []string                                   // parameters that are no fields, or that Finish reads
	Select   func(c *Call) func(*Record) bool           // what the other list parameters select
}

// Name returns the noun of the kind in messages.
func (a RecordAPI) Name() string { return cmp.Or(a.Noun, a.Kind) }

// Create is the handler of POST.
func (a RecordAPI) Create(c *Call) (any, error) {
	fields, err := a.Defaults(c)
	if err != nil {
		return nil, err
	}

	fields["metadata"] = wire.MergeMetadata(nil, c.Params)
	fields["created"], fields["livemode"] = c.Now.Unix(), false
	c.ApplyParams(fields, a.Private...)

	if a.Finish != nil {
		if err := a.Finish(c, fields); err != nil {
			return nil, err
		}
	}

	id, _ := fields["id"].(string)
	if id == "" && a.Short {
		id = wire.NewShortID(a.Prefix)
	} else if id == "" {
		id = wire.NewID(a.Prefix)
	}

	if _, taken := c.Tx.Get(id); taken {
		return nil, wire.Invalid("resource_already_exists", "id", "%s already exists.",
			strings.ToUpper(a.Name()[:1])+a.Name()[1:])
	}

	rec := NewRecord(a.Kind, id, fields)
	c.Tx.Put(rec)

	if a.Event != "" {
		c.Emit(a.Event+".created", rec)
	}

	return rec, nil
}

// Find returns the record of an ID if it is of this kind.
func (a RecordAPI) Find(c *Call, id string) (*Record, bool) {
	rec, ok := memory.Find[*Record](c.Tx, id)
	return rec, ok && rec.Kind == a.Kind
}

// FromPath returns the record that {id} names.
func (a RecordAPI) FromPath(c *Call) (*Record, error) {
	rec, ok := a.Find(c, c.ID)
	if !ok {
		return nil, wire.NotFound(a.Name(), c.ID)
	}
	return rec, nil
}

// Retrieve is the handler of GET for one record.
func (a RecordAPI) Retrieve(c *Call) (any, error) { return a.FromPath(c) }

// Update is the handler of POST for one record.
func (a RecordAPI) Update(c *Call) (any, error) {
	prev, err := a.FromPath(c)
	if err != nil {
		return nil, err
	}

	next := prev.With(map[string]any{"metadata": wire.MergeMetadata(prev.Metadata(), c.Params)})
	c.ApplyParams(next.Fields, a.Private...)
	c.Tx.Put(next)

	if a.Event != "" {
		c.EmitUpdate(a.Event+".updated", next, prev)
	}

	return next, nil
}

// Remove is the handler of DELETE.
func (a RecordAPI) Remove(c *Call) (any, error) {
	rec, err := a.FromPath(c)
	if err != nil {
		return nil, err
	}
	c.Tx.Remove(rec.ID)
	if a.Event != "" {
		c.Emit(a.Event+".deleted", rec)
	}
	return &DeletedObject{ID: rec.ID, Object: a.Kind, Deleted: true}, nil
}

// List is the handler of GET for all records.
func (a RecordAPI) List(c *Call) (any, error) {
	created, tests := CreatedFilter(c.Params), []func(*Record) bool{}
	for _, name := range a.Filters {
		equal := Equals(c.Params, name)
		tests = append(tests, func(rec *Record) bool { return equal(TextOf(rec.Fields[name])) })
	}

	if a.Select != nil {
		tests = append(tests, a.Select(c))
	}

	return Page(c, a.Kind, "", func(rec *Record) bool {
		for _, test := range tests {
			if !test(rec) {
				return false
			}
		}
		return created(WholeNumber(rec.Fields["created"]))
	})
}

// TextOf returns a field as a list parameter would hold it.
func TextOf(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case *string:
		return wire.Deref(t)
	case bool:
		return strconv.FormatBool(t)
	}
	return ""
}

// Shape returns the shape of a parameter of this call, nil if it has none.
func (c *Call) Shape(names ...string) *wire.Shape {
	return wire.ShapeOf(c.operation()).At(names...)
}

// ApplyParams copies the sent parameters into fields, with the types from the
// parameter table, but not the private ones. Metadata has rules of its own.
func (c *Call) ApplyParams(fields map[string]any, private ...string) {
	for _, name := range c.Params.Names() {
		s := c.Shape(name)
		if s == nil || name == "metadata" || name == "expand" || slices.Contains(private, name) {
			continue
		}

		c.Params.String(name) // counts as used
		prev, _ := fields[name].(map[string]any)
		fields[name] = s.Value(c.Params.Fields[name], prev)
	}
}
