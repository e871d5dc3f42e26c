package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// recordAPI serves a kind whose objects are what was sent laid over defaults.
type recordAPI struct {
	kind     string
	prefix   string // of ids
	noun     string // in "No such ..."; the kind when empty
	short    bool   // short ids, as Stripe's older kinds have
	event    string // prefix of .created and .updated events; "" = none
	defaults func(c *call) (map[string]any, error)
	finish   func(c *call, fields map[string]any) error // checks and derives fields after the parameters are in
	filters  []string                                   // list parameters that must equal a field
}

func (a recordAPI) name() string { return cmp.Or(a.noun, a.kind) }

func (a recordAPI) create(c *call) (any, error) {
	fields, err := a.defaults(c)
	if err != nil {
		return nil, err
	}
	fields["metadata"] = mergeMetadata(nil, c.p)
	fields["created"], fields["livemode"] = c.now.Unix(), false
	c.overlay(fields)
	if a.finish != nil {
		if err := a.finish(c, fields); err != nil {
			return nil, err
		}
	}
	id, _ := fields["id"].(string)
	if id == "" && a.short {
		id = newShortID(a.prefix)
	} else if id == "" {
		id = newID(a.prefix)
	}
	if _, taken := c.tx.get(id); taken {
		return nil, invalid("resource_already_exists", "id", "%s already exists.", strings.ToUpper(a.name()[:1])+a.name()[1:])
	}
	rec := newRecord(a.kind, id, fields)
	c.tx.put(rec)
	if a.event != "" {
		c.emit(a.event+".created", rec)
	}
	return rec, nil
}

// find returns the record of an id when it is of this kind.
func (a recordAPI) find(c *call, id string) (*Record, bool) {
	rec, ok := find[*Record](c.tx, id)
	return rec, ok && rec.kind == a.kind
}

func (a recordAPI) inPath(c *call) (*Record, error) {
	rec, ok := a.find(c, c.id)
	if !ok {
		return nil, notFound(a.name(), c.id)
	}
	return rec, nil
}

func (a recordAPI) retrieve(c *call) (any, error) { return a.inPath(c) }

func (a recordAPI) update(c *call) (any, error) {
	old, err := a.inPath(c)
	if err != nil {
		return nil, err
	}
	next := old.with(map[string]any{"metadata": mergeMetadata(old.metadata(), c.p)})
	c.overlay(next.fields)
	c.tx.put(next)
	if a.event != "" {
		c.emitUpdate(a.event+".updated", next, old)
	}
	return next, nil
}

func (a recordAPI) remove(c *call) (any, error) {
	rec, err := a.inPath(c)
	if err != nil {
		return nil, err
	}
	c.tx.remove(rec.id)
	if a.event != "" {
		c.emit(a.event+".deleted", rec)
	}
	return &DeletedObject{ID: rec.id, Object: a.kind, Deleted: true}, nil
}

func (a recordAPI) list(c *call) (any, error) {
	created := createdFilter(c.p)
	return page(c, a.kind, "", func(rec *Record) bool {
		for _, name := range a.filters {
			if c.p.has(name) && c.p.str(name) != textOf(rec.fields[name]) {
				return false
			}
		}
		return created(wholeNumber(rec.fields["created"]))
	})
}

func textOf(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case *string:
		return deref(t)
	case bool:
		return strconv.FormatBool(t)
	}
	return ""
}

// overlay puts the sent parameters, typed as the table says, into fields. Metadata has its own rules.
func (c *call) overlay(fields map[string]any) {
	known := shapeOf(c.route.method + " " + c.route.pattern)
	if known == nil {
		return
	}
	for _, name := range c.p.keys() {
		s := known.fields[name]
		if s == nil || slices.Contains([]string{"metadata", "expand"}, name) {
			continue
		}
		former, _ := fields[name].(map[string]any)
		fields[name] = s.value(c.p.kids[name], former)
	}
}
