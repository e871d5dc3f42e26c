package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/budget"
	"checkoutd/internal/config"
	"checkoutd/internal/drift"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
)

// driftPace is how many requests a second a comparison with Stripe may send,
// besides the budget of all: a twentieth of what Stripe allows an account
// (https://docs.stripe.com/rate-limits).
const driftPace = 5

// newDrift returns the service that compares the orders with Stripe.
func newDrift(
	cfg *config.Config, s *store.Store, stripe *stripeapi.Client, proofKey []byte, log zerolog.Logger,
	now func() time.Time,
) *drift.Service {
	pace := budget.New(driftPace)
	if cfg.IsSandbox() {
		pace = nil // the offline Stripe has no limits
	}

	return drift.New(drift.Config{
		Store:  s,
		Stripe: func(account string) drift.Stripe { return stripe.For(account) },
		Proves: func(m payments.Mark) bool { return m.ProvenBy(proofKey) },
		At:     cfg.DriftAt,
		Pace:   pace,
		Now:    now,
		Log:    log,
	})
}

// Drift is the comparison with Stripe without a server, for the commands.
type Drift struct {
	store *store.Store
	now   func() time.Time
	log   zerolog.Logger
}

// OpenDrift opens the configured database, which must have the schema of this
// version.
func OpenDrift(ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time) (*Drift, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &Drift{s, now, log}, nil
}

// Mode returns the mode in which the configuration for Service must be loaded.
func (d *Drift) Mode(ctx context.Context) (config.Mode, error) {
	return (&OrderReader{d.store}).Mode(ctx)
}

// Service returns what compares days. cfg must be loaded in Mode.
func (d *Drift) Service(ctx context.Context, cfg *config.Config, version string) (*drift.Service, error) {
	stripe, err := stripeBeside(ctx, cfg, d.store, version, d.log)
	if err != nil {
		return nil, err
	}
	key, err := proofKey(ctx, d.store)
	if err != nil {
		return nil, err
	}
	return newDrift(cfg, d.store, stripe, key, d.log, d.now), nil
}

// Runs returns the runs of a day, or the newest ones if it is "".
func (d *Drift) Runs(ctx context.Context, day string, n int) ([]drift.Run, error) {
	return d.store.DriftRuns(ctx, day, n)
}

// Findings returns the findings in a state, all if it is "", newest first.
func (d *Drift) Findings(ctx context.Context, state drift.FindingState, n int) ([]drift.Finding, error) {
	return d.store.DriftFindings(ctx, state, "", n)
}

// OpenFindings returns how many findings are open.
func (d *Drift) OpenFindings(ctx context.Context) (int64, error) {
	return d.store.OpenDriftFindings(ctx)
}

// Dismiss closes an open finding.
func (d *Drift) Dismiss(ctx context.Context, id, note string) error {
	return d.store.DismissDrift(ctx, id, note, d.now())
}

// Close closes the database.
func (d *Drift) Close() error { return d.store.Close() }
