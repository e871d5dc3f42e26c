package store

import (
	"context"
	"time"

	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/store/sqldb"
	"checkoutd/internal/tracing"
)

// orderRows returns the lists of rows that belong to an order, in the order in
// which they are read and written.
func (s *Store) orderRows(st *payments.State) []sqldb.Rows {
	return []sqldb.Rows{
		attempts(st),
		s.intents(st),
		refunds(st),
		disputes(st),
		operations(st),
		subscriptions(st),
		foreignPayments(st),
	}
}

// selectState returns the commands that read an order's state. The order comes
// first: when it is locked, the lock protects everything that is read after.
func selectState(st *payments.State, rows []sqldb.Rows, orderID, lock string) []sqldb.Command {
	list := []sqldb.Command{selectOrder(&st.Order, orderID, lock)}
	for _, r := range rows {
		list = append(list, r.Load(orderID))
	}
	return list
}

// Read returns an order's state without locking it.
func (s *Store) Read(ctx context.Context, orderID string) (*payments.State, error) {
	st := &payments.State{}
	if err := s.db.View(ctx, selectState(st, s.orderRows(st), orderID, "")...); err != nil {
		return nil, err
	}
	return st, nil
}

// Update changes an order's state under its lock; see payments.Store.
func (s *Store) Update(
	ctx context.Context, orderID string, claim *queue.Claim, change func(*payments.State) error,
) error {
	effects := false
	trace := func() string { return tracing.Traceparent(ctx) } // of this change, not of those that share its commit
	err := s.db.Transact(ctx, orderID, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		st := &payments.State{}
		rows := s.orderRows(st)
		if err := q.Run(ctx, selectState(st, rows, orderID, s.db.LockRow())...); err != nil {
			return nil, err
		}

		prev := rememberOrder(&st.Order)
		for _, r := range rows {
			r.Remember()
		}
		intents, subscriptions := len(st.Intents), len(st.Subscriptions)

		if err := change(st); err != nil {
			return nil, err
		}

		effects = len(st.Effects) > 0
		now := s.now()
		writes, err := saveState(prev, st, rows, now, trace)
		if err != nil {
			return nil, err
		}

		if claim != nil {
			writes = append(writes, finishDone(claim, orderID, now)...)
		}

		var linked []string
		for i := range st.Intents[intents:] {
			linked = append(linked, st.Intents[intents+i].ID)
		}

		for i := range st.Subscriptions[subscriptions:] {
			linked = append(linked, st.Subscriptions[subscriptions+i].ID)
		}

		return append(writes, wakeEvents(linked, now)...), nil
	})

	if err == nil && effects {
		s.effectsCommitted()
	}

	switch {
	case s.db.Violates(err, oneActiveAttempt):
		return payments.ErrPaymentInProgress
	case s.db.Violates(err, oneStartedOperation):
		return payments.ErrOperationInProgress
	}

	return err
}

// saveState returns the writes for a state that the rules have changed: only
// the columns that differ from what was read, and the appended rows.
func saveState(
	prev loadedOrder, st *payments.State, rows []sqldb.Rows, now time.Time, trace func() string,
) ([]sqldb.Command, error) {
	writes, err := prev.save(&st.Order, now)
	if err != nil {
		return nil, err
	}

	for _, r := range rows {
		list, err := r.Save(st.Order.ID, now)
		if err != nil {
			return nil, err
		}

		writes = append(writes, list...)
	}

	if len(st.Effects) == 0 {
		return writes, nil
	}
	return append(writes, insertEffects(st, now, trace())...), nil
}
