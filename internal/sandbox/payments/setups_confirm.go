package payments

import (
	"cmp"
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// confirmSetupByID is POST /v1/setup_intents/{id}/confirm, for a secret key and
// for the browser's publishable key.
func confirmSetupByID(c *Call) (any, error) {
	si, err := api.PathObject[*SetupIntent](c.API(), nounSetup)
	if err != nil {
		return nil, err
	}
	if c.Publishable && c.Params.String("client_secret") != si.ClientSecret {
		return nil, wire.NotFound(nounSetup, c.ID)
	}

	switch si.Status {
	case StatusSucceeded:
		return nil, unexpectedSetup(si, "You cannot confirm this SetupIntent because it has already succeeded.")
	case StatusCanceled, StatusProcessing:
		return nil, unexpectedSetup(si,
			"You cannot confirm this SetupIntent because it has a status of %s.",
			si.Status,
		)
	}

	done, err := c.confirmSetup(si)
	if err != nil || !c.Publishable {
		return done, err
	}

	return clientSetup(done), nil
}

// confirmSetup saves a payment method for later payments, or asks the buyer to
// authenticate first. A decline is an error that nevertheless keeps its
// changes.
func (c *Call) confirmSetup(prev *SetupIntent) (*SetupIntent, error) {
	c.Params.Ignore("mandate_data") // see confirm

	next := *prev
	if err := c.fillSetup(&next); err != nil {
		return nil, err
	}
	if err := c.customerLives(next.Customer); err != nil {
		return nil, err
	}

	pm, err := c.setupMethod(&next)
	if err != nil {
		return nil, err
	}

	if pm == nil {
		return nil, unexpectedSetup(prev,
			"You cannot confirm this SetupIntent because it's missing a payment method. Update "+
				"the SetupIntent with a payment method and then confirm it again.",
		)
	}

	if !slices.Contains(next.PaymentMethodTypes, pm.Type) {
		return nil, wire.Invalid(
			"", "payment_method",
			"The PaymentMethod provided (%s) is not allowed for this SetupIntent. Please attach "+
				"a PaymentMethod of one of the following types: %s",
			pm.Type, strings.Join(next.PaymentMethodTypes, ", "),
		)
	}

	if err := c.checkMandate(pm, "SetupIntent", ""); err != nil {
		return nil, err
	}
	if err := c.checkSetupReturnURL(&next); err != nil {
		return nil, err
	}

	next.PaymentMethod, next.LastSetupError, next.NextAction = &pm.ID, nil, nil

	cd := pm.testCard()
	switch {
	case pm.Type == "us_bank_account" && wantsMicrodeposits(next.PaymentMethodOptions):
		next.NextAction = c.microdepositsOf(next.ID)
		return c.setupWaits(&next, pm), nil
	case isWallet(pm.Type):
		return c.askSetupRedirect(&next, pm)
	case cd != nil && cd.Auth == "error":
		return nil, c.failSetup(&next, pm, testcards.DeclineOf("card_declined", "generic_decline"))
	case cd != nil && !next.private.MOTO && setupAsksBuyer(cd, next.PaymentMethodOptions):
		return c.askSetupAuthentication(&next, pm), nil
	case cd != nil && cd.Code != "" && !cd.Attaches:
		return nil, c.failSetup(&next, pm, cd.Declines())
	}

	return c.completeSetup(&next, pm), nil
}

// setupAsksBuyer reports whether the cardholder has to authenticate before the
// card is saved: because the card demands it, or because the merchant requests
// 3D Secure and the card supports it.
func setupAsksBuyer(cd *testcards.Card, options map[string]any) bool {
	card, _ := options["card"].(map[string]any)
	request := card["request_three_d_secure"]
	forced := request == "any" || request == "challenge"
	return cd.Auth == "required" || cd.Auth == "setup" || cd.Auth == "optional" && forced
}

// checkSetupReturnURL demands a return_url if a redirect may follow and
// Stripe.js is not there to handle it.
func (c *Call) checkSetupReturnURL(si *SetupIntent) error {
	auto := si.AutomaticPaymentMethods
	mayRedirect := auto != nil && auto.AllowRedirects == "always" && !c.fromStripeCLI()
	if !mayRedirect || c.Publishable || si.private.SDK || si.private.ReturnURL != "" {
		return nil
	}
	return missingReturnURL("Setup Intent", si.private.Implicit)
}

// setupMethod returns the payment method to save, and sets where the buyer can
// authenticate. The call's own parameters take precedence over its
// ConfirmationToken, which takes precedence over the intent.
func (c *Call) setupMethod(si *SetupIntent) (*PaymentMethod, error) {
	si.private.SDK = c.Params.Bool("use_stripe_sdk")
	si.private.ReturnURL = c.Params.String("return_url")

	if err := checkURL(c.Params, "return_url"); err != nil {
		return nil, err
	}

	pm, err := c.sentMethod(wire.Deref(si.Customer), si.ID)
	if err != nil {
		return nil, err
	}

	if token := c.Params.String("confirmation_token"); token != "" {
		ct, carried, err := c.redeem(token, wire.Deref(si.Customer), true, si.ID)
		if err != nil {
			return nil, err
		}

		if err := ct.saves("Setup Intent", &si.Usage); err != nil {
			return nil, err
		}

		si.private.SDK = si.private.SDK || ct.UseStripeSDK && !c.Params.Has("use_stripe_sdk")
		si.private.ReturnURL = cmp.Or(si.private.ReturnURL, wire.Deref(ct.ReturnURL))
		pm = cmp.Or(pm, carried)
	}

	if pm == nil && si.PaymentMethod != nil {
		return c.usableFor(si.ID, *si.PaymentMethod, wire.Deref(si.Customer), "payment_method")
	}

	return pm, nil
}

// askSetupAuthentication leaves the intent waiting for 3D Secure.
func (c *Call) askSetupAuthentication(si *SetupIntent, pm *PaymentMethod) *SetupIntent {
	si.NextAction = c.authenticationOf(si.ID, si.ClientSecret, &si.private)
	return c.setupWaits(si, pm)
}

// askSetupRedirect sends the buyer to the page of a wallet.
func (c *Call) askSetupRedirect(si *SetupIntent, pm *PaymentMethod) (*SetupIntent, error) {
	if si.private.ReturnURL == "" && !c.Publishable {
		return nil, wire.Invalid(
			"", "return_url",
			"A `return_url` must be specified because this Payment Method is configured to "+
				"automatically redirect: %s.",
			pm.Type,
		)
	}

	si.NextAction = c.redirectTo(si.ID, si.ClientSecret, si.private.ReturnURL)
	return c.setupWaits(si, pm), nil
}

// setupWaits stores an intent whose next action the buyer has to take.
func (c *Call) setupWaits(si *SetupIntent, pm *PaymentMethod) *SetupIntent {
	si.Status = StatusRequiresAction
	si.LatestAttempt = new(c.recordAttempt(si, pm, StatusRequiresAction, nil))
	c.Tx.Put(si)
	c.Emit("setup_intent.requires_action", si)
	return si
}

// completeSetup ends an intent whose payment method is ready for later
// payments, and attaches the method to the intent's customer.
func (c *Call) completeSetup(si *SetupIntent, pm *PaymentMethod) *SetupIntent {
	si.Status, si.NextAction = StatusSucceeded, nil
	si.LatestAttempt = new(c.recordAttempt(si, pm, StatusSucceeded, nil))

	if pm.Type == "sepa_debit" || pm.Type == "us_bank_account" || isWallet(pm.Type) {
		id := c.newMandate(pm, si.private.Single)
		if si.private.Single == nil {
			si.Mandate = &id
		} else {
			si.SingleUseMandate = &id
		}
	}

	if si.Customer != nil && pm.Customer == nil {
		c.attachTo(pm, *si.Customer)
	} else {
		next := *pm
		next.private.Ready = true
		c.Tx.Put(&next)
	}

	c.Tx.Put(si)
	c.Emit("setup_intent.succeeded", si)
	c.setupDone(si)

	return si
}

// failSetup sends an intent back for another payment method and returns the
// card_error that the caller gets.
func (c *Call) failSetup(si *SetupIntent, pm *PaymentMethod, d testcards.Decline) error {
	e := declineError(d)
	shown := *e
	shown.PaymentMethod = pm
	si.Status, si.LastSetupError, si.PaymentMethod = StatusRequiresMethod, &shown, nil
	si.LatestAttempt = new(c.recordAttempt(si, pm, "failed", &shown))
	c.Tx.Put(si)
	c.Emit("setup_intent.setup_failed", si)

	// The intent holds shown as its last error. Only the copy that the caller
	// gets may hold the intent, or the two would contain each other.
	e.SetupIntent, e.PaymentMethod = si, pm

	return e
}

// setupAuthenticated continues after 3D Secure or the page of a wallet. If the
// buyer did not pass, it sends the intent back for another payment method.
func (c *Call) setupAuthenticated(prev *SetupIntent, pass bool) (*SetupIntent, error) {
	next := *prev
	pm, ok := c.Method(wire.Deref(prev.PaymentMethod))
	if !ok {
		return nil, wire.NoSuch("PaymentMethod", "payment_method", wire.Deref(prev.PaymentMethod))
	}
	if pass {
		return c.completeSetup(&next, c.withPayer(pm)), nil
	}

	e := wire.Invalid("setup_intent_authentication_failure", "", authenticationFailed)
	if isWallet(pm.Type) {
		e = wire.Invalid(
			"setup_attempt_failed", "",
			"The payment method could not be set up: the buyer did not agree.",
		)
	}

	e.PaymentMethod = pm
	next.Status, next.LastSetupError, next.PaymentMethod, next.NextAction = StatusRequiresMethod, e, nil, nil
	c.Tx.Put(&next)
	c.Emit("setup_intent.setup_failed", &next)

	return &next, nil
}
