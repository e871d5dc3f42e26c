package payments

import (
	"cmp"
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// confirmationTokenLife is how long a ConfirmationToken is valid.
const confirmationTokenLife = 12 * time.Hour

// createToken is POST /v1/confirmation_tokens, which browsers call, and its
// twin among the test helpers, which servers call.
func createToken(c *Call) (any, error) {
	if kind := c.Params.String("payment_method_data", "type"); kind == "blik" || kind == "acss_debit" {
		return nil, wire.Invalid(
			"", "payment_method_data[type]",
			"Confirmation tokens do not support the payment method type %s.",
			kind,
		)
	}

	ct := &ConfirmationToken{
		ID:               wire.NewID("ctoken"),
		Object:           api.KindConfToken,
		Created:          c.Now.Unix(),
		ExpiresAt:        new(c.Now.Add(confirmationTokenLife).Unix()),
		ReturnURL:        c.Params.Text("return_url"),
		SetupFutureUsage: wire.OrNil(tokenUsage(c.Params)),
		UseStripeSDK:     true,
		MandateData:      readMandate(c.Params.At("mandate_data")),
		Shipping:         readTokenShipping(c.Params.At("shipping")),
	}

	if c.Params.Has("use_stripe_sdk") {
		ct.UseStripeSDK = c.Params.Bool("use_stripe_sdk")
	}

	if err := c.fillToken(ct); err != nil {
		return nil, err
	}

	c.Tx.Put(ct)
	return ct, nil
}

// tokenUsage returns the later payments for which a token saves its payment
// method. What Stripe.js collects for a setup or a subscription is always
// saved.
func tokenUsage(p *wire.Params) string {
	usage := cmp.Or(p.String("setup_future_usage"), p.String("client_context", "setup_future_usage"))
	if mode := p.String("client_context", "mode"); usage == "" && (mode == "setup" || mode == "subscription") {
		return "off_session"
	}
	return usage
}

// fillToken sets the payment method of a token: a saved one, or a new one with
// the details of the call.
func (c *Call) fillToken(ct *ConfirmationToken) error {
	if saved := c.Params.String("payment_method"); saved != "" {
		return c.fillSavedToken(ct, saved)
	}

	data := c.Params.At("payment_method_data")
	if data == nil {
		return wire.MissingParam("payment_method_data")
	}

	pm, err := c.newMethod(data)
	if err != nil {
		return err
	}

	ct.private.Fresh, ct.private.Secrets = pm, pm.private
	ct.PaymentMethodPreview = previewOf(pm)
	return nil
}

// fillSavedToken sets a saved payment method, and its code if the buyer has
// entered it again.
func (c *Call) fillSavedToken(ct *ConfirmationToken, saved string) error {
	pm, err := c.savedForToken(saved)
	if err != nil {
		return err
	}

	ct.PaymentMethodPreview = previewOf(pm)
	if pm.ID != saved { // saved is the name of a test method
		ct.private.Fresh, ct.private.Secrets = pm, pm.private
	} else {
		ct.private.Saved = pm.ID
	}

	if cvc := c.Params.String("payment_method_options", "card", "cvc"); cvc != "" {
		if pm.Card == nil || !cvcFits(cvc, pm.Card.Brand) {
			return cardProblem(c.Params.At("payment_method_options", "card"), "invalid_cvc", "cvc")
		}

		ct.private.CVCGiven = true
		ct.PaymentMethodOptions = &tokenOptions{Card: tokenCardOptions{CVCToken: new(wire.NewID("cvctok"))}}
	}

	return nil
}

// savedForToken returns the payment method that a token names. If the call
// comes with a customer session, the method must be that customer's.
func (c *Call) savedForToken(id string) (*PaymentMethod, error) {
	if pm, ok := c.namedMethod(id); ok && !c.Publishable {
		return pm, nil
	}

	pm, ok := memory.Find[*PaymentMethod](c.Tx, id)
	if !ok || pm.private.Detached {
		return nil, wire.NoSuch("PaymentMethod", "payment_method", id)
	}

	if secret := c.Params.String("customer_session_client_secret"); secret != "" {
		cs, err := c.sessionOf(secret)
		if err != nil {
			return nil, err
		}
		if wire.Deref(pm.Customer) != cs.Customer {
			return nil, wire.NoSuch("PaymentMethod", "payment_method", id)
		}
	}

	return pm, nil
}

// readMandate returns the consent in the parameters, nil if there is none.
func readMandate(p *wire.Params) *MandateData {
	if p == nil {
		return nil
	}

	sent := p.At("customer_acceptance")
	out := &MandateData{CustomerAcceptance: CustomerAcceptance{Type: cmp.Or(sent.String("type"), "online")}}
	if online := sent.At("online"); online != nil {
		out.CustomerAcceptance.Online = &OnlineAcceptance{
			IPAddress: online.Text("ip_address"),
			UserAgent: online.Text("user_agent"),
		}
	}

	return out
}

// readTokenShipping returns the shipping address in the parameters, nil if
// there is none.
func readTokenShipping(p *wire.Params) *TokenShipping {
	s := api.ReadShipping(p)
	if s == nil {
		return nil
	}

	out := &TokenShipping{Name: wire.Deref(s.Name), Phone: s.Phone}
	if s.Address != nil {
		out.Address = *s.Address
	}

	return out
}

func retrieveToken(c *Call) (any, error) {
	return api.PathObject[*ConfirmationToken](c.API(), api.KindConfToken)
}

// redeem binds a token to the intent that it confirms, after which no other
// intent can use it, and returns the token and its payment method. It returns
// an error if the token has been used or has expired.
func (c *Call) redeem(
	id, customer string, forSetup bool, intent string,
) (*ConfirmationToken, *PaymentMethod, error) {
	ct, ok := memory.Find[*ConfirmationToken](c.Tx, id)
	if !ok {
		return nil, nil, wire.NoSuch(api.KindConfToken, api.KindConfToken, id)
	}

	if used := wire.Deref(ct.PaymentIntent) + wire.Deref(ct.SetupIntent); used != "" {
		return nil, nil, wire.Invalid(
			"confirmation_token_already_used", api.KindConfToken,
			"The provided ConfirmationToken %s has already been used to confirm %s. A "+
				"ConfirmationToken can be used only once; create a new one and try again.",
			id, used,
		)
	}

	if c.Now.Unix() >= wire.Deref(ct.ExpiresAt) {
		return nil, nil, wire.Invalid(
			"confirmation_token_expired", api.KindConfToken,
			"The provided ConfirmationToken %s has expired. Create a new one and try again.",
			id,
		)
	}

	pm, err := c.tokenMethod(ct, customer, intent)
	if err != nil {
		return nil, nil, err
	}

	c.consent = ct.MandateData
	next := *ct
	next.private.Fresh, next.ExpiresAt = nil, nil

	if forSetup {
		next.SetupIntent = &intent
	} else {
		next.PaymentIntent = &intent
	}

	c.Tx.Put(&next)
	return &next, pm, nil
}

// saves returns Stripe's refusal if an intent, named by what, is to save the
// payment method of a token that was made for a single payment. If both save
// it, the intent's usage takes precedence.
func (o *ConfirmationToken) saves(what string, usage *string) error {
	if usage == nil || o.SetupFutureUsage != nil {
		return nil
	}

	return wire.Invalid("", "",
		"The provided setup_future_usage (%s) does not match the setup_future_usage from the provided "+
			"confirmation_token (null). Try confirming with a %s that is configured to use the same parameters as "+
			"the confirmation_token.",
		*usage, what,
	)
}

// tokenMethod returns the payment method of a token for an intent. It stores a
// new one.
func (c *Call) tokenMethod(ct *ConfirmationToken, customer, intent string) (*PaymentMethod, error) {
	if ct.private.Fresh == nil {
		return c.usableFor(intent, ct.private.Saved, customer, "confirmation_token")
	}

	pm := *ct.private.Fresh
	pm.private, pm.Created = ct.private.Secrets, c.Now.Unix()

	c.Tx.Put(&pm)
	return &pm, nil
}
