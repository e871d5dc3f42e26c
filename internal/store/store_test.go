package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"checkoutd/internal/pgtest"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Engine{
		NewURL:      storetest.SQLiteURL,
		NewEmptyURL: storetest.EmptySQLiteURL,
		BlockInbox:  blockSQLite,
	})
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Engine{
		NewURL:      storetest.PostgresURL,
		NewEmptyURL: pgtest.Shared(t).NewDatabase,
		BlockInbox:  blockPostgres,
		Shared:      true,
	})
}

// blockSQLite takes the only write lock of the file.
func blockSQLite(tb testing.TB, url string) (release func()) {
	tb.Helper()
	tx, err := openRaw(tb, url).BeginTx(tb.Context(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			tb.Error(err)
		}
	}
}

// blockPostgres locks the table of events.
func blockPostgres(tb testing.TB, url string) (release func()) {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}

	for _, text := range []string{"BEGIN", "LOCK TABLE events IN EXCLUSIVE MODE"} {
		if _, err := conn.Exec(tb.Context(), text); err != nil {
			tb.Fatal(err)
		}
	}

	return func() {
		if err := conn.Close(tb.Context()); err != nil {
			tb.Error(err)
		}
	}
}

// TestSQLiteFileIsPrivate checks that other users cannot read the payloads.
func TestSQLiteFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Migrate(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}

	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v; want mode 0600", info.Mode(), err)
	}
}
