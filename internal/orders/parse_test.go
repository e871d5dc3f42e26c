package orders_test

import (
	"strings"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// fullCatalog has one of everything.
const fullCatalog = `{"currency": "usd",
	"products": [
		{"sku": "mug", "name": "Mug", "price": "18.00", "prices": {"eur": "17.00", "jpy": "2700"}, "image": "mug.svg"},
		{"sku": "lamp", "name": "Lamp", "prices": {"usd": "60.00", "eur": "55.00"}, "image": "https://cdn.example/lamp.jpg"},
		{"sku": "tea", "name": "Tea", "price": "9.50", "currency": "eur", "image": "/img/tea.jpg"},
		{"sku": "ebook", "name": "E-book", "price": "8.00", "prices": {"jpy": "1200", "gbp": "7.00"}, "digital": true, "setup_future_usage": "on_session"},
		{"sku": "course", "name": "Course", "price": "90.00", "digital": true, "setup_future_usage": "off_session"},
		{"sku": "club", "name": "Club", "price": "12.00", "recurring": {"interval": "month"}},
		{"sku": "box", "name": "Box", "price": "30.00", "recurring": {"interval": "month", "interval_count": 1}},
		{"sku": "quarterly", "name": "Magazine", "price": "20.00", "recurring": {"interval": "month", "interval_count": 3}},
		{"sku": "dust", "name": "Dust", "price": "0.01"}],
	"promotions": [
		{"code": "Ten", "percent": 10},
		{"code": "EIGHTH", "percent": 12.5, "uses": 3},
		{"code": "FIVE", "amount": "5.00", "amounts": {"eur": "4.50"}, "minimum": "30.00", "minimums": {"eur": "28.00"}},
		{"code": "EURO", "amount": "4.00", "currency": "eur"},
		{"code": "BIG", "amount": "20.00", "minimum": "20.00"},
		{"code": "FREE", "percent": 100},
		{"code": "ALMOST", "percent": 99.5},
		{"code": "PAST", "percent": 50, "expires": "2025-12-31"},
		{"code": "DAY", "percent": 50, "expires": "2026-01-31"},
		{"code": "NOON", "percent": 50, "expires": "2026-01-31T13:00:00+01:00"}],
	"shipping_rates": [
		{"id": "post", "name": "Post", "price": "4.90", "prices": {"eur": "4.50", "jpy": "700"}, "countries": ["FR", "US"], "days": [3, 5], "free_from": "50.00"},
		{"id": "courier", "name": "Courier", "prices": {"usd": "15.00"}, "countries": ["US"], "free_from": {"usd": "200.00"}},
		{"id": "boat", "name": "Boat", "price": "9.00", "countries": ["NO"], "days": [0, 90]}]}`

var pictures = []string{"mug.svg", "tote.svg"}

func full(t testing.TB) *orders.Catalog {
	t.Helper()
	c, err := orders.ParseCatalog([]byte(fullCatalog), pictures...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseCatalogCleansTexts(t *testing.T) {
	t.Parallel()

	c, err := orders.ParseCatalog([]byte("\ufeff" + `{"currency": "usd", "products": [
		{"sku": "mug", "name": "\u202aEnamel\u00ad mug\u202c", "description": "علی\u200cرضا", "price": "1.00"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Products()[0]; p.Name != "Enamel mug" || p.Description != "علی\u200cرضا" {
		t.Errorf("got %q, %q; want the texts without invisible characters", p.Name, p.Description)
	}

	_, err = orders.ParseCatalog([]byte(`{"currency": "usd", "products": [
		{"sku": "mug", "name": "Mug\u0007", "price": "1.00"}]}`))
	if err == nil || !strings.Contains(err.Error(), "product 1 (mug): name: write one line of text") {
		t.Errorf("a name with a control character: %v", err)
	}
}

func TestParseCatalogReadsPrices(t *testing.T) {
	t.Parallel()
	c := full(t)
	list := c.Products()
	if p := list[0]; p.Currency != "usd" || p.UnitAmount != 1800 || p.Prices["eur"] != 1700 || p.Prices["jpy"] != 2700 {
		t.Errorf("the mug is %+v", p)
	}
	if p := list[1]; p.Currency != "usd" || p.UnitAmount != 6000 || len(p.Prices) != 2 {
		t.Errorf("the lamp is %+v", p)
	}
	if p := list[2]; p.Currency != "eur" || p.UnitAmount != 950 || len(p.Prices) != 1 {
		t.Errorf("the tea is %+v", p)
	}
	if p := list[5]; *p.Recurring != (orders.Recurring{Interval: "month", IntervalCount: 1}) {
		t.Errorf("the club is paid for every %+v", p.Recurring)
	}

	list[0].Prices["eur"] = 1
	if c.Products()[0].Prices["eur"] != 1700 {
		t.Error("whoever is given the products can change the catalog")
	}
	if c.Currency() != "usd" {
		t.Errorf("the catalog's currency is %q", c.Currency())
	}

	none, err := orders.ParseCatalog([]byte(`{"products": [{"sku": "a", "name": "A", "prices": {"usd": "1", "eur": "1"}}]}`))
	if err != nil || none.Currency() != "eur" || none.Products()[0].Currency != "eur" {
		t.Errorf("without a currency of its own it is %v, %v", none, err)
	}
}

func TestPriceInACurrency(t *testing.T) {
	t.Parallel()
	c := full(t)
	for name, tt := range map[string]struct {
		cart        []orders.CartLine
		currency    string
		unit        int64 // of the first line
		in          string
		code, field string
	}{
		"the catalog's own when nobody says":           {wanted("mug", 1, "lamp", 1), "", 1800, "usd", "", ""},
		"the one wanted":                               {wanted("mug", 1, "lamp", 1), "eur", 1700, "eur", "", ""},
		"the only one that all have":                   {wanted("mug", 1, "tea", 1), "", 1700, "eur", "", ""},
		"the first line's when there is a choice left": {wanted("ebook", 1), "gbp", 700, "gbp", "", ""},
		"none that all have":                           {wanted("course", 1, "tea", 1), "", 0, "", "currency_mixed", "items[1].sku"},
		"one that a line has not":                      {wanted("mug", 1, "lamp", 1), "jpy", 0, "", "currency_mixed", "items[1].sku"},
		"one that no line has":                         {wanted("mug", 1), "sek", 0, "", "currency_unsupported", "currency"},
		"no currency":                                  {wanted("mug", 1), "gold", 0, "", "currency_unsupported", "currency"},
		"capitals":                                     {wanted("mug", 1), "USD", 0, "", "currency_unsupported", "currency"},
	} {
		items, in, err := c.Price(tt.cart, tt.currency)
		if f := fault.Of(err); err != nil && (f.Code != tt.code || f.Field != tt.field || f.Kind != fault.Invalid) || err == nil && tt.code != "" {
			t.Errorf("%s: %v (field %q), want %q (field %q)", name, err, f.Field, tt.code, tt.field)
		} else if err == nil && (in != tt.in || items[0].UnitAmount != tt.unit) {
			t.Errorf("%s: %d %s, want %d %s", name, items[0].UnitAmount, in, tt.unit, tt.in)
		}
	}
}

// A code is valid until the end of its last day.
func TestExpiry(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	id := s.create(oneMug)
	for _, tt := range []struct {
		code string
		now  time.Time
		want string
	}{
		{"DAY", time.Date(2026, 1, 31, 23, 59, 59, 0, time.UTC), ""},
		{"DAY", time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), "promotion_expired"},
		{"NOON", time.Date(2026, 1, 31, 11, 59, 59, 0, time.UTC), ""},
		{"NOON", time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), "promotion_expired"},
	} {
		s.now = tt.now
		o := s.store.list[id]
		o.ExpiresAt, o.Discount = tt.now.Add(time.Hour), orders.Discount{}
		s.store.list[id] = o

		if _, err := s.svc.Change(t.Context(), id, orders.Change{Promotion: &tt.code}); (err == nil) != (tt.want == "") || err != nil && !fault.Is(err, tt.want) {
			t.Errorf("%s at %s: %v, want %q", tt.code, tt.now, err, tt.want)
		}
	}
}
