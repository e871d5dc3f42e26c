package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
)

// Migrate brings the schema up to date. Any number of processes may call it at
// once: one of them migrates, the others wait for it.
func (db *DB) Migrate(ctx context.Context) (err error) {
	if db.MigrationsCurrent(ctx) == nil {
		return nil
	}

	conns, closeConns := db.dialect.migrator(db.write)
	defer func() { err = errors.Join(err, databaseFault(closeConns())) }()

	release, err := db.dialect.lockMigrations(ctx, conns)
	if err != nil {
		return fmt.Errorf("cannot lock the migrations: %w", databaseFault(err))
	}
	defer func() { err = errors.Join(err, databaseFault(release())) }()

	p, err := db.goose(conns)
	if err != nil {
		return err
	}

	for told := false; ; told = true {
		err := db.applyMigrations(ctx, p)
		if err == nil || !db.Shared() || !db.dialect.lockTimeout(err) && !db.dialect.retryable(err) {
			return err
		}

		if !told {
			db.log.Warn().Err(err).Msg("a migration waits for a session that holds a table, such as a backup")
		}
		if !sleep(ctx, migrationPause) {
			return err
		}
	}
}

// migrationPause is how long a migration lets others pass before it asks for
// its locks again. Everybody who needs the table waits behind one that asks.
const migrationPause = time.Second

// sleep waits, and reports false if ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()

	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// applyMigrations applies what is missing, each in a transaction of its own.
func (db *DB) applyMigrations(ctx context.Context, p *goose.Provider) error {
	done, err := p.Up(ctx)

	var partial *goose.PartialError
	if errors.As(err, &partial) {
		done = partial.Applied
	}

	for _, m := range done {
		db.log.Info().
			Int64("version", m.Source.Version).
			Dur("duration", m.Duration).
			Msg("migrated the database")
	}

	if err != nil {
		return fmt.Errorf("cannot apply %s: %w", failedMigration(err), databaseFault(err))
	}

	return nil
}

// MigrationsCurrent returns nil if the schema has all the migrations of this
// program. A newer schema counts as current, since a command of this release
// may still run beside a server of the next.
func (db *DB) MigrationsCurrent(ctx context.Context) error {
	have, want, err := db.versions(ctx)
	if err == nil && have < want {
		err = fmt.Errorf("database: the schema is at version %d and this program needs %d: "+
			"run the subcommand migrate", have, want)
	}
	return err
}

// MigrationsExact returns nil if the schema has the migrations of this program
// and no others.
func (db *DB) MigrationsExact(ctx context.Context) error {
	have, want, err := db.versions(ctx)
	switch {
	case err != nil:
		return err

	case have > want:
		return fmt.Errorf("database: the schema is at version %d and this program knows %d: "+
			"use the version of checkoutd that runs the server", have, want)

	default:
		return db.MigrationsCurrent(ctx)
	}
}

// Versions returns the numbers of the last migration of the schema, and of the
// last one that this program knows.
func (db *DB) Versions(ctx context.Context) (have, known int64, err error) { return db.versions(ctx) }

// versions returns the last migration of the schema and that of this program.
func (db *DB) versions(ctx context.Context) (have, want int64, err error) {
	p, err := db.goose(db.write.DB)
	if err != nil {
		return 0, 0, err
	}

	sources := p.ListSources()
	want = sources[len(sources)-1].Version

	have, _, err = QueryOne(ctx, db.Reader(), ScanInt,
		`SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied`)
	if err != nil {
		return 0, 0, fmt.Errorf("it is not migrated, or does not answer: %w", err)
	}

	return have, want, nil
}

// failedMigration names the migration that failed. goose's own text quotes
// statements and the driver.
func failedMigration(err error) string {
	var partial *goose.PartialError
	if errors.As(err, &partial) && partial.Failed != nil && partial.Failed.Source != nil {
		return fmt.Sprintf("migration %d", partial.Failed.Source.Version)
	}
	return "the migrations"
}

func (db *DB) goose(conns *sql.DB) (*goose.Provider, error) {
	p, err := goose.NewProvider(db.dialect.migrations(), conns, engineFiles{db.migrations, db.dialect},
		goose.WithLogger(goose.NopLogger()),
		goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", databaseFault(err))
	}
	return p, nil
}
