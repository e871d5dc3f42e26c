package api

import (
	"context"
	"time"

	"checkoutd/internal/fault"
)

// KeyStore keeps the keys. Every method is one transaction and safe for
// concurrent use from several processes.
type KeyStore interface {
	// UseAPIKey returns the valid key with that hash, and notes that it was
	// used, at most once a minute. ok is false if there is none, or if it was
	// revoked: both take the same statements.
	UseAPIKey(ctx context.Context, hash []byte, now time.Time) (k Key, ok bool, err error)
}

// ErrNoKey is the answer to a wrong ID of a key.
var ErrNoKey = fault.New(fault.NotFound, "key_not_found", "There is no such key.")
