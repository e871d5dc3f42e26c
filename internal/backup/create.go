package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"checkoutd/internal/filelock"
)

// Config configures Create.
type Config struct {
	Folder string // of the backups, also of other databases; it is created
	ID     string // of the database, which ends the names of its backups
	Keep   int    // how many of its backups stay, 0 for all
	Now    func() time.Time

	// Dump writes the database to a new file at path and completes the
	// manifest: everything but the time and the files.
	Dump func(ctx context.Context, path string, m *Manifest) error
	// SandboxState is the state file of the offline Stripe, "" for none.
	SandboxState string
}

// Backup is a finished backup.
type Backup struct {
	Manifest
	Path    string   // of its folder
	Removed []string // the paths of older ones that Keep left no room for
}

// name matches the folders of the database's backups, which sort by their time.
func (c Config) name() string { return `checkoutd-\d{8}T\d{6}Z-` + regexp.QuoteMeta(c.ID) }

// ErrOldStay means that a backup is complete, but older ones could not be
// removed.
var ErrOldStay = errors.New("older backups could not be removed")

// Create makes a backup. After an error other than ErrOldStay there is none,
// and no other one was removed for it.
func Create(ctx context.Context, c Config) (b Backup, err error) {
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return b, fmt.Errorf("the folder of the backups cannot be made: %w", err)
	}

	lock, err := filelock.Acquire(filepath.Join(c.Folder, ".lock-"+c.ID), c.Now())
	var held *filelock.HeldError
	if errors.As(err, &held) {
		return b, fmt.Errorf("another backup of this database is being made in %s, by %s", c.Folder, held.Holder)
	}
	if err != nil {
		return b, fmt.Errorf("the folder of the backups cannot be written: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Release()) }()

	if err := c.removeLeftovers(); err != nil {
		return b, err
	}

	b.TakenAt = c.Now().UTC().Truncate(time.Second)
	name := "checkoutd-" + b.TakenAt.Format("20060102T150405Z-") + c.ID
	b.Path = filepath.Join(c.Folder, name)
	if _, err := os.Lstat(b.Path); err == nil {
		return b, fmt.Errorf("%s exists already, and no backup overwrites another: try again in a second", b.Path)
	}

	partial := filepath.Join(c.Folder, "."+name+".partial")
	if err := c.fill(ctx, partial, &b.Manifest); err != nil {
		return b, errors.Join(err, os.RemoveAll(partial))
	}
	if err := os.Rename(partial, b.Path); err != nil {
		return b, errors.Join(err, os.RemoveAll(partial))
	}
	if err := syncPath(c.Folder); err != nil {
		return b, err
	}

	if b.Removed, err = c.removeOld(name); err != nil {
		return b, fmt.Errorf("%s is complete, but %w: %w", b.Path, ErrOldStay, err)
	}
	return b, nil
}

// fill writes all of a backup to dir, and reads it back.
func (c Config) fill(ctx context.Context, dir string, m *Manifest) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("the folder of the backups cannot be written: %w", err)
	}

	m.Format, m.Database = format, c.ID
	raw := filepath.Join(dir, "raw")
	if err := c.Dump(ctx, raw, m); err != nil {
		return err
	}

	store, name := compress, SQLiteName
	if m.Engine == "postgres" {
		store, name = keep, PostgresName // pg_dump compresses
	}
	if err := m.add(ctx, store, raw, filepath.Join(dir, name)); err != nil {
		return err
	}

	// The database comes first: Stripe may know more than the shop, never less.
	if _, err := os.Stat(c.SandboxState); c.SandboxState != "" && err == nil {
		if err := copyFile(ctx, c.SandboxState, raw); err != nil {
			return err
		}
		if err := m.add(ctx, compress, raw, filepath.Join(dir, SandboxName)); err != nil {
			return err
		}
	}

	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, manifestName), append(text, '\n')); err != nil {
		return err
	}

	return syncPath(dir)
}

// add turns the raw file into the one at path, and describes it.
func (m *Manifest) add(
	ctx context.Context, store func(ctx context.Context, raw, path string) (File, error), raw, path string,
) error {
	f, err := store(ctx, raw, path)
	if err != nil {
		return err
	}
	if err := verify(ctx, filepath.Dir(path), f); err != nil {
		return err
	}

	m.Files = append(m.Files, f)
	return nil
}

// removeOld removes all backups of the database but made and the newest of the
// others, Keep in all. A clock that was wrong may have given another one a
// later name. A removal that is killed leaves no half of a backup under its
// name.
func (c Config) removeOld(made string) (removed []string, err error) {
	if c.Keep <= 0 {
		return nil, nil
	}

	entries, err := os.ReadDir(c.Folder) // sorted by name
	if err != nil {
		return nil, err
	}

	var all []string
	names := regexp.MustCompile("^" + c.name() + "$")

	for _, e := range entries {
		if e.IsDir() && names.MatchString(e.Name()) && e.Name() != made {
			all = append(all, e.Name())
		}
	}

	slices.Reverse(all)
	for _, name := range all[min(c.Keep-1, len(all)):] {
		going := filepath.Join(c.Folder, "."+name+".removing")
		if err := os.Rename(filepath.Join(c.Folder, name), going); err != nil {
			return removed, err
		}
		if err := os.RemoveAll(going); err != nil {
			return removed, err
		}
		removed = append(removed, filepath.Join(c.Folder, name))
	}

	return removed, nil
}

// removeLeftovers removes what a run for the database that was killed leaves
// behind.
func (c Config) removeLeftovers() error {
	entries, err := os.ReadDir(c.Folder)
	if err != nil {
		return err
	}

	leftovers := regexp.MustCompile(`^\.` + c.name() + `\.(partial|removing)$`)
	for _, e := range entries {
		if leftovers.MatchString(e.Name()) {
			if err := os.RemoveAll(filepath.Join(c.Folder, e.Name())); err != nil {
				return err
			}
		}
	}

	return nil
}
