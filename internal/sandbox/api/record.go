package api

import (
	"encoding/json"
	"maps"

	"checkoutd/internal/sandbox/wire"
)

// Record is an object of a kind that the sandbox stores and shows but has few
// rules for. Its fields are a map.
type Record struct {
	ID      string
	Kind    string
	Fields  map[string]any
	Private RecordPrivate
}

type RecordPrivate struct {
	Parents []string `json:"parents,omitempty"`
	Secret  string   `json:"secret,omitempty"`
	Inline  bool     `json:"inline,omitempty"` // created with another object: not listed
	Tiers   []any    `json:"tiers,omitempty"`  // of a price, shown if expanded

	CurrencyOptions map[string]any `json:"currency_options,omitempty"` // of prices and coupons, shown only if expanded

	Link Link  `json:"link,omitzero"`  // of accounts
	Past *Past `json:"past,omitempty"` // of accounts that have a generated one
}

// NewRecord returns a record. It owns fields from now on.
func NewRecord(kind, id string, fields map[string]any, parents ...string) *Record {
	fields["id"], fields["object"] = id, kind
	return &Record{ID: id, Kind: kind, Fields: fields, Private: RecordPrivate{Parents: parents}}
}

func (o *Record) ObjectID() string  { return o.ID }
func (o *Record) Parents() []string { return o.Private.Parents }
func (o *Record) Secrets() any      { return &o.Private }

// ObjectKind returns the kind. Inline records and accounts that are not
// connected have kinds of their own, so that they are not listed.
func (o *Record) ObjectKind() string {
	switch {
	case o.Kind == "":
		return "record"
	case o.Private.Inline:
		return "inline_" + o.Kind
	case o.Private.Link.Apart:
		return KindApart
	}
	return o.Kind
}

// With returns a copy with some fields replaced.
func (o *Record) With(fields map[string]any) *Record {
	next := *o
	next.Fields = make(map[string]any, len(o.Fields)+len(fields))
	maps.Copy(next.Fields, o.Fields)
	maps.Copy(next.Fields, fields)
	return &next
}

// Metadata returns the metadata.
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

// Text returns a field that holds text, "" if it does not.
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

// WholeNumber returns the number in a field, which is a json.Number after a
// restart.
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

// NumberOrNil returns the number in a field, nil if there is none.
func NumberOrNil(v any) *int64 {
	if v == nil {
		return nil
	}
	return new(WholeNumber(v))
}

// DeletedObject is what remains of a deleted object.
type DeletedObject struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

func (o *DeletedObject) ObjectID() string   { return o.ID }
func (o *DeletedObject) ObjectKind() string { return deletedKind }
func (o *DeletedObject) Parents() []string  { return nil }

// deletedKind keeps deleted objects out of the lists of their kind.
const deletedKind = "deleted"
