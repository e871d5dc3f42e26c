package payments

import (
	"cmp"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
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

// RefundCard is the destination of a refund to a card.
type RefundCard struct {
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

// refundAnswer is how long a buyer has to reply where the money of a bank
// transfer should go.
const refundAnswer = 45 * 24 * time.Hour

// refundSettles is how long an asynchronous refund is pending, on the sandbox's
// clock.
const refundSettles = 5 * time.Second

// refundReasons are the reasons that a caller may set.
const refundReasons = "duplicate fraudulent requested_by_customer"

// createRefund is POST /v1/refunds.
func createRefund(c *Call) (any, error) {
	ch, err := c.refundedCharge()
	if err != nil {
		return nil, err
	}

	amount, err := c.refundAmount(ch)
	if err != nil {
		return nil, err
	}

	if reason := c.Params.String("reason"); reason != "" && !api.ContainsWord(refundReasons, reason) {
		return nil, wire.Malformed(
			"", "reason",
			"Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer",
		)
	}

	re := c.newRefund(ch, amount)
	re.Metadata, re.Reason = wire.MergeMetadata(nil, c.Params), c.Params.Text("reason")

	if err := c.refundConnected(re, ch); err != nil {
		return nil, err
	}

	c.refund(re, ch)
	return re, nil
}

// newRefund returns a refund of a part of a charge to the payment method that
// paid. It does not store it.
func (c *Call) newRefund(ch *Charge, amount int64) *Refund {
	re := &Refund{
		ID:                 wire.NewID("re"),
		Object:             api.KindRefund,
		Amount:             amount,
		Charge:             &ch.ID,
		Created:            c.Now.Unix(),
		Currency:           ch.Currency,
		Metadata:           map[string]string{},
		PaymentIntent:      ch.PaymentIntent,
		Status:             StatusSucceeded,
		DestinationDetails: &RefundDestination{Type: ch.PaymentMethodDetails.Type},
	}

	if ch.PaymentMethodDetails.Card != nil {
		re.DestinationDetails.Card = &RefundCard{
			ReferenceStatus: "pending",
			ReferenceType:   "acquirer_reference_number",
			Type:            "refund",
		}
	}

	return re
}

// refundedCharge returns the charge that the call wants to refund, which it
// names itself or by its intent.
func (c *Call) refundedCharge() (*Charge, error) {
	id, param := c.Params.String("charge"), "charge"
	if intent := c.Params.String("payment_intent"); intent != "" {
		pi, ok := memory.Find[*PaymentIntent](c.Tx, intent)
		if !ok {
			return nil, wire.NoSuch(api.KindIntent, "payment_intent", intent)
		}

		if pi.LatestCharge == nil || pi.Status != StatusSucceeded {
			return nil, wire.Invalid(
				"", "payment_intent",
				"This PaymentIntent (%s) does not have a successful charge to refund.",
				intent,
			)
		}

		id, param = *pi.LatestCharge, "payment_intent"
	}

	if id == "" {
		return nil, wire.Malformed(
			"parameter_missing", "",
			"One of the following params should be provided for this request: payment_intent or "+
				"charge.",
		)
	}

	ch, ok := memory.Find[*Charge](c.Tx, id)
	if !ok {
		return nil, wire.NoSuch(api.KindCharge, param, id)
	}

	return ch, c.refundable(ch)
}

// refundable returns an error if a charge cannot be refunded. An inquiry does
// not prevent a refund: that is how a merchant answers one.
func (c *Call) refundable(ch *Charge) error {
	switch {
	case ch.Status != StatusSucceeded:
		return wire.Invalid("", "charge", "Charge %s has not been paid, so it cannot be refunded.", ch.ID)
	case ch.Refunded:
		return wire.Invalid("charge_already_refunded", "", "Charge %s has already been refunded.", ch.ID)
	case ch.Disputed && !c.isInquiry(ch):
		return wire.Invalid("charge_disputed", "", "Charge %s has been charged back; cannot issue a refund.", ch.ID)
	case !ch.Captured:
		return wire.Invalid(
			"", "charge",
			"Charge %s has not been captured. Cancel its PaymentIntent to release the funds.",
			ch.ID,
		)
	}

	return nil
}

// isInquiry reports whether the dispute of a charge is an inquiry, which has
// withdrawn no money.
func (c *Call) isInquiry(ch *Charge) bool {
	d, ok := memory.Find[*Dispute](c.Tx, wire.Deref(ch.Dispute))
	return ok && d.IsChargeRefundable
}

// refundAmount returns the amount to refund: the call's, or all that is left.
func (c *Call) refundAmount(ch *Charge) (int64, error) {
	left := ch.Amount - ch.AmountRefunded
	if !c.Params.Has("amount") {
		return left, nil
	}

	amount := c.Params.Int("amount")
	if amount < 1 {
		return 0, wire.Malformed("parameter_invalid_integer", "amount", "Invalid positive integer")
	}

	if amount > left {
		return 0, wire.Invalid(
			"", "amount",
			"Refund amount (%s) is greater than unrefunded amount on charge (%s)",
			api.FormatAmount(amount, ch.Currency), api.FormatAmount(left, ch.Currency),
		)
	}

	return amount, nil
}

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
		c.Later(id, c.Now.Add(refundSettles), func(c *Call) error { c.settleRefund(id); return nil })
	}
}

