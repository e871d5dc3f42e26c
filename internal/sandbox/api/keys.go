package api

import (
	"time"

	"checkoutd/internal/sandbox/wire"
)

// kindKey is the kind of the keys that were rolled: records in the platform's
// account whose IDs are the keys. Every other test key is good for ever.
const kindKey = "api_key"

// RollKey returns a new key of the kind of another one, which expires after
// overlap: https://docs.stripe.com/keys#rolling-keys. The new key is as good as
// any.
func (s *Server) RollKey(key string, overlap time.Duration) (next string, err error) {
	form := KeyForm.FindStringSubmatch(key)
	if form == nil || form[2] != "test" || len(key) < MinKeyLength {
		return "", wire.Malformed("", "key", "This is not the key of a test: %s", RedactKey(key))
	}

	return form[1] + "_test_" + wire.RandomText(24), s.Update(PlatformAccount, func(c *Call) error {
		ends := c.Now.Add(overlap).UTC().Format(time.RFC3339Nano)
		c.Tx.Put(NewRecord(kindKey, key, map[string]any{"expires_at": ends}))

		return nil
	})
}

// CheckKey returns the error for a key that has expired.
func (s *Server) CheckKey(key string, now time.Time) error {
	obj, _ := s.Lookup(PlatformAccount, key)
	rolled, ok := obj.(*Record)
	if !ok || rolled.Kind != kindKey {
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
