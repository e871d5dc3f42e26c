package storetest

import (
	"context"
	"errors"
	"reflect"
	"sync/atomic"
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
)

// orderWith creates an open order with a code that limit orders may use.
func (f *fixture) orderWith(code string, limit int64) orders.Order {
	f.t.Helper()
	o := newOrder()
	o.Discount = orders.Discount{Code: code, Amount: 100, Limit: limit}
	if err := f.CreateOrder(f.ctx, o); err != nil {
		f.t.Fatal(err)
	}
	return o
}

// reserve changes a state as payments does when it reserves an attempt.
func reserve(st *payments.State) error {
	o := &st.Order
	if o.Status != orders.Open || st.Active() != nil {
		return payments.ErrPaymentInProgress
	}
	a := newAttempt(int64(len(st.Attempts)) + 1)
	a.Params.Amount = o.Amount
	st.Attempts = append(st.Attempts, a)
	o.PaymentStatus, o.Discount.Held = orders.Checking, o.Discount.Limit > 0
	return nil
}

func (f *fixture) wantUses(code string, want int64) {
	f.t.Helper()
	if got, err := f.PromotionUses(f.ctx, code); err != nil || got != want {
		f.t.Errorf("%s has %d uses, %v; want %d", code, got, err, want)
	}
}

func testUpdateOrder(t *testing.T, e Engine) {
	f := newFixture(t, e)
	t.Run("an order is changed, and comes back as it was written", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		got, err := f.UpdateOrder(f.ctx, o.ID, func(o *orders.Order) error {
			o.Amount, o.Contact = 77, orders.Contact{Email: "a@example.com"}
			o.Items = []orders.Item{{SKU: "tea", Quantity: 1, UnitAmount: 77, Ships: true}}
			return nil
		})
		if err != nil || got.Amount != 77 || !got.Ships() {
			t.Fatalf("got %+v, %v", got, err)
		}
		if stored, err := f.Order(f.ctx, o.ID); err != nil || !reflect.DeepEqual(stored, got) {
			t.Errorf("stored is\n%+v, returned\n%+v", stored, got)
		}
	})

	t.Run("a change without a difference writes nothing", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e) // with a clock of its own
		o := f.order()
		f.clock.Advance(1)

		got, err := f.UpdateOrder(f.ctx, o.ID, func(*orders.Order) error { return nil })
		if err != nil || got.UpdatedAt != o.UpdatedAt {
			t.Errorf("got %v, %v; want it untouched since %v", got.UpdatedAt, err, o.UpdatedAt)
		}
	})

	t.Run("an error of the change is returned as it is, and nothing is written", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		refused := errors.New("refused")
		_, err := f.UpdateOrder(f.ctx, o.ID, func(o *orders.Order) error { o.Amount = 1; return refused })
		if got, _ := f.Order(f.ctx, o.ID); !errors.Is(err, refused) || got.Amount != o.Amount {
			t.Errorf("got %v, %d", err, got.Amount)
		}
	})

	t.Run("a wrong id is ErrNotFound", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		_, err := f.UpdateOrder(f.ctx, "ord_none", func(*orders.Order) error { t.Error("the change ran"); return nil })
		if !errors.Is(err, orders.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a canceled context changes nothing and leaves no lock", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		ctx, cancel := context.WithCancel(f.ctx)
		_, err := f.UpdateOrder(ctx, o.ID, func(o *orders.Order) error { o.Amount = 1; cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}

		f.update(o.ID, func(st *payments.State) {
			if st.Order.Amount != o.Amount {
				t.Errorf("the amount is %d", st.Order.Amount)
			}
		})
	})

	t.Run("concurrent changes of one order through two stores are all kept", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e)
		stores := []*store.Store{f.Store, f.open(store.Options{})}
		o := f.order()
		together(callers, func(i int) {
			for range 5 {
				_, err := stores[i%2].UpdateOrder(f.ctx, o.ID, func(o *orders.Order) error {
					o.Version++
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})

		if got, err := f.Order(f.ctx, o.ID); err != nil || got.Version != o.Version+callers*5 {
			t.Errorf("got version %d, %v", got.Version, err)
		}
	})

	t.Run("a change and a reservation never cross", func(t *testing.T) { neverCross(t, newFixture(t, e)) })
}

// neverCross lets changes and a reservation race on many orders. Whichever
// comes first, the amount of the attempt is that of the order.
func neverCross(t *testing.T, f *fixture) {
	t.Parallel()
	stores := []*store.Store{f.Store, f.open(store.Options{})}
	const n = 12
	list := make([]orders.Order, n)
	for i := range list {
		list[i] = f.order()
	}

	var refused atomic.Int64
	together(3*n, func(i int) {
		id, s := list[i/3].ID, stores[i%2]
		if i%3 == 0 {
			if err := s.Update(f.ctx, id, nil, reserve); err != nil {
				t.Error(err)
			}
			return
		}

		for range 20 {
			_, err := s.UpdateOrder(f.ctx, id, func(o *orders.Order) error {
				if o.PaymentStatus != orders.Unpaid {
					return payments.ErrPaymentInProgress
				}

				o.Amount++
				return nil
			})
			if errors.Is(err, payments.ErrPaymentInProgress) {
				refused.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		}
	})

	for _, o := range list {
		if st := f.state(o.ID); len(st.Attempts) != 1 || st.Attempts[0].Params.Amount != st.Order.Amount {
			t.Errorf("the order's amount is %d, its attempts are %+v", st.Order.Amount, st.Attempts)
		}
	}

	if refused.Load() == 0 {
		t.Error("no change was refused: the test proves nothing")
	}
}

func testPromotions(t *testing.T, e Engine) {
	f := newFixture(t, e)
	t.Run("the count follows the orders that hold the code", func(t *testing.T) { usesFollow(t, f.in(t)) })
	t.Run("an order that gets no use is not changed at all", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		first, second := f.orderWith("ONE", 1), f.orderWith("ONE", 1)
		if err := f.Update(f.ctx, first.ID, nil, reserve); err != nil {
			t.Fatal(err)
		}
		if err := f.Update(f.ctx, second.ID, nil, reserve); !errors.Is(err, orders.ErrPromotionUsedUp) {
			t.Errorf("got %v, want ErrPromotionUsedUp", err)
		}
		st := f.state(second.ID)
		if len(st.Attempts) != 0 || st.Order.Discount.Held || st.Order.PaymentStatus != orders.Unpaid {
			t.Errorf("part of it was committed: %+v", st)
		}

		f.wantUses("ONE", 1)
	})

	t.Run("a code without a limit is not counted", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		for range 3 {
			if err := f.Update(f.ctx, f.orderWith("FREELY", 0).ID, nil, reserve); err != nil {
				t.Fatal(err)
			}
		}

		f.wantUses("FREELY", 0)
	})

	t.Run("fifty orders at once get the seven uses of a code", func(t *testing.T) { sevenOfFifty(t, newFixture(t, e)) })
}

