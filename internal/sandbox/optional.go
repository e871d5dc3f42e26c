package sandbox

// deref returns the value behind p, or the zero value.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// orNil is nil for the empty string: Stripe sends null, not "".
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
