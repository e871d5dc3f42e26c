package sandbox

import (
	"cmp"
	"time"
)

// confirmationTokenLife is how long a confirmation token can be used.
const confirmationTokenLife = 12 * time.Hour

// ConfirmationToken is https://docs.stripe.com/api/confirmation_tokens/object.
type ConfirmationToken struct {
	ID                   string         `json:"id"`
	Object               string         `json:"object"`
	Created              int64          `json:"created"`
	ExpiresAt            int64          `json:"expires_at"`
	Livemode             bool           `json:"livemode"`
	MandateData          *MandateData   `json:"mandate_data"`
	PaymentIntent        *string        `json:"payment_intent"`
	PaymentMethodOptions *tokenOptions  `json:"payment_method_options"`
	PaymentMethodPreview *MethodPreview `json:"payment_method_preview"`
	ReturnURL            *string        `json:"return_url"`
	SetupFutureUsage     *string        `json:"setup_future_usage"`
	SetupIntent          *string        `json:"setup_intent"`
	Shipping             *TokenShipping `json:"shipping"`
	UseStripeSDK         bool           `json:"use_stripe_sdk"`

	private tokenPrivate
}

type tokenPrivate struct {
	Saved    string         `json:"saved,omitempty"` // an existing payment method
	Fresh    *PaymentMethod `json:"fresh,omitempty"` // one to be made when the token is used
	Secrets  methodPrivate  `json:"secrets"`         // of Fresh
	CVCGiven bool           `json:"cvc_given"`       // the buyer typed the code of a saved card again
}

type tokenOptions struct {
	Card tokenCardOptions `json:"card"`
}

type tokenCardOptions struct {
	CVCToken *string `json:"cvc_token"`
}

// TokenShipping is the shipping part of a token.
type TokenShipping struct {
	Address Address `json:"address"`
	Name    string  `json:"name"`
	Phone   *string `json:"phone"`
}

// MandateData is the buyer's consent to be debited.
type MandateData struct {
	CustomerAcceptance CustomerAcceptance `json:"customer_acceptance"`
}

// CustomerAcceptance says how consent was given.
type CustomerAcceptance struct {
	Online *OnlineAcceptance `json:"online"`
	Type   string            `json:"type"`
}

// OnlineAcceptance says from where consent was given.
type OnlineAcceptance struct {
	IPAddress *string `json:"ip_address"`
	UserAgent *string `json:"user_agent"`
}

// MethodPreview is a payment method that does not exist yet.
type MethodPreview struct {
	AllowRedisplay string         `json:"allow_redisplay"`
	AmazonPay      *struct{}      `json:"amazon_pay,omitempty"`
	BillingDetails BillingDetails `json:"billing_details"`
	Card           *MethodCard    `json:"card,omitempty"`
	Customer       *string        `json:"customer"`
	Ideal          *MethodIdeal   `json:"ideal,omitempty"`
	Klarna         *MethodKlarna  `json:"klarna,omitempty"`
	Link           *MethodLink    `json:"link,omitempty"`
	Paypal         *MethodPaypal  `json:"paypal,omitempty"`
	SEPADebit      *MethodSEPA    `json:"sepa_debit,omitempty"`
	Type           string         `json:"type"`
	USBankAccount  *MethodUSBank  `json:"us_bank_account,omitempty"`
}

func (o *ConfirmationToken) objectID() string   { return o.ID }
func (o *ConfirmationToken) objectKind() string { return kindConfToken }
func (o *ConfirmationToken) parents() []string  { return nil }
func (o *ConfirmationToken) secrets() any       { return &o.private }

func previewOf(pm *PaymentMethod) *MethodPreview {
	out := &MethodPreview{
		AllowRedisplay: pm.AllowRedisplay, BillingDetails: pm.BillingDetails, Card: pm.Card, Customer: pm.Customer,
		AmazonPay: pm.AmazonPay, Ideal: pm.Ideal, Klarna: pm.Klarna, Link: pm.Link, Paypal: pm.Paypal, SEPADebit: pm.SEPADebit, Type: pm.Type, USBankAccount: pm.USBankAccount,
	}
	return out
}

// createToken serves the browser's call and the one of test helpers; a publishable key or a secret one will do.
func createToken(c *call) (any, error) {
	if refused := c.p.str("payment_method_data", "type"); refused == "blik" || refused == "acss_debit" {
		return nil, invalid("", "payment_method_data[type]", "Confirmation tokens do not support the payment method type %s.", refused)
	}
	ct := &ConfirmationToken{
		ID: newID("ctoken"), Object: kindConfToken, Created: c.now.Unix(), ExpiresAt: c.now.Add(confirmationTokenLife).Unix(),
		ReturnURL: c.p.text("return_url"), SetupFutureUsage: c.p.text("setup_future_usage"), UseStripeSDK: true,
		MandateData: readMandate(c.p.at("mandate_data")), Shipping: readTokenShipping(c.p.at("shipping")),
	}
	if c.p.has("use_stripe_sdk") {
		ct.UseStripeSDK = c.p.flag("use_stripe_sdk")
	}
	if err := c.fillToken(ct); err != nil {
		return nil, err
	}
	c.tx.put(ct)
	return ct, nil
}

