package main

import (
	"strings"
	"testing"
)

func TestAccount(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.open()

	if out := p.ok("account"); !strings.HasPrefix(out, "not known yet") {
		t.Errorf("got %q", out)
	}

	for _, args := range [][]string{{"account", "acct_1TFlYbLwXs1WAEAL"}, {"account"}} {
		if out := p.ok(args...); out != "acct_1TFlYbLwXs1WAEAL\n" {
			t.Errorf("%v: got %q", args, out)
		}
	}

	p.fails([]string{"account", "1TFlYbLwXs1WAEAL"}, "the ID of a Stripe account")
	p.fails([]string{"account", "acct_1", "acct_2"}, "the ID of a Stripe account")
}
