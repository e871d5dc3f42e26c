package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/backup"
	"checkoutd/internal/config"
	"checkoutd/internal/store"
)

// RestoreOptions configure Restore.
type RestoreOptions struct {
	From  string // a backup's folder or file
	Force bool   // also over a database that is newer, other or unreadable
}

// RestoreReport says what Restore did.
type RestoreReport struct {
	TakenAt time.Time // the state that is back
	Orders  int64
	Former  string // where the former database is now, "" if there was none
	Sandbox bool   // the state of the offline Stripe is back, too
}

// Restore puts a backup in the place of the configured database. No server may
// run on it. The next one keeps the shop closed until it knows what happened
// since the backup. A Restore that is killed leaves the former database or the
// restored one.
func Restore(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time, o RestoreOptions,
) (r RestoreReport, err error) {
	b, known, err := backup.Open(o.From)
	if err != nil {
		return r, err
	}
	if engine := engineOf(cfg); known && b.Engine != engine {
		return r, fmt.Errorf("the backup is of a database of %s, and DATABASE_URL is one of %s", b.Engine, engine)
	}

	if use := defaultUse(cfg); known && use != "" && b.Mode != "" && b.Mode != use {
		return r, fmt.Errorf("the backup is of a database for %s. Without DATABASE_URL, this command would restore "+
			"that of %s: set STRIPE_SECRET_KEY as the server has it, or DATABASE_URL", b.Mode, use)
	}

	if engineOf(cfg) == "postgres" {
		return restorePostgres(ctx, cfg, log, now, b, known, o.Force)
	}

	release, err := store.Claim(ctx, cfg.DatabaseURL.Reveal(), 0, log)
	if err != nil {
		return r, fmt.Errorf("nothing was changed: %w", err)
	}
	defer func() { err = errors.Join(err, release()) }()

	// One file, whatever the path.
	address := strings.TrimPrefix(cfg.DatabaseURL.Reveal(), "sqlite:")
	target, err := filepath.EvalSymlinks(strings.TrimPrefix(address, "//"))
	if err != nil {
		return r, err
	}

	next := target + ".restoring"
	if err := removeDatabase(next); err != nil {
		return r, err
	}
	if err := b.Extract(ctx, next); err != nil {
		return r, fmt.Errorf("nothing was changed: the backup could not be unpacked: %w", err)
	}

	r, err = swap(ctx, cfg, now, o, b, known, next, target)
	if err != nil {
		return r, fmt.Errorf("the former database is still in place: %w", errors.Join(err, removeDatabase(next)))
	}

	r.Sandbox, err = restoreSandbox(ctx, cfg, b)
	return r, err
}

// swap checks the unpacked backup next and puts it in the place of target.
func swap(
	ctx context.Context, cfg *config.Config, now func() time.Time, o RestoreOptions,
	b backup.Backup, known bool, next, target string,
) (r RestoreReport, err error) {
	at := now().UTC()
	var facts store.Facts
	facts, err = examine(ctx, next, func(s *store.Store) error {
		f, err := s.Facts(ctx)
		if err != nil {
			return err
		}
		r.TakenAt = b.TakenAt
		if !known {
			r.TakenAt = f.Newest
		}
		return errors.Join(
			checkBackup(b, known, f),
			s.MarkRestored(ctx, store.Restored{TakenAt: r.TakenAt, At: at}))
	})
	if err != nil {
		return r, fmt.Errorf("the backup cannot be used: %w", err)
	}
	if err := checkDataKeys(ctx, cfg, next); err != nil {
		return r, err
	}

	r.Orders = facts.Orders
	if r.Former, err = setAside(ctx, target, facts, r.TakenAt, at, o.Force); err != nil {
		return r, err
	}
	if err := os.Rename(next, target); err != nil {
		return r, err
	}

	return r, syncFolder(filepath.Dir(target))
}

// checkBackup compares the database in a backup with its manifest and this
// program.
func checkBackup(b backup.Backup, known bool, f store.Facts) error {
	switch {
	case f.Schema > f.Known:
		return fmt.Errorf("its schema is at version %d and this program knows %d: use the version of checkoutd that "+
			"made it, or a later one", f.Schema, f.Known)
	case known && (f.Schema != b.Schema || f.Use != b.Mode || f.Account != b.Account || f.Orders != b.Orders):
		return errors.New("it is not what its manifest describes")
	}
	return nil
}

