package sandbox

import (
	"cmp"
	"strings"
	"time"
)

// startDelayed puts a bank debit on its way; it is decided later.
func (c *call) startDelayed(a *attempt) *PaymentIntent {
	once := a.pi
	if a.pi.SetupFutureUsage != nil {
		once = nil
	}
	a.mandate = c.newMandate(a.pm, once)
	ch := c.newCharge(a)
	ch.Status, ch.Captured = "pending", true
	ch.AmountCaptured = ch.Amount
	c.tx.put(ch)
	a.pi.Status, a.pi.LatestCharge = processing, &ch.ID
	due := c.now.Add(c.delayOf(a.pm))
	a.pi.private.DueAt = due.Unix()
	c.tx.put(a.pi)
	c.consume(a)
	c.emit("payment_intent.processing", a.pi)
	c.emit("charge.pending", ch)
	c.follow(a)
	if c.srv.cfg.DelayedAfter >= 0 && a.pm.private.Outcome != staysProcessing {
		intent := a.pi.ID
		c.later(intent, due, func(c *call) error { return c.decide(intent, "") })
	}
	return a.pi
}

func (c *call) delayOf(pm *PaymentMethod) time.Duration {
	if strings.HasSuffix(pm.private.Outcome, "_delayed") {
		return 36 * c.srv.cfg.DelayedAfter // Stripe's "after three minutes" beside five seconds
	}
	return c.srv.cfg.DelayedAfter
}

// decide ends the processing of a delayed payment; outcome "" takes what the test account is for.
func (c *call) decide(intent, outcome string) error {
	pi, ok := find[*PaymentIntent](c.tx, intent)
	if !ok || pi.Status != processing {
		return nil
	}
	ch, _ := find[*Charge](c.tx, deref(pi.LatestCharge))
	pm, _ := find[*PaymentMethod](c.tx, deref(pi.PaymentMethod))
	if ch == nil || pm == nil {
		return nil
	}
	next, done := *pi, *ch
	a := &attempt{pi: &next, pm: pm}
	if outcome == "" {
		outcome = pm.private.Outcome
	}
	kind, code, _ := strings.Cut(outcome, ":")
	switch kind {
	case staysProcessing:
		return nil
	case "fail", "fail_delayed":
		return c.failDelayed(a, &done, cmp.Or(code, "generic_decline"))
	}
	done.Status, done.Paid = succeeded, true
	c.finishCharge(a, &done)
	if kind == "dispute" {
		c.dispute(&done, "bank_cannot_process")
	}
	return nil
}

func (c *call) failDelayed(a *attempt, ch *Charge, code string) error {
	ch.Status, ch.Captured, ch.AmountCaptured = "failed", false, 0
	ch.FailureCode, ch.FailureMessage = &code, new("The payment failed.")
	ch.Outcome = declined(nil, code, code)
	if code == "fraudulent" {
		ch.Outcome = declined(&card{risk: "block"}, code, code)
	}
	c.tx.put(ch)
	e := invalid("payment_intent_payment_attempt_failed", "", "The payment failed.")
	e.Charge = ch.ID
	c.failIntent(a, e, &ch.ID)
	c.emit("charge.failed", ch)
	c.emit("payment_intent.payment_failed", a.pi)
	c.follow(a)
	return nil
}

// stopDebit takes back a debit that is canceled while it is processing, which Stripe allows for US bank accounts.
func (c *call) stopDebit(pi *PaymentIntent) {
	held, ok := find[*Charge](c.tx, deref(pi.LatestCharge))
	if !ok {
		return
	}
	ch := *held
	ch.Status, ch.Captured, ch.AmountCaptured = "failed", false, 0
	ch.FailureMessage = new("The payment was canceled.")
	c.tx.put(&ch)
	c.emit("charge.failed", &ch)
}

// stoppable tells whether an intent is processing a debit that can still be taken back.
func (c *call) stoppable(pi *PaymentIntent) bool {
	pm, ok := find[*PaymentMethod](c.tx, deref(pi.PaymentMethod))
	return ok && pi.Status == processing && pm.Type == "us_bank_account"
}

// Decide ends the processing of a delayed payment now: outcome "succeed", "fail", or "" for what its test account is for.
func (r *paymentRoom) Decide(intent, outcome string) bool {
	obj, ok := r.srv.anywhere(intent)
	pi, is := obj.(*PaymentIntent)
	if !ok || !is || pi.Status != processing {
		return false
	}
	r.background(r.srv.accountOf(intent), func(c *call) error { return c.decide(intent, outcome) })
	return true
}
