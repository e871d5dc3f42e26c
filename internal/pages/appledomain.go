package pages

import (
	"net/http"

	"checkoutd/internal/fault"
)

// ServeAppleDomain handles GET
// /.well-known/apple-developer-merchantid-domain-association, from which Apple
// learns that the domain takes Apple Pay through Stripe
// (https://docs.stripe.com/payments/payment-methods/pmd-registration). Stripe
// accepts no redirect in its place.
func (p *Pages) ServeAppleDomain(w http.ResponseWriter, _ *http.Request) error {
	if p.cfg.AppleDomain == nil {
		return fault.New(fault.NotFound, "not_found", "There is nothing at this address.")
	}

	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(p.cfg.AppleDomain) // an error means that the client is gone

	return nil
}
