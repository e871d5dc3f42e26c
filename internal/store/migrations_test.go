package store_test

import (
	"context"
	"database/sql"
	"os"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"checkoutd/internal/pgtest"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/testhost"
)

// migratedTo creates a database of the first release and brings it to a version
// of the schema.
func migratedTo(t *testing.T, databaseURL string, version int64) *sql.DB {
	t.Helper()
	firstRelease(t, databaseURL)
	db := openRaw(t, databaseURL)

	dialect := goose.DialectPostgres
	if isSQLite(db) {
		dialect = goose.DialectSQLite3
	}

	p, err := goose.NewProvider(dialect, db, os.DirFS("migrations"),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err == nil {
		_, err = p.UpTo(t.Context(), version)
	}
	if err != nil {
		t.Fatal(err)
	}

	return db
}

// A backup holds every table for as long as it takes. Servers of the former
// release go on meanwhile: nobody queues behind a migration for long.
func TestMigrationsLetOthersPass(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).NewDatabase(t)
	db := migratedTo(t, url, 33)

	backup, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backup.ExecContext(t.Context(), `LOCK TABLE orders IN ACCESS SHARE MODE`); err != nil {
		t.Fatal(err)
	}

	migrated := make(chan struct{})
	go func() {
		defer close(migrated)
		openMigrated(t, url)
	}()

	for range 3 {
		waitForLock(t, db)

		ctx, cancel := context.WithTimeout(t.Context(), testhost.Patience)
		var n int
		err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM orders`).Scan(&n)
		cancel()

		if err != nil {
			t.Fatal("a server of the former release: ", err)
		}
	}

	select {
	case <-migrated:
		t.Error("it migrated a table that a backup reads")
	default:
	}

	if err := backup.Commit(); err != nil {
		t.Fatal(err)
	}
	<-migrated
}

// TestMigrationsMissNoRow: a server of the former release is still writing to a
// table that is made anew. On PostgreSQL the migration waits for it.
func TestMigrationsMissNoRow(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		from         int64 // the version before that migration
		insert, find string
	}{
		"buyers": {
			20,
			`INSERT INTO buyers (id, customer_id, created_at) VALUES ('late', 'cus_late', 1)`,
			`SELECT COUNT(*) FROM buyers WHERE id = 'late'`,
		},
		"effects": {
			23,
			`INSERT INTO effects (id, order_id, n, kind, subject, object_status, order_then, tries, next_at,
				lease_token, created_at, done_at)
				VALUES ('late', 'ord_new', 1, 'order.paid', '', '', '{}', 0, 1, '', 1, 0)`,
			`SELECT COUNT(*) FROM effects WHERE id = 'late'`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.Shared(t).NewDatabase(t)
			db := migratedTo(t, url, tt.from)

			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.ExecContext(t.Context(), tt.insert); err != nil {
				t.Fatal(err)
			}

			migrated := make(chan struct{})
			go func() {
				defer close(migrated)
				openMigrated(t, url)
			}()
			waitForLock(t, db)

			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			<-migrated

			var n int
			if err := db.QueryRowContext(t.Context(), tt.find).Scan(&n); err != nil || n != 1 {
				t.Errorf("%d rows are there, %v; want the late one", n, err)
			}
		})
	}
}

// waitForLock returns once somebody waits for a lock on a table of the
// database.
func waitForLock(t *testing.T, db *sql.DB) {
	t.Helper()
	for {
		var n int
		err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM pg_locks WHERE NOT granted
			AND locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
		).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// TestLettersBecomeEmails: builds between two releases called e-mails letters.
func TestLettersBecomeEmails(t *testing.T) {
	t.Parallel()
	for name, newURL := range map[string]func(testing.TB) string{"SQLite": storetest.EmptySQLiteURL, "PostgreSQL": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if newURL == nil {
				newURL = pgtest.Shared(t).NewDatabase
			}

			url := newURL(t)
			db := migratedTo(t, url, 16)
			for _, text := range []string{
				`DROP TABLE emails`,
				`CREATE TABLE letters (id TEXT PRIMARY KEY, effect_id TEXT NOT NULL, order_id TEXT NOT NULL, kind TEXT NOT NULL,
					subject TEXT NOT NULL, recipient TEXT NOT NULL, state TEXT NOT NULL, tries BIGINT NOT NULL,
					problem TEXT NOT NULL, next_at BIGINT NOT NULL, lease_token TEXT NOT NULL, created_at BIGINT NOT NULL,
					done_at BIGINT NOT NULL, CONSTRAINT letters_once UNIQUE (effect_id, recipient))`,
				`CREATE INDEX letters_due ON letters (next_at) WHERE state IN ('due', 'sending')`,
				`INSERT INTO letters VALUES ('let_1', 'eff_1', 'ord_paid', 'order.paid', '', 'buyer', 'due', 0, '',
					1, '', 1, 0)`,
			} {
				if _, err := db.ExecContext(t.Context(), text); err != nil {
					t.Fatal(err)
				}
			}

			s := openMigrated(t, url)
			list, err := s.ClaimEmails(t.Context(), upgradedAt, upgradedAt.Add(time.Minute), 9)
			if err != nil || len(list) != 1 || list[0].ID != "let_1" {
				t.Errorf("claimed %+v, %v; want the letter", list, err)
			}
		})
	}
}
