package desk

import (
	"net/http"
	"net/url"
)

// sameOrigin refuses requests of pages from other origins. Following a link to
// the desk is allowed.
func sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isCrossOrigin(r) {
			fail(w, http.StatusForbidden, "the management API only answers requests from its own origin")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isCrossOrigin reports whether a page of another origin made the request, as
// far as the browser says so. Other clients send no such headers.
func isCrossOrigin(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		return err != nil || u.Host != r.Host
	}

	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}

	return r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Mode") != "navigate"
}
