package wire

// Deref returns the value behind p, or the zero value.
func Deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// OrNil is nil for the empty string: Stripe sends null, not "".
func OrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
