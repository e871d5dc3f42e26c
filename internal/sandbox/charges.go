package sandbox

import "cmp"

// newCharge builds the charge of an attempt; the caller decides its fate and stores it.
func (c *call) newCharge(a *attempt) *Charge {
	pi := a.pi
	ch := &Charge{
		ID: newID("ch"), Object: kindCharge, Amount: pi.Amount, ApplicationFeeAmount: pi.ApplicationFeeAmount,
		BillingDetails: a.pm.BillingDetails, CalculatedStatementDescriptor: new("SANDBOX SHOP"), Created: c.now.Unix(), Currency: pi.Currency,
		Customer: pi.Customer, Description: pi.Description, FraudDetails: map[string]string{}, Invoice: pi.Invoice, Metadata: pi.Metadata,
		OnBehalfOf: pi.OnBehalfOf, Outcome: approved(a.pm.testCard()), PaymentIntent: &pi.ID, PaymentMethod: &a.pm.ID,
		PaymentMethodDetails: chargeDetails(a, pi.Amount), ReceiptEmail: pi.ReceiptEmail, Shipping: pi.Shipping,
		StatementDescriptor: pi.StatementDescriptor, StatementDescriptorSuffix: pi.StatementDescriptorSuffix,
		TransferData: pi.TransferData, TransferGroup: pi.TransferGroup,
	}
	ch.ReceiptURL = new(c.base() + "/receipts/" + ch.ID)
	if pi.TransferData != nil {
		ch.Destination = &pi.TransferData.Destination
		ch.TransferGroup = new("group_" + pi.ID)
	}
	return ch
}

// approved is the outcome of a charge that goes through.
func approved(cd *card) *Outcome {
	out := &Outcome{NetworkStatus: "approved_by_network", RiskLevel: "normal", RiskScore: 20, SellerMessage: "Payment complete.", Type: "authorized"}
	if cd == nil {
		return out
	}
	switch cd.risk {
	case "elevated":
		out.RiskLevel, out.RiskScore, out.Type = "elevated", 68, "manual_review"
		out.SellerMessage = "Stripe evaluated this payment as having elevated risk, and placed it in your manual review queue."
	case "highest":
		out.RiskLevel, out.RiskScore = "highest", 91
	}
	return out
}

// charge settles an attempt: declined by what its card is for, else authorized and, unless told otherwise, captured.
func (c *call) charge(a *attempt) (*PaymentIntent, error) {
	if cd := a.pm.testCard(); cd != nil && cd.code != "" {
		return c.decline(a, cd.code, cd.decline)
	}
	ch := c.newCharge(a)
	ch.Status, ch.Paid = succeeded, true
	a.pi.LatestCharge, a.pi.NextAction, a.pi.Processing = &ch.ID, nil, nil
	c.consume(a)
	if a.capturesLater() {
		return c.hold(a, ch), nil
	}
	ch.Captured, ch.AmountCaptured = true, ch.Amount
	c.finishCharge(a, ch)
	return a.pi, nil
}

// hold leaves an authorized charge waiting to be captured.
func (c *call) hold(a *attempt, ch *Charge) *PaymentIntent {
	until := c.now.Add(holdOf(a.pm.Type))
	if ch.PaymentMethodDetails.Card != nil {
		ch.PaymentMethodDetails.Card.CaptureBefore = new(until.Unix())
	}
	a.pi.Status, a.pi.AmountCapturable = needsCapture, ch.Amount
	c.tx.put(ch)
	c.tx.put(a.pi)
	c.emit("charge.succeeded", ch)
	c.emit("payment_intent.amount_capturable_updated", a.pi)
	intent := a.pi.ID
	c.later(intent, until, func(c *call) error { return c.expireHold(intent) })
	return a.pi
}

// expireHold cancels an authorization that nobody captured in time.
func (c *call) expireHold(intent string) error {
	pi, ok := find[*PaymentIntent](c.tx, intent)
	if !ok || pi.Status != needsCapture {
		return nil
	}
	next := *pi
	c.releaseCharge(&next, "charge.expired")
	next.Status, next.CanceledAt, next.CancellationReason = canceled, new(c.now.Unix()), new("automatic")
	next.AmountCapturable = 0
	c.tx.put(&next)
	c.emit("payment_intent.canceled", &next)
	return nil
}

// finishCharge books a captured charge and completes its intent.
// With automatic_async capture the balance transaction follows in charge.updated, as at Stripe since 2024-04-10.
func (c *call) finishCharge(a *attempt, ch *Charge) {
	a.pi.Status, a.pi.AmountReceived, a.pi.AmountCapturable = succeeded, ch.AmountCaptured, 0
	async := a.pi.CaptureMethod == "automatic_async"
	c.passOn(ch)
	booked := *ch
	booked.BalanceTransaction = new(c.book(ch, "charge", ch.AmountCaptured, a.pm.testCard()))
	if !async {
		ch = &booked
	}
	c.tx.put(ch)
	c.tx.put(a.pi)
	c.emit("charge.succeeded", ch)
	c.emit("payment_intent.succeeded", a.pi)
	c.follow(a)
	if async {
		c.tx.put(&booked)
		c.emitUpdate("charge.updated", &booked, ch)
	}
	c.afterSuccess(a, &booked)
}

