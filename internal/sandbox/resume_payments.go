package sandbox

import "time"

// resumePayments schedules again what a restart has interrupted.
func (r *paymentRoom) resume(account string, obj object) {
	at := func(id string, due time.Time, run func(c *call) error) {
		r.srv.schedule.at(id, due, func() { r.background(account, run) })
	}
	switch o := obj.(type) {
	case *PaymentIntent:
		if o.Status == needsCapture {
			at(o.ID, r.holdEnds(account, o), func(c *call) error { return c.expireHold(o.ID) })
		}
		if o.Status == processing && r.srv.cfg.DelayedAfter >= 0 {
			at(o.ID, time.Unix(o.private.DueAt, 0), func(c *call) error { return c.decide(o.ID, "") })
		}
	case *Refund:
		if o.Status == "pending" {
			at(o.ID, time.Unix(o.Created, 0).Add(refundSettles), func(c *call) error { c.settleRefund(o.ID); return nil })
		}
	case *Dispute:
		if !o.closed() && o.EvidenceDetails.DueBy != nil {
			at(o.ID, time.Unix(*o.EvidenceDetails.DueBy, 0), func(c *call) error { c.missDeadline(o.ID); return nil })
		}
	}
}

// holdEnds is when the authorization of an intent lapses. The caller holds the lock.
func (r *paymentRoom) holdEnds(account string, pi *PaymentIntent) time.Time {
	held, ok := r.srv.store.accounts[account].objects[deref(pi.LatestCharge)].obj.(*Charge)
	if !ok {
		return time.Unix(pi.Created, 0).Add(holdOf(""))
	}
	return time.Unix(held.Created, 0).Add(holdOf(held.PaymentMethodDetails.Type))
}
