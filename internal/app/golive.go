package app

import (
	"context"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/budget"
	"checkoutd/internal/config"
	"checkoutd/internal/golive"
	"checkoutd/internal/orders"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/webhooks"
)

// GoLive is the checklist before going live, without a server.
type GoLive struct{ store *store.Store }

// OpenGoLive opens the configured database, which must have the schema of this
// version.
func OpenGoLive(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*GoLive, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &GoLive{s}, nil
}

// Mode returns the mode in which the configuration for Service must be loaded.
func (g *GoLive) Mode(ctx context.Context) (config.Mode, error) {
	return (&OrderReader{g.store}).Mode(ctx)
}

// Service returns the checklist of the installation that cfg describes. cfg
// must be loaded in Mode. wantLive means that it is to take real payments.
func (g *GoLive) Service(
	ctx context.Context, cfg *config.Config, version string, wantLive bool, now func() time.Time,
) (*golive.Service, error) {
	if cfg.IsSandbox() {
		if err := checkOffline(ctx, cfg.SandboxAddr); err != nil {
			return nil, err
		}
	}

	stripe := newStripe(cfg, stripeapi.Config{
		Key:        fixedKey(cfg),
		AppVersion: version,
		Budget:     budget.New(cfg.StripeRateLimit),
	})
	return golive.New(golive.Config{
		Stripe: stripeapi.NewChecklist(stripe),
		Setup:  setupOf(cfg, version, wantLive),
		Now:    now,
		NewID:  func() string { return orders.NewID("run_") },
	}), nil
}

// Close closes the database.
func (g *GoLive) Close() error { return g.store.Close() }

// setupOf returns what the checklist may know of the configuration.
func setupOf(cfg *config.Config, version string, wantLive bool) golive.Setup {
	return golive.Setup{
		Version:    version,
		APIVersion: stripeapi.APIVersion,
		Library:    stripeapi.Library,
		LibraryFor: stripeapi.LibraryVersion,
		BaseURL:    cfg.BaseURL,
		WebhookURL: cfg.BaseURL + webhookPath,
		SecretKey: golive.KeyFacts{
			Live:       cfg.Livemode(),
			Restricted: strings.HasPrefix(cfg.StripeSecretKey.Reveal(), "rk_"),
		},
		PublicLive:    strings.HasPrefix(cfg.StripePublishableKey, "pk_live_"),
		Sandbox:       cfg.IsSandbox(),
		Connect:       cfg.ConnectClientID != "",
		Events:        webhooks.EventTypes(),
		ConnectEvents: webhooks.ConnectEventTypes(),
		Express:       cfg.ExpressCheckout,
		Methods:       cfg.PaymentMethodTypes,
		Configuration: cfg.PaymentMethodConfiguration,
		WantLive:      wantLive,
	}
}
