package payments

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// resume schedules the future change of an object anew, because the schedule
// does not survive a restart.
func (s *Service) resume(account string, obj memory.Object) {
	schedule := func(id string, due time.Time, run func(c *Call) error) {
		s.srv.Schedule.At(id, due, func() { s.Background(account, run) })
	}

	switch o := obj.(type) {
	case *PaymentIntent:
		if o.awaitsVoucher() {
			schedule(o.ID, time.Unix(o.private.DueAt, 0), func(c *Call) error { return c.endVoucher(o.ID, "") })
		}

		if o.Status == needsCapture {
			schedule(o.ID, s.holdEnds(account, o), func(c *Call) error { return c.expireHold(o.ID) })
		}

		if o.Status == StatusProcessing && s.srv.Config.DelayedAfter >= 0 {
			schedule(o.ID, time.Unix(o.private.DueAt, 0), func(c *Call) error { return c.decide(o.ID, "") })
		}

	case *Charge:
		if due := o.private.BookedAt; due != 0 {
			schedule(o.ID, time.Unix(due, 0), func(c *Call) error { c.announceBooking(o.ID); return nil })
		}

	case *Refund:
		created := time.Unix(o.Created, 0)
		if o.Status == "pending" {
			schedule(o.ID, created.Add(refundDelay), func(c *Call) error { c.settleRefund(o.ID); return nil })
		}

		if o.awaitsReference() {
			schedule(o.ID, created.Add(referenceDelay), func(c *Call) error { c.refer(o.ID); return nil })
		}

	case *api.Record:
		if o.Kind == clocks.Kind && o.Text("status") == clockAdvancing {
			schedule(o.ID, time.Time{}, func(c *Call) error { return c.clockReady(o.ID) })
		}

	case *Dispute:
		if !o.closed() && o.EvidenceDetails.SubmissionCount > 0 {
			schedule(o.ID, time.Time{}, func(c *Call) error { c.judge(o.ID); return nil })
		}
		if !o.closed() && o.EvidenceDetails.DueBy != nil {
			due := time.Unix(*o.EvidenceDetails.DueBy, 0)
			schedule(o.ID, due, func(c *Call) error { c.missDeadline(o.ID); return nil })
		}
	}
}

// holdEnds returns the time at which the hold of an intent expires. The caller
// has locked the store.
func (s *Service) holdEnds(account string, pi *PaymentIntent) time.Time {
	obj, _ := s.srv.Store.Get(account, wire.Deref(pi.LatestCharge))
	held, ok := obj.(*Charge)
	if !ok {
		return time.Unix(pi.Created, 0).Add(holdOf(""))
	}

	return time.Unix(held.Created, 0).Add(holdOf(held.PaymentMethodDetails.Type))
}
