package orders_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/orders"
)

func TestViewOfTheWholeOrder(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	id := s.create(cart("mug", 1, "ebook", 1))
	s.change(id, `{"promotion_code":"TEN","email":" a@example.com ","shipping":{"name":" Jenny  ","phone":"+33 1","address":{"line1":"1 <b>Road</b>","city":"Paris","postal_code":"75002","country":"FR"}}}`)
	w := s.request(http.MethodGet, "/orders/"+id, "")

	var got map[string]json.RawMessage
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}

	for name, want := range map[string]string{
		"mode":               `"payment"`,
		"status":             `"open"`,
		"payment_status":     `"unpaid"`,
		"currency":           `"usd"`,
		"subtotal":           `2600`,
		"amount":             `2830`,
		"discount":           `{"code":"TEN","amount":260}`,
		"shipping_rate":      `{"id":"post","name":"Post","amount":490,"min_days":3,"max_days":5}`,
		"shipping_rates":     `[{"id":"post","name":"Post","amount":490,"min_days":3,"max_days":5}]`,
		"shipping_countries": `["FR","NO","US"]`,
		"ships":              `true`,
		"recurring":          `null`,
		"setup_future_usage": `"on_session"`,
		"items":              `[{"sku":"mug","name":"Mug","image":"mug.svg","quantity":1,"unit_amount":1800,"amount":1800},{"sku":"ebook","name":"E-book","quantity":1,"unit_amount":800,"amount":800}]`,
		"contact":            `{"email":"a@example.com","shipping":{"name":"Jenny","phone":"+33 1","address":{"line1":"1 \u003cb\u003eRoad\u003c/b\u003e","city":"Paris","postal_code":"75002","country":"FR"}}}`,
	} {
		if string(got[name]) != want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}

	for _, name := range []string{"id", "created_at", "expires_at"} {
		if len(got[name]) == 0 {
			t.Errorf("there is no %s", name)
		}
	}

	if len(got) != 22 {
		t.Errorf("it has %d members: %s", len(got), w.Body)
	}

	bare := s.request(http.MethodGet, "/orders/"+s.create(cart("club", 2)), "").Body.String()
	for _, want := range []string{`"discount":null`, `"shipping_rate":null`, `"shipping_rates":[]`, `"shipping_countries":[]`, `"ships":false`,
		`"recurring":{"interval":"month","interval_count":1}`, `"recurring_amount":2400`,
		`"contact":{}`, `"mode":"subscription"`} {
		if !strings.Contains(bare, want) {
			t.Errorf("there is no %s in %s", want, bare)
		}
	}
}

// No country stands for every country.
func TestShippingEverywhere(t *testing.T) {
	t.Parallel()
	c, err := orders.ParseCatalog([]byte(`{"currency":"usd","products":[{"sku":"mug","name":"Mug","price":"18"}],
		"shipping_rates":[{"id":"near","name":"Near","price":"1","countries":["FR"]},{"id":"far","name":"Far","price":"2"}]}`))
	if err != nil {
		t.Fatal(err)
	}

	s := newShopOf(t, "http://shop.test", c)
	id := s.create(oneMug)
	if v := s.view(id); len(v.ShippingCountries) != 0 || len(v.ShippingRates) != 2 {
		t.Errorf("got %v and %v", v.ShippingCountries, v.ShippingRates)
	}

	v := s.change(id, `{"shipping":`+address("BR")+`}`)
	s.wantBill(v, "1800 + far 200 = 2000 usd")

	if i := slices.IndexFunc(v.ShippingRates, func(r orders.ShippingRate) bool { return r.ID == "near" }); i >= 0 {
		t.Errorf("offered is %v", v.ShippingRates)
	}
}
