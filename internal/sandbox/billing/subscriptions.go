package billing

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// createSubscription handles POST /v1/subscriptions. With
// payment_behavior=default_incomplete the buyer pays the first invoice;
// otherwise a saved payment method pays it at once. See
// https://docs.stripe.com/api/subscriptions/create.
func createSubscription(c *call) (any, error) {
	if err := c.refuseUnsupported(unsupportedParams); err != nil {
		return nil, err
	}

	cus, err := c.SentCustomer()
	if err != nil {
		return nil, err
	}

	sub, err := c.newSubscription(cus)
	if err != nil {
		return nil, err
	}

	once, err := c.readOnce(sub)
	if err != nil {
		return nil, err
	}

	inv := c.subInvoice(sub, cus, "subscription_create", once...)
	sub.LatestInvoice = &inv.ID
	behavior := cmp.Or(c.Params.String("payment_behavior"), "allow_incomplete")

	pm := c.defaultMethod(sub)
	switch {
	case inv.AmountDue > 0:
		sub.Status = subIncomplete
		if pm == nil && behavior != "default_incomplete" {
			return nil, noMethodError()
		}

	case pm == nil && behavior == "default_incomplete":
		sub.PendingSetupIntent = &c.createPendingSetup(sub).ID
	}

	c.putSubscription(sub)
	c.Tx.Put(inv)
	c.Emit("customer.subscription.created", sub)
	c.Emit("invoice.created", inv)
	open := c.finalize(inv)
	schedulePeriod(c.onSchedule, sub)

	if sub.Status == subTrialing {
		scheduleTrialWarning(c.onSchedule, sub, c.Now)
	}

	if open.Status == invoiceOpen && behavior != "default_incomplete" {
		if err := c.collectWith(open, pm, behavior); err != nil {
			return nil, err
		}
	}

	// The payment may have changed the subscription.
	current, _ := memory.Find[*Subscription](c.Tx, sub.ID)
	return current, nil
}

// noMethodError is Stripe's error for a subscription that nothing can pay.
func noMethodError() *wire.Error {
	return wire.Invalid("resource_missing", "",
		"This customer has no attached payment source or default payment method. Please consider adding "+
			"a default payment method. For more information, visit "+
			"https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.")
}

// collectWith pays an invoice with a saved method. After a decline the
// subscription is incomplete or past due. With error_if_incomplete, collectWith
// returns an error instead and nothing is kept.
func (c *call) collectWith(inv *Invoice, pm *payments.PaymentMethod, behavior string) error {
	pi, err := c.collect(inv, pm, c.Params.Bool("off_session"))
	var refused *wire.Error
	if errors.As(err, &refused) && refused.Commit {
		if behavior != "error_if_incomplete" {
			return nil
		}

		// Commit would keep what the declined payment changed.
		refused.Commit = false
		refused.PaymentIntent = nil
		refused.Charge = ""
		return refused
	}

	if err == nil && behavior == "error_if_incomplete" && pi.Status == payments.StatusRequiresAction {
		return actionRequiredError()
	}

	return err
}

// actionRequiredError is the error for error_if_incomplete when the buyer would
// have to authenticate. Nothing is kept.
func actionRequiredError() *wire.Error {
	e := wire.CardError("subscription_payment_intent_requires_action", "",
		"Payment for this subscription requires additional user action before it can be completed "+
			"successfully. Payment can be completed using the PaymentIntent associated with "+
			"subscription.latest_invoice.")
	e.Commit = false
	return e
}

// newSubscription reads the parameters into a subscription that is active or in
// its trial. It does not store the subscription.
func (c *call) newSubscription(cus *payments.Customer) (*Subscription, error) {
	id, now := wire.NewID("sub"), c.Now.Unix()
	sub := &Subscription{
		ID:                 id,
		Object:             api.KindSubscription,
		Application:        c.Application(),
		BillingMode:        BillingMode{Type: "classic"},
		BillingCycleAnchor: now,
		CollectionMethod:   "charge_automatically",
		Created:            now,
		CurrentPeriodStart: now,
		Customer:           cus.ID,
		DefaultTaxRates:    []any{},
		Discounts:          []string{},
		InvoiceSettings:    SubInvoices{Issuer: Issuer{"self"}},
		Metadata:           wire.MergeMetadata(nil, c.Params),
		StartDate:          now,
		TestClock:          cus.TestClock,
		Status:             subActive,
		PaymentSettings:    SubPayments{SaveDefaultPaymentMethod: "off"},
		TrialSettings:      TrialSettings{EndBehavior{"create_invoice"}},
	}

	items, err := c.readItems(id)
	if err != nil {
		return nil, err
	}

	sub.Items, sub.Currency = itemList(id, items), items[0].Plan.Currency
	interval, count := sub.interval()
	sub.CurrentPeriodEnd = periodAfter(now, now, interval, count)

	if err := c.readTrial(sub); err != nil {
		return nil, err
	}

	if c.Params.Bool("cancel_at_period_end") {
		c.cancelAtPeriodEnd(sub)
	}

	if err := c.fillSubscription(sub); err != nil {
		return nil, err
	}

	return sub, c.readDiscounts(sub)
}

