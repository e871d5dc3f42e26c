package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/store/storetest"
)

// TestOutgoingPlans checks that the claims of effects and deliveries read only
// what is due, however much is done, or waits for an endpoint that is down.
func TestOutgoingPlans(t *testing.T) {
	t.Parallel()
	for name, newURL := range map[string]func(testing.TB) string{
		"sqlite":   storetest.SQLiteURL,
		"postgres": storetest.PostgresURL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			databaseURL := newURL(t)
			s := openMigrated(t, databaseURL)
			db := openRaw(t, databaseURL)
			fillOutgoing(t, db)

			check := func(t *testing.T) {
				checkPlan(t, db, s.ClaimEffectsText(), "effects_due", 1000, 32, "token", 2000)
				checkPlan(t, db, s.ClaimDeliveriesText(), "deliveries_due", 1000, 16, "token", 2000, "we_1")
				checkPlan(t, db, `UPDATE deliveries SET lease_token = ''
					WHERE endpoint_id = $2 AND lease_token <> '' AND next_at <= $1`, "deliveries_one_of_order", 1000, "we_1")
			}
			if strings.HasPrefix(databaseURL, "sqlite:") {
				t.Run("without statistics", check)
			}

			if _, err := db.ExecContext(t.Context(), "ANALYZE"); err != nil {
				t.Fatal(err)
			}
			t.Run("with statistics", check)
		})
	}
}

// fillOutgoing adds effects, of which most are done, with deliveries, of which
// most are delivered or wait for a later try.
func fillOutgoing(t *testing.T, db *sql.DB) {
	t.Helper()
	const many = 6000
	later := time.Now().Add(time.Hour).UnixMicro()
	expired := oldOrder{name: "outgoing", status: "open", payment: "unpaid"}
	expired.insert(t, db)

	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	run := func(text string, args ...any) {
		t.Helper()
		if _, err := tx.ExecContext(t.Context(), text, args...); err != nil {
			t.Fatal(err)
		}
	}

	run(`INSERT INTO endpoints VALUES ('we_1', 'https://shop.test', '[]', '[]', 'enabled', '', 'command', 0, 0, 0, 0, 0, 0)`)
	for n := range many {
		done, state, nextAt := 1, "delivered", int64(0)
		switch {
		case n%3 == 0:
			state, nextAt = "pending", later
		case n > many-5:
			done = 0
		}

		id := fmt.Sprintf("eff_%d", n)
		run(`INSERT INTO effects VALUES ($1, 'ord_outgoing', $2, 'order.paid', $1, '', '{}', 0, 0, '', 1, $3, '', '')`, id, n, done)
		run(`INSERT INTO deliveries VALUES ($1, 'we_1', $2, $3, 1, 'order.paid', $4, '', 0, 0, $5, '', 1, 1, '')`,
			"dlv"+id, id, "ord"+id, state, nextAt)
	}

	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}
