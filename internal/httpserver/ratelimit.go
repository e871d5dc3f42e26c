package httpserver

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/go-chi/httprate"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// RateLimit lets each client address make perMinute calls a minute to all the routes that
// it is put around, together, and refuses the rest with 429 before they reach Stripe,
// which limits the whole account (https://docs.stripe.com/rate-limits). 0 is no limit.
// Each process counts for itself.
//
// Loopback addresses are not limited: they are development and tests. Once
// TRUSTED_PROXIES is set, which live keys require, a buyer never has one, since the proxy
// names the buyer's own.
func RateLimit(perMinute int) func(http.Handler) http.Handler {
	if perMinute == 0 {
		return func(next http.Handler) http.Handler { return next }
	}
	limiter := httprate.NewRateLimiter(perMinute, time.Minute, httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			client := httpio.ClientIP(r.Context())
			if !client.IsLoopback() && limiter.OnLimit(w, r, limitKey(client)) {
				httpio.WriteError(w, r, fault.New(fault.TooMany, "rate_limited",
					"That was too often in a short time. Please wait a minute and try again.").With("retry_after", 60))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// limitKey is who counts as one client. With IPv6 it is the /64: one household, or one
// rented machine, has all the addresses of it.
func limitKey(client netip.Addr) string {
	if client.Is6() {
		if p, err := client.Prefix(64); err == nil {
			return p.String()
		}
	}
	return client.String()
}
