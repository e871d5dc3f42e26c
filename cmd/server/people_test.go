package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
)

func TestPeople(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	now := time.Now()
	store := func(id, email string, status orders.Status) {
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

	store("ord_a", "jenny@example.com", orders.Canceled)
	store("ord_b", "busy@example.com", orders.Open)

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
	if strings.Contains(proofs, "jenny") || !strings.Contains(proofs, "state    deleting") {
		t.Errorf("the proofs are\n%s", proofs)
	}

	p.fails([]string{"people", "erase", "jenny@example.com"}, "already")
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
