package billing

import (
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// retryPauses are the pauses before an unpaid renewal is tried again. Stripe
// chooses its times by machine learning unless a fixed schedule is set:
// https://docs.stripe.com/billing/revenue-recovery/smart-retries. After the
// last one the subscription is canceled.
var retryPauses = []time.Duration{3 * 24 * time.Hour, 5 * 24 * time.Hour, 7 * 24 * time.Hour}

// invoiceMethod is what an invoice is paid with when nobody says otherwise: its
// own default payment method, the subscription's, the customer's. Nil when
// there is none.
func (c *call) invoiceMethod(inv *Invoice) *payments.PaymentMethod {
	ids := []*string{inv.DefaultPaymentMethod}
	if sub, ok := memory.Find[*Subscription](c.Tx, wire.Deref(inv.Subscription)); ok {
		ids = append(ids, sub.DefaultPaymentMethod)
	}

	if cus, ok := memory.Find[*payments.Customer](c.Tx, inv.Customer); ok {
		ids = append(ids, cus.InvoiceSettings.DefaultPaymentMethod)
	}

	for _, id := range ids {
		if pm, ok := memory.Find[*payments.PaymentMethod](c.Tx, wire.Deref(id)); ok &&
			wire.Deref(pm.Customer) == inv.Customer {
			return pm
		}
	}

	return nil
}

// collect tries to pay an open invoice with a saved payment method. A decline
// is an error that keeps its changes.
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

// follow moves the invoice and the subscription of an attempt's PaymentIntent
// after it; other intents have none.
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
// takes its subscription along.
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

	if pi != nil {
		c.EmitUpdate("invoice.updated", &next, inv)
	}

	c.Emit("invoice.paid", &next)
	c.Emit("invoice.payment_succeeded", &next)
	return &next
}

// subscriptionPaid brings a subscription to life with its latest invoice and
// keeps the payment method if it should.
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

// recordAttempt records a payment that is on its way.
func (c *call) recordAttempt(inv *Invoice) {
	next := *inv
	next.Attempted, next.AttemptCount = true, max(1, inv.AttemptCount)
	c.Tx.Put(&next)
	c.EmitUpdate("invoice.updated", &next, inv)
}

// recordUnpaid records that an open invoice could not be paid: a renewal is tried
// again later and its subscription is late, a first payment waits for the
// buyer.
func (c *call) recordUnpaid(inv *Invoice, event string) {
	next := *inv
	next.Attempted, next.AttemptCount = true, max(1, inv.AttemptCount)
	sub, ok := memory.Find[*Subscription](c.Tx, wire.Deref(inv.Subscription))
	renewal := ok && !sub.ended() && inv.BillingReason != "subscription_create"
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

// retryLater plans the next attempt; false when there is none left.
func (c *call) retryLater(inv *Invoice) bool {
	if inv.AttemptCount > int64(len(retryPauses)) {
		inv.NextPaymentAttempt = nil
		return false
	}
	inv.NextPaymentAttempt = new(c.Now.Add(retryPauses[inv.AttemptCount-1]).Unix())
	scheduleRetry(c.onSchedule, inv)
	return true
}

func scheduleRetry(at scheduler, inv *Invoice) {
	id, due := inv.ID, *inv.NextPaymentAttempt
	at(id, time.Unix(due, 0), func(c *call) error {
		now, ok := memory.Find[*Invoice](c.Tx, id)
		if !ok || now.Status != invoiceOpen || wire.Deref(now.NextPaymentAttempt) != due {
			return nil
		}
		return c.retryPayment(now)
	})
}

// retryPayment is one automatic attempt to collect an invoice.
func (c *call) retryPayment(inv *Invoice) error {
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
