package sandbox

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// createSubscription is POST /v1/subscriptions. With payment_behavior=default_incomplete the buyer pays the first invoice;
// otherwise a saved payment method does, at once. See https://docs.stripe.com/api/subscriptions/create.
func createSubscription(c *call) (any, error) {
	if err := c.refuseLeftOut(leftOutOfBilling); err != nil {
		return nil, err
	}
	cus, err := c.sentCustomer()
	if err != nil {
		return nil, err
	}
	sub, err := c.newSubscription(cus)
	if err != nil {
		return nil, err
	}
	inv := c.subInvoice(sub, cus, "subscription_create")
	sub.LatestInvoice = &inv.ID
	behavior := cmp.Or(c.p.str("payment_behavior"), "allow_incomplete")
	pm := c.subMethod(sub)
	switch {
	case inv.AmountDue > 0:
		sub.Status = subIncomplete
		if pm == nil && behavior != "default_incomplete" {
			return nil, noMethod()
		}
	case pm == nil && behavior == "default_incomplete":
		sub.PendingSetupIntent = &c.pendingSetup(sub).ID
	}
	c.putSubscription(sub)
	c.tx.put(inv)
	c.emit("customer.subscription.created", sub)
	c.emit("invoice.created", inv)
	open := c.finalize(inv)
	planPeriod(c.onBillingDay, sub)
	if sub.Status == subTrialing {
		planWarning(c.onBillingDay, sub, c.now)
	}
	if open.Status == invoiceOpen && behavior != "default_incomplete" {
		if err := c.collectOr(open, pm, behavior); err != nil {
			return nil, err
		}
	}
	now, _ := find[*Subscription](c.tx, sub.ID)
	return now, nil
}

func noMethod() *Error {
	return invalid("resource_missing", "", "This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/payment-methods-and-settings#payment-method-priority.")
}

// collectOr pays an invoice with a saved method. A refusal leaves the subscription incomplete or late, unless the caller
// asked for an error instead: then nothing is kept.
func (c *call) collectOr(inv *Invoice, pm *PaymentMethod, behavior string) error {
	pi, err := c.collect(inv, pm, c.p.flag("off_session"))
	var refused *Error
	if errors.As(err, &refused) && refused.commit {
		if behavior != "error_if_incomplete" {
			return nil
		}
		refused.commit, refused.PaymentIntent, refused.Charge = false, nil, ""
		return refused
	}
	if err == nil && behavior == "error_if_incomplete" && pi.Status == needsAction {
		return actionNeeded()
	}
	return err
}

// actionNeeded is the error of a caller who wants no subscription that waits for the buyer; nothing is kept.
func actionNeeded() *Error {
	e := cardError("subscription_payment_intent_requires_action", "", "Payment for this subscription requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with subscription.latest_invoice.")
	e.commit = false
	return e
}

// newSubscription reads the parameters into a subscription that is active or in its trial; nothing is stored yet.
func (c *call) newSubscription(cus *Customer) (*Subscription, error) {
	id, now := newID("sub"), c.now.Unix()
	sub := &Subscription{
		ID: id, Object: kindSubscription, BillingCycleAnchor: now, CollectionMethod: "charge_automatically", Created: now,
		CurrentPeriodStart: now, Customer: cus.ID, DefaultTaxRates: []any{}, Discounts: []string{},
		InvoiceSettings: SubInvoices{Issuer: Issuer{"self"}}, Metadata: mergeMetadata(nil, c.p), StartDate: now, Status: subActive,
		PaymentSettings: SubPayments{SaveDefaultPaymentMethod: "off"}, TrialSettings: TrialSettings{EndBehavior{"create_invoice"}},
	}
	items, err := c.readItems(id)
	if err != nil {
		return nil, err
	}
	sub.Items, sub.Currency = itemList(id, items), items[0].Plan.Currency
	if cur := c.p.str("currency"); cur != "" && cur != sub.Currency {
		return nil, invalid("", "currency", "The price specified only supports `%s`. This doesn't match the expected currency: `%s`.", sub.Currency, cur)
	}
	interval, count := sub.interval()
	sub.CurrentPeriodEnd = periodAfter(now, now, interval, count)
	if err := c.readTrial(sub); err != nil {
		return nil, err
	}
	if c.p.flag("cancel_at_period_end") {
		c.cancelLater(sub)
	}
	if err := c.fillSubscription(sub); err != nil {
		return nil, err
	}
	return sub, c.readDiscounts(sub)
}

