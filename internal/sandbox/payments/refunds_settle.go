package payments

import (
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// refundReplyTime is how long a buyer has to tell Stripe where the money of a
// bank transfer should go.
const refundReplyTime = 45 * 24 * time.Hour

// refundDelay is how long an asynchronous refund is pending, on the sandbox's
// clock.
const refundDelay = 5 * time.Second

// refund books and stores a refund, and emits the events in Stripe's order.
func (c *Call) refund(re *Refund, ch *Charge) {
	bt := c.Entry(re.ID, "refund", -re.Amount, 0, re.Currency)
	bt.Description = new("REFUND FOR CHARGE")
	c.Tx.Put(bt)
	re.BalanceTransaction = &bt.ID

	settles := c.settlesLater(re, ch)
	next := *ch
	next.AmountRefunded += re.Amount
	next.Refunded = next.AmountRefunded == next.Amount

	c.Tx.Put(re)
	c.Tx.Put(&next)
	c.Emit("refund.created", re)
	c.EmitUpdate("charge.refunded", &next, ch)

	// A full refund settles an inquiry.
	if d, ok := memory.Find[*Dispute](c.Tx, wire.Deref(ch.Dispute)); ok && next.Refunded && !d.closed() {
		c.closeDisputeAs(d, "warning_closed")
	}

	if settles {
		id := re.ID
		c.Later(id, c.Now.Add(refundDelay), func(c *Call) error { c.settleRefund(id); return nil })
	}

	c.referLater(re)
}

// referenceDelay is how long it takes until the card network's reference of a
// refund is known.
const referenceDelay = time.Second

// awaitsReference reports whether the reference of a refund will be announced.
func (o *Refund) awaitsReference() bool {
	to := o.DestinationDetails
	return o.Status == StatusSucceeded && to != nil && to.Card != nil && to.Card.ReferenceStatus == referencePending
}

// referLater schedules the announcement of a refund's reference.
func (c *Call) referLater(re *Refund) {
	if id := re.ID; re.awaitsReference() {
		c.Later(id, c.Now.Add(referenceDelay), func(c *Call) error { c.refer(id); return nil })
	}
}

// refer announces the reference by which the buyer's bank finds a refund:
// https://docs.stripe.com/refunds#tracing-refunds.
func (c *Call) refer(id string) {
	prev, ok := memory.Find[*Refund](c.Tx, id)
	if !ok || !prev.awaitsReference() {
		return
	}

	next, to, cd := *prev, *prev.DestinationDetails, *prev.DestinationDetails.Card
	cd.Reference, cd.ReferenceStatus = wire.RandomDigits(16), "available"
	to.Card = &cd
	next.DestinationDetails = &to

	c.Tx.Put(&next)
	c.EmitUpdate("refund.updated", &next, prev)
	c.EmitUpdate("charge.refund.updated", &next, prev)
}

// settlesLater sets the first status of a refund and reports whether the refund
// is settled later, by settleRefund.
func (c *Call) settlesLater(re *Refund, ch *Charge) bool {
	pm, ok := c.Method(wire.Deref(ch.PaymentMethod))
	if !ok {
		return false
	}

	cd := pm.testCard()
	switch {
	case pm.Type == "customer_balance":
		// A bank transfer has no way back: Stripe asks the buyer by e-mail
		// where the money should go.
		re.Status, re.InstructionsEmail = StatusRequiresAction, c.Params.Text("instructions_email")
		re.NextAction = &RefundAction{Type: "display_details", DisplayDetails: RefundDetails{
			EmailSent: EmailSent{
				EmailSentAt: c.Now.Unix(),
				EmailSentTo: c.Params.String("instructions_email"),
			},
			ExpiresAt: c.Now.Add(refundReplyTime).Unix(),
		}}

		return false

	case cd != nil && cd.Refund == "pending", pm.Type == "sepa_debit", pm.Type == "us_bank_account":
		re.Status = "pending"
		return true
	case cd != nil && cd.Refund == "fail":
		return true // succeeds at first, as at Stripe
	}

	return false
}

// settleRefund ends an asynchronous refund. It does nothing if the refund has
// ended since.
func (c *Call) settleRefund(id string) {
	prev, ok := memory.Find[*Refund](c.Tx, id)
	if !ok || prev.Status == "failed" || prev.Status == StatusCanceled {
		return
	}

	ch, ok := memory.Find[*Charge](c.Tx, wire.Deref(prev.Charge))
	if !ok {
		return
	}

	next := *prev

	pm, _ := c.Method(wire.Deref(ch.PaymentMethod))
	if pm != nil && pm.testCard() != nil && pm.testCard().Refund == "fail" {
		c.failRefund(&next, prev, ch)
		return
	}

	if prev.Status == StatusSucceeded {
		return
	}

	next.Status = StatusSucceeded
	c.Tx.Put(&next)
	c.EmitUpdate("refund.updated", &next, prev)
	c.EmitUpdate("charge.refund.updated", &next, prev)
	c.referLater(&next)
}

// returnRefund books the money of a refund that failed or was canceled back to
// the merchant's balance.
func (c *Call) returnRefund(re *Refund, ch *Charge) {
	back := c.Entry(re.ID, "refund_failure", re.Amount, 0, re.Currency)
	c.Tx.Put(back)
	re.FailureBalanceTransaction = &back.ID

	next := *ch
	next.AmountRefunded -= re.Amount
	next.Refunded = false
	c.Tx.Put(&next)
}

// failRefund ends a refund that the buyer's bank refused.
func (c *Call) failRefund(next, prev *Refund, ch *Charge) {
	c.returnRefund(next, ch)
	next.Status, next.FailureReason = "failed", new("expired_or_canceled_card")

	c.Tx.Put(next)
	c.EmitUpdate("refund.updated", next, prev)
	c.EmitUpdate("charge.refund.updated", next, prev)
	c.EmitUpdate("refund.failed", next, prev)
}
