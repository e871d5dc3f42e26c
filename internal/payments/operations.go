package payments

import (
	"context"
	"errors"
	"fmt"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// Desk is where the shop itself asks for something: to capture a hold, to cancel an order,
// to refund. It is safe for concurrent use, also by several processes beside a running
// server, and guarantees:
//
//   - an operation is written before it is sent, and sent under its own idempotency key;
//   - one whose outcome is not known stays started; whatever is asked about the order
//     next finds that out first, and the same wish again is the same operation, so that
//     asking again never takes or gives back money a second time;
//   - nothing is sent again but for the same wish;
//   - what Stripe made of it goes through the same settle as everything else, at once.
type Operations struct {
	service  *Service
	operator Operator
}

// NewOperations returns a Desk that works with the service's store and Stripe.
func NewOperations(s *Service, o Operator) *Operations { return &Operations{s, o} }

// Result is what became of a wish.
type Result struct {
	Operation Operation // the one that the wish led to
	// Earlier is the operation that was found started, and what became of it, nil if there
	// was none. It is Operation when the wish was the same.
	Earlier *Operation
	State   *State // the order's state afterwards
}

// Refund is the refund that the operation led to, nil if it was no refund.
func (r Result) Refund() *Refund { return r.State.refundBy(r.Operation.ID) }

// Capture takes amount minor units of what is held for the order, 0 for all of it. What is
// not captured is released, and the order is paid. Its errors are faults: a refusal of the
// rules or of Stripe, or operation_unknown, after which the same wish finds out.
func (d *Operations) Capture(ctx context.Context, orderID string, amount int64) (Result, error) {
	if amount == 0 { // all is not what an earlier wish for a part was
		st, err := d.service.cfg.Store.Read(ctx, orderID)
		if err != nil {
			return Result{}, err
		}
		amount = st.Order.Amount
	}
	return d.do(ctx, orderID, wish{kind: OperationCapture, amount: amount})
}

// CancelOrder cancels an order that is not paid. Its intents, and the subscription that was
// to begin, are canceled at Stripe first. Errors as in Capture.
func (d *Operations) CancelOrder(ctx context.Context, orderID string) (Result, error) {
	return d.do(ctx, orderID, wish{kind: OperationCancel})
}

// Refund gives amount minor units back, 0 for all that is left. reason is Stripe's, or "".
// A refund may be pending for days, and fail in the end: the order shows it. Errors as in
// Capture.
func (d *Operations) Refund(ctx context.Context, orderID string, amount int64, reason string) (Result, error) {
	return d.do(ctx, orderID, wish{kind: OperationRefund, amount: amount, reason: reason})
}

// FindOut reads at Stripe what became of the operation whose outcome is not known, and sends
// nothing. It returns nil if there is no such operation.
func (d *Operations) FindOut(ctx context.Context, orderID string) (*Operation, error) {
	st, err := d.service.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return nil, err
	}
	open := st.StartedOperation()
	if open == nil {
		return nil, nil //nolint:nilnil // documented: there is nothing to find out
	}
	st, err = d.end(ctx, *open, sending{lastSent: open.UpdatedAt})
	if err != nil {
		return open, err
	}
	return st.operation(open.ID), nil
}

// do finds out what is open, then does what is wished.
func (d *Operations) do(ctx context.Context, orderID string, w wish) (out Result, err error) {
	for range maxReadings {
		earlier, err := d.finishOpen(ctx, orderID, w)
		if earlier != nil {
			out.Earlier = earlier
		}
		switch {
		case err != nil:
			return out, err
		case earlier != nil && earlier.State == OperationDone && w.asksFor(earlier):
			out.Operation = *earlier
			out.State, err = d.service.cfg.Store.Read(ctx, orderID)
			return out, err
		}
		op, err := d.write(ctx, orderID, w)
		if errors.Is(err, ErrOperationInProgress) {
			continue // somebody else's, begun a moment ago
		}
		if err != nil {
			return out, err
		}
		return d.carryOut(ctx, out, op, sending{sent: true, fresh: true, lastSent: op.UpdatedAt})
	}
	return out, ErrOperationInProgress
}

// write commits an operation before it is sent.
func (d *Operations) write(ctx context.Context, orderID string, w wish) (op Operation, err error) {
	id := orders.NewID("op_")
	var after *State
	err = d.service.cfg.Store.Update(ctx, orderID, nil, func(st *State) error {
		after = st
		return d.service.rules().start(st, w, id)
	})
	if err != nil {
		return op, err
	}
	return *after.operation(id), nil
}

