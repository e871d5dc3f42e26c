package sandbox

import (
	"cmp"
	"net/http"
	"slices"
)

func retrieveSubscription(c *call) (any, error) {
	return pathObject[*Subscription](c, kindSubscription)
}

// listSubscriptions leaves out the canceled ones unless they are asked for: https://docs.stripe.com/api/subscriptions/list.
func listSubscriptions(c *call) (any, error) {
	created, start, end := createdFilter(c.p), timeFilter(c.p, "current_period_start"), timeFilter(c.p, "current_period_end")
	status, price, method := c.p.str("status"), c.p.str("price"), c.p.str("collection_method")
	return page(c, kindSubscription, c.p.str("customer"), func(sub *Subscription) bool {
		has := func(item *SubscriptionItem) bool { return item.Price.id == price }
		return created(sub.Created) && start(sub.CurrentPeriodStart) && end(sub.CurrentPeriodEnd) && hasStatus(sub, status) &&
			(price == "" || slices.ContainsFunc(sub.Items.Data, has)) && (method == "" || method == sub.CollectionMethod) &&
			!c.p.flag("automatic_tax", "enabled") && !c.p.has("test_clock")
	})
}

func hasStatus(sub *Subscription, wanted string) bool {
	switch wanted {
	case "":
		return sub.Status != canceled
	case "all":
		return true
	case "ended":
		return sub.ended()
	}
	return sub.Status == wanted
}

// notOnUpdate are the parameters of an update that the sandbox does not simulate besides those of a create.
var notOnUpdate = []string{"trial_end", "discounts", "coupon", "promotion_code"}

// updateSubscription is POST /v1/subscriptions/{id}.
func updateSubscription(c *call) (any, error) {
	old, err := retrieveAlive(c)
	if err != nil {
		return nil, err
	}
	if err := c.refuseLeftOut(append(slices.Clone(leftOutOfBilling), notOnUpdate...)); err != nil {
		return nil, err
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	if err := c.fillSubscription(&next); err != nil {
		return nil, err
	}
	var changes []itemChange
	if c.p.has("items") {
		if changes, err = c.changeItems(&next); err != nil {
			return nil, err
		}
	}
	c.changeEnd(&next)
	c.putSubscription(&next)
	c.emitUpdate("customer.subscription.updated", &next, old)
	return c.billUpdate(&next, changes)
}

// billUpdate settles what changed items cost for the rest of the period, as proration_behavior says.
func (c *call) billUpdate(sub *Subscription, changes []itemChange) (any, error) {
	behavior := cmp.Or(c.p.str("proration_behavior"), "create_prorations")
	if len(changes) > 0 && behavior != "none" && sub.Status != subTrialing {
		c.prorate(sub, changes)
		if behavior == "always_invoice" {
			if err := c.billChange(sub); err != nil {
				return nil, err
			}
		}
	}
	now, _ := find[*Subscription](c.tx, sub.ID)
	return now, nil
}

// retrieveAlive finds the subscription of the path and refuses changes that its status does not allow.
func retrieveAlive(c *call) (*Subscription, error) {
	sub, err := pathObject[*Subscription](c, kindSubscription)
	if err != nil {
		return nil, err
	}
	for _, name := range c.p.keys() {
		harmless := name == "metadata" || name == "cancellation_details" || name == "expand"
		if sub.ended() && !harmless {
			return nil, invalid("", "", "A canceled subscription can only update its cancellation_details and metadata.")
		}
		if sub.Status == subIncomplete && !harmless && !slices.Contains([]string{"default_payment_method", "description", "payment_settings", "off_session"}, name) {
			return nil, invalid("", name, "Cannot update the `%s` of a subscription in `incomplete` status: its first invoice has to be paid first.", name)
		}
	}
	return sub, nil
}

// changeEnd switches the cancellation at the end of the period on or off.
func (c *call) changeEnd(sub *Subscription) {
	if c.p.has("cancel_at_period_end") {
		switch wanted := c.p.flag("cancel_at_period_end"); {
		case wanted && !sub.CancelAtPeriodEnd:
			c.cancelLater(sub)
		case !wanted && sub.CancelAtPeriodEnd:
			sub.CancelAtPeriodEnd, sub.CancelAt, sub.CanceledAt, sub.CancellationDetails = false, nil, nil, Cancellation{}
		}
	}
	c.readCancellation(sub)
}

func (c *call) cancelLater(sub *Subscription) {
	sub.CancelAtPeriodEnd, sub.CancelAt, sub.CanceledAt = true, new(sub.CurrentPeriodEnd), new(c.now.Unix())
	sub.CancellationDetails.Reason = new("cancellation_requested")
}

func (c *call) readCancellation(sub *Subscription) {
	set(&sub.CancellationDetails.Comment, c.p, "cancellation_details", "comment")
	set(&sub.CancellationDetails.Feedback, c.p, "cancellation_details", "feedback")
}

// cancelSubscription is DELETE /v1/subscriptions/{id}: the end, now.
// See https://docs.stripe.com/billing/subscriptions/cancel.
func cancelSubscription(c *call) (any, error) {
	sub, err := pathObject[*Subscription](c, kindSubscription)
	if err != nil {
		return nil, err
	}
	if sub.ended() {
		e := noSuch(kindSubscription, "id", sub.ID)
		e.status = http.StatusNotFound
		return nil, e
	}
	if c.p.flag("invoice_now") || c.p.flag("prorate") {
		return nil, notSimulated("invoice_now or prorate")
	}
	next := *sub
	next.CancellationDetails.Reason = new("cancellation_requested")
	c.readCancellation(&next)
	if sub.Status == subIncomplete {
		return c.endIncomplete(sub, next.CancellationDetails), nil
	}
	return c.end(&next, "cancellation_requested"), nil
}

// forgetMethod takes a payment method that was detached out of the subscriptions and the customer that used it.
func (c *call) forgetMethod(customer, pm string) {
	for _, sub := range children[*Subscription](c.tx, kindSubscription, customer) {
		if deref(sub.DefaultPaymentMethod) != pm {
			continue
		}
		next := *sub
		next.DefaultPaymentMethod = nil
		c.putSubscription(&next)
		c.emitUpdate("customer.subscription.updated", &next, sub)
	}
	cus, ok := find[*Customer](c.tx, customer)
	if !ok || deref(cus.InvoiceSettings.DefaultPaymentMethod) != pm {
		return
	}
	next := *cus
	next.InvoiceSettings.DefaultPaymentMethod = nil
	c.tx.put(&next)
	c.emitUpdate("customer.updated", &next, cus)
}

// endAll cancels what a customer that is being deleted subscribes to.
func (c *call) endAll(customer string) {
	for _, sub := range children[*Subscription](c.tx, kindSubscription, customer) {
		switch {
		case sub.Status == subIncomplete:
			c.endIncomplete(sub, Cancellation{})
		case !sub.ended():
			c.end(sub, "cancellation_requested")
		}
	}
}
