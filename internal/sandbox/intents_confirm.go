package sandbox

import (
	"slices"
	"strings"
)

// confirmIntent is POST /v1/payment_intents/{id}/confirm, for the server's key and for the browser's.
func confirmIntent(c *call) (any, error) {
	pi, err := pathObject[*PaymentIntent](c, kindIntent)
	if err != nil {
		return nil, err
	}
	if c.publishable {
		if c.p.str("client_secret") != pi.ClientSecret {
			return nil, notFound(kindIntent, c.id)
		}
		if pi.ConfirmationMethod == "manual" {
			return nil, invalid("payment_intent_invalid_parameter", "", "This PaymentIntent %s cannot be confirmed using your publishable key because its `confirmation_method` is set to `manual`. Please use your secret key instead, or create a PaymentIntent with `confirmation_method` set to `automatic`.", pi.ID)
		}
	}
	if err := confirmable(pi); err != nil {
		return nil, err
	}
	done, err := c.confirm(pi)
	if err != nil || !c.publishable {
		return done, err
	}
	return clientView(c, done), nil
}

func confirmable(pi *PaymentIntent) error {
	switch pi.Status {
	case needsMethod, needsConfirmation, needsAction:
		return nil
	case succeeded:
		return unexpectedState(pi, "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.")
	case needsCapture:
		return unexpectedState(pi, "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed and is now waiting to be captured.")
	}
	return unexpectedState(pi, "You cannot confirm this PaymentIntent because it has a status of %s. Only a PaymentIntent with one of the following statuses may be confirmed: requires_payment_method, requires_confirmation, requires_action.", pi.Status)
}

// attempt is one confirmation on its way to a charge.
type attempt struct {
	pi         *PaymentIntent // the copy being changed
	pm         *PaymentMethod
	offSession bool
	noAction   bool // error_on_requires_action
	secured    bool // 3D Secure was passed
	cvcGiven   bool // the buyer typed the code of a saved card again
	mandate    string
}

// confirm tries to pay old with what the parameters say. A decline is an error that keeps its changes.
func (c *call) confirm(old *PaymentIntent) (*PaymentIntent, error) {
	next := *old
	a := &attempt{pi: &next, noAction: c.p.flag("error_on_requires_action")}
	a.offSession = c.p.flag("off_session") || c.p.str("off_session") == "one_off" || c.p.str("off_session") == "recurring"
	if err := c.fillIntent(a.pi); err != nil {
		return nil, err
	}
	if err := c.readConfirm(a); err != nil {
		return nil, err
	}
	if err := c.checkAttempt(a); err != nil {
		return nil, err
	}
	a.pi.PaymentMethod = &a.pm.ID
	a.pi.LastPaymentError, a.pi.NextAction, a.pi.CanceledAt = nil, nil, nil
	return c.pay(a)
}

// readConfirm finds the payment method and how the buyer can be reached.
func (c *call) readConfirm(a *attempt) error {
	a.pi.private.SDK, a.pi.private.ReturnURL = c.p.flag("use_stripe_sdk"), c.p.str("return_url")
	if token := c.p.str("confirmation_token"); token != "" {
		return c.readToken(a, token)
	}
	pm, err := c.sentMethod(deref(a.pi.Customer))
	if err != nil {
		return err
	}
	if pm == nil && a.pi.PaymentMethod != nil {
		pm, err = c.usable(*a.pi.PaymentMethod, deref(a.pi.Customer), "payment_method")
	}
	a.pm = pm
	return err
}

// readToken takes what a confirmation token carries; what the request says itself goes first.
func (c *call) readToken(a *attempt, token string) error {
	sent, err := c.sentMethod(deref(a.pi.Customer))
	if err != nil {
		return err
	}
	ct, pm, err := c.redeem(token, deref(a.pi.Customer), false, a.pi.ID)
	if err != nil {
		return err
	}
	a.pm, a.cvcGiven = pm, ct.private.CVCGiven
	if sent != nil {
		a.pm = sent
	}
	if !c.p.has("use_stripe_sdk") {
		a.pi.private.SDK = ct.UseStripeSDK
	}
	if a.pi.private.ReturnURL == "" {
		a.pi.private.ReturnURL = deref(ct.ReturnURL)
	}
	if ct.SetupFutureUsage != nil && !c.p.has("setup_future_usage") && a.pi.Invoice == nil {
		a.pi.SetupFutureUsage = ct.SetupFutureUsage
	}
	if ct.Shipping != nil && !c.p.has("shipping") {
		a.pi.Shipping = &Shipping{Address: &ct.Shipping.Address, Name: &ct.Shipping.Name, Phone: ct.Shipping.Phone}
	}
	return nil
}

// fits refuses payment methods of a type that the intent does not take.
func fits(pi *PaymentIntent, pm *PaymentMethod) error {
	if slices.Contains(pi.PaymentMethodTypes, pm.Type) {
		return nil
	}
	hint := "Please attach a PaymentMethod of one of the following types: " + strings.Join(pi.PaymentMethodTypes, ", ") + "."
	if pi.AutomaticPaymentMethods != nil {
		hint = "Please change the `automatic_payment_methods` settings or the currency, or use one of the following types: " + strings.Join(pi.PaymentMethodTypes, ", ") + "."
	}
	return invalid("payment_intent_incompatible_payment_method", "payment_method", "The PaymentMethod provided (%s) is not allowed for this PaymentIntent. %s", pm.Type, hint)
}

