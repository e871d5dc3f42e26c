package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

func testOrders(t *testing.T, e Engine) {
	f := newFixture(t, e)
	t.Run("an order comes back as it was stored", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		want := newOrder()
		want.Message, want.ReviewReason = "Your card was declined.", "amount differs"
		want.CustomerID, want.Livemode, want.Refunded = "cus_1", true, 5
		want.Account = "acct_1"
		want.Reference, want.CustomerReference = "A-1", "c-7"
		want.PaidAt = start.Add(time.Minute)
		want.SubscriptionEndsAt = start.Add(time.Hour)
		want.ErasedAt = start.Add(2 * time.Hour)
		want.Mode, want.Captured = orders.ModeSubscription, 7
		want.Items[0].Recurring = &orders.Recurring{Interval: "month", IntervalCount: 3}
		want.Options = orders.Options{
			CaptureMethod:      "manual",
			PaymentMethodTypes: []string{"card"},
			Installments:       true,
		}

		want.Discount = orders.Discount{Code: "SPRING", Amount: 3, Limit: 7, Held: true}
		want.ShippingRate = orders.ShippingRate{
			ID:      "post",
			Name:    "Post",
			Amount:  490,
			MinDays: 3,
			MaxDays: 5,
		}

		want.Shop = orders.ShopTerms{
			Fixed:           true,
			OwnShipping:     true,
			Description:     "Two mugs",
			StatementSuffix: "MUGS",
			Metadata:        map[string]string{"cart": "7"},
			Discounts:       []orders.Deduction{{Name: "Loyal", Amount: 3}},
			Taxes:           []orders.Tax{{Name: "VAT", Amount: 2, Inclusive: true}},
			SuccessURL:      "https://shop.example/thanks",
			CancelURL:       "https://shop.example/cart",
			Locale:          "fr-CA",
		}

		want.Contact = orders.Contact{
			Email: "a@example.com",
			Name:  "A",
			Shipping: &orders.Address{
				Name:    "A",
				Address: orders.Place{Line1: "1 Road", Country: "FR"},
			},
		}

		want.PaidWith = orders.PaymentMethod{
			Type:   "card",
			Brand:  "visa",
			Last4:  "4242",
			Wallet: "apple_pay",
		}
		want.Consent = orders.Consent{At: start, Version: "2026-01"}

		if err := f.CreateOrder(f.ctx, want); err != nil {
			t.Fatal(err)
		}

		got, err := f.Order(f.ctx, want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%+v, want\n%+v", got, want)
		}
		if !got.OpenedBy("token") {
			t.Error("the token does not open it")
		}
	})

	t.Run("times are truncated once, to the microsecond, in UTC", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := newOrder()
		o.ExpiresAt = time.Date(2025, 6, 1, 1, 2, 3, 456789999, time.FixedZone("x", 3600))

		if err := f.CreateOrder(f.ctx, o); err != nil {
			t.Fatal(err)
		}

		got, err := f.Order(f.ctx, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		if want := time.Date(2025, 6, 1, 0, 2, 3, 456789000, time.UTC); got.ExpiresAt != want {
			t.Errorf("got %v, want %v", got.ExpiresAt, want)
		}
		if !got.PaidAt.IsZero() {
			t.Errorf("the zero time came back as %v", got.PaidAt)
		}
	})

	t.Run("a wrong id is ErrNotFound", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		for _, id := range []string{"", "ord_none", "ord_\x00", "ord_\xff", "' OR 1=1 --"} {
			if _, err := f.Order(f.ctx, id); !errors.Is(err, orders.ErrNotFound) {
				t.Errorf("%q: got %v, want ErrNotFound", id, err)
			}
			if _, err := f.Read(f.ctx, id); !errors.Is(err, orders.ErrNotFound) {
				t.Errorf("read %q: got %v, want ErrNotFound", id, err)
			}
		}
	})

	t.Run("the same id twice is an error and leaves the first", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		twin := newOrder()
		twin.ID, twin.Amount = o.ID, 1

		if err := f.CreateOrder(f.ctx, twin); err == nil {
			t.Error("the second was stored")
		}
		if got, err := f.Order(f.ctx, o.ID); err != nil || got.Amount != o.Amount {
			t.Errorf("got %+v, %v", got, err)
		}
	})

	t.Run("one order has a reference", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		first := newOrder()
		first.Reference = "once-" + first.ID
		var created atomic.Int64

		var racing sync.WaitGroup
		for range 8 {
			racing.Go(func() {
				o := newOrder()
				o.Reference = first.Reference

				switch err := f.CreateOrder(f.ctx, o); {
				case err == nil:
					created.Add(1)
				case !errors.Is(err, orders.ErrReferenceTaken):
					t.Errorf("got %v, want ErrReferenceTaken", err)
				}
			})
		}

		racing.Wait()

		if created.Load() != 1 {
			t.Errorf("%d orders with one reference", created.Load())
		}
		if o, err := f.OrderByReference(f.ctx, first.Reference); err != nil || o.Reference != first.Reference {
			t.Errorf("got %+v, %v", o, err)
		}

		for _, reference := range []string{"", "nobody's"} {
			if _, err := f.OrderByReference(f.ctx, reference); !errors.Is(err, orders.ErrNotFound) {
				t.Errorf("%q: %v, want ErrNotFound", reference, err)
			}
		}
	})

	t.Run("lists are newest first, and filtered by status and time", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t, e) // a database of its own
		var ids []string
		for i, status := range []orders.Status{orders.Open, orders.Review, orders.Review} {
			o := newOrder()
			o.Status, o.CreatedAt = status, start.Add(time.Duration(i)*time.Hour)

			if err := f.CreateOrder(f.ctx, o); err != nil {
				t.Fatal(err)
			}

			ids = append(ids, o.ID)
		}

		f.update(ids[1], func(st *payments.State) {
			st.Disputes = append(st.Disputes, payments.Dispute{ID: "dp_" + ids[1], Currency: "eur"})
		})

		disputes, err := f.Disputes(f.ctx, ids)
		if err != nil || len(disputes) != 1 || disputes[0].OrderID != ids[1] {
			t.Errorf("the disputes are %+v, %v", disputes, err)
		}

		for name, tt := range map[string]struct {
			filter orders.Filter
			want   []string
		}{
			"all":        {orders.Filter{}, []string{ids[2], ids[1], ids[0]}},
			"by status":  {orders.Filter{Statuses: []orders.Status{orders.Review}}, []string{ids[2], ids[1]}},
			"by time":    {orders.Filter{From: start.Add(time.Hour), To: start.Add(2 * time.Hour)}, []string{ids[1]}},
			"disputed":   {orders.Filter{Disputed: true}, []string{ids[1]}},
			"the newest": {orders.Filter{Limit: 1}, []string{ids[2]}},
		} {
			list, err := f.Orders(f.ctx, tt.filter)
			if err != nil {
				t.Fatal(err)
			}

			var got []string
			for _, o := range list {
				got = append(got, o.ID)
			}

			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s: got %v, want %v", name, got, tt.want)
			}
		}
	})

	t.Run("the table refuses invalid values", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		for name, spoil := range map[string]func(*orders.Order){
			"status":         func(o *orders.Order) { o.Status = "gone" },
			"payment status": func(o *orders.Order) { o.PaymentStatus = "" },
			"amount":         func(o *orders.Order) { o.Amount = -1 },
		} {
			o := newOrder()
			spoil(&o)

			if err := f.CreateOrder(f.ctx, o); err == nil {
				t.Errorf("a bad %s was stored", name)
			}
		}
	})
}

