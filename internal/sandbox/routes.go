package sandbox

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// routes is the whole surface in one place: the API, the browser's files and
// pages, the management API.
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

// Routes names every simulated operation, "METHOD /path".
func Routes() []string {
	var out []string
	for _, rt := range assemble(withDefaults(Config{})).api.Routes() {
		out = append(out, rt.Method+" "+rt.Pattern)
	}
	return out
}
