package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/mail"
	"checkoutd/internal/store"
)

// Letters shows letters and sends them again, beside running servers.
type Letters struct{ store *store.Store }

// OpenLetters opens the configured database, which must have the schema of this
// version.
func OpenLetters(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*Letters, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &Letters{s}, nil
}

// List returns the newest letters, at most n, of an order or of all if orderID
// is "".
func (l *Letters) List(ctx context.Context, orderID string, n int) ([]mail.Letter, error) {
	return l.store.Letters(ctx, orderID, n)
}

// Resend makes a letter due that failed, is unknown or was skipped; ok is false
// if there is none.
func (l *Letters) Resend(ctx context.Context, id string) (ok bool, err error) {
	return l.store.ResendLetter(ctx, id)
}

// Close closes the database.
func (l *Letters) Close() error { return l.store.Close() }
