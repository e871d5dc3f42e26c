package config

import (
	"bytes"
	"errors"
	"regexp"
)

// Page is what the checkout page offers and asks for beside the payment
// method.
type Page struct {
	ExpressCheckout       bool // wallets and Link above the form
	CollectEmail          bool
	PrefillContact        bool   // fill the form of a browser that has paid before
	BillingAddress        string // auto or full
	ShippingPhone         bool
	CountryHeader         string // of a trusted proxy, "" for none
	PaymentMethodCreation string // option of Elements: manual or ""
	AppleDomainFile       string
	AppleDomain           []byte // the content of AppleDomainFile, nil if it is not set
}

// maxAppleDomain bounds APPLE_PAY_DOMAIN_FILE. Stripe's has 9 KB.
const maxAppleDomain = 64 << 10

func pageSection() section {
	return section{title: "Checkout page", finish: (*loading).finishPage, options: []option{
		{
			name: "EXPRESS_CHECKOUT",
			def:  "true",
			help: "true shows the buttons of wallets (Apple Pay, Google Pay, Link and others) above the form to " +
				"buyers who have one.",
			modes: checkoutModes,
			read:  boolean(func(c *Config) *bool { return &c.ExpressCheckout }),
		},
		{
			name: "BILLING_ADDRESS",
			def:  "auto",
			help: "auto: the form asks for what the payment method needs; full: it asks for the whole billing " +
				"address. Where an order ships, it is the shipping address unless the buyer says otherwise.",
			modes: checkoutModes,
			read:  oneOf(func(c *Config) *string { return &c.BillingAddress }, "auto", "full"),
		},
		{
			name:  "SHIPPING_PHONE",
			def:   "false",
			help:  "true asks for a phone number with the shipping address.",
			modes: checkoutModes,
			read:  boolean(func(c *Config) *bool { return &c.ShippingPhone }),
		},
		{
			name: "COUNTRY_HEADER",
			help: "The header in which your CDN tells the buyer's country, like CF-IPCountry: the form begins with " +
				"it. It is believed of TRUSTED_PROXIES only, which have to set or drop it. Without it the form begins " +
				"with the region of the browser's language.",
			modes: checkoutModes,
			read:  readCountryHeader,
		},
		{
			name:  "COLLECT_EMAIL",
			def:   "false",
			help:  "true asks for the buyer's e-mail address, by which Link recognises its users.",
			modes: checkoutModes,
			read:  boolean(func(c *Config) *bool { return &c.CollectEmail }),
		},
		{
			name: "PREFILL_CONTACT",
			def:  "true",
			help: "true fills the form with the e-mail address, name, phone number and addresses of the order that " +
				"the same browser paid last. Set it to false where people share a browser, as at a kiosk.",
			modes: checkoutModes,
			read:  boolean(func(c *Config) *bool { return &c.PrefillContact }),
		},
		{
			name: "PAYMENT_METHOD_CREATION",
			help: "manual lets your own scripts call stripe.createPaymentMethod with the page's Elements. " +
				"checkoutd's own page does not need it.",
			modes: checkoutModes,
			read:  oneOf(func(c *Config) *string { return &c.PaymentMethodCreation }, "", "manual"),
		},
		{
			name: "APPLE_PAY_DOMAIN_FILE",
			help: "Stripe's file that proves to Apple that this domain is yours, served at " +
				"/.well-known/apple-developer-merchantid-domain-association. See docs/wallets.md.",
			modes: checkoutModes,
			read:  text(func(c *Config) *string { return &c.AppleDomainFile }),
		},
	}}
}

var headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,60}$`)

func readCountryHeader(c *Config, s string) error {
	if s != "" && !headerName.MatchString(s) {
		return errors.New("is not the name of a header. Use one like CF-IPCountry")
	}
	c.CountryHeader = s
	return nil
}

// finishPage reads the file of APPLE_PAY_DOMAIN_FILE.
func (l *loading) finishPage() {
	c := l.config
	if c.AppleDomainFile == "" {
		return
	}

	data, err := l.sources.readFile(c.AppleDomainFile)
	switch {
	case err != nil:
		l.problem("APPLE_PAY_DOMAIN_FILE", "cannot be read: %s. Give the path of a file that this user may read", err)
	case len(bytes.TrimSpace(data)) == 0 || len(data) > maxAppleDomain || bytes.ContainsRune(data, '<'):
		l.problem("APPLE_PAY_DOMAIN_FILE", "is not the file that Stripe offers. Download it again from "+
			"https://stripe.com/files/apple-pay/apple-developer-merchantid-domain-association")
	default:
		c.AppleDomain = data
	}
}
