package sandbox

// Planned tells how many tasks wait for the sandbox's clock.
func (s *Server) Planned() int { return s.api.Schedule.Planned() }