// settlesLater sets the first status of a refund and reports whether the refund
// is settled later, by settleRefund.
func (c *Call) settlesLater(re *Refund, ch *Charge) bool {
	pm, ok := memory.Find[*PaymentMethod](c.Tx, wire.Deref(ch.PaymentMethod))
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
			ExpiresAt: c.Now.Add(refundAnswer).Unix(),
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

	pm, _ := memory.Find[*PaymentMethod](c.Tx, wire.Deref(ch.PaymentMethod))
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

func retrieveRefund(c *Call) (any, error) { return api.PathObject[*Refund](c.API(), api.KindRefund) }

func updateRefund(c *Call) (any, error) {
	prev, err := api.PathObject[*Refund](c.API(), api.KindRefund)
	if err != nil {
		return nil, err
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)

	c.Tx.Put(&next)
	c.EmitUpdate("refund.updated", &next, prev)
	c.EmitUpdate("charge.refund.updated", &next, prev)

	return &next, nil
}

func cancelRefund(c *Call) (any, error) {
	prev, err := api.PathObject[*Refund](c.API(), api.KindRefund)
	if err != nil {
		return nil, err
	}

	if prev.Status != StatusRequiresAction {
		return nil, wire.Invalid(
			"", "",
			"A refund can be canceled only while its status is requires_action; this one is %s.",
			prev.Status,
		)
	}

	ch, ok := memory.Find[*Charge](c.Tx, wire.Deref(prev.Charge))
	if !ok {
		return nil, wire.NoSuch(api.KindCharge, "charge", wire.Deref(prev.Charge))
	}

	next := *prev
	c.returnRefund(&next, ch)
	next.Status, next.NextAction = StatusCanceled, nil
	c.Tx.Put(&next)
	c.EmitUpdate("refund.updated", &next, prev)

	return &next, nil
}

func listRefunds(c *Call) (any, error) {
	created := api.CreatedFilter(c.Params)
	parent := cmp.Or(c.Params.String("charge"), c.Params.String("payment_intent"))
	return api.Page(c.API(), api.KindRefund, parent, func(re *Refund) bool { return created(re.Created) })
}

func listChargeRefunds(c *Call) (any, error) {
	if _, err := api.PathObject[*Charge](c.API(), api.KindCharge); err != nil {
		return nil, err
	}
	return api.Page(c.API(), api.KindRefund, c.ID, func(*Refund) bool { return true })
}
