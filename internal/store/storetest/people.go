package storetest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/people"
	"checkoutd/internal/queue"
)

// guestOrder stores a paid order of somebody whom the shop does not name.
func (f *fixture) guestOrder(email, customerID string) string {
	f.t.Helper()
	id := f.customerOrder("", orders.Paid, payments.Succeeded)
	f.update(id, func(st *payments.State) {
		st.Order.CustomerID, st.Order.Contact = customerID, orders.Contact{Email: email, Name: "Jenny"}
		st.Attempts[0].Params.Contact = orders.Contact{}
	})
	return id
}

func testPeople(t *testing.T, e Engine) {
	t.Run("an e-mail address names the orders that have it", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		mine := f.guestOrder("Jenny_1@Example.com", "cus_mine")
		like := f.guestOrder("jenny+1@example.com", "cus_like") // _ is any letter for LIKE
		nameless := f.guestOrder("", "cus_mine")
		tried := f.guestOrder("later@example.com", "cus_tried")
		f.update(tried, func(st *payments.State) { st.Attempts[0].Params.Contact.Email = "jenny_1@example.com" })
		shared, another := f.guestOrder("jenny_1@example.com", "cus_shared"), f.guestOrder("sister@example.com", "cus_shared")

		j, begun, _, err := f.BeginErasure(f.ctx, people.Erasure{
			ID:      "era_1",
			Subject: "hash",
			State:   people.Deleting,
		},
			byEmail("JENNY_1@example.com"), true, queue.Claim{ID: "era_1"})
		if err != nil || !begun || j.Proof.Orders != 4 || j.Proof.Removed["orders"] != 4 {
			t.Fatalf("got %+v, %t, %v", j, begun, err)
		}
		if want := []people.StripeCustomer{{ID: "cus_mine"}, {ID: "cus_tried"}}; !slices.Equal(j.Proof.Deleted, want) {
			t.Errorf("to delete at Stripe: %v, want %v", j.Proof.Deleted, want)
		}
		if want := []people.StripeCustomer{{ID: "cus_shared"}}; !slices.Equal(j.Proof.Kept, want) {
			t.Errorf("kept at Stripe: %v, want %v", j.Proof.Kept, want)
		}

		for _, id := range []string{mine, nameless, tried, shared} {
			if o := f.state(id).Order; o.Contact != (orders.Contact{}) || o.ErasedAt.IsZero() {
				t.Errorf("the order keeps %+v", o.Contact)
			}
		}

		for _, id := range []string{like, another} {
			if o := f.state(id).Order; o.Contact.Email == "" || !o.ErasedAt.IsZero() {
				t.Errorf("somebody else's order is %+v", o)
			}
		}

		f.guestOrder("zoë@example.com", "cus_zoe") // the engines lower such letters in different ways
		if c, ok, err := f.ReadCustomer(f.ctx, byEmail("ZOË@Example.com")); err != nil || !ok || c.Orders != 1 {
			t.Errorf("beyond ASCII: %+v, %t, %v", c, ok, err)
		}

		proofs, err := f.Erasures(f.ctx, "hash", 10)
		if err != nil || len(proofs) != 1 || proofs[0].Proof.Removed["orders"] != 4 || proofs[0].Reference != "" {
			t.Errorf("the proofs are %+v, %v", proofs, err)
		}
	})

	t.Run("what stayed at Stripe is deleted by a later erasure", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.guestOrder("jenny@example.com", "cus_mine")
		f.guestOrder("jenny@example.com", "cus_shared")
		f.guestOrder("sister@example.com", "cus_shared")

		erase := func(id string, atStripe bool) (people.Job, bool) {
			t.Helper()
			j, begun, _, err := f.BeginErasure(f.ctx, people.Erasure{ID: id, Subject: "hash of jenny@example.com", State: people.Deleting},
				byEmail("jenny@example.com"), atStripe, queue.Claim{ID: id})
			f.must(err)
			return j, begun
		}

		if j, begun := erase("era_1", false); !begun || len(j.Customers) > 0 || len(j.Proof.Kept) != 2 {
			t.Errorf("first: %+v, %t", j, begun)
		}
		if j, begun := erase("era_2", false); begun {
			t.Errorf("again, and not at Stripe: %+v", j)
		}

		mine := []people.StripeCustomer{{ID: "cus_mine"}}
		if j, begun := erase("era_3", true); !begun || !slices.Equal(j.Customers, mine) ||
			!slices.Equal(j.Proof.Deleted, mine) || j.Proof.Orders != 1 || len(j.Proof.Removed) > 0 {
			t.Errorf("at Stripe, too: %+v, %t", j, begun)
		}
		if j, begun := erase("era_4", true); begun {
			t.Errorf("a second time: %+v", j)
		}
	})

	t.Run("an export has every section, and nothing of anybody else", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		id := f.customerOrder("c-7", orders.Paid, payments.Succeeded)
		f.customerOrder("c-8", orders.Paid, payments.Succeeded)

		for _, c := range []string{"c-7", "c-8"} {
			if _, err := f.SetBuyer(f.ctx, "", "buy_"+c, "cus_"+c); err != nil {
				t.Fatal(err)
			}
		}

		ev := newEvent("evt_1", "")
		ev.Group = "pi_" + id
		ev.Payload = []byte(`{"data":{"object":{"client_secret":"pi_secret","customer":"cus_c-7",
			"charges":[{"billing_details":{"name":"Jenny"}}]}}}`)
		f.accept(ev)
		f.must(f.Update(f.ctx, id, f.claim(1)[0].Claim(), func(*payments.State) error { return nil }))

		doc, ok, err := f.ExportCustomer(f.ctx, byReference("c-7"))
		if err != nil || !ok {
			t.Fatal(ok, err)
		}

		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}

		var got map[string][]map[string]any
		_ = json.Unmarshal(text, &got) // the members that are no lists do not matter here

		if o := got["orders"]; len(o) != 1 || o[0]["id"] != id || o[0]["contact"].(map[string]any)["email"] != jenny.Email {
			t.Errorf("the orders are %v", o)
		}
		if ev := got["stripe_events"]; len(ev) != 1 || ev[0]["payload"].(map[string]any)["charges.0.billing_details"] == nil {
			t.Errorf("the events are %v", ev)
		}
		if a := got["payment_attempts"]; len(a) != 1 || a[0]["contact"].(map[string]any)["email"] != jenny.Email {
			t.Errorf("the attempts are %v", a)
		}
		if c := got["customers_at_stripe"]; len(c) != 1 || c[0]["customer_id"] != "cus_c-7" {
			t.Errorf("the customers are %v", c)
		}

		for _, word := range []string{"c-8", "pi_secret", "ctoken", "return_url"} {
			if strings.Contains(string(text), word) {
				t.Errorf("%s is in %s", word, text)
			}
		}

		for _, table := range people.Tables() {
			if table.Section != "" && !strings.Contains(string(text), `"`+table.Section+`":[`) {
				t.Errorf("there is no section %s in %s", table.Section, text)
			}
		}

		if _, ok, err := f.ExportCustomer(f.ctx, byEmail("nobody@example.com")); ok || err != nil {
			t.Errorf("of nobody: %t, %v", ok, err)
		}
	})

	t.Run("a command leaves its erasure to whoever claims it", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.customerOrder("c-7", orders.Paid, payments.Succeeded)
		now := f.clock.Now()
		_, _, _, err := f.BeginErasure(f.ctx, people.Erasure{
			ID:        "era_1",
			State:     people.Deleting,
			NextAt:    now,
			CreatedAt: now,
		},
			byReference("c-7"), false, queue.Claim{ID: "era_1"})

		f.must(err)

		jobs, err := f.ClaimErasures(f.ctx, now, now.Add(time.Minute), 10)
		if err != nil || len(jobs) != 1 || len(jobs[0].Customers) != 0 {
			t.Errorf("claimed %+v, %v", jobs, err)
		}
	})
}
