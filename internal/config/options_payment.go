package config

func paymentOptions() []option {
	return []option{
		{
			name: "CAPTURE_METHOD", def: "automatic",
			help:  "automatic: the buyer is charged at once; manual: the amount is reserved, and captured later.",
			modes: checkout,
			read:  oneOf(func(c *Config) *string { return &c.CaptureMethod }, "automatic", "manual"),
		},
		{
			name:  "SETUP_FUTURE_USAGE",
			help:  "Save the payment method for later payments: on_session or off_session. Empty: do not. A product of the catalog may say otherwise for its orders.",
			modes: checkout,
			read:  oneOf(func(c *Config) *string { return &c.SetupFutureUsage }, "", "on_session", "off_session"),
		},
		{
			name:  "PAYMENT_METHOD_TYPES",
			help:  "Payment methods to offer, separated by commas (card,ideal). Empty: those that the Stripe Dashboard has switched on. blik and acss_debit cannot be used.",
			modes: checkout,
			read:  readMethodTypes,
		},
		{
			name:  "PAYMENT_METHOD_CONFIGURATION",
			help:  "The Dashboard's payment method configuration (pmc_…) to use. Empty: the account's default. Not together with PAYMENT_METHOD_TYPES.",
			modes: checkout,
			read:  stripeID(func(c *Config) *string { return &c.PaymentMethodConfiguration }, "pmc_", "a payment method configuration"),
		},
		{
			name:  "PAYMENT_METHOD_CREATION",
			help:  "manual lets scripts of your own call stripe.createPaymentMethod with the page's Elements. checkoutd's own page needs it not.",
			modes: checkout,
			read:  oneOf(func(c *Config) *string { return &c.PaymentMethodCreation }, "", "manual"),
		},
		{
			name:  "ON_BEHALF_OF",
			help:  "Connect only: the account (acct_…) that is the business of record for the payments.",
			modes: checkout,
			read:  stripeID(func(c *Config) *string { return &c.OnBehalfOf }, "acct_", "an account"),
		},
		{
			name: "REQUIRE_CVC_RECOLLECTION", def: "false",
			help:  "true asks for the CVC again when a saved card is used.",
			modes: checkout,
			read:  boolean(func(c *Config) *bool { return &c.RequireCVCRecollection }),
		},
		{
			name: "CARD_INSTALLMENTS", def: "false",
			help:  "true offers to pay by card in installments where the card allows it. PAYMENT_METHOD_TYPES must name card.",
			modes: checkout,
			read:  boolean(func(c *Config) *bool { return &c.Installments }),
		},
		{
			name:  "US_BANK_VERIFICATION",
			help:  "How accounts of us_bank_account are verified: automatic, instant or microdeposits. Empty: Stripe's choice. PAYMENT_METHOD_TYPES must name us_bank_account.",
			modes: checkout,
			read:  oneOf(func(c *Config) *string { return &c.BankVerification }, "", "automatic", "instant", "microdeposits"),
		},
	}
}

func layoutOptions() []option {
	return []option{
		{
			name: "PAYMENT_ELEMENT_LAYOUT", def: "tabs",
			help:  "How the Payment Element shows the methods: tabs, accordion or auto.",
			modes: checkout,
			read:  oneOf(func(c *Config) *string { return &c.Layout.Type }, "tabs", "accordion", "auto"),
		},
		{
			name:  "LAYOUT_DEFAULT_COLLAPSED",
			help:  "true: no method is chosen at first. Empty: Stripe's choice.",
			modes: checkout,
			read:  optional(boolean, func(c *Config) **bool { return &c.Layout.DefaultCollapsed }),
		},
		{
			name:  "LAYOUT_RADIOS",
			help:  "true shows a radio button with each method. Not with tabs. Empty: Stripe's choice.",
			modes: checkout,
			read:  optional(boolean, func(c *Config) **bool { return &c.Layout.Radios }),
		},
		{
			name:  "LAYOUT_SPACED_ITEMS",
			help:  "true leaves space between the methods. Not with tabs. Empty: Stripe's choice.",
			modes: checkout,
			read:  optional(boolean, func(c *Config) **bool { return &c.Layout.SpacedItems }),
		},
		{
			name:  "LAYOUT_VISIBLE_ITEMS",
			help:  "How many methods are shown before \"More\", 0 to 50. 0: all. Not with tabs. Empty: Stripe's choice, 5.",
			modes: checkout,
			read: optional(func(field func(*Config) *int) reader { return integer(field, 0, 50) },
				func(c *Config) **int { return &c.Layout.VisibleItems }),
		},
	}
}

func savedOptions() []option {
	return []option{
		{
			name: "SAVED_METHODS_REDISPLAY", def: "true",
			help:  "true shows a returning buyer the saved payment methods.",
			modes: checkout,
			read:  boolean(func(c *Config) *bool { return &c.SavedMethods.Redisplay }),
		},
		{
			name:  "SAVED_METHODS_SAVE",
			help:  "true asks buyers whether to save a new payment method; orders that save it anyway (SETUP_FUTURE_USAGE, subscriptions) do not ask. Empty: true unless SETUP_FUTURE_USAGE is set.",
			modes: checkout,
			read:  readSave,
		},
		{
			name: "SAVED_METHODS_SAVE_USAGE", def: "on_session",
			help:  "What a payment method that the buyer saves is for: on_session or off_session.",
			modes: checkout,
			read:  oneOf(func(c *Config) *string { return &c.SavedMethods.SaveUsage }, "on_session", "off_session"),
		},
		{
			name: "SAVED_METHODS_REMOVE", def: "false",
			help:  "true lets buyers remove saved payment methods, except those on whose methods a subscription depends.",
			modes: checkout,
			read:  boolean(func(c *Config) *bool { return &c.SavedMethods.Remove }),
		},
		{
			name:  "SAVED_METHODS_LIMIT",
			help:  "How many saved payment methods are shown, 1 to 10. Empty: Stripe's choice, 3.",
			modes: checkout,
			read:  orEmpty(integer(func(c *Config) *int { return &c.SavedMethods.Limit }, 1, 10)),
		},
		{
			name:  "SAVED_METHODS_FILTERS",
			help:  "Which saved payment methods are shown, by Stripe's allow_redisplay, separated by commas: always, limited, unspecified. Empty: Stripe's choice, always. Those that SETUP_FUTURE_USAGE or a subscription saved are limited.",
			modes: checkout,
			read:  readFilters,
		},
	}
}
