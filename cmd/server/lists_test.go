package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/drift"
	"checkoutd/internal/effects"
	"checkoutd/internal/mail"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
)

// A list that its limit cuts off says so: below it, or on standard error where
// a program reads the list. One that ends with its limit does not.
func TestListsTellOfMore(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	p.twoEmails(s)
	p.twoFindings(s)
	for _, id := range []string{"acct_1", "acct_2"} {
		_, err := s.ChangeConnectAccount(t.Context(), id, func(a *connect.Account) error {
			a.Scope, a.State, a.ConnectedAt = connect.ReadOnly, connect.Connected, time.Now()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	for _, command := range []string{"mails list", "connect list", "drift list"} {
		for limit, want := range map[int]string{1: "only the newest 1 are shown; use --limit to list more\n", 2: ""} {
			args := append(strings.Fields(command), "--limit", fmt.Sprint(limit))
			out, _, _ := p.run(args...) // drift ends with an error: there are findings
			if !strings.HasSuffix(out, want) || strings.Contains(out, "only the newest") != (want != "") {
				t.Errorf("%q ends with %q, want %q", args, out, want)
			}

			args = append(args, "--json")
			out, told, _ := p.run(args...)
			wantObjects(t, args, out)
			if strings.Count(out, "\n") != limit || strings.Contains(told, "only the newest") != (want != "") {
				t.Errorf("%q prints %q, and beside it %q", args, out, told)
			}
		}
	}
}

// The exit code of a list that its limit cut off is that of all findings.
func TestACutOffListTellsOfOpenFindings(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	p.twoFindings(s)
	newest, err := s.DriftFindings(t.Context(), "", "", 1)
	if err != nil || len(newest) != 1 {
		t.Fatal(newest, err)
	}
	if err := s.DismissDrift(t.Context(), newest[0].ID, "paid by bank transfer", noon); err != nil {
		t.Fatal(err)
	}

	out, _, err := p.run("drift", "list", "--all", "--limit", "1")
	if !strings.Contains(out, "dismissed") || err == nil || !strings.Contains(err.Error(), "1 finding is open") {
		t.Errorf("got %q, %v", out, err)
	}
}

// twoEmails stores an e-mail to the buyer and one to the shop.
func (p *program) twoEmails(s *store.Store) {
	p.Helper()
	ctx, soon := p.Context(), time.Now().Add(time.Minute)
	err := s.Update(ctx, p.heldOrder(s), nil, func(st *payments.State) error {
		st.Effects = append(st.Effects, payments.Effect{Kind: payments.EffectPaid})
		return nil
	})
	if err != nil {
		p.Fatal(err)
	}

	jobs, err := s.ClaimEffects(ctx, soon, soon.Add(time.Minute), 1)
	if err != nil || len(jobs) != 1 {
		p.Fatalf("claimed %v, %v", jobs, err)
	}
	if err := s.FinishEffect(ctx, jobs[0], effects.Plan{Emails: []string{string(mail.Buyer), string(mail.Shop)}}); err != nil {
		p.Fatal(err)
	}
}

// twoFindings stores a comparison that found two differences.
func (p *program) twoFindings(s *store.Store) {
	p.Helper()
	r, err := drift.NewRun("2025-02-28", "", noon)
	if err != nil {
		p.Fatal(err)
	}
	if _, err := s.StartDrift(p.Context(), r, false); err != nil {
		p.Fatal(err)
	}

	soon := time.Now().Add(time.Minute)
	list, err := s.ClaimDrift(p.Context(), "", soon, soon.Add(time.Minute), 1)
	if err != nil || len(list) != 1 {
		p.Fatalf("claimed %v, %v", list, err)
	}

	step := drift.Step{Run: list[0]}
	for _, intent := range []string{"pi_1", "pi_2"} {
		step.Found = append(step.Found, drift.Finding{Kind: drift.ChargeUnknown, ObjectID: intent, State: drift.Open, SeenAt: soon})
	}
	if err := s.CommitDrift(p.Context(), step); err != nil {
		p.Fatal(err)
	}
}
