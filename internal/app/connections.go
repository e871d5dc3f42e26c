package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/budget"
	"checkoutd/internal/config"
	"checkoutd/internal/connect"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
)

// Connections is the connected accounts without a server, for the commands.
type Connections struct {
	connect.Accounts
	store *store.Store
}

// OpenConnections opens the configured database, which must have the schema of
// this version.
func OpenConnections(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*Connections, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &Connections{Accounts: s, store: s}, nil
}

// Mode returns the mode in which the configuration for Service must be loaded.
func (c *Connections) Mode(ctx context.Context) (config.Mode, error) {
	return (&OrderReader{c.store}).Mode(ctx)
}

// Service returns what connects and disconnects accounts. cfg must be loaded in
// Mode. It is an error if cfg has other keys than those of the database, and if
// the offline Stripe is needed but not running.
func (c *Connections) Service(
	ctx context.Context, cfg *config.Config, version string, log zerolog.Logger, now func() time.Time,
) (*connect.Service, error) {
	bound, err := c.store.BoundTo(ctx)
	if err != nil {
		return nil, err
	}
	if want := bindingOf(cfg); bound != "" && bound != want {
		return nil, fmt.Errorf("this database belongs to %s, but the configuration is for %s", bound, want)
	}
	if cfg.ConnectClientID == "" {
		return nil, errors.New("CONNECT_CLIENT_ID is not set: this server connects no accounts")
	}

	b := budget.New(cfg.StripeRateLimit)
	stripe := newStripe(cfg, stripeapi.Config{
		Key:        fixedKey(cfg),
		AppVersion: version,
		Budget:     b,
		MayWrite:   mayWrite(c.store),
	})
	if cfg.IsSandbox() {
		err = checkOffline(ctx, cfg.SandboxAddr)
	} else {
		_, err = newAccountCheck(cfg, stripe, c.store, log).check(ctx)
	}
	if err != nil {
		return nil, err
	}

	o := Options{Config: cfg, Version: version, Log: log, Now: now}
	return newConnect(cfg, o, fixedKey(cfg), c.store, stripe, b, nil, nil), nil
}

// Close closes the database.
func (c *Connections) Close() error { return c.store.Close() }
