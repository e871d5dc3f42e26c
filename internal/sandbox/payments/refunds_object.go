package payments

import (
	"checkoutd/internal/sandbox/api"
)

// Refund is https://docs.stripe.com/api/refunds/object.
type Refund struct {
	ID                        string             `json:"id"`
	Object                    string             `json:"object"`
	Amount                    int64              `json:"amount"`
	BalanceTransaction        *string            `json:"balance_transaction"`
	Charge                    *string            `json:"charge"`
	Created                   int64              `json:"created"`
	Currency                  string             `json:"currency"`
	DestinationDetails        *RefundDestination `json:"destination_details,omitempty"`
	FailureBalanceTransaction *string            `json:"failure_balance_transaction,omitempty"`
	FailureReason             *string            `json:"failure_reason,omitempty"`
	InstructionsEmail         *string            `json:"instructions_email,omitempty"`
	Metadata                  map[string]string  `json:"metadata"`
	NextAction                *RefundAction      `json:"next_action,omitempty"`
	PaymentIntent             *string            `json:"payment_intent"`
	Reason                    *string            `json:"reason"`
	ReceiptNumber             *string            `json:"receipt_number"`
	SourceTransferReversal    *string            `json:"source_transfer_reversal"`
	Status                    string             `json:"status"`
	TransferReversal          *string            `json:"transfer_reversal"`
}

// RefundDestination describes how the money goes back.
type RefundDestination struct {
	Card *RefundCard `json:"card,omitempty"`
	Type string      `json:"type"`
}

// referencePending is the status of a reference that is not known yet.
const referencePending = "pending"

// RefundCard is the destination of a refund to a card.
type RefundCard struct {
	Reference       string `json:"reference,omitempty"`
	ReferenceStatus string `json:"reference_status"`
	ReferenceType   string `json:"reference_type,omitempty"`
	Type            string `json:"type"`
}

// RefundAction is the step that the buyer has to take to get the money.
type RefundAction struct {
	DisplayDetails RefundDetails `json:"display_details"`
	Type           string        `json:"type"`
}

// RefundDetails holds the e-mail that asks the buyer for a bank account, and
// the deadline for the reply.
type RefundDetails struct {
	EmailSent EmailSent `json:"email_sent"`
	ExpiresAt int64     `json:"expires_at"`
}

// EmailSent is the e-mail that Stripe would have sent.
type EmailSent struct {
	EmailSentAt int64  `json:"email_sent_at"`
	EmailSentTo string `json:"email_sent_to"`
}

func (o *Refund) ObjectID() string   { return o.ID }
func (o *Refund) ObjectKind() string { return api.KindRefund }
func (o *Refund) Parents() []string  { return ParentsOf(o.Charge, o.PaymentIntent) }
