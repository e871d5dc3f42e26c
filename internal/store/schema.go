package store

import (
	"context"
	"embed"
)

// The numbered migrations. The statements of a released one are never edited;
// it may be renamed, since only its number counts. There is no way back.
//
//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema up to date. Any number of processes may call it at
// once: one of them migrates, the others wait for it.
func (s *Store) Migrate(ctx context.Context) error { return s.db.Migrate(ctx) }

// MigrationsCurrent returns nil if the schema has all the migrations of this
// program. A newer schema counts as current, since a command of this release
// may still run beside a server of the next.
func (s *Store) MigrationsCurrent(ctx context.Context) error { return s.db.MigrationsCurrent(ctx) }

// MigrationsExact returns nil if the schema has the migrations of this program
// and no others.
func (s *Store) MigrationsExact(ctx context.Context) error { return s.db.MigrationsExact(ctx) }
