package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
)

// TestMirrorPlans checks that a page of payments reads only its own rows,
// whatever the filter, and that a claim reads only mirrors that are due.
func TestMirrorPlans(t *testing.T) {
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
			fillMirrors(t, s)

			check := func(t *testing.T) {
				checkPlan(t, db, s.ClaimMirrorsText(), "mirror_accounts_due", 1000, 8, "token", 2000, true)
				checkPlan(t, db, store.PutFees(2), "(sqlite_autoindex_mirror_charges_1|mirror_charges_pkey)", "acct_1", "ch_1", 1, "eur", "ch_2", 2, "eur")
				for index, f := range map[string]mirror.Filter{
					"mirror_payments_created":  {},
					"mirror_payments_status":   {Status: "canceled"},
					"mirror_payments_currency": {Currency: "usd"},
					"mirror_payments_both":     {Currency: "usd", Status: "canceled"},
					"mirror_payments_amount":   {AmountMin: 777, AmountMax: 777, Status: "canceled", Currency: "usd"},
				} {
					text, args, err := s.MirrorPaymentsText(t.Context(), f, f.AmountMin > 0)
					if err != nil {
						t.Fatal(err)
					}
					checkPlan(t, db, text, index, args...)
					if plan := explain(t, db, text, args...); strings.Contains(plan, "SCAN p\n") || strings.Contains(plan, "AUTOMATIC") {
						t.Errorf("%s: it reads all payments:\n%s", index, plan)
					}
				}

				// Many have the amount: it must not be looked up by it.
				text, args, err := s.MirrorPaymentsText(t.Context(), mirror.Filter{AmountMin: 1, Status: "canceled"}, false)
				if err != nil {
					t.Fatal(err)
				}
				checkPlan(t, db, text, "mirror_payments_status", args...)
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

// fillMirrors stores mirrors, of which most are not due, and payments of one.
func fillMirrors(t *testing.T, s *store.Store) {
	t.Helper()
	for n := range 400 {
		id := fmt.Sprintf("acct_%d", n)
		_, err := s.ChangeConnectAccount(t.Context(), id, func(a *connect.Account) error {
			a.Scope, a.State, a.ConnectedAt = connect.ReadOnly, connect.Connected, time.Now()
			return nil
		})
		if err == nil {
			_, err = s.ChangeMirror(t.Context(), id, func(m *mirror.Mirror) { m.NextAt = time.Now().Add(time.Hour) })
		}
		if err != nil {
			t.Fatal(err)
		}
	}

	var b mirror.Batch
	for n := range 3_000 {
		b.Charges = append(b.Charges, mirror.Charge{ID: fmt.Sprintf("ch_%d", n), CreatedAt: time.Unix(1_700_000_000, 0)})
		b.Payments = append(b.Payments, mirror.Payment{
			ID:        fmt.Sprintf("pi_%d", n),
			Amount:    int64(100 + n%1000),
			Currency:  []string{"eur", "usd", "gbp"}[n%3],
			Status:    []string{"succeeded", "succeeded", "succeeded", "canceled"}[n%4],
			CreatedAt: time.Unix(int64(1_700_000_000+n), 0),
		})
	}
	if _, err := s.ApplyMirror(t.Context(), "acct_1", &b); err != nil {
		t.Fatal(err)
	}
}
