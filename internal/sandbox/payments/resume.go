package payments

import (
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// resumePayments schedules again what a restart has interrupted.
func (s *Service) resume(account string, obj memory.Object) {
	at := func(id string, due time.Time, run func(c *Call) error) {
		s.srv.Schedule.At(id, due, func() { s.Background(account, run) })
	}
	switch o := obj.(type) {
	case *PaymentIntent:
		if o.Status == needsCapture {
			at(o.ID, s.holdEnds(account, o), func(c *Call) error { return c.expireHold(o.ID) })
		}

		if o.Status == StatusProcessing && s.srv.Config.DelayedAfter >= 0 {
			at(o.ID, time.Unix(o.private.DueAt, 0), func(c *Call) error { return c.decide(o.ID, "") })
		}

	case *Refund:
		if o.Status == "pending" {
			at(o.ID, time.Unix(o.Created, 0).Add(refundSettles), func(c *Call) error { c.settleRefund(o.ID); return nil })
		}

	case *Dispute:
		if !o.closed() && o.EvidenceDetails.DueBy != nil {
			at(o.ID, time.Unix(*o.EvidenceDetails.DueBy, 0), func(c *Call) error { c.missDeadline(o.ID); return nil })
		}
	}
}

// holdEnds is when the authorization of an intent lapses. The caller holds the
// lock.
func (s *Service) holdEnds(account string, pi *PaymentIntent) time.Time {
	obj, _ := s.srv.Store.Get(account, wire.Deref(pi.LatestCharge))
	held, ok := obj.(*Charge)
	if !ok {
		return time.Unix(pi.Created, 0).Add(holdOf(""))
	}
	return time.Unix(held.Created, 0).Add(holdOf(held.PaymentMethodDetails.Type))
}
