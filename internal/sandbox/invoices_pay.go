package sandbox

import "time"

// retryAfter are the pauses before an unpaid renewal is tried again. Stripe chooses its times by machine learning unless
// a fixed schedule is set: https://docs.stripe.com/billing/revenue-recovery/smart-retries. After the last one the
// subscription is canceled.
var retryAfter = []time.Duration{3 * 24 * time.Hour, 5 * 24 * time.Hour, 7 * 24 * time.Hour}

// invoiceMethod is what an invoice is paid with when nobody says otherwise: its own default payment method, the
// subscription's, the customer's. Nil when there is none.
func (c *call) invoiceMethod(inv *Invoice) *PaymentMethod {
	ids := []*string{inv.DefaultPaymentMethod}
	if sub, ok := find[*Subscription](c.tx, deref(inv.Subscription)); ok {
		ids = append(ids, sub.DefaultPaymentMethod)
	}
	if cus, ok := find[*Customer](c.tx, inv.Customer); ok {
		ids = append(ids, cus.InvoiceSettings.DefaultPaymentMethod)
	}
	for _, id := range ids {
		if pm, ok := find[*PaymentMethod](c.tx, deref(id)); ok && deref(pm.Customer) == inv.Customer {
			return pm
		}
	}
	return nil
}

// collect tries to pay an open invoice with a saved payment method. A decline is an error that keeps its changes.
func (c *call) collect(inv *Invoice, pm *PaymentMethod, offSession bool) (*PaymentIntent, error) {
	pi, ok := find[*PaymentIntent](c.tx, deref(inv.PaymentIntent))
	if !ok || confirmable(pi) != nil {
		return pi, nil
	}
	next := *pi
	a := &attempt{pi: &next, pm: pm, offSession: offSession}
	if err := fits(a.pi, pm); err != nil {
		return nil, err
	}
	next.PaymentMethod, next.LastPaymentError, next.NextAction = &pm.ID, nil, nil
	return c.pay(a)
}

// follow moves the invoice and the subscription of an attempt's PaymentIntent after it; other intents have none.
func (c *call) follow(a *attempt) {
	inv, ok := find[*Invoice](c.tx, deref(a.pi.Invoice))
	if !ok || inv.Status != invoiceOpen && inv.Status != invoiceUncollectible {
		return
	}
	switch a.pi.Status {
	case succeeded:
		c.markPaid(inv, a.pi)
	case processing:
		c.attempted(inv)
	case needsAction:
		c.missed(inv, "invoice.payment_action_required")
	case needsMethod:
		c.missed(inv, "invoice.payment_failed")
	}
}

// markPaid settles an invoice, by a payment or because nothing is due, and takes its subscription along.
func (c *call) markPaid(inv *Invoice, pi *PaymentIntent) *Invoice {
	next := *inv
	next.Status, next.Paid, next.Attempted, next.AutoAdvance = invoicePaid, true, true, false
	next.AmountPaid, next.AmountRemaining, next.NextPaymentAttempt = next.AmountDue, 0, nil
	next.StatusTransitions.PaidAt = new(c.now.Unix())
	if pi != nil {
		next.Charge, next.AttemptCount = pi.LatestCharge, max(1, next.AttemptCount)
	}
	c.tx.put(&next)
	if sub, ok := find[*Subscription](c.tx, deref(next.Subscription)); ok {
		c.subscriptionPaid(sub, &next, pi)
	}
	if pi != nil {
		c.emitUpdate("invoice.updated", &next, inv)
	}
	c.emit("invoice.paid", &next)
	c.emit("invoice.payment_succeeded", &next)
	return &next
}

// subscriptionPaid brings a subscription to life with its latest invoice and keeps the payment method if it should.
func (c *call) subscriptionPaid(old *Subscription, inv *Invoice, pi *PaymentIntent) {
	if old.ended() {
		return
	}
	next := *old
	waiting := old.Status == subIncomplete || old.Status == subPastDue
	if waiting && deref(old.LatestInvoice) == inv.ID {
		next.Status = subActive
	}
	if pi != nil && old.PaymentSettings.SaveDefaultPaymentMethod == "on_subscription" {
		if pm, ok := find[*PaymentMethod](c.tx, deref(pi.PaymentMethod)); ok && deref(pm.Customer) == old.Customer {
			next.DefaultPaymentMethod = &pm.ID
		}
	}
	if next.Status != old.Status || deref(next.DefaultPaymentMethod) != deref(old.DefaultPaymentMethod) {
		c.putSubscription(&next)
		c.emitUpdate("customer.subscription.updated", &next, old)
	}
}

// attempted records a payment that is on its way.
func (c *call) attempted(inv *Invoice) {
	next := *inv
	next.Attempted, next.AttemptCount = true, max(1, inv.AttemptCount)
	c.tx.put(&next)
	c.emitUpdate("invoice.updated", &next, inv)
}

// missed records that an open invoice could not be paid: a renewal is tried again later and its subscription is late, a
// first payment waits for the buyer.
func (c *call) missed(inv *Invoice, event string) {
	next := *inv
	next.Attempted, next.AttemptCount = true, max(1, inv.AttemptCount)
	sub, ok := find[*Subscription](c.tx, deref(inv.Subscription))
	renewal := ok && !sub.ended() && inv.BillingReason != "subscription_create"
	given := false
	if renewal && deref(inv.NextPaymentAttempt) <= c.now.Unix() {
		given = !c.retryLater(&next)
	}
	c.tx.put(&next)
	if renewal && deref(sub.LatestInvoice) == inv.ID && (sub.Status == subActive || sub.Status == subTrialing) {
		late := *sub
		late.Status = subPastDue
		c.putSubscription(&late)
		c.emitUpdate("customer.subscription.updated", &late, sub)
		sub = &late
	}
	c.emitUpdate("invoice.updated", &next, inv)
	c.emit(event, &next)
	if given {
		c.end(sub, "payment_failed")
	}
}

// retryLater plans the next attempt; false when there is none left.
func (c *call) retryLater(inv *Invoice) bool {
	if inv.AttemptCount > int64(len(retryAfter)) {
		inv.NextPaymentAttempt = nil
		return false
	}
	inv.NextPaymentAttempt = new(c.now.Add(retryAfter[inv.AttemptCount-1]).Unix())
	planRetry(c.onBillingDay, inv)
	return true
}

func planRetry(at planner, inv *Invoice) {
	id, due := inv.ID, *inv.NextPaymentAttempt
	at(id, time.Unix(due, 0), func(c *call) error {
		now, ok := find[*Invoice](c.tx, id)
		if !ok || now.Status != invoiceOpen || deref(now.NextPaymentAttempt) != due {
			return nil
		}
		return c.tryAgain(now)
	})
}

// tryAgain is one automatic attempt to collect an invoice.
func (c *call) tryAgain(inv *Invoice) error {
	if inv.Attempted {
		counted := *inv
		counted.AttemptCount++
		c.tx.put(&counted)
		inv = &counted
	}
	pm := c.invoiceMethod(inv)
	if pm == nil {
		c.missed(inv, "invoice.payment_failed")
		return nil
	}
	_, err := c.collect(inv, pm, true)
	return err
}
