package pages

import (
	"checkoutd/internal/appearance"
	"checkoutd/internal/orders"
)

// elementsView holds the options of stripe.elements(), spelled as in Stripe.js
// (https://docs.stripe.com/js/elements_object/create_without_intent). All but
// the last three come from the order, so that its intent is created with the
// same parameters.
type elementsView struct {
	Mode                       orders.Mode            `json:"mode"`
	Amount                     int64                  `json:"amount,omitempty"` // a setup and a free order have none
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

func (p *Pages) elements(o orders.Order) elementsView {
	v := elementsView{
		Mode:                       modeOfElements(o),
		Amount:                     o.Amount,
		Currency:                   o.Currency,
		CaptureMethod:              o.Options.CaptureMethod,
		SetupFutureUsage:           o.Options.SetupFutureUsage,
		OnBehalfOf:                 o.Options.OnBehalfOf,
		PaymentMethodTypes:         o.Options.PaymentMethodTypes,
		PaymentMethodConfiguration: o.Options.PaymentMethodConfiguration,
		PaymentMethodOptions:       methodOptionsOf(o.Options),
		PaymentMethodCreation:      p.cfg.Form.MethodCreation,
	}

	if look := p.cfg.Appearance; look != nil {
		v.Appearance, v.Fonts = &look.Light, look.Fonts
	}

	return v
}

// modeOfElements returns the mode of an order's Elements. A trial begins with a
// SetupIntent, as an order in mode setup does.
func modeOfElements(o orders.Order) orders.Mode {
	if o.Trial() {
		return orders.ModeSetup
	}
	return o.Mode
}

// darkAppearance returns what replaces elements.appearance on dark screens, nil
// unless the shop configured an appearance.
func (p *Pages) darkAppearance() *appearance.Appearance {
	if p.cfg.Appearance == nil {
		return nil
	}
	return &p.cfg.Appearance.Dark
}

// methodOptionsOf returns the options of single payment methods, nil for none.
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

// paymentElementView holds the options of elements.create('payment')
// (https://docs.stripe.com/js/elements_object/create_payment_element).
type paymentElementView struct {
	Layout   Layout       `json:"layout"`
	Business businessView `json:"business"`
	Wallets  *walletsView `json:"wallets,omitempty"`
	// MethodOrder holds the methods that come first. Stripe orders the others
	// after them, and ignores what it does not offer.
	MethodOrder []string `json:"paymentMethodOrder,omitempty"`
}

// Layout is how the Payment Element lists the payment methods. Nil fields
// leave the choice to Stripe.
type Layout struct {
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

// paymentElement returns the options for a buyer who last tried to pay with a
// method of the given type, "" if nothing failed. The first method is the one
// that the element opens with, unless it opens with none or with a saved one:
// Stripe.js has no other way to choose it.
func (p *Pages) paymentElement(tried string) paymentElementView {
	v := paymentElementView{Layout: p.cfg.Form.Layout, Business: businessView{p.cfg.BrandName}}
	if p.cfg.Form.Express {
		// The Express Checkout Element above the form has the wallets already.
		v.Wallets = &walletsView{ApplePay: "never", GooglePay: "never"}
	}

	if tried != "" {
		v.MethodOrder, v.Layout.DefaultCollapsed = []string{tried}, new(bool)
	}

	return v
}

// expressView configures the Express Checkout Element: Create is passed to
// elements.create, Click resolves its click event. The page adds the order's
// lines and shipping rates to Click
// (https://docs.stripe.com/js/elements_object/create_express_checkout_element).
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

// expressHeight is the height of the page's own button; Stripe accepts 40 to
// 55.
const expressHeight = 50

// express returns nil unless the shop shows the Express Checkout Element.
func (p *Pages) express(o orders.View) *expressView {
	form := p.cfg.Form
	if !form.Express {
		return nil
	}

	click := expressClick{
		Business:               businessView{p.cfg.BrandName},
		EmailRequired:          form.CollectEmail,
		BillingAddressRequired: form.BillingAddress,
	}

	if o.Ships {
		click.ShippingAddressRequired = true
		click.PhoneNumberRequired = form.ShippingPhone
		click.AllowedShippingCountries = o.ShippingCountries
	}

	return &expressView{Create: expressCreate{expressHeight}, Click: click}
}

// addressView lists which Address Elements the page shows.
type addressView struct {
	Shipping bool `json:"shipping"`
	Billing  bool `json:"billing"`
	Phone    bool `json:"phone"` // with the shipping address
	// Country is where the buyer seems to be, "" where nothing says so.
	Country string `json:"country,omitempty"`
}
