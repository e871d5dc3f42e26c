package sandbox

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// routes is the whole surface in one place: the API, the browser's files and pages, the management API.
func (s *Server) routes() http.Handler {
	mux := chi.NewRouter()
	for _, rt := range s.api.routes() {
		mux.Method(rt.method, rt.pattern, s.api.serve(rt))
	}
	mux.Get("/stripecli/subscribe/{account}", s.listeners.serveSocket)
	s.browserRoutes(mux)
	s.connect.mount(mux)
	if s.manages {
		s.desk.mount(mux)
	}
	mux.NotFound(s.api.unknownRoute)
	mux.MethodNotAllowed(s.api.unknownRoute)
	return thisMachine(withCORS(mux))
}

// Routes names every simulated operation, "METHOD /path".
func Routes() []string {
	var out []string
	for _, rt := range assemble(withDefaults(Config{})).api.routes() {
		out = append(out, rt.method+" "+rt.pattern)
	}
	return out
}
