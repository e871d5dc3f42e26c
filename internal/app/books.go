package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
)

// Books are the orders without a server: for the commands that look at them.
type Books struct{ store *store.Store }

// OpenBooks opens the configured database, which must be of this program's version.
func OpenBooks(ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time) (*Books, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &Books{s}, nil
}

// Orders lists what the filter chooses, newest first.
func (b *Books) Orders(ctx context.Context, f orders.Filter) ([]orders.Order, error) {
	return b.store.Orders(ctx, f)
}

// Order gives all that is known of an order and its payments.
func (b *Books) Order(ctx context.Context, id string) (*payments.State, error) {
	return b.store.Read(ctx, id)
}

// Close closes the database.
func (b *Books) Close() error { return b.store.Close() }
