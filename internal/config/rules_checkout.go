package config

// checkout judges the options of the checkout against each other.
func (l *loading) checkout() {
	c := l.config
	if !l.given("SAVED_METHODS_SAVE") {
		// The intent's own setup_future_usage already decides; Stripe calls both a conflict
		// (https://docs.stripe.com/changelog/dahlia/2026-03-25/elements-pmo-sfu-customer-session-conflict).
		c.SavedMethods.Save = c.SetupFutureUsage == ""
	}
}
