package app

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/customersession"
	"checkoutd/internal/orders"
	"checkoutd/internal/people"
	"checkoutd/internal/store"
)

// newPeople returns what exports and erases customers. stripe may be nil if
// nothing is to be deleted there by this process.
func newPeople(
	ctx context.Context, cfg *config.Config, s *store.Store, stripe func(account string) people.Stripe,
	log zerolog.Logger, now func() time.Time,
) (*people.Service, error) {
	key, err := s.Key(ctx, "erasures")
	if err != nil {
		return nil, err
	}

	return people.New(people.Config{
		Store:     s,
		Retention: s,
		Policy:    people.Policy(cfg.Retention),
		Stripe:    stripe,
		Buyer:     customersession.VouchedBuyer,
		HashKey:   key,
		NewID:     orders.NewID,
		Now:       now,
		Log:       log,
	}), nil
}

// People exports and erases customers beside running servers.
type People struct {
	*people.Service

	store *store.Store
}

// OpenPeople opens the configured database, which must have the schema of this
// version.
func OpenPeople(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*People, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}

	svc, err := newPeople(ctx, cfg, s, nil, log, now)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &People{svc, s}, nil
}

// Close closes the database.
func (p *People) Close() error { return p.store.Close() }
