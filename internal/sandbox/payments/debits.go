package payments

import (
	"cmp"
	"strings"
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// startDelayed sends a bank debit on its way and schedules the decision about
// it. See https://docs.stripe.com/payments/delayed-notification.
func (c *Call) startDelayed(a *Attempt) *PaymentIntent {
	var single *SingleUse
	if a.Intent.SetupFutureUsage == nil {
		single = &SingleUse{Amount: a.Intent.Amount, Currency: a.Intent.Currency}
	}

	a.mandate = c.newMandate(a.Method, single)
	ch := c.newCharge(a)
	ch.Status, ch.Captured = "pending", true
	ch.AmountCaptured = ch.Amount
	c.Tx.Put(ch)

	a.Intent.Status, a.Intent.LatestCharge = StatusProcessing, &ch.ID
	due := c.Now.Add(c.delayOf(a.Method))
	a.Intent.private.DueAt = due.Unix()
	c.Tx.Put(a.Intent)

	c.consume(a)
	c.Emit("payment_intent.processing", a.Intent)
	c.Emit("charge.pending", ch)
	c.follow(a.Intent)

	// A negative delay leaves the decision to the sandbox's desk.
	if c.Server.Config.DelayedAfter >= 0 && a.Method.private.Outcome != testcards.StaysProcessing {
		intent := a.Intent.ID
		c.Later(intent, due, func(c *Call) error { return c.decide(intent, "") })
	}

	return a.Intent
}

// delayOf returns how long a debit of the account is processing.
func (c *Call) delayOf(pm *PaymentMethod) time.Duration {
	if strings.HasSuffix(pm.private.Outcome, "_delayed") {
		// Stripe's slow test accounts take three minutes; 36 times our default
		// of five seconds is as long.
		return 36 * c.Server.Config.DelayedAfter
	}

	return c.Server.Config.DelayedAfter
}

// decide ends the processing of a delayed payment. An empty outcome stands for
// the outcome of the test account. It does nothing if the intent is no longer
// processing.
func (c *Call) decide(intent, outcome string) error {
	pi, ok := memory.Find[*PaymentIntent](c.Tx, intent)
	if !ok || pi.Status != StatusProcessing {
		return nil
	}

	ch, _ := memory.Find[*Charge](c.Tx, wire.Deref(pi.LatestCharge))

	pm, _ := memory.Find[*PaymentMethod](c.Tx, wire.Deref(pi.PaymentMethod))
	if ch == nil || pm == nil {
		return nil
	}

	next, done := *pi, *ch
	a := &Attempt{Intent: &next, Method: pm}

	kind, code, _ := strings.Cut(cmp.Or(outcome, pm.private.Outcome), ":")
	switch kind {
	case testcards.StaysProcessing:
		return nil
	case "fail", "fail_delayed":
		return c.failDelayed(a, &done, cmp.Or(code, "generic_decline"))
	}

	done.Status, done.Paid = StatusSucceeded, true
	c.finishCharge(a, &done)

	if kind == "dispute" {
		c.dispute(&done, "bank_cannot_process")
	}

	return nil
}

// failDelayed ends a delayed payment that the buyer's bank refused.
func (c *Call) failDelayed(a *Attempt, ch *Charge, code string) error {
	ch.Status, ch.Captured, ch.AmountCaptured = "failed", false, 0
	ch.FailureCode, ch.FailureMessage = &code, new("The payment failed.")

	refusal := testcards.Decline{Code: code, DeclineCode: code} // no card network is involved
	ch.Outcome = declined(nil, refusal)

	if code == "fraudulent" {
		ch.Outcome = declined(&testcards.Card{Risk: "block"}, refusal)
	}

	c.Tx.Put(ch)

	e := wire.Invalid("payment_intent_payment_attempt_failed", "", "The payment failed.")
	e.Charge = ch.ID
	c.failIntent(a, e, &ch.ID)
	c.Emit("charge.failed", ch)
	c.Emit("payment_intent.payment_failed", a.Intent)
	c.follow(a.Intent)

	return nil
}

// stopDebit fails the charge of a debit that is canceled while it is
// processing, which Stripe allows for US bank accounts.
func (c *Call) stopDebit(pi *PaymentIntent) {
	held, ok := memory.Find[*Charge](c.Tx, wire.Deref(pi.LatestCharge))
	if !ok {
		return
	}

	ch := *held
	ch.Status, ch.Captured, ch.AmountCaptured = "failed", false, 0
	ch.FailureMessage = new("The payment was canceled.")

	c.Tx.Put(&ch)
	c.Emit("charge.failed", &ch)
}

// stoppable reports whether an intent is processing a debit that can still be
// canceled.
func (c *Call) stoppable(pi *PaymentIntent) bool {
	pm, ok := memory.Find[*PaymentMethod](c.Tx, wire.Deref(pi.PaymentMethod))
	return ok && pi.Status == StatusProcessing && pm.Type == "us_bank_account"
}

// Decide ends the processing of a delayed payment, or the wait for a voucher,
// now and reports whether the intent was in either. outcome is "succeed",
// "fail", or "" for the outcome of its test account.
func (s *Service) Decide(intent, outcome string) bool {
	obj, _ := s.srv.Anywhere(intent)
	pi, ok := obj.(*PaymentIntent)
	switch {
	case !ok:
		return false
	case pi.awaitsVoucher():
		s.Background(s.srv.AccountOf(intent), func(c *Call) error { return c.endVoucher(intent, cmp.Or(outcome, "succeed")) })
		return true
	case pi.Status != StatusProcessing:
		return false
	}

	s.Background(s.srv.AccountOf(intent), func(c *Call) error { return c.decide(intent, outcome) })
	return true
}
