package main

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// TestSubcommandsDoNotMigrate checks that no subcommand changes the schema, as
// a server of another version may be running on the database.
func TestSubcommandsDoNotMigrate(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	subcommands := [][]string{{"orders", "list"}, {"orders", "show", "ord_1"},
		{"orders", "capture", "ord_1"}, {"orders", "cancel", "ord_1"}, {"orders", "refund", "ord_1"},
		{"events", "list"}, {"events", "show", "evt_1"}, {"events", "replay", "evt_1"}}
	for _, args := range subcommands {
		p.fails(args, "migrate", "there is no database") // and none is created
	}

	path := strings.TrimPrefix(p.settings["DATABASE_URL"], "sqlite:")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a subcommand created a file: %v", err)
	}

	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() { _ = db.Close() })
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}

	for _, args := range subcommands {
		p.fails(args, "migrate") // an empty file stays empty
	}

	var tables int
	if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM sqlite_schema`).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d tables were created, %v", tables, err)
	}

	p.ok("migrate")
	p.ok("orders", "list")

	if _, err := db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`); err != nil {
		t.Fatal(err)
	}

	for _, args := range subcommands {
		p.fails(args, "version 99999", "use the version of checkoutd that runs the server")
	}
}
