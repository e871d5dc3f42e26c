package payments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/tracing"
)

// Operations carries out what the shop asks for: to capture a hold, cancel an
// order, or refund. It is safe for concurrent use, including by several
// processes beside a running server, and guarantees:
//
//   - An operation is written before it is sent, and sent under its own
//     idempotency key.
//   - An operation whose outcome is not known stays started. The next request
//     about the order finds out that outcome first. A repeated request is the
//     same operation, so that repeating it never moves money a second time.
//   - An operation is sent again only for a repeated request.
//   - The result at Stripe goes through the same settle as all other news, at
//     once.
type Operations struct {
	service  *Service
	operator func(account string) Operator
}

// NewOperations returns Operations on the store of s. operator returns the
// calls for a connected account, or for the platform's own if it is "".
func NewOperations(s *Service, operator func(account string) Operator) *Operations {
	return &Operations{service: s, operator: operator}
}

// Result is the outcome of a request.
type Result struct {
	Operation Operation // the operation that the request led to
	// Earlier is the operation that was found started, with its outcome; nil if
	// there was none. It is the same as Operation if the request was a
	// repetition.
	Earlier *Operation
	State   *State // the order's state afterwards
}

// Refund returns the refund that the operation led to, nil if it was no refund.
func (r Result) Refund() *Refund { return r.State.refundBy(r.Operation.ID) }

// Capture captures amount minor units of the hold, 0 for all of it. The rest of
// the hold is released, and the order is paid. Errors as in Do.
func (o *Operations) Capture(ctx context.Context, orderID string, amount int64) (Result, error) {
	return o.Do(ctx, orderID, OperationRequest{Kind: OperationCapture, Amount: amount})
}

// CancelOrder cancels an order that is not paid. Its intents, and a
// subscription that is not paid for, are canceled at Stripe first. Errors as in
// Do.
func (o *Operations) CancelOrder(ctx context.Context, orderID string) (Result, error) {
	return o.Do(ctx, orderID, OperationRequest{Kind: OperationCancel})
}

// Refund refunds amount minor units, 0 for everything that is left. reason is
// one of Stripe's reasons, or "". A refund may stay pending for days and fail
// in the end; the order shows that. Errors as in Do.
func (o *Operations) Refund(ctx context.Context, orderID string, amount int64, reason string) (Result, error) {
	return o.Do(ctx, orderID, OperationRequest{
		Kind:   OperationRefund,
		Amount: amount,
		Reason: reason,
	})
}

// FindOut reads at Stripe the outcome of the started operation, and sends
// nothing. It returns nil if no operation is started.
func (o *Operations) FindOut(ctx context.Context, orderID string) (*Operation, error) {
	st, err := o.service.cfg.Store.Read(ctx, orderID)
	if err != nil {
		return nil, err
	}

	started := st.StartedOperation()
	if started == nil {
		return nil, nil //nolint:nilnil // documented: there is nothing to find out
	}

	st, err = o.finish(ctx, *started, callResult{lastSent: started.UpdatedAt})
	if err != nil {
		return started, err
	}

	return st.operation(started.ID), nil
}

// Do carries out a request. It finds out the outcome of a started operation
// first. Its errors are faults: a refusal by the rules or by Stripe, or
// operation_unknown, after which repeating the request finds out the outcome.
func (o *Operations) Do(ctx context.Context, orderID string, req OperationRequest) (out Result, err error) {
	o.service.Continue(ctx, orderID, time.Time{})

	for range maxReadings {
		if req.ID != "" || req.Kind == OperationCapture && req.Amount == 0 {
			st, err := o.service.cfg.Store.Read(ctx, orderID)
			if err != nil {
				return out, err
			}

			if op := st.operation(req.ID); op != nil && op.State != OperationStarted {
				out.Operation, out.State = *op, st
				return out, failureOf(*op, nil)
			}

			req = req.naming(&st.Order)
		}

		earlier, err := o.finishStarted(ctx, orderID, req)
		if earlier != nil {
			out.Earlier = earlier
		}

		if err != nil {
			return out, err
		}

		if earlier != nil && earlier.State == OperationDone && req.repeats(earlier) {
			out.Operation = *earlier
			out.State, err = o.service.cfg.Store.Read(ctx, orderID)
			return out, err
		}

		op, err := o.write(ctx, orderID, req)
		if errors.Is(err, ErrOperationInProgress) {
			continue // another process has just started one
		}
		if err != nil {
			return out, err
		}

		return o.carryOut(ctx, out, op, callResult{
			sent:      true,
			firstSend: true,
			lastSent:  op.UpdatedAt,
		})
	}

	return out, ErrOperationInProgress
}

// write commits an operation before it is sent.
func (o *Operations) write(ctx context.Context, orderID string, req OperationRequest) (op Operation, err error) {
	id := cmp.Or(req.ID, orders.NewID("op_"))
	var after *State
	err = o.service.cfg.Store.Update(ctx, orderID, nil, func(st *State) error {
		after = st
		return o.service.rules().start(st, req, id)
	})
	if err != nil {
		return op, err
	}
	return *after.operation(id), nil
}

// finishStarted finds out the outcome of the order's started operation, nil if
// it has none. While Stripe keeps the operation's key, a repeated request sends
// it again: that shows the outcome, or does what was asked. For any other
// request Stripe is only read, because the shop may have changed its mind. A
// failed operation is an error only if it was sent again just now.
func (o *Operations) finishStarted(ctx context.Context, orderID string, req OperationRequest) (*Operation, error) {
	st, err := o.service.cfg.Store.Read(ctx, orderID)
	if err != nil || st.StartedOperation() == nil {
		return nil, err
	}

	op := *st.StartedOperation()
	age := o.service.cfg.Now().Sub(op.CreatedAt)
	call := callResult{lastSent: op.UpdatedAt, sent: req.repeats(&op) && age < keyLifetime}
	if call.sent {
		now, err := o.noteResend(ctx, op)
		if err != nil || now.State != OperationStarted {
			return &now, err // another process has finished it: it must not be sent again
		}
	}

	out, err := o.carryOut(ctx, Result{}, op, call)
	if out.Operation.State == OperationFailed && !call.sent {
		err = nil
	}

	return &out.Operation, err
}

