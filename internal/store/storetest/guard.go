package storetest

import (
	"testing"
	"time"

	"checkoutd/internal/guard"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// testGuard checks what the guard against card testing learns from the ledger.
func testGuard(t *testing.T, e Engine) {
	f := newFixture(t, e)
	now := start.Add(2 * time.Hour)

	for _, c := range []struct {
		source, customer string
		age              time.Duration
		change           func(*payments.Attempt)
	}{
		{"home", "cus_a", 0, func(a *payments.Attempt) { a.State = payments.Succeeded }},
		{"home", "cus_a", 5 * time.Minute, func(a *payments.Attempt) { a.State = payments.Processing }},
		{"home", "cus_a", 30 * time.Minute, func(a *payments.Attempt) { a.State = payments.RequiresCapture }},
		{"home", "cus_a", 61 * time.Minute, func(a *payments.Attempt) { a.State = payments.Succeeded }},
		{"home", "cus_b", 30 * time.Second, declinedAttempt},
		{"home", "cus_b", 5 * time.Minute, func(a *payments.Attempt) { a.State = payments.Canceled }},
		{"home", "cus_b", 59 * time.Minute, func(a *payments.Attempt) {
			a.State, a.ErrorType = payments.Failed, "invalid_request_error"
			a.ErrorCode = "payment_intent_authentication_failure"
		}},
		{"home", "", 11 * time.Minute, func(a *payments.Attempt) { a.State = payments.RequiresAction }},
		{"home", "", time.Minute, func(a *payments.Attempt) { a.State = payments.RequiresAction }},
		{"home", "", time.Minute, func(a *payments.Attempt) { a.State = payments.Unknown }},

		// What says nothing about a card.
		{"home", "", 0, func(a *payments.Attempt) { a.State, a.ErrorType = payments.Failed, "api_error" }},
		{"home", "", 20 * time.Minute, func(a *payments.Attempt) {
			a.State, a.Instructions.Kind = payments.RequiresAction, payments.KindTransfer
		}},

		// What others did.
		{"office", "cus_b", 0, declinedAttempt},
		{"", "cus_b", 0, declinedAttempt},
	} {
		o := f.order()
		f.update(o.ID, func(st *payments.State) {
			a := newAttempt(1)
			a.Source, a.CreatedAt = c.source, now.Add(-c.age)
			c.change(&a)
			st.Attempts = append(st.Attempts, a)
			st.Order.CustomerID = c.customer
			if c.customer == "cus_a" {
				st.Order.Status, st.Order.PaidAt = orders.Paid, now.Add(-c.age)
			}
		})
	}

	check := func(name string, got guard.Tries, err error, want guard.Tries) {
		t.Helper()
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, want)
		}
	}

	got, err := f.SourceTries(f.ctx, "home", now)
	check("a source", got, err, guard.Tries{
		Hour:       guard.Outcomes{Good: 3, Failed: 4, Waiting: 2},
		Recent:     guard.Outcomes{Good: 2, Failed: 2, Waiting: 2},
		LastMinute: guard.Outcomes{Good: 1, Failed: 1, Waiting: 2},
	})

	got, err = f.CustomerTries(f.ctx, "cus_b", now)
	check("a customer", got, err, guard.Tries{
		Hour:       guard.Outcomes{Failed: 4},
		Recent:     guard.Outcomes{Failed: 3},
		LastMinute: guard.Outcomes{Failed: 2},
	})

	got, err = f.ShopTries(f.ctx, now)
	check("the shop", got, err, guard.Tries{
		Hour:       guard.Outcomes{Good: 3, Failed: 5, Waiting: 2},
		Recent:     guard.Outcomes{Good: 2, Failed: 3, Waiting: 2},
		LastMinute: guard.Outcomes{Good: 1, Failed: 2, Waiting: 2},
	})

	got, err = f.SourceTries(f.ctx, "nobody", now)
	check("nobody", got, err, guard.Tries{})

	for customer, want := range map[string]bool{"cus_a": true, "cus_b": false, "": false} {
		if paid, err := f.CustomerHasPaid(f.ctx, customer, now.Add(-time.Hour)); err != nil || paid != want {
			t.Errorf("%q has paid: %t, %v; want %t", customer, paid, err, want)
		}
	}

	for _, want := range []guard.Mode{"", guard.Strict, guard.Off} {
		if want != "" {
			if err := f.SetGuardMode(f.ctx, want); err != nil {
				t.Fatal(err)
			}
		}
		if mode, err := f.GuardMode(f.ctx); err != nil || mode != want {
			t.Errorf("got the mode %q, %v; want %q", mode, err, want)
		}
	}
}

func declinedAttempt(a *payments.Attempt) {
	a.State, a.ErrorType, a.ErrorCode = payments.Failed, "card_error", "card_declined"
}
