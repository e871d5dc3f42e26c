package desk

import (
	"net/http"
	"net/url"
)

// sameOrigin refuses what a page of another origin asks the management API for;
// a link to the desk may be followed.
func sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isCrossOrigin(r) {
			fail(w, http.StatusForbidden, "the management API answers its own origin only")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isCrossOrigin reads what a browser says about the page behind a request;
// other clients say nothing.
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
