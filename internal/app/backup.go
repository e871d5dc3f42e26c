package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/backup"
	"checkoutd/internal/config"
	"checkoutd/internal/store"
)

// BackupOptions configure Backup.
type BackupOptions struct {
	Folder  string // of the backups
	Keep    int    // how many stay, 0 for all
	Version string // of this program
}

// Backup copies the configured database, which a server may use meanwhile, into
// a folder of backups, and the state of the offline Stripe if it is the
// sandbox's database. It notes the time in the database.
func Backup(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time, o BackupOptions,
) (b backup.Backup, err error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()

	facts, err := s.Facts(ctx)
	if err != nil {
		return b, err
	}

	id, err := s.DatabaseID(ctx)
	if err != nil {
		return b, err
	}

	c := backup.Config{Folder: o.Folder, ID: id, Keep: o.Keep, Now: now}
	if facts.Use == boundToSandbox {
		c.SandboxState = cfg.SandboxStateFile
	}

	c.Dump = func(ctx context.Context, path string, m *backup.Manifest) error {
		m.Version, m.Engine = o.Version, engineOf(cfg)
		if s.Shared() {
			describe(m, facts)
			return dumpPostgres(ctx, cfg.DatabaseURL.Reveal(), path)
		}
		return dumpSQLite(ctx, s, facts, path, m)
	}

	b, err = backup.Create(ctx, c)
	if err != nil && !errors.Is(err, backup.ErrOldStay) {
		return b, fmt.Errorf("no backup was made: %w", err)
	}

	return b, errors.Join(err, s.NoteBackup(ctx, b.TakenAt))
}

func engineOf(cfg *config.Config) string {
	if strings.HasPrefix(cfg.DatabaseURL.Reveal(), "sqlite:") {
		return "sqlite"
	}
	return "postgres"
}

func describe(m *backup.Manifest, f store.Facts) {
	m.Schema, m.Mode, m.Account = f.Schema, f.Use, f.Account
	m.Orders, m.Events = f.Orders, f.Events
}

// dumpSQLite copies the database to a file at path, opens the copy and checks
// it.
func dumpSQLite(ctx context.Context, s *store.Store, want store.Facts, path string, m *backup.Manifest) error {
	if err := s.CopyTo(ctx, path); err != nil {
		return err
	}

	facts, err := examine(ctx, path, func(c *store.Store) error { return c.NoteBackup(ctx, m.TakenAt) })
	if err != nil {
		return fmt.Errorf("the copy cannot be used: %w", err)
	}

	if facts.Schema != want.Schema || facts.Use != want.Use || facts.Account != want.Account {
		return errors.New("the database changed its schema, its mode or its account while it was copied: try again")
	}

	describe(m, facts)
	return nil
}

// examineTime bounds a call to a copy, which may be read as a whole.
const examineTime = time.Hour

// examine opens the copy of an SQLite database, checks that it is intact, and
// calls change. What is left is one file.
func examine(ctx context.Context, path string, change func(*store.Store) error) (f store.Facts, err error) {
	s, err := store.Open(ctx, "sqlite:"+path, store.Options{MustExist: true, Timeout: examineTime})
	if err != nil {
		return f, err
	}

	if err = s.Integrity(ctx); err == nil {
		f, err = s.Facts(ctx)
	}
	if err == nil {
		err = change(s)
	}
	if err != nil {
		return f, errors.Join(err, s.Close())
	}

	return f, s.CloseAlone(ctx)
}
