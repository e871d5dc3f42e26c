package payments

import (
	"cmp"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// newCharge returns the charge of an attempt. The caller sets its status and
// stores it.
func (c *Call) newCharge(a *Attempt) *Charge {
	pi := a.Intent
	ch := &Charge{
		ID:                            wire.NewID("ch"),
		Object:                        api.KindCharge,
		Amount:                        pi.Amount,
		Application:                   c.Application(),
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
		TransferGroup:                 pi.TransferGroup,
	}

	ch.ReceiptURL = new(c.Base() + "/receipts/" + ch.ID)

	if pi.TransferData != nil {
		ch.TransferData = pi.TransferData.ofCharge()
		ch.Destination = &pi.TransferData.Destination
		ch.TransferGroup = new("group_" + pi.ID)
	}

	return ch
}

// approved returns the outcome of a charge that the network approves. cd is nil
// for a payment method that is not a card.
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
		out.SellerMessage = "Stripe evaluated this payment as having elevated risk, " +
			"and placed it in your manual review queue."

	case "highest":
		out.RiskLevel, out.RiskScore = "highest", 91
	}

	return out
}

// charge ends an attempt: it declines a test card that stands for a decline,
// and otherwise authorizes the amount and, unless the shop captures later,
// captures it.
func (c *Call) charge(a *Attempt) (*PaymentIntent, error) {
	if cd := a.Method.testCard(); cd != nil && cd.Code != "" {
		return c.decline(a, cd.Declines())
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

// hold stores an authorized charge that waits to be captured, and schedules the
// end of its authorization.
func (c *Call) hold(a *Attempt, ch *Charge) *PaymentIntent {
	expiry := c.Now.Add(holdOf(a.Method.Type))
	if ch.PaymentMethodDetails.Card != nil {
		ch.PaymentMethodDetails.Card.CaptureBefore = new(expiry.Unix())
	}

	a.Intent.Status, a.Intent.AmountCapturable = needsCapture, ch.Amount
	c.Tx.Put(ch)
	c.Tx.Put(a.Intent)
	c.Emit("charge.succeeded", ch)
	c.Emit("payment_intent.amount_capturable_updated", a.Intent)

	intent := a.Intent.ID
	c.Later(intent, expiry, func(c *Call) error { return c.expireHold(intent) })

	return a.Intent
}

// expireHold cancels an intent whose hold was not captured in time. It does
// nothing if the intent has been captured or canceled since.
func (c *Call) expireHold(intent string) error {
	pi, ok := memory.Find[*PaymentIntent](c.Tx, intent)
	if !ok || pi.Status != needsCapture {
		return nil
	}

	next := *pi
	c.releaseCharge(&next, "charge.expired")
	next.Status, next.AmountCapturable = StatusCanceled, 0
	next.CanceledAt, next.CancellationReason = new(c.Now.Unix()), new("automatic")
	c.Tx.Put(&next)
	c.Emit("payment_intent.canceled", &next)

	return nil
}

// finishCharge books a captured charge and completes its intent. With
// automatic_async capture, charge.succeeded comes without the balance
// transaction, which follows in charge.updated seconds later, as at Stripe
// since 2024-04-10. Reading the charge shows it at once.
func (c *Call) finishCharge(a *Attempt, ch *Charge) {
	a.Intent.Status, a.Intent.AmountReceived, a.Intent.AmountCapturable = StatusSucceeded, ch.AmountCaptured, 0
	c.passOn(ch)

	booked := *ch
	booked.BalanceTransaction = new(c.book(ch, "charge", ch.AmountCaptured, a.Method.testCard()))

	async := a.Intent.CaptureMethod == "automatic_async"
	if !async {
		ch = &booked
	}

	c.Tx.Put(ch)
	c.Tx.Put(a.Intent)
	c.Emit("charge.succeeded", ch)
	c.Emit("payment_intent.succeeded", a.Intent)
	c.follow(a.Intent)

	if async {
		due := c.Now.Add(bookingDelay)
		booked.private.BookedAt = due.Unix()
		c.Tx.Put(&booked)
		c.Later(ch.ID, due, func(c *Call) error { c.announceBooking(booked.ID); return nil })
	}

	c.openCardDispute(&booked, a.Method.testCard())
}

// bookingDelay is how long it takes until the balance transaction of a payment
// that is captured asynchronously is announced.
const bookingDelay = 2 * time.Second

// announceBooking announces the balance transaction of a charge once.
func (c *Call) announceBooking(id string) {
	ch, ok := memory.Find[*Charge](c.Tx, id)
	if !ok || ch.private.BookedAt == 0 {
		return
	}

	prev, next := *ch, *ch
	prev.BalanceTransaction = nil
	next.private.BookedAt = 0

	c.Tx.Put(&next)
	c.EmitUpdate("charge.updated", &next, &prev)
}

// openCardDispute opens the dispute or fraud warning that a test card stands
// for. cd is nil for a payment method that is not a card.
func (c *Call) openCardDispute(ch *Charge, cd *testcards.Card) {
	if cd != nil && cd.Dispute != "" {
		c.dispute(ch, cd.Dispute)
	}
}

// consume attaches the payment method to the customer if it is to be used
// again. Otherwise it marks the method as used: Stripe takes such a method only
// once.
func (c *Call) consume(a *Attempt) {
	pm, ok := memory.Find[*PaymentMethod](c.Tx, a.Method.ID)
	if !ok {
		pm = a.Method
	}

	if pm.Customer != nil {
		return
	}

	if a.saves() {
		a.Method = c.attachTo(pm, *a.Intent.Customer)
		return
	}

	next := pm.check()
	next.private.Consumed = true
	a.Method = next
	c.Tx.Put(next)
}

// authenticated continues after 3D Secure or a redirect. If the buyer passed,
// it charges the intent; if not, it sends the intent back for another payment
// method.
func (c *Call) authenticated(pi *PaymentIntent, pass bool) (*PaymentIntent, error) {
	next := *pi
	pm, ok := c.Method(wire.Deref(pi.PaymentMethod))
	if !ok {
		return nil, wire.NoSuch("PaymentMethod", "payment_method", wire.Deref(pi.PaymentMethod))
	}

	a := &Attempt{Intent: &next, Method: pm, secured: pm.Type == "card"}
	if pass {
		a.Method = c.withPayer(pm)
	}

	// With manual confirmation the server confirms once more, and only that
	// charges the card.
	if pass && pi.ConfirmationMethod == "manual" && pm.Type == "card" {
		next.Status, next.NextAction, next.private.Secured = StatusRequiresConfirmation, nil, true
		c.Tx.Put(&next)
		return &next, nil
	}

	if pass {
		next.NextAction = nil
		return c.charge(a)
	}

	code, text := "payment_intent_authentication_failure", authenticationFailed
	if pm.Type != "card" {
		code, text = "payment_intent_payment_attempt_failed", "The payment failed."
	}

	e := wire.Invalid(code, "", "%s", text)
	c.failIntent(a, e, nil)
	c.Emit("payment_intent.payment_failed", a.Intent)
	c.follow(a.Intent)

	return a.Intent, nil
}

// authenticationFailed is Stripe's message to a buyer who failed 3D Secure.
const authenticationFailed = "We are unable to authenticate your payment method. " +
	"Please choose a different payment method and try again."

func retrieveCharge(c *Call) (any, error) { return api.PathObject[*Charge](c.API(), api.KindCharge) }

func listCharges(c *Call) (any, error) {
	created, group := api.CreatedFilter(c.Params), c.Params.String("transfer_group")
	intent := c.Params.String("payment_intent")

	customer, err := c.ListedCustomer()
	if err != nil {
		return nil, err
	}

	return api.Page(c.API(), api.KindCharge, cmp.Or(intent, customer), func(ch *Charge) bool {
		return created(ch.Created) && (customer == "" || wire.Deref(ch.Customer) == customer) &&
			(group == "" || wire.Deref(ch.TransferGroup) == group)
	})
}

func updateCharge(c *Call) (any, error) {
	prev, err := api.PathObject[*Charge](c.API(), api.KindCharge)
	if err != nil {
		return nil, err
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)
	api.SetText(&next.Description, c.Params, "description")
	api.SetText(&next.ReceiptEmail, c.Params, "receipt_email")
	api.SetText(&next.TransferGroup, c.Params, "transfer_group")

	if c.Params.Has("shipping") {
		next.Shipping = api.ReadShipping(c.Params.At("shipping"))
	}

	if id := c.Params.String("customer"); id != "" {
		if prev.Customer != nil && *prev.Customer != id {
			return nil, wire.Invalid("", "customer",
				"This charge already belongs to a customer. You can set the customer only of a charge that has none.")
		}
		if _, err := c.customer(id, "customer"); err != nil {
			return nil, err
		}

		next.Customer = &id
	}

	if report := c.Params.String("fraud_details", "user_report"); report != "" {
		next.FraudDetails = map[string]string{"user_report": report}
	}

	c.Tx.Put(&next)
	c.EmitUpdate("charge.updated", &next, prev)
	return &next, nil
}
