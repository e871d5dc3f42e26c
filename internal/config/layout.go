package config

// Layout is how the Payment Element arranges the payment methods. A nil field
// leaves the choice to Stripe
// (https://docs.stripe.com/js/elements_object/create_payment_element).
type Layout struct {
	Type             string // tabs, accordion or auto
	DefaultCollapsed *bool

	// Of an accordion only:
	Radios       *bool
	SpacedItems  *bool
	VisibleItems *int // before "More"; 0 for all
}

func layoutSection() section {
	return section{
		title:  "Payment Element layout",
		finish: (*loading).finishLayout,
		options: []option{
			{
				name:  "PAYMENT_ELEMENT_LAYOUT",
				def:   "tabs",
				help:  "How the Payment Element shows the payment methods: tabs, accordion or auto.",
				modes: checkoutModes,
				read:  oneOf(func(c *Config) *string { return &c.Layout.Type }, "tabs", "accordion", "auto"),
			},
			{
				name: "LAYOUT_DEFAULT_COLLAPSED",
				help: "true: no payment method is selected at first, unless a payment failed before. Empty: " +
					"Stripe's choice.",
				modes: checkoutModes,
				read:  optional(boolean, func(c *Config) **bool { return &c.Layout.DefaultCollapsed }),
			},
			{
				name: "LAYOUT_RADIOS",
				help: "true shows a radio button beside each payment method. Not with tabs. Empty: " +
					"Stripe's choice.",
				modes: checkoutModes,
				read:  optional(boolean, func(c *Config) **bool { return &c.Layout.Radios }),
			},
			{
				name:  "LAYOUT_SPACED_ITEMS",
				help:  "true leaves space between the payment methods. Not with tabs. Empty: Stripe's choice.",
				modes: checkoutModes,
				read:  optional(boolean, func(c *Config) **bool { return &c.Layout.SpacedItems }),
			},
			{
				name: "LAYOUT_VISIBLE_ITEMS",
				help: "How many payment methods are shown before \"More\", 0 to 50. 0: all. Not with tabs. " +
					"Empty: Stripe's choice, 5.",
				modes: checkoutModes,
				read:  optional(visibleItems, func(c *Config) **int { return &c.Layout.VisibleItems }),
			},
		},
	}
}

func visibleItems(field func(*Config) *int) reader { return integer(field, 0, 50) }

func (l *loading) finishLayout() {
	if l.config.Layout.Type != "tabs" {
		return
	}

	// https://docs.stripe.com/js/elements_object/create_payment_element
	for _, name := range []string{"LAYOUT_RADIOS", "LAYOUT_SPACED_ITEMS", "LAYOUT_VISIBLE_ITEMS"} {
		if l.given(name) {
			l.problem(name, "applies to the accordion only, but PAYMENT_ELEMENT_LAYOUT is tabs. "+
				"Set PAYMENT_ELEMENT_LAYOUT=accordion, or remove this option")
		}
	}
}
