package api

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// RecordAPI serves a kind whose objects are what was sent laid over defaults.
type RecordAPI struct {
	Kind     string
	Prefix   string // of ids
	Noun     string // in "No such ..."; the kind when empty
	Short    bool   // short ids, as Stripe's older kinds have
	Event    string // prefix of .created and .updated events; "" = none
	Defaults func(c *Call) (map[string]any, error)
	Finish   func(c *Call, fields map[string]any) error // checks and derives fields after the parameters are in
	Filters  []string                                   // list parameters that must equal a field
}

func (a RecordAPI) Name() string { return cmp.Or(a.Noun, a.Kind) }

func (a RecordAPI) Create(c *Call) (any, error) {
	fields, err := a.Defaults(c)
	if err != nil {
		return nil, err
	}

	fields["metadata"] = wire.MergeMetadata(nil, c.Params)
	fields["created"], fields["livemode"] = c.Now.Unix(), false
	c.Overlay(fields)

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
		return nil, wire.Invalid("resource_already_exists", "id", "%s already exists.", strings.ToUpper(a.Name()[:1])+a.Name()[1:])
	}

	rec := NewRecord(a.Kind, id, fields)
	c.Tx.Put(rec)

	if a.Event != "" {
		c.Emit(a.Event+".created", rec)
	}

	return rec, nil
}

// Find returns the record of an id when it is of this kind.
func (a RecordAPI) Find(c *Call, id string) (*Record, bool) {
	rec, ok := memory.Find[*Record](c.Tx, id)
	return rec, ok && rec.Kind == a.Kind
}

func (a RecordAPI) InPath(c *Call) (*Record, error) {
	rec, ok := a.Find(c, c.ID)
	if !ok {
		return nil, wire.NotFound(a.Name(), c.ID)
	}
	return rec, nil
}

func (a RecordAPI) Retrieve(c *Call) (any, error) { return a.InPath(c) }

func (a RecordAPI) Update(c *Call) (any, error) {
	old, err := a.InPath(c)
	if err != nil {
		return nil, err
	}

	next := old.With(map[string]any{"metadata": wire.MergeMetadata(old.Metadata(), c.Params)})
	c.Overlay(next.Fields)
	c.Tx.Put(next)

	if a.Event != "" {
		c.EmitUpdate(a.Event+".updated", next, old)
	}

	return next, nil
}

func (a RecordAPI) Remove(c *Call) (any, error) {
	rec, err := a.InPath(c)
	if err != nil {
		return nil, err
	}
	c.Tx.Remove(rec.ID)
	if a.Event != "" {
		c.Emit(a.Event+".deleted", rec)
	}
	return &DeletedObject{ID: rec.ID, Object: a.Kind, Deleted: true}, nil
}

func (a RecordAPI) List(c *Call) (any, error) {
	created := CreatedFilter(c.Params)
	return Page(c, a.Kind, "", func(rec *Record) bool {
		for _, name := range a.Filters {
			if c.Params.Has(name) && c.Params.String(name) != TextOf(rec.Fields[name]) {
				return false
			}
		}
		return created(WholeNumber(rec.Fields["created"]))
	})
}

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

// Overlay puts the sent parameters, typed as the table says, into fields.
// Metadata has its own rules.
func (c *Call) Overlay(fields map[string]any) {
	known := wire.ShapeOf(c.Route.Method + " " + c.Route.Pattern)
	if known == nil {
		return
	}

	for _, name := range c.Params.Keys() {
		s := known.Fields[name]
		if s == nil || slices.Contains([]string{"metadata", "expand"}, name) {
			continue
		}

		former, _ := fields[name].(map[string]any)
		fields[name] = s.Value(c.Params.Fields[name], former)
	}
}
