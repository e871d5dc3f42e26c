package storetest

import (
	"errors"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
)

func newOperation() payments.Operation {
	id := orders.NewID("op_")
	return payments.Operation{
		ID:             id,
		IntentID:       "pi_1",
		Kind:           payments.OperationRefund,
		Amount:         500,
		Reason:         "duplicate",
		IdempotencyKey: "checkoutd-" + id,
		State:          payments.OperationStarted,
		CreatedAt:      start,
	}
}

// begin stores an operation of an order.
func (f *fixture) begin(orderID string, op payments.Operation) error {
	f.t.Helper()
	return f.Update(f.ctx, orderID, nil, func(st *payments.State) error {
		st.Operations = append(st.Operations, op)
		return nil
	})
}

func testOperations(t *testing.T, e Engine) {
	f := newFixture(t, e)
	t.Run("an operation comes back as it was written, and as it ended", func(t *testing.T) {
		f := f.in(t)
		o, op := f.order(), newOperation()
		if err := f.begin(o.ID, op); err != nil {
			t.Fatal(err)
		}

		op.OrderID, op.UpdatedAt = o.ID, f.clock.Now()
		if got := f.state(o.ID).Operations; !reflect.DeepEqual(got, []payments.Operation{op}) {
			t.Errorf("got %+v, want %+v", got, op)
		}

		op.UpdatedAt = f.clock.Advance(time.Minute)
		op.State, op.Note = payments.OperationDone, "re_1"
		f.update(o.ID, func(st *payments.State) { st.Operations[0].State, st.Operations[0].Note = op.State, op.Note })

		if got := f.state(o.ID).Operations; !reflect.DeepEqual(got, []payments.Operation{op}) {
			t.Errorf("got %+v, want %+v", got, op)
		}
	})

	t.Run("a second started operation is ErrOperationInProgress, and leaves nothing", func(t *testing.T) {
		f := f.in(t)
		o := f.order()
		if err := f.begin(o.ID, newOperation()); err != nil {
			t.Fatal(err)
		}

		err := f.Update(f.ctx, o.ID, nil, func(st *payments.State) error {
			st.Order.Message = "must not stay"
			st.Operations = append(st.Operations, newOperation())
			return nil
		})
		if !errors.Is(err, payments.ErrOperationInProgress) {
			t.Errorf("got %v, want ErrOperationInProgress", err)
		}
		if st := f.state(o.ID); len(st.Operations) != 1 || st.Order.Message != "" {
			t.Errorf("part of it was committed: %+v", st)
		}

		f.update(o.ID, func(st *payments.State) { st.Operations[0].State = payments.OperationFailed })
		if err := f.begin(o.ID, newOperation()); err != nil {
			t.Errorf("an operation that ended still blocks the next: %v", err)
		}
	})

	t.Run("a key is used once", func(t *testing.T) {
		f := f.in(t)
		first, second := newOperation(), newOperation()
		second.IdempotencyKey = first.IdempotencyKey

		if err := f.begin(f.order().ID, first); err != nil {
			t.Fatal(err)
		}
		if err := f.begin(f.order().ID, second); err == nil {
			t.Error("two operations have one key")
		}
	})

	t.Run("of many operations started at once, one is stored", func(t *testing.T) {
		oneWins(t, f.in(t), payments.ErrOperationInProgress, func(st *payments.State, _ int) {
			st.Operations = append(st.Operations, newOperation())
		})
	})

	t.Run("a refund keeps its operation and the time at which it was created", func(t *testing.T) {
		f := f.in(t)
		o := f.order()
		re := payments.Refund{
			ID:          "re_" + o.ID,
			IntentID:    "pi_1",
			Amount:      500,
			Currency:    "eur",
			Status:      "pending",
			Reason:      "duplicate",
			OperationID: "op_1",
			CreatedAt:   start.Truncate(time.Second),
		}

		f.update(o.ID, func(st *payments.State) { st.Refunds = append(st.Refunds, re) })
		re.OrderID, re.UpdatedAt = o.ID, f.clock.Now()

		if got := f.state(o.ID).Refunds; !reflect.DeepEqual(got, []payments.Refund{re}) {
			t.Errorf("got %+v, want %+v", got, re)
		}
	})
}

// oneWins adds a row from many callers at once, none of which checks for the
// others: an index must refuse all but one.
func oneWins(t *testing.T, f *fixture, refusal error, add func(st *payments.State, i int)) {
	t.Helper()
	stores := []*store.Store{f.Store, f.open(store.Options{})}
	o := f.order()
	var won, refused atomic.Int64
	together(callers, func(i int) {
		err := stores[i%2].Update(f.ctx, o.ID, nil, func(st *payments.State) error {
			add(st, i)
			return nil
		})
		switch {
		case err == nil:
			won.Add(1)
		case errors.Is(err, refusal):
			refused.Add(1)
		default:
			t.Error(err)
		}
	})

	if won.Load() != 1 || refused.Load() != callers-1 {
		t.Errorf("%d won and %d were refused", won.Load(), refused.Load())
	}
}
