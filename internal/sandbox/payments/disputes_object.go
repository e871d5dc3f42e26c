package payments

import (
	"checkoutd/internal/sandbox/api"
)

// Dispute is https://docs.stripe.com/api/disputes/object.
type Dispute struct {
	ID                   string               `json:"id"`
	Object               string               `json:"object"`
	Amount               int64                `json:"amount"`
	BalanceTransaction   *string              `json:"balance_transaction"`
	BalanceTransactions  []BalanceTransaction `json:"balance_transactions"`
	Charge               string               `json:"charge"`
	Created              int64                `json:"created"`
	Currency             string               `json:"currency"`
	EnhancedEligibility  []string             `json:"enhanced_eligibility_types"`
	Evidence             map[string]any       `json:"evidence"`
	EvidenceDetails      EvidenceDetails      `json:"evidence_details"`
	IsChargeRefundable   bool                 `json:"is_charge_refundable"`
	Livemode             bool                 `json:"livemode"`
	Metadata             map[string]string    `json:"metadata"`
	PaymentIntent        *string              `json:"payment_intent"`
	PaymentMethodDetails *disputeMethod       `json:"payment_method_details,omitempty"`
	Reason               string               `json:"reason"`
	Status               string               `json:"status"`
}

// EvidenceDetails holds the deadline for evidence and how often the merchant
// has submitted some.
type EvidenceDetails struct {
	DueBy            *int64         `json:"due_by"`
	EnhancedEligible map[string]any `json:"enhanced_eligibility"`
	HasEvidence      bool           `json:"has_evidence"`
	PastDue          bool           `json:"past_due"`
	SubmissionCount  int64          `json:"submission_count"`
}

type disputeMethod struct {
	Card *disputeCard `json:"card,omitempty"`
	Type string       `json:"type"`
}

type disputeCard struct {
	Brand             string  `json:"brand"`
	CaseType          string  `json:"case_type"`
	NetworkReasonCode *string `json:"network_reason_code"`
}

func (o *Dispute) ObjectID() string   { return o.ID }
func (o *Dispute) ObjectKind() string { return api.KindDispute }
func (o *Dispute) Parents() []string  { return ParentsOf(&o.Charge, o.PaymentIntent) }
