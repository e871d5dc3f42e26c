package app

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/api"
	"checkoutd/internal/config"
	"checkoutd/internal/store"
)

// Keys manages the keys of the shop's backend without a server.
type Keys struct {
	store *store.Store
	now   func() time.Time
}

// OpenKeys opens the configured database, which must have the schema of this
// version.
func OpenKeys(ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time) (*Keys, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &Keys{store: s, now: now}, nil
}

// Create stores a new key and returns it with its secret, which nothing shows
// again. It is for live payments if the database is.
func (k *Keys) Create(ctx context.Context, name string, scope api.Scope) (key api.Key, secret string, err error) {
	bound, err := k.store.BoundTo(ctx)
	if err == nil && bound == "" {
		err = errors.New("no server has used this database yet, so nobody knows whether the key is for " +
			"test or for live payments: start the server once")
	}
	if err != nil {
		return api.Key{}, "", err
	}

	key, secret, err = api.NewKey(name, scope, bound == boundToLive, k.now())
	if err != nil {
		return api.Key{}, "", err
	}

	return key, secret, k.store.CreateAPIKey(ctx, key)
}

// List returns all keys, revoked ones too, oldest first.
func (k *Keys) List(ctx context.Context) ([]api.Key, error) { return k.store.APIKeys(ctx) }

// Revoke ends a key for good.
func (k *Keys) Revoke(ctx context.Context, id string) error {
	return k.store.RevokeAPIKey(ctx, id, k.now())
}

// Close closes the database.
func (k *Keys) Close() error { return k.store.Close() }
