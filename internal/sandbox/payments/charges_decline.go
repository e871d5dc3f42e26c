package payments

import (
	"cmp"

	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// decline stores a failed charge, sends the intent back for another payment
// method, and returns the card_error that the caller gets.
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

	// The intent now holds e as its last error. Only the copy that the caller
	// gets may hold the intent, or the two would contain each other.
	out := *e
	out.PaymentIntent, out.PaymentMethod = a.Intent, a.Method

	return nil, &out
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
		out.NetworkStatus, out.Type = "not_sent_to_network", "blocked"
		out.Reason, out.RiskLevel, out.RiskScore = new("highest_risk_level"), "highest", 95
	}

	return out
}
