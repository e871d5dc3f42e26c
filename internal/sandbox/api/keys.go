package api

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// kindKey is the kind of the keys that were rolled or restricted: records in
// the platform's account whose IDs are the keys. Every other test key is good
// for ever, and may do everything.
const kindKey = "api_key"

// RestrictKey lets a restricted key (rk_test_…) do only what the permissions
// say from now on: https://docs.stripe.com/keys/restricted-api-keys.
func (s *Server) RestrictKey(key string, permissions []string) error {
	if form := KeyForm.FindStringSubmatch(key); form == nil || form[1] != "rk" || form[2] != "test" || len(key) < MinKeyLength {
		return fmt.Errorf("%s is no restricted key of a test: write a key like rk_test_shop", RedactKey(key))
	}
	if err := checkPermissions(permissions); err != nil {
		return err
	}

	list := make([]any, 0, len(permissions))
	for _, p := range permissions {
		list = append(list, p)
	}

	return s.Update(PlatformAccount, func(c *Call) error {
		c.Tx.Put(NewRecord(kindKey, key, map[string]any{"permissions": list}))
		return nil
	})
}

// RestrictKeys restricts the configured keys.
func (s *Server) RestrictKeys() error {
	for _, key := range slices.Sorted(maps.Keys(s.Config.RestrictedKeys)) {
		if err := s.RestrictKey(key, s.Config.RestrictedKeys[key]); err != nil {
			return err
		}
	}
	return nil
}

// permissionsOf returns what a restricted key may do, and whether it is
// restricted.
func (s *Server) permissionsOf(key string) (granted []string, restricted bool) {
	r, ok := s.keyRecord(key)
	if !ok {
		return nil, false
	}

	list, restricted := r.Fields["permissions"].([]any)
	for _, p := range list {
		if name, ok := p.(string); ok {
			granted = append(granted, name)
		}
	}

	return granted, restricted
}

// keyRecord returns what is kept of a key, if anything is.
func (s *Server) keyRecord(key string) (*Record, bool) {
	obj, _ := s.Lookup(PlatformAccount, key)
	r, ok := obj.(*Record)
	return r, ok && r.Kind == kindKey
}

// RollKey returns a new key of the kind of another one, which expires after
// overlap: https://docs.stripe.com/keys#rolling-keys. The new key may
// do what the former one may.
func (s *Server) RollKey(key string, overlap time.Duration) (next string, err error) {
	form := KeyForm.FindStringSubmatch(key)
	if form == nil || form[2] != "test" || len(key) < MinKeyLength {
		return "", wire.Malformed("", "key", "This is not the key of a test: %s", RedactKey(key))
	}

	next = form[1] + "_test_" + wire.RandomText(24)

	return next, s.Update(PlatformAccount, func(c *Call) error {
		former := map[string]any{"expires_at": c.Now.Add(overlap).UTC().Format(time.RFC3339Nano)}
		if r, ok := memory.Find[*Record](c.Tx, key); ok && r.Fields["permissions"] != nil {
			former["permissions"] = r.Fields["permissions"]
			c.Tx.Put(NewRecord(kindKey, next, map[string]any{"permissions": former["permissions"]}))
		}

		c.Tx.Put(NewRecord(kindKey, key, former))

		return nil
	})
}

// CheckKey returns the error for a key that has expired.
func (s *Server) CheckKey(key string, now time.Time) error {
	rolled, ok := s.keyRecord(key)
	if !ok || rolled.Text("expires_at") == "" {
		return nil
	}

	if ends, err := time.Parse(time.RFC3339Nano, rolled.Text("expires_at")); err == nil && now.Before(ends) {
		return nil
	}
	return expired(key)
}

func expired(key string) error {
	return wire.Unauthorized("api_key_expired", "Expired API Key provided: %s", RedactKey(key))
}
