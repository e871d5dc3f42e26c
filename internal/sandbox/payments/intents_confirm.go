package payments

import (
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// confirmIntent is POST /v1/payment_intents/{id}/confirm, for the server's key
// and for the browser's.
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
			return nil, wire.Invalid("payment_intent_invalid_parameter", "", "This PaymentIntent %s cannot be confirmed using your publishable key because its `confirmation_method` is set to `manual`. Please use your secret key instead, or create a PaymentIntent with `confirmation_method` set to `automatic`.", pi.ID)
		}
	}

	if err := Confirmable(pi); err != nil {
		return nil, err
	}

	done, err := c.confirm(pi)
	if err != nil || !c.Publishable {
		return done, err
	}

	return clientView(c, done), nil
}

func Confirmable(pi *PaymentIntent) error {
	switch pi.Status {
	case StatusRequiresMethod, StatusRequiresConfirmation, StatusRequiresAction:
		return nil
	case StatusSucceeded:
		return unexpectedState(pi, "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.")
	case needsCapture:
		return unexpectedState(pi, "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed and is now waiting to be captured.")
	}
	return unexpectedState(pi, "You cannot confirm this PaymentIntent because it has a status of %s. Only a PaymentIntent with one of the following statuses may be confirmed: requires_payment_method, requires_confirmation, requires_action.", pi.Status)
}

// Attempt is one confirmation on its way to a charge.
type Attempt struct {
	Intent     *PaymentIntent // the copy being changed
	Method     *PaymentMethod
	OffSession bool
	noAction   bool // error_on_requires_action
	secured    bool // 3D Secure was passed
	cvcGiven   bool // the buyer typed the code of a saved card again
	mandate    string
}

