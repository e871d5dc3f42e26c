package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"checkoutd/internal/store"
)

// openMigrated opens a store, which is closed after the test.
func openMigrated(tb testing.TB, databaseURL string) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), databaseURL, store.Options{MaxConns: 16, Timeout: 5 * time.Minute})
	if err != nil {
		tb.Fatal(err)
	}

	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})

	if err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}

	return s
}

// openRaw opens the database without a store.
func openRaw(tb testing.TB, databaseURL string) *sql.DB {
	tb.Helper()
	driver, dsn := "pgx", databaseURL
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_busy_timeout=10000&_txlock=immediate"
	}

	db, err := sql.Open(driver, dsn)
	if err != nil {
		tb.Fatal(err)
	}

	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})

	return db
}

func isSQLite(db *sql.DB) bool { return strings.Contains(fmt.Sprintf("%T", db.Driver()), "sqlite") }

// fill stores n small events in a state, each with a group of its own.
func fill(tb testing.TB, db *sql.DB, n int, state string, nextAt int64) {
	tb.Helper()
	series := "generate_series(1, $1::int) AS s(i)"
	if isSQLite(db) {
		series = "(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < $1) SELECT i FROM s)"
	}

	_, err := db.ExecContext(tb.Context(), `INSERT INTO events
		SELECT 'evt_`+state+`' || i, 'payment_intent.succeeded', '', '2025-02-24.acacia', FALSE, FALSE, 1, 'pi_`+state+`' || i,
			'webhook', '', '`+state+`', '', '', 0, $2, '', 0, 1000 + i, 0, '', 0, 0, 0 FROM `+series, n, nextAt)
	if err != nil {
		tb.Fatal(err)
	}
}
