package storetest

import (
	"reflect"
	"testing"
	"time"

	"checkoutd/internal/payments"
)

func newSubscription(id string) payments.Subscription {
	return payments.Subscription{
		ID:                id,
		CustomerID:        "cus_1",
		Status:            payments.SubscriptionIncomplete,
		CancelAtPeriodEnd: true,
		PeriodEnd:         start.Add(time.Hour),
		EndsAt:            start.Add(time.Hour),
		CreatedAt:         start,
	}
}

func testSubscriptions(t *testing.T, e Engine) {
	f := newFixture(t, e)
	t.Run("a subscription comes back as it was written, oldest first", func(t *testing.T) {
		f := f.in(t)
		o := f.order()
		later := newSubscription("sub_a")
		later.CreatedAt = start.Add(time.Minute)
		f.update(o.ID, func(st *payments.State) {
			st.Subscriptions = append(st.Subscriptions, later, newSubscription("sub_b"))
		})
		want := newSubscription("sub_b")
		want.OrderID, want.UpdatedAt = o.ID, f.clock.Now()

		got := f.state(o.ID).Subscriptions
		if len(got) != 2 || !reflect.DeepEqual(got[0], want) {
			t.Fatalf("got %+v, want %+v and a later one", got, want)
		}

		f.update(o.ID, func(*payments.State) {})
		if again := f.state(o.ID).Subscriptions; !reflect.DeepEqual(again, got) {
			t.Errorf("an empty change turned %+v into %+v", got, again)
		}

		want.UpdatedAt = f.clock.Advance(time.Minute)
		f.update(o.ID, func(st *payments.State) {
			sub := st.Subscription("sub_b")
			sub.Status, sub.CancelAtPeriodEnd = payments.SubscriptionActive, false
			sub.PeriodEnd, sub.Readings = time.Time{}, 9
		})

		want.Status, want.CancelAtPeriodEnd = payments.SubscriptionActive, false
		want.PeriodEnd, want.Readings = time.Time{}, 9

		if got := f.state(o.ID).Subscriptions; !reflect.DeepEqual(got[0], want) || !got[1].UpdatedAt.Equal(start) {
			t.Errorf("got %+v, want %+v and the other one untouched", got, want)
		}
	})

	t.Run("a subscription belongs to one order", func(t *testing.T) {
		f := f.in(t)
		a, b := f.order(), f.order()
		begin := func(st *payments.State) error {
			st.Subscriptions = append(st.Subscriptions, newSubscription("sub_own"))
			return nil
		}
		if err := f.Update(f.ctx, a.ID, nil, begin); err != nil {
			t.Fatal(err)
		}
		if err := f.Update(f.ctx, b.ID, nil, begin); err == nil {
			t.Error("two orders have one subscription")
		}
		if id, err := f.OrderOfSubscription(f.ctx, "", "sub_own"); err != nil || id != a.ID {
			t.Errorf("got %q, %v; want %q", id, err, a.ID)
		}
		if id, err := f.OrderOfSubscription(f.ctx, "", "sub_none"); err != nil || id != "" {
			t.Errorf("got %q, %v; want none", id, err)
		}
	})

	t.Run("a renewal is distinguished from the order's own intent", func(t *testing.T) {
		f := f.in(t)
		o := f.order()
		f.update(o.ID, func(st *payments.State) {
			renewal := newIntent("pi_renewal")
			renewal.Renewal, renewal.PaidOutOfBand = true, true
			st.Intents = append(st.Intents, newIntent("pi_first"), renewal)
		})

		if got := f.state(o.ID).Intents; got[0].Renewal || !got[1].Renewal ||
			got[0].PaidOutOfBand || !got[1].PaidOutOfBand {
			t.Errorf("got %+v", got)
		}
	})
}
