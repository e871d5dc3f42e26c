package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// Pay sends the attempt down the path of its payment method.
func (c *Call) Pay(a *Attempt) (*PaymentIntent, error) {
	switch {
	case a.Method.Type == "card":
		return c.payCard(a)
	case redirects(a.Method.Type) && !agreed(a.Method):
		return c.askRedirect(a), nil
	case a.Method.Type == "us_bank_account" && a.needsDeposits():
		return c.awaitMicrodeposits(a), nil
	case a.Method.Type == "sepa_debit", a.Method.Type == "us_bank_account":
		return c.startDelayed(a), nil
	case a.Method.Type == "customer_balance":
		return c.awaitTransfer(a), nil
	}

	if v, ok := voucherOf(a.Method.Type); ok {
		return c.awaitVoucher(a, v)
	}

	return c.charge(a)
}

// payCard charges a card unless the cardholder has to authenticate first.
func (c *Call) payCard(a *Attempt) (*PaymentIntent, error) {
	cd := a.Method.testCard()
	a.secured = a.Intent.private.Secured
	if a.secured || !asksBuyer(cd, a) {
		return c.charge(a)
	}

	// Off session nobody is there to authenticate. Only an invoice waits until
	// the buyer comes back to do so.
	if a.noAction {
		return c.refuseAction(a)
	}
	if a.OffSession && a.Intent.Invoice == nil {
		return c.decline(a, testcards.DeclineOf("authentication_required", "authentication_required"))
	}
	if cd.Auth == "error" {
		return c.decline(a, testcards.DeclineOf("card_declined", "generic_decline"))
	}

	return c.askAuthentication(a), nil
}

// askAuthentication leaves the intent waiting for 3D Secure.
func (c *Call) askAuthentication(a *Attempt) *PaymentIntent {
	a.Intent.NextAction = c.authenticationOf(a.Intent.ID, a.Intent.ClientSecret, &a.Intent.private)
	return c.waitForBuyer(a)
}

// authenticationOf returns the way to the 3D Secure page of an intent: within
// Stripe.js, or by a redirect if the shop does without it.
func (c *Call) authenticationOf(intent, secret string, private *intentPrivate) *NextAction {
	url := c.buyerPage("/3ds/", intent, secret)
	if private.SDK || private.ReturnURL == "" {
		return &NextAction{Type: "use_stripe_sdk", UseStripeSDK: &SDKAction{
			Type:     "three_d_secure_redirect",
			StripeJS: url,
			Source:   wire.NewID("src"),
		}}
	}

	return &NextAction{Type: "redirect_to_url", RedirectToURL: &RedirectToURL{
		ReturnURL: &private.ReturnURL,
		URL:       url,
	}}
}

// askRedirect sends the buyer to the page of a bank or lender.
func (c *Call) askRedirect(a *Attempt) *PaymentIntent {
	a.Intent.NextAction = c.redirectTo(a.Intent.ID, a.Intent.ClientSecret, a.Intent.private.ReturnURL)
	return c.waitForBuyer(a)
}

// redirectTo returns the way to the page on which the buyer of an intent agrees
// or refuses.
func (c *Call) redirectTo(intent, secret, returnURL string) *NextAction {
	return &NextAction{Type: "redirect_to_url", RedirectToURL: &RedirectToURL{
		ReturnURL: wire.OrNil(returnURL),
		URL:       c.buyerPage("/redirect/", intent, secret),
	}}
}

// buyerPage returns the address of the page on which the buyer acts. The page
// reads the intent in its account.
func (c *Call) buyerPage(path, intent, secret string) string {
	url := c.Base() + path + intent + "?client_secret=" + secret
	if c.Account != api.PlatformAccount {
		url += "&account=" + c.Account
	}
	return url
}

// waitForBuyer stores an intent whose next action the buyer has to take.
func (c *Call) waitForBuyer(a *Attempt) *PaymentIntent {
	a.Intent.Status = StatusRequiresAction
	c.Tx.Put(a.Intent)
	c.Emit("payment_intent.requires_action", a.Intent)
	c.follow(a.Intent)
	return a.Intent
}
