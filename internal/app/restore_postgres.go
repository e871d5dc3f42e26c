package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/backup"
	"checkoutd/internal/config"
	"checkoutd/internal/store"
)

// restorePostgres replaces the tables of a PostgreSQL database by those of a
// dump, and closes the shop, in one transaction.
func restorePostgres(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
	b backup.Backup, known, force bool,
) (r RestoreReport, err error) {
	if !known {
		return r, errors.New("the backup has no manifest. Restore a dump of your own with pg_restore")
	}
	for _, tool := range []string{"psql", "pg_restore"} {
		if _, err := exec.LookPath(tool); err != nil {
			return r, fmt.Errorf("%s is not on this machine: install PostgreSQL's client programs", tool)
		}
	}

	at := now().UTC()
	if err := mayReplace(ctx, cfg, log, b, at, force); err != nil {
		return r, fmt.Errorf("nothing was changed: %w", err)
	}

	dir, err := os.MkdirTemp("", "checkoutd-restore-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	dump, locks, script := filepath.Join(dir, "dump"), filepath.Join(dir, "locks.sql"), filepath.Join(dir, "restore.sql")
	if err := os.WriteFile(locks, []byte(store.RestoreLocks), 0o600); err != nil {
		return r, err
	}
	if err := b.Extract(ctx, dump); err != nil {
		return r, err
	}
	if err := checkDump(ctx, dump); err != nil {
		return r, err
	}

	_, err = runTool(exec.CommandContext(ctx, "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges",
		"--file="+script, dump))
	if err != nil {
		return r, err
	}
	if err := appendText(script, store.RestoreScript(store.Restored{TakenAt: b.TakenAt, At: at})); err != nil {
		return r, err
	}

	if _, err := postgresTool(ctx, cfg.DatabaseURL.Reveal(), "psql", "--no-psqlrc", "--quiet", "--output="+os.DevNull,
		"--set=ON_ERROR_STOP=1", "--single-transaction", "--file="+locks, "--file="+script,
	); err != nil {
		return r, fmt.Errorf("the former database is unchanged: %w", err)
	}

	return RestoreReport{TakenAt: b.TakenAt, Orders: b.Orders}, nil
}

// mayReplace returns an error if the database must not be replaced by the
// backup.
func mayReplace(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, b backup.Backup, now time.Time, force bool,
) error {
	s, err := store.Open(ctx, cfg.DatabaseURL.Reveal(), store.Options{Log: log, Timeout: commandTimeout})
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // it was only read

	if empty, err := s.Empty(ctx); err != nil || empty {
		return err // nothing is lost of an empty one
	}

	f, err := s.Facts(ctx)
	if err != nil {
		return err
	}

	running, err := s.RunningServers(ctx, now)
	switch {
	case err != nil && !force:
		return err
	case running > 0:
		// Its buyers would pay again what the backup knows as open.
		return errors.New("a server is running on this database, or was half a minute ago. Stop it first")
	case f.Schema > b.Schema:
		return errors.New("the database has a newer schema than the backup, whose tables would stay: " +
			"restore into an empty database (createdb)")
	case b.Schema > f.Known:
		return fmt.Errorf("the backup's schema is at version %d and this program knows %d: use the version of "+
			"checkoutd that made it, or a later one", b.Schema, f.Known)
	case force:
		return nil
	case f.Use != "" && f.Use != b.Mode || f.Account != "" && f.Account != b.Account:
		return fmt.Errorf("the database is for %s %s, and the backup for %s %s. Use --force to restore all the same",
			f.Use, f.Account, b.Mode, b.Account)
	case f.Newest.After(b.TakenAt):
		return fmt.Errorf("the database is newer than the backup: it changed last at %s, and has %d orders where the "+
			"backup of %s has %d. Use --force to restore all the same, after a backup of what is there",
			f.Newest.Format(time.RFC3339), f.Orders, b.TakenAt.Format(time.RFC3339), b.Orders)
	}
	return nil
}

func appendText(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
