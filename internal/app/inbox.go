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

// Inbox is the inbox without a server: for the commands that look at it and make events
// due again. It never calls Stripe.
type Inbox struct {
	webhooks.Inbox
	store *store.Store
	hooks *webhooks.Service
}

// OpenInbox opens the configured database, which must be of this program's version.
func OpenInbox(ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time) (*Inbox, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	p := payments.New(payments.Config{Store: s, Now: now, Log: log})
	return &Inbox{Inbox: s, store: s, hooks: webhooks.New(webhooks.Config{
		Inbox: s, Payments: p, DecodeIntent: stripeapi.DecodeIntent, Now: now, Log: log,
		Secrets: []string{"unused: nothing is received here"},
	})}, nil
}

// Preview says what working the event again would do.
func (i *Inbox) Preview(ctx context.Context, e webhooks.Event) (webhooks.Preview, error) {
	return i.hooks.Preview(ctx, e)
}

// Close closes the database.
func (i *Inbox) Close() error { return i.store.Close() }
