package customersession_test

import (
	"strings"
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// After somebody deletes a customer at Stripe, the buyer, whose cookie lives
// for a year, gets another one.
func TestDeletedCustomerIsReplaced(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	s.order(b)

	for range 3 { // again and again
		s.session(b)
		buyer := b["checkoutd_buyer"]
		order := s.order(b)
		s.session(b)
		dead := s.customerOf(order)
		s.stripe.Delete(dead)

		next := s.order(b)
		if secret := s.session(b); secret == "" || secret != "cuss_secret_"+s.customerOf(next) ||
			s.customerOf(next) == dead {
			t.Errorf("the next order belongs to %q with %q, want a new customer in place of %q",
				s.customerOf(next), secret, dead)
		}

		b.send(s.call, `{"orderId":"`+order+`"}`, "application/json")
		if got := s.customerOf(order); got != s.customerOf(next) {
			t.Errorf("the open order belongs to %q, want %q, the buyer's new customer", got, s.customerOf(next))
		}
		if b["checkoutd_buyer"] != buyer {
			t.Error("the buyer changed")
		}
	}
}

func TestDeletedCustomerOfAnOrderThatIsNotOpenStays(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	order, dead := s.orphan(b)
	err := s.store.Update(t.Context(), order, nil, func(st *payments.State) error {
		st.Order.Status = orders.Paid
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	if secret := s.session(b); secret != "" || s.customerOf(order) != dead || s.stripe.Len() != 1 {
		t.Errorf("secret %q for %q, %d customers; want none, and nothing created",
			secret, s.customerOf(order), s.stripe.Len())
	}
}

// orphan creates an order whose customer is deleted afterwards.
func (s *shop) orphan(b browser) (order, dead string) {
	s.Helper()
	order = s.order(b)
	s.session(b)
	dead = s.customerOf(order)
	s.stripe.Delete(dead)
	return order, dead
}

// A process may die between forgetting and binding. Stripe then answers the
// first key with the deleted customer again.
func TestForgottenCustomerDoesNotComeBack(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	_, dead := s.orphan(b)

	buyer := strings.TrimPrefix(dead, "cus_") // the buyer's first customer
	if err := s.store.ForgetBuyer(t.Context(), "", buyer, dead); err != nil {
		t.Fatal(err)
	}

	next := s.order(b)
	if secret := s.session(b); secret == "" || s.customerOf(next) == dead {
		t.Errorf("got %q for %q, want a new customer", secret, s.customerOf(next))
	}
}
