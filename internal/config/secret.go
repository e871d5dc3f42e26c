package config

// Secret is a value that is never printed: fmt, JSON and loggers show "***".
type Secret string

// Reveal returns the value itself. Call it only where the value is used.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return `config.Secret("` + s.String() + `")` }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// redactAll is the redact function of an option that is wholly secret.
func redactAll(string) string { return "set" }
