package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/people"
	"checkoutd/internal/queue"
	"checkoutd/internal/store/sqldb"
)

var sweepTable = sqldb.NewTable("retention", func(w *people.Sweep) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.Text("name", &w.Name),
		sqldb.Time("next_at", &w.NextAt),
		sqldb.Text("lease_token", &w.Claim.Token),
		sqldb.Int("removed", &w.Removed),
		sqldb.Time("swept_at", &w.SweptAt),
	}
})

// ClaimSweeps claims sweeps under a lease; see people.RetentionStore.
func (s *Store) ClaimSweeps(
	ctx context.Context, due, now, leaseUntil time.Time, n int,
) (list []people.Sweep, err error) {
	text := `WITH picked AS MATERIALIZED (
			SELECT name AS picked_name FROM retention
			WHERE next_at <= $1 AND (lease_token = '' OR next_at <= $2) ORDER BY next_at, name LIMIT $3` +
		s.db.SkipLocked() + `)
		UPDATE retention SET lease_token = $4, next_at = $5,
			swept_at = CASE WHEN swept_at = 0 THEN $2 ELSE swept_at END
		FROM picked WHERE name = picked_name
		RETURNING ` + sweepTable.Columns()

	token := rand.Text()
	err = s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		list, err = sqldb.QueryAll(ctx, q, sweepTable.Scan, text, sqldb.Micros(due), sqldb.Micros(now), n, token,
			sqldb.Micros(leaseUntil))
		return err
	})

	for i := range list {
		list[i].Claim.ID = list[i].Name
	}

	return list, err
}

// Sweeps returns all sweeps; see people.RetentionStore.
func (s *Store) Sweeps(ctx context.Context) ([]people.Sweep, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), sweepTable.Scan, sweepTable.Select()+" ORDER BY name")
}

// What stays although its time is over: a payment that is under way, a
// subscription, and evidence for a dispute.
const freeOrder = ` AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.order_id = orders.id
			AND a.state IN ('started', 'unknown', 'requires_action', 'processing', 'requires_capture'))
		AND NOT EXISTS (SELECT 1 FROM operations p WHERE p.order_id = orders.id AND p.state = 'started')
		AND NOT EXISTS (SELECT 1 FROM subscriptions s WHERE s.order_id = orders.id
			AND s.status NOT IN ('canceled', 'incomplete_expired'))
		AND NOT EXISTS (SELECT 1 FROM disputes d WHERE d.order_id = orders.id
			AND d.status NOT IN ('won', 'lost', 'warning_closed', 'prevented'))`

// A person decides about an order in review with the help of its events.
const freeEvent = ` AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = events.order_id
			AND o.status IN ('open', 'authorized', 'review'))`

// dueRows returns the table of what is due in a state, its key, its time and
// the condition on its rows, in which $1 is the time.
func dueRows(name, state string) (table, key, at, condition string) {
	switch name {
	case people.SweepEvents:
		return "events", "id", "received_at", `payload_removed_at = 0 AND state IN ('done', 'ignored', 'quarantined')
			AND received_at < $1` + freeEvent
	case people.SweepEmails:
		return "emails", "id", "created_at", `problem <> '' AND created_at < $1 AND state NOT IN ('due', 'sending')`
	case people.SweepSources:
		return "attempts", "id", "created_at", `source <> '' AND created_at < $1`
	}

	status := "status = '" + state + "'"
	switch state {
	case "paid":
		status = `status = 'paid' AND payment_status <> 'refunded'`
	case "refunded":
		status = `status = 'paid' AND payment_status = 'refunded'`
	}

	return "orders", "id", "updated_at", "erased_at = 0 AND " + status + " AND updated_at < $1" + freeOrder
}

// CountDue returns how much is due; see people.RetentionStore.
func (s *Store) CountDue(ctx context.Context, d people.Due) (list []people.Count, err error) {
	for _, state := range d.States() {
		table, _, at, condition := dueRows(d.Name, state)
		w, err := s.waiting(ctx, "SELECT COUNT(*), COALESCE(MIN("+at+"), 0) FROM "+table+" WHERE "+condition,
			sqldb.Micros(d.Before[state]))
		if err != nil {
			return nil, err
		}
		list = append(list, people.Count{Name: d.Name, State: state, N: w.N, Oldest: w.Since})
	}
	return list, nil
}

