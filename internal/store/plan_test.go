package store_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
)

// TestPlans checks that the frequent statements use their indexes: a full scan
// returns the right result, and is ruinous with a million events.
func TestPlans(t *testing.T) {
	t.Parallel()
	const many = 4000
	statements := map[string]struct {
		text, index string
		args        []any
	}{
		"wake by intent":        {store.WakeGroup, "events_waiting_group", []any{1, "pi_1"}},
		"wake what is not ours": {store.WakeNotOurs, "events_not_ours", []any{1, "pi_1"}},
		"waiting in a group":    {"SELECT id" + store.WaitingText, "events_waiting_group", []any{"pi_1", 9}},
		"rescue": {
			`UPDATE events SET state = 'received' WHERE state = 'working' AND lease_until <= $1`,
			"events_leased", []any{1},
		},
		"list of dead": {
			`SELECT id FROM events WHERE state IN ('dead') AND ` + store.FinishedTerm +
				` ORDER BY received_at DESC, id DESC LIMIT 100`,
			"events_finished", nil,
		},
		"newest": {
			`SELECT type FROM events ORDER BY received_at DESC, id DESC LIMIT 100`,
			"events_received", nil,
		},
		"next page": { // begins where the former one ended, not at the newest
			`SELECT type FROM events WHERE (received_at, id) < ($1, $2) ORDER BY received_at DESC, id DESC LIMIT 100`,
			`(events_received \(received_at|Index Cond: \(received_at)`, []any{15000, "evt_1"},
		},
	}

	for name, newURL := range map[string]func(testing.TB) string{
		"sqlite":   storetest.SQLiteURL,
		"postgres": storetest.PostgresURL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			databaseURL := newURL(t)
			s := openMigrated(t, databaseURL)
			db := openRaw(t, databaseURL)
			fill(t, db, many, "done", 0)
			fill(t, db, many, "unmatched", time.Now().Add(time.Hour).UnixMicro())
			fill(t, db, many, "received", 1000)
			check := func(t *testing.T) {
				checkPlan(t, db, s.ClaimText(), "events_waiting", 1000, 32, "token", 2000, 0)
				for what, st := range statements {
					t.Run(what, func(t *testing.T) { checkPlan(t, db, st.text, st.index, st.args...) })
				}
			}

			if strings.HasPrefix(databaseURL, "sqlite:") {
				t.Run("without statistics", check) // ANALYZE may never have been run
			}

			if _, err := db.ExecContext(t.Context(), "ANALYZE"); err != nil {
				t.Fatal(err)
			}

			t.Run("with statistics", check)
		})
	}
}

// checkPlan asks for the plan of a statement, which must use the index and not
// scan the events.
func checkPlan(t *testing.T, db *sql.DB, text, index string, args ...any) {
	t.Helper()
	plan := explain(t, db, text, args...)
	if !regexp.MustCompile(`\b` + index + `\b`).MatchString(plan) {
		t.Errorf("it does not use %s:\n%s", index, plan)
	}
	for _, bad := range []string{"Seq Scan on events", "SCAN e\n", "SCAN events\n"} {
		if strings.Contains(plan, bad) {
			t.Errorf("it scans the table:\n%s", plan)
		}
	}
}

func explain(t *testing.T, db *sql.DB, text string, args ...any) string {
	t.Helper()
	verb := "EXPLAIN "
	if isSQLite(db) {
		verb = "EXPLAIN QUERY PLAN "
	}

	rows, err := db.QueryContext(t.Context(), verb+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()

	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}

	var plan strings.Builder
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(sql.RawBytes)
		}

		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}

		fmt.Fprintf(&plan, "%s\n", *cells[len(cells)-1].(*sql.RawBytes))
	}

	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}

	return plan.String()
}
