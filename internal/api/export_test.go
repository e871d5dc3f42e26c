package api

// WellFormed is wellFormed.
func WellFormed(text string, live bool) bool { return wellFormed(text, live) }
