package billing

import (
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// retryPauses are the pauses before an unpaid renewal is tried again. After the
// last try the subscription is canceled. Stripe picks its times by machine
// learning unless a fixed schedule is set:
// https://docs.stripe.com/billing/revenue-recovery/smart-retries.
var retryPauses = []time.Duration{3 * 24 * time.Hour, 5 * 24 * time.Hour, 7 * 24 * time.Hour}

// invoiceMethod returns the default payment method for an invoice: its own, its
// subscription's or its customer's, in this order. It returns nil if there is
// none.
func (c *call) invoiceMethod(inv *Invoice) *payments.PaymentMethod {
	ids := []*string{inv.DefaultPaymentMethod}
	if sub, ok := memory.Find[*Subscription](c.Tx, wire.Deref(inv.Subscription)); ok {
		ids = append(ids, sub.DefaultPaymentMethod)
	}

	if cus, ok := memory.Find[*payments.Customer](c.Tx, inv.Customer); ok {
		ids = append(ids, cus.InvoiceSettings.DefaultPaymentMethod, cus.DefaultSource)
	}

	for _, id := range ids {
		if pm, ok := c.Method(wire.Deref(id)); ok && wire.Deref(pm.Customer) == inv.Customer {
			return pm
		}
	}

	return nil
}

// collect tries to pay an open invoice with a saved payment method. If the
// payment is declined, collect returns an error that keeps its changes.
func (c *call) collect(inv *Invoice, pm *payments.PaymentMethod, offSession bool) (*payments.PaymentIntent, error) {
	pi, ok := memory.Find[*payments.PaymentIntent](c.Tx, wire.Deref(inv.PaymentIntent))
	if !ok || payments.Confirmable(pi) != nil {
		return pi, nil
	}

	next := *pi
	a := &payments.Attempt{Intent: &next, Method: pm, OffSession: offSession}
	if err := payments.Fits(a.Intent, pm); err != nil {
		return nil, err
	}

	next.PaymentMethod = &pm.ID
	next.LastPaymentError = nil
	next.NextAction = nil
	return c.Pay(a)
}

// follow updates the invoice and the subscription of a PaymentIntent whose
// status has changed. Other PaymentIntents have neither.
func (c *call) follow(pi *payments.PaymentIntent) {
	inv, ok := memory.Find[*Invoice](c.Tx, wire.Deref(pi.Invoice))
	if !ok || inv.Status != invoiceOpen && inv.Status != invoiceUncollectible {
		return
	}

	switch pi.Status {
	case payments.StatusSucceeded:
		c.markPaid(inv, pi)
	case payments.StatusProcessing:
		c.recordAttempt(inv)
	case payments.StatusRequiresAction:
		c.recordUnpaid(inv, "invoice.payment_action_required")
	case payments.StatusRequiresMethod:
		c.recordUnpaid(inv, "invoice.payment_failed")
	}
}

// markPaid settles an invoice, by a payment or because nothing is due, and
// updates its subscription.
func (c *call) markPaid(inv *Invoice, pi *payments.PaymentIntent) *Invoice {
	next := *inv
	next.Status = invoicePaid
	next.Paid = true
	next.Attempted = true
	next.AutoAdvance = false
	next.AmountPaid = next.AmountDue
	next.AmountRemaining = 0
	next.NextPaymentAttempt = nil
	next.StatusTransitions.PaidAt = new(c.Now.Unix())

	if pi != nil {
		next.Charge, next.AttemptCount = pi.LatestCharge, max(1, next.AttemptCount)
	}

	c.Tx.Put(&next)
	if sub, ok := memory.Find[*Subscription](c.Tx, wire.Deref(next.Subscription)); ok {
		c.subscriptionPaid(sub, &next, pi)
	}

	if pi != nil || next.PaidOutOfBand {
		c.EmitUpdate("invoice.updated", &next, inv)
	}

	c.Emit("invoice.paid", &next)

	// That one is about a payment's success
	// (https://docs.stripe.com/api/events/types).
	if !next.PaidOutOfBand {
		c.Emit("invoice.payment_succeeded", &next)
	}

	return &next
}

// subscriptionPaid activates a subscription whose latest invoice was paid, and
// saves the payment method as its default if it is set up to do so.
func (c *call) subscriptionPaid(prev *Subscription, inv *Invoice, pi *payments.PaymentIntent) {
	if prev.ended() {
		return
	}

	next := *prev
	waiting := prev.Status == subIncomplete || prev.Status == subPastDue
	if waiting && wire.Deref(prev.LatestInvoice) == inv.ID {
		next.Status = subActive
	}

	if pi != nil && prev.PaymentSettings.SaveDefaultPaymentMethod == "on_subscription" {
		if pm, ok := memory.Find[*payments.PaymentMethod](c.Tx, wire.Deref(pi.PaymentMethod)); ok &&
			wire.Deref(pm.Customer) == prev.Customer {
			next.DefaultPaymentMethod = &pm.ID
		}
	}

	if next.Status != prev.Status || wire.Deref(next.DefaultPaymentMethod) != wire.Deref(prev.DefaultPaymentMethod) {
		c.putSubscription(&next)
		c.EmitUpdate("customer.subscription.updated", &next, prev)
	}
}

// recordAttempt records that a payment is being processed.
func (c *call) recordAttempt(inv *Invoice) {
	next := *inv
	next.Attempted, next.AttemptCount = true, max(1, inv.AttemptCount)
	c.Tx.Put(&next)
	c.EmitUpdate("invoice.updated", &next, inv)
}

// recordUnpaid records that an open invoice could not be paid. A renewal is
// retried later and its subscription becomes past due. A first payment waits
// for the buyer.
func (c *call) recordUnpaid(inv *Invoice, event string) {
	next := *inv
	next.Attempted, next.AttemptCount = true, max(1, inv.AttemptCount)
	sub, ok := memory.Find[*Subscription](c.Tx, wire.Deref(inv.Subscription))
	renewal := ok && !sub.ended() && inv.BillingReason != "subscription_create"

	// A payment that the buyer tries before the next retry is due does not use
	// up that retry.
	exhausted := false
	if renewal && wire.Deref(inv.NextPaymentAttempt) <= c.Now.Unix() {
		exhausted = !c.retryLater(&next)
	}

	c.Tx.Put(&next)

	if renewal && wire.Deref(sub.LatestInvoice) == inv.ID && (sub.Status == subActive || sub.Status == subTrialing) {
		late := *sub
		late.Status = subPastDue
		c.putSubscription(&late)
		c.EmitUpdate("customer.subscription.updated", &late, sub)
		sub = &late
	}

	c.EmitUpdate("invoice.updated", &next, inv)
	c.Emit(event, &next)

	if exhausted {
		c.end(sub, "payment_failed")
	}
}

// retryLater schedules the next attempt. It returns false if no attempt is
// left.
func (c *call) retryLater(inv *Invoice) bool {
	if inv.AttemptCount > int64(len(retryPauses)) {
		inv.NextPaymentAttempt = nil
		return false
	}

	inv.NextPaymentAttempt = new(c.Now.Add(retryPauses[inv.AttemptCount-1]).Unix())
	scheduleRetry(c.onSchedule, inv)
	return true
}

// scheduleRetry schedules an attempt at the invoice's NextPaymentAttempt. The
// attempt does nothing if the invoice has changed by then.
func scheduleRetry(schedule scheduler, inv *Invoice) {
	id, due := inv.ID, *inv.NextPaymentAttempt
	schedule(id, time.Unix(due, 0), func(c *call) error {
		current, ok := memory.Find[*Invoice](c.Tx, id)
		if !ok || current.Status != invoiceOpen || wire.Deref(current.NextPaymentAttempt) != due {
			return nil
		}
		return c.retryPayment(current)
	})
}

// retryPayment tries once to collect an invoice automatically.
func (c *call) retryPayment(inv *Invoice) error {
	// The first attempt is counted by recordUnpaid, every later one here.
	if inv.Attempted {
		counted := *inv
		counted.AttemptCount++
		c.Tx.Put(&counted)
		inv = &counted
	}

	pm := c.invoiceMethod(inv)
	if pm == nil {
		c.recordUnpaid(inv, "invoice.payment_failed")
		return nil
	}

	_, err := c.collect(inv, pm, true)
	return err
}
