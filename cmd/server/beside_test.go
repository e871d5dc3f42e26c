package main

import (
	"database/sql"
	"strings"
	"testing"
)

// A command that looks must not change the tables under a server of another version.
func TestCommandsThatLookDoNotMigrate(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	looks := [][]string{{"orders", "list"}, {"orders", "show", "ord_1"}, {"events", "list"}, {"events", "show", "evt_1"}, {"events", "replay", "evt_1"}}
	for _, args := range looks {
		p.fails(args, "migrate") // there is nothing yet
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(p.settings["DATABASE_URL"], "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var tables int
	if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM sqlite_schema`).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d tables were made, %v", tables, err)
	}
	p.ok("migrate")
	p.ok("orders", "list")
	if _, err := db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`); err != nil {
		t.Fatal(err)
	}
	for _, args := range looks {
		p.fails(args, "version 99999", "use the program that runs the server")
	}
}
