package billing

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// firstPaymentWindow is how long the first invoice can be paid:
// https://docs.stripe.com/billing/subscriptions/overview#payment-window.
const firstPaymentWindow = 23 * time.Hour

// trialWarningLead is how long before its end a trial is announced to end.
const trialWarningLead = 3 * 24 * time.Hour

// periodAfter returns the end of the period that begins at start. It keeps the
// anchor's day of the month, or takes the last day of a shorter month:
// https://docs.stripe.com/billing/subscriptions/billing-cycle.
func periodAfter(anchor, start int64, interval string, count int64) int64 {
	anchorDay, from := time.Unix(anchor, 0).UTC(), time.Unix(start, 0).UTC()
	n := int(count)

	switch interval {
	case "day":
		return from.AddDate(0, 0, n).Unix()
	case "week":
		return from.AddDate(0, 0, 7*n).Unix()
	case "year":
		n *= 12
	}

	// AddDate would turn January 31 plus a month into March 3.
	month := time.Date(from.Year(), from.Month()+time.Month(n), 1,
		anchorDay.Hour(), anchorDay.Minute(), anchorDay.Second(), 0, time.UTC)
	lastDay := month.AddDate(0, 1, -1).Day()
	return month.AddDate(0, 0, min(anchorDay.Day(), lastDay)-1).Unix()
}

// scheduler schedules a change to an object.
type scheduler func(id string, due time.Time, run func(c *call) error)

// onSchedule is the scheduler of a call. The change runs with the sandbox's
// time set to its due time even if the clock was moved past it. A jump over
// several periods therefore ends where living through them would have.
func (c *call) onSchedule(id string, due time.Time, run func(c *call) error) {
	c.later(id, due, onTime(due, run))
}

// onTime makes run see its due time as the current time.
func onTime(due time.Time, run func(c *call) error) func(c *call) error {
	return func(c *call) error {
		c.Now, c.Tx.Now = due, due
		return run(c)
	}
}

// schedulePeriod schedules the end of a subscription's period and, if it is
// incomplete, the end of its payment window. Both do nothing if the
// subscription has changed by then.
func schedulePeriod(schedule scheduler, sub *Subscription) {
	id, end := sub.ID, sub.CurrentPeriodEnd
	if sub.Status == subIncomplete {
		schedule(id, time.Unix(sub.Created, 0).Add(firstPaymentWindow),
			func(c *call) error { c.expire(id); return nil })
	}
	schedule(id, time.Unix(end, 0), func(c *call) error { return c.startNextPeriod(id, end) })
}

// scheduleTrialWarning announces the end of a trial a few days ahead, or now if
// fewer days are left.
func scheduleTrialWarning(schedule scheduler, sub *Subscription, now time.Time) {
	id, due := sub.ID, time.Unix(sub.CurrentPeriodEnd, 0).Add(-trialWarningLead)
	schedule(id, latest(now, due), func(c *call) error { c.warnOfTrialEnd(id); return nil })
}

// resume schedules again what a restart has forgotten.
func (s *Service) resume(account string, obj memory.Object) {
	schedule := func(id string, due time.Time, run func(c *call) error) {
		s.srv.Schedule.At(id, due, func() { s.background(account, onTime(due, run)) })
	}

	switch o := obj.(type) {
	case *payments.Customer:
		scheduleDiscountEnd(schedule, o)

	case *Subscription:
		if o.ended() {
			return
		}

		schedulePeriod(schedule, o)
		if o.Status == subTrialing && time.Unix(o.CurrentPeriodEnd, 0).Add(-trialWarningLead).After(s.srv.Now()) {
			scheduleTrialWarning(schedule, o, s.srv.Now())
		}

	case *Invoice:
		if o.Status == invoiceDraft && o.AutomaticallyFinalizesAt != nil {
			scheduleFinalize(schedule, o)
		}

		if o.Status == invoiceOpen && o.NextPaymentAttempt != nil {
			scheduleRetry(schedule, o)
		}
	}
}

// latest returns the later of two times.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// warnOfTrialEnd announces the end of a trial that is still running.
func (c *call) warnOfTrialEnd(id string) {
	if sub, ok := memory.Find[*Subscription](c.Tx, id); ok && sub.Status == subTrialing {
		c.Emit("customer.subscription.trial_will_end", sub)
	}
}

// expire ends a subscription whose first invoice was not paid in time. If a
// payment is still processing, expire checks again in an hour.
func (c *call) expire(id string) {
	sub, ok := memory.Find[*Subscription](c.Tx, id)
	if !ok || sub.Status != subIncomplete {
		return
	}

	inv, _ := memory.Find[*Invoice](c.Tx, wire.Deref(sub.LatestInvoice))
	if inv != nil && c.isProcessing(inv) {
		c.onSchedule(id, c.Now.Add(time.Hour), func(c *call) error { c.expire(id); return nil })
		return
	}

	c.endIncomplete(sub, Cancellation{})
}

