package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/mail"
	"checkoutd/internal/store"
)

// Emails shows e-mails and sends them again, beside running servers.
type Emails struct{ store *store.Store }

// OpenEmails opens the configured database, which must have the schema of this
// version.
func OpenEmails(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*Emails, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &Emails{s}, nil
}

// List returns the newest e-mails, at most n, of an order or of all if orderID
// is "".
func (e *Emails) List(ctx context.Context, orderID string, n int) ([]mail.Email, error) {
	return e.store.Emails(ctx, orderID, n)
}

// Resend makes an e-mail due that failed, is unknown or was skipped; ok is
// false if there is none.
func (e *Emails) Resend(ctx context.Context, id string) (ok bool, err error) {
	return e.store.ResendEmail(ctx, id)
}

// Close closes the database.
func (e *Emails) Close() error { return e.store.Close() }
