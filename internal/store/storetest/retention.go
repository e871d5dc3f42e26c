package storetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/people"
	"checkoutd/internal/queue"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

// claimSweep claims a sweep, and the others with it.
func (f *fixture) claimSweep(name string) people.Sweep {
	f.t.Helper()
	now := f.clock.Now()
	list, err := f.ClaimSweeps(f.ctx, now.Add(time.Hour), now, now.Add(time.Minute), 10)
	f.must(err)

	for _, w := range list {
		if w.Name == name {
			return w
		}
	}

	f.t.Fatalf("%s is not among %+v", name, list)
	return people.Sweep{}
}

// sweep removes a batch of what is due since half an hour.
func (f *fixture) sweep(name string, n int, states ...string) (removed int) {
	f.t.Helper()
	now := f.clock.Now()
	d := people.Due{Name: name, Before: map[string]time.Time{}}
	for _, state := range states {
		d.Before[state] = now.Add(-30 * time.Minute)
	}

	counts, err := f.CountDue(f.ctx, d)
	f.must(err)
	due := 0
	for _, c := range counts {
		due += int(c.N)
	}

	removed, err = f.Sweep(f.ctx, f.claimSweep(name).Claim, d, n, now, now)
	f.must(err)
	f.clock.Advance(2 * time.Minute) // the other sweeps come back

	if want := min(due, n); removed != want {
		f.t.Errorf("removed %d, want %d of the %d that are counted", removed, want, due)
	}

	return removed
}

