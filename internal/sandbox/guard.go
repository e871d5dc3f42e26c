package sandbox

import (
	"net"
	"net/http"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// thisMachine refuses requests for any host name but this machine's own. The
// listener takes loopback connections only, but a browser on this machine may
// still come under another name (DNS rebinding), and then a foreign page would
// have the sandbox's origin.
func thisMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isLoopback(r.Host) {
			next.ServeHTTP(w, r)
			return
		}

		body, _ := wire.EncodePretty(map[string]any{"error": &wire.Error{
			Type:    wire.TypeInvalid,
			Message: "The offline sandbox answers only under localhost or a loopback address such as 127.0.0.1, not under the host name of this request.",
		}})

		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(body)
	})
}

// isLoopback reports whether a Host header, with or without a port, names this
// machine.
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

// withCORS answers the preflights of pages that use the API with a publishable
// key, as api.stripe.com does, and lets pages load the files of the stand-in
// for Stripe.js. api adds the headers of a call, whose key it knows. Everything
// else stays closed to other origins.
func withCORS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if r.Method == http.MethodOptions && strings.HasPrefix(r.URL.Path, "/v1/") {
			api.AllowAnyOrigin(h)
			api.AllowMethods(h)
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, Stripe-Account, Stripe-Version, X-Requested-With")
			w.WriteHeader(http.StatusNoContent)
			return
		}

		if isScript(r.URL.Path) {
			api.AllowAnyOrigin(h)
		}

		next.ServeHTTP(w, r)
	})
}

// isScript reports whether a path is that of a file of the stand-in.
func isScript(path string) bool {
	return strings.HasPrefix(path, "/v3/") || path == "/v3" || strings.HasSuffix(path, ".js")
}
