package sandbox

import (
	"slices"
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

// fillIntent copies the parameters that create, update and confirm share.
func (c *call) fillIntent(pi *PaymentIntent) error {
	p := c.p
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
		pi.ApplicationFeeAmount = ptr(p.num("application_fee_amount"))
	}
	if v := p.str("capture_method"); v != "" {
		pi.CaptureMethod = v
	}
	if dest := p.str("transfer_data", "destination"); dest != "" {
		pi.TransferData = &TransferData{Destination: dest}
		if p.has("transfer_data", "amount") {
			pi.TransferData.Amount = ptr(p.num("transfer_data", "amount"))
		}
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

// chooseTypes decides which payment methods an intent takes.
// Since 2023-08-16 automatic payment methods are the default: https://docs.stripe.com/upgrades#2023-08-16.
func (c *call) chooseTypes(pi *PaymentIntent) error {
	types := c.p.strs("payment_method_types")
	if len(types) > 0 && c.p.flag("automatic_payment_methods", "enabled") {
		return malformed("", "payment_method_types", "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
	}
	switch {
	case len(types) > 0:
		for i, t := range types {
			if err := c.supports(pi, t, i); err != nil {
				return err
			}
		}
		pi.PaymentMethodTypes = types
	case c.p.has("automatic_payment_methods") && !c.p.flag("automatic_payment_methods", "enabled"):
		pi.PaymentMethodTypes = []string{"card"}
	default:
		pi.private.Implicit = !c.p.has("automatic_payment_methods")
		redirects := orDefault(c.p.str("automatic_payment_methods", "allow_redirects"), "always")
		pi.AutomaticPaymentMethods = &AutomaticMethods{AllowRedirects: redirects, Enabled: true}
		pi.PaymentMethodTypes = automaticTypes(pi.Currency, redirects != "never")
		pi.PaymentMethodConfig = &ConfigDetails{ID: "pmc_1SbxDefaultConfiguration"}
	}
	pi.PaymentMethodOptions = defaultOptions(pi.PaymentMethodTypes)
	return nil
}

// typeCurrencies lists the currencies of methods that do not take every one.
var typeCurrencies = map[string][]string{
	"ideal": {"eur"}, "sepa_debit": {"eur"}, "us_bank_account": {"usd"},
	"klarna":           {"usd", "eur", "gbp", "sek", "dkk", "nok", "chf", "cad", "aud", "nzd", "pln", "czk"},
	"customer_balance": {"usd", "eur", "gbp", "jpy", "mxn"},
}

func takesCurrency(kind, cur string) bool {
	limited, only := typeCurrencies[kind]
	return !only || slices.Contains(limited, cur)
}

func redirects(kind string) bool { return kind == "ideal" || kind == "klarna" }

// automaticTypes is what the sandbox account's settings allow for a currency.
func automaticTypes(cur string, withRedirects bool) []string {
	out := []string{"card"}
	for _, kind := range []string{"ideal", "klarna", "link", "sepa_debit", "us_bank_account"} {
		if takesCurrency(kind, cur) && (withRedirects || !redirects(kind)) {
			out = append(out, kind)
		}
	}
	return out
}

// supports refuses a payment method type that the sandbox does not know or the currency does not allow.
func (c *call) supports(pi *PaymentIntent, kind string, _ int) error {
	switch kind {
	case "card", "link", "ideal", "klarna", "sepa_debit", "us_bank_account", "customer_balance":
	default:
		return invalid("payment_intent_invalid_parameter", "payment_method_types", "The payment method type provided: %s is invalid. Please ensure the provided type is activated in your dashboard (https://dashboard.stripe.com/account/payments/settings) and your account is enabled for any preview features that you are trying to use. (The offline sandbox knows card, customer_balance, ideal, klarna, link, sepa_debit and us_bank_account.)", kind)
	}
	if !takesCurrency(kind, pi.Currency) {
		return invalid("payment_intent_invalid_currency", "payment_method_types", "The currency provided (%s) is invalid for one or more payment_method_types. Payment method type %s can only be used with these currencies: %s.", pi.Currency, kind, strings.Join(typeCurrencies[kind], ", "))
	}
	return nil
}

// defaultOptions is what payment_method_options shows when nothing was asked for.
func defaultOptions(types []string) map[string]any {
	out := make(map[string]any, len(types))
	for _, kind := range types {
		switch kind {
		case "card":
			out[kind] = cardOptions
		case "klarna":
			out[kind] = klarnaOptions
		case "link":
			out[kind] = linkOptions
		case "us_bank_account":
			out[kind] = usBankOptions
		default:
			out[kind] = noOptions
		}
	}
	return out
}

// These maps are shared by all intents and never written to.
var (
	cardOptions   = map[string]any{"installments": nil, "mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"}
	klarnaOptions = map[string]any{"preferred_locale": nil}
	linkOptions   = map[string]any{"persistent_token": nil}
	usBankOptions = map[string]any{"verification_method": "automatic"}
	noOptions     = map[string]any{}
)

// mergeOptions lays sent options over former ones without touching them.
func mergeOptions(old map[string]any, p *params) map[string]any {
	out := make(map[string]any, len(old))
	for k, v := range old {
		out[k] = v
	}
	for _, key := range p.keys() {
		kid := p.kids[key]
		if kid.leaf && len(kid.kids) == 0 {
			if kid.value == "" {
				delete(out, key)
				continue
			}
			out[key] = optionValue(kid.value)
			continue
		}
		former, _ := out[key].(map[string]any)
		out[key] = mergeOptions(former, kid)
	}
	return out
}

func optionValue(text string) any {
	switch text {
	case "true":
		return true
	case "false":
		return false
	}
	return text
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
		next.PaymentMethodTypes = automaticTypes(next.Currency, next.AutomaticPaymentMethods.AllowRedirects != "never")
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
	reason := c.p.str("cancellation_reason")
	if reason != "" && !containsWord(cancelReasons, reason) {
		return nil, malformed("", "cancellation_reason", "Invalid cancellation_reason: must be one of duplicate, fraudulent, requested_by_customer, or abandoned")
	}
	if old.final() || old.Status == processing {
		return nil, unexpectedState(old, "You cannot cancel this PaymentIntent because it has a status of %s. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_reauthorization, requires_confirmation, requires_action, processing.", old.Status)
	}
	next := *old
	if old.Status == needsCapture {
		c.releaseCharge(&next, "charge.refunded")
	}
	next.Status, next.CanceledAt, next.CancellationReason = canceled, ptr(c.now.Unix()), orNil(reason)
	next.NextAction, next.AmountCapturable = nil, 0
	c.tx.put(&next)
	c.emit("payment_intent.canceled", &next)
	return &next, nil
}
