package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"checkoutd/internal/pgtest"
	"checkoutd/internal/store"
)

// SQLiteURL returns the address of a new SQLite database with the schema, which
// is removed after the test.
func SQLiteURL(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "test.db")
	WriteSQLite(tb, path)
	return "sqlite:" + path
}

// WriteSQLite writes a SQLite database with the schema to path.
func WriteSQLite(tb testing.TB, path string) {
	tb.Helper()
	data, err := migratedFile()
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		tb.Fatal("storetest: ", err)
	}
}

// EmptySQLiteURL returns the address of a SQLite database that does not exist
// yet.
func EmptySQLiteURL(tb testing.TB) string {
	return "sqlite:" + filepath.Join(tb.TempDir(), "test.db")
}

// PostgresURL returns the address of a new database with the schema, in the
// cluster that the tests share. It is dropped after the test.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	return pgtest.Shared(tb).NewCopy(tb, migrate)
}

// migratedFile returns the file of a database without rows. Under the race
// detector the migrations take seconds, so they run once for a test binary.
var migratedFile = sync.OnceValues(func() (data []byte, err error) {
	dir, err := os.MkdirTemp("", "storetest-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	path := filepath.Join(dir, "test.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}

	return os.ReadFile(path)
})

// migrate gives an empty database the schema.
func migrate(databaseURL string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, databaseURL, store.Options{Log: zerolog.Nop(), Timeout: hangs})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(ctx), s.Close())
}
