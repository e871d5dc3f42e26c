package sandbox

// captureIntent is POST /v1/payment_intents/{id}/capture, in full or in part; the rest is released.
func captureIntent(c *call) (any, error) {
	old, err := pathObject[*PaymentIntent](c, kindIntent)
	if err != nil {
		return nil, err
	}
	if old.Status != needsCapture {
		return nil, unexpectedState(old, "This PaymentIntent could not be captured because it has a status of %s. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.", old.Status)
	}
	amount := old.AmountCapturable
	if c.p.has("amount_to_capture") {
		amount = c.p.num("amount_to_capture")
	}
	if amount < 1 {
		return nil, malformed("parameter_invalid_integer", "amount_to_capture", "This value must be greater than or equal to 1.")
	}
	if amount > old.AmountCapturable {
		return nil, invalid("amount_too_large", "amount_to_capture", "The payment could not be captured because the requested capture amount is greater than the amount you can capture for this charge.")
	}
	if err := payable(amount, old.Currency, "amount_to_capture"); err != nil {
		return nil, err
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	return c.capture(&next, amount)
}

func (c *call) capture(pi *PaymentIntent, amount int64) (*PaymentIntent, error) {
	held, ok := find[*Charge](c.tx, deref(pi.LatestCharge))
	if !ok {
		return nil, noSuch(kindCharge, "latest_charge", deref(pi.LatestCharge))
	}
	pm, _ := find[*PaymentMethod](c.tx, deref(pi.PaymentMethod))
	ch := *held
	if c.p.has("application_fee_amount") {
		ch.ApplicationFeeAmount = new(c.p.num("application_fee_amount"))
		pi.ApplicationFeeAmount = ch.ApplicationFeeAmount
	}
	ch.Captured, ch.AmountCaptured = true, amount
	var cd *card
	if pm != nil {
		cd = pm.testCard()
	}
	c.passOn(&ch)
	ch.BalanceTransaction = new(c.book(&ch, "charge", amount, cd))
	pi.Status, pi.AmountReceived, pi.AmountCapturable = succeeded, amount, 0
	released := c.release(&ch, ch.Amount-amount)
	c.tx.put(&ch)
	c.tx.put(pi)
	c.emitUpdate("charge.captured", &ch, held)
	c.emit("payment_intent.succeeded", pi)
	if released != nil {
		c.emit("refund.created", released)
	}
	if cd != nil && cd.dispute != "" {
		c.dispute(&ch, cd.dispute)
	}
	return pi, nil
}

// releaseCharge gives an authorized amount back when its intent is canceled.
func (c *call) releaseCharge(pi *PaymentIntent, event string) {
	held, ok := find[*Charge](c.tx, deref(pi.LatestCharge))
	if !ok {
		return
	}
	ch := *held
	released := c.release(&ch, ch.Amount)
	ch.Refunded = true
	c.tx.put(&ch)
	c.emit("refund.created", released)
	c.emitUpdate(event, &ch, held)
}

// release counts the part of a hold that is not captured as refunded and, as Stripe does, makes a refund of it, which
// moves no money: it has no balance transaction.
func (c *call) release(ch *Charge, amount int64) *Refund {
	if amount == 0 {
		return nil
	}
	re := c.newRefund(ch, amount)
	if re.DestinationDetails.Card != nil {
		re.DestinationDetails.Card = &RefundCard{ReferenceStatus: "unavailable", Type: "reversal"}
	}
	ch.AmountRefunded += amount
	c.tx.put(re)
	return re
}

// incrementIntent is POST /v1/payment_intents/{id}/increment_authorization: a larger hold on the same card.
func incrementIntent(c *call) (any, error) {
	old, err := pathObject[*PaymentIntent](c, kindIntent)
	if err != nil {
		return nil, err
	}
	held, ok := find[*Charge](c.tx, deref(old.LatestCharge))
	if old.Status != needsCapture || !ok || held.PaymentMethodDetails.Card == nil {
		return nil, unexpectedState(old, "This PaymentIntent's authorization could not be incremented because it has a status of %s. Only a card PaymentIntent with a status of requires_capture can be incremented.", old.Status)
	}
	amount, err := c.amountOf(old.Currency)
	if err != nil {
		return nil, err
	}
	if amount <= old.Amount {
		return nil, invalid("payment_intent_invalid_parameter", "amount", "The amount must be greater than the currently authorized amount.")
	}
	next, ch := *old, *held
	details, cd := *held.PaymentMethodDetails, *held.PaymentMethodDetails.Card
	cd.AmountAuthorized, cd.Overcapture.MaximumAmountCapturable = amount, amount
	details.Card = &cd
	ch.Amount, ch.PaymentMethodDetails = amount, &details
	next.Amount, next.AmountCapturable = amount, amount
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	set(&next.Description, c.p, "description")
	c.tx.put(&ch)
	c.tx.put(&next)
	c.emitUpdate("charge.updated", &ch, held)
	c.emitUpdate("payment_intent.amount_capturable_updated", &next, old)
	return &next, nil
}
