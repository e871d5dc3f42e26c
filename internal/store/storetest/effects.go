package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"checkoutd/internal/effects"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/store"
)

// happen commits effects of an order.
func (f *fixture) happen(orderID string, kinds ...string) {
	f.t.Helper()
	err := f.Update(f.ctx, orderID, nil, func(st *payments.State) error {
		for _, kind := range kinds {
			st.Effects = append(st.Effects, payments.Effect{Kind: kind})
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// claimEffects claims due effects for a minute.
func (f *fixture) claimEffects() []effects.Job {
	f.t.Helper()
	jobs, err := f.ClaimEffects(f.ctx, f.clock.Now(), f.clock.Now().Add(time.Minute), 10)
	if err != nil {
		f.t.Fatal(err)
	}
	return jobs
}

func (f *fixture) wantClaimed(want ...string) []effects.Job {
	f.t.Helper()
	jobs := f.claimEffects()
	var got []string
	for _, j := range jobs {
		got = append(got, j.Kind)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		f.t.Fatalf("claimed %v, want %v", got, want)
	}
	return jobs
}

func testEffects(t *testing.T, e Engine) {
	t.Run("an effect keeps what the order was then", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		o := f.order()
		err := f.Update(f.ctx, o.ID, nil, func(st *payments.State) error {
			st.Order.Status, st.Order.PaymentStatus, st.Order.Captured = orders.Paid, orders.PaymentPaid, 2198
			st.Effects = append(st.Effects,
				payments.Effect{Kind: "order.paid"},
				payments.Effect{Kind: "order.refunded", Subject: "re_1", ObjectStatus: "pending"})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}

		f.happen(o.ID, "order.paid", "order.review")
		list, err := f.Effects(f.ctx, o.ID)
		if err != nil || len(list) != 3 {
			t.Fatalf("got %+v, %v; want three effects", list, err)
		}

		then := payments.OrderThen{
			Status:        orders.Paid,
			PaymentStatus: orders.PaymentPaid,
			Amount:        2198,
			Captured:      2198,
			Currency:      o.Currency,
		}
		want := payments.Effect{
			ID:           list[1].ID,
			OrderID:      o.ID,
			N:            2,
			Kind:         "order.refunded",
			Subject:      "re_1",
			ObjectStatus: "pending",
			Then:         then,
			CreatedAt:    start.Truncate(time.Microsecond),
		}
		if list[1] != want || list[0].ID == list[1].ID || list[0].ID == "" {
			t.Errorf("got %+v, want %+v with an ID of its own", list[1], want)
		}
	})

	t.Run("the effects of an order are claimed one at a time, in their order", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		a, b := f.order(), f.order()
		f.happen(a.ID, "a1")
		f.happen(a.ID, "a2")
		f.happen(b.ID, "b1")

		jobs := f.wantClaimed("a1", "b1")
		f.wantClaimed()
		for _, j := range jobs {
			if err := f.FinishEffect(f.ctx, j, effects.Plan{}); err != nil {
				t.Fatal(err)
			}
		}

		if j := f.wantClaimed("a2")[0]; j.Tries != 1 || j.N != 2 {
			t.Errorf("got %+v", j)
		}
	})

	t.Run("an effect whose worker died is due when its lease ends", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.happen(f.order().ID, "order.paid")
		lost := f.wantClaimed("order.paid")[0]
		f.clock.Advance(time.Minute)

		again := f.wantClaimed("order.paid")[0]
		if again.Tries != 2 || again.ID != lost.ID {
			t.Errorf("got %+v", again)
		}
		if err := f.FinishEffect(f.ctx, lost, effects.Plan{}); !errors.Is(err, queue.ErrClaimLost) {
			t.Errorf("the lost claim ends with %v", err)
		}
		if err := f.FinishEffect(f.ctx, again, effects.Plan{}); err != nil {
			t.Error(err)
		}

		f.clock.Advance(time.Hour)
		f.wantClaimed()
	})

	t.Run("a retry is due at its time", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		f.happen(f.order().ID, "order.paid")
		j := f.wantClaimed("order.paid")[0]
		if err := f.RetryEffect(f.ctx, j.Claim, f.clock.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}

		f.wantClaimed()
		f.clock.Advance(time.Second)
		f.wantClaimed("order.paid")
	})

	t.Run("claims that run at once share the effects", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		const n = 8
		for range n {
			f.happen(f.order().ID, "order.paid", "order.review")
		}

		stores := []*store.Store{f.Store, f.open(store.Options{}), f.open(store.Options{})}
		claimed := make([][]effects.Job, len(stores))
		together(len(stores), func(i int) {
			var err error
			claimed[i], err = stores[i].ClaimEffects(f.ctx, f.clock.Now(), f.clock.Now().Add(time.Minute), 4)
			if err != nil {
				t.Error(err)
			}
		})

		seen := map[string]bool{}
		for _, j := range slices.Concat(claimed...) {
			if seen[j.OrderID] || j.N != 1 {
				t.Errorf("order %s, effect %d is claimed too", j.OrderID, j.N)
			}
			seen[j.OrderID] = true
		}
	})

	t.Run("a commit with effects is announced", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		woken := 0
		f.OnEffects(func() { woken++ })
		o := f.order()

		if err := f.Update(f.ctx, o.ID, nil, func(*payments.State) error { return nil }); err != nil || woken != 0 {
			t.Errorf("woken %d times, %v; want 0", woken, err)
		}
		if f.happen(o.ID, "order.paid"); woken != 1 {
			t.Errorf("woken %d times, want 1", woken)
		}
	})
}
