package app

import (
	"checkoutd/internal/appearance"
	"checkoutd/internal/config"
	"checkoutd/internal/orders"
)

// elementsView are the options of stripe.elements(), in Stripe.js' own spelling
// (https://docs.stripe.com/js/elements_object/create_without_intent). All but the last
// three are the order's, so that the intent is created with the matching parameters.
type elementsView struct {
	Mode                       string                 `json:"mode"`
	Amount                     int64                  `json:"amount,omitempty"` // a setup has none
	Currency                   string                 `json:"currency"`
	CaptureMethod              string                 `json:"captureMethod,omitempty"`
	SetupFutureUsage           string                 `json:"setupFutureUsage,omitempty"`
	OnBehalfOf                 string                 `json:"onBehalfOf,omitempty"`
	PaymentMethodTypes         []string               `json:"paymentMethodTypes,omitempty"`
	PaymentMethodConfiguration string                 `json:"paymentMethodConfiguration,omitempty"`
	PaymentMethodOptions       *methodOptions         `json:"paymentMethodOptions,omitempty"`
	PaymentMethodCreation      string                 `json:"paymentMethodCreation,omitempty"`
	Appearance                 *appearance.Appearance `json:"appearance,omitempty"`
	Fonts                      []appearance.Font      `json:"fonts,omitempty"`
}

type methodOptions struct {
	Card          *cardOptions `json:"card,omitempty"`
	USBankAccount *bankOptions `json:"us_bank_account,omitempty"`
}

type cardOptions struct {
	RequireCVCRecollection bool          `json:"require_cvc_recollection,omitempty"`
	Installments           *installments `json:"installments,omitempty"`
}

type installments struct {
	Enabled bool `json:"enabled"`
}

type bankOptions struct {
	VerificationMethod string `json:"verification_method"`
}

func elementsOf(cfg *config.Config, o orders.Order) elementsView {
	v := elementsView{
		Mode: string(o.Mode), Amount: o.Amount, Currency: o.Currency,
		CaptureMethod: o.Options.CaptureMethod, SetupFutureUsage: o.Options.SetupFutureUsage, OnBehalfOf: o.Options.OnBehalfOf,
		PaymentMethodTypes: o.Options.PaymentMethodTypes, PaymentMethodConfiguration: o.Options.PaymentMethodConfiguration,
		PaymentMethodOptions: methodOptionsOf(o.Options), PaymentMethodCreation: cfg.PaymentMethodCreation,
	}
	if cfg.Appearance != nil {
		v.Appearance, v.Fonts = &cfg.Appearance.Light, cfg.Appearance.Fonts
	}
	return v
}

// methodOptionsOf are the options of single payment methods, nil for none.
func methodOptionsOf(o orders.Options) *methodOptions {
	var m methodOptions
	if o.RequireCVCRecollection || o.Installments {
		m.Card = &cardOptions{RequireCVCRecollection: o.RequireCVCRecollection}
	}
	if o.Installments {
		m.Card.Installments = &installments{Enabled: true}
	}
	if o.BankVerification != "" {
		m.USBankAccount = &bankOptions{o.BankVerification}
	}
	if m == (methodOptions{}) {
		return nil
	}
	return &m
}

// paymentElementView are the options of elements.create('payment')
// (https://docs.stripe.com/js/elements_object/create_payment_element).
type paymentElementView struct {
	Layout   layoutView   `json:"layout"`
	Business businessView `json:"business"`
	Wallets  *walletsView `json:"wallets,omitempty"`
}

type layoutView struct {
	Type             string `json:"type"`
	DefaultCollapsed *bool  `json:"defaultCollapsed,omitempty"`
	Radios           *bool  `json:"radios,omitempty"`
	SpacedItems      *bool  `json:"spacedAccordionItems,omitempty"`
	VisibleItems     *int   `json:"visibleAccordionItemsCount,omitempty"`
}

type businessView struct {
	Name string `json:"name"`
}

type walletsView struct {
	ApplePay  string `json:"applePay"`
	GooglePay string `json:"googlePay"`
}

func paymentElementOf(cfg *config.Config) paymentElementView {
	v := paymentElementView{Layout: layoutView(cfg.Layout), Business: businessView{cfg.BrandName}}
	if cfg.ExpressCheckout {
		// They are above the form already.
		v.Wallets = &walletsView{ApplePay: "never", GooglePay: "never"}
	}
	return v
}

// expressView is the Express Checkout Element: the options of elements.create, and those
// with which the page resolves its click event, to which it adds the order's lines and
// shipping rates (https://docs.stripe.com/js/elements_object/create_express_checkout_element).
type expressView struct {
	Create expressCreate `json:"create"`
	Click  expressClick  `json:"click"`
}

type expressCreate struct {
	ButtonHeight int `json:"buttonHeight"` // pixels
}

type expressClick struct {
	Business                 businessView `json:"business"`
	EmailRequired            bool         `json:"emailRequired,omitempty"`
	PhoneNumberRequired      bool         `json:"phoneNumberRequired,omitempty"`
	BillingAddressRequired   bool         `json:"billingAddressRequired,omitempty"`
	ShippingAddressRequired  bool         `json:"shippingAddressRequired,omitempty"`
	AllowedShippingCountries []string     `json:"allowedShippingCountries,omitempty"` // none: everywhere
}

// expressHeight is that of the page's own button; Stripe takes 40 to 55.
const expressHeight = 50

func expressOf(cfg *config.Config, o orders.View) *expressView {
	if !cfg.ExpressCheckout {
		return nil
	}
	v := expressView{Create: expressCreate{expressHeight}, Click: expressClick{
		Business: businessView{cfg.BrandName}, EmailRequired: cfg.CollectEmail, BillingAddressRequired: cfg.BillingAddress == billingFull,
	}}
	if o.Ships {
		v.Click.ShippingAddressRequired, v.Click.PhoneNumberRequired = true, cfg.ShippingPhone
		v.Click.AllowedShippingCountries = o.ShippingCountries
	}
	return &v
}

// billingFull is the BILLING_ADDRESS that asks for all of it.
const billingFull = "full"

// addressView says which Address Elements the page shows.
type addressView struct {
	Shipping bool `json:"shipping"`
	Billing  bool `json:"billing"`
	Phone    bool `json:"phone"` // with the shipping address
}
