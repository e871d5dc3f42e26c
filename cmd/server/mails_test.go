package main

import (
	"strings"
	"testing"
	"time"

	"checkoutd/internal/effects"
	"checkoutd/internal/mail"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
)

func TestMails(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	s := p.open()
	order := p.heldOrder(s)
	id := p.failedEmail(s, order)

	for _, args := range [][]string{{"mails", "list"}, {"mails", "list", "--order", order}} {
		out := p.ok(args...)
		for _, want := range []string{id, order, "order.paid", "buyer", "failed", "the mail server answered 550"} {
			if !strings.Contains(out, want) {
				t.Errorf("%v does not show %q:\n%s", args, want, out)
			}
		}
	}
	if out := p.ok("mails", "list", "--order", "ord_none"); strings.Contains(out, id) {
		t.Errorf("the e-mails of another order are\n%s", out)
	}

	if out := p.ok("mails", "resend", id); out != id+" is due\n" {
		t.Errorf("got %q", out)
	}
	if out := p.ok("mails", "list"); !strings.Contains(out, " due ") {
		t.Errorf("after resending there is\n%s", out)
	}

	p.fails([]string{"mails", "resend", id}, "due or sent already")
	p.fails([]string{"mails", "resend"}, "ID of an e-mail")
	p.fails([]string{"mails"}, "list or resend")
	p.fails([]string{"mails", "send"}, "list or resend")
	p.fails([]string{"mails", "list", "--limit", "0"}, "1 or more")
	p.fails([]string{"mails", "list", "all"}, "all")
}

// failedEmail stores an e-mail to the buyer of an order that the mail server
// refused, and returns its ID.
func (p *program) failedEmail(s *store.Store, order string) (id string) {
	p.Helper()
	must := func(err error) {
		p.Helper()
		if err != nil {
			p.Fatal(err)
		}
	}

	ctx, soon := p.Context(), time.Now().Add(time.Minute)
	must(s.Update(ctx, order, nil, func(st *payments.State) error {
		st.Effects = append(st.Effects, payments.Effect{Kind: payments.EffectPaid})
		return nil
	}))

	jobs, err := s.ClaimEffects(ctx, soon, soon.Add(time.Minute), 10)
	must(err)
	for _, j := range jobs {
		must(s.FinishEffect(ctx, j, effects.Plan{Emails: []string{string(mail.Buyer)}}))
	}

	list, err := s.ClaimEmails(ctx, soon, soon.Add(time.Minute), 1)
	must(err)
	if len(list) != 1 {
		p.Fatalf("claimed %v, want one e-mail", list)
	}

	failed := list[0]
	failed.State, failed.Problem = mail.Failed, "the mail server answered 550"
	must(s.EndEmail(ctx, failed, time.Time{}))
	return failed.ID
}
