package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/people"
	"checkoutd/internal/queue"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

// jenny is a buyer whose data must be gone.
var jenny = orders.Contact{
	Email:    "jenny@example.com",
	Name:     "Jenny",
	Shipping: &orders.Address{Name: "Jenny", Phone: "+1555", Address: orders.Place{Line1: "1 Road", Country: "US"}},
}

// customerOrder stores an order of the shop's customer with an attempt.
func (f *fixture) customerOrder(reference string, status orders.Status, attempt payments.AttemptState) string {
	f.t.Helper()
	id := f.order().ID
	f.update(id, func(st *payments.State) {
		st.Order.CustomerReference, st.Order.CustomerID = reference, "cus_"+reference
		st.Order.Contact, st.Order.Message, st.Order.Status = jenny, "Jenny's card was declined.", status
		a := newAttempt(1)
		a.State, a.CheckAt, a.Params.Contact, a.Message = attempt, time.Time{}, jenny, "Jenny's card was declined."
		st.Attempts = append(st.Attempts, a)
		st.Intents = append(st.Intents, newIntent("pi_"+id))
	})
	return id
}

// beginErasure begins an erasure under a claim with the same token as its ID.
func (f *fixture) beginErasure(id, reference string) (j people.Job, begun, pending bool, err error) {
	f.t.Helper()
	now := f.clock.Now()
	e := people.Erasure{ID: id, Subject: "hash of " + reference, State: people.Deleting, NextAt: now.Add(time.Minute), CreatedAt: now}
	return f.BeginErasure(f.ctx, e, byReference(reference), true, queue.Claim{ID: id, Token: id})
}

// byReference is a customer whom the shop's reference names.
func byReference(reference string) people.Subject {
	return people.Subject{
		Whom:    people.Whom{Reference: reference},
		BuyerID: "buy_" + reference,
		Hash:    "hash of " + reference,
	}
}

// byEmail is a customer whom an e-mail address names.
func byEmail(email string) people.Subject {
	return people.Subject{Whom: people.Whom{Email: email}, Hash: "hash of " + email}
}

