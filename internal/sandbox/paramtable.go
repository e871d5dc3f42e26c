package sandbox

// checkParams refuses what Stripe's parameter parser would refuse, before anything is done.
func checkParams(_ route, p *params) error { return checkMetadata(p) }

// stripeHas tells whether a URL belongs to Stripe's API.
func stripeHas(_, _ string) bool { return false }
