package people

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Export is everything that is stored of a customer.
type Export struct {
	Whom      Whom
	CreatedAt time.Time
	Sections  []Section
}

// Section is what a table holds of a customer.
type Section struct {
	Name    string
	Records []Record
}

// Record is a row of a table, in the order of its columns.
type Record []Member

// Member is a value of a record. Its value is encoded as JSON.
type Member struct {
	Name  string
	Value any
}

// MarshalJSON implements json.Marshaler: an object with the members in their
// order.
func (r Record) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')

	for i, m := range r {
		if i > 0 {
			b.WriteByte(',')
		}

		name, err := json.Marshal(m.Name)
		if err != nil {
			return nil, err
		}

		value, err := json.Marshal(m.Value)
		if err != nil {
			return nil, err
		}

		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}

	b.WriteByte('}')
	return b.Bytes(), nil
}

// elsewhere is what an export cannot have.
var elsewhere = []string{
	"Stripe has the payments with what the buyer entered there, and the customer with the saved payment methods: " +
		"export these in Stripe's Dashboard.",
	"The shop's own systems have what webhooks and answers of the API told them, and its mail server the e-mails.",
	"Backups of this database, and logs of proxies in front of it, are kept by whoever runs them.",
}

// MarshalJSON implements json.Marshaler: one document that a person can read.
func (e Export) MarshalJSON() ([]byte, error) {
	who := Record{}
	if e.Whom.Reference != "" {
		who = append(who, Member{"reference", e.Whom.Reference})
	}

	if e.Whom.Email != "" {
		who = append(who, Member{"email", e.Whom.Email})
	}

	doc := Record{
		{"object", "customer_export"},
		{"created_at", e.CreatedAt.UTC().Format(time.RFC3339)},
		{"of", who},
	}

	for _, s := range e.Sections {
		doc = append(doc, Member{s.Name, s.Records})
	}

	doc = append(doc, Member{"stored_elsewhere", elsewhere})
	return doc.MarshalJSON()
}

// Personal returns the members of an event that say something about a person
// (PayloadMembers), each under its path.
func Personal(payload []byte) (Record, error) {
	var event struct {
		Data struct {
			Object map[string]any `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}

	var found Record
	collect(&found, "", event.Data.Object)
	return found, nil
}

// collect adds what value holds of a person to found.
func collect(found *Record, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			at := strings.TrimPrefix(path+"."+name, ".")
			switch {
			case isEmpty(v[name]):
			case slices.Contains(PayloadMembers, name):
				*found = append(*found, Member{at, v[name]})
			default:
				collect(found, at, v[name])
			}
		}

	case []any:
		for i, item := range v {
			collect(found, fmt.Sprintf("%s.%d", path, i), item)
		}
	}
}

// isEmpty reports whether a value says nothing.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case map[string]any:
		for _, item := range v {
			if !isEmpty(item) {
				return false
			}
		}

		return true

	case []any:
		return len(v) == 0
	}

	return false
}
