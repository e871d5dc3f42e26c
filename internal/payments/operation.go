package payments

import "time"

// OperationKind is what the shop asks Stripe to do about an order.
type OperationKind string

// The kinds of operation.
const (
	OperationCapture OperationKind = "capture"
	OperationCancel  OperationKind = "cancel"
	OperationRefund  OperationKind = "refund"
)

// OperationState is the state of an operation.
type OperationState string

// The states of an operation. One that is started stays so until its outcome at
// Stripe is known.
const (
	OperationStarted OperationState = "started"
	OperationDone    OperationState = "done"
	OperationFailed  OperationState = "failed"
)

// Operation is one capture, cancellation or refund that the shop asked for. It
// is written before it is sent. At most one operation of an order is started,
// which a unique index enforces.
type Operation struct {
	ID       string
	OrderID  string
	IntentID string // "" for the cancellation of an order
	Kind     OperationKind
	Amount   int64  // minor units; 0 for a cancellation
	Reason   string // of a refund: duplicate, fraudulent, requested_by_customer or ""
	// Fee and Transfer are what a capture sends of the platform's fee, and of
	// the transfer to a destination, in minor units; 0: nothing.
	Fee      int64
	Transfer int64
	// RefundFee gives the platform's fee back with a refund, and
	// ReverseTransfer takes the money back from the destination, both in
	// proportion.
	RefundFee       bool
	ReverseTransfer bool
	IdempotencyKey  string
	State           OperationState
	Note            string // its result at Stripe, or why it failed
	Proof           string // on the refund at Stripe, as in Mark; "" before there were proofs
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// MetaOperation is the metadata key that we set on every refund.
const MetaOperation = "checkoutd_operation"
