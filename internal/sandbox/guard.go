package sandbox

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// thisMachine answers only who asks this machine by a loopback name or address. The sandbox listens on loopback only, but
// a browser on the machine can be led here under another name, which would make a foreign page the sandbox's own origin
// (DNS rebinding).
func thisMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isLoopback(r.Host) {
			next.ServeHTTP(w, r)
			return
		}
		body, _ := encodePretty(map[string]any{"error": &apiError{
			Type: typeInvalid, Message: "The offline sandbox answers only under localhost or a loopback address such as 127.0.0.1, not under the host name of this request.",
		}})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(body)
	})
}

// isLoopback tells whether a Host header, with or without a port, names this machine.
func isLoopback(host string) bool {
	name := host
	if bare, _, err := net.SplitHostPort(host); err == nil {
		name = bare
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip := net.ParseIP(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"))
	return ip != nil && ip.IsLoopback()
}

// sameOrigin refuses what a page of another origin asks the management door for; a link to the desk may be followed.
func sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fromElsewhere(r) {
			doorError(w, http.StatusForbidden, "the management door answers its own origin only")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// fromElsewhere reads what a browser says about the page behind a request; other clients say nothing.
func fromElsewhere(r *http.Request) bool {
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
