package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
)

// Update changes an order's state under its lock; see payments.Store.
func (s *Store) Update(ctx context.Context, orderID string, claim *queue.Claim, change func(*payments.State) error) error {
	err := s.transact(ctx, func(q querier) ([]command, error) {
		st, reads := loading(orderID, s.dialect.lockRow())
		if err := q.run(ctx, reads...); err != nil {
			return nil, err
		}
		was := remember(st)
		if err := change(st); err != nil {
			return nil, err
		}
		now := s.stamp()
		writes, err := saving(was, st, now)
		if err != nil {
			return nil, err
		}
		if claim != nil {
			writes = append(writes, finishDone(claim, orderID, now))
		}
		return append(writes, wakeUnmatched(st.Intents[len(was.intents):], now)...), nil
	})
	if err != nil && s.dialect.violates(err, oneActiveAttempt) {
		return payments.ErrPaymentInProgress
	}
	if err != nil && s.dialect.violates(err, oneStartedOperation) {
		return payments.ErrOperationInProgress
	}
	return err
}

// Read gives an order's state without locking it.
func (s *Store) Read(ctx context.Context, orderID string) (*payments.State, error) {
	st, reads := loading(orderID, "")
	if err := s.view(ctx, reads...); err != nil {
		return nil, err
	}
	return st, nil
}

// loading gives what reads a state. The order comes first: with a lock, all that follows is
// read after the lock was had.
func loading(orderID, lock string) (*payments.State, []command) {
	st := &payments.State{}
	return st, []command{
		orderByID(&st.Order, orderID, lock),
		attemptTable().ofOrder(&st.Attempts, orderID, "n"),
		intentTable().ofOrder(&st.Intents, orderID, "created_at, id"),
		refundTable().ofOrder(&st.Refunds, orderID, "created_at, id"),
		disputeTable().ofOrder(&st.Disputes, orderID, "id"),
		operationTable().ofOrder(&st.Operations, orderID, "created_at, id"),
		subscriptionTable().ofOrder(&st.Subscriptions, orderID, "created_at, id"),
	}
}

// before is a state as it was loaded.
type before struct {
	order         []loaded[orders.Order]
	attempts      []loaded[payments.Attempt]
	intents       []loaded[payments.Intent]
	refunds       []loaded[payments.Refund]
	disputes      []loaded[payments.Dispute]
	operations    []loaded[payments.Operation]
	subscriptions []loaded[payments.Subscription]
}

func remember(st *payments.State) before {
	return before{
		order:         orderTable().remember([]orders.Order{st.Order}),
		attempts:      attemptTable().remember(st.Attempts),
		intents:       intentTable().remember(st.Intents),
		refunds:       refundTable().remember(st.Refunds),
		disputes:      disputeTable().remember(st.Disputes),
		operations:    operationTable().remember(st.Operations),
		subscriptions: subscriptionTable().remember(st.Subscriptions),
	}
}

// saving gives what writes what the rules made of a state: only what differs from what
// was loaded. It sets the stamps in st.
func saving(was before, st *payments.State, now time.Time) ([]command, error) {
	own(st, was)
	st.Order.GiveBack()
	order, err0 := orderTable().update(nil, &was.order[0], &st.Order, now)
	// An attempt that ends makes room for another: it is written before.
	ended := func(a *payments.Attempt) bool { return !a.State.Active() }
	attempts, err1 := attemptTable().save(was.attempts, st.Attempts, ended, now)
	intents, err2 := intentTable().save(was.intents, st.Intents, nil, now)
	refunds, err3 := refundTable().save(was.refunds, st.Refunds, nil, now)
	disputes, err4 := disputeTable().save(was.disputes, st.Disputes, nil, now)
	operations, err5 := operationTable().save(was.operations, st.Operations, nil, now)
	subscriptions, err6 := subscriptionTable().save(was.subscriptions, st.Subscriptions, nil, now)
	if err := errors.Join(err0, err1, err2, err3, err4, err5, err6); err != nil {
		return nil, err
	}
	uses := promotionUses(&was.order[0].value, &st.Order)
	return slices.Concat(order, uses, attempts, intents, refunds, disputes, operations, subscriptions, effects(st, now)), nil
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
	for i := len(was.operations); i < len(st.Operations); i++ {
		st.Operations[i].OrderID = id
	}
	for i := len(was.subscriptions); i < len(st.Subscriptions); i++ {
		st.Subscriptions[i].OrderID = id
	}
}

func effects(st *payments.State, now time.Time) (writes []command) {
	for _, e := range st.Effects {
		at := e.CreatedAt
		if at.IsZero() {
			at = now
		}
		writes = append(writes, command{
			text: `INSERT INTO effects (order_id, kind, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			args: []any{st.Order.ID, e.Kind, micros(at)},
		})
	}
	return writes
}

// finishDone ends the claim of the event that caused a change.
func finishDone(claim *queue.Claim, orderID string, now time.Time) command {
	return command{text: `UPDATE events
		SET state = 'done', order_id = $3, note = '', lease_token = '', lease_until = 0, next_at = 0, finished_at = $4
		WHERE id = $1 AND lease_token = $2 AND state = 'working'`,
		args: []any{claim.ID, claim.Token, orderID, micros(now)}, none: queue.ErrClaimLost}
}

// wakeUnmatched makes the events due that waited for an order to know their
// intent. One that is worked at this moment may not have seen the intent: it gets a time
// that its end heeds.
func wakeUnmatched(linked []payments.Intent, now time.Time) (writes []command) {
	for i := range linked {
		writes = append(writes, command{text: wakeGroup, args: []any{micros(now), linked[i].ID}})
	}
	return writes
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
