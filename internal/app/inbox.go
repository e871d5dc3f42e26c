package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/webhooks"
)

// Inbox is the inbox of events without a server, for the commands that show and
// replay events. It never calls Stripe.
type Inbox struct {
	webhooks.Admin
	webhooks.Previewer
	store *store.Store
}

// OpenInbox opens the configured database, which must have the schema of this
// version.
func OpenInbox(ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time) (*Inbox, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}

	p := payments.New(payments.Config{Store: s, Now: now, Log: log})
	return &Inbox{
		Admin:     s,
		Previewer: webhooks.Previewer{Payments: p, Decoder: stripeapi.Codec{}},
		store:     s,
	}, nil
}

// Close closes the database.
func (i *Inbox) Close() error { return i.store.Close() }
