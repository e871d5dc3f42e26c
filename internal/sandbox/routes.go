package sandbox

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"checkoutd/internal/sandbox/wire"
)

// routes returns the whole surface of the sandbox: the API, the files and pages
// for browsers, and the management API. The operations of the API are listed in
// the routes.go of each room.
func (s *Server) routes() http.Handler {
	mux := chi.NewRouter()
	for _, rt := range s.api.Routes() {
		mux.Method(rt.Method, rt.Pattern, s.api.Serve(rt))
	}

	for _, op := range wire.Hidden(operationsOf(s)) {
		method, pattern, _ := strings.Cut(op, " ")
		mux.MethodFunc(method, pattern, s.api.UnknownRoute)
	}

	mux.Get("/stripecli/subscribe/{account}", s.listeners.ServeSocket)
	s.browserRoutes(mux)
	s.connect.Mount(mux)

	if s.manages {
		s.desk.Mount(mux)
	}

	mux.NotFound(s.api.UnknownRoute)
	mux.MethodNotAllowed(s.api.UnknownRoute)
	return thisMachine(withCORS(mux))
}

// Routes returns every simulated operation as "METHOD /path".
func Routes() []string { return operationsOf(assemble(withDefaults(Config{}))) }

func operationsOf(s *Server) []string {
	var out []string
	for _, rt := range s.api.Routes() {
		out = append(out, rt.Method+" "+rt.Pattern)
	}
	return out
}
