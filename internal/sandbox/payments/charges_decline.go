package payments

import (
	"cmp"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// declineError returns the card_error for a decline, which the caller and the
// intent's last error share.
func declineError(d testcards.Decline) *wire.Error {
	e := wire.CardError(d.Code, d.DeclineCode, d.Message)
	e.AdviceCode, e.NetworkAdviceCode, e.NetworkDeclineCode = d.Advice, d.NetworkAdvice, d.NetworkCode
	e.Param = wire.OrNil(d.Param)

	return e
}

// declineOnFile returns the card_error for a card that cannot be attached to a
// customer. It undoes the call's changes, and its param is never absent.
func declineOnFile(d testcards.Decline) *wire.Error {
	e := declineError(d)
	e.Param, e.Commit = &d.Param, false

	return e
}

// decline stores a failed charge, sends the intent back for another payment
// method, and returns the card_error that the caller gets.
func (c *Call) decline(a *Attempt, d testcards.Decline) (*PaymentIntent, error) {
	ch := c.newCharge(a)
	ch.Status, ch.ReceiptURL = "failed", nil
	ch.FailureCode, ch.FailureMessage = &d.Code, &d.Message
	ch.Outcome = declined(a.Method.testCard(), d)
	c.Tx.Put(ch)

	e := declineError(d)
	e.Charge = ch.ID

	c.spend(a)
	c.failIntent(a, e, &ch.ID)
	c.Emit("charge.failed", ch)

	return c.declinedWith(a, e)
}

// refuseAction declines an attempt that would need the buyer, because the
// caller cannot let the buyer act. Nothing is charged.
func (c *Call) refuseAction(a *Attempt) (*PaymentIntent, error) {
	e := wire.CardError("authentication_required", "authentication_not_handled",
		"This payment required an authentication action to complete, but `error_on_requires_action` "+
			"was set. When you're ready, you can upgrade your integration to handle actions at "+
			"https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-actions.")
	c.failIntent(a, e, nil)

	return c.declinedWith(a, e)
}

// declinedWith announces the failure of an attempt and returns the error for
// the caller.
func (c *Call) declinedWith(a *Attempt, e *wire.Error) (*PaymentIntent, error) {
	c.Emit("payment_intent.payment_failed", a.Intent)
	c.follow(a.Intent)

	// The intent now holds e as its last error. Only the copy that the caller
	// gets may hold the intent, or the two would contain each other.
	out := *e
	out.PaymentIntent, out.PaymentMethod = a.Intent, a.Method

	return nil, &out
}

// spend marks the payment method of a declined attempt as used by its intent:
// Stripe does not take it for another one unless it is attached to a customer.
func (c *Call) spend(a *Attempt) {
	pm, ok := memory.Find[*PaymentMethod](c.Tx, a.Method.ID)
	if !ok || pm.Customer != nil {
		return
	}

	next := *pm
	next.private.Consumed, next.private.DeclinedBy = true, a.Intent.ID
	a.Method = &next
	c.Tx.Put(&next)
}

// failIntent sends the intent back to requires_payment_method and stores the
// error on it. charge is the ID of the failed charge, nil if there was none.
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

// declined returns the outcome of a charge that the issuer declined or that
// Radar blocked.
func declined(cd *testcards.Card, d testcards.Decline) *Outcome {
	out := &Outcome{
		AdviceCode:         wire.OrNil(d.Advice),
		NetworkAdviceCode:  wire.OrNil(d.NetworkAdvice),
		NetworkDeclineCode: wire.OrNil(d.NetworkCode),
		NetworkStatus:      "declined_by_network",
		Reason:             new(cmp.Or(d.DeclineCode, d.Code)),
		RiskLevel:          "normal",
		RiskScore:          33,
		SellerMessage:      testcards.SellerMessage(d.Code, d.DeclineCode),
		Type:               "issuer_declined",
	}

	if cd != nil && cd.Risk == "block" {
		out.NetworkStatus, out.Type = "not_sent_to_network", "blocked"
		out.Reason, out.RiskLevel, out.RiskScore = new("highest_risk_level"), "highest", 95
	}

	return out
}
