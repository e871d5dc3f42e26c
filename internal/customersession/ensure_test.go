package customersession_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"checkoutd/internal/customersession"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// ensure makes a call that does nothing but ensure the customer of the newest
// order.
func (s *shop) ensure(b browser) (status int, body string) {
	s.Helper()
	h := customersession.New(customersession.Config{
		Store:  s.store,
		Stripe: s.stripe.For,
		Orders: s.orders,
		Now:    s.clock.Now,
		Log:    zerolog.New(s.log),
	})

	w := b.send(httpio.HandleStripe(func(w http.ResponseWriter, r *http.Request) error {
		o, err := s.orders.Opened(r, "")
		if err != nil {
			return err
		}
		return h.Ensure(r.Context(), w, r, o)
	}), "")

	return w.Code, w.Body.String()
}

func TestEnsureSetsTheBuyersCustomer(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	first := s.order(b)
	if status, body := s.ensure(b); status != http.StatusOK || s.customerOf(first) == "" || b["checkoutd_buyer"] == "" {
		t.Errorf("status %d (%s), customer %q, cookie %q", status, body, s.customerOf(first), b["checkoutd_buyer"])
	}

	second := s.order(b)
	if secret := s.session(b); secret != "cuss_secret_"+s.customerOf(first) ||
		s.customerOf(second) != s.customerOf(first) {
		t.Errorf("the session is %q, the next order's customer %q; want both of %q",
			secret, s.customerOf(second), s.customerOf(first))
	}
}

func TestEnsureReplacesADeletedCustomer(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	order, dead := s.orphan(b)
	if status, body := s.ensure(b); status != http.StatusOK || s.customerOf(order) == dead {
		t.Errorf("status %d (%s), customer %q; want another than %q", status, body, s.customerOf(order), dead)
	}
}

func TestEnsureKeepsTheCustomerOfAnIntent(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	order, dead := s.orphan(b)
	err := s.store.Update(t.Context(), order, nil, func(st *payments.State) error {
		st.Intents = append(st.Intents, payments.Intent{ID: "seti_1", Status: payments.StatusRequiresPaymentMethod})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	if status, body := s.ensure(b); status != http.StatusConflict ||
		!strings.Contains(body, "start a new order") || s.customerOf(order) != dead {
		t.Errorf("status %d (%s), customer %q; want a conflict and %q", status, body, s.customerOf(order), dead)
	}
}

func TestEnsureFailsWhenStripeCannotBeReached(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	order := s.order(b)
	s.stripe.SetDown(errors.New("connection refused"))

	if status, body := s.ensure(b); status != http.StatusServiceUnavailable ||
		!strings.Contains(body, "payment_provider_unavailable") {
		t.Errorf("status %d: %s", status, body)
	}

	if o, err := s.store.Order(t.Context(), order); err != nil || o.CustomerID != "" || o.Status != orders.Open {
		t.Errorf("the order is %+v, %v; want it open, without a customer", o, err)
	}
}
