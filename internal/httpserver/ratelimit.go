package httpserver

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/go-chi/httprate"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// RateLimit allows each client address perMinute requests per minute to all the
// routes that it wraps, taken together. It refuses the rest with 429 before
// they reach Stripe, which limits the whole account
// (https://docs.stripe.com/rate-limits). 0 means no limit. Each process counts
// for itself.
//
// Loopback addresses are not limited: they are used in development and tests. A
// buyer never has one when TRUSTED_PROXIES is set, as live keys require,
// because the proxy forwards the buyer's own address.
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
					"Too many requests in a short time. Please wait a minute and try again.").With("retry_after", 60))
				return
			}

			next.ServeHTTP(w, r)
		})
	}
}

// limitKey returns the key that identifies one client. For IPv6 it is the /64
// prefix, because one household or one rented machine owns all of its
// addresses.
func limitKey(client netip.Addr) string {
	if client.Is6() {
		if p, err := client.Prefix(64); err == nil {
			return p.String()
		}
	}
	return client.String()
}