// noteResend notes that an operation is about to be sent again, and returns the
// operation as stored.
func (o *Operations) noteResend(ctx context.Context, op Operation) (now Operation, err error) {
	err = o.service.cfg.Store.Update(ctx, op.OrderID, nil, func(st *State) error {
		stored := st.operation(op.ID)
		if stored == nil {
			return errGone(op)
		}

		if stored.State == OperationStarted {
			stored.Note = "sent again at " + o.service.cfg.Now().UTC().Format(time.RFC3339Nano)
		}

		now = *stored
		return nil
	})
	if err != nil {
		return op, err
	}

	return now, nil
}

func errGone(op Operation) error { return fmt.Errorf("payments: operation %s is gone", op.ID) }

// carryOut sends an operation and finishes it if its outcome is known. A caller
// that leaves must not interrupt it.
func (o *Operations) carryOut(ctx context.Context, out Result, op Operation, call callResult) (Result, error) {
	ctx, span := tracing.Start(context.WithoutCancel(ctx), tracing.Internal, "operation "+string(op.Kind),
		tracing.OrderID(op.OrderID), tracing.OperationID(op.ID), tracing.IntentID(op.IntentID))
	defer span.End()

	if call.sent {
		call.err = o.send(ctx, op)
	}

	st, err := o.finish(ctx, op, call)
	if err != nil {
		out.Operation = op
		return out, operationUnknown(op, errors.Join(err, call.err))
	}

	out.Operation, out.State = *st.operation(op.ID), st
	o.log(ctx, out, call)

	switch out.Operation.State {
	case OperationDone:
		return out, nil
	case OperationFailed:
		return out, failureOf(out.Operation, call.err)
	default:
		return out, operationUnknown(op, call.err)
	}
}

// failureOf returns the error of a failed operation, nil for another one.
func failureOf(op Operation, cause error) error {
	if op.State != OperationFailed {
		return nil
	}
	return fault.Wrap(cause, fault.Conflict, "operation_failed", "The "+string(op.Kind)+" failed: "+op.Note+".")
}

func operationUnknown(op Operation, cause error) error {
	return fault.Wrap(cause, fault.Unavailable, "operation_unknown",
		"Stripe has not confirmed yet whether the "+string(op.Kind)+" requested at "+
			op.CreatedAt.UTC().Format(time.RFC3339)+" was made. Repeat the same request in a while: "+
			"nothing is done twice. Any other request has to wait for half an hour.")
}

// send makes the call of an operation.
func (o *Operations) send(ctx context.Context, op Operation) error {
	callCtx, cancel := context.WithTimeout(ctx, o.service.cfg.CallTimeout)
	defer cancel()

	st, err := o.service.cfg.Store.Read(ctx, op.OrderID)
	if err != nil {
		return err
	}

	switch op.Kind {
	case OperationCapture:
		return o.operator(st.Order.Account).Capture(callCtx, op)
	case OperationRefund:
		return o.operator(st.Order.Account).Refund(callCtx, op)
	default:
		return o.service.cancelIntents(ctx, st)
	}
}

// finish brings the order up to date and concludes the operation if its outcome
// is known.
func (o *Operations) finish(ctx context.Context, op Operation, call callResult) (after *State, err error) {
	// In an account that gives no access nothing can be read. What the refusal
	// of the only request proves is known all the same.
	if err := o.refresh(ctx, op); err != nil {
		only := call.sent && call.firstSend && op.Note == ""
		if !IsAccountGone(err) || !only || !asCallError(call.err).provesFailure(only) {
			return nil, err
		}
	}

	err = o.service.cfg.Store.Update(ctx, op.OrderID, nil, func(st *State) error {
		after = st
		if st.operation(op.ID) == nil {
			return errGone(op)
		}

		o.service.rules().conclude(st, op.ID, call)
		return nil
	})

	return after, err
}

// refresh reads at Stripe what an operation changes, and settles it.
func (o *Operations) refresh(ctx context.Context, op Operation) error {
	switch op.Kind {
	case OperationRefund:
		return o.service.SettleRefunds(ctx, op.OrderID, op.IntentID, nil)
	case OperationCapture:
		return o.service.SettleFresh(ctx, op.OrderID, op.IntentID, nil)
	}

	st, err := o.service.cfg.Store.Read(ctx, op.OrderID)
	if err != nil {
		return err
	}

	for _, in := range st.Intents {
		if !in.pending() {
			continue // canceled, and read after that
		}
		if err := o.service.SettleFresh(ctx, op.OrderID, in.ID, nil); err != nil {
			return err
		}
	}

	return nil
}

// log writes the one log line about an operation that was sent.
func (o *Operations) log(ctx context.Context, out Result, call callResult) {
	op := out.Operation
	line := o.service.cfg.Log.Info()
	if op.State != OperationDone {
		line = o.service.cfg.Log.Warn().Err(call.err)
	}

	line.
		Ctx(ctx).
		Str("order_id", op.OrderID).
		Str("operation_id", op.ID).
		Str("operation", string(op.Kind)).
		Int64("amount", op.Amount).
		Str("operation_state", string(op.State)).
		Str("order_status", string(out.State.Order.Status)).
		Msg("operation sent")
}
