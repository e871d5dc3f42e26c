package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"checkoutd/internal/queue"
	"checkoutd/internal/store/sqldb"
	"checkoutd/internal/webhooks"
)

// oneOfGroup refuses a second working event of a group.
var oneOfGroup = sqldb.UniqueIndex{
	Name:    "events_one_of_group",
	Columns: "events.event_group",
}

// errGroupTaken ends a claim that met another one, which took an event of the
// same group a moment before. The retry sees that event as working.
var errGroupTaken = fmt.Errorf("store: another claim took an event of the group: %w", sqldb.ErrTryAgain)

// claimText claims the events of one priority that have been due longest. A new
// event is due when it is received, so new events go in the order in which they
// arrived. An event has to wait while another of its group is worked, or is due
// too and older; the unique index on working groups enforces that against
// claims that run at the same time. It does not wait for an older event that is
// served after it: those may be many.
//
// The conditions on state repeat those of the partial indexes word for word,
// so that SQLite sees that it may use them.
const claimText = `WITH picked AS MATERIALIZED (
	SELECT e.id AS picked_id FROM events e
	WHERE e.state IN ('received', 'unmatched') AND e.priority = $5 AND e.next_at <= $1
		AND (e.event_group = '' OR (
			NOT EXISTS (SELECT 1 FROM events w
				WHERE w.state = 'working' AND w.event_group <> '' AND w.event_group = e.event_group)
			AND NOT EXISTS (SELECT 1 FROM events o
				WHERE o.state IN ('received', 'unmatched') AND o.event_group = e.event_group
					AND o.next_at <= $1 AND o.priority / 2 <= $5 / 2
					AND (o.received_at, o.id) < (e.received_at, e.id))))
	ORDER BY e.next_at, e.received_at, e.id LIMIT $2%s)
UPDATE events SET state = 'working', lease_token = $3, lease_until = $4, tries = tries + 1, next_at = 0
FROM picked WHERE id = picked_id
RETURNING %s`

func (s *Store) claimText() string {
	return fmt.Sprintf(claimText, s.db.SkipLocked(), eventTable.Columns())
}

// ClaimEvents claims due events of a lane under a lease; see webhooks.Claims.
// Each priority has a statement of its own, so that its index has the order.
func (s *Store) ClaimEvents(
	ctx context.Context, lane webhooks.Lane, now, leaseUntil time.Time, n int,
) (claimed []webhooks.Event, err error) {
	for _, priority := range lane.Priorities() {
		if len(claimed) >= n {
			break
		}

		more, err := s.claimEvents(ctx, priority, now, leaseUntil, n-len(claimed))
		if err != nil {
			// What is claimed already must be worked. The next claim reports
			// it.
			if len(claimed) > 0 {
				break
			}
			return nil, err
		}

		claimed = append(claimed, more...)
	}

	return claimed, nil
}

func (s *Store) claimEvents(
	ctx context.Context, priority webhooks.Priority, now, leaseUntil time.Time, n int,
) ([]webhooks.Event, error) {
	text := s.claimText()
	token := rand.Text()
	var claimed []webhooks.Event
	err := s.db.Statement(ctx, func(ctx context.Context, q sqldb.Querier) (err error) {
		claimed, err = sqldb.QueryAll(ctx, q, s.scanEvent, text,
			sqldb.Micros(now), n, token, sqldb.Micros(leaseUntil), int64(priority))
		if s.db.Violates(err, oneOfGroup) {
			err = errGroupTaken
		}

		return err
	})
	if errors.Is(err, errGroupTaken) {
		// It lost every retry: others are at work, and no event is lost.
		return nil, nil
	}

	slices.SortFunc(claimed, func(a, b webhooks.Event) int {
		return cmp.Or(a.ReceivedAt.Compare(b.ReceivedAt), cmp.Compare(a.ID, b.ID))
	})
	return claimed, err
}

