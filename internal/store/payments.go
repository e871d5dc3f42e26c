package store

import (
	"context"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
)

// Update changes an order's state under its lock; see payments.Store.
func (s *Store) Update(ctx context.Context, orderID string, claim *queue.Claim, change func(*payments.State) error) error {
	return s.transact(ctx, func(q querier) error {
		st, err := s.load(ctx, q, orderID, s.dialect.lockRow())
		if err != nil {
			return err
		}
		was := remember(st)
		if err := change(st); err != nil {
			return err
		}
		now := s.stamp()
		if err := s.save(ctx, q, was, st, now); err != nil {
			return err
		}
		if claim != nil {
			if err := finishDone(ctx, q, claim, orderID, now); err != nil {
				return err
			}
		}
		if linked := st.Intents[len(was.intents):]; len(linked) > 0 {
			return wakeUnmatched(ctx, q, linked, now)
		}
		return nil
	})
}

// Read gives an order's state without locking it.
func (s *Store) Read(ctx context.Context, orderID string) (*payments.State, error) {
	var st *payments.State
	err := s.view(ctx, func(q querier) (err error) {
		st, err = s.load(ctx, q, orderID, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return st, nil
}

// load reads the order first: with a lock, all that follows is read after the
// lock was had.
func (s *Store) load(ctx context.Context, q querier, orderID, lock string) (*payments.State, error) {
	st := &payments.State{}
	var err error
	if st.Order, err = orderByID(ctx, q, orderID, lock); err != nil {
		return nil, err
	}
	if st.Attempts, err = attemptTable().ofOrder(ctx, q, orderID, "n"); err != nil {
		return nil, err
	}
	if st.Intents, err = intentTable().ofOrder(ctx, q, orderID, "created_at, id"); err != nil {
		return nil, err
	}
	if st.Refunds, err = refundTable().ofOrder(ctx, q, orderID, "id"); err != nil {
		return nil, err
	}
	st.Disputes, err = disputeTable().ofOrder(ctx, q, orderID, "id")
	return st, err
}

// before is a state as it was loaded.
type before struct {
	order    []loaded[orders.Order]
	attempts []loaded[payments.Attempt]
	intents  []loaded[payments.Intent]
	refunds  []loaded[payments.Refund]
	disputes []loaded[payments.Dispute]
}

func remember(st *payments.State) before {
	return before{
		order:    orderTable().remember([]orders.Order{st.Order}),
		attempts: attemptTable().remember(st.Attempts),
		intents:  intentTable().remember(st.Intents),
		refunds:  refundTable().remember(st.Refunds),
		disputes: disputeTable().remember(st.Disputes),
	}
}

// save writes what the rules made of a state, and only what differs from what was
// loaded. The stamps that it sets are in st afterwards.
func (s *Store) save(ctx context.Context, q querier, was before, st *payments.State, now time.Time) error {
	own(st, was)
	if err := orderTable().update(ctx, q, &was.order[0], &st.Order, now); err != nil {
		return err
	}
	// An attempt that ends makes room for another: it is written before.
	ended := func(a *payments.Attempt) bool { return !a.State.Active() }
	if err := attemptTable().save(ctx, q, was.attempts, st.Attempts, ended, now); err != nil {
		if s.dialect.violates(err, oneActiveAttempt) {
			return payments.ErrPaymentInProgress
		}
		return err
	}
	if err := intentTable().save(ctx, q, was.intents, st.Intents, nil, now); err != nil {
		return err
	}
	if err := refundTable().save(ctx, q, was.refunds, st.Refunds, nil, now); err != nil {
		return err
	}
	if err := disputeTable().save(ctx, q, was.disputes, st.Disputes, nil, now); err != nil {
		return err
	}
	return saveEffects(ctx, q, st, now)
}

// own ties the rows that were appended to the order of the state.
func own(st *payments.State, was before) {
	id := st.Order.ID
	for i := len(was.attempts); i < len(st.Attempts); i++ {
		st.Attempts[i].OrderID = id
	}
	for i := len(was.intents); i < len(st.Intents); i++ {
		st.Intents[i].OrderID = id
	}
	for i := len(was.refunds); i < len(st.Refunds); i++ {
		st.Refunds[i].OrderID = id
	}
	for i := len(was.disputes); i < len(st.Disputes); i++ {
		st.Disputes[i].OrderID = id
	}
}

func saveEffects(ctx context.Context, q querier, st *payments.State, now time.Time) error {
	for _, e := range st.Effects {
		at := e.CreatedAt
		if at.IsZero() {
			at = now
		}
		_, err := q.exec(ctx, `INSERT INTO effects (order_id, kind, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			st.Order.ID, e.Kind, micros(at))
		if err != nil {
			return err
		}
	}
	return nil
}

// finishDone ends the claim of the event that caused a change.
func finishDone(ctx context.Context, q querier, claim *queue.Claim, orderID string, now time.Time) error {
	n, err := q.exec(ctx, `UPDATE events
		SET state = 'done', order_id = $3, note = '', lease_token = '', lease_until = 0, next_at = 0, finished_at = $4
		WHERE id = $1 AND lease_token = $2 AND state = 'working'`,
		claim.ID, claim.Token, orderID, micros(now))
	if err == nil && n == 0 {
		err = queue.ErrClaimLost
	}
	return err
}

// wakeUnmatched makes the events due that waited for an order to know their
// intent. One that is worked at this moment may not have seen the intent: it gets a time
// that its end heeds.
func wakeUnmatched(ctx context.Context, q querier, linked []payments.Intent, now time.Time) error {
	for i := range linked {
		if _, err := q.exec(ctx, wakeGroup, micros(now), linked[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// The terms on the state are those of the indexes, word for word.
const wakeGroup = `UPDATE events SET next_at = $1
	WHERE event_group = $2 AND state IN ('received', 'unmatched') AND state = 'unmatched' AND next_at > $1
		OR event_group = $2 AND state = 'working' AND event_group <> ''`

// OrderOfIntent names the order that an intent is linked to, "" if none.
func (s *Store) OrderOfIntent(ctx context.Context, intentID string) (string, error) {
	id, _, err := queryOne(ctx, s.reader(ctx), scanString, `SELECT order_id FROM intents WHERE id = $1`, intentID)
	return id, s.public(ctx, err)
}

// Effects lists the effects of an order, oldest first.
func (s *Store) Effects(ctx context.Context, orderID string) ([]payments.Effect, error) {
	list, err := queryAll(ctx, s.reader(ctx), func(row scanner) (e payments.Effect, err error) {
		var created int64
		err = row.Scan(&e.OrderID, &e.Kind, &created)
		e.CreatedAt = fromMicros(created)
		return e, err
	}, `SELECT order_id, kind, created_at FROM effects WHERE order_id = $1 ORDER BY created_at, kind`, orderID)
	return list, s.public(ctx, err)
}

// ClaimAttempts takes active attempts that are due; see payments.Store.
func (s *Store) ClaimAttempts(ctx context.Context, now, until time.Time, n int) ([]payments.Attempt, error) {
	t := attemptTable()
	var taken []payments.Attempt
	err := s.statement(ctx, func(q querier) (err error) {
		taken, err = queryAll(ctx, q, t.scan, `WITH due AS MATERIALIZED (
				SELECT id AS due_id FROM attempts
				WHERE state IN ('started', 'unknown', 'requires_action', 'processing', 'requires_capture')
					AND check_at > 0 AND check_at <= $1
				ORDER BY check_at LIMIT $2`+s.dialect.skipLocked()+`)
			UPDATE attempts SET check_at = $3 FROM due WHERE id = due_id
			RETURNING `+columnList(t.columns), micros(now), n, micros(until))
		return err
	})
	return taken, err
}

// ClaimExpired takes open orders whose time is over; see payments.Store.
func (s *Store) ClaimExpired(ctx context.Context, now, until time.Time, n int) ([]string, error) {
	var taken []string
	err := s.statement(ctx, func(q querier) (err error) {
		taken, err = queryAll(ctx, q, scanString, `WITH due AS MATERIALIZED (
				SELECT id AS due_id FROM orders
				WHERE status = 'open' AND expiry_check_at <= $1 AND expires_at <= $1
				ORDER BY expiry_check_at LIMIT $2`+s.dialect.skipLocked()+`)
			UPDATE orders SET expiry_check_at = $3 FROM due WHERE id = due_id
			RETURNING id`, micros(now), n, micros(until))
		return err
	})
	return taken, err
}
