package wire

// Deref returns the value behind p, or the zero value.
func Deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// OrNil returns nil for an empty string, because Stripe sends null and not "".
func OrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
