package payments

import (
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// confirmIntent is POST /v1/payment_intents/{id}/confirm, for a secret key and
// for the browser's publishable key.
func confirmIntent(c *Call) (any, error) {
	pi, err := api.PathObject[*PaymentIntent](c.API(), api.KindIntent)
	if err != nil {
		return nil, err
	}

	if c.Publishable {
		if c.Params.String("client_secret") != pi.ClientSecret {
			return nil, wire.NotFound(api.KindIntent, c.ID)
		}

		if pi.ConfirmationMethod == "manual" {
			return nil, wire.Invalid(
				"payment_intent_invalid_parameter", "",
				"This PaymentIntent %s cannot be confirmed using your publishable key because "+
					"its `confirmation_method` is set to `manual`. Please use your secret key "+
					"instead, or create a PaymentIntent with `confirmation_method` set to "+
					"`automatic`.",
				pi.ID,
			)
		}
	}

	if err := c.checkCharges(); err != nil {
		return nil, err
	}

	// A change that comes too late is refused before the confirmation is.
	if pi.Status == StatusCanceled && c.Params.Has("payment_method") {
		return nil, tooLate(pi, "payment_method")
	}
	if err := Confirmable(pi); err != nil {
		return nil, err
	}

	done, err := c.confirm(pi)
	if err != nil || !c.Publishable {
		return done, err
	}

	return clientView(done), nil
}

// Confirmable returns Stripe's refusal if the status of an intent does not
// allow a confirmation.
func Confirmable(pi *PaymentIntent) error {
	switch {
	case pi.open():
		return nil
	case pi.Status == StatusSucceeded:
		return unexpectedState(pi,
			"You cannot confirm this PaymentIntent because it has already succeeded after being "+
				"previously confirmed.",
		)

	case pi.Status == needsCapture:
		return unexpectedState(pi,
			"You cannot confirm this PaymentIntent because it has already succeeded after being "+
				"previously confirmed and is now waiting to be captured.",
		)
	}

	return unexpectedState(pi,
		"You cannot confirm this PaymentIntent because it has a status of %s. Only a "+
			"PaymentIntent with one of the following statuses may be confirmed: "+
			"requires_payment_method, requires_confirmation, requires_action.",
		pi.Status,
	)
}

// Attempt is one confirmation on its way to a charge.
type Attempt struct {
	Intent     *PaymentIntent // a copy, which the attempt changes
	Method     *PaymentMethod
	OffSession bool
	noAction   bool   // error_on_requires_action
	secured    bool   // the buyer has passed 3D Secure
	cvcGiven   bool   // the buyer has entered the code of a saved card again
	mandate    string // the ID of the mandate that a debit needs
}

// confirm makes an attempt to pay an intent with what the parameters say. A
// decline is an error that nevertheless keeps its changes.
func (c *Call) confirm(prev *PaymentIntent) (*PaymentIntent, error) {
	next := *prev
	a := &Attempt{Intent: &next, noAction: c.Params.Bool("error_on_requires_action")}

	offSession := c.Params.String("off_session")
	a.OffSession = c.Params.Bool("off_session") || offSession == "one_off" || offSession == "recurring"

	// The buyer's consent has an effect only on methods that need a mandate.
	c.Params.Ignore("mandate_data")

	if err := c.fillIntent(a.Intent); err != nil {
		return nil, err
	}
	if err := c.customerLives(a.Intent.Customer); err != nil {
		return nil, err
	}
	if err := c.readConfirm(a); err != nil {
		return nil, err
	}
	if err := c.checkAttempt(a); err != nil {
		return nil, err
	}

	a.Intent.PaymentMethod = &a.Method.ID
	a.Intent.LastPaymentError, a.Intent.NextAction, a.Intent.CanceledAt = nil, nil, nil
	return c.Pay(a)
}

// readConfirm sets the payment method of an attempt, and where the buyer can
// authenticate.
func (c *Call) readConfirm(a *Attempt) error {
	a.Intent.private.SDK = c.Params.Bool("use_stripe_sdk")
	a.Intent.private.ReturnURL = c.Params.String("return_url")

	if err := checkURL(c.Params, "return_url"); err != nil {
		return err
	}

	if token := c.Params.String("confirmation_token"); token != "" {
		return c.readToken(a, token)
	}

	pm, err := c.sentMethod(wire.Deref(a.Intent.Customer), a.Intent.ID)
	if err != nil {
		return err
	}

	if pm == nil && a.Intent.PaymentMethod != nil {
		pm, err = c.usableFor(
			a.Intent.ID, *a.Intent.PaymentMethod, wire.Deref(a.Intent.Customer), "payment_method",
		)
	}

	a.Method = pm
	return err
}

// readToken redeems a ConfirmationToken and copies what it carries. The call's
// own parameters take precedence.
func (c *Call) readToken(a *Attempt, token string) error {
	sent, err := c.sentMethod(wire.Deref(a.Intent.Customer), a.Intent.ID)
	if err != nil {
		return err
	}

	ct, pm, err := c.redeem(token, wire.Deref(a.Intent.Customer), false, a.Intent.ID)
	if err != nil {
		return err
	}

	if err := ct.saves("Payment Intent", a.Intent.SetupFutureUsage); err != nil {
		return err
	}

	a.Method, a.cvcGiven = pm, ct.private.CVCGiven
	if sent != nil {
		a.Method = sent
	}

	if !c.Params.Has("use_stripe_sdk") {
		a.Intent.private.SDK = ct.UseStripeSDK
	}

	if a.Intent.private.ReturnURL == "" {
		a.Intent.private.ReturnURL = wire.Deref(ct.ReturnURL)
	}

	if ct.SetupFutureUsage != nil && !c.Params.Has("setup_future_usage") && a.Intent.Invoice == nil {
		a.Intent.SetupFutureUsage = ct.SetupFutureUsage
	}

	if ct.Shipping != nil && !c.Params.Has("shipping") {
		a.Intent.Shipping = &api.Shipping{
			Address: &ct.Shipping.Address,
			Name:    &ct.Shipping.Name,
			Phone:   ct.Shipping.Phone,
		}
	}

	return nil
}

// Fits returns Stripe's refusal if the intent does not take payment methods of
// that type.
func Fits(pi *PaymentIntent, pm *PaymentMethod) error {
	if slices.Contains(pi.PaymentMethodTypes, pm.Type) {
		return nil
	}

	hint := "Please attach a PaymentMethod of one of the following types:"
	if pi.AutomaticPaymentMethods != nil {
		hint = "Please change the `automatic_payment_methods` settings or the currency, " +
			"or use one of the following types:"
	}

	return wire.Invalid(
		"payment_intent_incompatible_payment_method", "payment_method",
		"The PaymentMethod provided (%s) is not allowed for this PaymentIntent. %s %s.",
		pm.Type, hint, strings.Join(pi.PaymentMethodTypes, ", "),
	)
}

// checkAttempt returns Stripe's refusal of an attempt that cannot be made.
func (c *Call) checkAttempt(a *Attempt) error {
	if a.Method == nil {
		return c.missingMethod(a.Intent)
	}

	if err := Fits(a.Intent, a.Method); err != nil {
		return err
	}

	if a.Intent.SetupFutureUsage != nil {
		if err := c.checkMandate(a.Method, "PaymentIntent", " and `setup_future_usage`"); err != nil {
			return err
		}
	}

	if a.wantsCVC() && c.Params.String("payment_method_options", "card", "cvc_token") == "" {
		return wire.Invalid(
			"payment_intent_invalid_parameter", "payment_method_options[card][cvc_token]",
			"This PaymentIntent requires the CVC to be collected again: "+
				"`require_cvc_recollection` is enabled and the card is attached to a customer.",
		)
	}

	if err := checkTransfer(a); err != nil {
		return err
	}

	return c.checkReturnURL(a)
}

// missingMethod returns Stripe's refusal to confirm an intent without a payment
// method.
func (c *Call) missingMethod(pi *PaymentIntent) error {
	hint := "You can either update the PaymentIntent with a payment method and then confirm it again, " +
		"or confirm it again directly with a payment method or ConfirmationToken."
	if pi.Customer != nil {
		hint = "To confirm the PaymentIntent with " + *pi.Customer +
			", specify a payment method attached to this customer along with the customer ID."
	}

	// The error shows the intent without the changes of this call.
	stored, _ := memory.Find[*PaymentIntent](c.Tx, pi.ID)
	return unexpectedState(
		stored, "You cannot confirm this PaymentIntent because it's missing a payment method. %s", hint,
	)
}

// wantsCVC reports whether the buyer still has to enter the code of a saved
// card again.
func (a *Attempt) wantsCVC() bool {
	opts, _ := a.Intent.PaymentMethodOptions["card"].(map[string]any)
	required, _ := opts["require_cvc_recollection"].(bool)
	return required && a.Method.Card != nil && a.Method.Customer != nil && !a.OffSession && !a.cvcGiven
}

// checkReturnURL demands a return_url if a redirect may follow and Stripe.js is
// not there to handle it.
func (c *Call) checkReturnURL(a *Attempt) error {
	if a.Intent.private.ReturnURL != "" || c.Publishable {
		return nil
	}

	// A shop that accepts methods that may redirect, by its own choice or by
	// default, must provide a return URL, whatever method this attempt uses.
	auto := a.Intent.AutomaticPaymentMethods
	mayRedirect := auto != nil && auto.AllowRedirects == "always" && !c.fromStripeCLI()
	if mayRedirect && !a.Intent.private.SDK && !a.OffSession {
		return missingReturnURL("Payment Intent", a.Intent.private.Implicit)
	}

	if redirects(a.Method.Type) && !agreed(a.Method) {
		return wire.Invalid(
			"payment_intent_invalid_parameter", "return_url",
			"A `return_url` must be specified because this Payment Method is configured to "+
				"automatically redirect: %s.",
			a.Method.Type,
		)
	}

	return nil
}

// fromStripeCLI reports whether Stripe's command line makes the call. Some of
// its fixtures confirm an intent without types and without a return_url.
func (c *Call) fromStripeCLI() bool {
	return c.Request != nil && strings.Contains(c.Request.UserAgent(), "stripe-cli/")
}

// missingReturnURL returns Stripe's refusal of a confirmation without
// return_url. kind is Payment Intent or Setup Intent; implicit says that its
// creator did not ask for automatic payment methods.
func missingReturnURL(kind string, implicit bool) error {
	const advice = "`automatic_payment_methods[enabled]` to `true` and " +
		"`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."

	if implicit {
		return wire.Malformed(
			"", "return_url",
			"A `return_url` must be specified because this %s is configured to automatically accept the payment "+
				"methods enabled in the Dashboard, some of which may require a full page redirect to succeed. If you "+
				"do not want to accept redirect-based payment methods, set "+advice,
			kind,
		)
	}

	return wire.Malformed(
		"", "return_url",
		"This %s is configured to accept payment methods enabled in your Dashboard. Because some of these payment "+
			"methods might redirect your customer off of your page, you must provide a `return_url`. If you don't "+
			"want to accept redirect-based payment methods, set "+advice,
		strings.ReplaceAll(kind, " ", ""),
	)
}
