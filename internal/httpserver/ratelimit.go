package httpserver

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/go-chi/httprate"
	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// Limit configures RateLimit.
type Limit struct {
	PerMinute int // 0 means no limit

	// FreeLoopback exempts loopback addresses, which are used in development
	// and tests. Behind a proxy it must not be set: a loopback address is then
	// that of the proxy, and stands for every client that it did not name.
	FreeLoopback bool

	// Refused answers the requests over the limit; nil: they get 429.
	Refused http.Handler

	Log zerolog.Logger
}

// RateLimit allows each client address PerMinute requests per minute to all the
// routes that it wraps, taken together. It refuses the rest with 429 before
// they reach Stripe, which limits the whole account
// (https://docs.stripe.com/rate-limits). Each process counts for itself.
//
// A request that turns out to cost more than others counts as several: see
// httpio.Exchange.Charge.
//
// Clients that a trusted proxy does not name share the limit of the proxy's
// address. The log says so once.
func RateLimit(l Limit) func(http.Handler) http.Handler {
	if l.PerMinute == 0 {
		return func(next http.Handler) http.Handler { return next }
	}

	limiter := httprate.NewRateLimiter(l.PerMinute, time.Minute,
		httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
	var warned sync.Once
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			client := httpio.ClientIP(r.Context())
			if httpio.IsProxy(r.Context()) {
				warned.Do(func() { l.warn(client) })
			}

			if l.FreeLoopback && client.IsLoopback() {
				next.ServeHTTP(w, r)
				return
			}

			count := func(n int) error {
				if limiter.OnLimit(w, r.WithContext(httprate.WithIncrement(r.Context(), n)), limitKey(client)) {
					return fault.New(fault.TooMany, "rate_limited",
						"Too many requests in a short time. Please wait a minute and try again.").With("retry_after", 60)
				}
				return nil
			}

			switch err := count(1); {
			case err != nil && l.Refused != nil:
				l.Refused.ServeHTTP(w, r)
				return
			case err != nil:
				httpio.WriteError(w, r, err)
				return
			}

			httpio.ExchangeOf(r.Context()).LimitBy(count)
			next.ServeHTTP(w, r)
		})
	}
}

func (l Limit) warn(proxy netip.Addr) {
	l.Log.Warn().
		Stringer("ip", proxy).
		Msg("a trusted proxy sends no usable X-Forwarded-For: its clients share one rate limit. " +
			"Make it append the client's address to that header")
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
