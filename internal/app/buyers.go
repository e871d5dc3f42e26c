package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/store"
)

// Buyers revokes buyers without a server.
type Buyers struct {
	store *store.Store
	now   func() time.Time
}

// OpenBuyers opens the configured database, which must have the schema of this
// version.
func OpenBuyers(ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time) (*Buyers, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &Buyers{store: s, now: now}, nil
}

// Revoke makes every browser forget the buyers who have the Stripe customer, or
// all buyers if customerID is "". It returns how many tokens it ended.
func (b *Buyers) Revoke(ctx context.Context, customerID string) (tokens int, err error) {
	return b.store.RevokeBuyers(ctx, customerID, b.now())
}

// Close closes the database.
func (b *Buyers) Close() error { return b.store.Close() }
