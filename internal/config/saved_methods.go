package config

import (
	"fmt"
	"slices"
)

// SavedMethods are the features of the page's CustomerSession
// (https://docs.stripe.com/api/customer_sessions/object).
type SavedMethods struct {
	Redisplay bool
	Limit     int      // how many are shown, 0 for Stripe's choice
	Filters   []string // always, limited, unspecified; nil for Stripe's choice
	Remove    bool
	Save      bool   // ask whether to save a new one
	SaveUsage string // on_session or off_session
	Setup     bool   // save one without a payment: orders in mode setup
}

func savedMethodsSection() section {
	return section{title: "Saved payment methods", finish: (*loading).finishSavedMethods, options: []option{
		{
			name:  "SAVED_METHODS_REDISPLAY",
			def:   "true",
			help:  "true shows returning buyers their saved payment methods.",
			modes: checkoutModes,
			read:  boolean(func(c *Config) *bool { return &c.SavedMethods.Redisplay }),
		},
		{
			name: "SAVED_METHODS_SAVE", // its default depends on SETUP_FUTURE_USAGE
			help: "true asks buyers whether to save a new payment method. Orders that save it anyway " +
				"(SETUP_FUTURE_USAGE, subscriptions) do not ask. Empty: true unless SETUP_FUTURE_USAGE is set.",
			modes: checkoutModes,
			read:  orEmpty(boolean(func(c *Config) *bool { return &c.SavedMethods.Save })),
		},
		{
			name:  "SAVED_METHODS_SAVE_USAGE",
			def:   "on_session",
			help:  "What a payment method that the buyer saves may be used for: on_session or off_session.",
			modes: checkoutModes,
			read:  oneOf(func(c *Config) *string { return &c.SavedMethods.SaveUsage }, "on_session", "off_session"),
		},
		{
			name: "SAVED_METHODS_REMOVE",
			def:  "false",
			help: "true lets buyers remove saved payment methods. Buyers with a subscription cannot, because it " +
				"depends on them.",
			modes: checkoutModes,
			read:  boolean(func(c *Config) *bool { return &c.SavedMethods.Remove }),
		},
		{
			name:  "SAVED_METHODS_LIMIT",
			help:  "How many saved payment methods are shown, 1 to 10. Empty: Stripe's choice, 3.",
			modes: checkoutModes,
			read:  orEmpty(integer(func(c *Config) *int { return &c.SavedMethods.Limit }, 1, 10)),
		},
		{
			name: "SAVED_METHODS_FILTERS",
			help: "Which saved payment methods are shown, by Stripe's allow_redisplay, separated by " +
				"commas: always, limited, unspecified. Empty: Stripe's choice, always. Methods saved by " +
				"SETUP_FUTURE_USAGE or by a subscription are limited.",
			modes: checkoutModes,
			read:  readSavedFilters,
		},
		{
			name: "SAVED_METHODS_SETUP", // its default depends on the mode
			help: "true lets buyers save a payment method without paying (orders in mode setup). Whoever can do that " +
				"can test stolen cards at no cost, so it is off unless a shop asks for it. Empty: true in the " +
				"sandbox, where no card is real; otherwise false.",
			modes: checkoutModes,
			read:  orEmpty(boolean(func(c *Config) *bool { return &c.SavedMethods.Setup })),
		},
	}}
}

func readSavedFilters(c *Config, s string) error {
	known := []string{"always", "limited", "unspecified"}
	for _, item := range splitList(s) {
		switch {
		case !slices.Contains(known, item):
			return fmt.Errorf("contains %q. Use some of: %s", item, join(known))
		case slices.Contains(c.SavedMethods.Filters, item):
			return fmt.Errorf("contains %s twice. List each filter once", item)
		}

		c.SavedMethods.Filters = append(c.SavedMethods.Filters, item)
	}

	return nil
}

// finishSavedMethods sets the defaults of SAVED_METHODS_SAVE and
// SAVED_METHODS_SETUP, and checks the features against each other.
func (l *loading) finishSavedMethods() {
	if !l.given("SAVED_METHODS_SETUP") {
		l.config.SavedMethods.Setup = l.mode == Sandbox
	}

	if !l.valid("SAVED_METHODS_SAVE", "SETUP_FUTURE_USAGE", "SAVED_METHODS_REDISPLAY") {
		return
	}

	c := l.config
	if !l.given("SAVED_METHODS_SAVE") {
		c.SavedMethods.Save = c.SetupFutureUsage == ""
	} else if c.SavedMethods.Save && c.SetupFutureUsage != "" {
		l.problem("SAVED_METHODS_SAVE", "is true, but SETUP_FUTURE_USAGE saves every payment method without asking, "+
			"and Stripe calls the combination a conflict "+
			"(https://docs.stripe.com/changelog/dahlia/2026-03-25/elements-pmo-sfu-customer-session-conflict). "+
			"Remove one of them")

		return
	}

	if l.given("SAVED_METHODS_SAVE_USAGE") && !c.SavedMethods.Save {
		l.problem("SAVED_METHODS_SAVE_USAGE", "is set, but buyers are not asked whether to save a payment method. "+
			"Set SAVED_METHODS_SAVE=true, or remove this option")
	}

	if !c.SavedMethods.Redisplay {
		l.refuseRedisplayFeatures()
	}
}

// refuseRedisplayFeatures reports the features of the list of saved methods,
// which has no effect when the list is not shown.
func (l *loading) refuseRedisplayFeatures() {
	features := l.config.SavedMethods
	for _, option := range []struct {
		name string
		set  bool
	}{
		{"SAVED_METHODS_REMOVE", features.Remove},
		{"SAVED_METHODS_LIMIT", features.Limit > 0},
		{"SAVED_METHODS_FILTERS", features.Filters != nil},
	} {
		if option.set {
			l.problem(option.name, "has no effect, because SAVED_METHODS_REDISPLAY is false and no "+
				"saved payment method is shown. Set SAVED_METHODS_REDISPLAY=true, or remove this option")
		}
	}
}
