package sandbox

// Planned tells how many tasks wait for the sandbox's clock.
func (s *Server) Planned() int {
	s.schedule.mu.Lock()
	defer s.schedule.mu.Unlock()
	return len(s.schedule.heap)
}
