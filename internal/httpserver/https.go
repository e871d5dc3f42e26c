package httpserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// RequireHTTPS responds to plain http with a clear error and no part of the
// checkout, as Stripe asks of its integrations
// (https://docs.stripe.com/building-plugins). It does not redirect: a buyer who
// typed card data into a page that a stranger could have altered should learn
// of it, and behind a proxy that does not send X-Forwarded-Proto the redirects
// would never end.
//
// Paths in except are served over plain http as well; one that ends in / is a
// prefix.
func RequireHTTPS(baseURL string, page httpio.PageErrorFunc, except ...string) func(http.Handler) http.Handler {
	refuse := refusePlain(baseURL, page)

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

func refusePlain(baseURL string, page httpio.PageErrorFunc) http.HandlerFunc {
	return httpio.HandlePage(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Forbidden, "https_required",
			"Payments need a secure connection, and this connection is not secure. Please open "+baseURL+" instead.")
	}, httpio.Negotiate(page))
}

// ToHTTPS redirects to the same path of baseURL, which is https. It refuses
// what is not safe to repeat there, and what carries a key: whoever sends keys
// in clear must learn of it.
func ToHTTPS(baseURL string, page httpio.PageErrorFunc) http.HandlerFunc {
	refuse := refusePlain(baseURL, page)

	return func(w http.ResponseWriter, r *http.Request) {
		reading := r.Method == http.MethodGet || r.Method == http.MethodHead
		if !reading || r.Header.Get("Authorization") != "" {
			refuse(w, r)
			return
		}

		to := url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		w.Header().Set("Location", baseURL+"/"+strings.TrimPrefix(to.String(), "/"))
		w.WriteHeader(http.StatusMovedPermanently)
	}
}

// listed reports whether path is one of paths or below one that ends in /.
func listed(paths []string, path string) bool {
	return slices.ContainsFunc(paths, func(p string) bool {
		return p == path || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p)
	})
}
