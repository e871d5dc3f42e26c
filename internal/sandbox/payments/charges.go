package payments

import (
	"cmp"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// newCharge builds the charge of an attempt; the caller decides its fate and
// stores it.
func (c *Call) newCharge(a *Attempt) *Charge {
	pi := a.Intent
	ch := &Charge{
		ID:                            wire.NewID("ch"),
		Object:                        api.KindCharge,
		Amount:                        pi.Amount,
		ApplicationFeeAmount:          pi.ApplicationFeeAmount,
		BillingDetails:                a.Method.BillingDetails,
		CalculatedStatementDescriptor: new("SANDBOX SHOP"),
		Created:                       c.Now.Unix(),
		Currency:                      pi.Currency,
		Customer:                      pi.Customer,
		Description:                   pi.Description,
		FraudDetails:                  map[string]string{},
		Invoice:                       pi.Invoice,
		Metadata:                      pi.Metadata,
		OnBehalfOf:                    pi.OnBehalfOf,
		Outcome:                       approved(a.Method.testCard()),
		PaymentIntent:                 &pi.ID,
		PaymentMethod:                 &a.Method.ID,
		PaymentMethodDetails:          chargeDetails(a, pi.Amount),
		ReceiptEmail:                  pi.ReceiptEmail,
		Shipping:                      pi.Shipping,
		StatementDescriptor:           pi.StatementDescriptor,
		StatementDescriptorSuffix:     pi.StatementDescriptorSuffix,
		TransferData:                  pi.TransferData,
		TransferGroup:                 pi.TransferGroup,
	}

	ch.ReceiptURL = new(c.Base() + "/receipts/" + ch.ID)

	if pi.TransferData != nil {
		ch.Destination = &pi.TransferData.Destination
		ch.TransferGroup = new("group_" + pi.ID)
	}

	return ch
}

// approved is the outcome of a charge that goes through.
func approved(cd *testcards.Card) *Outcome {
	out := &Outcome{
		NetworkStatus: "approved_by_network",
		RiskLevel:     "normal",
		RiskScore:     20,
		SellerMessage: "Payment complete.",
		Type:          "authorized",
	}

	if cd == nil {
		return out
	}

	switch cd.Risk {
	case "elevated":
		out.RiskLevel, out.RiskScore, out.Type = "elevated", 68, "manual_review"
		out.SellerMessage = "Stripe evaluated this payment as having elevated risk, and placed it in your manual review queue."
	case "highest":
		out.RiskLevel, out.RiskScore = "highest", 91
	}

	return out
}

// charge settles an attempt: declined by what its card is for, else authorized
// and, unless told otherwise, captured.
func (c *Call) charge(a *Attempt) (*PaymentIntent, error) {
	if cd := a.Method.testCard(); cd != nil && cd.Code != "" {
		return c.decline(a, cd.Code, cd.Decline)
	}

	ch := c.newCharge(a)
	ch.Status, ch.Paid = StatusSucceeded, true
	a.Intent.LatestCharge, a.Intent.NextAction, a.Intent.Processing = &ch.ID, nil, nil
	c.consume(a)

	if a.capturesLater() {
		return c.hold(a, ch), nil
	}

	ch.Captured, ch.AmountCaptured = true, ch.Amount
	c.finishCharge(a, ch)
	return a.Intent, nil
}

// hold leaves an authorized charge waiting to be captured.
func (c *Call) hold(a *Attempt, ch *Charge) *PaymentIntent {
	until := c.Now.Add(holdOf(a.Method.Type))
	if ch.PaymentMethodDetails.Card != nil {
		ch.PaymentMethodDetails.Card.CaptureBefore = new(until.Unix())
	}

	a.Intent.Status, a.Intent.AmountCapturable = needsCapture, ch.Amount
	c.Tx.Put(ch)
	c.Tx.Put(a.Intent)
	c.Emit("charge.succeeded", ch)
	c.Emit("payment_intent.amount_capturable_updated", a.Intent)
	intent := a.Intent.ID
	c.Later(intent, until, func(c *Call) error { return c.expireHold(intent) })

	return a.Intent
}

// expireHold cancels an authorization that nobody captured in time.
func (c *Call) expireHold(intent string) error {
	pi, ok := memory.Find[*PaymentIntent](c.Tx, intent)
	if !ok || pi.Status != needsCapture {
		return nil
	}

	next := *pi
	c.releaseCharge(&next, "charge.expired")
	next.Status, next.CanceledAt, next.CancellationReason = StatusCanceled, new(c.Now.Unix()), new("automatic")
	next.AmountCapturable = 0
	c.Tx.Put(&next)
	c.Emit("payment_intent.canceled", &next)

	return nil
}

// finishCharge books a captured charge and completes its intent. With
// automatic_async capture the balance transaction follows in charge.updated, as
// at Stripe since 2024-04-10.
func (c *Call) finishCharge(a *Attempt, ch *Charge) {
	a.Intent.Status, a.Intent.AmountReceived, a.Intent.AmountCapturable = StatusSucceeded, ch.AmountCaptured, 0
	async := a.Intent.CaptureMethod == "automatic_async"
	c.passOn(ch)
	booked := *ch
	booked.BalanceTransaction = new(c.book(ch, "charge", ch.AmountCaptured, a.Method.testCard()))

	if !async {
		ch = &booked
	}

	c.Tx.Put(ch)
	c.Tx.Put(a.Intent)
	c.Emit("charge.succeeded", ch)
	c.Emit("payment_intent.succeeded", a.Intent)
	c.follow(a.Intent)

	if async {
		c.Tx.Put(&booked)
		c.EmitUpdate("charge.updated", &booked, ch)
	}

	c.afterSuccess(a, &booked)
}

// afterSuccess does what some test cards are for: disputes and fraud warnings;
// and it pays connected accounts.
func (c *Call) afterSuccess(a *Attempt, ch *Charge) {
	if cd := a.Method.testCard(); cd != nil && cd.Dispute != "" {
		c.dispute(ch, cd.Dispute)
	}
}

// consume ties the payment method to the customer when it is to be used again,
// else it is spent.
func (c *Call) consume(a *Attempt) {
	pm, fresh := memory.Find[*PaymentMethod](c.Tx, a.Method.ID)
	if !fresh {
		pm = a.Method
	}

	if pm.Customer != nil {
		return
	}

	if a.saves() {
		a.Method = c.own(pm, *a.Intent.Customer)
		return
	}

	next := *pm
	next.private.Consumed = true
	a.Method = &next
	c.Tx.Put(&next)
}

// decline records a failed charge and sends the intent back for another payment
// method.
func (c *Call) decline(a *Attempt, code, decline string) (*PaymentIntent, error) {
	ch := c.newCharge(a)
	ch.Status, ch.ReceiptURL = "failed", nil
	ch.FailureCode, ch.FailureMessage = &code, new(testcards.DeclineMessage(code, decline))
	ch.Outcome = declined(a.Method.testCard(), code, decline)
	c.Tx.Put(ch)
	e := wire.CardError(code, decline, *ch.FailureMessage)
	e.Charge = ch.ID

	if code == "incorrect_cvc" {
		e.Param = "cvc"
	}

	c.failIntent(a, e, &ch.ID)
	c.Emit("charge.failed", ch)
	c.Emit("payment_intent.payment_failed", a.Intent)
	c.follow(a.Intent)
	out := *e
	out.PaymentIntent, out.PaymentMethod = a.Intent, a.Method

	return nil, &out
}

// failIntent puts the intent back to requires_payment_method with the error on
// it.
func (c *Call) failIntent(a *Attempt, e *wire.Error, charge *string) {
	shown := *e
	shown.PaymentMethod, shown.PaymentIntent = a.Method, nil
	a.Intent.LastPaymentError, a.Intent.Status = &shown, StatusRequiresMethod
	a.Intent.PaymentMethod, a.Intent.NextAction, a.Intent.Processing = nil, nil, nil
	if charge != nil {
		a.Intent.LatestCharge = charge
	}
	c.Tx.Put(a.Intent)
}

func declined(cd *testcards.Card, code, decline string) *Outcome {
	out := &Outcome{
		NetworkStatus: "declined_by_network",
		Reason:        new(cmp.Or(decline, code)),
		RiskLevel:     "normal",
		RiskScore:     33,
		SellerMessage: testcards.SellerMessage(code, decline),
		Type:          "issuer_declined",
	}

	if cd != nil && cd.Risk == "block" {
		out.NetworkStatus, out.Type, out.RiskLevel, out.RiskScore = "not_sent_to_network", "blocked", "highest", 95
		out.Reason = new("highest_risk_level")
	}

	return out
}

// authenticated continues after 3D Secure or a redirect: pass charges, fail
// sends the intent back.
func (c *Call) authenticated(pi *PaymentIntent, pass bool) (*PaymentIntent, error) {
	next := *pi
	pm, ok := memory.Find[*PaymentMethod](c.Tx, wire.Deref(pi.PaymentMethod))
	if !ok {
		return nil, wire.NoSuch("PaymentMethod", "payment_method", wire.Deref(pi.PaymentMethod))
	}

	a := &Attempt{Intent: &next, Method: pm, secured: pm.Type == "card"}
	if pass {
		a.Method = c.payer(pm)
	}

	if pass && pi.ConfirmationMethod == "manual" && pm.Type == "card" {
		next.Status, next.NextAction, next.private.Secured = StatusRequiresConfirmation, nil, true
		c.Tx.Put(&next)
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

	e := wire.Invalid(code, "", "%s", text)
	c.failIntent(a, e, nil)
	c.Emit("payment_intent.payment_failed", a.Intent)
	c.follow(a.Intent)

	return a.Intent, nil
}

func retrieveCharge(c *Call) (any, error) { return api.PathObject[*Charge](c.API(), api.KindCharge) }

func listCharges(c *Call) (any, error) {
	created, intent := api.CreatedFilter(c.Params), c.Params.String("payment_intent")
	parent := cmp.Or(intent, c.Params.String("customer"))
	group := c.Params.String("transfer_group")
	return api.Page(c.API(), api.KindCharge, parent, func(ch *Charge) bool {
		return created(ch.Created) && (group == "" || wire.Deref(ch.TransferGroup) == group)
	})
}

func updateCharge(c *Call) (any, error) {
	old, err := api.PathObject[*Charge](c.API(), api.KindCharge)
	if err != nil {
		return nil, err
	}

	next := *old
	next.Metadata = wire.MergeMetadata(old.Metadata, c.Params)
	api.SetText(&next.Description, c.Params, "description")
	api.SetText(&next.ReceiptEmail, c.Params, "receipt_email")
	api.SetText(&next.TransferGroup, c.Params, "transfer_group")

	if c.Params.Has("shipping") {
		next.Shipping = api.ReadShipping(c.Params.At("shipping"))
	}

	if report := c.Params.String("fraud_details", "user_report"); report != "" {
		next.FraudDetails = map[string]string{"user_report": report}
	}

	c.Tx.Put(&next)
	c.EmitUpdate("charge.updated", &next, old)
	return &next, nil
}