// finishOpen finds out what became of the operation that an order has open, nil if it has
// none. If it is what is wished now, and while Stripe keeps its key, it is sent again: that tells, or
// does what was asked. Who wishes something else may have thought better of it: then Stripe
// is only read. An operation that failed is an error only if it was just tried.
func (d *Operations) finishOpen(ctx context.Context, orderID string, w wish) (*Operation, error) {
	st, err := d.service.cfg.Store.Read(ctx, orderID)
	if err != nil || st.StartedOperation() == nil {
		return nil, err
	}
	op := *st.StartedOperation()
	c := sending{lastSent: op.UpdatedAt, sent: w.asksFor(&op) && d.service.cfg.Now().Sub(op.CreatedAt) < keepsKeysFor}
	if c.sent {
		now, err := d.touch(ctx, op)
		if err != nil || now.State != OperationStarted { // somebody else has ended it: it must not be sent any more
			return &now, err
		}
	}
	out, err := d.carryOut(ctx, Result{}, op, c)
	if out.Operation.State == OperationFailed && !c.sent {
		err = nil
	}
	return &out.Operation, err
}

// touch notes that an operation is sent again, before it is, and gives it as it is then.
func (d *Operations) touch(ctx context.Context, op Operation) (now Operation, err error) {
	err = d.service.cfg.Store.Update(ctx, op.OrderID, nil, func(st *State) error {
		kept := st.operation(op.ID)
		if kept == nil {
			return errGone(op)
		}
		if kept.State == OperationStarted {
			kept.Note = "sent again at " + d.service.cfg.Now().UTC().Format(time.RFC3339Nano)
		}
		now = *kept
		return nil
	})
	if err != nil {
		return op, err
	}
	return now, nil
}

func errGone(op Operation) error { return fmt.Errorf("payments: operation %s is gone", op.ID) }

// carryOut sends an operation and ends it as far as Stripe tells. The caller's leaving must
// not cut it in two.
func (d *Operations) carryOut(ctx context.Context, out Result, op Operation, c sending) (Result, error) {
	ctx = context.WithoutCancel(ctx)
	if c.sent {
		c.err = d.send(ctx, op)
	}
	st, err := d.end(ctx, op, c)
	if err != nil {
		out.Operation = op
		return out, operationUnknown(op, errors.Join(err, c.err))
	}
	out.Operation, out.State = *st.operation(op.ID), st
	d.log(out, c)
	switch out.Operation.State {
	case OperationDone:
		return out, nil
	case OperationFailed:
		return out, fault.Wrap(c.err, fault.Conflict, "operation_failed", "The "+string(op.Kind)+" failed: "+out.Operation.Note+".")
	default:
		return out, operationUnknown(op, c.err)
	}
}

func operationUnknown(op Operation, cause error) error {
	return fault.Wrap(cause, fault.Unavailable, "operation_unknown", "Stripe has not told yet what became of the "+string(op.Kind)+
		" that was asked for at "+op.CreatedAt.UTC().Format(time.RFC3339)+". Ask for the same again in a while: nothing is done twice. Something else can be asked for when half an hour has passed.")
}

// send makes the call of an operation.
func (d *Operations) send(ctx context.Context, op Operation) error {
	call, cancel := context.WithTimeout(ctx, d.service.cfg.CallTimeout)
	defer cancel()
	switch op.Kind {
	case OperationCapture:
		return d.operator.Capture(call, op)
	case OperationRefund:
		return d.operator.Refund(call, op)
	default:
		st, err := d.service.cfg.Store.Read(ctx, op.OrderID)
		if err != nil {
			return err
		}
		return d.service.cancelIntents(ctx, st)
	}
}

// end brings the order up to date and ends the operation as far as that tells.
func (d *Operations) end(ctx context.Context, op Operation, c sending) (after *State, err error) {
	if err := d.read(ctx, op); err != nil {
		return nil, err
	}
	err = d.service.cfg.Store.Update(ctx, op.OrderID, nil, func(st *State) error {
		after = st
		if st.operation(op.ID) == nil {
			return errGone(op)
		}
		d.service.rules().conclude(st, op.ID, c)
		return nil
	})
	return after, err
}

// read brings an order up to date with what an operation is about.
func (d *Operations) read(ctx context.Context, op Operation) error {
	switch op.Kind {
	case OperationRefund:
		return d.service.SettleRefunds(ctx, op.OrderID, op.IntentID, nil)
	case OperationCapture:
		return d.service.SettleFresh(ctx, op.OrderID, op.IntentID, nil)
	}
	st, err := d.service.cfg.Store.Read(ctx, op.OrderID)
	if err != nil {
		return err
	}
	for _, in := range st.Intents { // those that were canceled and read are final
		if !in.pending() {
			continue
		}
		if err := d.service.SettleFresh(ctx, op.OrderID, in.ID, nil); err != nil {
			return err
		}
	}
	return nil
}

// log writes the one line about an operation that was sent.
func (d *Operations) log(out Result, c sending) {
	op := out.Operation
	l := d.service.cfg.Log.Info()
	if op.State != OperationDone {
		l = d.service.cfg.Log.Warn().Err(c.err)
	}
	l.Str("order_id", op.OrderID).Str("operation_id", op.ID).Str("operation", string(op.Kind)).Int64("amount", op.Amount).
		Str("operation_state", string(op.State)).Str("order_status", string(out.State.Order.Status)).Msg("operation sent")
}
