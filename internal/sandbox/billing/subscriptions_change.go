package billing

import (
	"cmp"
	"net/http"
	"slices"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

func retrieveSubscription(c *call) (any, error) {
	return api.PathObject[*Subscription](c.API(), api.KindSubscription)
}

// listSubscriptions handles GET /v1/subscriptions. It leaves out canceled
// subscriptions, and those of test clocks, unless the request asks for them:
// https://docs.stripe.com/api/subscriptions/list.
func listSubscriptions(c *call) (any, error) {
	created := api.CreatedFilter(c.Params)
	start, end := api.TimeFilter(c.Params, "current_period_start"), api.TimeFilter(c.Params, "current_period_end")
	status, method := c.Params.String("status"), c.Params.String("collection_method")
	price := cmp.Or(c.Params.String("price"), c.Params.String("plan")) // a plan is a price by its older name
	taxed, clock := api.Equals(c.Params, "automatic_tax", "enabled"), c.Params.String("test_clock")

	customer, err := c.ListedCustomer()
	if err != nil {
		return nil, err
	}

	return api.Page(c.API(), api.KindSubscription, customer, func(sub *Subscription) bool {
		has := func(item *SubscriptionItem) bool { return item.Price.ID == price }
		return created(sub.Created) && start(sub.CurrentPeriodStart) && end(sub.CurrentPeriodEnd) &&
			hasStatus(sub, status) &&
			(price == "" || slices.ContainsFunc(sub.Items.Data, has)) &&
			(method == "" || method == sub.CollectionMethod) &&
			taxed("false") && (clock == "" && customer != "" || clock == wire.Deref(sub.TestClock))
	})
}

// hasStatus reports whether a subscription matches the status filter of a list.
func hasStatus(sub *Subscription, wanted string) bool {
	switch wanted {
	case "":
		return sub.Status != payments.StatusCanceled
	case "all":
		return true
	case "ended":
		return sub.ended()
	}
	return sub.Status == wanted
}

// unsupportedOnUpdate are the parameters that the sandbox does not simulate in
// an update, in addition to unsupportedParams.
var unsupportedOnUpdate = []string{"add_invoice_items", "trial_end", "discounts", "coupon", "promotion_code"}

// updateSubscription handles POST /v1/subscriptions/{id}.
func updateSubscription(c *call) (any, error) {
	// Stripe looks at the ID in the parameter before the one in the path.
	if id := c.Params.String("default_payment_method"); id != "" {
		if _, known := c.Method(id); !known {
			return nil, wire.NoSuch("PaymentMethod", "default_payment_method", id)
		}
	}

	prev, err := updatableSubscription(c)
	if err != nil {
		return nil, err
	}
	if err := c.refuseUnsupported(append(slices.Clone(unsupportedParams), unsupportedOnUpdate...)); err != nil {
		return nil, err
	}

	next := *prev
	next.Metadata = wire.MergeMetadata(prev.Metadata, c.Params)

	if err := c.fillSubscription(&next); err != nil {
		return nil, err
	}

	var changes []itemChange
	if c.Params.Has("items") {
		if changes, err = c.changeItems(&next); err != nil {
			return nil, err
		}
	}

	c.changeCancellation(&next)
	c.putSubscription(&next)
	c.EmitUpdate("customer.subscription.updated", &next, prev)

	return c.billUpdate(&next, changes)
}

// billUpdate charges or credits changed items for the rest of the period,
// according to proration_behavior.
func (c *call) billUpdate(sub *Subscription, changes []itemChange) (any, error) {
	behavior := cmp.Or(c.Params.String("proration_behavior"), "create_prorations")
	if len(changes) > 0 && behavior != "none" && sub.Status != subTrialing {
		c.prorate(sub, changes)
		if behavior == "always_invoice" {
			if err := c.billChange(sub); err != nil {
				return nil, err
			}
		}
	}

	current, _ := memory.Find[*Subscription](c.Tx, sub.ID)
	return current, nil
}

// updatableSubscription returns the subscription in the path. It refuses
// changes that the subscription's status does not allow.
func updatableSubscription(c *call) (*Subscription, error) {
	sub, err := api.PathObject[*Subscription](c.API(), api.KindSubscription)
	if err != nil {
		return nil, err
	}

	for _, name := range c.Params.Names() {
		harmless := name == "metadata" || name == "cancellation_details" || name == "expand"
		if sub.ended() && !harmless {
			return nil, wire.Invalid("", "",
				"A canceled subscription can only update its cancellation_details and metadata.")
		}

		if sub.Status == subIncomplete && !harmless &&
			!slices.Contains(
				[]string{"default_payment_method", "description", "payment_settings", "off_session"},
				name) {
			return nil, wire.Invalid("", name,
				"Cannot update the `%s` of a subscription in `incomplete` status: its first invoice has "+
					"to be paid first.",
				name)
		}
	}

	return sub, nil
}

// changeCancellation turns the cancellation at the end of the period on or off.
func (c *call) changeCancellation(sub *Subscription) {
	if c.Params.Has("cancel_at_period_end") {
		switch wanted := c.Params.Bool("cancel_at_period_end"); {
		case wanted && !sub.CancelAtPeriodEnd:
			c.cancelAtPeriodEnd(sub)
		case !wanted && sub.CancelAtPeriodEnd:
			sub.CancelAtPeriodEnd = false
			sub.CancelAt = nil
			sub.CanceledAt = nil
			sub.CancellationDetails = Cancellation{}
		}
	}

	c.readCancellation(sub)
}

// cancelAtPeriodEnd makes a subscription end with its current period.
func (c *call) cancelAtPeriodEnd(sub *Subscription) {
	sub.CancelAtPeriodEnd = true
	sub.CancelAt = new(sub.CurrentPeriodEnd)
	sub.CanceledAt = new(c.Now.Unix())
	sub.CancellationDetails.Reason = new("cancellation_requested")
}

func (c *call) readCancellation(sub *Subscription) {
	api.SetText(&sub.CancellationDetails.Comment, c.Params, "cancellation_details", "comment")
	api.SetText(&sub.CancellationDetails.Feedback, c.Params, "cancellation_details", "feedback")
}

// cancelSubscription handles DELETE /v1/subscriptions/{id}: the subscription
// ends now. See https://docs.stripe.com/billing/subscriptions/cancel.
func cancelSubscription(c *call) (any, error) {
	sub, err := api.PathObject[*Subscription](c.API(), api.KindSubscription)
	if err != nil {
		return nil, err
	}

	if sub.ended() {
		e := wire.NoSuch(api.KindSubscription, "id", sub.ID)
		e.Status = http.StatusNotFound
		return nil, e
	}

	if c.Params.Bool("invoice_now") || c.Params.Bool("prorate") {
		return nil, wire.NotSimulated("invoice_now or prorate")
	}

	next := *sub
	next.CancellationDetails.Reason = new("cancellation_requested")
	c.readCancellation(&next)

	if sub.Status == subIncomplete {
		return c.endIncomplete(sub, next.CancellationDetails), nil
	}

	return c.end(&next, "cancellation_requested"), nil
}

// forgetMethod removes a detached payment method from the subscriptions and the
// customer that had it as their default.
func (c *call) forgetMethod(customer, pm string) {
	for _, sub := range memory.Children[*Subscription](c.Tx, api.KindSubscription, customer) {
		if wire.Deref(sub.DefaultPaymentMethod) != pm {
			continue
		}

		next := *sub
		next.DefaultPaymentMethod = nil
		c.putSubscription(&next)
		c.EmitUpdate("customer.subscription.updated", &next, sub)
	}

	cus, ok := memory.Find[*payments.Customer](c.Tx, customer)
	if !ok || wire.Deref(cus.InvoiceSettings.DefaultPaymentMethod) != pm {
		return
	}

	next := *cus
	next.InvoiceSettings.DefaultPaymentMethod = nil
	c.Tx.Put(&next)
	c.EmitUpdate("customer.updated", &next, cus)
}

// endAll ends the subscriptions of a customer who is being deleted.
func (c *call) endAll(customer string) {
	for _, sub := range memory.Children[*Subscription](c.Tx, api.KindSubscription, customer) {
		switch {
		case sub.Status == subIncomplete:
			c.endIncomplete(sub, Cancellation{})
		case !sub.ended():
			c.end(sub, "cancellation_requested")
		}
	}
}
