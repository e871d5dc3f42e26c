package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/webhooks"
)

// errNoEvent is the answer to a wrong event id.
var errNoEvent = fault.New(fault.NotFound, "event_not_found", "There is no such event.")

// where gathers the conditions of a query with their arguments.
type where struct {
	terms []string
	args  []any
}

// holder adds an argument and names its place.
func (w *where) holder(arg any) string {
	w.args = append(w.args, arg)
	return fmt.Sprintf("$%d", len(w.args))
}

func (w *where) add(term string, arg any) { w.terms = append(w.terms, term+" "+w.holder(arg)) }

// in chooses by a list; an empty list does not choose.
func in[T ~string](w *where, column string, list []T) {
	if len(list) == 0 {
		return
	}
	holders := make([]string, len(list))
	for i, v := range list {
		holders[i] = w.holder(string(v))
	}
	w.terms = append(w.terms, column+" IN ("+strings.Join(holders, ", ")+")")
}

func (w *where) String() string {
	if len(w.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.terms, " AND ")
}

// finishedTerm is the term of the index of finished events, word for word. An index of all
// states would cost each event three writes and lure SQLite away from the claim's own.
const finishedTerm = `state NOT IN ('received', 'unmatched', 'working')`

func unfinished(s webhooks.State) bool {
	return s == webhooks.Received || s == webhooks.Unmatched || s == webhooks.Working
}

// Events lists what the filter chooses, newest first, without payloads.
func (s *Store) Events(ctx context.Context, f webhooks.Filter) ([]webhooks.Event, error) {
	var w where
	in(&w, "id", f.IDs)
	in(&w, "type", f.Types)
	in(&w, "state", f.States)
	if len(f.States) > 0 && !slices.ContainsFunc(f.States, unfinished) {
		w.terms = append(w.terms, finishedTerm)
	}
	if f.OrderID != "" {
		w.add("order_id <> '' AND order_id =", f.OrderID)
	}
	if !f.From.IsZero() {
		w.add("received_at >=", micros(f.From))
	}
	if !f.To.IsZero() {
		w.add("received_at <", micros(f.To))
	}
	if f.Before != "" {
		at, ok, err := queryOne(ctx, s.reader(ctx), scanInt, `SELECT received_at FROM events WHERE id = $1`, f.Before)
		if err == nil && !ok {
			err = errNoEvent
		}
		if err != nil {
			return nil, s.public(ctx, err)
		}
		w.terms = append(w.terms, "(received_at, id) < ("+w.holder(at)+", "+w.holder(f.Before)+")")
	}
	heads := eventColumns[:len(eventColumns)-1]
	list, err := queryAll(ctx, s.reader(ctx), scanHead, "SELECT "+columnList(heads)+" FROM events"+w.String()+
		" ORDER BY received_at DESC, id DESC LIMIT "+w.holder(cmp.Or(f.Limit, 100)), w.args...)
	return list, s.public(ctx, err)
}

// Event gives one event whole, or a fault of kind NotFound.
func (s *Store) Event(ctx context.Context, id string) (webhooks.Event, error) {
	e, ok, err := queryOne(ctx, s.reader(ctx), scanEvent, "SELECT "+columnList(eventColumns)+" FROM events WHERE id = $1", id)
	if err == nil && !ok {
		err = errNoEvent
	}
	return e, s.public(ctx, err)
}

// ReplayEvents makes the chosen events due again, whatever became of them, and
// says how many there were. Their tries count from 0 again; a worker that holds one of
// them loses its claim.
func (s *Store) ReplayEvents(ctx context.Context, ids []string, now time.Time) (n int, err error) {
	err = s.transact(ctx, func(q querier) ([]command, error) {
		n = 0
		for chunk := range slices.Chunk(ids, 500) {
			w := where{args: []any{micros(now)}}
			in(&w, "id", chunk)
			touched, err := q.exec(ctx, `UPDATE events SET state = 'received', next_at = $1, tries = 0, note = '',
				lease_token = '', lease_until = 0, finished_at = 0`+w.String(), w.args...)
			if err != nil {
				return nil, err
			}
			n += int(touched)
		}
		return nil, nil
	})
	return n, err
}

// Counts gives the number of events by state; a state without events is not in it.
func (s *Store) Counts(ctx context.Context) (map[webhooks.State]int64, error) {
	byName, err := s.counts(ctx, `SELECT state, COUNT(*) FROM events WHERE `+finishedTerm+` GROUP BY state
		UNION ALL SELECT state, COUNT(*) FROM events WHERE state IN ('received', 'unmatched') GROUP BY state
		UNION ALL SELECT state, COUNT(*) FROM events WHERE state = 'working' GROUP BY state`)
	counts := make(map[webhooks.State]int64, len(byName))
	for name, n := range byName {
		counts[webhooks.State(name)] = n
	}
	return counts, err
}

// Known returns those of the ids that the inbox holds.
func (s *Store) Known(ctx context.Context, ids []string) (map[string]bool, error) {
	known := make(map[string]bool, len(ids))
	for chunk := range slices.Chunk(ids, 500) {
		var w where
		in(&w, "id", chunk)
		found, err := queryAll(ctx, s.reader(ctx), scanString, `SELECT id FROM events`+w.String(), w.args...)
		if err != nil {
			return nil, s.public(ctx, err)
		}
		for _, id := range found {
			known[id] = true
		}
	}
	return known, nil
}

// Cursor is how far the backfill of an account has come, zero at first.
func (s *Store) Cursor(ctx context.Context, account string) (time.Time, error) {
	at, _, err := queryOne(ctx, s.reader(ctx), scanInt, `SELECT at FROM cursors WHERE account = $1`, account)
	return fromMicros(at), s.public(ctx, err)
}

// SetCursor moves it.
func (s *Store) SetCursor(ctx context.Context, account string, at time.Time) error {
	_, err := s.change(ctx, `INSERT INTO cursors (account, at) VALUES ($1, $2)
		ON CONFLICT (account) DO UPDATE SET at = excluded.at`, account, micros(at))
	return err
}
