package app

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/budget"
	"checkoutd/internal/config"
	"checkoutd/internal/connect"
	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/store"
)

// newMirror returns the service that copies the payments of connected accounts.
// Their calls have a pace of their own besides that of all calls.
func (a *App) newMirror(stripe mirror.Stripe) *mirror.Service {
	options := a.cfg.Mirror
	a.mirrorPace = budget.New(options.Rate)

	c := mirror.Config{
		Store:      a.store,
		Stripe:     stripe,
		Now:        a.opts.Now,
		Log:        a.opts.Log,
		Pace:       a.mirrorPace,
		PerAccount: options.PerAccount,
		CheckEvery: options.CheckEvery,
		Keep:       a.cfg.ConnectKeepData,
		Cards:      options.Cards,
	}

	if options.Automatic {
		c.Start = func(now time.Time) time.Time {
			if options.History == 0 {
				return time.Time{}
			}
			return now.Add(-options.History)
		}
	}

	return mirror.New(c)
}

func mirrorReader(cfg *config.Config, s *store.Store, now func() time.Time) *mirror.Reader {
	return &mirror.Reader{Store: s, Accounts: s, Now: now, Keep: cfg.ConnectKeepData}
}

// mayWrite reports whether the owner of a connected account allows calls that
// change something, and returns connect.ErrNotConnected for an account that is
// disconnected.
func mayWrite(s *store.Store) func(ctx context.Context, account string) (bool, error) {
	return func(ctx context.Context, account string) (bool, error) {
		a, err := s.ConnectAccount(ctx, account)
		if err == nil && !a.IsConnected() {
			err = connect.ErrNotConnected
		}

		return err == nil && a.MayWrite(), err
	}
}

// Mirrors is the copies of connected accounts' payments without a server, for
// the commands.
type Mirrors struct {
	*mirror.Reader
	store *store.Store
}

// OpenMirrors opens the configured database, which must have the schema of this
// version.
func OpenMirrors(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*Mirrors, error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return nil, err
	}
	return &Mirrors{mirrorReader(cfg, s, now), s}, nil
}

// Close closes the database.
func (m *Mirrors) Close() error { return m.store.Close() }
