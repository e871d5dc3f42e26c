package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
)

func testCustomers(t *testing.T, e Engine) {
	f := newFixture(t, e)
	second := f.open(store.Options{})
	stores := []*store.Store{f.Store, second}
	t.Run("the first customer of a buyer stays", func(t *testing.T) {
		t.Parallel()
		if id, err := f.Buyer(f.ctx, "buy_1"); id != "" || err != nil {
			t.Errorf("got %q, %v", id, err)
		}
		bound := make([]string, callers)
		together(callers, func(i int) {
			var err error
			if bound[i], err = stores[i%2].SetBuyer(f.ctx, "buy_1", fmt.Sprintf("cus_%d", i)); err != nil {
				t.Error(err)
			}
		})
		kept, err := f.Buyer(f.ctx, "buy_1")
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range bound {
			if id == "" || id != kept {
				t.Errorf("was told %q, kept is %q", id, kept)
			}
		}
	})
	t.Run("the first customer of an order stays", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		named := make([]string, callers)
		together(callers, func(i int) {
			var err error
			if named[i], err = stores[i%2].SetCustomer(f.ctx, o.ID, fmt.Sprintf("cus_%d", i)); err != nil {
				t.Error(err)
			}
		})
		kept := f.state(o.ID).Order.CustomerID
		for _, id := range named {
			if id == "" || id != kept {
				t.Errorf("was told %q, kept is %q", id, kept)
			}
		}
	})
	t.Run("an order that is not open gets no customer", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		f.update(o.ID, func(st *payments.State) { st.Order.Status = orders.Canceled })
		if id, err := f.SetCustomer(f.ctx, o.ID, "cus_1"); id != "" || err != nil {
			t.Errorf("got %q, %v", id, err)
		}
		if _, err := f.SetCustomer(f.ctx, "ord_none", "cus_1"); !errors.Is(err, orders.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})
	t.Run("a key is made once and differs by its name", func(t *testing.T) {
		t.Parallel()
		keys := make([][]byte, callers)
		together(callers, func(i int) {
			var err error
			if keys[i], err = stores[i%2].Key(f.ctx, "cookie"); err != nil {
				t.Error(err)
			}
		})
		for _, k := range keys {
			if len(k) != 32 || !bytes.Equal(k, keys[0]) {
				t.Errorf("got %x and %x", k, keys[0])
			}
		}
		if first, err := f.Bind(f.ctx, "sandbox"); err != nil || first != "sandbox" {
			t.Errorf("bound to %q, %v; want sandbox", first, err)
		}
		if first, err := f.Bind(f.ctx, "live"); err != nil || first != "sandbox" {
			t.Errorf("bound again to %q, %v; want the first use, sandbox", first, err)
		}
		if other, err := f.Key(f.ctx, "other"); err != nil || bytes.Equal(other, keys[0]) {
			t.Errorf("another name has the same key, or %v", err)
		}
	})
}