// checkDataKeys returns an error unless DATA_KEY opens what the unpacked backup
// holds. What the check writes is one file again.
func checkDataKeys(ctx context.Context, cfg *config.Config, path string) error {
	ring, err := ringOf(cfg)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, "sqlite:"+path, store.Options{MustExist: true, Timeout: examineTime, Ring: ring})
	if err != nil {
		return err
	}
	if err := s.CheckKeys(ctx); err != nil {
		return errors.Join(fmt.Errorf("the backup does not open: %w", err), s.Close())
	}
	return s.CloseAlone(ctx)
}

// setAside gives the former database a second name, which stays when another
// one takes its place, and returns it. It refuses, unless forced, a database
// that would be missed.
func setAside(
	ctx context.Context, target string, facts store.Facts, takenAt, now time.Time, force bool,
) (former string, err error) {
	info, err := os.Stat(target)
	if err != nil || info.Size() == 0 { // the claim creates an empty file
		return "", ignoreNone(err)
	}

	err = missed(ctx, target, facts, takenAt)
	if errors.Is(err, store.ErrInUse) {
		return "", err
	}
	if err != nil && !force {
		return "", fmt.Errorf("%w. Use --force to restore all the same: the former database is kept beside it", err)
	}

	former = target + ".before-" + now.Format("20060102T150405Z")
	if err := os.Link(target, former); err != nil {
		return "", fmt.Errorf("the former database cannot be kept: %w", err)
	}

	// A log stays only beside a file that SQLite cannot open. The restored
	// database must not find it.
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := ignoreNone(os.Rename(target+suffix, former+suffix)); err != nil {
			return "", err
		}
	}

	return former, nil
}

// missed returns an error if the database at path holds what a backup does not,
// or cannot be read. It leaves all that the database holds in one file.
func missed(ctx context.Context, path string, backup store.Facts, takenAt time.Time) error {
	s, err := store.Open(ctx, "sqlite:"+path, store.Options{MustExist: true, Timeout: examineTime})
	if err != nil {
		return fmt.Errorf("the database at %s cannot be read: %w", path, err)
	}

	f, err := s.Facts(ctx)
	if err != nil {
		return errors.Join(fmt.Errorf("the database at %s cannot be read: %w", path, err), s.Close())
	}
	if err := s.CloseAlone(ctx); err != nil {
		return fmt.Errorf("the database at %s cannot be closed: stop the commands that use it: %w", path, err)
	}

	switch {
	case f.Use != "" && f.Use != backup.Use || f.Account != "" && f.Account != backup.Account:
		return fmt.Errorf("the database at %s is for %s %s, and the backup for %s %s",
			path, f.Use, f.Account, backup.Use, backup.Account)
	case f.Newest.After(takenAt):
		return fmt.Errorf("the database at %s is newer than the backup: it changed last at %s, and has %d orders and "+
			"%d events where the backup of %s has %d and %d", path, f.Newest.Format(time.RFC3339), f.Orders, f.Events,
			takenAt.Format(time.RFC3339), backup.Orders, backup.Events)
	}
	return nil
}

// restoreSandbox puts the state of the offline Stripe back if there is none: a
// state that is there is Stripe's, which is never older than the backup.
func restoreSandbox(ctx context.Context, cfg *config.Config, b backup.Backup) (done bool, err error) {
	path := cfg.SandboxStateFile
	if b.Mode != boundToSandbox || path == "" {
		return false, nil
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}

	next := path + ".restoring"
	if err := ignoreNone(os.Remove(next)); err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, err
	}

	done, err = b.ExtractSandbox(ctx, next)
	if err != nil || !done {
		return false, err
	}
	return true, os.Rename(next, path)
}

// removeDatabase removes a file and SQLite's files beside it.
func removeDatabase(path string) error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		errs = append(errs, ignoreNone(os.Remove(path+suffix)))
	}
	return errors.Join(errs...)
}

func ignoreNone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncFolder puts the names in a folder on the disk.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// OpenAgain opens the shop after a restore before the server does. It reports
// whether it was closed.
func OpenAgain(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (wasClosed bool, err error) {
	s, err := openBeside(ctx, cfg, log, now)
	if err != nil {
		return false, err
	}
	wasClosed, err = s.EndRestore(ctx)
	return wasClosed, errors.Join(err, s.Close())
}
