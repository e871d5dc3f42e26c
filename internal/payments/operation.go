package payments

import (
	"context"
	"time"
)

// OperationKind is what the shop itself asks of Stripe.
type OperationKind string

// The kinds of operation.
const (
	OperationCapture OperationKind = "capture"
	OperationCancel  OperationKind = "cancel"
	OperationRefund  OperationKind = "refund"
)

// OperationState is where an operation stands.
type OperationState string

// The states of an operation. One that is started stays so until Stripe has told what
// became of it.
const (
	OperationStarted OperationState = "started"
	OperationDone    OperationState = "done"
	OperationFailed  OperationState = "failed"
)

// Operation is one thing that the shop asks of Stripe about an order. It is written before
// it is sent, and at most one of an order is started; a unique index says so.
type Operation struct {
	ID             string
	OrderID        string
	IntentID       string // "" for the cancellation of an order
	Kind           OperationKind
	Amount         int64  // minor units; 0 for a cancellation
	Reason         string // of a refund: duplicate, fraudulent, requested_by_customer or ""
	IdempotencyKey string
	State          OperationState
	Note           string // what Stripe made of it, or why it failed
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// MetaOperation is the metadata key that we put on every refund.
const MetaOperation = "checkoutd_operation"

// Operator is the calls that a Desk needs beside those of Stripe. Errors are *CallError. Every
// call carries the operation's own idempotency key.
type Operator interface {
	// Capture takes op.Amount of what the intent holds and releases the rest.
	Capture(ctx context.Context, op Operation) error
	// Refund gives op.Amount back. The refund names the operation.
	Refund(ctx context.Context, op Operation) error
}

// StartedOperation points to the operation whose outcome is not known, or is nil.
func (st *State) StartedOperation() *Operation {
	for i := range st.Operations {
		if st.Operations[i].State == OperationStarted {
			return &st.Operations[i]
		}
	}
	return nil
}

func (st *State) operation(id string) *Operation {
	for i := range st.Operations {
		if st.Operations[i].ID == id {
			return &st.Operations[i]
		}
	}
	return nil
}

// refundBy points to the refund that an operation asked for, or is nil.
func (st *State) refundBy(operationID string) *Refund {
	for i := range st.Refunds {
		if st.Refunds[i].OperationID == operationID {
			return &st.Refunds[i]
		}
	}
	return nil
}
