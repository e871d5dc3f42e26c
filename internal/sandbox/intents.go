package sandbox

import (
	"strings"
)

// createIntent is POST /v1/payment_intents, with `confirm` too.
func createIntent(c *call) (any, error) {
	pi, err := c.newIntent()
	if err != nil {
		return nil, err
	}
	if !c.p.flag("confirm") {
		return pi, c.refuseConfirmOnly()
	}
	return c.confirm(pi)
}

// refuseConfirmOnly names parameters that make sense only together with confirm=true.
func (c *call) refuseConfirmOnly() error {
	for _, name := range []string{"off_session", "error_on_requires_action", "mandate_data", "confirmation_token", "return_url", "use_stripe_sdk"} {
		if c.p.has(name) && !c.p.unset(name) && name != "use_stripe_sdk" {
			return invalid("", name, "You cannot set `%s` when creating a PaymentIntent without also setting `confirm` to true.", name)
		}
	}
	return nil
}

// newIntent stores an unconfirmed intent and announces it.
func (c *call) newIntent() (*PaymentIntent, error) {
	cur, err := c.currencyOf()
	if err != nil {
		return nil, err
	}
	amount, err := c.amountOf(cur)
	if err != nil {
		return nil, err
	}
	id := newID("pi")
	pi := &PaymentIntent{
		ID: id, Object: kindIntent, Amount: amount, CaptureMethod: "automatic_async", ConfirmationMethod: "automatic",
		ClientSecret: id + "_secret_" + randomText(25), Created: c.now.Unix(), Currency: cur, Status: needsMethod,
		Metadata: mergeMetadata(nil, c.p),
	}
	if v := c.p.str("confirmation_method"); v != "" {
		pi.ConfirmationMethod = v
	}
	if err := c.chooseTypes(pi); err != nil {
		return nil, err
	}
	if err := c.fillIntent(pi); err != nil {
		return nil, err
	}
	c.tx.put(pi)
	c.emit("payment_intent.created", pi)
	return pi, nil
}

// ofInvoice are the parameters that an invoice decides for its intent.
var ofInvoice = []string{"amount", "currency", "customer", "setup_future_usage", "capture_method", "application_fee_amount", "transfer_data"}

// fillIntent copies the parameters that create, update and confirm share.
func (c *call) fillIntent(pi *PaymentIntent) error {
	p := c.p
	for _, name := range ofInvoice {
		if p.has(name) && pi.Invoice != nil {
			return invalid("", name, "You cannot change the `%s` of a PaymentIntent that was created by an invoice.", name)
		}
	}
	if cus := p.str("customer"); cus != "" {
		if _, err := c.customer(cus, "customer"); err != nil {
			return err
		}
		pi.Customer = &cus
	}
	set(&pi.Description, p, "description")
	set(&pi.ReceiptEmail, p, "receipt_email")
	set(&pi.OnBehalfOf, p, "on_behalf_of")
	set(&pi.StatementDescriptor, p, "statement_descriptor")
	set(&pi.StatementDescriptorSuffix, p, "statement_descriptor_suffix")
	set(&pi.TransferGroup, p, "transfer_group")
	set(&pi.SetupFutureUsage, p, "setup_future_usage")
	if p.has("shipping") {
		pi.Shipping = readShipping(p.at("shipping"))
	}
	if p.has("application_fee_amount") {
		pi.ApplicationFeeAmount = new(p.num("application_fee_amount"))
	}
	if v := p.str("capture_method"); v != "" {
		pi.CaptureMethod = v
	}
	if dest := p.str("transfer_data", "destination"); dest != "" {
		if err := c.checkDestination("transfer_data[destination]", dest); err != nil {
			return err
		}
		pi.TransferData = &TransferData{Destination: dest}
		if p.has("transfer_data", "amount") {
			pi.TransferData.Amount = new(p.num("transfer_data", "amount"))
		}
	}
	if pi.ApplicationFeeAmount != nil && pi.TransferData == nil && c.account == PlatformAccount {
		return invalid("", "application_fee_amount", "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an OAuth key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).")
	}
	return c.fillIntentMethod(pi)
}

// fillIntentMethod sets the payment method of an intent that is not being confirmed.
func (c *call) fillIntentMethod(pi *PaymentIntent) error {
	if c.p.has("payment_method_options") {
		pi.PaymentMethodOptions = mergeOptions(pi.PaymentMethodOptions, c.p.at("payment_method_options"))
	}
	if c.p.flag("confirm") || strings.HasSuffix(c.route.pattern, "/confirm") {
		return nil
	}
	pm, err := c.sentMethod(deref(pi.Customer))
	if err != nil || pm == nil {
		return err
	}
	if err := fits(pi, pm); err != nil {
		return err
	}
	pi.PaymentMethod, pi.Status = &pm.ID, needsConfirmation
	return nil
}