// confirm tries to pay old with what the parameters say. A decline is an error
// that keeps its changes.
func (c *Call) confirm(old *PaymentIntent) (*PaymentIntent, error) {
	next := *old
	a := &Attempt{Intent: &next, noAction: c.Params.Bool("error_on_requires_action")}
	a.OffSession = c.Params.Bool("off_session") || c.Params.String("off_session") == "one_off" || c.Params.String("off_session") == "recurring"

	if err := c.fillIntent(a.Intent); err != nil {
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

// readConfirm finds the payment method and how the buyer can be reached.
func (c *Call) readConfirm(a *Attempt) error {
	a.Intent.private.SDK, a.Intent.private.ReturnURL = c.Params.Bool("use_stripe_sdk"), c.Params.String("return_url")
	if token := c.Params.String("confirmation_token"); token != "" {
		return c.readToken(a, token)
	}

	pm, err := c.sentMethod(wire.Deref(a.Intent.Customer))
	if err != nil {
		return err
	}

	if pm == nil && a.Intent.PaymentMethod != nil {
		pm, err = c.Usable(*a.Intent.PaymentMethod, wire.Deref(a.Intent.Customer), "payment_method")
	}

	a.Method = pm
	return err
}

// readToken takes what a confirmation token carries; what the request says
// itself goes first.
func (c *Call) readToken(a *Attempt, token string) error {
	sent, err := c.sentMethod(wire.Deref(a.Intent.Customer))
	if err != nil {
		return err
	}

	ct, pm, err := c.redeem(token, wire.Deref(a.Intent.Customer), false, a.Intent.ID)
	if err != nil {
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

// Fits refuses payment methods of a type that the intent does not take.
func Fits(pi *PaymentIntent, pm *PaymentMethod) error {
	if slices.Contains(pi.PaymentMethodTypes, pm.Type) {
		return nil
	}
	hint := "Please attach a PaymentMethod of one of the following types: " + strings.Join(pi.PaymentMethodTypes, ", ") + "."
	if pi.AutomaticPaymentMethods != nil {
		hint = "Please change the `automatic_payment_methods` settings or the currency, or use one of the following types: " + strings.Join(pi.PaymentMethodTypes, ", ") + "."
	}
	return wire.Invalid("payment_intent_incompatible_payment_method", "payment_method", "The PaymentMethod provided (%s) is not allowed for this PaymentIntent. %s", pm.Type, hint)
}

func (c *Call) checkAttempt(a *Attempt) error {
	if a.Method == nil {
		who := "You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken."
		if a.Intent.Customer != nil {
			who = "To confirm the PaymentIntent with " + *a.Intent.Customer + ", specify a payment method attached to this customer along with the customer ID."
		}

		old, _ := memory.Find[*PaymentIntent](c.Tx, a.Intent.ID)
		return unexpectedState(old, "You cannot confirm this PaymentIntent because it's missing a payment method. %s", who)
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
		return wire.Invalid("payment_intent_invalid_parameter", "payment_method_options[card][cvc_token]", "This PaymentIntent requires the CVC to be collected again: `require_cvc_recollection` is enabled and the card is attached to a customer.")
	}

	return c.checkReturnURL(a)
}

// wantsCVC tells whether the buyer has to type the code of a saved card again
// and has not.
func (a *Attempt) wantsCVC() bool {
	opts, _ := a.Intent.PaymentMethodOptions["card"].(map[string]any)
	again, _ := opts["require_cvc_recollection"].(bool)
	return again && a.Method.Card != nil && a.Method.Customer != nil && !a.OffSession && !a.cvcGiven
}

// checkReturnURL asks for a return_url when a redirect may follow and Stripe.js
// is not there to handle it.
func (c *Call) checkReturnURL(a *Attempt) error {
	auto := a.Intent.AutomaticPaymentMethods
	if a.Intent.private.ReturnURL != "" || c.Publishable {
		return nil
	}
	if auto != nil && !a.Intent.private.Implicit && auto.AllowRedirects == "always" && !a.Intent.private.SDK && !a.OffSession {
		return wire.Malformed("", "return_url", "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.")
	}
	if redirects(a.Method.Type) && !agreed(a.Method) {
		return wire.Invalid("payment_intent_invalid_parameter", "return_url", "A `return_url` must be specified because this Payment Method is configured to automatically redirect: %s.", a.Method.Type)
	}

	return nil
}

// Pay sends the attempt down the path of its payment method.
func (c *Call) Pay(a *Attempt) (*PaymentIntent, error) {
	switch {
	case a.Method.Type == "card":
		return c.payCard(a)
	case redirects(a.Method.Type) && !agreed(a.Method):
		return c.askRedirect(a), nil
	case a.Method.Type == "sepa_debit", a.Method.Type == "us_bank_account":
		return c.startDelayed(a), nil
	case a.Method.Type == "customer_balance":
		return c.awaitTransfer(a), nil
	}

	return c.charge(a)
}

// payCard charges at once unless the cardholder has to authenticate first.
func (c *Call) payCard(a *Attempt) (*PaymentIntent, error) {
	cd := a.Method.testCard()
	a.secured = a.Intent.private.Secured
	if a.secured || !asksBuyer(cd, a) {
		return c.charge(a)
	}
	if a.OffSession && a.Intent.Invoice == nil { // an invoice waits for the buyer to come and authenticate
		return c.decline(a, "authentication_required", "authentication_required")
	}
	if a.noAction {
		return c.decline(a, "authentication_required", "authentication_required")
	}
	if cd.Auth == "error" {
		return c.decline(a, "card_declined", "generic_decline")
	}

	return c.askAuthentication(a), nil
}

// askAuthentication leaves the intent waiting for 3D Secure.
func (c *Call) askAuthentication(a *Attempt) *PaymentIntent {
	url := c.Base() + "/3ds/" + a.Intent.ID + "?client_secret=" + a.Intent.ClientSecret
	if a.Intent.private.SDK || a.Intent.private.ReturnURL == "" {
		a.Intent.NextAction = &NextAction{Type: "use_stripe_sdk", UseStripeSDK: &SDKAction{
			Type:     "three_d_secure_redirect",
			StripeJS: url,
			Source:   wire.NewID("src"),
		}}
	} else {
		a.Intent.NextAction = &NextAction{Type: "redirect_to_url", RedirectToURL: &RedirectToURL{ReturnURL: &a.Intent.private.ReturnURL, URL: url}}
	}

	return c.waitForBuyer(a)
}

// askRedirect sends the buyer to the page of a bank or lender.
func (c *Call) askRedirect(a *Attempt) *PaymentIntent {
	a.Intent.NextAction = c.redirectTo(a.Intent.ID, a.Intent.ClientSecret, a.Intent.private.ReturnURL)
	return c.waitForBuyer(a)
}

// redirectTo is the way to the page on which the buyer of an intent agrees or
// refuses.
func (c *Call) redirectTo(intent, secret, back string) *NextAction {
	return &NextAction{Type: "redirect_to_url", RedirectToURL: &RedirectToURL{
		ReturnURL: wire.OrNil(back), URL: c.Base() + "/redirect/" + intent + "?client_secret=" + secret,
	}}
}

func (c *Call) waitForBuyer(a *Attempt) *PaymentIntent {
	a.Intent.Status = StatusRequiresAction
	c.Tx.Put(a.Intent)
	c.Emit("payment_intent.requires_action", a.Intent)
	c.follow(a.Intent)
	return a.Intent
}