// readTrial makes the first period a trial if the request asks for one.
func (c *call) readTrial(sub *Subscription) error {
	var end int64
	switch days := c.Params.Int("trial_period_days"); {
	case c.Params.String("trial_end") != "" && c.Params.String("trial_end") != "now":
		end = c.Params.Int("trial_end")
		if end <= c.Now.Unix() {
			return wire.Invalid("", "trial_end", "The `trial_end` must be in the future.")
		}

	case days < 0 || days > 730:
		return wire.Invalid("", "trial_period_days", "Invalid trial_period_days: must be between 0 and 730.")
	case days > 0:
		end = c.Now.Add(time.Duration(days) * 24 * time.Hour).Unix()
	default:
		return nil
	}

	sub.Status = subTrialing
	sub.TrialStart = new(c.Now.Unix())
	sub.TrialEnd = &end
	sub.BillingCycleAnchor, sub.CurrentPeriodEnd = end, end

	return nil
}

// fillSubscription copies the parameters that create and update share.
func (c *call) fillSubscription(sub *Subscription) error {
	api.SetText(&sub.Description, c.Params, "description")
	if id := c.Params.String("default_payment_method"); id != "" {
		pm, err := c.Usable(id, sub.Customer, "default_payment_method")
		if err != nil {
			return err
		}

		if wire.Deref(pm.Customer) != sub.Customer {
			return wire.Invalid("resource_missing", "default_payment_method",
				"The customer does not have a payment method with the ID %s. The payment method must be "+
					"attached to the customer.",
				id)
		}

		sub.DefaultPaymentMethod = &pm.ID
	} else if c.Params.Unset("default_payment_method") {
		sub.DefaultPaymentMethod = nil
	}

	if end := c.Params.String("trial_settings", "end_behavior", "missing_payment_method"); end != "" {
		sub.TrialSettings.EndBehavior.MissingPaymentMethod = end
	}

	if err := c.fillConnect(sub); err != nil {
		return err
	}
	return c.fillSubPayments(sub)
}

// fillSubPayments reads payment_settings.
func (c *call) fillSubPayments(sub *Subscription) error {
	p := c.Params.At("payment_settings")
	if v := p.String("save_default_payment_method"); v != "" {
		sub.PaymentSettings.SaveDefaultPaymentMethod = v
	}

	if p.Has("payment_method_types") {
		sub.PaymentSettings.PaymentMethodTypes = p.Strings("payment_method_types")
	}

	for _, kind := range sub.PaymentSettings.PaymentMethodTypes {
		if !slices.Contains(payments.SavableKinds, kind) || !payments.TakesCurrency(kind, sub.Currency) {
			return wire.Invalid("", "payment_settings[payment_method_types]",
				"The payment method type `%s` cannot pay a subscription in %s. (The offline sandbox supports %s.)",
				kind, sub.Currency, strings.Join(payments.SavableKinds, ", "))
		}
	}

	if p.Has("payment_method_options") {
		known := c.Shape("payment_settings", "payment_method_options")
		sub.PaymentSettings.PaymentMethodOptions = known.Merge(nil, p.At("payment_method_options"))
	}

	return nil
}

// defaultMethod returns the saved payment method that pays a subscription: its
// own default or the customer's. It returns nil if there is none.
func (c *call) defaultMethod(sub *Subscription) *payments.PaymentMethod {
	inv := &Invoice{Customer: sub.Customer, DefaultPaymentMethod: sub.DefaultPaymentMethod}
	return c.invoiceMethod(inv)
}

// createPendingSetup creates the SetupIntent with which the buyer adds a
// payment method when the first period is free.
func (c *call) createPendingSetup(sub *Subscription) *payments.SetupIntent {
	id := wire.NewID("seti")
	types := sub.PaymentSettings.PaymentMethodTypes
	if len(types) == 0 {
		types = c.reusableTypes(sub.Currency)
	}

	si := &payments.SetupIntent{
		ID:                 id,
		Object:             api.KindSetup,
		Application:        c.Application(),
		ClientSecret:       id + "_secret_" + wire.RandomText(25),
		Created:            c.Now.Unix(),
		Customer:           &sub.Customer,
		Metadata:           map[string]string{},
		PaymentMethodTypes: types,
		Status:             payments.StatusRequiresMethod,
		Usage:              "off_session",

		PaymentMethodOptions: payments.SetupOptions(types),
	}

	c.Tx.Put(si)
	c.Emit("setup_intent.created", si)

	return si
}

// setupDone makes the payment method of a succeeded SetupIntent the default of
// the subscription that waited for it.
func (c *call) setupDone(si *payments.SetupIntent) {
	if si.Customer == nil {
		return
	}

	for _, sub := range memory.Children[*Subscription](c.Tx, api.KindSubscription, *si.Customer) {
		if wire.Deref(sub.PendingSetupIntent) != si.ID {
			continue
		}

		next := *sub
		next.PendingSetupIntent = nil

		if sub.PaymentSettings.SaveDefaultPaymentMethod == "on_subscription" {
			next.DefaultPaymentMethod = si.PaymentMethod
		}

		c.putSubscription(&next)
		c.EmitUpdate("customer.subscription.updated", &next, sub)
	}
}
