package store

import (
	"context"
	"time"

	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/store/sqldb"
	"checkoutd/internal/tracing"
)

// oftenRows returns the lists of rows that nearly every order has, seldomRows
// those that most orders never get: together all that belong to an order, in
// the order in which they are read and written.
func (s *Store) oftenRows(st *payments.State) []sqldb.Rows {
	return []sqldb.Rows{attempts(st), s.intents(st)}
}

func seldomRows(st *payments.State) []sqldb.Rows {
	return []sqldb.Rows{
		refunds(st),
		disputes(st),
		operations(st),
		subscriptions(st),
		foreignPayments(st),
	}
}

// Read returns an order's state without locking it.
func (s *Store) Read(ctx context.Context, orderID string) (*payments.State, error) {
	st := &payments.State{}
	list := []sqldb.Command{selectOrder(&st.Order, orderID, "")}
	for _, r := range append(s.oftenRows(st), seldomRows(st)...) {
		list = append(list, r.Load(orderID))
	}

	if err := s.db.View(ctx, list...); err != nil {
		return nil, err
	}
	return st, nil
}

// load locks an order and reads its state into st. The order comes first: the
// lock protects everything that is read after it. Of the lists that are mostly
// empty it reads only those that have rows, which takes PostgreSQL one more
// round trip if there are any.
func (s *Store) load(ctx context.Context, q sqldb.Querier, st *payments.State, orderID string) ([]sqldb.Rows, error) {
	often, seldom := s.oftenRows(st), seldomRows(st)
	list := []sqldb.Command{selectOrder(&st.Order, orderID, s.db.LockRow())}
	for _, r := range often {
		list = append(list, r.Load(orderID))
	}

	has := make([]bool, len(seldom))
	if err := q.Run(ctx, append(list, sqldb.Probe(orderID, seldom, has))...); err != nil {
		return nil, err
	}

	list = nil
	for i, r := range seldom {
		if has[i] {
			list = append(list, r.Load(orderID))
		}
	}

	if list != nil {
		if err := q.Run(ctx, list...); err != nil {
			return nil, err
		}
	}

	return append(often, seldom...), nil
}

// Update changes an order's state under its lock; see payments.Store.
func (s *Store) Update(
	ctx context.Context, orderID string, claim *queue.Claim, change func(*payments.State) error,
) error {
	effects := false
	trace := func() string { return tracing.Traceparent(ctx) } // of this change, not of those that share its commit
	err := s.db.Transact(ctx, orderID, func(ctx context.Context, q sqldb.Querier) ([]sqldb.Command, error) {
		st := &payments.State{}
		rows, err := s.load(ctx, q, st, orderID)
		if err != nil {
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
