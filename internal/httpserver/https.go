package httpserver

import (
	"net/http"
	"strings"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// RequireHTTPS shows a clear error, and nothing of the checkout, to whoever
// comes over plain http, as Stripe asks of its integrations
// (https://docs.stripe.com/building-plugins). It does not redirect: who typed
// card data into a page that a stranger could alter should learn of it, and
// behind a proxy that does not say X-Forwarded-Proto it would redirect for
// ever.
//
// Paths in except are served even so; one that ends in / is a prefix.
func RequireHTTPS(baseURL string, page httpio.PageErrorFunc, except ...string) func(http.Handler) http.Handler {
	refuse := httpio.HandlePage(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Forbidden, "https_required",
			"Payments need a secure connection, and this one is not. Please open "+baseURL+" instead.")
	}, httpio.Negotiate(page))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if httpio.IsHTTPS(r) || listed(except, r.URL.Path) {
				next.ServeHTTP(w, r)
				return
			}
			refuse(w, r)
		})
	}
}

func listed(paths []string, path string) bool {
	for _, p := range paths {
		if p == path || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}
