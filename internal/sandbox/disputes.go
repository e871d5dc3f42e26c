package sandbox

import (
	"cmp"
	"time"
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

func (o *Dispute) objectID() string   { return o.ID }
func (o *Dispute) objectKind() string { return kindDispute }
func (o *Dispute) parents() []string  { return parentsOf(&o.Charge, o.PaymentIntent) }

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

// dispute opens what a test card asks for: a dispute, an inquiry (no money moves), several, or an early fraud warning.
func (c *call) dispute(ch *Charge, kind string) {
	switch kind {
	case "warning":
		c.fraudWarning(ch)
	case "inquiry":
		c.openDispute(ch, opening{reason: "general", amount: ch.Amount, inquiry: true})
	case "multiple":
		c.openDispute(ch, opening{reason: "fraudulent", amount: ch.Amount / 2})
		again, _ := find[*Charge](c.tx, ch.ID)
		c.openDispute(again, opening{reason: "fraudulent", amount: ch.Amount - ch.Amount/2})
	case "ce3":
		c.openDispute(ch, opening{reason: "fraudulent", amount: ch.Amount, eligible: "visa_compelling_evidence_3"})
	case "compliance":
		c.openDispute(ch, opening{reason: "noncompliant", amount: ch.Amount, eligible: "visa_compliance"})
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

func (c *call) openDispute(ch *Charge, how opening) {
	d := &Dispute{
		ID: newID("dp"), Object: kindDispute, Amount: how.amount, BalanceTransactions: []BalanceTransaction{}, Charge: ch.ID,
		Created: c.now.Unix(), Currency: ch.Currency, EnhancedEligibility: []string{}, Evidence: map[string]any{},
		EvidenceDetails:    EvidenceDetails{DueBy: new(c.now.Add(evidenceTime).Unix()), EnhancedEligible: map[string]any{}},
		IsChargeRefundable: how.inquiry, Metadata: map[string]string{}, PaymentIntent: ch.PaymentIntent, Reason: how.reason,
		Status: "needs_response",
	}
	for _, name := range evidenceFields {
		d.Evidence[name] = nil
	}
	d.Evidence["enhanced_evidence"] = map[string]any{}
	d.qualify(how.eligible)
	d.PaymentMethodDetails = &disputeMethod{Type: ch.PaymentMethodDetails.Type}
	if cd := ch.PaymentMethodDetails.Card; cd != nil {
		d.PaymentMethodDetails.Card = &disputeCard{Brand: cd.Brand, CaseType: "chargeback", NetworkReasonCode: orNil(networkReasons[how.reason])}
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
	c.tx.put(d)
	c.tx.put(&next)
	c.emit("charge.dispute.created", d)
	c.later(d.ID, time.Unix(*d.EvidenceDetails.DueBy, 0), func(c *call) error { c.missDeadline(d.ID); return nil })
	if !how.inquiry {
		c.emit("charge.dispute.funds_withdrawn", d)
	}
}

func (c *call) moveDisputed(d *Dispute, kind string, amount, fee int64) *BalanceTransaction {
	bt := c.entry(d.ID, kind, amount, fee, d.Currency)
	bt.ReportingCategory = "dispute"
	c.tx.put(bt)
	return bt
}

var warnings = recordAPI{kind: "radar.early_fraud_warning", noun: "early fraud warning", filters: []string{"charge", "payment_intent"}}

// fraudWarning records an early fraud warning: https://docs.stripe.com/api/radar/early_fraud_warnings.
func (c *call) fraudWarning(ch *Charge) {
	w := newRecord(warnings.kind, newID("issfr"), map[string]any{
		"actionable": true, "charge": ch.ID, "created": c.now.Unix(), "fraud_type": "misc", "livemode": false,
		"payment_intent": deref(ch.PaymentIntent),
	}, ch.ID)
	c.tx.put(w)
	c.emit("radar.early_fraud_warning.created", w)
}

func retrieveDispute(c *call) (any, error) { return pathObject[*Dispute](c, kindDispute) }

func listDisputes(c *call) (any, error) {
	created := createdFilter(c.p)
	parent := cmp.Or(c.p.str("payment_intent"), c.p.str("charge"))
	return page(c, kindDispute, parent, func(d *Dispute) bool { return created(d.Created) })
}

func (d *Dispute) closed() bool {
	return d.Status == "won" || d.Status == "lost" || d.Status == "warning_closed"
}

// updateDispute takes evidence. Test evidence decides a dispute: the texts winning_evidence and losing_evidence.
// See https://docs.stripe.com/testing#disputes.
func updateDispute(c *call) (any, error) {
	old, err := pathObject[*Dispute](c, kindDispute)
	if err != nil {
		return nil, err
	}
	if old.closed() && c.p.has("evidence") {
		return nil, invalid("", "", "This dispute is already closed")
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	next.takeEvidence(c.p.at("evidence"))
	submit := c.p.has("evidence") && (!c.p.has("submit") || c.p.flag("submit"))
	next.EvidenceDetails.HasEvidence = old.EvidenceDetails.HasEvidence || c.p.has("evidence")
	if submit {
		next.EvidenceDetails.SubmissionCount++
		next.Status = underReview(old.Status)
	}
	c.tx.put(&next)
	c.emitUpdate("charge.dispute.updated", &next, old)
	if submit {
		c.judge(&next)
	}
	final, _ := find[*Dispute](c.tx, old.ID)
	return final, nil
}

func underReview(status string) string {
	if status == "warning_needs_response" {
		return "warning_under_review"
	}
	return "under_review"
}

// judge decides a dispute whose evidence says how.
func (c *call) judge(d *Dispute) {
	switch d.Evidence["uncategorized_text"] {
	case "winning_evidence":
		c.closeDisputeAs(d, "won")
	case "losing_evidence":
		c.closeDisputeAs(d, "lost")
	}
}

func (c *call) closeDisputeAs(d *Dispute, status string) *Dispute {
	next := *d
	if d.Status == "warning_needs_response" || d.Status == "warning_under_review" {
		status = "warning_closed"
	}
	next.Status = status
	if status == "won" {
		back := c.moveDisputed(&next, "adjustment", d.Amount, -disputeFee)
		next.BalanceTransactions = append(append([]BalanceTransaction(nil), d.BalanceTransactions...), *back)
		c.emit("charge.dispute.funds_reinstated", &next)
	}
	c.tx.put(&next)
	c.emitUpdate("charge.dispute.closed", &next, d)
	return &next
}

// closeDispute is POST /v1/disputes/{id}/close: the merchant accepts that it is lost.
func closeDispute(c *call) (any, error) {
	old, err := pathObject[*Dispute](c, kindDispute)
	if err != nil {
		return nil, err
	}
	if old.closed() {
		return nil, invalid("", "", "This dispute is already closed")
	}
	return c.closeDisputeAs(old, "lost"), nil
}
