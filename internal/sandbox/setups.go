package sandbox

import (
	"cmp"
	"slices"
	"strings"
)

func createSetup(c *call) (any, error) {
	id := newID("seti")
	si := &SetupIntent{
		ID: id, Object: kindSetup, ClientSecret: id + "_secret_" + randomText(25), Created: c.now.Unix(),
		Metadata: mergeMetadata(nil, c.p), Status: needsMethod, Usage: cmp.Or(c.p.str("usage"), "off_session"),
	}
	if err := c.chooseSetupTypes(si); err != nil {
		return nil, err
	}
	if err := c.fillSetup(si); err != nil {
		return nil, err
	}
	c.tx.put(si)
	c.emit("setup_intent.created", si)
	if c.p.flag("confirm") {
		return c.confirmSetup(si)
	}
	return si, nil
}

// chooseSetupTypes decides which payment methods can be saved.
func (c *call) chooseSetupTypes(si *SetupIntent) error {
	types := c.p.strs("payment_method_types")
	switch {
	case len(types) > 0:
		if err := savable(types); err != nil {
			return err
		}
		si.PaymentMethodTypes = types
	case c.p.has("automatic_payment_methods") && !c.p.flag("automatic_payment_methods", "enabled"):
		si.PaymentMethodTypes = []string{"card"}
	default:
		si.AutomaticPaymentMethods = &AutomaticMethods{
			AllowRedirects: cmp.Or(c.p.str("automatic_payment_methods", "allow_redirects"), "always"), Enabled: true,
		}
		settings, err := c.chosenConfiguration(c.p)
		if err != nil {
			return err
		}
		si.PaymentMethodTypes = c.savableTypes(settings, si.AutomaticPaymentMethods.AllowRedirects != "never")
		si.PaymentMethodConfig = &ConfigDetails{ID: settings}
	}
	si.PaymentMethodOptions = map[string]any{"card": map[string]any{"mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"}}
	return nil
}

func (c *call) fillSetup(si *SetupIntent) error {
	if cus := c.p.str("customer"); cus != "" {
		if _, err := c.customer(cus, "customer"); err != nil {
			return err
		}
		si.Customer = &cus
	}
	set(&si.Description, c.p, "description")
	set(&si.OnBehalfOf, c.p, "on_behalf_of")
	if c.p.flag("confirm") || strings.HasSuffix(c.route.pattern, "/confirm") {
		return nil
	}
	pm, err := c.sentMethod(deref(si.Customer))
	if err == nil && pm != nil {
		si.PaymentMethod, si.Status = &pm.ID, needsConfirmation
	}
	return err
}

func confirmSetupByID(c *call) (any, error) {
	si, err := pathObject[*SetupIntent](c, kindSetup)
	if err != nil {
		return nil, err
	}
	if c.publishable && c.p.str("client_secret") != si.ClientSecret {
		return nil, notFound(kindSetup, c.id)
	}
	if si.Status == succeeded || si.Status == canceled || si.Status == processing {
		return nil, unexpectedSetup(si, "You cannot confirm this SetupIntent because it has a status of %s.", si.Status)
	}
	done, err := c.confirmSetup(si)
	if err != nil || !c.publishable {
		return done, err
	}
	return clientSetup(done), nil
}