// readTrial makes the first period a trial when one is asked for.
func (c *call) readTrial(sub *Subscription) error {
	var end int64
	switch days := c.p.num("trial_period_days"); {
	case c.p.str("trial_end") != "" && c.p.str("trial_end") != "now":
		end = c.p.num("trial_end")
		if end <= c.now.Unix() {
			return invalid("", "trial_end", "The `trial_end` must be in the future.")
		}
	case days < 0 || days > 730:
		return invalid("", "trial_period_days", "Invalid trial_period_days: must be between 0 and 730.")
	case days > 0:
		end = c.now.Add(time.Duration(days) * 24 * time.Hour).Unix()
	default:
		return nil
	}
	sub.Status, sub.TrialStart, sub.TrialEnd = subTrialing, new(c.now.Unix()), &end
	sub.BillingCycleAnchor, sub.CurrentPeriodEnd = end, end
	return nil
}

// fillSubscription copies the parameters that create and update share.
func (c *call) fillSubscription(sub *Subscription) error {
	set(&sub.Description, c.p, "description")
	if id := c.p.str("default_payment_method"); id != "" {
		pm, err := c.usable(id, sub.Customer, "default_payment_method")
		if err != nil {
			return err
		}
		if deref(pm.Customer) != sub.Customer {
			return invalid("resource_missing", "default_payment_method", "The customer does not have a payment method with the ID %s. The payment method must be attached to the customer.", id)
		}
		sub.DefaultPaymentMethod = &pm.ID
	} else if c.p.unset("default_payment_method") {
		sub.DefaultPaymentMethod = nil
	}
	if end := c.p.str("trial_settings", "end_behavior", "missing_payment_method"); end != "" {
		sub.TrialSettings.EndBehavior.MissingPaymentMethod = end
	}
	return c.fillSubPayments(sub)
}

func (c *call) fillSubPayments(sub *Subscription) error {
	p := c.p.at("payment_settings")
	if v := p.str("save_default_payment_method"); v != "" {
		sub.PaymentSettings.SaveDefaultPaymentMethod = v
	}
	if p.has("payment_method_types") {
		sub.PaymentSettings.PaymentMethodTypes = p.strs("payment_method_types")
	}
	for _, kind := range sub.PaymentSettings.PaymentMethodTypes {
		if !slices.Contains(savableKinds, kind) || !takesCurrency(kind, sub.Currency) {
			return invalid("", "payment_settings[payment_method_types]", "The payment method type `%s` cannot pay a subscription in %s. (The offline sandbox bills %s.)", kind, sub.Currency, strings.Join(savableKinds, ", "))
		}
	}
	if p.has("payment_method_options") {
		sub.PaymentSettings.PaymentMethodOptions = mergeOptions(nil, p.at("payment_method_options"))
	}
	return nil
}

// subMethod is the saved payment method that pays a subscription: its own default or the customer's.
func (c *call) subMethod(sub *Subscription) *PaymentMethod {
	inv := &Invoice{Customer: sub.Customer, DefaultPaymentMethod: sub.DefaultPaymentMethod}
	return c.invoiceMethod(inv)
}

// pendingSetup asks the buyer for a payment method where the first period costs nothing.
func (c *call) pendingSetup(sub *Subscription) *SetupIntent {
	id := newID("seti")
	types := sub.PaymentSettings.PaymentMethodTypes
	if len(types) == 0 {
		types = c.reusableTypes(sub.Currency)
	}
	si := &SetupIntent{
		ID: id, Object: kindSetup, ClientSecret: id + "_secret_" + randomText(25), Created: c.now.Unix(), Customer: &sub.Customer,
		Metadata: map[string]string{}, PaymentMethodTypes: types, Status: needsMethod, Usage: "off_session",
		PaymentMethodOptions: map[string]any{"card": map[string]any{"mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"}},
	}
	c.tx.put(si)
	c.emit("setup_intent.created", si)
	return si
}

// setupDone gives a subscription the payment method that its pending setup intent has saved.
func (c *call) setupDone(si *SetupIntent) {
	if si.Customer == nil {
		return
	}
	for _, sub := range children[*Subscription](c.tx, kindSubscription, *si.Customer) {
		if deref(sub.PendingSetupIntent) != si.ID {
			continue
		}
		next := *sub
		next.PendingSetupIntent = nil
		if sub.PaymentSettings.SaveDefaultPaymentMethod == "on_subscription" {
			next.DefaultPaymentMethod = si.PaymentMethod
		}
		c.putSubscription(&next)
		c.emitUpdate("customer.subscription.updated", &next, sub)
	}
}
