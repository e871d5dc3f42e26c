package api

import (
	"encoding/json"

	"checkoutd/internal/sandbox/wire"
)

// Record is an object of a kind that the sandbox keeps and shows but has few
// rules for; its fields are a map.
type Record struct {
	ID      string
	Kind    string
	Fields  map[string]any
	Private recordPrivate
}

type recordPrivate struct {
	Parents []string `json:"parents,omitempty"`
	Secret  string   `json:"secret,omitempty"`
	Inline  bool     `json:"inline,omitempty"` // made along with another object: not listed, dropped when there are too many
}

// NewRecord makes a record; fields belong to it from now on.
func NewRecord(kind, id string, fields map[string]any, parents ...string) *Record {
	fields["id"], fields["object"] = id, kind
	return &Record{ID: id, Kind: kind, Fields: fields, Private: recordPrivate{Parents: parents}}
}

func (o *Record) ObjectID() string { return o.ID }
func (o *Record) ObjectKind() string {
	if o.Kind == "" {
		return "record"
	}
	if o.Private.Inline {
		return "inline_" + o.Kind
	}
	return o.Kind
}
func (o *Record) Parents() []string { return o.Private.Parents }
func (o *Record) Secrets() any      { return &o.Private }

// With returns a copy that has some fields replaced.
func (o *Record) With(fields map[string]any) *Record {
	next := *o
	next.Fields = make(map[string]any, len(o.Fields))
	for k, v := range o.Fields {
		next.Fields[k] = v
	}
	for k, v := range fields {
		next.Fields[k] = v
	}
	return &next
}

func (o *Record) Metadata() map[string]string {
	switch m := o.Fields["metadata"].(type) {
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

func (o *Record) Text(name string) string {
	s, _ := o.Fields[name].(string)
	return s
}

// MarshalJSON writes the fields.
func (o *Record) MarshalJSON() ([]byte, error) { return json.Marshal(o.Fields) }

// UnmarshalJSON reads the fields.
func (o *Record) UnmarshalJSON(raw []byte) error {
	tree, err := wire.DecodeTree(raw)
	if err != nil {
		return err
	}
	o.Fields, _ = tree.(map[string]any)
	o.ID, o.Kind = o.Text("id"), o.Text("object")
	return nil
}

// WholeNumber reads a number that may have come from JSON.
func WholeNumber(v any) int64 {
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

func (o *DeletedObject) ObjectID() string { return o.ID }

func (o *DeletedObject) ObjectKind() string { return deletedKind }

func (o *DeletedObject) Parents() []string { return nil }

// deletedKind keeps deleted objects out of the lists of their kind.
const deletedKind = "deleted"