func testRetention(t *testing.T, e Engine) {
	t.Run("orders lose their data by state", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		open := f.customerOrder("c-1", orders.Open, payments.Failed)
		trying := f.customerOrder("c-2", orders.Open, payments.Processing)
		paid := f.customerOrder("c-3", orders.Paid, payments.Succeeded)
		refunded := f.customerOrder("c-4", orders.Paid, payments.Succeeded)
		f.update(refunded, func(st *payments.State) { st.Order.PaymentStatus = orders.Refunded })
		expired := f.customerOrder("c-5", orders.Expired, payments.Failed)
		review := f.customerOrder("c-6", orders.Review, payments.Succeeded)
		subscribed := f.customerOrder("c-7", orders.Paid, payments.Succeeded)
		f.update(subscribed, func(st *payments.State) {
			st.Subscriptions = append(st.Subscriptions, payments.Subscription{
				ID:      "sub_1",
				OrderID: subscribed,
				Status:  "active",
			})
		})

		f.clock.Advance(time.Hour)
		young := f.customerOrder("c-8", orders.Expired, payments.Failed)

		erased := func() (ids []string) {
			for i, id := range []string{open, trying, paid, refunded, expired, review, subscribed, young} {
				o := f.state(id).Order
				if o.Amount == 0 || o.ErasedAt.IsZero() != (o.Contact != orders.Contact{}) {
					t.Errorf("an order is %+v", o)
				}

				if !o.ErasedAt.IsZero() {
					ids = append(ids, fmt.Sprint(i))
				}
			}

			return ids
		}

		for _, c := range []struct{ state, want string }{
			{"refunded", "[3]"}, {"expired", "[3 4]"}, {"paid", "[2 3 4]"}, {"open", "[0 2 3 4]"}, {"canceled", "[0 2 3 4]"},
		} {
			f.sweep(people.SweepOrders, 10, c.state)
			if got := fmt.Sprint(erased()); got != c.want {
				t.Errorf("after %s the orders %s are erased, want %s", c.state, got, c.want)
			}
		}

		// The buyer of an open order may come back.
		f.update(open, func(st *payments.State) { st.Order.Contact = jenny })
		if o := f.state(open).Order; !o.ErasedAt.IsZero() || o.Contact.Email == "" {
			t.Errorf("the order is %+v", o)
		}

		// What comes about an order later is stored without its payload.
		late := newEvent("evt_late", "")
		late.Group = "pi_" + paid
		f.accept(late)
		f.finish(f.claim(1)[0], webhooks.Ignored, time.Time{})

		if ev, err := f.Event(f.ctx, "evt_late"); err != nil || string(ev.Payload) != store.Erased {
			t.Errorf("the late event has %s, %v", ev.Payload, err)
		}
	})

	t.Run("events keep the hash of their payload", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		review := f.customerOrder("c-1", orders.Review, payments.Succeeded)
		done, dead, mine := newEvent("evt_done", ""), newEvent("evt_dead", ""), newEvent("evt_review", "")
		done.Group, dead.Group, mine.Group = "pi_1", "pi_2", "pi_"+review
		f.accept(done, dead, mine)

		for _, ev := range f.claim(3) {
			switch ev.ID {
			case "evt_done":
				f.finish(ev, webhooks.Ignored, time.Time{})
			case "evt_dead":
				f.finish(ev, webhooks.Dead, time.Time{})
			default:
				f.must(f.Update(f.ctx, review, ev.Claim(), func(*payments.State) error { return nil }))
			}
		}

		waiting := newEvent("evt_waiting", "")
		waiting.Group = "pi_3"
		f.accept(waiting)
		f.clock.Advance(time.Hour)

		if n := f.sweep(people.SweepEvents, 10, ""); n != 1 {
			t.Errorf("removed %d payloads, want 1", n)
		}
		if n := f.sweep(people.SweepEvents, 10, ""); n != 0 {
			t.Errorf("removed %d payloads once more", n)
		}

		want := fmt.Sprintf(`{"erased":true,"sha256":"%x","bytes":%d}`, sha256.Sum256(done.Payload), len(done.Payload))
		for id, want := range map[string]string{
			"evt_done":    want,
			"evt_dead":    string(dead.Payload),
			"evt_review":  string(mine.Payload),
			"evt_waiting": string(waiting.Payload),
		} {
			if ev, err := f.Event(f.ctx, id); err != nil || string(ev.Payload) != want {
				t.Errorf("%s has %s, %v; want %s", id, ev.Payload, err, want)
			}
		}

		if isNew, err := f.Accept(f.ctx, done); isNew || err != nil {
			t.Errorf("a late duplicate: %t, %v; want it known", isNew, err)
		}
	})

	t.Run("a batch is bounded, and whoever lost the claim removes nothing", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		for _, c := range []string{"c-1", "c-2", "c-3"} {
			f.customerOrder(c, orders.Expired, payments.Failed)
		}

		f.clock.Advance(time.Hour)
		now := f.clock.Now()
		d := people.Due{Name: people.SweepOrders, Before: map[string]time.Time{"expired": now}}

		lost := f.claimSweep(people.SweepOrders)

		if list, err := f.ClaimSweeps(f.ctx, now.Add(time.Hour), now, now.Add(time.Minute), 10); len(list) > 0 || err != nil {
			t.Errorf("claimed %+v once more, %v", list, err)
		}

		f.clock.Advance(2 * time.Minute) // its worker died
		second := f.claimSweep(people.SweepOrders)

		if n, err := f.Sweep(f.ctx, lost.Claim, d, 2, now, now); n != 0 || !errors.Is(err, queue.ErrClaimLost) {
			t.Errorf("the lost claim removed %d, %v", n, err)
		}

		n, err := f.Sweep(f.ctx, second.Claim, d, 2, now, now.Add(time.Hour))
		if counts, _ := f.CountDue(f.ctx, d); n != 2 || err != nil || len(counts) != 1 || counts[0].N != 1 {
			t.Errorf("removed %d, %v; %+v are left", n, err, counts)
		}

		f.clock.Advance(2 * time.Minute)
		if n := f.sweep(people.SweepOrders, 2, "expired"); n != 1 {
			t.Errorf("then removed %d", n)
		}

		sweeps, err := f.Sweeps(f.ctx)
		f.must(err)

		for _, w := range sweeps {
			if w.Name == people.SweepOrders && w.Removed != 3 {
				t.Errorf("the sweep is %+v", w)
			}
		}
	})

	t.Run("why mails failed and where attempts came from goes", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		id := f.customerOrder("c-1", orders.Open, payments.Failed)
		f.update(id, func(st *payments.State) { st.Attempts[0].Source = "hash" })
		f.clock.Advance(time.Hour)

		if n := f.sweep(people.SweepSources, 10, ""); n != 1 || f.state(id).Attempts[0].Source != "" {
			t.Errorf("removed %d sources of %+v", n, f.state(id).Attempts[0])
		}

		f.sweep(people.SweepEmails, 10, "")
	})
}
