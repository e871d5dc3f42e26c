package payments

import (
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// networkReasons are Visa's codes for the reasons of test disputes, where they
// are known.
var networkReasons = map[string]string{
	"fraudulent": "10.4", "product_not_received": "13.1",
}

// qualify makes a dispute eligible for a kind of enhanced evidence. See
// https://docs.stripe.com/disputes/api/visa-ce3 and
// https://docs.stripe.com/disputes/api/visa-compliance.
func (d *Dispute) qualify(kind string) {
	switch kind {
	case "visa_compelling_evidence_3":
		d.EvidenceDetails.EnhancedEligible[kind] = map[string]any{"status": "requires_action", "required_actions": []string{
			"missing_customer_identifiers", "missing_disputed_transaction_description", "missing_merchandise_or_services",
			"missing_prior_undisputed_transaction_description", "missing_prior_undisputed_transactions",
		}}

	case "visa_compliance":
		d.EvidenceDetails.EnhancedEligible[kind] = map[string]any{"status": "requires_fee_acknowledgement"}
	default:
		return
	}

	d.EnhancedEligibility = []string{kind}
}

// takeEvidence lays sent evidence over what was sent before; an empty text
// removes one.
func (d *Dispute) takeEvidence(p *wire.Params) {
	out := make(map[string]any, len(d.Evidence))
	for k, v := range d.Evidence {
		out[k] = v
	}

	fields := wire.ShapeOf("POST /v1/disputes/{id}").Fields["evidence"].Fields
	for _, key := range p.Keys() {
		former, _ := out[key].(map[string]any)
		out[key] = fields[key].Value(p.Fields[key], former)
	}

	d.Evidence = out
	if p.Bool("enhanced_evidence", "visa_compliance", "fee_acknowledged") {
		d.EvidenceDetails.EnhancedEligible = map[string]any{"visa_compliance": map[string]any{"status": "fee_acknowledged"}}
	}
}

// missDeadline ends the time for evidence: what was kept is submitted, a
// dispute without any is lost, an inquiry closes.
func (c *Call) missDeadline(id string) {
	old, ok := memory.Find[*Dispute](c.Tx, id)
	if !ok || old.closed() || old.EvidenceDetails.SubmissionCount > 0 {
		return
	}

	next := *old
	next.EvidenceDetails.PastDue = true

	if !next.EvidenceDetails.HasEvidence {
		c.closeDisputeAs(&next, "lost")
		return
	}

	next.EvidenceDetails.SubmissionCount++
	next.Status = underReview(old.Status)
	c.Tx.Put(&next)
	c.EmitUpdate("charge.dispute.updated", &next, old)
	c.judge(&next)
}