func testErasures(t *testing.T, e Engine) {
	t.Run("the personal data goes, the ledger stays", func(t *testing.T) {
		t.Parallel()
		f := newListener(t, e)
		id := f.customerOrder("c-7", orders.Paid, payments.Succeeded)
		other := f.customerOrder("c-8", orders.Paid, payments.Succeeded)
		for reference := range map[string]bool{"c-7": true, "c-8": true} {
			if _, err := f.SetBuyer(f.ctx, "", "buy_"+reference, "cus_"+reference); err != nil {
				t.Fatal(err)
			}
		}

		f.happen(id, "order.paid")
		f.announce()
		job := f.claimDeliveries("order.paid")[0]
		f.must(f.finishTry(job, deliveries.Delivered, nil)) // its excerpt is "no"

		r := f.newRequest("key", "body")
		f.ask(f.Store, r)
		f.must(f.FinishRequest(f.ctx, r.ID, r.Lease, id, []byte(`{"body":"Jenny"}`)))

		ended := newEvent("evt_ended", "")
		ended.Group = "pi_" + id
		f.accept(ended)
		f.finish(f.claim(1)[0], webhooks.Ignored, time.Time{})

		if _, err := f.SetBuyer(f.ctx, "acct_1", "buy_c-7", "cus_there"); err != nil {
			t.Fatal(err)
		}
		j, begun, _, err := f.beginErasure("era_1", "c-7")
		want := []people.StripeCustomer{{ID: "cus_c-7"}, {Account: "acct_1", ID: "cus_there"}}
		if err != nil || !begun || !slices.Equal(j.Customers, want) {
			t.Fatalf("got %+v, %t, %v", j, begun, err)
		}

		st := f.state(id)
		if o := st.Order; o.Contact != (orders.Contact{}) || o.CustomerReference != "" || o.Message != "" || o.ErasedAt.IsZero() ||
			o.Amount == 0 || o.CustomerID != "cus_c-7" || o.Status != orders.Paid {
			t.Errorf("the order is %+v", o)
		}
		if a := st.Attempts[0]; a.Params.Contact != (orders.Contact{}) || a.Message != "" || a.Params.Amount == 0 || a.State != payments.Succeeded {
			t.Errorf("the attempt is %+v", a)
		}
		if tries, err := f.Tries(f.ctx, job.ID); err != nil || tries[0].Excerpt != "" || tries[0].Status != 500 {
			t.Errorf("the tries are %+v, %v", tries, err)
		}
		if got, _ := f.ask(f.Store, f.newRequest("key", "body")); string(got.Answer) != store.Erased {
			t.Errorf("the answer is %s", got.Answer)
		}
		if ev, err := f.Event(f.ctx, "evt_ended"); err != nil || string(ev.Payload) != store.Erased {
			t.Errorf("the payload is %s, %v", ev.Payload, err)
		}
		if bound, err := f.Buyer(f.ctx, "", "buy_c-7"); err != nil || bound != "" {
			t.Errorf("the buyer is bound to %q, %v", bound, err)
		}
		// Stripe repeats the creation of a customer for a day.
		if bound, err := f.SetBuyer(f.ctx, "", "buy_c-7", "cus_c-7"); err != nil || bound != "" {
			t.Errorf("the erased customer is bound as %q, %v", bound, err)
		}
		if _, ok, err := f.ReadCustomer(f.ctx, byReference("c-7")); err != nil || !ok {
			t.Errorf("while Stripe has the customer: %t, %v", ok, err)
		}

		// Somebody else keeps everything.
		if o := f.state(other).Order; o.Contact.Email != jenny.Email || o.CustomerReference != "c-8" || !o.ErasedAt.IsZero() {
			t.Errorf("another customer's order is %+v", o)
		}
		if bound, err := f.Buyer(f.ctx, "", "buy_c-8"); err != nil || bound != "cus_c-8" {
			t.Errorf("another buyer is bound to %q, %v", bound, err)
		}
	})

	t.Run("what arrives later is stored without its payload", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		id := f.customerOrder("c-7", orders.Paid, payments.Succeeded)
		late, ignored, mine := newEvent("evt_late", ""), newEvent("evt_ignored", ""), newEvent("evt_mine", "")
		late.Group, ignored.Group, mine.Group = "pi_"+id, "cus_c-7", "pi_mine"
		f.accept(late, ignored, mine)
		if _, _, _, err := f.beginErasure("era_1", "c-7"); err != nil {
			t.Fatal(err)
		}

		for _, ev := range f.claim(3) {
			if string(ev.Payload) == store.Erased {
				t.Errorf("%s lost its payload before it was worked", ev.ID)
			}
			if ev.ID == "evt_late" {
				f.must(f.Update(f.ctx, id, ev.Claim(), func(*payments.State) error { return nil }))
				continue
			}
			f.finish(ev, webhooks.Ignored, time.Time{})
		}
		for id, erased := range map[string]bool{"evt_late": true, "evt_ignored": true, "evt_mine": false} {
			if ev, err := f.Event(f.ctx, id); err != nil || (string(ev.Payload) == store.Erased) != erased {
				t.Errorf("the payload of %s is %s, %v", id, ev.Payload, err)
			}
		}
	})

	t.Run("an order that needs the data refuses", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct {
			status  orders.Status
			attempt payments.AttemptState
			free    bool
		}{
			"open":       {orders.Open, payments.Failed, false},
			"authorized": {orders.Authorized, payments.RequiresCapture, false},
			"unknown":    {orders.Canceled, payments.Unknown, false},
			"expired":    {orders.Expired, payments.Failed, true},
			"in review":  {orders.Review, payments.Succeeded, true},
		} {
			f := newFixture(t, e)
			f.customerOrder("c-7", orders.Paid, payments.Succeeded)
			id := f.customerOrder("c-7", c.status, c.attempt)
			_, begun, _, err := f.beginErasure("era_1", "c-7")
			if c.free {
				if err != nil || !begun {
					t.Errorf("%s: %t, %v", name, begun, err)
				}
				continue
			}

			ids, _ := fault.Of(err).Extra["orders"].([]string)
			if begun || !fault.Is(err, people.ErrInUse.Code) || len(ids) != 1 || ids[0] != id {
				t.Errorf("%s: %t, %v with %v; want it refused", name, begun, err, ids)
			}
			customer, _, err := f.ReadCustomer(f.ctx, byReference("c-7"))
			if err != nil || customer.Orders != 2 || len(customer.Blocking) != 1 || customer.Erasing {
				t.Errorf("%s: %+v, %v", name, customer, err)
			}
			if o := f.state(id).Order; o.Contact.Email != jenny.Email {
				t.Errorf("%s: it has lost %+v", name, o.Contact)
			}
		}
	})

	t.Run("a running subscription refuses", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		id := f.customerOrder("c-7", orders.Paid, payments.Succeeded)
		f.update(id, func(st *payments.State) {
			st.Subscriptions = append(st.Subscriptions, payments.Subscription{ID: "sub_1", OrderID: id, CustomerID: "cus_c-7", Status: "active"})
		})
		if _, begun, _, err := f.beginErasure("era_1", "c-7"); begun || !errors.Is(err, people.ErrSubscribed) {
			t.Errorf("got %t, %v", begun, err)
		}
		f.update(id, func(st *payments.State) { st.Subscriptions[0].Status = "canceled" })
		if _, begun, _, err := f.beginErasure("era_1", "c-7"); !begun || err != nil {
			t.Errorf("once it has ended: %t, %v", begun, err)
		}
	})

	t.Run("the work is claimed, saved and closed", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		id := f.customerOrder("c-7", orders.Paid, payments.Succeeded)
		j, _, _, err := f.beginErasure("era_1", "c-7")
		f.must(err)
		if _, begun, pending, err := f.beginErasure("era_2", "c-7"); begun || !pending || err != nil {
			t.Errorf("again: %t, %t, %v; want it pending", begun, pending, err)
		}
		if _, begun, pending, err := f.beginErasure("era_3", "c-none"); begun || pending || err != nil {
			t.Errorf("of nobody: %t, %t, %v", begun, pending, err)
		}

		claim := func(want int) []people.Job {
			t.Helper()
			jobs, err := f.ClaimErasures(f.ctx, f.clock.Now(), f.clock.Now().Add(time.Minute), 10)
			if err != nil || len(jobs) != want {
				t.Fatalf("claimed %+v, %v; want %d", jobs, err, want)
			}
			return jobs
		}
		claim(0)
		f.clock.Advance(time.Minute) // its worker died
		second := claim(1)[0]
		j.State = people.Closing
		if err := f.SaveErasure(f.ctx, j.Claim, j.Erasure); !errors.Is(err, queue.ErrClaimLost) {
			t.Errorf("the lost claim ends with %v", err)
		}

		second.State, second.Reference, second.Customers, second.NextAt = people.Closing, "", nil, f.clock.Now()
		f.must(f.SaveErasure(f.ctx, second.Claim, second.Erasure))
		if _, _, pending, err := f.beginErasure("era_2", "c-7"); pending || err != nil {
			t.Errorf("once Stripe has confirmed: %t, %v", pending, err)
		}

		// Something that was in flight brought data back.
		f.update(id, func(st *payments.State) { st.Order.Contact = jenny })
		last := claim(1)[0]
		last.State, last.DoneAt = people.Done, f.clock.Now()
		f.must(f.SaveErasure(f.ctx, last.Claim, last.Erasure))
		if o := f.state(id).Order; o.Contact != (orders.Contact{}) || o.ErasedAt.After(start.Add(time.Second)) {
			t.Errorf("the order is %+v", o)
		}
		f.clock.Advance(time.Hour)
		claim(0)
		if _, ok, err := f.ReadCustomer(f.ctx, byReference("c-7")); ok || err != nil {
			t.Errorf("something is left: %t, %v", ok, err)
		}
	})
}
