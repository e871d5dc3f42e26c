package orders_test

import (
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

func TestConsentIsToAVersion(t *testing.T) {
	t.Parallel()
	s := newShop(t, "http://shop.test")
	o, _, err := s.svc.Create(t.Context(), orders.Cart{Items: []orders.CartLine{{SKU: "mug", Quantity: 1}}})
	if err != nil {
		t.Fatal(err)
	}

	under := func(version string, accepted bool, shown string) (orders.Consent, error) {
		s.cfg.TermsVersion = version
		s.configure(s.cfg)
		stored, err := s.store.Order(t.Context(), o.ID)
		if err != nil {
			t.Fatal(err)
		}

		after, err := s.svc.Agree(t.Context(), stored, accepted, shown)
		return after.Consent, err
	}

	if c, err := under("", false, ""); err != nil || c != (orders.Consent{}) {
		t.Errorf("where nobody asks: %+v, %v", c, err)
	}
	if _, err := under("1", false, "1"); !fault.Is(err, "terms_not_accepted") {
		t.Errorf("without consent: %v", err)
	}

	first := orders.Consent{At: s.now, Version: "1"}
	for _, accepted := range []bool{true, false} { // once is enough, and the first time counts
		if c, err := under("1", accepted, "1"); err != nil || c != first {
			t.Errorf("got %+v, %v, want %+v", c, err, first)
		}
		s.now = s.now.Add(time.Minute)
	}

	if _, err := under("2", false, "2"); !fault.Is(err, "terms_not_accepted") {
		t.Errorf("to other terms: %v", err)
	}
	if c, err := under("2", true, "1"); !fault.Is(err, "terms_changed") || c != first {
		t.Errorf("to terms that were not on show: %+v, %v", c, err)
	}
	if c, err := under("2", true, "2"); err != nil || c.Version != "2" {
		t.Errorf("to other terms: %+v, %v", c, err)
	}

	// A front end of the shop's own need not say what it showed.
	if c, err := under("3", true, ""); err != nil || c.Version != "3" {
		t.Errorf("without a version: %+v, %v", c, err)
	}

	_, err = s.store.UpdateOrder(t.Context(), o.ID, func(o *orders.Order) error {
		o.PaymentStatus = orders.Processing
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := under("4", false, ""); err != nil || c.Version != "3" {
		t.Errorf("a payment that began under other terms: %+v, %v", c, err)
	}
}