// confirmSetup saves a payment method for later, after the buyer has authenticated where the card asks for it.
func (c *call) confirmSetup(old *SetupIntent) (*SetupIntent, error) {
	next := *old
	pm, err := c.setupMethod(&next)
	if err != nil {
		return nil, err
	}
	if pm == nil {
		return nil, unexpectedSetup(old, "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment method and then confirm it again.")
	}
	if !slices.Contains(next.PaymentMethodTypes, pm.Type) {
		return nil, invalid("", "payment_method", "The PaymentMethod provided (%s) is not allowed for this SetupIntent. Please attach a PaymentMethod of one of the following types: %s", pm.Type, strings.Join(next.PaymentMethodTypes, ", "))
	}
	if err := c.checkMandate(pm, "SetupIntent", ""); err != nil {
		return nil, err
	}
	next.PaymentMethod, next.LastSetupError, next.NextAction = &pm.ID, nil, nil
	cd := pm.testCard()
	switch {
	case isWallet(pm.Type):
		return c.askSetupRedirect(&next, pm)
	case cd != nil && cd.auth == "error":
		return nil, c.failSetup(&next, pm, &card{code: "card_declined", decline: "generic_decline"})
	case cd != nil && (cd.auth == "required" || cd.auth == "setup"):
		return c.askSetupAuthentication(&next, pm), nil
	case cd != nil && cd.code != "" && !cd.attaches:
		return nil, c.failSetup(&next, pm, cd)
	}
	return c.completeSetup(&next, pm), nil
}

func (c *call) setupMethod(si *SetupIntent) (*PaymentMethod, error) {
	si.private.SDK, si.private.ReturnURL = c.p.flag("use_stripe_sdk"), c.p.str("return_url")
	pm, err := c.sentMethod(deref(si.Customer))
	if err != nil {
		return nil, err
	}
	if token := c.p.str("confirmation_token"); token != "" {
		ct, carried, err := c.redeem(token, deref(si.Customer), true, si.ID)
		if err != nil {
			return nil, err
		}
		si.private.SDK = si.private.SDK || ct.UseStripeSDK && !c.p.has("use_stripe_sdk")
		si.private.ReturnURL = cmp.Or(si.private.ReturnURL, deref(ct.ReturnURL))
		if pm == nil {
			pm = carried
		}
	}
	if pm == nil && si.PaymentMethod != nil {
		return c.usable(*si.PaymentMethod, deref(si.Customer), "payment_method")
	}
	return pm, nil
}

func (c *call) askSetupAuthentication(si *SetupIntent, pm *PaymentMethod) *SetupIntent {
	url := c.base() + "/3ds/" + si.ID + "?client_secret=" + si.ClientSecret
	if si.private.SDK || si.private.ReturnURL == "" {
		si.NextAction = &NextAction{Type: "use_stripe_sdk", UseStripeSDK: &SDKAction{Type: "three_d_secure_redirect", StripeJS: url, Source: newID("src")}}
	} else {
		si.NextAction = &NextAction{Type: "redirect_to_url", RedirectToURL: &RedirectToURL{ReturnURL: &si.private.ReturnURL, URL: url}}
	}
	return c.setupWaits(si, pm)
}

// askSetupRedirect sends the buyer to the page of a wallet.
func (c *call) askSetupRedirect(si *SetupIntent, pm *PaymentMethod) (*SetupIntent, error) {
	if si.private.ReturnURL == "" && !c.publishable {
		return nil, invalid("", "return_url", "A `return_url` must be specified because this Payment Method is configured to automatically redirect: %s.", pm.Type)
	}
	si.NextAction = c.redirectTo(si.ID, si.ClientSecret, si.private.ReturnURL)
	return c.setupWaits(si, pm), nil
}

func (c *call) setupWaits(si *SetupIntent, pm *PaymentMethod) *SetupIntent {
	si.Status, si.LatestAttempt = needsAction, new(c.noteAttempt(si, pm, needsAction, nil))
	c.tx.put(si)
	c.emit("setup_intent.requires_action", si)
	return si
}

func (c *call) completeSetup(si *SetupIntent, pm *PaymentMethod) *SetupIntent {
	si.Status, si.NextAction, si.LatestAttempt = succeeded, nil, new(c.noteAttempt(si, pm, succeeded, nil))
	if pm.Type == "sepa_debit" || pm.Type == "us_bank_account" || isWallet(pm.Type) {
		si.Mandate = new(c.newMandate(pm, nil))
	}
	if si.Customer != nil && pm.Customer == nil {
		c.own(pm, *si.Customer)
	} else {
		next := *pm
		next.private.Ready = true
		c.tx.put(&next)
	}
	c.tx.put(si)
	c.emit("setup_intent.succeeded", si)
	c.setupDone(si)
	return si
}

