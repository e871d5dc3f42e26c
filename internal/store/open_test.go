package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/store"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, databaseURL := range map[string]string{
		"nothing":        "",
		"another engine": "mysql://u:hidden@localhost/x",
		"a bare path":    "./data/checkoutd.db",
		"no path":        "sqlite:",
		"a memory name":  "sqlite::memory:",
		"pragmas":        "sqlite:x.db?_pragma=synchronous(0)",
		"a bad port":     "postgres://u:hidden@localhost:port/x",
		"a bad setting":  "postgres://u:hidden@localhost/x?sslmode=perhaps",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), databaseURL, store.Options{})
			if err == nil {
				t.Fatal(s.Close(), "it was opened")
			}
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}

	t.Run("a server that does not answer is unavailable", func(t *testing.T) {
		t.Parallel()
		_, err := store.Open(t.Context(), "postgres://u:hidden@127.0.0.1:1/x", store.Options{})
		if fault.Of(err).Kind != fault.Unavailable || strings.Contains(err.Error(), "hidden") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a file that is not a database is refused", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), "sqlite:"+path, store.Options{}); err == nil {
			t.Error("it was opened")
		}
	})
}

func TestOpenCreatesTheFile(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"sqlite:", "sqlite://"} {
		path := filepath.Join(t.TempDir(), "a b%20ü&c.db")
		s := openMigrated(t, prefix+path)
		if err := s.MigrationsCurrent(t.Context()); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("the file is missing: %v", err)
		}
	}
}

// Only the folder of the default is created. Another one that is not there is a
// mistake, or a disk that is not mounted.
func TestOpenCreatesNoFolderButData(t *testing.T) {
	t.Chdir(t.TempDir())
	s := openMigrated(t, "sqlite:./data/shop.db")
	if err := s.MigrationsCurrent(t.Context()); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat("data"); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("other users may enter the folder: %v, %v", info, err)
	}

	missing, err := filepath.Abs("mnt")
	if err != nil {
		t.Fatal(err)
	}

	_, err = store.Open(t.Context(), "sqlite:./mnt/shop.db", store.Options{})
	if err == nil || !strings.Contains(err.Error(), "there is no folder "+missing) {
		t.Errorf("got %v, want an error that names the folder", err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder was created: %v", err)
	}
}

// A command that only reads must not leave an empty database behind because its
// name was misspelled.
func TestMustExist(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "shop.db")
	s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{MustExist: true})
	if err == nil {
		_ = s.Close()
	}

	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names the file", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was created: %v", err)
	}
}

// TestDriverPair pins SQLite's driver and the C library that it was built for:
// another one breaks it silently, and tools tend to upgrade it.
func TestDriverPair(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"modernc.org/sqlite v1.60.1", "modernc.org/libc v1.77.1"} {
		if !regexp.MustCompile(`(?m)^\s*(require )?` + regexp.QuoteMeta(want) + `( // indirect)?$`).Match(mod) {
			t.Errorf("go.mod does not require %s: change driver and library together, here too", want)
		}
	}
}
