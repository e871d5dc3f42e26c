package httpserver

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/fault"
	"checkoutd/internal/httpio"
)

// The paths of the probes.
const (
	HealthPath = "/healthz"
	ReadyPath  = "/readyz"
)

// readyTimeout is how long a readiness check may take.
const readyTimeout = 3 * time.Second

// methods are the methods that a request may have.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
	http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

type probeAnswer struct {
	Status string `json:"status"`
	Detail string `json:"detail,omitempty"`
}

// Health responds that the process is alive.
func Health() http.HandlerFunc {
	return httpio.Handle(func(w http.ResponseWriter, _ *http.Request) error {
		return httpio.WriteJSON(w, http.StatusOK, probeAnswer{Status: "ok"})
	})
}

// Ready responds whether ready succeeds. Its error goes to the log; the
// response only says that there is one. A server that is ready but cannot take
// payments, for the reason that hindrance returns, gets requests all the same:
// it shows orders, and keeps Stripe's webhooks.
func Ready(ready func(context.Context) error, hindrance func() string) http.HandlerFunc {
	return httpio.Handle(func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := ready(ctx); err != nil {
			return fault.Wrap(err, fault.Unavailable, "not_ready", "The service is not ready.")
		}
		if why := hindrance(); why != "" {
			return httpio.WriteJSON(w, http.StatusOK, probeAnswer{"payments_not_possible", why})
		}
		return httpio.WriteJSON(w, http.StatusOK, probeAnswer{Status: "ready"})
	})
}

// NotFound responds to requests that match no route: to browsers with page, to
// others with a problem. page may be nil.
func NotFound(page httpio.PageErrorFunc) http.HandlerFunc {
	return httpio.HandlePage(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.NotFound, "not_found", "There is nothing at this address.")
	}, httpio.Negotiate(page))
}

// MethodNotAllowed responds with a problem to requests whose path has a route
// for other methods, which it lists in Allow.
func MethodNotAllowed(w http.ResponseWriter, r *http.Request) {
	allowed := allowedMethods(r)
	if len(allowed) == 0 {
		NotFound(nil)(w, r)
		return
	}
	f := fault.New(fault.Malformed, "method_not_allowed",
		"This address does not support this method. It supports "+strings.Join(allowed, ", ")+".")
	httpio.ExchangeOf(r.Context()).SetError(f)
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	httpio.WriteProblem(w, r, http.StatusMethodNotAllowed, f)
}

func allowedMethods(r *http.Request) []string {
	path := r.URL.RawPath
	if path == "" {
		path = r.URL.Path
	}

	routes := chi.RouteContext(r.Context()).Routes
	var allowed []string
	for _, m := range methods {
		route := m
		if m == http.MethodHead {
			route = http.MethodGet // middleware.GetHead serves HEAD with the handler of GET
		}

		if routes.Match(chi.NewRouteContext(), route, path) {
			allowed = append(allowed, m)
		}
	}

	return allowed
}
