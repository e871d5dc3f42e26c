package config

import (
	"crypto/sha256"
	"maps"
)

// digest stands for the value of an option, which may be a secret.
type digest [sha256.Size]byte

// live marks an option that a running server can change. It puts the value of
// from into to, and reports whether that is enough: if not, it needs a restart.
type live = func(to, from *Config) bool

// replace returns the live function of a field.
func replace[T any](field func(*Config) *T) live {
	return func(to, from *Config) bool {
		*field(to) = *field(from)
		return true
	}
}

// replaceSecret returns the live function of a secret that switches something
// on: setting the first one, or removing the last, needs a restart.
func replaceSecret(field func(*Config) *Secret) live {
	return func(to, from *Config) bool {
		if *field(to) == "" || *field(from) == "" {
			return false
		}
		*field(to) = *field(from)
		return true
	}
}

// Change is what differs between the settings of a running server and those
// that were read again.
type Change struct {
	// Config is the former one with the new values of the options in Live.
	Config  *Config
	Live    []string // options that a running server can change
	Restart []string // options that it cannot
}

// Compare returns what differs between c, whose mode is the same, and next. It
// leaves both as they are.
func (c *Config) Compare(next *Config) Change {
	merged := *c
	change := Change{Config: &merged}

	for _, o := range table() {
		if c.digests[o.name] == next.digests[o.name] {
			continue
		}

		if o.live == nil || !o.live(&merged, next) {
			change.Restart = append(change.Restart, o.name)
			continue
		}

		change.Live = append(change.Live, o.name)
	}

	merged.digests = maps.Clone(c.digests)
	for _, name := range change.Live {
		merged.digests[name] = next.digests[name]
	}

	return change
}

// Same reports whether two configurations were read from the same values.
func (c *Config) Same(other *Config) bool {
	change := c.Compare(other)
	return len(change.Live)+len(change.Restart) == 0
}
