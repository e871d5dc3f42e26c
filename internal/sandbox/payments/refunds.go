package payments

import (
	"cmp"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

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
			ReferenceStatus: referencePending,
			ReferenceType:   "acquirer_reference_number",
			Type:            "refund",
		}
		if ch.PaymentMethodDetails.Card.Brand == "unionpay" {
			re.DestinationDetails.Card.ReferenceStatus = "unavailable"
		}
	}

	return re
}

// refundedCharge returns the charge that the call wants to refund, which it
// names itself or by its intent.
func (c *Call) refundedCharge() (*Charge, error) {
	if c.Params.Has("charge") && c.Params.Has("payment_intent") {
		return nil, wire.Malformed(
			"", "charge", "You may only specify one of these parameters: charge, payment_intent.",
		)
	}

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
		return 0, wire.Malformed("parameter_invalid_integer", "amount", "This value must be greater than or equal to 1.")
	}

	if amount > left {
		limit := "unrefunded amount on charge"
		if left == ch.Amount {
			limit = "charge amount"
		}

		return 0, wire.Invalid(
			"", "amount",
			"Refund amount (%s) is greater than %s (%s)",
			api.FormatSum(amount, ch.Currency), limit, api.FormatSum(left, ch.Currency),
		)
	}

	return amount, nil
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
	charge, intent := c.Params.String("charge"), c.Params.String("payment_intent")
	return api.Page(c.API(), api.KindRefund, cmp.Or(charge, intent), func(re *Refund) bool {
		return created(re.Created) && (intent == "" || wire.Deref(re.PaymentIntent) == intent)
	})
}

func listChargeRefunds(c *Call) (any, error) {
	if _, err := api.PathObject[*Charge](c.API(), api.KindCharge); err != nil {
		return nil, err
	}
	return api.Page(c.API(), api.KindRefund, c.ID, func(*Refund) bool { return true })
}
