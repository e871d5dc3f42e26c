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

		stored, err := f.Buyer(f.ctx, "buy_1")
		if err != nil {
			t.Fatal(err)
		}

		for _, id := range bound {
			if id == "" || id != stored {
				t.Errorf("the caller got %q, stored is %q", id, stored)
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
			if named[i], err = stores[i%2].SetCustomer(f.ctx, o.ID, "", fmt.Sprintf("cus_%d", i)); err != nil {
				t.Error(err)
			}
		})

		stored := f.state(o.ID).Order.CustomerID
		for _, id := range named {
			if id == "" || id != stored {
				t.Errorf("the caller got %q, stored is %q", id, stored)
			}
		}
	})

	t.Run("an order that is not open gets no customer", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		f.update(o.ID, func(st *payments.State) { st.Order.Status = orders.Canceled })

		if id, err := f.SetCustomer(f.ctx, o.ID, "", "cus_1"); id != "" || err != nil {
			t.Errorf("got %q, %v", id, err)
		}
		if _, err := f.SetCustomer(f.ctx, "ord_none", "", "cus_1"); !errors.Is(err, orders.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})

	t.Run("a buyer's customer is forgotten only by its id", func(t *testing.T) {
		t.Parallel()
		for _, step := range []struct{ forget, want string }{{"cus_other", "cus_1"}, {"cus_1", ""}, {"cus_1", ""}} {
			if step.want != "" {
				if _, err := f.SetBuyer(f.ctx, "buy_gone", "cus_1"); err != nil {
					t.Fatal(err)
				}
			}

			if err := f.ForgetBuyer(f.ctx, "buy_gone", step.forget); err != nil {
				t.Fatal(err)
			}
			if got, err := f.Buyer(f.ctx, "buy_gone"); got != step.want || err != nil {
				t.Errorf("after forgetting %q: %q, %v; want %q", step.forget, got, err, step.want)
			}
		}
	})

	t.Run("a deleted customer of an order is replaced until there is a payment", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		for _, step := range []struct{ prev, next, want string }{
			{"", "cus_1", "cus_1"}, {"cus_other", "cus_2", "cus_1"}, {"cus_1", "cus_2", "cus_2"},
		} {
			if got, err := f.SetCustomer(f.ctx, o.ID, step.prev, step.next); got != step.want || err != nil {
				t.Errorf("%q after %q: got %q, %v; want %q", step.next, step.prev, got, err, step.want)
			}
		}

		for _, step := range []struct {
			name   string
			change func(*payments.State)
			want   string
		}{
			{"an active attempt", func(st *payments.State) {
				st.Attempts = append(st.Attempts, newAttempt(1))
			}, "cus_2"},
			{"a failed attempt", func(st *payments.State) {
				st.Attempts[0].State = payments.Failed
			}, "cus_3"},
			{"an intent", func(st *payments.State) {
				st.Intents = append(st.Intents, newIntent("pi_of_deleted_customer"))
			}, "cus_3"},
		} {
			f.update(o.ID, step.change)
			prev := f.state(o.ID).Order.CustomerID
			next := map[string]string{"cus_2": "cus_3", "cus_3": "cus_4"}[prev]
			if got, err := f.SetCustomer(f.ctx, o.ID, prev, next); got != step.want || err != nil {
				t.Errorf("with %s: got %q, %v; want %q", step.name, got, err, step.want)
			}
		}
	})

	t.Run("a customer has a subscription until it has ended for good", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		for _, step := range []struct {
			status payments.SubscriptionStatus
			want   bool
		}{
			{payments.SubscriptionIncomplete, true},
			{payments.SubscriptionTrialing, true},
			{payments.SubscriptionActive, true},
			{payments.SubscriptionPastDue, true},
			{payments.SubscriptionUnpaid, true},
			{payments.SubscriptionPaused, true},
			{payments.SubscriptionCanceled, false},
			{payments.SubscriptionIncompleteExpired, false},
		} {
			f.update(o.ID, func(st *payments.State) {
				s := newSubscription("sub_" + string(step.status))
				s.CustomerID, s.Status = "cus_with_"+string(step.status), step.status
				st.Subscriptions = append(st.Subscriptions, s)
			})

			if got, err := f.HasSubscription(f.ctx, "cus_with_"+string(step.status)); got != step.want || err != nil {
				t.Errorf("%s: got %t, %v; want %t", step.status, got, err, step.want)
			}
		}

		if got, err := f.HasSubscription(f.ctx, "cus_of_nobody"); got || err != nil {
			t.Errorf("a customer without one: got %t, %v", got, err)
		}
	})

	t.Run("a key is created once, and each name has its own", func(t *testing.T) {
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

		if bound, err := f.BoundTo(f.ctx); err != nil || bound != "" {
			t.Errorf("it is bound to %q before the first Bind, %v", bound, err)
		}
		if bound, err := f.Bind(f.ctx, "sandbox"); err != nil || bound != "sandbox" {
			t.Errorf("bound to %q, %v; want sandbox", bound, err)
		}
		if bound, err := f.Bind(f.ctx, "live"); err != nil || bound != "sandbox" {
			t.Errorf("bound again to %q, %v; want the first binding, sandbox", bound, err)
		}
		if bound, err := f.BoundTo(f.ctx); err != nil || bound != "sandbox" {
			t.Errorf("it is bound to %q, %v; want sandbox", bound, err)
		}
		if other, err := f.Key(f.ctx, "other"); err != nil || bytes.Equal(other, keys[0]) {
			t.Errorf("another name has the same key, or %v", err)
		}
	})
}
