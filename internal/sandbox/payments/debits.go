package payments

import (
	"cmp"
	"strings"
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// startDelayed puts a bank debit on its way; it is decided later.
func (c *Call) startDelayed(a *Attempt) *PaymentIntent {
	once := a.Intent
	if a.Intent.SetupFutureUsage != nil {
		once = nil
	}

	a.mandate = c.newMandate(a.Method, once)
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

	if c.Server.Config.DelayedAfter >= 0 && a.Method.private.Outcome != testcards.StaysProcessing {
		intent := a.Intent.ID
		c.Later(intent, due, func(c *Call) error { return c.decide(intent, "") })
	}

	return a.Intent
}

func (c *Call) delayOf(pm *PaymentMethod) time.Duration {
	if strings.HasSuffix(pm.private.Outcome, "_delayed") {
		return 36 * c.Server.Config.DelayedAfter // Stripe's "after three minutes" beside five seconds
	}
	return c.Server.Config.DelayedAfter
}

// decide ends the processing of a delayed payment; outcome "" takes what the
// test account is for.
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

	if outcome == "" {
		outcome = pm.private.Outcome
	}

	kind, code, _ := strings.Cut(outcome, ":")
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

func (c *Call) failDelayed(a *Attempt, ch *Charge, code string) error {
	ch.Status, ch.Captured, ch.AmountCaptured = "failed", false, 0
	ch.FailureCode, ch.FailureMessage = &code, new("The payment failed.")
	ch.Outcome = declined(nil, code, code)
	if code == "fraudulent" {
		ch.Outcome = declined(&testcards.Card{Risk: "block"}, code, code)
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

// stopDebit takes back a debit that is canceled while it is processing, which
// Stripe allows for US bank accounts.
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

// stoppable tells whether an intent is processing a debit that can still be
// taken back.
func (c *Call) stoppable(pi *PaymentIntent) bool {
	pm, ok := memory.Find[*PaymentMethod](c.Tx, wire.Deref(pi.PaymentMethod))
	return ok && pi.Status == StatusProcessing && pm.Type == "us_bank_account"
}

// Decide ends the processing of a delayed payment now: outcome "succeed",
// "fail", or "" for what its test account is for.
func (s *Service) Decide(intent, outcome string) bool {
	obj, ok := s.srv.Anywhere(intent)
	pi, is := obj.(*PaymentIntent)
	if !ok || !is || pi.Status != StatusProcessing {
		return false
	}
	s.Background(s.srv.AccountOf(intent), func(c *Call) error { return c.decide(intent, outcome) })
	return true
}
