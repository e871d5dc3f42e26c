package store_test

import (
	"fmt"
	"strings"
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
)

// TestPlansOfTheAPI checks that what the shop's backend asks for, and the
// search of a customer by e-mail address, use their indexes: with a million
// orders, a full scan would take seconds.
func TestPlansOfTheAPI(t *testing.T) {
	t.Parallel()
	lists := map[string]struct {
		filter  orders.Filter
		indexes []string
	}{
		"newest":       {orders.Filter{}, []string{"orders_created"}},
		"next page":    {orders.Filter{After: "ord_1"}, []string{"orders_created"}},
		"by reference": {orders.Filter{Reference: "A-7"}, []string{"orders_reference"}},
		"by customer":  {orders.Filter{Customer: "c-7"}, []string{"orders_customer_reference", "orders_customer"}},
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
			for i := range 2000 {
				if _, err := db.ExecContext(t.Context(), `INSERT INTO orders (id, token_hash, status, payment_status, message,
					review_reason, version, currency, amount, refunded, items, customer_id, reference, customer_reference,
					livemode, created_at, updated_at, expires_at, expiry_check_at, paid_at)
					VALUES ($1, $2, 'open', 'unpaid', '', '', 1, 'usd', 5, 0, '[]', $3, $4, $5, FALSE, $6, $6, $6, $6, 0)`,
					fmt.Sprint("ord_", i), []byte("hash"), fmt.Sprint("cus_", i), fmt.Sprint("A-", i), fmt.Sprint("c-", i), i,
				); err != nil {
					t.Fatal(err)
				}
				if _, err := db.ExecContext(t.Context(), `INSERT INTO attempts (id, order_id, n, token, params, idempotency_key,
					state, intent_id, error_type, error_code, decline_code, message, checks, check_at, created_at, updated_at)
					VALUES ($1, $2, 1, $1, $3, $1, 'failed', '', '', '', '', '', 0, 0, $4, $4)`,
					fmt.Sprint("att_", i), fmt.Sprint("ord_", i), fmt.Sprintf(`{"contact":{"email":"b%d@a.test"}}`, i), i,
				); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := db.ExecContext(t.Context(), "ANALYZE"); err != nil {
				t.Fatal(err)
			}

			for i, index := range []string{"orders_email", "attempts_email"} {
				if plan := explain(t, db, s.ByEmailTexts()[i], "b7@a.test"); !strings.Contains(plan, index) {
					t.Errorf("an e-mail address does not use %s:\n%s", index, plan)
				}
			}

			for what, l := range lists {
				text, args := store.ListOrders(l.filter, 1000)
				plan := explain(t, db, text, args...)
				for _, index := range l.indexes {
					if !strings.Contains(plan, index) {
						t.Errorf("%s does not use %s:\n%s", what, index, plan)
					}
				}
				if strings.Contains(plan, "Seq Scan") {
					t.Errorf("%s scans the table:\n%s", what, plan)
				}
			}
		})
	}
}
