package sandbox

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// routes returns the whole surface of the sandbox: the API, the files and pages
// for browsers, and the management API. The operations of the API are listed in
// the routes.go of each room.
func (s *Server) routes() http.Handler {
	mux := chi.NewRouter()
	for _, rt := range s.api.Routes() {
		mux.Method(rt.Method, rt.Pattern, s.api.Serve(rt))
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
func Routes() []string {
	var out []string
	for _, rt := range assemble(withDefaults(Config{})).api.Routes() {
		out = append(out, rt.Method+" "+rt.Pattern)
	}
	return out
}
