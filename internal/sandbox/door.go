package sandbox

import "github.com/go-chi/chi/v5"

func (s *Server) doorRoutes(_ *chi.Mux) {}
