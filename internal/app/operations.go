package app

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
)

// What a database is bound to.
const (
	useSandbox = "the sandbox"
	useTest    = "test keys"
	useLive    = "live keys"
)

func useOf(cfg *config.Config) string {
	switch {
	case cfg.IsSandbox():
		return useSandbox
	case cfg.Livemode():
		return useLive
	}
	return useTest
}

// Mode is how the orders of these books are paid, and so what Operations on them are to
// be configured for.
func (b *Books) Mode(ctx context.Context) (config.Mode, error) {
	use, err := b.store.BoundTo(ctx)
	if use == useSandbox {
		return config.Sandbox, err
	}
	return config.Serve, err
}

// Operations returns the operations that the shop may ask for on the orders of
// the books. cfg must be of the books' Mode. It refuses keys that are not those of the books' payments, and an
// offline Stripe that is not running.
func (b *Books) Operations(ctx context.Context, cfg *config.Config, version string, log zerolog.Logger, now func() time.Time) (*payments.Operations, error) {
	use, err := b.store.BoundTo(ctx)
	if err != nil {
		return nil, err
	}
	if use != "" && use != useOf(cfg) {
		return nil, fmt.Errorf("this database holds the orders of %s, but the configuration is for %s", use, useOf(cfg))
	}
	if cfg.IsSandbox() {
		if err := answers(ctx, cfg.SandboxAddr); err != nil {
			return nil, err
		}
	}
	stripe := stripeapi.New(stripeapi.Config{
		Key: cfg.StripeSecretKey.Reveal(), BaseURL: cfg.StripeAPIBase, Timeout: cfg.StripeTimeout,
		Retries: 2, AppVersion: version,
	})
	return payments.NewOperations(payments.New(payments.Config{
		Store: b.store, Stripe: stripe, Now: now, Log: log,
		UnknownAfter: cfg.UnknownAfter, CallTimeout: callTimeout(cfg.StripeTimeout), Workers: 1,
	}), stripe), nil
}

// answers is nil if somebody listens there: the offline Stripe lives in the server.
func answers(ctx context.Context, addr string) error {
	dialer := net.Dialer{Timeout: 2 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("these orders were paid in the sandbox, and no offline Stripe answers at SANDBOX_ADDR (%s): "+
			"start \"server sandbox\" first: %w", addr, err)
	}
	return conn.Close()
}
