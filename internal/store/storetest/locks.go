package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
)

// hangs is the time after which a call counts as hanging.
const hangs = 5 * time.Minute

// callers is how many goroutines the tests of concurrency use.
const callers = 24

func testUpdateLocks(t *testing.T, e Engine) {
	t.Run("concurrent changes of one order through two stores are all kept", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		stores := []*store.Store{f.Store, f.open(store.Options{})}
		o := f.order()
		together(callers, func(i int) {
			for range 5 {
				err := stores[i%2].Update(f.ctx, o.ID, nil, func(st *payments.State) error {
					st.Order.Refunded++
					st.Refunds = append(st.Refunds, payments.Refund{
						ID:       fmt.Sprintf("re_%d", st.Order.Refunded),
						Currency: "eur",
						Status:   "pending",
					})

					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})

		if st := f.state(o.ID); st.Order.Refunded != callers*5 || len(st.Refunds) != callers*5 {
			t.Errorf("got %d and %d refunds, want %d", st.Order.Refunded, len(st.Refunds), callers*5)
		}
	})

	t.Run("of many attempts started at once, one is stored", func(t *testing.T) {
		t.Parallel()
		oneWins(t, newFixture(t, e), payments.ErrPaymentInProgress, func(st *payments.State, i int) {
			st.Attempts = append(st.Attempts, newAttempt(int64(i+1)))
		})
	})

	t.Run("a reader neither waits for a change in progress nor sees it", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		o := f.order()
		f.update(o.ID, func(st *payments.State) {
			if got, err := f.Order(f.ctx, o.ID); err != nil || got.Message != "" {
				t.Errorf("got %+v, %v", got, err)
			}

			st.Order.Message = "new"
			if got := f.state(o.ID); got.Order.Message != "" {
				t.Error("the change is visible before its commit")
			}
		})
	})

	t.Run("many orders at once, with their claims", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		list := make([]orders.Order, callers)
		for i := range list {
			list[i] = f.order()
			f.accept(newEvent(fmt.Sprintf("evt_%d", i), fmt.Sprintf("pi_%d", i)))
		}

		events := f.claim(callers)
		together(callers, func(i int) {
			err := f.Update(f.ctx, list[i].ID, events[i].Claim(), func(st *payments.State) error {
				st.Intents = append(st.Intents, newIntent(events[i].Group))
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})

		counts, err := f.Counts(f.ctx)
		if err != nil || counts["done"] != callers {
			t.Errorf("got %v, %v", counts, err)
		}
	})
}

func testRuleClaims(t *testing.T, e Engine) {
	t.Run("due attempts are claimed once", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		for i, state := range []payments.AttemptState{
			payments.Started,
			payments.Unknown,
			payments.Processing,
			payments.Failed,
		} {
			f.update(f.order().ID, func(st *payments.State) {
				a := newAttempt(1)
				a.State, a.CheckAt = state, start.Add(-time.Duration(i)*time.Second)
				st.Attempts = append(st.Attempts, a)
			})
		}

		f.update(f.order().ID, func(st *payments.State) { // never due
			a := newAttempt(1)
			a.CheckAt = time.Time{}
			st.Attempts = append(st.Attempts, a)
		})

		second := f.open(store.Options{})
		var taken atomic.Int64
		until := start.Add(time.Minute)
		together(callers, func(i int) {
			s := []*store.Store{f.Store, second}[i%2]
			list, err := s.ClaimAttempts(f.ctx, start, until, 2)
			if err != nil || len(list) > 2 {
				t.Errorf("got %d, %v", len(list), err)
			}

			for _, a := range list {
				if a.CheckAt != until || a.State == payments.Failed || a.Params.Amount != 2198 {
					t.Errorf("claimed %+v", a)
				}
			}

			taken.Add(int64(len(list)))
		})

		if taken.Load() != 3 {
			t.Errorf("%d were claimed, want 3", taken.Load())
		}
		if list, err := f.ClaimAttempts(f.ctx, until, until.Add(1), 9); err != nil || len(list) != 3 {
			t.Errorf("afterwards %d are due, %v; want 3", len(list), err)
		}
	})

	t.Run("a change that does not touch CheckAt leaves the claim alone", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		o := f.order()
		f.update(o.ID, func(st *payments.State) {
			a := newAttempt(1)
			a.CheckAt = start
			st.Attempts = append(st.Attempts, a)
		})

		until := start.Add(time.Minute)
		if list, err := f.ClaimAttempts(f.ctx, start, until, 9); err != nil || len(list) != 1 {
			t.Fatalf("got %v, %v", list, err)
		}

		f.update(o.ID, func(st *payments.State) { st.Attempts[0].Checks++ })
		if got := f.state(o.ID).Attempts[0]; got.CheckAt != until || got.Checks != 1 {
			t.Errorf("got %+v", got)
		}
	})

	t.Run("expired orders are claimed once", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		due, later, paid := newOrder(), newOrder(), newOrder()
		later.ExpiresAt = start.Add(2 * time.Hour)
		paid.Status = orders.Paid

		for _, o := range []orders.Order{due, later, paid} {
			if err := f.CreateOrder(f.ctx, o); err != nil {
				t.Fatal(err)
			}
		}

		now := start.Add(time.Hour)
		hold := now.Add(time.Minute)
		var taken atomic.Int64
		together(callers, func(int) {
			list, err := f.ClaimExpired(f.ctx, now, hold, 5)
			if err != nil || len(list) > 0 && list[0] != due.ID {
				t.Errorf("got %v, %v", list, err)
			}

			taken.Add(int64(len(list)))
		})

		if taken.Load() != 1 {
			t.Errorf("claimed %d times", taken.Load())
		}

		f.update(due.ID, func(st *payments.State) { st.Order.Message = "asking Stripe" })
		if list, err := f.ClaimExpired(f.ctx, now, hold, 5); err != nil || len(list) != 0 {
			t.Errorf("claimed again: %v, %v", list, err)
		}
		if list, err := f.ClaimExpired(f.ctx, hold, hold.Add(1), 5); err != nil || len(list) != 1 {
			t.Errorf("not due again: %v, %v", list, err)
		}
		if got, err := f.Order(f.ctx, due.ID); err != nil || got.ExpiresAt != due.ExpiresAt {
			t.Errorf("the claim changed ExpiresAt: %v, %v", got.ExpiresAt, err)
		}
	})

	t.Run("an order whose expiry is moved is due at the new time", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		o := f.order()
		f.update(o.ID, func(st *payments.State) { st.Order.ExpiresAt = start.Add(3 * time.Hour) })

		for at, want := range map[time.Duration]int{2 * time.Hour: 0, 3 * time.Hour: 1} {
			if list, err := f.ClaimExpired(f.ctx, start.Add(at), start.Add(at), 5); err != nil || len(list) != want {
				t.Errorf("after %v: %v, %v; want %d", at, list, err, want)
			}
		}
	})
}
