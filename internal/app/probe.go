package app

import (
	"context"
	"time"

	"checkoutd/internal/budget"
	"checkoutd/internal/config"
	"checkoutd/internal/golive"
	"checkoutd/internal/money"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/webhooks"
)

// Probe follows an event from Stripe to the server at our public address; see
// golive.Probe. cfg must be loaded in Mode. The amount is the smallest of the
// catalog's currency.
func (g *GoLive) Probe(
	ctx context.Context, cfg *config.Config, version string, wait time.Duration,
	pause func(context.Context, time.Duration) error,
) (evidence string, err error) {
	if cfg.IsSandbox() {
		if err := checkOffline(ctx, cfg.SandboxAddr); err != nil {
			return "", err
		}
	}

	catalog, err := configuredCatalog(cfg)
	if err != nil {
		return "", err
	}

	stripe := newStripe(cfg, stripeapi.Config{
		Key:        fixedKey(cfg),
		AppVersion: version,
		Budget:     budget.New(cfg.StripeRateLimit),
	})

	return golive.Probe(ctx, golive.ProbeConfig{
		Stripe:   stripeapi.NewChecklist(stripe),
		Inbox:    probeInbox{g.store, time.Now().Add(-clockMargin)},
		Address:  cfg.BaseURL + webhookPath,
		Amount:   money.Minimum(catalog.Currency()),
		Currency: catalog.Currency(),
		Wait:     wait,
		Pause:    pause,
		Now:      time.Now,
	})
}

// clockMargin is how far the clock of the server, which notes when an event
// came, may be behind that of this machine.
const clockMargin = 10 * time.Minute

// probeInbox is the inbox from a time on.
type probeInbox struct {
	store *store.Store
	since time.Time
}

// maxProbed bounds how many events of the two types are looked through: other
// intents are created and canceled, too.
const maxProbed = 1000

// EventsOf implements golive.Inbox.
func (i probeInbox) EventsOf(ctx context.Context, objectID string, types []string) (list []golive.Arrival, err error) {
	found, err := i.store.Events(ctx, webhooks.Filter{Types: types, From: i.since, Limit: maxProbed})
	if err != nil {
		return nil, err
	}

	for _, e := range found {
		if e.Group == objectID {
			list = append(list, golive.Arrival{
				Type:      e.Type,
				ByWebhook: e.Source == webhooks.SourceWebhook,
				Mismatch:  e.VersionMismatch,
			})
		}
	}

	return list, nil
}