// fillToken sets what the token will pay with: new details or a saved method.
func (c *call) fillToken(ct *ConfirmationToken) error {
	if saved := c.p.str("payment_method"); saved != "" {
		return c.fillSavedToken(ct, saved)
	}
	data := c.p.at("payment_method_data")
	if data == nil {
		return missingParam("payment_method_data")
	}
	pm, err := c.newMethod(data)
	if err != nil {
		return err
	}
	ct.private.Fresh, ct.private.Secrets = pm, pm.private
	ct.PaymentMethodPreview = previewOf(pm)
	return nil
}

func (c *call) fillSavedToken(ct *ConfirmationToken, saved string) error {
	pm, err := c.savedForToken(saved)
	if err != nil {
		return err
	}
	ct.PaymentMethodPreview = previewOf(pm)
	if pm.ID != saved {
		ct.private.Fresh, ct.private.Secrets = pm, pm.private
	} else {
		ct.private.Saved = pm.ID
	}
	if cvc := c.p.str("payment_method_options", "card", "cvc"); cvc != "" {
		if pm.Card == nil || !cvcFits(cvc, pm.Card.Brand) {
			return cardProblem(c.p.at("payment_method_options", "card"), "invalid_cvc", "cvc")
		}
		ct.private.CVCGiven = true
		ct.PaymentMethodOptions = &tokenOptions{Card: tokenCardOptions{CVCToken: new(newID("cvctok"))}}
	}
	return nil
}

// savedForToken finds the payment method that a token names; the browser may name only those of its customer session.
func (c *call) savedForToken(id string) (*PaymentMethod, error) {
	if pm, ok := c.namedMethod(id); ok && !c.publishable {
		return pm, nil
	}
	pm, ok := find[*PaymentMethod](c.tx, id)
	if !ok || pm.private.Detached {
		return nil, noSuch("PaymentMethod", "payment_method", id)
	}
	if secret := c.p.str("customer_session_client_secret"); secret != "" {
		cs, err := c.sessionOf(secret)
		if err != nil {
			return nil, err
		}
		if deref(pm.Customer) != cs.Customer {
			return nil, noSuch("PaymentMethod", "payment_method", id)
		}
	}
	return pm, nil
}

func readMandate(p *params) *MandateData {
	if p == nil {
		return nil
	}
	acc := p.at("customer_acceptance")
	out := &MandateData{CustomerAcceptance: CustomerAcceptance{Type: cmp.Or(acc.str("type"), "online")}}
	if online := acc.at("online"); online != nil {
		out.CustomerAcceptance.Online = &OnlineAcceptance{IPAddress: online.text("ip_address"), UserAgent: online.text("user_agent")}
	}
	return out
}

func readTokenShipping(p *params) *TokenShipping {
	s := readShipping(p)
	if s == nil {
		return nil
	}
	out := &TokenShipping{Name: deref(s.Name), Phone: s.Phone}
	if s.Address != nil {
		out.Address = *s.Address
	}
	return out
}

func retrieveToken(c *call) (any, error) { return pathObject[*ConfirmationToken](c, kindConfToken) }

// redeem takes a token that may still be used and returns its payment method; the token belongs to the intent from now on.
func (c *call) redeem(id, customer string, forSetup bool, intent string) (*ConfirmationToken, *PaymentMethod, error) {
	ct, ok := find[*ConfirmationToken](c.tx, id)
	if !ok {
		return nil, nil, noSuch(kindConfToken, kindConfToken, id)
	}
	if used := deref(ct.PaymentIntent) + deref(ct.SetupIntent); used != "" {
		return nil, nil, invalid("confirmation_token_already_used", kindConfToken, "The provided ConfirmationToken %s has already been used to confirm %s. A ConfirmationToken can be used only once; create a new one and try again.", id, used)
	}
	if c.now.Unix() >= ct.ExpiresAt {
		return nil, nil, invalid("confirmation_token_expired", kindConfToken, "The provided ConfirmationToken %s has expired. Create a new one and try again.", id)
	}
	pm, err := c.tokenMethod(ct, customer)
	if err != nil {
		return nil, nil, err
	}
	c.consent = ct.MandateData
	next := *ct
	next.private.Fresh = nil
	if forSetup {
		next.SetupIntent = &intent
	} else {
		next.PaymentIntent = &intent
	}
	c.tx.put(&next)
	return &next, pm, nil
}

// tokenMethod makes or finds the payment method of a token.
func (c *call) tokenMethod(ct *ConfirmationToken, customer string) (*PaymentMethod, error) {
	if ct.private.Fresh == nil {
		return c.usable(ct.private.Saved, customer, "confirmation_token")
	}
	pm := *ct.private.Fresh
	pm.private, pm.Created = ct.private.Secrets, c.now.Unix()
	c.tx.put(&pm)
	return &pm, nil
}