func usesFollow(t *testing.T, f *fixture) {
	t.Parallel()
	o := f.orderWith("SPRING", 2)
	f.wantUses("SPRING", 0)

	for range 3 { // a declined attempt keeps its use, and the next takes no second one
		f.update(o.ID, func(st *payments.State) {
			for i := range st.Attempts {
				st.Attempts[i].State = payments.Failed
			}

			if err := reserve(st); err != nil {
				t.Error(err)
			}
		})

		f.wantUses("SPRING", 1)
	}

	change := func(do func(*orders.Order)) {
		t.Helper()
		if _, err := f.UpdateOrder(f.ctx, o.ID, func(o *orders.Order) error { do(o); return nil }); err != nil {
			t.Fatal(err)
		}
	}

	change(func(o *orders.Order) { o.Amount++ })
	f.wantUses("SPRING", 1)

	change(func(o *orders.Order) { o.Discount = orders.Discount{Code: "AUTUMN", Limit: 1} })
	f.wantUses("SPRING", 0)
	f.wantUses("AUTUMN", 0)

	change(func(o *orders.Order) { o.Discount.Held = true })
	f.wantUses("AUTUMN", 1)

	// One code replaces the other.
	change(func(o *orders.Order) {
		o.Discount = orders.Discount{
			Code:  "SPRING",
			Limit: 2,
			Held:  true,
		}
	})
	f.wantUses("SPRING", 1)
	f.wantUses("AUTUMN", 0)

	for _, end := range []orders.Status{orders.Expired, orders.Canceled} {
		other := f.orderWith("SPRING", 2)
		if err := f.Update(f.ctx, other.ID, nil, reserve); err != nil {
			t.Fatal(err)
		}

		f.wantUses("SPRING", 2)
		f.update(other.ID, func(st *payments.State) { st.Order.Status = end })
		f.wantUses("SPRING", 1)

		if st := f.state(other.ID); st.Order.Discount.Held {
			t.Errorf("an order that is %s still holds its use", end)
		}

		// A late payment must never be refused.
		f.update(other.ID, func(st *payments.State) { st.Order.Status = orders.Review })
		f.wantUses("SPRING", 1)
	}

	f.update(o.ID, func(st *payments.State) { st.Order.Status = orders.Paid })
	f.wantUses("SPRING", 1)
}

func sevenOfFifty(t *testing.T, f *fixture) {
	t.Parallel()
	const buyers, limit = 50, 7
	stores := []*store.Store{f.Store, f.open(store.Options{})}

	list := make([]orders.Order, buyers)
	for i := range list {
		list[i] = f.orderWith("SEVEN", limit)
	}

	race := func() (won int) {
		t.Helper()
		var n atomic.Int64
		together(buyers, func(i int) {
			switch err := stores[i%2].Update(f.ctx, list[i].ID, nil, reserve); {
			case err == nil:
				n.Add(1)
			case !errors.Is(err, orders.ErrPromotionUsedUp) && !errors.Is(err, payments.ErrPaymentInProgress):
				t.Error(err)
			}
		})

		return int(n.Load())
	}
	if won := race(); won != limit {
		t.Errorf("%d got a use, want %d", won, limit)
	}

	f.wantUses("SEVEN", limit)

	// Three orders end, and make room for three others.
	var ended []string
	for _, o := range list {
		if st := f.state(o.ID); st.Order.Discount.Held && len(ended) < 3 {
			ended = append(ended, o.ID)
		}
	}

	together(len(ended), func(i int) {
		err := f.Update(f.ctx, ended[i], nil, func(st *payments.State) error {
			st.Order.Status = orders.Expired
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})

	f.wantUses("SEVEN", limit-3)

	if won := race(); won != 3 {
		t.Errorf("%d got one of the returned uses, want 3", won)
	}

	f.wantUses("SEVEN", limit)
	held := 0
	for _, o := range list {
		if st := f.state(o.ID); st.Order.Discount.Held {
			held++
		}
	}

	if held != limit {
		t.Errorf("%d orders hold a use, want %d", held, limit)
	}
}