// afterSuccess does what some test cards are for: disputes and fraud warnings; and it pays connected accounts.
func (c *call) afterSuccess(a *attempt, ch *Charge) {
	if cd := a.pm.testCard(); cd != nil && cd.dispute != "" {
		c.dispute(ch, cd.dispute)
	}
}

// consume ties the payment method to the customer when it is to be used again, else it is spent.
func (c *call) consume(a *attempt) {
	pm, fresh := find[*PaymentMethod](c.tx, a.pm.ID)
	if !fresh {
		pm = a.pm
	}
	if pm.Customer != nil {
		return
	}
	if a.saves() {
		a.pm = c.own(pm, *a.pi.Customer)
		return
	}
	next := *pm
	next.private.Consumed = true
	a.pm = &next
	c.tx.put(&next)
}

// decline records a failed charge and sends the intent back for another payment method.
func (c *call) decline(a *attempt, code, decline string) (*PaymentIntent, error) {
	ch := c.newCharge(a)
	ch.Status, ch.ReceiptURL = "failed", nil
	ch.FailureCode, ch.FailureMessage = &code, new(declineMessage(code, decline))
	ch.Outcome = declined(a.pm.testCard(), code, decline)
	c.tx.put(ch)
	e := cardError(code, decline, *ch.FailureMessage)
	e.Charge = ch.ID
	if code == "incorrect_cvc" {
		e.Param = "cvc"
	}
	c.failIntent(a, e, &ch.ID)
	c.emit("charge.failed", ch)
	c.emit("payment_intent.payment_failed", a.pi)
	c.follow(a)
	out := *e
	out.PaymentIntent, out.PaymentMethod = a.pi, a.pm
	return nil, &out
}

// failIntent puts the intent back to requires_payment_method with the error on it.
func (c *call) failIntent(a *attempt, e *Error, charge *string) {
	shown := *e
	shown.PaymentMethod, shown.PaymentIntent = a.pm, nil
	a.pi.LastPaymentError, a.pi.Status = &shown, needsMethod
	a.pi.PaymentMethod, a.pi.NextAction, a.pi.Processing = nil, nil, nil
	if charge != nil {
		a.pi.LatestCharge = charge
	}
	c.tx.put(a.pi)
}

func declined(cd *card, code, decline string) *Outcome {
	out := &Outcome{
		NetworkStatus: "declined_by_network", Reason: new(cmp.Or(decline, code)), RiskLevel: "normal", RiskScore: 33,
		SellerMessage: sellerMessage(code, decline), Type: "issuer_declined",
	}
	if cd != nil && cd.risk == "block" {
		out.NetworkStatus, out.Type, out.RiskLevel, out.RiskScore = "not_sent_to_network", "blocked", "highest", 95
		out.Reason = new("highest_risk_level")
	}
	return out
}

// authenticated continues after 3D Secure or a redirect: pass charges, fail sends the intent back.
func (c *call) authenticated(pi *PaymentIntent, pass bool) (*PaymentIntent, error) {
	next := *pi
	pm, ok := find[*PaymentMethod](c.tx, deref(pi.PaymentMethod))
	if !ok {
		return nil, noSuch("PaymentMethod", "payment_method", deref(pi.PaymentMethod))
	}
	a := &attempt{pi: &next, pm: pm, secured: pm.Type == "card"}
	if pass {
		a.pm = c.payer(pm)
	}
	if pass && pi.ConfirmationMethod == "manual" && pm.Type == "card" {
		next.Status, next.NextAction, next.private.Secured = needsConfirmation, nil, true
		c.tx.put(&next)
		return &next, nil
	}
	if pass {
		next.NextAction = nil
		return c.charge(a)
	}
	code, text := "payment_intent_authentication_failure", "We are unable to authenticate your payment method. Please choose a different payment method and try again."
	if pm.Type != "card" {
		code, text = "payment_intent_payment_attempt_failed", "The payment failed."
	}
	e := invalid(code, "", "%s", text)
	c.failIntent(a, e, nil)
	c.emit("payment_intent.payment_failed", a.pi)
	c.follow(a)
	return a.pi, nil
}

func retrieveCharge(c *call) (any, error) { return pathObject[*Charge](c, kindCharge) }

func listCharges(c *call) (any, error) {
	created, intent := createdFilter(c.p), c.p.str("payment_intent")
	parent := cmp.Or(intent, c.p.str("customer"))
	group := c.p.str("transfer_group")
	return page(c, kindCharge, parent, func(ch *Charge) bool {
		return created(ch.Created) && (group == "" || deref(ch.TransferGroup) == group)
	})
}

func updateCharge(c *call) (any, error) {
	old, err := pathObject[*Charge](c, kindCharge)
	if err != nil {
		return nil, err
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	set(&next.Description, c.p, "description")
	set(&next.ReceiptEmail, c.p, "receipt_email")
	set(&next.TransferGroup, c.p, "transfer_group")
	if c.p.has("shipping") {
		next.Shipping = readShipping(c.p.at("shipping"))
	}
	if report := c.p.str("fraud_details", "user_report"); report != "" {
		next.FraudDetails = map[string]string{"user_report": report}
	}
	c.tx.put(&next)
	c.emitUpdate("charge.updated", &next, old)
	return &next, nil
}
