package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/sealed"
	"checkoutd/internal/store"
)

// OpenStore opens the configured database and migrates it. It may be open in a
// server at the same time.
func OpenStore(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*store.Store, error) {
	return openMigrated(ctx, cfg, store.Options{Now: now, Log: log})
}

// claimDatabase keeps other servers off the configured SQLite file until this
// one ends. While another one has the file, it waits for up to SQLITE_WAIT.
func (a *App) claimDatabase(ctx context.Context) (err error) {
	a.release, err = store.Claim(ctx, a.cfg.DatabaseURL.Reveal(), a.cfg.SQLiteWait, a.opts.Log)
	return err
}

// openForServer opens the configured database for a server, and migrates it.
func openForServer(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*store.Store, error) {
	return openMigrated(ctx, cfg, store.Options{
		Now:     now,
		Log:     log,
		Timeout: cfg.DatabaseTimeout,
	})
}

func openMigrated(ctx context.Context, cfg *config.Config, o store.Options) (*store.Store, error) {
	return openStore(ctx, cfg, o, func(s *store.Store) error {
		if err := s.Migrate(ctx); err != nil {
			return fmt.Errorf("migrate the database: %w", err)
		}
		return nil
	})
}

// commandTimeout is how long a command may wait for the database: it may read
// all of it.
const commandTimeout = time.Minute

// openBeside opens the configured database for a command that may run beside a
// server. It neither creates nor migrates a database: a migration would change
// the tables under a server of another version.
func openBeside(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*store.Store, error) {
	return openStore(ctx, cfg, store.Options{
		Now:       now,
		Log:       log,
		MustExist: true,
		Timeout:   commandTimeout,
	}, func(s *store.Store) error {
		if err := s.MigrationsExact(ctx); err != nil {
			return fmt.Errorf("the database belongs to another version of this program, "+
				"and this command does not migrate it: %w", err)
		}
		return nil
	})
}

func openStore(
	ctx context.Context, cfg *config.Config, o store.Options, prepare func(*store.Store) error,
) (*store.Store, error) {
	var err error
	if o.Ring, err = ringOf(cfg); err != nil {
		return nil, err
	}

	s, err := store.Open(ctx, cfg.DatabaseURL.Reveal(), o)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := prepare(s); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.CheckKeys(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// ringOf returns the keys that seal secrets in the database.
func ringOf(cfg *config.Config) (*sealed.Ring, error) {
	keys := make([][]byte, 0, len(cfg.DataKeys))
	for _, k := range cfg.DataKeys {
		keys = append(keys, []byte(k.Reveal()))
	}
	return sealed.NewRing(keys)
}

// reseal encrypts what the database holds in clear or under a former key. It
// runs beside the server, since there may be much of it.
func (a *App) reseal(ctx context.Context) {
	n, err := a.store.Reseal(ctx)
	log := a.opts.Log.With().Int("values", n).Logger()

	switch {
	case err != nil && ctx.Err() == nil:
		log.Error().Err(err).Msg("not all secrets could be encrypted under the first DATA_KEY; the next start goes on")
	case err == nil && n > 0:
		log.Info().Msg("all secrets are encrypted under the first DATA_KEY")
	}
}

// The kinds of payments that a database can be bound to.
const (
	boundToSandbox = "the sandbox"
	boundToTest    = "test keys"
	boundToLive    = "live keys"
)

// defaultUse returns the kind of payments for which the default of DATABASE_URL
// is, "" if it was given.
func defaultUse(cfg *config.Config) string {
	if !cfg.DatabaseByDefault() {
		return ""
	}

	switch cfg.DatabaseURL.Reveal() {
	case config.DatabaseOfSandbox:
		return boundToSandbox
	case config.DatabaseOfTestKeys:
		return boundToTest
	}

	return boundToLive
}

// bindingOf returns the kind of payments that cfg is for.
func bindingOf(cfg *config.Config) string {
	switch {
	case cfg.IsSandbox():
		return boundToSandbox
	case cfg.Livemode():
		return boundToLive
	}
	return boundToTest
}

// bind binds the database to one kind of payments for good: orders that were
// paid in the sandbox must never appear among those that were paid in money.
func bind(ctx context.Context, s *store.Store, cfg *config.Config) error {
	want := bindingOf(cfg)
	bound, err := s.Bind(ctx, want)
	if err == nil && bound != want {
		err = fmt.Errorf("DATABASE_URL: this database belongs to %s, but the configuration is for %s: "+
			"use another database", bound, want)
	}
	return err
}
