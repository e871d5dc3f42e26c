package main

import (
	"strings"
	"testing"
	"time"

	"checkoutd/internal/customersession"
	"checkoutd/internal/orders"
)

func TestBuyersRevoke(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()

	for _, name := range []string{"a", "b", "c"} {
		if _, err := s.SetBuyer(t.Context(), "", "buy_"+name, "cus_"+name); err != nil {
			t.Fatal(err)
		}

		now := time.Now()
		_, err := s.AddToken(t.Context(), customersession.Token{
			Hash:      orders.HashToken(name),
			BuyerID:   "buy_" + name,
			CreatedAt: now,
			ExpiresAt: now.Add(time.Hour),
		}, nil, now)
		if err != nil {
			t.Fatal(err)
		}
	}

	recognized := func() string {
		var known []string
		for _, name := range []string{"a", "b", "c"} {
			_, ok, err := s.UseToken(t.Context(), orders.HashToken(name), time.Now())
			if err != nil {
				t.Fatal(err)
			}

			if ok {
				known = append(known, name)
			}
		}

		return strings.Join(known, " ")
	}

	for _, step := range []struct {
		args      []string
		out, want string
	}{
		{[]string{"buyers", "revoke", "cus_b"}, "revoked 1 ", "a c"},
		{[]string{"buyers", "revoke", "cus_nobody"}, "revoked 0 ", "a c"},
		{[]string{"buyers", "revoke", "--all"}, "revoked 2 ", ""},
	} {
		if out := p.ok(step.args...); !strings.HasPrefix(out, step.out) {
			t.Errorf("%v printed %q, want %q", step.args, out, step.out)
		}
		if got := recognized(); got != step.want {
			t.Errorf("after %v the buyers %q are recognized, want %q", step.args, got, step.want)
		}
	}
}

func TestBuyersRefusesUnclearArguments(t *testing.T) {
	t.Parallel()
	p := newProgram(t)

	p.fails([]string{"buyers"}, "revoke")
	p.fails([]string{"buyers", "list"}, "revoke")
	p.fails([]string{"buyers", "revoke"}, "--all")
	p.fails([]string{"buyers", "revoke", "cus_a", "--all"}, "--all")
	p.fails([]string{"buyers", "revoke", "cus_a", "cus_b"}, "one customer")
	p.fails([]string{"buyers", "revoke", "a@example.com"}, "cus_")
	p.fails([]string{"buyers", "revoke", "cus_a"}, "database")
}
