package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Open returns the backup at path: its folder, or a file in it. A file without
// a manifest beside it, such as one that another program copied, is a backup of
// which nothing is known.
func Open(path string) (b Backup, known bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return b, false, err
	}

	dir := path
	if !info.IsDir() {
		dir = filepath.Dir(path)
	}

	b.Manifest, err = readManifest(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && info.IsDir():
		return b, false, fmt.Errorf("%s is no backup: it has no %s. Name the folder of one backup, "+
			"such as checkoutd-20260131T120000Z-k3m9x2ab", path, manifestName)
	case errors.Is(err, fs.ErrNotExist):
		b.Path = path
		return b, false, nil
	}

	b.Path = dir
	return b, true, err
}

// Extract writes the backup's database to a new file at path, which is on the
// disk when it returns.
func (b Backup) Extract(ctx context.Context, path string) error {
	for _, name := range []string{SQLiteName, PostgresName} {
		if f, ok := b.file(name); ok {
			return b.extract(ctx, f, path)
		}
	}
	if len(b.Files) > 0 {
		return fmt.Errorf("%s has no database", b.Path)
	}
	return copyFile(ctx, b.Path, path)
}

// ExtractSandbox writes the state of the offline Stripe to a new file at path.
// ok is false if the backup has none.
func (b Backup) ExtractSandbox(ctx context.Context, path string) (ok bool, err error) {
	f, ok := b.file(SandboxName)
	if !ok {
		return false, nil
	}
	return true, b.extract(ctx, f, path)
}

// DatabasePath returns the path of the database's file in the backup.
func (b Backup) DatabasePath() string {
	for _, name := range []string{SQLiteName, PostgresName} {
		if f, ok := b.file(name); ok {
			return filepath.Join(b.Path, f.Name)
		}
	}
	return b.Path
}

func (b Backup) extract(ctx context.Context, f File, path string) error {
	_, err := create(path, func(w io.Writer) error { return f.extract(ctx, b.Path, w) })
	if err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(path)))
	}
	return syncPath(filepath.Dir(path))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
