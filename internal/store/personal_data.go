package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"checkoutd/internal/people"
	"checkoutd/internal/sealed"
	"checkoutd/internal/store/sqldb"
)

// idsAtOnce is how many IDs a statement names.
const idsAtOnce = 500

// setOf returns a list of IDs for IN, with its arguments.
func setOf(ids []string) (set string, args []any) {
	holders := make([]string, len(ids))
	for i, id := range ids {
		holders[i] = fmt.Sprintf("$%d", i+1)
		args = append(args, id)
	}
	return "(" + strings.Join(holders, ", ") + ")", args
}

// rowsOf returns the conditions on the rows of a table that belong to a set of
// orders, intents, subscriptions and customers. A row may match several of
// them; each alone has an index.
func rowsOf(owner people.Owner, set string) []string {
	switch owner {
	case people.OfOrder:
		return []string{"id IN " + set}
	case people.ByOrder:
		return []string{"order_id <> '' AND order_id IN " + set}
	case people.ByDelivery:
		return []string{"delivery_id IN (SELECT id FROM deliveries WHERE order_id IN " + set + ")"}
	case people.ByEvent:
		return []string{"event_group IN " + set, "order_id <> '' AND order_id IN " + set}
	case people.ByPayment:
		return []string{"payment_id IN " + set}
	case people.ByCustomer:
		return []string{"customer_id IN " + set}
	case people.ByBuyer:
		return []string{"buyer_id IN (SELECT id FROM buyers WHERE customer_id IN " + set + ")"}
	}

	return nil
}

// endedEvents are those that need their payload no more. One that waits loses
// it with the end of its work.
const endedEvents = `state NOT IN ('received', 'unmatched', 'working')`

// erase removes the personal data of what belongs to an erasure, as
// people.Tables says, and returns how many rows lost something, by table.
// Repeating it changes nothing.
func (s *Store) erase(ctx context.Context, q sqldb.Querier, erasureID string) (map[string]int64, error) {
	const set = "(SELECT id FROM erased WHERE erasure_id = $1)"

	removed := map[string]int64{}
	for _, t := range people.Tables() {
		for _, rows := range rowsOf(t.Of, set) {
			if t.Of == people.ByEvent {
				rows += " AND " + endedEvents
			}

			n, err := s.eraseRows(ctx, q, t, rows, erasureID)
			if err != nil {
				return nil, fmt.Errorf("store: erase %s: %w", t.Name, err)
			}

			if n > 0 {
				removed[t.Name] += n
			}
		}
	}

	return removed, nil
}

// eraseRows removes the personal data of rows of a table.
func (s *Store) eraseRows(
	ctx context.Context, q sqldb.Querier, t people.Table, rows, erasureID string,
) (n int64, err error) {
	args := []any{erasureID}
	holder := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}

	var sets, left []string
	for _, c := range t.Columns {
		empty := "''"
		switch {
		case c.Erase == people.Removed:
			return sqldb.Exec(ctx, q, "DELETE FROM "+t.Name+" WHERE "+rows, erasureID)
		case c.Erase == people.Cut:
			if err := s.cut(ctx, q, t, c, rows, erasureID); err != nil {
				return 0, err
			}

			continue

		case c.Erase == people.Replaced:
			empty = holder([]byte(Erased))
			// What the retention replaced begins in the same way.
			left = append(left, fmt.Sprintf("length(%[1]s) > 0 AND substr(%[1]s, 1, %[2]d) <> %[3]s",
				c.Name, len(erasedHead), holder([]byte(erasedHead))))
		case c.Form == people.JSON:
			empty = "'{}'"
			left = append(left, c.Name+" <> '{}'")
		default:
			left = append(left, c.Name+" <> ''")
		}

		sets = append(sets, c.Name+" = "+empty)
	}

	if t.Of == people.OfOrder {
		now := holder(sqldb.Micros(s.now()))
		sets = append(sets, "updated_at = "+now, "erased_at = CASE WHEN erased_at > 0 THEN erased_at ELSE "+now+" END")
		left = append(left, "erased_at = 0")
	}

	return sqldb.Exec(ctx, q, "UPDATE "+t.Name+" SET "+strings.Join(sets, ", ")+
		" WHERE "+rows+" AND ("+strings.Join(left, " OR ")+")", args...)
}

// cut takes the members that hold personal data out of a column of JSON.
func (s *Store) cut(
	ctx context.Context, q sqldb.Querier, t people.Table, c people.Column, rows, erasureID string,
) error {
	type value struct{ id, text string }

	all, err := sqldb.QueryAll(ctx, q, func(r sqldb.Row) (v value, err error) {
		return v, r.Scan(&v.id, &v.text)
	}, "SELECT id, "+c.Name+" FROM "+t.Name+" WHERE "+rows+" ORDER BY id", erasureID)
	if err != nil {
		return err
	}

	for _, v := range all {
		var members map[string]json.RawMessage
		if err := json.Unmarshal([]byte(v.text), &members); err != nil {
			return err
		}

		before := len(members)
		for _, path := range c.Paths {
			delete(members, path)
		}

		if len(members) == before {
			continue
		}

		_, err := sqldb.Exec(ctx, q, "UPDATE "+t.Name+" SET "+c.Name+" = $2 WHERE id = $1",
			v.id, sqldb.EncodeJSON(members))
		if err != nil {
			return err
		}
	}

	return nil
}