func (c *call) checkAttempt(a *attempt) error {
	if a.pm == nil {
		who := "You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken."
		if a.pi.Customer != nil {
			who = "To confirm the PaymentIntent with " + *a.pi.Customer + ", specify a payment method attached to this customer along with the customer ID."
		}
		old, _ := find[*PaymentIntent](c.tx, a.pi.ID)
		return unexpectedState(old, "You cannot confirm this PaymentIntent because it's missing a payment method. %s", who)
	}
	if err := fits(a.pi, a.pm); err != nil {
		return err
	}
	if a.pi.SetupFutureUsage != nil {
		if err := c.checkMandate(a.pm, "PaymentIntent", " and `setup_future_usage`"); err != nil {
			return err
		}
	}
	if a.wantsCVC() && c.p.str("payment_method_options", "card", "cvc_token") == "" {
		return invalid("payment_intent_invalid_parameter", "payment_method_options[card][cvc_token]", "This PaymentIntent requires the CVC to be collected again: `require_cvc_recollection` is enabled and the card is attached to a customer.")
	}
	return c.checkReturnURL(a)
}

// wantsCVC tells whether the buyer has to type the code of a saved card again and has not.
func (a *attempt) wantsCVC() bool {
	opts, _ := a.pi.PaymentMethodOptions["card"].(map[string]any)
	again, _ := opts["require_cvc_recollection"].(bool)
	return again && a.pm.Card != nil && a.pm.Customer != nil && !a.offSession && !a.cvcGiven
}

// checkReturnURL asks for a return_url when a redirect may follow and Stripe.js is not there to handle it.
func (c *call) checkReturnURL(a *attempt) error {
	auto := a.pi.AutomaticPaymentMethods
	if a.pi.private.ReturnURL != "" || c.publishable {
		return nil
	}
	if auto != nil && !a.pi.private.Implicit && auto.AllowRedirects == "always" && !a.pi.private.SDK && !a.offSession {
		return malformed("", "return_url", "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.")
	}
	if redirects(a.pm.Type) && !agreed(a.pm) {
		return invalid("payment_intent_invalid_parameter", "return_url", "A `return_url` must be specified because this Payment Method is configured to automatically redirect: %s.", a.pm.Type)
	}
	return nil
}

// pay sends the attempt down the path of its payment method.
func (c *call) pay(a *attempt) (*PaymentIntent, error) {
	switch {
	case a.pm.Type == "card":
		return c.payCard(a)
	case redirects(a.pm.Type) && !agreed(a.pm):
		return c.askRedirect(a), nil
	case a.pm.Type == "sepa_debit", a.pm.Type == "us_bank_account":
		return c.startDelayed(a), nil
	case a.pm.Type == "customer_balance":
		return c.awaitTransfer(a), nil
	}
	return c.charge(a)
}

// payCard charges at once unless the cardholder has to authenticate first.
func (c *call) payCard(a *attempt) (*PaymentIntent, error) {
	cd := a.pm.testCard()
	a.secured = a.pi.private.Secured
	if a.secured || !asksBuyer(cd, a) {
		return c.charge(a)
	}
	if a.offSession && a.pi.Invoice == nil { // an invoice waits for the buyer to come and authenticate
		return c.decline(a, "authentication_required", "authentication_required")
	}
	if a.noAction {
		return c.decline(a, "authentication_required", "authentication_required")
	}
	if cd.auth == "error" {
		return c.decline(a, "card_declined", "generic_decline")
	}
	return c.askAuthentication(a), nil
}

// askAuthentication leaves the intent waiting for 3D Secure.
func (c *call) askAuthentication(a *attempt) *PaymentIntent {
	url := c.base() + "/3ds/" + a.pi.ID + "?client_secret=" + a.pi.ClientSecret
	if a.pi.private.SDK || a.pi.private.ReturnURL == "" {
		a.pi.NextAction = &NextAction{Type: "use_stripe_sdk", UseStripeSDK: &SDKAction{
			Type: "three_d_secure_redirect", StripeJS: url, Source: newID("src"),
		}}
	} else {
		a.pi.NextAction = &NextAction{Type: "redirect_to_url", RedirectToURL: &RedirectToURL{ReturnURL: &a.pi.private.ReturnURL, URL: url}}
	}
	return c.waitForBuyer(a)
}

// askRedirect sends the buyer to the page of a bank or lender.
func (c *call) askRedirect(a *attempt) *PaymentIntent {
	a.pi.NextAction = c.redirectTo(a.pi.ID, a.pi.ClientSecret, a.pi.private.ReturnURL)
	return c.waitForBuyer(a)
}

// redirectTo is the way to the page on which the buyer of an intent agrees or refuses.
func (c *call) redirectTo(intent, secret, back string) *NextAction {
	return &NextAction{Type: "redirect_to_url", RedirectToURL: &RedirectToURL{
		ReturnURL: orNil(back), URL: c.base() + "/redirect/" + intent + "?client_secret=" + secret,
	}}
}

func (c *call) waitForBuyer(a *attempt) *PaymentIntent {
	a.pi.Status = needsAction
	c.tx.put(a.pi)
	c.emit("payment_intent.requires_action", a.pi)
	c.follow(a)
	return a.pi
}
