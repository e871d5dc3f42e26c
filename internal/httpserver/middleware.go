package httpserver

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/rs/zerolog"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// Options is what the chain of middleware is made of.
type Options struct {
	Log            zerolog.Logger
	Now            func() time.Time
	NewRequestID   func() string
	TrustedProxies []netip.Prefix
	BaseURL        string // the shop's public origin
	Policy         Policy
	MaxBody        int64 // bytes of any request body; handlers may allow less

	// Live: real money moves, so the shop is served over https only.
	Live bool
	// PlainHTTP lists the paths that are served without https even so: the
	// probes, the webhooks (they are signed). One that ends in / is a prefix.
	PlainHTTP []string
	// StripeErrors lists the paths whose error answers carry Stripe's error
	// object, even those that never reach a handler.
	StripeErrors []string
	// ErrorPage tells a browser of an error.
	ErrorPage httpio.PageErrorFunc
}

// Middlewares gives the chain, outermost first, for chi's Use:
//
//	router.Use(httpserver.Middlewares(options)...)
//
// It fails when an address in o is none.
func Middlewares(o Options) ([]func(http.Handler) http.Handler, error) {
	sameOrigin, err := crossOrigin(o.BaseURL)
	if err != nil {
		return nil, err
	}
	headers, err := SecurityHeaders(o.Policy, o.Live)
	if err != nil {
		return nil, err
	}
	chain := []func(http.Handler) http.Handler{
		httpio.Identify(o.TrustedProxies, o.NewRequestID),
		AccessLog(o.Log, o.Now),
		stripeErrors(o.StripeErrors),
		Recover,
		headers,
	}
	if o.Live {
		chain = append(chain, RequireHTTPS(o.BaseURL, o.ErrorPage, o.PlainHTTP...))
	}
	return append(chain, PlainAddress, sameOrigin, BodyLimit(o.MaxBody), middleware.GetHead), nil
}

// stripeErrors marks the requests to paths before anything can fail.
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

// crossOrigin refuses calls that change something and that a browser makes on
// behalf of another site. Callers that are no browsers send neither Origin nor
// Sec-Fetch-Site and pass: they carry no cookies of a buyer.
func crossOrigin(baseURL string) (func(http.Handler) http.Handler, error) {
	check := http.NewCrossOriginProtection()
	// Behind a proxy that rewrites Host, Origin still names the public place.
	if err := check.AddTrustedOrigin(baseURL); err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	check.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpio.WriteError(w, r, fault.New(fault.Forbidden, "cross_origin",
			"This call came from another website and was refused."))
	}))
	return check.Handler, nil
}

// PlainAddress refuses addresses whose path or query holds control characters
// or is not UTF-8. No page of ours has such an address, and PostgreSQL cannot
// even be asked about such an id.
func PlainAddress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !plain(r.URL.Path) || !plainQuery(r.URL) {
			httpio.WriteError(w, r, fault.New(fault.Malformed, "bad_address",
				"The address holds characters that no address here has."))
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

// BodyLimit refuses bodies that say they are longer than limit bytes, and cuts
// off those that are without saying so.
func BodyLimit(limit int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > limit {
				w.Header().Set("Connection", "close")
				httpio.WriteError(w, r, httpio.TooLarge(&http.MaxBytesError{Limit: limit}, limit))
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, limit)
			next.ServeHTTP(w, r)
		})
	}
}
