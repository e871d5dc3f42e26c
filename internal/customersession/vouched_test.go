package customersession_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"checkoutd/internal/orders"
)

// vouched makes an order of the shop's backend for a customer of its own, and
// opens it in the browser.
func (s *shop) vouched(b browser, reference string) (id string) {
	s.Helper()
	var req orders.ShopRequest
	body := `{"items":[{"sku":"mug"}],"customer":{"reference":"` + reference + `"}}`
	if err := json.Unmarshal([]byte(body), &req); err != nil {
		s.Fatal(err)
	}
	const token = "TOKENTOKENTOKENTOKENTOKENT"
	o, err := s.orders.CreateForShop(s.Context(), req, "", token)
	if err != nil {
		s.Fatal(err)
	}
	b.send(func(w http.ResponseWriter, r *http.Request) {
		if err := s.orders.OpenByToken(w, r, o.ID, token); err != nil {
			s.Error(err)
		}
	}, "")
	return o.ID
}

// The shop's login decides who the buyer is, on every device. A browser that
// several people use keeps nobody's payment methods.
func TestReferenceOfTheShopIsOneCustomerEverywhere(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	phone, desk := browser{}, browser{}

	first := s.vouched(phone, "c-7")
	secret := s.session(phone)
	second := s.vouched(desk, "c-7")
	if got := s.session(desk); got != secret || s.customerOf(first) == "" || s.customerOf(first) != s.customerOf(second) {
		t.Errorf("the customers are %q and %q", s.customerOf(first), s.customerOf(second))
	}

	if _, given := phone["checkoutd_buyer"]; given {
		t.Error("the browser got a buyer's token")
	}
	other := s.vouched(phone, "c-8")
	s.session(phone)
	anonymous := s.order(phone)
	s.session(phone)
	for _, id := range []string{other, anonymous} {
		if c := s.customerOf(id); c == "" || c == s.customerOf(first) {
			t.Errorf("another buyer got the customer %q", c)
		}
	}
}
