package sandbox

import (
	"cmp"
	"time"
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

// RefundDestination says how the money goes back.
type RefundDestination struct {
	Card *RefundCard `json:"card,omitempty"`
	Type string      `json:"type"`
}

// RefundCard is the part for cards.
type RefundCard struct {
	ReferenceStatus string `json:"reference_status"`
	ReferenceType   string `json:"reference_type,omitempty"`
	Type            string `json:"type"`
}

// RefundAction is what the buyer has to do to get the money.
type RefundAction struct {
	DisplayDetails RefundDetails `json:"display_details"`
	Type           string        `json:"type"`
}

// RefundDetails say that the buyer was asked by e-mail.
type RefundDetails struct {
	EmailSent EmailSent `json:"email_sent"`
	ExpiresAt int64     `json:"expires_at"`
}

// EmailSent is the e-mail that Stripe would have sent.
type EmailSent struct {
	EmailSentAt int64  `json:"email_sent_at"`
	EmailSentTo string `json:"email_sent_to"`
}

func (o *Refund) objectID() string   { return o.ID }
func (o *Refund) objectKind() string { return kindRefund }
func (o *Refund) parents() []string  { return parentsOf(o.Charge, o.PaymentIntent) }

// refundAnswer is how long a buyer has to say where the money of a bank transfer shall go.
const refundAnswer = 45 * 24 * time.Hour

// refundSettles is when an asynchronous refund succeeds or fails, on the sandbox's clock.
const refundSettles = 5 * time.Second

func createRefund(c *call) (any, error) {
	ch, err := c.refundedCharge()
	if err != nil {
		return nil, err
	}
	amount, err := c.refundAmount(ch)
	if err != nil {
		return nil, err
	}
	if reason := c.p.str("reason"); reason != "" && !containsWord("duplicate fraudulent requested_by_customer", reason) {
		return nil, malformed("", "reason", "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer")
	}
	re := c.newRefund(ch, amount)
	re.Metadata, re.Reason = mergeMetadata(nil, c.p), c.p.text("reason")
	if err := c.refundConnected(re, ch); err != nil {
		return nil, err
	}
	c.refund(re, ch)
	return re, nil
}

// newRefund is a refund over a part of a charge, on its way to where the money came from.
func (c *call) newRefund(ch *Charge, amount int64) *Refund {
	re := &Refund{
		ID: newID("re"), Object: kindRefund, Amount: amount, Charge: &ch.ID, Created: c.now.Unix(), Currency: ch.Currency,
		Metadata: map[string]string{}, PaymentIntent: ch.PaymentIntent, Status: succeeded,
		DestinationDetails: &RefundDestination{Type: ch.PaymentMethodDetails.Type},
	}
	if ch.PaymentMethodDetails.Card != nil {
		re.DestinationDetails.Card = &RefundCard{ReferenceStatus: "pending", ReferenceType: "acquirer_reference_number", Type: "refund"}
	}
	return re
}

// refundedCharge finds what is to be refunded, by charge or by intent.
func (c *call) refundedCharge() (*Charge, error) {
	id, param := c.p.str("charge"), "charge"
	if intent := c.p.str("payment_intent"); intent != "" {
		pi, ok := find[*PaymentIntent](c.tx, intent)
		if !ok {
			return nil, noSuch(kindIntent, "payment_intent", intent)
		}
		if pi.LatestCharge == nil || pi.Status != succeeded {
			return nil, invalid("", "payment_intent", "This PaymentIntent (%s) does not have a successful charge to refund.", intent)
		}
		id, param = *pi.LatestCharge, "payment_intent"
	}
	if id == "" {
		return nil, malformed("parameter_missing", "", "One of the following params should be provided for this request: payment_intent or charge.")
	}
	ch, ok := find[*Charge](c.tx, id)
	if !ok {
		return nil, noSuch(kindCharge, param, id)
	}
	return ch, c.refundable(ch)
}

// refundable refuses what cannot be refunded. A mere inquiry can be answered with a refund.
func (c *call) refundable(ch *Charge) error {
	switch {
	case ch.Status != succeeded:
		return invalid("", "charge", "Charge %s has not been paid, so it cannot be refunded.", ch.ID)
	case ch.Refunded:
		return invalid("charge_already_refunded", "", "Charge %s has already been refunded.", ch.ID)
	case ch.Disputed && !c.inquired(ch):
		return invalid("charge_disputed", "", "Charge %s has been charged back; cannot issue a refund.", ch.ID)
	case !ch.Captured:
		return invalid("", "charge", "Charge %s has not been captured. Cancel its PaymentIntent to release the funds.", ch.ID)
	}
	return nil
}

// inquired tells whether the dispute of a charge is an inquiry, which no money was taken for.
func (c *call) inquired(ch *Charge) bool {
	d, ok := find[*Dispute](c.tx, deref(ch.Dispute))
	return ok && d.IsChargeRefundable
}

func (c *call) refundAmount(ch *Charge) (int64, error) {
	left := ch.Amount - ch.AmountRefunded
	if !c.p.has("amount") {
		return left, nil
	}
	amount := c.p.num("amount")
	if amount < 1 {
		return 0, malformed("parameter_invalid_integer", "amount", "Invalid positive integer")
	}
	if amount > left {
		return 0, invalid("", "amount", "Refund amount (%s) is greater than unrefunded amount on charge (%s)", display(amount, ch.Currency), display(left, ch.Currency))
	}
	return amount, nil
}

// refund takes the money back and tells the world in Stripe's order.
func (c *call) refund(re *Refund, ch *Charge) {
	bt := c.entry(re.ID, "refund", -re.Amount, 0, re.Currency)
	bt.Description = new("REFUND FOR CHARGE")
	c.tx.put(bt)
	re.BalanceTransaction = &bt.ID
	later := c.refundLater(re, ch)
	next := *ch
	next.AmountRefunded += re.Amount
	next.Refunded = next.AmountRefunded == next.Amount
	c.tx.put(re)
	c.tx.put(&next)
	c.emit("refund.created", re)
	c.emitUpdate("charge.refunded", &next, ch)
	if d, open := find[*Dispute](c.tx, deref(ch.Dispute)); open && next.Refunded && !d.closed() {
		c.closeDisputeAs(d, "warning_closed")
	}
	if later {
		id := re.ID
		c.later(id, c.now.Add(refundSettles), func(c *call) error { c.settleRefund(id); return nil })
	}
}

// refundLater sets the first status of refunds that are decided later and tells whether this is one.
func (c *call) refundLater(re *Refund, ch *Charge) bool {
	pm, ok := find[*PaymentMethod](c.tx, deref(ch.PaymentMethod))
	if !ok {
		return false
	}
	cd := pm.testCard()
	switch {
	case pm.Type == "customer_balance": // the buyer is asked by e-mail where the money shall go
		re.Status, re.InstructionsEmail = needsAction, c.p.text("instructions_email")
		re.NextAction = &RefundAction{Type: "display_details", DisplayDetails: RefundDetails{
			EmailSent: EmailSent{EmailSentAt: c.now.Unix(), EmailSentTo: c.p.str("instructions_email")}, ExpiresAt: c.now.Add(refundAnswer).Unix(),
		}}
		return false
	case cd != nil && cd.refund == "pending", pm.Type == "sepa_debit", pm.Type == "us_bank_account":
		re.Status = "pending"
		return true
	case cd != nil && cd.refund == "fail":
		return true
	}
	return false
}

// settleRefund ends an asynchronous refund.
func (c *call) settleRefund(id string) {
	old, ok := find[*Refund](c.tx, id)
	if !ok || old.Status == "failed" || old.Status == canceled {
		return
	}
	next := *old
	ch, found := find[*Charge](c.tx, deref(old.Charge))
	if !found {
		return
	}
	pm, _ := find[*PaymentMethod](c.tx, deref(ch.PaymentMethod))
	if pm != nil && pm.testCard() != nil && pm.testCard().refund == "fail" {
		c.failRefund(&next, old, ch)
		return
	}
	if old.Status == succeeded {
		return
	}
	next.Status = succeeded
	c.tx.put(&next)
	c.emitUpdate("refund.updated", &next, old)
	c.emitUpdate("charge.refund.updated", &next, old)
}

// returnRefund books the money of a refund that did not arrive back to the merchant's balance.
func (c *call) returnRefund(re *Refund, ch *Charge) {
	back := c.entry(re.ID, "refund_failure", re.Amount, 0, re.Currency)
	c.tx.put(back)
	re.FailureBalanceTransaction = &back.ID
	paid := *ch
	paid.AmountRefunded -= re.Amount
	paid.Refunded = false
	c.tx.put(&paid)
}

// failRefund ends a refund that the buyer's bank refused.
func (c *call) failRefund(next, old *Refund, ch *Charge) {
	c.returnRefund(next, ch)
	next.Status, next.FailureReason = "failed", new("expired_or_canceled_card")
	c.tx.put(next)
	c.emitUpdate("refund.updated", next, old)
	c.emitUpdate("charge.refund.updated", next, old)
	c.emitUpdate("refund.failed", next, old)
}

func retrieveRefund(c *call) (any, error) { return pathObject[*Refund](c, kindRefund) }

func updateRefund(c *call) (any, error) {
	old, err := pathObject[*Refund](c, kindRefund)
	if err != nil {
		return nil, err
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	c.tx.put(&next)
	c.emitUpdate("refund.updated", &next, old)
	c.emitUpdate("charge.refund.updated", &next, old)
	return &next, nil
}

func cancelRefund(c *call) (any, error) {
	old, err := pathObject[*Refund](c, kindRefund)
	if err != nil {
		return nil, err
	}
	if old.Status != needsAction {
		return nil, invalid("", "", "A refund can be canceled only while its status is requires_action; this one is %s.", old.Status)
	}
	ch, ok := find[*Charge](c.tx, deref(old.Charge))
	if !ok {
		return nil, noSuch(kindCharge, "charge", deref(old.Charge))
	}
	next := *old
	c.returnRefund(&next, ch)
	next.Status, next.NextAction = canceled, nil
	c.tx.put(&next)
	c.emitUpdate("refund.updated", &next, old)
	return &next, nil
}

func listRefunds(c *call) (any, error) {
	created := createdFilter(c.p)
	parent := cmp.Or(c.p.str("charge"), c.p.str("payment_intent"))
	return page(c, kindRefund, parent, func(re *Refund) bool { return created(re.Created) })
}

func listChargeRefunds(c *call) (any, error) {
	if _, err := pathObject[*Charge](c, kindCharge); err != nil {
		return nil, err
	}
	return page(c, kindRefund, c.id, func(*Refund) bool { return true })
}
