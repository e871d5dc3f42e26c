package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/certificates"
	"checkoutd/internal/config"
	"checkoutd/internal/store"
)

// Certificates manages the certificates of the server's own https without a
// server.
type Certificates struct {
	store *store.Store
	now   func() time.Time
}

// OpenCertificates opens the configured database, which must have the schema of
// this version.
func OpenCertificates(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*Certificates, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &Certificates{store: s, now: now}, nil
}

// List returns the certificates of all names and CAs.
func (c *Certificates) List(ctx context.Context) ([]certificates.Certificate, error) {
	return c.store.Certificates(ctx, "")
}

// Renew makes the certificates of a name due, and returns how many there are.
func (c *Certificates) Renew(ctx context.Context, domain string) (int, error) {
	return c.store.RenewCertificates(ctx, domain, c.now())
}

// Close closes the database.
func (c *Certificates) Close() error { return c.store.Close() }
