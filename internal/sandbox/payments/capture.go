package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// captureIntent is POST /v1/payment_intents/{id}/capture. It captures all of
// the hold or a part of it, and releases the rest.
func captureIntent(c *Call) (any, error) {
	prev, err := api.PathObject[*PaymentIntent](c.API(), api.KindIntent)
	if err != nil {
		return nil, err
	}

	switch prev.Status {
	case needsCapture:
	case StatusSucceeded:
		return nil, unexpectedState(prev, "This PaymentIntent could not be captured because it has already been captured.")
	default:
		return nil, unexpectedState(prev,
			"This PaymentIntent could not be captured because it has a status of %s. Only a "+
				"PaymentIntent with one of the following statuses may be captured: requires_capture.",
			prev.Status,
		)
	}

	amount := prev.AmountCapturable
	if c.Params.Has("amount_to_capture") {
		amount = c.Params.Int("amount_to_capture")
	}

	if amount < 1 {
		return nil, wire.Malformed(
			"parameter_invalid_integer", "amount_to_capture",
			"This value must be greater than or equal to 1.",
		)
	}

	if amount > prev.AmountCapturable {
		return nil, wire.Invalid(
			"amount_too_large", "amount_to_capture",
			"The payment could not be captured because the requested capture amount is greater "+
				"than the amount you can capture for this charge.",
		)
	}

	if err := api.CheckDecimals(amount, prev.Currency, "amount_to_capture"); err != nil {
		return nil, err
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)
	api.SetText(&next.StatementDescriptor, c.Params, "statement_descriptor")
	api.SetText(&next.StatementDescriptorSuffix, c.Params, "statement_descriptor_suffix")

	if err := c.fillTransfer(&next); err != nil {
		return nil, err
	}

	return c.capture(&next, amount)
}

// capture captures amount of an intent's hold and stores the intent, which is
// the caller's copy.
func (c *Call) capture(pi *PaymentIntent, amount int64) (*PaymentIntent, error) {
	held, ok := memory.Find[*Charge](c.Tx, wire.Deref(pi.LatestCharge))
	if !ok {
		return nil, wire.NoSuch(api.KindCharge, "latest_charge", wire.Deref(pi.LatestCharge))
	}

	pm, _ := c.Method(wire.Deref(pi.PaymentMethod))
	ch := *held

	if c.Params.Has("application_fee_amount") {
		pi.ApplicationFeeAmount = new(c.Params.Int("application_fee_amount"))
		if err := c.checkFee(pi); err != nil {
			return nil, err
		}
	}

	// The fee is at most what is captured.
	if fee := pi.ApplicationFeeAmount; fee != nil {
		pi.ApplicationFeeAmount = new(min(*fee, amount))
	}

	ch.ApplicationFeeAmount = pi.ApplicationFeeAmount

	ch.Captured, ch.AmountCaptured = true, amount
	ch.TransferData = pi.TransferData.ofCharge()
	ch.StatementDescriptor = pi.StatementDescriptor
	ch.StatementDescriptorSuffix = pi.StatementDescriptorSuffix

	var cd *testcards.Card
	if pm != nil {
		cd = pm.testCard()
	}

	c.passOn(&ch)
	ch.BalanceTransaction = new(c.book(&ch, "charge", amount, cd))
	pi.Status, pi.AmountReceived, pi.AmountCapturable = StatusSucceeded, amount, 0
	released := c.release(&ch, ch.Amount-amount)

	c.Tx.Put(&ch)
	c.Tx.Put(pi)
	c.EmitUpdate("charge.captured", &ch, held)
	c.Emit("payment_intent.succeeded", pi)

	if released != nil {
		c.Emit("refund.created", released)
	}

	c.openCardDispute(&ch, cd)
	return pi, nil
}

// releaseCharge releases the hold of an intent that is being canceled. event is
// what happened to the charge.
func (c *Call) releaseCharge(pi *PaymentIntent, event string) {
	held, ok := memory.Find[*Charge](c.Tx, wire.Deref(pi.LatestCharge))
	if !ok {
		return
	}

	ch := *held
	released := c.release(&ch, ch.Amount)
	ch.Refunded = true

	c.Tx.Put(&ch)
	c.Emit("refund.created", released)
	c.EmitUpdate(event, &ch, held)
}

// release counts the part of a hold that is not captured as refunded. Like
// Stripe, it creates a refund for it, which moves no money and therefore has no
// balance transaction.
func (c *Call) release(ch *Charge, amount int64) *Refund {
	if amount == 0 {
		return nil
	}

	re := c.newRefund(ch, amount)
	if re.DestinationDetails.Card != nil {
		re.DestinationDetails.Card = &RefundCard{ReferenceStatus: "unavailable", Type: "reversal"}
	}

	ch.AmountRefunded += amount
	c.Tx.Put(re)
	return re
}

// incrementIntent is POST /v1/payment_intents/{id}/increment_authorization. It
// raises the hold on the same card.
func incrementIntent(c *Call) (any, error) {
	prev, err := api.PathObject[*PaymentIntent](c.API(), api.KindIntent)
	if err != nil {
		return nil, err
	}

	held, ok := memory.Find[*Charge](c.Tx, wire.Deref(prev.LatestCharge))
	if prev.Status != needsCapture || !ok || held.PaymentMethodDetails.Card == nil {
		return nil, unexpectedState(prev,
			"This PaymentIntent's authorization could not be incremented because it has a status "+
				"of %s. Only a card PaymentIntent with a status of requires_capture can be "+
				"incremented.",
			prev.Status,
		)
	}

	amount, err := c.AmountOf(prev.Currency)
	if err != nil {
		return nil, err
	}

	if amount <= prev.Amount {
		return nil, wire.Invalid(
			"payment_intent_invalid_parameter", "amount",
			"The amount must be greater than the currently authorized amount.",
		)
	}

	// Stored objects are shared with the transactions before this one: change
	// copies, down to the card.
	next, ch := *prev, *held
	details, cd := *held.PaymentMethodDetails, *held.PaymentMethodDetails.Card
	cd.AmountAuthorized, cd.Overcapture.MaximumAmountCapturable = amount, amount
	details.Card = &cd
	ch.Amount, ch.PaymentMethodDetails = amount, &details

	next.Amount, next.AmountCapturable = amount, amount
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)
	api.SetText(&next.Description, c.Params, "description")

	c.Tx.Put(&ch)
	c.Tx.Put(&next)
	c.EmitUpdate("charge.updated", &ch, held)
	c.EmitUpdate("payment_intent.amount_capturable_updated", &next, prev)

	return &next, nil
}
