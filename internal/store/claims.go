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
	"checkoutd/internal/webhooks"
)

// claimText takes the events that are due longest: a new event is due when it is
// received, so that these go in the order in which they came. An event has to wait while
// another of its group is worked, or is due too and older; the unique index on working
// groups holds that against claims that run at the same time. The terms on state are those of the
// partial indexes, word for word, so that SQLite sees that it may use them.
const claimText = `WITH picked AS MATERIALIZED (
	SELECT e.id AS picked_id FROM events e
	WHERE e.state IN ('received', 'unmatched') AND e.next_at <= $1
		AND (e.event_group = '' OR (
			NOT EXISTS (SELECT 1 FROM events w
				WHERE w.state = 'working' AND w.event_group <> '' AND w.event_group = e.event_group)
			AND NOT EXISTS (SELECT 1 FROM events o
				WHERE o.state IN ('received', 'unmatched') AND o.event_group = e.event_group
					AND o.next_at <= $1 AND (o.received_at, o.id) < (e.received_at, e.id))))
	ORDER BY e.next_at, e.received_at, e.id LIMIT $2%s)
UPDATE events SET state = 'working', lease_token = $3, lease_until = $4, tries = tries + 1, next_at = 0
FROM picked WHERE id = picked_id
RETURNING %s`

// errGroupTaken ends a claim that met another one, which took an event of the same group
// a moment before.
var errGroupTaken = errors.New("store: another claim took an event of the group")

// ClaimEvents takes due events under a lease; see webhooks.Claims.
func (s *Store) ClaimEvents(ctx context.Context, now, until time.Time, n int) ([]webhooks.Event, error) {
	text := s.claimText()
	token := rand.Text()
	var taken []webhooks.Event
	err := s.statement(ctx, func(q querier) (err error) {
		taken, err = queryAll(ctx, q, scanEvent, text, micros(now), n, token, micros(until))
		if err != nil && s.dialect.violates(err, oneOfGroup) {
			err = errGroupTaken // it is seen as working when this is tried again
		}
		return err
	})
	if errors.Is(err, errGroupTaken) {
		return nil, nil // time after time: others are at work, and nothing is lost
	}
	slices.SortFunc(taken, func(a, b webhooks.Event) int {
		return cmp.Or(a.ReceivedAt.Compare(b.ReceivedAt), cmp.Compare(a.ID, b.ID))
	})
	return taken, err
}

func (s *Store) claimText() string {
	return fmt.Sprintf(claimText, s.dialect.skipLocked(), columnList(eventColumns))
}

// RescueEvents makes the events due whose lease is over.
func (s *Store) RescueEvents(ctx context.Context, now time.Time) (int, error) {
	return s.change(ctx, `UPDATE events SET state = 'received', lease_token = '', lease_until = 0, next_at = $1
		WHERE state = 'working' AND lease_until <= $1`, micros(now))
}

// FinishEvent ends a claim without a change of an order; see webhooks.Claims.
func (s *Store) FinishEvent(ctx context.Context, claim *queue.Claim, next webhooks.State, note string, at time.Time) error {
	var nextAt, finishedAt int64
	switch next {
	case webhooks.Received, webhooks.Unmatched:
		nextAt = micros(at)
	case webhooks.Done, webhooks.Ignored, webhooks.Dead, webhooks.Quarantined:
		finishedAt = micros(s.stamp())
	default:
		return fmt.Errorf("store: an event's work cannot end in state %q", next)
	}
	// An event that was woken while it was worked (see wakeUnmatched) is due at once: its
	// worker looked for an order before the intent was linked.
	n, err := s.change(ctx, `UPDATE events
		SET state = $3, note = $4, next_at = CASE WHEN $3 = 'unmatched' AND next_at > 0 THEN next_at ELSE $5 END,
			finished_at = $6, lease_token = '', lease_until = 0
		WHERE id = $1 AND lease_token = $2 AND state = 'working'`,
		claim.ID, claim.Token, string(next), note, nextAt, finishedAt)
	if err == nil && n == 0 {
		err = queue.ErrClaimLost
	}
	return err
}

// ReleaseEvent gives a claimed event back as if it had never been claimed; see
// webhooks.Claims.
func (s *Store) ReleaseEvent(ctx context.Context, claim *queue.Claim, at time.Time) error {
	n, err := s.change(ctx, `UPDATE events
		SET state = 'received', next_at = $3, tries = tries - 1, lease_token = '', lease_until = 0
		WHERE id = $1 AND lease_token = $2 AND state = 'working'`,
		claim.ID, claim.Token, micros(at))
	if err == nil && n == 0 {
		err = queue.ErrClaimLost
	}
	return err
}

// change runs one writing statement and says how many rows it changed.
func (s *Store) change(ctx context.Context, text string, args ...any) (n int, err error) {
	err = s.statement(ctx, func(q querier) error {
		touched, err := q.exec(ctx, text, args...)
		n = int(touched)
		return err
	})
	return n, err
}