// Sweep removes a batch and ends the claim; see people.RetentionStore. It looks
// for the rows before it locks any, so that no writer waits for the search.
func (s *Store) Sweep(
	ctx context.Context, claim queue.Claim, d people.Due, n int, moreAt, nextAt time.Time,
) (removed int, err error) {
	candidates, err := s.dueIDs(ctx, d, n)
	if err != nil {
		return 0, err
	}

	err = s.db.Transact(ctx, "retention", func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		removed = 0
		for _, state := range d.States() {
			ids, err := s.stillDue(ctx, q, d, state, candidates[state])
			if err == nil && len(ids) > 0 {
				err = s.remove(ctx, q, d.Name, ids)
			}
			if err != nil {
				return nil, err
			}

			removed += len(ids)
		}

		next, swept := nextAt, s.now()
		if removed > 0 {
			next, swept = moreAt, time.Time{}
		}

		return []sqldb.Command{{
			Text: `UPDATE retention SET lease_token = '', next_at = $3, removed = removed + $4,
					swept_at = CASE WHEN CAST($5 AS BIGINT) > 0 THEN $5 ELSE swept_at END
				WHERE name = $1 AND lease_token = $2`,
			Args: []any{
				claim.ID, claim.Token, sqldb.Micros(next), int64(removed), sqldb.Micros(swept),
			},
			IfNone: queue.ErrClaimLost,
		}}, nil
	})
	if err != nil {
		return 0, err
	}

	return removed, s.giveBackPages(ctx, removed)
}

// dueIDs returns up to n IDs of what is due, by state, those that are due
// longest first.
func (s *Store) dueIDs(ctx context.Context, d people.Due, n int) (map[string][]string, error) {
	found := map[string][]string{}
	for _, state := range d.States() {
		table, key, at, condition := dueRows(d.Name, state)
		ids, err := sqldb.QueryAll(ctx, s.db.Reader(), sqldb.ScanString,
			"SELECT "+key+" FROM "+table+" WHERE "+condition+" ORDER BY "+at+" LIMIT $2",
			sqldb.Micros(d.Before[state]), n)
		if err != nil {
			return nil, err
		}

		found[state] = ids
		if n -= len(ids); n <= 0 {
			break
		}
	}

	return found, nil
}

// stillDue locks those of ids that are due still, and that nobody else has
// locked.
func (s *Store) stillDue(
	ctx context.Context, q sqldb.Querier, d people.Due, state string, ids []string,
) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}

	table, key, _, condition := dueRows(d.Name, state)
	args := []any{sqldb.Micros(d.Before[state])}
	set := "("
	for i, id := range ids {
		if i > 0 {
			set += ", "
		}

		args = append(args, id)
		set += fmt.Sprintf("$%d", len(args))
	}

	return sqldb.QueryAll(ctx, q, sqldb.ScanString,
		"SELECT "+key+" FROM "+table+" WHERE "+key+" IN "+set+") AND "+condition+" ORDER BY "+key+s.db.SkipLocked(), args...)
}

// remove removes the personal data of rows.
func (s *Store) remove(ctx context.Context, q sqldb.Querier, name string, ids []string) error {
	set, args := setOf(ids)
	var err error
	switch name {
	case people.SweepOrders:
		// What comes later about these orders is stored without its payload,
		// as after an erasure.
		batch := orders.NewID("ret_")
		if err = s.writeErased(ctx, q, batch, slices.Sorted(slices.Values(ids))); err == nil {
			_, err = s.erase(ctx, q, batch)
		}

	case people.SweepEvents:
		for _, id := range ids {
			if err = s.hashPayload(ctx, q, id); err != nil {
				break
			}
		}

	case people.SweepEmails:
		_, err = sqldb.Exec(ctx, q, "UPDATE emails SET problem = '' WHERE id IN "+set, args...)

	case people.SweepSources:
		_, err = sqldb.Exec(ctx, q, "UPDATE attempts SET source = '' WHERE id IN "+set, args...)
	}

	return err
}

// hashPayload puts the SHA-256 of an event's payload in its place. The hash is
// that of the bytes that Stripe signed.
func (s *Store) hashPayload(ctx context.Context, q sqldb.Querier, id string) error {
	stored, ok, err := sqldb.QueryOne(ctx, q, sqldb.ScanBytes, `SELECT payload FROM events WHERE id = $1`, id)
	if err != nil || !ok {
		return err
	}

	plain, err := s.signedBytes(id, stored)
	if err != nil {
		plain = stored // it was tampered with, and cannot be read any more
	}

	if string(plain) != Erased {
		plain = fmt.Appendf(nil, `{"erased":true,"sha256":"%x","bytes":%d}`, sha256.Sum256(plain), len(plain))
	}

	_, err = sqldb.Exec(ctx, q, `UPDATE events SET payload = $2, payload_removed_at = $3 WHERE id = $1`,
		id, plain, sqldb.Micros(s.now()))
	return err
}

// vacuumPages is how many pages of an SQLite file a batch gives back at most.
const vacuumPages = 256

// giveBackPages makes an SQLite file smaller if its auto_vacuum is incremental.
// Any other file keeps its size, and its free pages are used again.
func (s *Store) giveBackPages(ctx context.Context, removed int) error {
	if removed == 0 || s.db.Shared() {
		return nil
	}
	_, err := s.db.Exec(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumPages))
	return err
}
