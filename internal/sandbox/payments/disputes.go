package payments

import (
	"cmp"
	"slices"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

const (
	evidenceTime = 9 * 24 * time.Hour // for the merchant to respond
	disputeFee   = 1500               // in minor units
)

// evidenceFields are the texts and files that evidence consists of.
var evidenceFields = []string{
	"access_activity_log",
	"billing_address",
	"cancellation_policy",
	"cancellation_policy_disclosure",
	"cancellation_rebuttal",
	"customer_communication",
	"customer_email_address",
	"customer_name",
	"customer_purchase_ip",
	"customer_signature",
	"duplicate_charge_documentation",
	"duplicate_charge_explanation",
	"duplicate_charge_id",
	"product_description",
	"receipt",
	"refund_policy",
	"refund_policy_disclosure",
	"refund_refusal_explanation",
	"service_date",
	"service_documentation",
	"shipping_address",
	"shipping_carrier",
	"shipping_date",
	"shipping_documentation",
	"shipping_tracking_number",
	"uncategorized_file",
	"uncategorized_text",
}

// dispute opens what a test card stands for: a dispute, an inquiry (which moves
// no money), two disputes, or an early fraud warning. Any other kind is the
// reason of a single dispute.
func (c *Call) dispute(ch *Charge, kind string) {
	switch kind {
	case "warning":
		c.fraudWarning(ch)
	case "inquiry":
		c.openDispute(ch, opening{reason: "general", amount: ch.Amount, inquiry: true})
	case "multiple":
		c.openDispute(ch, opening{reason: "fraudulent", amount: ch.Amount / 2})

		// The first dispute has stored a changed charge.
		disputed, _ := memory.Find[*Charge](c.Tx, ch.ID)
		c.openDispute(disputed, opening{reason: "fraudulent", amount: ch.Amount - ch.Amount/2})

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

// opening holds the terms that a dispute starts with.
type opening struct {
	reason   string
	amount   int64
	inquiry  bool   // moves no money
	eligible string // the kind of enhanced evidence it is eligible for, or ""
}

// openDispute stores a new dispute of a charge, withdraws the money unless it
// is an inquiry, and schedules the deadline for evidence.
func (c *Call) openDispute(ch *Charge, terms opening) {
	due := c.Now.Add(evidenceTime)
	d := &Dispute{
		ID:                  wire.NewID("dp"),
		Object:              api.KindDispute,
		Amount:              terms.amount,
		BalanceTransactions: []BalanceTransaction{},
		Charge:              ch.ID,
		Created:             c.Now.Unix(),
		Currency:            ch.Currency,
		EnhancedEligibility: []string{},
		Evidence:            map[string]any{},
		EvidenceDetails:     EvidenceDetails{DueBy: new(due.Unix()), EnhancedEligible: map[string]any{}},
		IsChargeRefundable:  terms.inquiry,
		Metadata:            map[string]string{},
		PaymentIntent:       ch.PaymentIntent,
		Reason:              terms.reason,
		Status:              "needs_response",
	}

	for _, name := range evidenceFields {
		d.Evidence[name] = nil
	}

	d.Evidence["enhanced_evidence"] = map[string]any{}
	d.qualify(terms.eligible)

	d.PaymentMethodDetails = &disputeMethod{Type: ch.PaymentMethodDetails.Type}
	if cd := ch.PaymentMethodDetails.Card; cd != nil {
		d.PaymentMethodDetails.Card = &disputeCard{
			Brand:             cd.Brand,
			CaseType:          "chargeback",
			NetworkReasonCode: wire.OrNil(networkReasons[terms.reason]),
		}
	}

	if terms.inquiry {
		d.Status = "warning_needs_response"
		if cd := d.PaymentMethodDetails.Card; cd != nil {
			cd.CaseType = "inquiry"
		}
	} else {
		withdrawn := c.moveDisputed(d, "adjustment", -terms.amount, disputeFee)
		d.BalanceTransactions = append(d.BalanceTransactions, *withdrawn)
		d.BalanceTransaction = &withdrawn.ID
	}

	next := *ch
	next.Disputed, next.Dispute = true, &d.ID
	c.Tx.Put(d)
	c.Tx.Put(&next)
	c.Emit("charge.dispute.created", d)
	c.Later(d.ID, due.Truncate(time.Second), func(c *Call) error { c.missDeadline(d.ID); return nil })

	if !terms.inquiry {
		c.Emit("charge.dispute.funds_withdrawn", d)
	}
}

// moveDisputed stores and returns the balance transaction of money that a
// dispute withdraws or reinstates.
func (c *Call) moveDisputed(d *Dispute, kind string, amount, fee int64) *BalanceTransaction {
	bt := c.Entry(d.ID, kind, amount, fee, d.Currency)
	bt.ReportingCategory = "dispute"
	if amount > 0 {
		bt.ReportingCategory = "dispute_reversal"
	}

	c.Tx.Put(bt)
	return bt
}

var warnings = api.RecordAPI{
	Kind:    "radar.early_fraud_warning",
	Noun:    "early fraud warning",
	Filters: []string{"charge", "payment_intent"},
}

// fraudWarning stores an early fraud warning about a charge. See
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
	intent, charge := c.Params.String("payment_intent"), c.Params.String("charge")
	return api.Page(c.API(), api.KindDispute, cmp.Or(intent, charge), func(d *Dispute) bool {
		return created(d.Created) && (charge == "" || d.Charge == charge)
	})
}

// closed reports whether the dispute is won, lost or, as an inquiry, closed.
func (d *Dispute) closed() bool {
	return d.Status == "won" || d.Status == "lost" || d.Status == "warning_closed"
}

// updateDispute is POST /v1/disputes/{id}. It takes evidence and, unless the
// call only saves it, submits it. The texts winning_evidence and
// losing_evidence decide the dispute right afterwards. See
// https://docs.stripe.com/testing#disputes.
func updateDispute(c *Call) (any, error) {
	prev, err := api.PathObject[*Dispute](c.API(), api.KindDispute)
	if err != nil {
		return nil, err
	}
	if prev.closed() && c.Params.Has("evidence") {
		return nil, wire.Invalid("", "", "This dispute is already closed")
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)
	next.takeEvidence(c.Params.At("evidence"))

	submit := c.Params.Has("evidence") && (!c.Params.Has("submit") || c.Params.Bool("submit"))
	next.EvidenceDetails.HasEvidence = prev.EvidenceDetails.HasEvidence || c.Params.Has("evidence")

	if submit {
		next.EvidenceDetails.SubmissionCount++
		next.Status = underReview(prev.Status)
	}

	c.Tx.Put(&next)
	c.EmitUpdate("charge.dispute.updated", &next, prev)

	// Stripe answers before it decides.
	if submit {
		c.Later(next.ID, c.Now, func(c *Call) error { c.judge(next.ID); return nil })
	}

	return &next, nil
}

// underReview returns the status that follows status once evidence is
// submitted.
func underReview(status string) string {
	if status == "warning_needs_response" {
		return "warning_under_review"
	}
	return "under_review"
}

// judge closes a dispute if its evidence is one of the two test texts. It does
// nothing if the dispute is closed already.
func (c *Call) judge(id string) {
	d, ok := memory.Find[*Dispute](c.Tx, id)
	if !ok || d.closed() {
		return
	}

	switch d.Evidence["uncategorized_text"] {
	case "winning_evidence":
		c.closeDisputeAs(d, "won")
	case "losing_evidence":
		c.closeDisputeAs(d, "lost")
	}
}

// closeDisputeAs closes a dispute as won or lost and returns what it stored. An
// inquiry is closed as warning_closed either way.
func (c *Call) closeDisputeAs(d *Dispute, status string) *Dispute {
	next := *d
	if d.Status == "warning_needs_response" || d.Status == "warning_under_review" {
		status = "warning_closed"
	}

	next.Status = status
	if status == "won" {
		reinstated := c.moveDisputed(&next, "adjustment", d.Amount, -disputeFee)
		next.BalanceTransactions = append(slices.Clone(d.BalanceTransactions), *reinstated)
		c.Emit("charge.dispute.funds_reinstated", &next)
	}

	c.Tx.Put(&next)
	c.EmitUpdate("charge.dispute.closed", &next, d)
	return &next
}

// closeDispute is POST /v1/disputes/{id}/close: the merchant accepts the loss.
func closeDispute(c *Call) (any, error) {
	prev, err := api.PathObject[*Dispute](c.API(), api.KindDispute)
	if err != nil {
		return nil, err
	}
	if prev.closed() {
		return nil, wire.Invalid("", "", "This dispute is already closed")
	}
	return c.closeDisputeAs(prev, "lost"), nil
}
