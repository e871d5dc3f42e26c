package httpserver

import (
	"net/http"
	"slices"
	"strings"

	"checkoutd/internal/httpio"
)

// Sharing is what pages of other origins may call: the shop's own front end
// (https://fetch.spec.whatwg.org/#http-cors-protocol).
type Sharing struct {
	Origins []string // https://shop.example
	Paths   []string // a path that ends in / is a prefix
	Headers []string // that a page may send, besides Content-Type
}

// preflightSeconds is how long a browser may remember the answer to a
// preflight.
const preflightSeconds = "600"

// share answers preflights and lets pages of the listed origins read responses.
// Cookies do not count in such a request, so it is marked as foreign; it proves
// what it may do by a token instead.
func share(s Sharing) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if len(s.Origins) == 0 {
			return next
		}

		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !listed(s.Paths, r.URL.Path) {
				next.ServeHTTP(w, r)
				return
			}

			w.Header().Add("Vary", "Origin")
			origin := r.Header.Get("Origin")
			if !slices.Contains(s.Origins, origin) {
				next.ServeHTTP(w, r)
				return
			}

			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Expose-Headers", "Request-Id, Retry-After")
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PATCH")
				w.Header().Set("Access-Control-Allow-Headers",
					strings.Join(append([]string{"Content-Type"}, s.Headers...), ", "))
				w.Header().Set("Access-Control-Max-Age", preflightSeconds)
				w.WriteHeader(http.StatusNoContent)
				return
			}

			httpio.ExchangeOf(r.Context()).MarkForeign()
			next.ServeHTTP(w, r)
		})
	}
}
