package config

// Page is what the checkout page offers and asks for beside the payment
// method.
type Page struct {
	ExpressCheckout       bool // wallets and Link above the form
	CollectEmail          bool
	BillingAddress        string // auto or full
	ShippingPhone         bool
	PaymentMethodCreation string // option of Elements: manual or ""
}

func pageSection() section {
	return section{title: "Checkout page", options: []option{
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
				"address.",
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
			name:  "COLLECT_EMAIL",
			def:   "false",
			help:  "true asks for the buyer's e-mail address, by which Link recognises its users.",
			modes: checkoutModes,
			read:  boolean(func(c *Config) *bool { return &c.CollectEmail }),
		},
		{
			name: "PAYMENT_METHOD_CREATION",
			help: "manual lets your own scripts call stripe.createPaymentMethod with the page's Elements. " +
				"checkoutd's own page does not need it.",
			modes: checkoutModes,
			read:  oneOf(func(c *Config) *string { return &c.PaymentMethodCreation }, "", "manual"),
		},
	}}
}
