package payments

import (
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
	"maps"
)

// networkReasons maps the reasons of test disputes to Visa's codes, where those
// are known.
var networkReasons = map[string]string{
	"fraudulent":           "83",
	"product_not_received": "13.1",
}

// qualify makes a dispute eligible for a kind of enhanced evidence; "" changes
// nothing. See
// https://docs.stripe.com/disputes/api/visa-ce3 and
// https://docs.stripe.com/disputes/api/visa-compliance.
func (d *Dispute) qualify(kind string) {
	switch kind {
	case "visa_compelling_evidence_3":
		d.EvidenceDetails.EnhancedEligible[kind] = map[string]any{
			"status": "requires_action",
			"required_actions": []string{
				"missing_customer_identifiers",
				"missing_disputed_transaction_description",
				"missing_merchandise_or_services",
				"missing_prior_undisputed_transaction_description",
				"missing_prior_undisputed_transactions",
			},
		}

	case "visa_compliance":
		d.EvidenceDetails.EnhancedEligible[kind] = map[string]any{"status": "requires_fee_acknowledgement"}
	default:
		return
	}

	d.EnhancedEligibility = []string{kind}
}

// takeEvidence merges the evidence of a call into the evidence of earlier
// calls. An empty text removes a field.
func (d *Dispute) takeEvidence(p *wire.Params) {
	// The map is shared with the stored dispute.
	merged := make(map[string]any, len(d.Evidence))
	maps.Copy(merged, d.Evidence)

	fields := wire.ShapeOf("POST /v1/disputes/{id}").Fields["evidence"].Fields
	for _, key := range p.Keys() {
		prev, _ := merged[key].(map[string]any)
		merged[key] = fields[key].Value(p.Fields[key], prev)
	}

	d.Evidence = merged
	if p.Bool("enhanced_evidence", "visa_compliance", "fee_acknowledged") {
		d.EvidenceDetails.EnhancedEligible = map[string]any{
			"visa_compliance": map[string]any{"status": "fee_acknowledged"},
		}
	}
}

// missDeadline ends the time for evidence. Evidence that was saved but not
// submitted is submitted; without any, a dispute is lost and an inquiry closes.
func (c *Call) missDeadline(id string) {
	prev, ok := memory.Find[*Dispute](c.Tx, id)
	if !ok || prev.closed() || prev.EvidenceDetails.SubmissionCount > 0 {
		return
	}

	next := *prev
	next.EvidenceDetails.PastDue = true

	if !next.EvidenceDetails.HasEvidence {
		c.closeDisputeAs(&next, "lost")
		return
	}

	next.EvidenceDetails.SubmissionCount++
	next.Status = underReview(prev.Status)
	c.Tx.Put(&next)
	c.EmitUpdate("charge.dispute.updated", &next, prev)
	c.judge(next.ID)
}
