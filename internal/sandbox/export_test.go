package sandbox

import (
	"errors"
	"fmt"
	"slices"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// Planned returns the number of tasks that wait for the clock.
func (s *Server) Planned() int { return s.api.Schedule.Planned() }

// Compact compacts the state file.
func (s *Server) Compact() error { return s.api.Journal.Compact() }

// CompactAlways compacts it over and over until stop is closed.
func (s *Server) CompactAlways(stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}

		if err := s.Compact(); err != nil {
			return err
		}
	}
}

// Everything describes every object, in order.
func (s *Server) Everything() ([]string, error) {
	s.api.Store.RLock()
	defer s.api.Store.RUnlock()

	var out []string
	for _, account := range s.api.Store.Accounts() {
		for _, kind := range slices.Sorted(slices.Values(account.Kinds())) {
			for obj := range account.OfKind(kind) {
				text, err := describe(obj)
				if err != nil {
					return nil, err
				}

				out = append(out, account.ID+" "+kind+" "+text)
				for _, parent := range obj.Parents() {
					out = append(out, fmt.Sprint(parent, account.Index(kind, parent).Newest(1000)))
				}
			}
		}
	}

	return out, nil
}

// describe returns the JSON of an object and of what Stripe does not show, with
// its fields in alphabetic order.
func describe(obj memory.Object) (string, error) {
	parts := []any{obj}
	if k, ok := obj.(interface{ Secrets() any }); ok {
		parts = append(parts, k.Secrets())
	}

	tree, err := wire.ToTree(parts)
	if err != nil {
		return "", err
	}

	text, err := wire.Encode(tree)
	return string(text), err
}

// EverythingIn describes every object in a state file, and starts nothing.
func EverythingIn(cfg Config) ([]string, error) {
	s := assemble(withDefaults(cfg))
	if _, err := s.api.Open(); err != nil {
		return nil, err
	}

	all, err := s.Everything()
	return all, errors.Join(err, s.api.Journal.Close())
}
