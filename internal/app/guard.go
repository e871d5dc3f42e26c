package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/guard"
	"checkoutd/internal/store"
)

// newGuard returns the guard against card testing, nil if the configuration
// wants none.
func (a *App) newGuard(ctx context.Context) (*guard.Guard, error) {
	if !a.cfg.CardTestingGuard {
		return nil, nil //nolint:nilnil // a nil Guard admits everything
	}

	key, err := a.store.Key(ctx, "sources")
	if err != nil {
		return nil, err
	}

	return guard.New(guard.Config{
		Ledger:       a.store,
		Now:          a.opts.Now,
		Log:          a.opts.Log,
		Key:          key,
		FreeLoopback: len(a.cfg.TrustedProxies) == 0,
		Meter:        a.metrics,
	}), nil
}

// CardGuard shows and changes what the guard against card testing does, beside
// running servers.
type CardGuard struct {
	*guard.Guard
	store *store.Store
}

// OpenCardGuard opens the configured database, which must have the schema of
// this version.
func OpenCardGuard(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*CardGuard, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &CardGuard{guard.New(guard.Config{Ledger: s, Now: now, Log: log}), s}, nil
}

// Set sets the mode. Running servers follow within a second.
func (c *CardGuard) Set(ctx context.Context, mode guard.Mode) error {
	return c.store.SetGuardMode(ctx, mode)
}

// Close closes the database.
func (c *CardGuard) Close() error { return c.store.Close() }
