package payments

import (
	"cmp"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// Dispute is https://docs.stripe.com/api/disputes/object.
type Dispute struct {
	ID                   string               `json:"id"`
	Object               string               `json:"object"`
	Amount               int64                `json:"amount"`
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

// EvidenceDetails say until when and how often evidence was given.
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

const (
	evidenceTime = 9 * 24 * time.Hour
	disputeFee   = 1500
)

// evidenceFields are the texts and files that evidence is made of.
var evidenceFields = []string{
	"access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure", "cancellation_rebuttal",
	"customer_communication", "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
	"duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt",
	"refund_policy", "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
	"shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
	"uncategorized_file", "uncategorized_text",
}

// dispute opens what a test card asks for: a dispute, an inquiry (no money
// moves), several, or an early fraud warning.
func (c *Call) dispute(ch *Charge, kind string) {
	switch kind {
	case "warning":
		c.fraudWarning(ch)
	case "inquiry":
		c.openDispute(ch, opening{reason: "general", amount: ch.Amount, inquiry: true})
	case "multiple":
		c.openDispute(ch, opening{reason: "fraudulent", amount: ch.Amount / 2})
		again, _ := memory.Find[*Charge](c.Tx, ch.ID)
		c.openDispute(again, opening{reason: "fraudulent", amount: ch.Amount - ch.Amount/2})

	case "ce3":
		c.openDispute(ch, opening{
			reason:   "fraudulent",
			amount:   ch.Amount,
			eligible: "visa_compelling_evidence_3",
		})

	case "compliance":
		c.openDispute(ch, opening{
			reason:   "noncompliant",
			amount:   ch.Amount,
			eligible: "visa_compliance",
		})

	default:
		c.openDispute(ch, opening{reason: kind, amount: ch.Amount})
	}
}

// opening is what a dispute starts with.
type opening struct {
	reason   string
	amount   int64
	inquiry  bool   // no money moves
	eligible string // for a kind of enhanced evidence
}

func (c *Call) openDispute(ch *Charge, how opening) {
	d := &Dispute{
		ID:                  wire.NewID("dp"),
		Object:              api.KindDispute,
		Amount:              how.amount,
		BalanceTransactions: []BalanceTransaction{},
		Charge:              ch.ID,
		Created:             c.Now.Unix(),
		Currency:            ch.Currency,
		EnhancedEligibility: []string{},
		Evidence:            map[string]any{},
		EvidenceDetails:     EvidenceDetails{DueBy: new(c.Now.Add(evidenceTime).Unix()), EnhancedEligible: map[string]any{}},
		IsChargeRefundable:  how.inquiry,
		Metadata:            map[string]string{},
		PaymentIntent:       ch.PaymentIntent,
		Reason:              how.reason,
		Status:              "needs_response",
	}

	for _, name := range evidenceFields {
		d.Evidence[name] = nil
	}

	d.Evidence["enhanced_evidence"] = map[string]any{}
	d.qualify(how.eligible)

	d.PaymentMethodDetails = &disputeMethod{Type: ch.PaymentMethodDetails.Type}
	if cd := ch.PaymentMethodDetails.Card; cd != nil {
		d.PaymentMethodDetails.Card = &disputeCard{
			Brand:             cd.Brand,
			CaseType:          "chargeback",
			NetworkReasonCode: wire.OrNil(networkReasons[how.reason]),
		}
	}

	if how.inquiry {
		d.Status = "warning_needs_response"
		if cd := d.PaymentMethodDetails.Card; cd != nil {
			cd.CaseType = "inquiry"
		}
	} else {
		d.BalanceTransactions = append(d.BalanceTransactions, *c.moveDisputed(d, "adjustment", -how.amount, disputeFee))
	}

	next := *ch
	next.Disputed, next.Dispute = true, &d.ID
	c.Tx.Put(d)
	c.Tx.Put(&next)
	c.Emit("charge.dispute.created", d)
	c.Later(d.ID, time.Unix(*d.EvidenceDetails.DueBy, 0), func(c *Call) error { c.missDeadline(d.ID); return nil })

	if !how.inquiry {
		c.Emit("charge.dispute.funds_withdrawn", d)
	}
}

func (c *Call) moveDisputed(d *Dispute, kind string, amount, fee int64) *BalanceTransaction {
	bt := c.Entry(d.ID, kind, amount, fee, d.Currency)
	bt.ReportingCategory = "dispute"
	c.Tx.Put(bt)
	return bt
}

var warnings = api.RecordAPI{
	Kind:    "radar.early_fraud_warning",
	Noun:    "early fraud warning",
	Filters: []string{"charge", "payment_intent"},
}

// fraudWarning records an early fraud warning:
// https://docs.stripe.com/api/radar/early_fraud_warnings.
func (c *Call) fraudWarning(ch *Charge) {
	w := api.NewRecord(warnings.Kind, wire.NewID("issfr"), map[string]any{
		"actionable":     true,
		"charge":         ch.ID,
		"created":        c.Now.Unix(),
		"fraud_type":     "misc",
		"livemode":       false,
		"payment_intent": wire.Deref(ch.PaymentIntent),
	}, ch.ID)
	c.Tx.Put(w)
	c.Emit("radar.early_fraud_warning.created", w)
}

func retrieveDispute(c *Call) (any, error) { return api.PathObject[*Dispute](c.API(), api.KindDispute) }

func listDisputes(c *Call) (any, error) {
	created := api.CreatedFilter(c.Params)
	parent := cmp.Or(c.Params.String("payment_intent"), c.Params.String("charge"))
	return api.Page(c.API(), api.KindDispute, parent, func(d *Dispute) bool { return created(d.Created) })
}

func (d *Dispute) closed() bool {
	return d.Status == "won" || d.Status == "lost" || d.Status == "warning_closed"
}

// updateDispute takes evidence. Test evidence decides a dispute: the texts
// winning_evidence and losing_evidence. See
// https://docs.stripe.com/testing#disputes.
func updateDispute(c *Call) (any, error) {
	old, err := api.PathObject[*Dispute](c.API(), api.KindDispute)
	if err != nil {
		return nil, err
	}
	if old.closed() && c.Params.Has("evidence") {
		return nil, wire.Invalid("", "", "This dispute is already closed")
	}

	next := *old
	next.Metadata = wire.MergeMetadata(old.Metadata, c.Params)
	next.takeEvidence(c.Params.At("evidence"))
	submit := c.Params.Has("evidence") && (!c.Params.Has("submit") || c.Params.Bool("submit"))
	next.EvidenceDetails.HasEvidence = old.EvidenceDetails.HasEvidence || c.Params.Has("evidence")

	if submit {
		next.EvidenceDetails.SubmissionCount++
		next.Status = underReview(old.Status)
	}

	c.Tx.Put(&next)
	c.EmitUpdate("charge.dispute.updated", &next, old)

	if submit {
		c.judge(&next)
	}

	final, _ := memory.Find[*Dispute](c.Tx, old.ID)
	return final, nil
}

func underReview(status string) string {
	if status == "warning_needs_response" {
		return "warning_under_review"
	}
	return "under_review"
}

// judge decides a dispute whose evidence says how.
func (c *Call) judge(d *Dispute) {
	switch d.Evidence["uncategorized_text"] {
	case "winning_evidence":
		c.closeDisputeAs(d, "won")
	case "losing_evidence":
		c.closeDisputeAs(d, "lost")
	}
}

func (c *Call) closeDisputeAs(d *Dispute, status string) *Dispute {
	next := *d
	if d.Status == "warning_needs_response" || d.Status == "warning_under_review" {
		status = "warning_closed"
	}

	next.Status = status
	if status == "won" {
		back := c.moveDisputed(&next, "adjustment", d.Amount, -disputeFee)
		next.BalanceTransactions = append(append([]BalanceTransaction(nil), d.BalanceTransactions...), *back)
		c.Emit("charge.dispute.funds_reinstated", &next)
	}

	c.Tx.Put(&next)
	c.EmitUpdate("charge.dispute.closed", &next, d)
	return &next
}

// closeDispute is POST /v1/disputes/{id}/close: the merchant accepts that it is
// lost.
func closeDispute(c *Call) (any, error) {
	old, err := api.PathObject[*Dispute](c.API(), api.KindDispute)
	if err != nil {
		return nil, err
	}
	if old.closed() {
		return nil, wire.Invalid("", "", "This dispute is already closed")
	}
	return c.closeDisputeAs(old, "lost"), nil
}
