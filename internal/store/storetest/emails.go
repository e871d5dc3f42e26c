package storetest

import (
	"errors"
	"testing"
	"time"

	"checkoutd/internal/effects"
	"checkoutd/internal/mail"
	"checkoutd/internal/queue"
)

// testEmails checks what package mail relies on.
func testEmails(t *testing.T, e Engine) {
	f := newFixture(t, e)
	o := f.order()
	f.happen(o.ID, "order.paid")
	plan := effects.Plan{Emails: []string{"buyer", "shop"}}

	claim := func() []mail.Email {
		t.Helper()
		list, err := f.ClaimEmails(f.ctx, f.clock.Now(), f.clock.Now().Add(time.Minute), 10)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}

	// They are stored together with the end of the effect, or not at all.
	job := f.claimEffects()[0]
	lost := job
	lost.Claim.Token = "another"
	if err := f.FinishEffect(f.ctx, lost, plan); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("a lost claim returns %v", err)
	}
	if list := claim(); len(list) > 0 {
		t.Errorf("a lost claim left %+v", list)
	}
	if err := f.FinishEffect(f.ctx, job, plan); err != nil {
		t.Fatal(err)
	}

	list := claim()
	if len(list) != 2 || list[0].Kind != "order.paid" || list[0].OrderID != o.ID || list[0].State != mail.Sending {
		t.Fatalf("claimed %+v, want an e-mail to the buyer and one to the shop", list)
	}
	if again := claim(); len(again) > 0 {
		t.Errorf("claimed %+v twice", again)
	}

	// One is not taken, and due again in an hour.
	first, second := list[0], list[1]
	first.State, first.Problem = mail.Due, "no connection"
	if err := f.EndEmail(f.ctx, first, f.clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := f.EndEmail(f.ctx, first, f.clock.Now()); !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("ending an e-mail twice returns %v", err)
	}
	if list := claim(); len(list) > 0 {
		t.Errorf("claimed %+v before it is due", list)
	}

	// The sender of the other one dies: nobody knows whether it was taken.
	f.clock.Advance(2 * time.Hour)
	list = claim()
	if len(list) != 1 || list[0].ID != first.ID || list[0].Tries != 2 {
		t.Errorf("claimed %+v, want only the e-mail that was not taken", list)
	}

	states := map[string]mail.State{}
	emails, err := f.Emails(f.ctx, o.ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range emails {
		states[l.ID] = l.State
	}
	if states[first.ID] != mail.Sending || states[second.ID] != mail.Unknown {
		t.Errorf("got %v, want sending and unknown", states)
	}

	// Only a person sends it again.
	for id, want := range map[string]bool{second.ID: true, first.ID: false, "eml_none": false} {
		if ok, err := f.ResendEmail(f.ctx, id); err != nil || ok != want {
			t.Errorf("resending %s: %t, %v; want %t", id, ok, err, want)
		}
	}
	if list := claim(); len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("claimed %+v, want the e-mail that was resent", list)
	}
}
