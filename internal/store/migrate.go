package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// The numbered migrations. A released one is never edited; there is no way back.
//
//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema up to date. Any number of processes may call it at once:
// one works, the others wait for it.
func (s *Store) Migrate(ctx context.Context) (err error) {
	if s.MigrationsCurrent(ctx) == nil {
		return nil
	}
	release, err := s.dialect.lockMigrations(ctx, s.write)
	if err != nil {
		return fmt.Errorf("store: migrations are locked: %w", err)
	}
	defer func() { err = errors.Join(err, release()) }()
	p, err := s.goose()
	if err != nil {
		return err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	for _, m := range done {
		s.log.Info().Int64("version", m.Source.Version).Dur("duration", m.Duration).Msg("migrated the database")
	}
	return nil
}

// MigrationsCurrent is nil if the schema has all the migrations of this program. A
// newer schema counts as current: replicas are replaced one after the other.
func (s *Store) MigrationsCurrent(ctx context.Context) error {
	have, want, err := s.versions(ctx)
	if err == nil && have < want {
		err = fmt.Errorf("store: the database is at version %d and this program needs %d: run the subcommand migrate", have, want)
	}
	return err
}

// MigrationsExact is nil if the schema has the migrations of this program and no others.
func (s *Store) MigrationsExact(ctx context.Context) error {
	have, want, err := s.versions(ctx)
	switch {
	case err != nil:
		return err
	case have > want:
		return fmt.Errorf("store: the database is at version %d and this program knows %d: use the program that runs the server", have, want)
	default:
		return s.MigrationsCurrent(ctx)
	}
}

// versions are the last migration that the schema has and the last that this program has.
func (s *Store) versions(ctx context.Context) (have, want int64, err error) {
	p, err := s.goose()
	if err != nil {
		return 0, 0, err
	}
	sources := p.ListSources()
	have, _, err = queryOne(ctx, s.reader(ctx), scanInt, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`)
	if err != nil {
		return 0, 0, fmt.Errorf("store: the database is not migrated, or does not answer: %w", s.public(ctx, err))
	}
	return have, sources[len(sources)-1].Version, nil
}

func (s *Store) goose() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	p, err := goose.NewProvider(s.dialect.migrations(), s.write.DB, files,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("store: migrations: %w", err)
	}
	return p, nil
}
