package main

import (
	"strings"
	"testing"
)

func TestStripeSeedGivesAccountsAPast(t *testing.T) {
	p := newProgram(t)
	p.fails([]string{"stripe", "seed"}, "no offline Stripe answers at", "SANDBOX_FAULTS=true")

	p.settings["SANDBOX_FAULTS"] = "true"
	_, _, stop := p.start("offline Stripe on", "stripe")

	one := p.ok("stripe", "seed", "--seed", "5", "--payments", "40", "--accounts", "2", "--scope", "read_only")
	if lines := strings.Split(strings.TrimSpace(one), "\n"); len(lines) != 2 || !strings.HasSuffix(lines[0], " has 40 payments") {
		t.Errorf("got %q, want two accounts with 40 payments", one)
	}

	acct, _, _ := strings.Cut(one, " ")
	p.fails([]string{"stripe", "seed", "--account", acct}, "has another history already")
	p.fails([]string{"stripe", "seed", "--payments", "-1"}, "payments must be between")
	p.fails([]string{"stripe", "seed", "more"}, `unexpected argument "more"`)
	p.fails([]string{"stripe", "grow"}, "use seed")

	p.fails([]string{"stripe", "seed", "--nonsense"}, "nonsense", "server stripe seed --help")

	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestStripeSeedNeedsTheManagementAPI(t *testing.T) {
	p := newProgram(t)
	p.start("offline Stripe on", "stripe")
	p.fails([]string{"stripe", "seed"}, "has no management API", "SANDBOX_FAULTS=true")
}