// ExportCustomer returns everything that is stored of a customer; see
// people.Store.
func (s *Store) ExportCustomer(ctx context.Context, who people.Subject) (e people.Export, ok bool, err error) {
	named, err := s.ordersByEmail(ctx, who.Email)
	if err != nil {
		return e, false, err
	}

	q := s.db.Reader()
	p, err := personOf(ctx, q, who, named, nil, "")
	if err != nil || p.empty() {
		return e, false, err
	}

	ids := p.ids()
	for _, table := range []string{"intents", "subscriptions"} {
		for part := range slices.Chunk(p.ids(), idsAtOnce) {
			set, args := setOf(part)
			more, err := sqldb.QueryAll(ctx, q, sqldb.ScanString,
				"SELECT id FROM "+table+" WHERE order_id IN "+set+" ORDER BY id", args...)
			if err != nil {
				return e, false, err
			}

			ids = append(ids, more...)
		}
	}

	for _, t := range people.Tables() {
		if t.Section == "" {
			continue
		}

		section := people.Section{Name: t.Section, Records: []people.Record{}}
		if section.Records, err = s.export(ctx, q, t, ids); err != nil {
			return e, false, fmt.Errorf("store: export %s: %w", t.Name, err)
		}

		e.Sections = append(e.Sections, section)
	}

	return e, true, nil
}

// field is a column as an export shows it.
type field struct {
	people.Fact

	members []string // those of its JSON that are shown in its place, nil for all of it
}

// unreadable is shown in place of a value that is damaged: it must not keep the
// customer from the rest.
const unreadable = "cannot be read"

// export returns the rows of a table that belong to a set of IDs.
func (s *Store) export(
	ctx context.Context, q sqldb.Querier, t people.Table, ids []string,
) ([]people.Record, error) {
	var fields []field
	for _, f := range t.Facts {
		fields = append(fields, field{Fact: f})
	}

	for _, c := range t.Columns {
		if c.Hidden != "" {
			continue
		}

		f := field{Fact: people.Fact{Name: c.Name, Form: c.Form}}
		if c.Erase == people.Cut { // the other members are ours
			f.members = c.Paths
		}

		fields = append(fields, f)
	}

	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}

	all, seen := []people.Record{}, map[string]bool{}
	for part := range slices.Chunk(ids, idsAtOnce) {
		set, args := setOf(part)
		for _, rows := range rowsOf(t.Of, set) {
			found, err := sqldb.QueryAll(ctx, q, func(row sqldb.Row) (people.Record, error) {
				return s.record(t, fields, row)
			}, "SELECT "+strings.Join(names, ", ")+" FROM "+t.Name+" WHERE "+rows+" ORDER BY "+names[0], args...)
			if err != nil {
				return nil, err
			}

			for _, r := range found {
				id, _ := r[0].Value.(string)
				if t.Of == people.ByEvent && seen[id] { // it names its order and its intent
					continue
				}

				seen[id] = true
				all = append(all, r)
			}
		}
	}

	return all, nil
}

// record returns a row as an export shows it.
func (s *Store) record(t people.Table, fields []field, row sqldb.Row) (people.Record, error) {
	dests := make([]any, len(fields))
	for i, f := range fields {
		switch f.Form {
		case people.Number, people.Time:
			dests[i] = new(int64)
		case people.Bool:
			dests[i] = new(bool)
		default:
			dests[i] = new([]byte)
		}
	}

	if err := row.Scan(dests...); err != nil {
		return nil, err
	}

	var out people.Record
	id := ""
	for i, f := range fields {
		m := people.Member{Name: f.Name}
		switch v := dests[i].(type) {
		case *int64:
			m.Value = *v
			if f.Form == people.Time {
				m.Value = readable(*v)
			}

		case *bool:
			m.Value = *v

		case *[]byte:
			if i == 0 {
				id = string(*v)
			}

			var err error
			if m.Value, err = s.shown(f.Form, t.Name+"."+f.Name+"/"+id, *v); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", f.Name, id, err)
			}
		}

		if text, ok := m.Value.(json.RawMessage); ok && len(f.members) > 0 {
			out = append(out, membersOf(text, f.members)...)
			continue
		}

		out = append(out, m)
	}

	return out, nil
}

// readable returns a stored time as people write it, nil for never.
func readable(micros int64) any {
	if micros == 0 {
		return nil
	}
	return sqldb.FromMicros(micros).UTC().Format("2006-01-02T15:04:05Z")
}

// membersOf returns members of an object.
func membersOf(text json.RawMessage, names []string) (out []people.Member) {
	var all map[string]json.RawMessage
	_ = json.Unmarshal(text, &all) // what is no object has no members

	for _, name := range names {
		m := people.Member{Name: name}
		if value, ok := all[name]; ok {
			m.Value = value
		}

		out = append(out, m)
	}

	return out
}

// shown returns a stored value as an export shows it. use names it for its
// seal.
func (s *Store) shown(form people.Form, use string, value []byte) (v any, err error) {
	switch form {
	case people.JSON:
	case people.Sealed:
		v, err = s.ring.OpenText(use, string(value))
	case people.SealedJSON, people.Payload:
		value, err = s.ring.Open(use, value)
		if err == nil && form == people.Payload {
			value, err = Unpack(value)
		}
	default:
		return string(value), nil
	}

	switch {
	case errors.Is(err, sealed.ErrTampered):
		return unreadable, nil
	case err != nil || form == people.Sealed:
		return v, err
	case !json.Valid(value):
		return unreadable, nil
	case form != people.Payload:
		return json.RawMessage(value), nil
	}

	personal, err := people.Personal(value)
	if err != nil { // it is no event
		return unreadable, nil
	}

	return personal, nil
}
