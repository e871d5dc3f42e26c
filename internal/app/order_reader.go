package app

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/budget"
	"checkoutd/internal/config"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
)

// OrderReader reads the orders without a server, for the commands that show
// them and operate on them.
type OrderReader struct{ store *store.Store }

// OpenOrderReader opens the configured database, which must have the schema of
// this version.
func OpenOrderReader(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*OrderReader, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &OrderReader{s}, nil
}

// Orders returns the orders that match f, newest first.
func (r *OrderReader) Orders(ctx context.Context, f orders.Filter) ([]orders.Order, error) {
	return r.store.Orders(ctx, f)
}

// Find returns the IDs of up to n orders that a word is about; see
// store.FindOrders.
func (r *OrderReader) Find(ctx context.Context, word string, n int) ([]string, error) {
	return r.store.FindOrders(ctx, word, n)
}

// OpenForeignPayments returns the intents that took money for an order without
// an attempt, and that a person has to decide about, by order.
func (r *OrderReader) OpenForeignPayments(ctx context.Context) (map[string]string, error) {
	return r.store.OpenForeignPayments(ctx)
}

// Disputes returns the disputes of several orders.
func (r *OrderReader) Disputes(ctx context.Context, orderIDs []string) ([]payments.Dispute, error) {
	return r.store.Disputes(ctx, orderIDs)
}

// Order returns an order with all its payments.
func (r *OrderReader) Order(ctx context.Context, id string) (*payments.State, error) {
	return r.store.Read(ctx, id)
}

// Mode returns the mode in which the configuration for Operations must be
// loaded: that of the orders' payments.
func (r *OrderReader) Mode(ctx context.Context) (config.Mode, error) {
	bound, err := r.store.BoundTo(ctx)
	if bound == boundToSandbox {
		return config.Sandbox, err
	}
	return config.Serve, err
}

// Operations returns the captures, cancellations and refunds that the shop may
// ask for. cfg must be loaded in the reader's Mode. It is an error if cfg has
// other keys than those that the orders were paid with, and if the offline
// Stripe is needed but not running.
func (r *OrderReader) Operations(
	ctx context.Context, cfg *config.Config, version string, log zerolog.Logger, now func() time.Time,
) (*payments.Operations, error) {
	stripe, err := stripeBeside(ctx, cfg, r.store, version, log)
	if err != nil {
		return nil, err
	}

	key, err := proofKey(ctx, r.store)
	if err != nil {
		return nil, err
	}

	service := payments.New(payments.Config{
		Store:        r.store,
		Stripe:       paymentsOf(stripe),
		Now:          now,
		Log:          log,
		ProofKey:     key,
		UnknownAfter: cfg.UnknownAfter,
		CallTimeout:  callTimeout(cfg.StripeTimeout),
		TransferWait: cfg.TransferWait,
		RefundFee:    cfg.Fee.Refund,
		Workers:      1,
	})

	return payments.NewOperations(service, operatorOf(stripe)), nil
}

// stripeBeside returns the client of a command that may run beside a server. It
// is an error if cfg has other keys than those that the orders were paid with,
// and if the offline Stripe is needed but not running.
func stripeBeside(
	ctx context.Context, cfg *config.Config, s *store.Store, version string, log zerolog.Logger,
) (*stripeapi.Client, error) {
	bound, err := s.BoundTo(ctx)
	if err != nil {
		return nil, err
	}
	if want := bindingOf(cfg); bound != "" && bound != want {
		return nil, fmt.Errorf("this database belongs to %s, but the configuration is for %s", bound, want)
	}

	if cfg.IsSandbox() {
		if err := checkOffline(ctx, cfg.SandboxAddr); err != nil {
			return nil, err
		}
	}

	stripe := newStripe(cfg, stripeapi.Config{
		Key:        fixedKey(cfg),
		AppVersion: version,
		Budget:     budget.New(cfg.StripeRateLimit),
		MayWrite:   mayWrite(s),
	})
	if !cfg.IsSandbox() {
		if _, err := newAccountCheck(cfg, stripe, s, log).check(ctx); err != nil {
			return nil, err
		}
	}

	return stripe, nil
}

// IntentOfCharge asks Stripe of which intent a charge of the own account is, ""
// for none. See Operations for cfg.
func (r *OrderReader) IntentOfCharge(
	ctx context.Context, cfg *config.Config, version string, log zerolog.Logger, chargeID string,
) (string, error) {
	stripe, err := stripeBeside(ctx, cfg, r.store, version, log)
	if err != nil {
		return "", err
	}

	id, err := stripe.IntentOfCharge(ctx, chargeID)
	if payments.IsGone(err) {
		return "", nil
	}
	return id, err
}

// Close closes the database.
func (r *OrderReader) Close() error { return r.store.Close() }

// checkOffline returns an error unless the offline Stripe, which runs inside
// the server, accepts connections.
func checkOffline(ctx context.Context, addr string) error {
	dialer := net.Dialer{Timeout: 2 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("this database belongs to the sandbox, but no offline Stripe answers at SANDBOX_ADDR (%s): "+
			"start \"server sandbox\" first: %w", addr, err)
	}
	return conn.Close()
}
