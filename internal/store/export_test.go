package store

// ClaimText is the statement of ClaimEvents.
func (s *Store) ClaimText() string { return s.claimText() }

// The statements whose plans are held.
const (
	WakeGroup    = wakeGroup
	FinishedTerm = finishedTerm
)
