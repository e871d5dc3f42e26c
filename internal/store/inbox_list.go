package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/store/sqldb"
	"checkoutd/internal/webhooks"
)

// errNoEvent answers a wrong event id.
var errNoEvent = fault.New(fault.NotFound, "event_not_found", "There is no such event.")

// finishedTerm repeats the condition of the index of finished events word for
// word. An index of all states would cost each event three writes, and tempt
// SQLite away from the claim's own index.
const finishedTerm = `state NOT IN ('received', 'unmatched', 'working')`

func unfinished(s webhooks.State) bool {
	return s == webhooks.Received || s == webhooks.Unmatched || s == webhooks.Working
}

// Event returns one event with its payload, or a fault of kind NotFound.
func (s *Store) Event(ctx context.Context, id string) (webhooks.Event, error) {
	e, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), eventTable.Scan,
		eventTable.Select()+" WHERE id = $1", id)
	if err == nil && !ok {
		err = errNoEvent
	}
	if err != nil {
		return e, err
	}
	return e, s.openPayload(&e)
}

// Events returns the events that the filter selects, newest first, without
// payloads.
func (s *Store) Events(ctx context.Context, f webhooks.Filter) ([]webhooks.Event, error) {
	w := whereEvents(f)
	if f.Before != "" {
		receivedAt, ok, err := sqldb.QueryOne(ctx, s.db.Reader(), sqldb.ScanInt,
			`SELECT received_at FROM events WHERE id = $1`, f.Before)
		if err == nil && !ok {
			err = errNoEvent
		}
		if err != nil {
			return nil, err
		}

		w.Add("(received_at, id) < (" + w.Arg(receivedAt) + ", " + w.Arg(f.Before) + ")")
	}

	text := eventHeadTable.Select() + w.String() +
		" ORDER BY received_at DESC, id DESC LIMIT " + w.Arg(cmp.Or(f.Limit, 100))
	return sqldb.QueryAll(ctx, s.db.Reader(), eventHeadTable.Scan, text, w.Args()...)
}

// whereEvents returns the conditions of a filter, except Before.
func whereEvents(f webhooks.Filter) *sqldb.Where {
	w := &sqldb.Where{}
	sqldb.AddIn(w, "id", f.IDs)
	sqldb.AddIn(w, "type", f.Types)
	sqldb.AddIn(w, "state", f.States)

	if len(f.States) > 0 && !slices.ContainsFunc(f.States, unfinished) {
		w.Add(finishedTerm)
	}

	if f.OrderID != "" {
		w.AddArg("order_id <> '' AND order_id =", f.OrderID)
	}

	if !f.From.IsZero() {
		w.AddArg("received_at >=", sqldb.Micros(f.From))
	}

	if !f.To.IsZero() {
		w.AddArg("received_at <", sqldb.Micros(f.To))
	}

	return w
}

// maxIDs is how many ids one statement names. Longer lists are split.
const maxIDs = 500

// ReplayEvents makes the events due again, whatever their state, and returns
// how many there were. Their tries count from 0 again; a worker that holds one
// of them loses its claim.
func (s *Store) ReplayEvents(ctx context.Context, ids []string, now time.Time) (n int, err error) {
	err = s.db.Transact(ctx, "", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		n = 0
		for chunk := range slices.Chunk(ids, maxIDs) {
			var w sqldb.Where
			dueAt := w.Arg(sqldb.Micros(now))
			sqldb.AddIn(&w, "id", chunk)

			touched, err := sqldb.Exec(ctx, q, `UPDATE events
				SET state = 'received', priority = CASE WHEN priority >= 8 THEN 0 ELSE priority & 6 END,
					next_at = `+dueAt+`, tries = 0, interrupted = 0, note = '',
					lease_token = '', lease_until = 0, finished_at = 0`+w.String(), w.Args()...)
			if err != nil {
				return nil, err
			}

			n += int(touched)
		}

		return nil, nil
	})

	return n, err
}

// Counts returns the number of events by state. A state without events is not
// in the map.
func (s *Store) Counts(ctx context.Context) (map[webhooks.State]int64, error) {
	// Three queries, so that each has its own index.
	return countBy[webhooks.State](ctx, s.db, `
		SELECT state, COUNT(*) FROM events WHERE `+finishedTerm+` GROUP BY state
		UNION ALL SELECT state, COUNT(*) FROM events WHERE state IN ('received', 'unmatched') GROUP BY state
		UNION ALL SELECT state, COUNT(*) FROM events WHERE state = 'working' GROUP BY state`)
}

// countBy runs a query of names and numbers.
func countBy[K ~string](
	ctx context.Context, db *sqldb.DB, text string, args ...any,
) (map[K]int64, error) {
	type count struct {
		name K
		n    int64
	}

	list, err := sqldb.QueryAll(ctx, db.Reader(), func(row sqldb.Row) (c count, err error) {
		return c, row.Scan(&c.name, &c.n)
	}, text, args...)
	if err != nil {
		return nil, err
	}

	counts := make(map[K]int64, len(list))
	for _, c := range list {
		counts[c.name] = c.n
	}

	return counts, nil
}
