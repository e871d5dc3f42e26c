package payments

import (
	"checkoutd/internal/sandbox/api"
)

// ConfirmationToken is https://docs.stripe.com/api/confirmation_tokens/object.
type ConfirmationToken struct {
	ID                   string         `json:"id"`
	Object               string         `json:"object"`
	Created              int64          `json:"created"`
	ExpiresAt            *int64         `json:"expires_at"` // null once the token is used
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

// tokenPrivate is what the sandbox knows about a token and never sends: the
// payment method behind the preview, which is either saved or new.
type tokenPrivate struct {
	Saved    string         `json:"saved,omitempty"` // the ID of a saved payment method
	Fresh    *PaymentMethod `json:"fresh,omitempty"` // a payment method to store when the token is redeemed
	Secrets  methodPrivate  `json:"secrets"`         // the private part of Fresh
	CVCGiven bool           `json:"cvc_given"`       // the buyer has entered the code of a saved card again
}

type tokenOptions struct {
	Card tokenCardOptions `json:"card"`
}

type tokenCardOptions struct {
	CVCToken *string `json:"cvc_token"`
}

// TokenShipping is the shipping address that a token carries.
type TokenShipping struct {
	Address api.Address `json:"address"`
	Name    string      `json:"name"`
	Phone   *string     `json:"phone"`
}

// MandateData is the buyer's consent to be debited.
type MandateData struct {
	CustomerAcceptance CustomerAcceptance `json:"customer_acceptance"`
}

// CustomerAcceptance is how the buyer consented.
type CustomerAcceptance struct {
	Online *OnlineAcceptance `json:"online"`
	Type   string            `json:"type"`
}

// OnlineAcceptance is the browser in which the buyer consented.
type OnlineAcceptance struct {
	IPAddress *string `json:"ip_address"`
	UserAgent *string `json:"user_agent"`
}

// MethodPreview is the payment method that a token will pay with, without an
// ID.
type MethodPreview struct {
	AllowRedisplay string             `json:"allow_redisplay"`
	AmazonPay      *struct{}          `json:"amazon_pay,omitempty"`
	BillingDetails api.BillingDetails `json:"billing_details"`
	Card           *MethodCard        `json:"card,omitempty"`
	Customer       *string            `json:"customer"`
	Ideal          *MethodIdeal       `json:"ideal,omitempty"`
	Klarna         *MethodKlarna      `json:"klarna,omitempty"`
	Link           *MethodLink        `json:"link,omitempty"`
	Paypal         *MethodPaypal      `json:"paypal,omitempty"`
	SEPADebit      *MethodSEPA        `json:"sepa_debit,omitempty"`
	Type           string             `json:"type"`
	USBankAccount  *MethodUSBank      `json:"us_bank_account,omitempty"`
}

func (o *ConfirmationToken) ObjectID() string   { return o.ID }
func (o *ConfirmationToken) ObjectKind() string { return api.KindConfToken }
func (o *ConfirmationToken) Parents() []string  { return nil }
func (o *ConfirmationToken) Secrets() any       { return &o.private }

// previewOf returns the preview of a payment method.
func previewOf(pm *PaymentMethod) *MethodPreview {
	return &MethodPreview{
		AllowRedisplay: pm.AllowRedisplay,
		BillingDetails: pm.BillingDetails,
		Card:           pm.Card,
		Customer:       pm.Customer,
		AmazonPay:      pm.AmazonPay,
		Ideal:          pm.Ideal,
		Klarna:         pm.Klarna,
		Link:           pm.Link,
		Paypal:         pm.Paypal,
		SEPADebit:      pm.SEPADebit,
		Type:           pm.Type,
		USBankAccount:  pm.USBankAccount,
	}
}