func (c *call) failSetup(si *SetupIntent, pm *PaymentMethod, cd *card) error {
	e := cardError(cd.code, cd.decline, declineMessage(cd.code, cd.decline))
	shown := *e
	shown.PaymentMethod = pm
	si.Status, si.LastSetupError, si.PaymentMethod, si.LatestAttempt = needsMethod, &shown, nil, new(c.noteAttempt(si, pm, "failed", &shown))
	c.tx.put(si)
	c.emit("setup_intent.setup_failed", si)
	e.SetupIntent, e.PaymentMethod = si, pm
	return e
}

// setupAuthenticated continues after 3D Secure or the page of a wallet.
func (c *call) setupAuthenticated(old *SetupIntent, pass bool) (*SetupIntent, error) {
	next := *old
	pm, ok := find[*PaymentMethod](c.tx, deref(old.PaymentMethod))
	if !ok {
		return nil, noSuch("PaymentMethod", "payment_method", deref(old.PaymentMethod))
	}
	if pass {
		return c.completeSetup(&next, c.payer(pm)), nil
	}
	e := invalid("setup_intent_authentication_failure", "", "We are unable to authenticate your payment method. Please choose a different payment method and try again.")
	if isWallet(pm.Type) {
		e = invalid("setup_attempt_failed", "", "The payment method could not be set up: the buyer did not agree.")
	}
	e.PaymentMethod = pm
	next.Status, next.LastSetupError, next.PaymentMethod, next.NextAction = needsMethod, e, nil, nil
	c.tx.put(&next)
	c.emit("setup_intent.setup_failed", &next)
	return &next, nil
}

func retrieveSetup(c *call) (any, error) {
	si, err := pathObject[*SetupIntent](c, kindSetup)
	if err != nil {
		return nil, err
	}
	secret := c.p.str("client_secret")
	if c.publishable && secret == "" {
		return nil, missingParam("client_secret")
	}
	if secret != "" && secret != si.ClientSecret {
		return nil, notFound(kindSetup, c.id)
	}
	if c.publishable {
		return clientSetup(si), nil
	}
	return si, nil
}

func updateSetup(c *call) (any, error) {
	old, err := pathObject[*SetupIntent](c, kindSetup)
	if err != nil {
		return nil, err
	}
	next := *old
	next.Metadata = mergeMetadata(old.Metadata, c.p)
	if err := c.fillSetup(&next); err != nil {
		return nil, err
	}
	if types := c.p.strs("payment_method_types"); len(types) > 0 {
		if err := savable(types); err != nil {
			return nil, err
		}
		next.PaymentMethodTypes, next.AutomaticPaymentMethods = types, nil
	}
	c.tx.put(&next)
	return &next, nil
}

func cancelSetup(c *call) (any, error) {
	old, err := pathObject[*SetupIntent](c, kindSetup)
	if err != nil {
		return nil, err
	}
	if old.Status == succeeded || old.Status == canceled {
		return nil, unexpectedSetup(old, "You cannot cancel this SetupIntent because it has a status of %s. Only a SetupIntent with one of the following statuses may be canceled: requires_payment_method, requires_confirmation, requires_action.", old.Status)
	}
	next := *old
	next.Status, next.CancellationReason, next.NextAction = canceled, c.p.text("cancellation_reason"), nil
	c.tx.put(&next)
	c.emit("setup_intent.canceled", &next)
	return &next, nil
}

func listSetups(c *call) (any, error) {
	created, pm := createdFilter(c.p), c.p.str("payment_method")
	return page(c, kindSetup, c.p.str("customer"), func(si *SetupIntent) bool {
		return created(si.Created) && (pm == "" || deref(si.PaymentMethod) == pm)
	})
}
