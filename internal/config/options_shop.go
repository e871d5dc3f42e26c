package config

import "time"

func shopOptions() []option {
	return []option{
		{
			name:  "CATALOG_FILE",
			help:  "The shop's catalog file. Without one, the sandbox has a sample shop built in.",
			modes: checkout, required: onlyServe,
			missing: "Give the path of the file with what the shop sells and at which prices.",
			read:    text(func(c *Config) *string { return &c.CatalogFile }),
		},
		{
			name: "ORDER_EXPIRES_AFTER", def: "24h",
			help:  "How long an unpaid order stays open, 30m to 30d.",
			modes: checkout,
			read:  duration(func(c *Config) *time.Duration { return &c.OrderExpiresAfter }, 30*time.Minute, 30*day),
		},
	}
}

func lookOptions() []option {
	return []option{
		{
			name: "BRAND_NAME", def: "checkoutd shop",
			help:  "The shop's name on its pages, 1 to 60 characters.",
			modes: checkout,
			read:  readBrandName,
		},
		{
			name:  "BRAND_LOGO",
			help:  "A picture beside the name: an https address, or a path on BASE_URL's host that begins with /.",
			modes: checkout,
			read:  readLogo,
		},
		{
			name:  "BRAND_COLOR",
			help:  "The brand's colour, like #1f6a58. It is made darker or lighter where it would not be legible.",
			modes: checkout,
			read:  readColor,
		},
		{
			name:  "APPEARANCE_FILE",
			help:  "A JSON file in the form of Stripe's Elements Appearance API, with fonts, and with dark for dark screens. The pages' own colours follow it. examples/appearance.json is one.",
			modes: checkout,
			read:  text(func(c *Config) *string { return &c.AppearanceFile }),
		},
	}
}

func pageOptions() []option {
	return []option{
		{
			name: "EXPRESS_CHECKOUT", def: "true",
			help:  "true shows the buttons of wallets (Apple Pay, Google Pay, Link and others) above the form, where the buyer has one.",
			modes: checkout,
			read:  boolean(func(c *Config) *bool { return &c.ExpressCheckout }),
		},
		{
			name: "BILLING_ADDRESS", def: "auto",
			help:  "auto: the form asks for what the payment method needs; full: it asks for the whole billing address.",
			modes: checkout,
			read:  oneOf(func(c *Config) *string { return &c.BillingAddress }, "auto", "full"),
		},
		{
			name: "SHIPPING_PHONE", def: "false",
			help:  "true asks for a phone number with the shipping address.",
			modes: checkout,
			read:  boolean(func(c *Config) *bool { return &c.ShippingPhone }),
		},
		{
			name: "COLLECT_EMAIL", def: "false",
			help:  "true asks for the buyer's e-mail address, with which Link recognises its users.",
			modes: checkout,
			read:  boolean(func(c *Config) *bool { return &c.CollectEmail }),
		},
		{
			name: "RECEIPT_EMAIL", def: "false",
			help:  "true has Stripe mail a receipt to the address that COLLECT_EMAIL asks for. With test keys Stripe mails none.",
			modes: checkout,
			read:  boolean(func(c *Config) *bool { return &c.ReceiptEmail }),
		},
	}
}