// isProcessing reports whether the payment of an invoice is processing.
func (c *call) isProcessing(inv *Invoice) bool {
	pi, ok := memory.Find[*payments.PaymentIntent](c.Tx, wire.Deref(inv.PaymentIntent))
	return ok && pi.Status == payments.StatusProcessing
}

// endIncomplete expires a subscription that never became active and voids its
// invoice.
func (c *call) endIncomplete(sub *Subscription, details Cancellation) *Subscription {
	if inv, ok := memory.Find[*Invoice](c.Tx, wire.Deref(sub.LatestInvoice)); ok &&
		inv.Status == invoiceOpen && !c.isProcessing(inv) {
		c.void(inv)
	}

	next := *sub
	next.Status = subExpired
	next.CanceledAt = new(c.Now.Unix())
	next.EndedAt = new(c.Now.Unix())
	next.CancellationDetails = details
	c.putSubscription(&next)
	c.EmitUpdate("customer.subscription.updated", &next, sub)
	return &next
}

// end cancels a subscription that was active. Its unpaid invoices stay open but
// are not collected any more.
func (c *call) end(sub *Subscription, reason string) *Subscription {
	next := *sub
	next.Status, next.EndedAt = payments.StatusCanceled, new(c.Now.Unix())

	if next.CanceledAt == nil {
		next.CanceledAt = new(c.Now.Unix())
	}

	next.CancellationDetails.Reason = &reason
	c.putSubscription(&next)

	for _, inv := range memory.Children[*Invoice](c.Tx, api.KindInvoice, sub.ID) {
		c.stopCollecting(inv)
	}

	c.cancelPendingSetup(&next)
	c.Emit("customer.subscription.deleted", &next)
	return &next
}

// stopCollecting turns off the automatic collection of an invoice.
func (c *call) stopCollecting(inv *Invoice) {
	if inv.Status != invoiceOpen && inv.Status != invoiceDraft || !inv.AutoAdvance {
		return
	}

	next := *inv
	next.AutoAdvance = false
	next.NextPaymentAttempt = nil
	next.AutomaticallyFinalizesAt = nil
	c.Tx.Put(&next)
	c.EmitUpdate("invoice.updated", &next, inv)
}

// cancelPendingSetup cancels the SetupIntent that a subscription no longer
// needs.
func (c *call) cancelPendingSetup(sub *Subscription) {
	si, ok := memory.Find[*payments.SetupIntent](c.Tx, wire.Deref(sub.PendingSetupIntent))
	if !ok || si.Status == payments.StatusSucceeded || si.Status == payments.StatusCanceled {
		return
	}

	next := *si
	next.Status, next.NextAction = payments.StatusCanceled, nil
	c.Tx.Put(&next)
	c.Emit("setup_intent.canceled", &next)
}

// startNextPeriod starts the next period and drafts its invoice, or ends the
// subscription.
func (c *call) startNextPeriod(id string, end int64) error {
	sub, ok := memory.Find[*Subscription](c.Tx, id)
	if !ok || sub.CurrentPeriodEnd != end || sub.ended() || sub.Status == subIncomplete {
		return nil
	}

	cus, ok := memory.Find[*payments.Customer](c.Tx, sub.Customer)
	if !ok {
		return nil
	}

	if sub.CancelAtPeriodEnd {
		c.end(sub, "cancellation_requested")
		return nil
	}

	if sub.Status == subTrialing && sub.TrialSettings.EndBehavior.MissingPaymentMethod == "cancel" &&
		c.defaultMethod(sub) == nil {
		c.end(sub, "payment_failed")
		return nil
	}

	// The new period keeps the anchor, so it is not affected by short months.
	next := *sub
	interval, count := sub.interval()
	next.CurrentPeriodStart, next.CurrentPeriodEnd = end, periodAfter(sub.BillingCycleAnchor, end, interval, count)
	c.dropDiscounts(&next, sub.Status == subTrialing)

	if next.Status == subTrialing {
		next.Status = subActive
	}

	inv := c.subInvoice(&next, cus, "subscription_cycle")
	next.LatestInvoice = &inv.ID
	c.putSubscription(&next)
	c.Tx.Put(inv)
	c.EmitUpdate("customer.subscription.updated", &next, sub)
	c.Emit("invoice.created", inv)
	scheduleFinalize(c.onSchedule, inv)
	schedulePeriod(c.onSchedule, &next)

	return nil
}

// scheduleFinalize schedules the end of a draft's hour, when it is finalized
// and collected.
func scheduleFinalize(schedule scheduler, inv *Invoice) {
	id, due := inv.ID, *inv.AutomaticallyFinalizesAt
	schedule(id, time.Unix(due, 0), func(c *call) error {
		draft, ok := memory.Find[*Invoice](c.Tx, id)
		if !ok || draft.Status != invoiceDraft || wire.Deref(draft.AutomaticallyFinalizesAt) != due {
			return nil
		}

		open := c.finalize(draft)
		if open.Status != invoiceOpen || open.CollectionMethod != "charge_automatically" {
			return nil
		}

		return c.retryPayment(open)
	})
}
