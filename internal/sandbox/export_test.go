package sandbox

// Planned returns the number of tasks that wait for the clock.
func (s *Server) Planned() int { return s.api.Schedule.Planned() }