func testOrderFilters(t *testing.T, e Engine) {
	f := newFixture(t, e)
	var ids []string // newest first
	for i := range 5 {
		o := newOrder()
		o.CreatedAt = start.Add(time.Duration(i/2) * time.Hour) // two at a time
		o.Reference, o.CustomerReference = fmt.Sprint("A-", i), fmt.Sprint("c-", i%2)
		o.CustomerID = "cus_" + fmt.Sprint(i%2)
		f.must(f.CreateOrder(f.ctx, o))
		ids = append(ids, o.ID)
	}

	f.order() // without references

	list := func(flt orders.Filter) (got []string) {
		t.Helper()
		found, err := f.Orders(f.ctx, flt)
		f.must(err)

		for _, o := range found {
			got = append(got, o.ID)
		}

		return got
	}

	all := list(orders.Filter{})
	if len(all) != 6 || all[0] != ids[4] {
		t.Fatalf("got %v", all)
	}

	var walked []string
	for after := ""; len(walked) < 6; after = walked[len(walked)-1] {
		next := list(orders.Filter{After: after, Limit: 1})
		if len(next) != 1 {
			t.Fatalf("after %q: %v", after, next)
		}

		walked = append(walked, next[0])
	}

	if !slices.Equal(walked, all) {
		t.Errorf("one by one %v, want %v", walked, all)
	}
	if got := list(orders.Filter{Reference: "A-3"}); !slices.Equal(got, ids[3:4]) {
		t.Errorf("by reference: %v, want %s", got, ids[3])
	}

	for _, customer := range []string{"c-1", "cus_1"} {
		if got := list(orders.Filter{Customer: customer}); !slices.Equal(got, []string{ids[3], ids[1]}) {
			t.Errorf("by customer %s: %v, want %s and %s", customer, got, ids[3], ids[1])
		}
	}

	if got := list(orders.Filter{Customer: "c-1", Reference: "A-2"}); len(got) != 0 {
		t.Errorf("by both: %v", got)
	}
	if _, err := f.Orders(f.ctx, orders.Filter{After: "ord_none"}); !errors.Is(err, orders.ErrNotFound) {
		t.Errorf("after an unknown order: %v", err)
	}

	twice := newOrder()
	twice.Reference = "A-3"

	if err := f.CreateOrder(f.ctx, twice); err == nil {
		t.Error("two orders have the same reference")
	}
}