// sentMethod returns the payment method that the parameters name or describe, nil when there is none.
func (c *call) sentMethod(customer string) (*PaymentMethod, error) {
	if id := c.p.str("payment_method"); id != "" {
		return c.usable(id, customer, "payment_method")
	}
	if data := c.p.at("payment_method_data"); data != nil {
		pm, err := c.newMethod(data)
		if err == nil {
			c.tx.put(pm)
		}
		return pm, err
	}
	return nil, nil //nolint:nilnil // no payment method sent is not an error
}

func retrieveIntent(c *call) (any, error) {
	pi, err := pathObject[*PaymentIntent](c, kindIntent)
	if err != nil {
		return nil, err
	}
	secret := c.p.str("client_secret")
	if c.publishable && secret == "" {
		return nil, missingParam("client_secret")
	}
	if secret != "" && secret != pi.ClientSecret {
		return nil, notFound(kindIntent, c.id)
	}
	if c.publishable {
		return clientView(c, pi), nil
	}
	return pi, nil
}

func updateIntent(c *call) (any, error) {
	old, err := pathObject[*PaymentIntent](c, kindIntent)
	if err != nil {
		return nil, err
	}
	next := *old
	if err := c.reprice(old, &next); err != nil {
		return nil, err
	}
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	if err := c.fillIntent(&next); err != nil {
		return nil, err
	}
	if c.p.unset("customer") {
		return nil, malformed("parameter_invalid_empty", "customer", "You passed an empty string for 'customer'. We assume empty values are an attempt to unset a parameter; however 'customer' cannot be unset. You should remove 'customer' from your request or supply a non-empty value.")
	}
	c.tx.put(&next)
	return &next, nil
}

// frozen are the parameters that a confirmed intent does not take any more.
var frozen = []string{"amount", "currency", "payment_method", "payment_method_data", "payment_method_types", "customer", "setup_future_usage", "capture_method"}

// reprice changes amount, currency and payment method types while the intent still allows it.
func (c *call) reprice(old, next *PaymentIntent) error {
	open := old.Status == needsMethod || old.Status == needsConfirmation || old.Status == needsAction
	for _, name := range frozen {
		if c.p.has(name) && !open && !(old.Status == needsCapture && name == "amount") {
			return unexpectedState(old, "This PaymentIntent's %s could not be updated because it has a status of %s. You may only update the %s of a PaymentIntent with one of the following statuses: requires_payment_method, requires_confirmation, requires_action.", name, old.Status, name)
		}
	}
	var err error
	if c.p.has("currency") {
		if next.Currency, err = c.currencyOf(); err != nil {
			return err
		}
	}
	if c.p.has("amount") {
		if next.Amount, err = c.amountOf(next.Currency); err != nil {
			return err
		}
	}
	if old.Status == needsAction && (c.p.has("amount") || c.p.has("currency")) {
		next.Status, next.NextAction = needsConfirmation, nil
	}
	if c.p.has("payment_method_types") {
		next.AutomaticPaymentMethods, next.PaymentMethodConfig = nil, nil
		return c.chooseTypes(next)
	}
	if c.p.has("currency") && next.AutomaticPaymentMethods != nil {
		next.PaymentMethodTypes = c.automaticTypes(offer{
			next.Currency, next.PaymentMethodConfig.ID, next.AutomaticPaymentMethods.AllowRedirects != "never", next.CaptureMethod == "manual",
		})
		next.PaymentMethodOptions = defaultOptions(next.PaymentMethodTypes)
	}
	return nil
}

func listIntents(c *call) (any, error) {
	created := createdFilter(c.p)
	return page(c, kindIntent, c.p.str("customer"), func(pi *PaymentIntent) bool { return created(pi.Created) })
}

// cancelReasons are the ones that a caller may give.
const cancelReasons = "duplicate fraudulent requested_by_customer abandoned"

func cancelIntent(c *call) (any, error) {
	old, err := pathObject[*PaymentIntent](c, kindIntent)
	if err != nil {
		return nil, err
	}
	if old.Invoice != nil {
		return nil, invalid("", "", "You cannot cancel PaymentIntents created by invoices. Try voiding the invoice instead.")
	}
	reason := c.p.str("cancellation_reason")
	if reason != "" && !containsWord(cancelReasons, reason) {
		return nil, malformed("", "cancellation_reason", "Invalid cancellation_reason: must be one of duplicate, fraudulent, requested_by_customer, or abandoned")
	}
	if old.final() || old.Status == processing && !c.stoppable(old) {
		return nil, unexpectedState(old, "You cannot cancel this PaymentIntent because it has a status of %s. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_reauthorization, requires_confirmation, requires_action, processing.", old.Status)
	}
	next := *old
	switch old.Status {
	case needsCapture:
		c.releaseCharge(&next, "charge.refunded")
	case processing:
		c.stopDebit(&next)
	}
	next.Status, next.CanceledAt, next.CancellationReason = canceled, new(c.now.Unix()), orNil(reason)
	next.NextAction, next.AmountCapturable = nil, 0
	c.tx.put(&next)
	c.emit("payment_intent.canceled", &next)
	return &next, nil
}
