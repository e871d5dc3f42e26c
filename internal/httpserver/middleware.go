package httpserver

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// Options configures the middleware chain.
type Options struct {
	Log            zerolog.Logger
	Now            func() time.Time
	NewRequestID   func() string
	TrustedProxies []netip.Prefix
	BaseURL        string // the shop's public origin
	Policy         Policy
	MaxBody        int64 // bytes of a request body; handlers may allow less

	// MaxBodies replaces MaxBody for some paths. A path that ends in / is a
	// prefix.
	MaxBodies map[string]int64

	// Live is set if real money moves. The shop is then served over https
	// only.
	Live bool

	// AnyHost lists the paths that are served under any host name even in
	// development. A path that ends in / is a prefix.
	AnyHost []string

	// PlainHTTP lists the paths that are served over plain http even if Live
	// is set: the probes, and the webhooks, which are signed. A path that ends
	// in / is a prefix.
	PlainHTTP []string

	// StripeErrors lists the paths whose error responses contain Stripe's
	// error object, even if the request never reaches a handler.
	StripeErrors []string

	// Sharing is what pages of other origins may call.
	Sharing Sharing

	// Meter measures the requests; may be nil.
	Meter Meter

	// ErrorPage shows an error to a browser.
	ErrorPage httpio.PageErrorFunc
}

// Middlewares returns the chain, outermost first, for the Use method of chi's
// router. It fails if an address in o is not one.
func Middlewares(o Options) ([]func(http.Handler) http.Handler, error) {
	sameOrigin, err := crossOrigin(o.BaseURL)
	if err != nil {
		return nil, err
	}

	headers, err := SecurityHeaders(o.Policy, o.Live)
	if err != nil {
		return nil, err
	}

	knownHost, err := KnownHost(o.BaseURL, o.ErrorPage, o.AnyHost...)
	if err != nil {
		return nil, err
	}

	chain := []func(http.Handler) http.Handler{
		httpio.Identify(o.TrustedProxies, o.NewRequestID),
		Working,
		AccessLog(o.Log, o.Now, o.Meter),
		stripeErrors(o.StripeErrors),
		share(o.Sharing),
		Recover,
		headers,
		mixedSchemes(o.Log),
	}

	if o.Live {
		chain = append(chain, RequireHTTPS(o.BaseURL, o.ErrorPage, o.PlainHTTP...))
	}

	return append(chain,
		PlainAddress,
		knownHost,
		sameOrigin,
		BodyLimit(o.MaxBody, o.MaxBodies),
		middleware.GetHead,
	), nil
}

// stripeErrors marks the requests to paths before any of them can fail.
func stripeErrors(paths []string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if slices.Contains(paths, r.URL.Path) {
				httpio.ExchangeOf(r.Context()).WantStripeErrors()
			}
			next.ServeHTTP(w, r)
		})
	}
}

// crossOrigin refuses state-changing requests that a browser makes on behalf of
// another site. Clients other than browsers send neither Origin nor
// Sec-Fetch-Site. They pass, because they do not carry a buyer's cookies.
func crossOrigin(baseURL string) (func(http.Handler) http.Handler, error) {
	check := http.NewCrossOriginProtection()
	// Behind a proxy that rewrites Host, Origin is still the public origin.
	if err := check.AddTrustedOrigin(baseURL); err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	check.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpio.WriteError(w, r, fault.New(fault.Forbidden, "cross_origin",
			"This request came from another website and was refused."))
	}))

	return func(next http.Handler) http.Handler {
		checked := check.Handler(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if httpio.IsForeign(r.Context()) { // it may make this call, and no cookie counts in it
				next.ServeHTTP(w, r)
				return
			}
			checked.ServeHTTP(w, r)
		})
	}, nil
}

// PlainAddress refuses addresses whose path or query contains control
// characters or is not UTF-8. No route has such an address, and PostgreSQL
// rejects such an ID as a parameter. It also refuses addresses without a path,
// such as http:.evil.example: appended to our own origin, one would make the
// name of another host.
func PlainAddress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Opaque != "" || !plain(r.URL.Path) || !plainQuery(r.URL) {
			httpio.WriteError(w, r, fault.New(fault.Malformed, "bad_address",
				"The address contains characters that are not allowed."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func plainQuery(u *url.URL) bool {
	if u.RawQuery == "" {
		return true
	}
	for name, values := range u.Query() {
		if !plain(name) || slices.ContainsFunc(values, func(v string) bool { return !plain(v) }) {
			return false
		}
	}
	return true
}

func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) }

// BodyLimit refuses requests that announce a body of more than limit bytes, and
// cuts off bodies that exceed the limit without having announced it. special
// holds the limits of the paths that have another one.
func BodyLimit(limit int64, special map[string]int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			limit := limit
			for path, l := range special {
				if listed([]string{path}, r.URL.Path) {
					limit = l
				}
			}

			if r.ContentLength > limit {
				httpio.WriteError(w, r, httpio.TooLarge(&http.MaxBytesError{Limit: limit}, limit))
				return
			}

			allow(r, limit)
			r.Body = http.MaxBytesReader(w, r.Body, limit)
			next.ServeHTTP(w, r)
		})
	}
}

// mixedSchemes warns once if X-Forwarded-Proto lists https and other schemes.
// Such a request does not count as https, and the shop may be refused as
// insecure without an obvious reason.
func mixedSchemes(log zerolog.Logger) func(http.Handler) http.Handler {
	var warned sync.Once
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if httpio.MixedSchemes(r.Context()) {
				warned.Do(func() {
					log.Warn().Msg("X-Forwarded-Proto says both https and http, so requests do not count " +
						"as https: the proxy that terminates TLS must replace the header, and proxies " +
						"behind it must pass it on unchanged")
				})
			}

			next.ServeHTTP(w, r)
		})
	}
}
