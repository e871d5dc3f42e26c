package sandbox

import "encoding/json"

// Record is an object of a kind that the sandbox keeps and shows but has few rules for; its fields are a map.
type Record struct {
	id      string
	kind    string
	fields  map[string]any
	private recordPrivate
}

type recordPrivate struct {
	Parents []string `json:"parents,omitempty"`
	Secret  string   `json:"secret,omitempty"`
	Inline  bool     `json:"inline,omitempty"` // made along with another object: not listed, dropped when there are too many
}

// newRecord makes a record; fields belong to it from now on.
func newRecord(kind, id string, fields map[string]any, parents ...string) *Record {
	fields["id"], fields["object"] = id, kind
	return &Record{id: id, kind: kind, fields: fields, private: recordPrivate{Parents: parents}}
}

func (o *Record) objectID() string { return o.id }
func (o *Record) objectKind() string {
	if o.kind == "" {
		return "record"
	}
	if o.private.Inline {
		return "inline_" + o.kind
	}
	return o.kind
}
func (o *Record) parents() []string { return o.private.Parents }
func (o *Record) secrets() any      { return &o.private }

// with returns a copy that has some fields replaced.
func (o *Record) with(fields map[string]any) *Record {
	next := *o
	next.fields = make(map[string]any, len(o.fields))
	for k, v := range o.fields {
		next.fields[k] = v
	}
	for k, v := range fields {
		next.fields[k] = v
	}
	return &next
}

func (o *Record) metadata() map[string]string {
	switch m := o.fields["metadata"].(type) {
	case map[string]string:
		return m
	case map[string]any: // after a restart
		out := make(map[string]string, len(m))
		for k, v := range m {
			out[k], _ = v.(string)
		}
		return out
	}
	return nil
}

func (o *Record) text(name string) string {
	s, _ := o.fields[name].(string)
	return s
}

// MarshalJSON writes the fields.
func (o *Record) MarshalJSON() ([]byte, error) { return json.Marshal(o.fields) }

// UnmarshalJSON reads the fields.
func (o *Record) UnmarshalJSON(raw []byte) error {
	tree, err := decodeTree(raw)
	if err != nil {
		return err
	}
	o.fields, _ = tree.(map[string]any)
	o.id, o.kind = o.text("id"), o.text("object")
	return nil
}

// wholeNumber reads a number that may have come from JSON.
func wholeNumber(v any) int64 {
	switch n := v.(type) {
	case int64:
		return n
	case int:
		return int64(n)
	case json.Number:
		i, _ := n.Int64()
		return i
	}
	return 0
}

// DeletedObject is what stays of an object that was deleted.
type DeletedObject struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

func (o *DeletedObject) objectID() string { return o.ID }

func (o *DeletedObject) objectKind() string { return deletedKind }

func (o *DeletedObject) parents() []string { return nil }

// deletedKind keeps deleted objects out of the lists of their kind.
const deletedKind = "deleted"
