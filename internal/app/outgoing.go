package app

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/api"
	"checkoutd/internal/config"
	"checkoutd/internal/deliveries"
	"checkoutd/internal/orders"
	"checkoutd/internal/store"
)

// newOutgoing returns the service that sends webhooks to the shop's backend.
func (a *App) newOutgoing(ctx context.Context) (*deliveries.Service, error) {
	cfg, now := a.cfg, a.opts.Now
	networks := networksOf(cfg, cfg.IsSandbox())
	configured, err := configuredEndpoints(cfg, networks, now())
	if err != nil {
		return nil, err
	}
	if err := a.store.ConfigureEndpoints(ctx, configured); err != nil {
		return nil, err
	}

	a.sender = deliveries.NewSender(networks, a.opts.Version, now)

	return deliveries.New(deliveries.Config{
		Store:  a.store,
		Sender: a.sender,
		Owner:  a.endpointOwner(),
		Render: func(o *orders.Order) any { return api.Render(o, a.links()) },
		Now:    now,
		Log:    a.opts.Log,
		Meter:  a.metrics,
	}), nil
}

// links makes the addresses in what the shop's backend gets. The pages are made
// last, and know where the built-in pictures are.
func (a *App) links() api.Links {
	return api.Links{
		BaseURL: a.cfg.BaseURL,
		Picture: func(name string) string { return a.pages.PictureURL(name) },
	}
}

// networksOf returns the networks that webhooks may go to although they are not
// public. A sandbox is for one machine, and may send to it.
func networksOf(cfg *config.Config, sandbox bool) deliveries.Networks {
	n := deliveries.Networks(cfg.AllowedNetworks)
	if sandbox {
		n = append(deliveries.Loopback(), n...)
	}
	return n
}

// configuredEndpoints returns the endpoints of the configuration.
func configuredEndpoints(
	cfg *config.Config, n deliveries.Networks, now time.Time,
) (list []deliveries.Endpoint, err error) {
	for i, c := range cfg.Endpoints {
		e, err := deliveries.NewEndpoint(c.URL, c.Types, n, now)
		e.Source, e.Secrets = deliveries.FromConfiguration, nil

		for _, secret := range c.Secrets {
			if err == nil {
				err = deliveries.CheckSecret(secret.Reveal())
			}
			e.Secrets = append(e.Secrets, deliveries.Secret{Value: secret.Reveal()})
		}
		if err != nil {
			return nil, fmt.Errorf("ENDPOINTS: number %d: %w", i+1, err)
		}

		list = append(list, e)
	}

	return list, nil
}

// Endpoints is the webhook endpoints without a server, for the commands.
type Endpoints struct {
	deliveries.Admin
	Networks deliveries.Networks
	Sender   *deliveries.Sender
	store    *store.Store
}

// OpenEndpoints opens the configured database, which must have the schema of
// this version.
func OpenEndpoints(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*Endpoints, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}

	bound, err := s.BoundTo(ctx)
	if err != nil {
		_ = s.Close()
		return nil, err
	}

	networks := networksOf(cfg, bound == boundToSandbox)

	return &Endpoints{
		Admin:    s,
		Networks: networks,
		Sender:   deliveries.NewSender(networks, "command", now),
		store:    s,
	}, nil
}

// Close closes the database.
func (e *Endpoints) Close() error { return e.store.Close() }
