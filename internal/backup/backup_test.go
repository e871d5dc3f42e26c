package backup_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"checkoutd/internal/backup"
	"checkoutd/internal/filelock"
)

// folder is a folder of backups whose clock goes on by a minute for each.
type folder struct {
	*testing.T
	dir string
	id  string // of the database
	now time.Time
}

func newFolder(t *testing.T) *folder {
	return &folder{t, filepath.Join(t.TempDir(), "backups"), "one", time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
}

func (f *folder) create(keep int, content string, failure error) (backup.Backup, error) {
	f.now = f.now.Add(time.Minute)
	return backup.Create(f.Context(), backup.Config{
		Folder: f.dir,
		ID:     f.id,
		Keep:   keep,
		Now:    func() time.Time { return f.now },
		Dump: func(_ context.Context, path string, m *backup.Manifest) error {
			m.Engine, m.Orders = "sqlite", 3
			return errors.Join(os.WriteFile(path, []byte(content), 0o600), failure)
		},
	})
}

// names returns the names of what is in the folder, the lock apart.
func (f *folder) names() (list []string) {
	f.Helper()
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".lock-") {
			list = append(list, e.Name())
		}
	}
	return list
}

func (f *folder) want(names ...string) {
	f.Helper()
	if got := strings.Join(f.names(), " "); got != strings.Join(names, " ") {
		f.Errorf("the folder has %s, want %s", got, names)
	}
}

func TestCreateAndExtract(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	made, err := f.create(0, "all orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	f.want("checkoutd-20260131T120100Z-one")

	for _, path := range []string{made.Path, filepath.Join(made.Path, backup.SQLiteName)} {
		b, known, err := backup.Open(path)
		if err != nil || !known || b.Orders != 3 || !b.TakenAt.Equal(f.now) {
			t.Fatalf("%s: got %+v, %t, %v", path, b, known, err)
		}

		out := filepath.Join(t.TempDir(), "out")
		if err := b.Extract(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(out); err != nil || string(text) != "all orders" {
			t.Errorf("got %q, %v", text, err)
		}
		if err := b.Extract(t.Context(), out); !errors.Is(err, os.ErrExist) {
			t.Errorf("over a file: got %v", err)
		}
	}
}

func TestAFailedOrKilledBackupLeavesNone(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	if _, err := f.create(0, "first", nil); err != nil {
		t.Fatal(err)
	}

	if _, err := f.create(1, "half", syscall.ENOSPC); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("on a full disk: got %v", err)
	}
	f.want("checkoutd-20260131T120100Z-one")

	// What a run leaves that was killed while it wrote, and while it removed.
	for _, name := range []string{".checkoutd-20260131T120300Z-one.partial", ".checkoutd-20260130T120300Z-one.removing"} {
		if err := os.Mkdir(filepath.Join(f.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.create(0, "second", nil); err != nil {
		t.Fatal(err)
	}
	f.want("checkoutd-20260131T120100Z-one", "checkoutd-20260131T120300Z-one")

	f.now = f.now.Add(-time.Minute) // the clock was set back
	if _, err := f.create(0, "again", nil); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("over another backup: got %v, want a refusal", err)
	}
}

func TestKeepRemovesTheOldestBackupsOnly(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	for range 4 {
		if _, err := f.create(0, "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(f.dir, "checkoutd-notes"), 0o700); err != nil {
		t.Fatal(err)
	}

	b, err := f.create(2, "x", nil)
	if err != nil || len(b.Removed) != 3 {
		t.Errorf("removed %v, %v", b.Removed, err)
	}
	f.want("checkoutd-20260131T120400Z-one", "checkoutd-20260131T120500Z-one", "checkoutd-notes")
}

// A folder may have the backups of several databases: neither removes, nor
// waits for, the other's.
func TestDatabasesShareAFolder(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	both := func(keep int) {
		t.Helper()
		at := f.now
		for _, id := range []string{"one", "two"} {
			f.id, f.now = id, at // in the same second
			if _, err := f.create(keep, id, nil); err != nil {
				t.Error(err)
			}
		}
	}

	both(0)
	both(0)

	// One of them is being made.
	const partial = ".checkoutd-20260131T120300Z-two.partial"
	if err := os.Mkdir(filepath.Join(f.dir, partial), 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := filelock.Acquire(filepath.Join(f.dir, ".lock-two"), f.now)
	if err != nil {
		t.Fatal(err)
	}

	f.id = "one"
	if b, err := f.create(1, "x", nil); err != nil || len(b.Removed) != 2 || b.Database != "one" {
		t.Errorf("got %+v, %v", b, err)
	}
	if err := lock.Release(); err != nil {
		t.Error(err)
	}

	f.want(partial, "checkoutd-20260131T120100Z-two", "checkoutd-20260131T120200Z-two", "checkoutd-20260131T120300Z-one")
}

// The clock was ahead when the former backups were made.
func TestKeepLeavesTheBackupThatWasJustMade(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	for range 2 {
		if _, err := f.create(0, "x", nil); err != nil {
			t.Fatal(err)
		}
	}

	f.now = f.now.Add(-time.Hour)
	if b, err := f.create(1, "x", nil); err != nil || len(b.Removed) != 2 {
		t.Errorf("removed %v, %v", b.Removed, err)
	}
	f.want("checkoutd-20260131T110300Z-one")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	if err := os.WriteFile(f.dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.create(0, "x", nil); err == nil || !strings.Contains(err.Error(), "cannot be made") {
		t.Errorf("a file for a folder: got %v", err)
	}

	f = newFolder(t)
	if err := os.Mkdir(f.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := filelock.Acquire(filepath.Join(f.dir, ".lock-one"), f.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.create(0, "x", nil); err == nil || !strings.Contains(err.Error(), "another backup of this database") {
		t.Errorf("beside another backup: got %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Error(err)
	}

	if _, _, err := backup.Open(f.dir); err == nil || !strings.Contains(err.Error(), "is no backup") {
		t.Errorf("the folder of the backups: got %v", err)
	}
}