// interruptText makes an event due whose worker stopped: twice at once, then
// after 4 seconds, 8, 16 and so on up to an hour. An event that stops its
// worker each time then leaves the server time for all others.
const interruptText = `UPDATE events
	SET state = 'received', priority = priority | 1, lease_token = '', lease_until = 0,
		tries = tries - 1, interrupted = interrupted + 1,
		note = 'the server stopped while it worked on this event',
		next_at = $1 + CASE WHEN interrupted < 2 THEN 0 WHEN interrupted > 11 THEN 3600000000
			ELSE CAST(1000000 AS BIGINT) << CAST(interrupted AS INTEGER) END
	WHERE `

// RescueEvents makes the events due whose lease has expired; see
// webhooks.Claims. One that another session has locked waits for the next time,
// and holds up no other.
func (s *Store) RescueEvents(ctx context.Context, now time.Time) (int, error) {
	return s.db.Exec(ctx, interruptText+`id IN (SELECT id FROM events
		WHERE state = 'working' AND lease_until <= $1`+s.db.SkipLocked()+`)`, sqldb.Micros(now))
}

// FinishEvent ends a claim without changing an order; see webhooks.Claims.
func (s *Store) FinishEvent(
	ctx context.Context, claim *queue.Claim, next webhooks.State, note string, dueAt time.Time,
) error {
	var nextAt, finishedAt, retried int64
	switch next {
	case webhooks.Received, webhooks.Unmatched:
		nextAt, retried = sqldb.Micros(dueAt), 1
	case webhooks.Done, webhooks.Ignored, webhooks.Dead, webhooks.Quarantined:
		finishedAt = sqldb.Micros(s.now())
	default:
		return fmt.Errorf("store: an event's work cannot end in state %q", next)
	}

	// An event that was woken while it was worked (see wakeEvents) is due at
	// once: its worker looked for an order before the intent was linked.
	return s.endClaim(ctx, `UPDATE events
		SET state = $3, note = $4,
			next_at = CASE WHEN $3 = 'unmatched' AND next_at > 0 THEN next_at ELSE $5 END,
			finished_at = $6, priority = priority | $7, lease_token = '', lease_until = 0,
			`+payloadKept("CAST($6 AS BIGINT) > 0", "events.order_id", "$8")+`
		WHERE id = $1 AND lease_token = $2 AND state = 'working'`,
		claim.ID, claim.Token, string(next), note, nextAt, finishedAt, retried, []byte(Erased))
}

// FinishNotOurs ends the claim of an event that is not ours, and remembers the
// objects that Stripe need not be asked about again; see webhooks.Claims.
func (s *Store) FinishNotOurs(
	ctx context.Context, claim *queue.Claim, note string, objectIDs []string, until time.Time,
) error {
	finish := sqldb.Command{
		// An event that was woken while it was worked is due at once.
		Text: `UPDATE events
			SET state = CASE WHEN next_at > 0 THEN 'received' ELSE 'ignored' END,
				priority = CASE WHEN next_at > 0 THEN 0 ELSE 8 END,
				finished_at = CASE WHEN next_at > 0 THEN 0 ELSE CAST($4 AS BIGINT) END,
				note = $3, lease_token = '', lease_until = 0
			WHERE id = $1 AND lease_token = $2 AND state = 'working'`,
		Args: []any{claim.ID, claim.Token, note, sqldb.Micros(s.now())},
	}

	writes := []sqldb.Command{finish}
	for _, id := range slices.Sorted(slices.Values(objectIDs)) { // sorted: two writers must not block each other
		writes = append(writes, sqldb.Command{
			Text: `INSERT INTO not_ours (id, until_at) VALUES ($1, $2)
				ON CONFLICT (id) DO UPDATE SET until_at = excluded.until_at`,
			Args: []any{id, sqldb.Micros(until)},
		})
	}

	return s.end(ctx, writes)
}

// MoveEvent ends a claim and moves the event to another lane; see
// webhooks.Claims.
func (s *Store) MoveEvent(ctx context.Context, claim *queue.Claim, to webhooks.Lane, dueAt time.Time) error {
	return s.endClaim(ctx, `UPDATE events
		SET state = 'received', next_at = $3, tries = tries - 1,
			priority = CASE WHEN next_at > 0 THEN 0 ELSE CAST($4 AS BIGINT) END, lease_token = '', lease_until = 0
		WHERE id = $1 AND lease_token = $2 AND state = 'working'`,
		claim.ID, claim.Token, sqldb.Micros(dueAt), int64(to.Priorities()[0]))
}

