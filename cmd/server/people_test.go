package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/people"
	"checkoutd/internal/store"
)

func TestPeople(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	now := time.Now()
	add := func(id, email string, status orders.Status) {
		t.Helper()
		err := s.CreateOrder(t.Context(), orders.Order{
			ID:            id,
			TokenHash:     orders.HashToken(id),
			Status:        status,
			PaymentStatus: orders.Unpaid,
			Currency:      "eur",
			Amount:        1099,
			Mode:          orders.ModePayment,
			CustomerID:    "cus_" + id,
			Contact:       orders.Contact{Email: email},
			CreatedAt:     now,
			UpdatedAt:     now,
			ExpiresAt:     now.Add(time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	retained(t, p, s)
	add("ord_a", "jenny@example.com", orders.Canceled)
	add("ord_b", "busy@example.com", orders.Open)

	var doc struct {
		Orders []struct{ ID string }
	}

	out := p.ok("people", "export", "Jenny@example.com")
	if err := json.Unmarshal([]byte(out), &doc); err != nil || len(doc.Orders) != 1 || doc.Orders[0].ID != "ord_a" {
		t.Errorf("exported %s, %v", out, err)
	}

	p.fails([]string{"people", "erase", "busy@example.com"}, "ord_b", "Cancel or capture it")

	out = p.ok("people", "erase", "jenny@example.com", "--at-stripe")
	for _, want := range []string{"erasure    era_", "removed    orders", "to be deleted by a server that runs"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}

	if o, err := s.Order(t.Context(), "ord_a"); err != nil || o.Contact.Email != "" {
		t.Errorf("the order is %+v, %v", o, err)
	}

	proofs := p.ok("people", "proofs", "jenny@example.com")
	if strings.Contains(proofs, "jenny") || !strings.Contains(proofs, "state      deleting") {
		t.Errorf("the proofs are\n%s", proofs)
	}

	p.fails([]string{"people", "erase", "jenny@example.com"}, "already")

	jobs, err := s.ClaimErasures(t.Context(), time.Now(), time.Now().Add(time.Minute), 1)
	if err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err)
	}

	e := jobs[0].Erasure
	e.State, e.Customers, e.Proof.Deleted = people.Closing, nil, nil
	e.Proof.Refused = []people.Refusal{{StripeCustomer: people.StripeCustomer{ID: "cus_x", Account: "acct_1"}, Reason: people.AccountGone}}
	if err := s.SaveErasure(t.Context(), jobs[0].Claim, e); err != nil {
		t.Fatal(err)
	}

	const refused = "cus_x acct_1  not deleted: the account is disconnected"
	if proofs := p.ok("people", "proofs"); !strings.Contains(proofs, refused) {
		t.Errorf("%q is not in\n%s", refused, proofs)
	}

	if out := p.ok("people", "erase", "nobody@example.com"); !strings.Contains(out, "nothing is stored") {
		t.Errorf("of nobody: %q", out)
	}
}

func TestPeopleRefusesUnclearArguments(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for _, args := range [][]string{{"people"}, {"people", "forget"}, {"people", "erase"}, {"people", "export", "a", "b"}} {
		p.fails(args)
	}
}

// retained counts what may go, and removes it.
func retained(t *testing.T, p *program, s *store.Store) {
	t.Helper()
	long := time.Now().Add(-100 * 24 * time.Hour)
	clocked := orders.Order{
		ID:            "ord_old",
		TokenHash:     orders.HashToken("old"),
		Status:        orders.Expired,
		PaymentStatus: orders.Unpaid,
		Currency:      "eur",
		Amount:        1099,
		Mode:          orders.ModePayment,
		Contact:       orders.Contact{Email: "old@example.com"},
		CreatedAt:     long,
		ExpiresAt:     long,
	}
	if err := s.CreateOrder(t.Context(), clocked); err != nil {
		t.Fatal(err)
	}

	p.settings["ORDER_RETENTION"] = "expired=30d,paid=3650d"

	out := p.ok("people", "retention", "--dry-run")
	if !strings.Contains(out, "orders   expired  ") || !strings.Contains(out, "orders   paid ") {
		t.Errorf("got\n%s", out)
	}

	p.ok("people", "retention")
	p.fails([]string{"people", "retention", "now"}, "now")
}
