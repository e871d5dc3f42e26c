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
	if err == nil || !strings.Contains(err.Error(), "product 1 (mug): name must be one line") {
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

func TestParseCatalogSaysWhatIsWrongWithEverythingAtOnce(t *testing.T) {
	t.Parallel()
	c, err := orders.ParseCatalog([]byte(`{"currency": "usd",
		"products": [
			{"sku": "good", "name": "Good", "price": "1.00", "prices": {"eur": "1.00"}},
			{"sku": "a", "name": "A", "price": "1.00", "prices": {"usd": "2.00"}},
			{"sku": "b", "name": "B", "currency": "eur", "prices": {"usd": "2.00", "xxx": "1"}},
			{"sku": "c", "name": "C", "price": "1.234", "currency": "kwd"},
			{"sku": "d", "name": "D", "price": "1.50", "currency": "isk"},
			{"sku": "e", "name": "E", "price": "1.00", "recurring": {"interval": "fortnight"}},
			{"sku": "f", "name": "F", "price": "1.00", "recurring": {"interval": "year", "interval_count": 4}, "setup_future_usage": "off_session"},
			{"sku": "g", "name": "G", "price": "1.00", "setup_future_usage": "always"},
			{"sku": "h", "name": "H", "price": "1.00", "image": "http://shop.example/h.png"},
			{"sku": "i", "name": "I", "price": "1.00", "image": "nope.svg"},
			{"sku": "j", "name": "J", "price": "1.00", "image": "//evil.example/j.png"},
			{"sku": "k", "name": "K", "price": "1.00", "currency": "gbp"},
			{"sku": "100%d", "name": "", "price": "%s"}],
		"promotions": [
			{"code": "GOOD", "percent": 100, "uses": 1, "expires": "2026-01-01T00:00:00Z"},
			{"code": "good", "percent": 5},
			{"code": "NONE"},
			{"code": "BOTH", "percent": 5, "amount": "1.00"},
			{"code": "MUCH", "percent": 100.01},
			{"code": "FINE", "percent": 0.001},
			{"code": "WITH SPACE", "percent": 5},
			{"code": "ZERO", "amount": "0", "uses": 0},
			{"code": "WHEN", "percent": 5, "expires": "tomorrow"},
			{"code": "YEN", "amounts": {"jpy": "1.5"}, "minimums": {"jpy": "x"}}],
		"shipping_rates": [
			{"id": "good", "name": "Good", "price": "0", "prices": {"eur": "0.50"}, "countries": ["FR"], "days": [0, 1]},
			{"id": "good", "name": "", "price": "-1", "countries": ["fr", "DE", "DE", "EU"], "days": [5, 3]},
			{"id": "no spaces", "name": "N", "free_from": {"jpy": "500"}, "price": "1.00", "days": [1]}]}`), pictures...)
	if err == nil || c != nil {
		t.Fatalf("got %v, %v; want no catalog", c, err)
	}

	for _, want := range []string{
		"product 2 (a): prices: usd appears twice",
		"product 3 (b): it has a currency but no price", `product 3 (b): price: "xxx" is not a currency`,
		`product 4 (c): price "1.234": amounts in KWD must be multiples of 0.010`,
		`product 5 (d): price "1.50": amounts in ISK must be multiples of 1.00`,
		`product 6 (e): recurring: interval "fortnight"`,
		"product 7 (f): recurring: interval_count must be from 1 to 3", "product 7 (f): a recurring product takes no setup_future_usage",
		`product 8 (g): setup_future_usage "always"`,
		`product 9 (h): image "http://shop.example/h.png"`, `product 10 (i): image "nope.svg" is neither an https:// address, nor a /path, nor the name of a built-in picture (mug.svg, tote.svg)`,
		`product 11 (j): image "//evil.example/j.png"`,
		"product 12 (k): it is shipped and sold in gbp, but no shipping rate has a price in gbp",
		"product 13 (100%d): sku must be", "product 13 (100%d): it has no name", `product 13 (100%d): price: "%s" is not an amount`,
		"promotion 2 (good): the code appears twice", "promotion 3 (NONE): it needs either", "promotion 4 (BOTH): it needs either",
		"promotion 5 (MUCH): percent must be", "promotion 6 (FINE): percent must be", "promotion 7 (WITH SPACE): code must be",
		`promotion 8 (ZERO): amount "0" is not between 0.01`, "promotion 8 (ZERO): uses must be", `promotion 9 (WHEN): expires "tomorrow"`,
		`promotion 10 (YEN): amount: "1.5"`, `promotion 10 (YEN): minimum: "x"`,
		"shipping rate 2 (good): the id appears twice", "shipping rate 2 (good): it has no name", `shipping rate 2 (good): price: "-1"`,
		`countries: "fr" is not`, "countries: DE appears twice", `countries: "EU" is not`, "shipping rate 2 (good): days must be two",
		"shipping rate 3 (no spaces): id must be", "shipping rate 3 (no spaces): free_from: the rate has no price in jpy", "shipping rate 3 (no spaces): days must be two",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q", want)
		}
	}

	for _, good := range []string{"product 1 ", "promotion 1 ", "shipping rate 1 ", "MISSING", "!("} {
		if strings.Contains(err.Error(), good) {
			t.Errorf("the error says %q", good)
		}
	}

	if t.Failed() {
		t.Log(err)
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