// ReleaseEvent returns a claimed event as if it had never been claimed; see
// webhooks.Claims.
func (s *Store) ReleaseEvent(ctx context.Context, claim *queue.Claim, dueAt time.Time) error {
	return s.endClaim(ctx, `UPDATE events
		SET state = 'received', next_at = $3, tries = tries - 1, lease_token = '', lease_until = 0
		WHERE id = $1 AND lease_token = $2 AND state = 'working'`,
		claim.ID, claim.Token, sqldb.Micros(dueAt))
}

// endClaim runs a statement that ends a claim. It returns queue.ErrClaimLost
// if the lease is no longer held.
func (s *Store) endClaim(ctx context.Context, text string, args ...any) error {
	n, err := s.db.Exec(ctx, text, args...)
	if err == nil && n == 0 {
		err = queue.ErrClaimLost
	}
	return err
}

// finishDone returns the commands that end the claim of the event which caused
// a change, and the events that the change settled, too. They are part of the
// change's transaction: a lost claim rolls it back. While the claim holds, no
// other worker takes an event of its group.
func finishDone(claim *queue.Claim, orderID string, now time.Time) []sqldb.Command {
	writes := []sqldb.Command{{
		Text: `UPDATE events
			SET state = 'done', order_id = $3, note = '', lease_token = '', lease_until = 0,
				next_at = 0, finished_at = $4, ` + payloadKept("TRUE", "$3", "$5") + `
			WHERE id = $1 AND lease_token = $2 AND state = 'working'`,
		Args:   []any{claim.ID, claim.Token, orderID, sqldb.Micros(now), []byte(Erased)},
		IfNone: queue.ErrClaimLost,
	}}

	for _, e := range claim.Also {
		writes = append(writes, sqldb.Command{
			Text: `UPDATE events
				SET state = 'done', order_id = $3, note = '', tries = tries + 1, next_at = 0, finished_at = $4,
					` + payloadKept("TRUE", "$3", "$5") + `
				WHERE id = $1 AND state IN ('received', 'unmatched') AND next_at = $2`,
			Args: []any{e.ID, sqldb.Micros(e.DueAt), orderID, sqldb.Micros(now), []byte(Erased)},
		})
	}

	return writes
}

// waitingText reads what waits in a group.
const waitingText = ` FROM events
	WHERE event_group = $1 AND event_group <> '' AND state IN ('received', 'unmatched')
	ORDER BY received_at, id LIMIT $2`

// WaitingEvents returns events of a group that nobody holds; see
// webhooks.Claims.
func (s *Store) WaitingEvents(ctx context.Context, group string, n int) ([]webhooks.Event, error) {
	return sqldb.QueryAll(ctx, s.db.Reader(), s.scanEvent, `SELECT `+eventTable.Columns()+waitingText, group, n)
}

// wakeEvents returns the commands that make the events due which were waiting
// for an order to be linked to their intent or subscription, or had been taken
// for another integration's. One that is worked at this moment may not have
// seen the link: it gets a due time that FinishEvent respects.
func wakeEvents(linked []string, now time.Time) (writes []sqldb.Command) {
	for _, group := range linked {
		args := []any{sqldb.Micros(now), group}
		writes = append(writes,
			sqldb.Command{Text: wakeGroup, Args: args},
			sqldb.Command{Text: wakeNotOurs, Args: args})
	}
	return writes
}

// The conditions on state repeat those of the indexes word for word.
const (
	wakeGroup = `UPDATE events SET priority = priority & 1,
		next_at = CASE WHEN state = 'received' OR state = 'unmatched' AND next_at < $1 THEN next_at ELSE $1 END
	WHERE event_group = $2 AND state IN ('received', 'unmatched')
		OR event_group = $2 AND state = 'working' AND event_group <> ''`

	wakeNotOurs = `UPDATE events SET state = 'received', priority = 0, next_at = $1, tries = 0, interrupted = 0,
		note = '', finished_at = 0
	WHERE event_group = $2 AND state = 'ignored' AND priority = 8`
)
