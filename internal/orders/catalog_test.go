package orders_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

const goodCatalog = `{"currency": "usd", "products": [
	{"sku": "mug", "name": "Enamel mug", "description": "White.", "image": "/static/mug.png", "price": "18.00"},
	{"sku": "tea", "name": "Assam", "price": "9.50", "currency": "eur"},
	{"sku": "fan", "name": "Fan", "price": "500", "currency": "jpy"},
	{"sku": "dust", "name": "Dust", "price": "0.01"},
	{"sku": "gold", "name": "Gold", "price": "999999.99"}]}`

func catalog(t testing.TB) *orders.Catalog {
	t.Helper()
	c, err := orders.ParseCatalog([]byte(goodCatalog))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseCatalogReadsProductsInOrder(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	list := c.Products()
	if len(list) != 5 {
		t.Fatalf("%d products, want 5", len(list))
	}

	got := list[0]
	if got.SKU != "mug" || got.Name != "Enamel mug" || got.Description != "White." || got.Image != "/static/mug.png" ||
		got.Currency != "usd" || got.UnitAmount != 1800 || !maps.Equal(got.Prices, map[string]int64{"usd": 1800}) {
		t.Errorf("got %+v", got)
	}
	if p := list[2]; p.Currency != "jpy" || p.UnitAmount != 500 {
		t.Errorf("a zero-decimal price is %d %s, want 500 jpy", p.UnitAmount, p.Currency)
	}

	list[0].UnitAmount = 1
	if c.Products()[0].UnitAmount != 1800 {
		t.Error("whoever is given the products can change the catalog")
	}
}

func wanted(lines ...any) (cart []orders.CartLine) {
	for i := 0; i < len(lines); i += 2 {
		cart = append(cart, orders.CartLine{SKU: lines[i].(string), Quantity: int64(lines[i+1].(int))})
	}
	return cart
}

// priced returns the total of a cart without discount and shipping.
func priced(c *orders.Catalog, cart []orders.CartLine) ([]orders.Item, int64, string, error) {
	items, currency, err := c.Price(cart, "")
	if err != nil {
		return items, 0, currency, err
	}
	total, err := orders.Total(items, currency, nil, nil)
	if err != nil {
		return nil, 0, "", err
	}
	return items, total.Amount, currency, nil
}

func TestPrice(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	for name, tt := range map[string]struct {
		cart     []orders.CartLine
		amount   int64
		currency string
		items    string
	}{
		"one":                       {wanted("mug", 1), 1800, "usd", "mug 1 x 1800"},
		"several":                   {wanted("mug", 2, "dust", 99), 3699, "usd", "mug 2 x 1800, dust 99 x 1"},
		"the same sku twice":        {wanted("mug", 1, "dust", 1, "mug", 2), 5401, "usd", "mug 3 x 1800, dust 1 x 1"},
		"another currency":          {wanted("fan", 3), 1500, "jpy", "fan 3 x 500"},
		"just what Stripe takes":    {wanted("dust", 50), 50, "usd", "dust 50 x 1"},
		"the most that it takes":    {wanted("gold", 1), 99999999, "usd", "gold 1 x 99999999"},
		"as many as there may be":   {wanted("mug", 99), 178200, "usd", "mug 99 x 1800"},
		"49 and 50 of one are fine": {wanted("mug", 49, "mug", 50), 178200, "usd", "mug 99 x 1800"},
	} {
		items, amount, currency, err := priced(c, tt.cart)
		if err != nil || amount != tt.amount || currency != tt.currency {
			t.Errorf("%s: %d %s, %v; want %d %s", name, amount, currency, err, tt.amount, tt.currency)
		}

		var lines []string
		var sum int64
		for _, i := range items {
			lines = append(lines, fmt.Sprintf("%s %d x %d", i.SKU, i.Quantity, i.UnitAmount))
			sum += i.Amount()
		}

		if got := strings.Join(lines, ", "); got != tt.items || sum != amount {
			t.Errorf("%s: the lines are %s (sum %d), want %s (sum %d)", name, got, sum, tt.items, amount)
		}
	}
}

func TestPriceRefusals(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	for name, tt := range map[string]struct {
		cart        []orders.CartLine
		code, field string
	}{
		"nothing":            {nil, "items_empty", "items"},
		"too many lines":     {make([]orders.CartLine, orders.MaxLines+1), "items_too_many", "items"},
		"unknown sku":        {wanted("mug", 1, "nope", 1), "sku_unknown", "items[1].sku"},
		"no sku":             {wanted("", 1), "sku_unknown", "items[0].sku"},
		"another case":       {wanted("MUG", 1), "sku_unknown", "items[0].sku"},
		"none of it":         {wanted("mug", 0), "quantity_out_of_range", "items[0].quantity"},
		"less than none":     {wanted("mug", -1), "quantity_out_of_range", "items[0].quantity"},
		"too many":           {wanted("dust", 1, "mug", 100), "quantity_out_of_range", "items[1].quantity"},
		"too many in pieces": {wanted("mug", 60, "mug", 60), "quantity_out_of_range", "items[1].quantity"},
		"a huge number":      {[]orders.CartLine{{SKU: "mug", Quantity: 1<<63 - 1}}, "quantity_out_of_range", "items[0].quantity"},
		"mixed currencies":   {wanted("mug", 1, "tea", 1), "currency_mixed", "items[1].sku"},
		"below the minimum":  {wanted("dust", 49), "amount_out_of_range", ""},
		"above the maximum":  {wanted("gold", 2), "amount_out_of_range", ""},
	} {
		items, amount, _, err := priced(c, tt.cart)
		f := fault.Of(err)
		if err == nil || f.Kind != fault.Invalid || f.Code != tt.code || f.Field != tt.field {
			t.Errorf("%s: %v (field %q), want %s (field %q)", name, err, f.Field, tt.code, tt.field)
		}
		if items != nil || amount != 0 {
			t.Errorf("%s: priced all the same: %v, %d", name, items, amount)
		}
	}
}

func FuzzParseCatalog(f *testing.F) {
	f.Add([]byte(goodCatalog))
	f.Add([]byte(`{"currency":"usd","products":[{"sku":"a","name":"A","price":"1"},{"sku":"a","name":"","price":"x"}]}`))
	f.Add([]byte(`{"currency":"kwd","products":[{"sku":"a","name":"A","price":"1.234"}]}`))
	f.Add([]byte(`null`))
	f.Add([]byte(translated))
	f.Add([]byte(fullCatalog))
	f.Add([]byte(`{"products":[{"sku":"a","name":"A","prices":{"isk":"100","jod":"1.1"}}],"shipping_rates":[{"id":"p","name":"P","prices":{"isk":"0","jod":"0"},"free_from":{"isk":"1"}}],"promotions":[{"code":"x","percent":0.01,"minimum":"1","currency":"isk"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := orders.ParseCatalog(data, pictures...)
		if (c == nil) == (err == nil) {
			t.Fatalf("a catalog and an error, or neither: %v, %v", c, err)
		}
		if err != nil {
			return
		}

		svc := orders.New(orders.Config{
			Store:        &memory{list: map[string]orders.Order{}},
			Catalog:      c.Always(),
			Now:          func() time.Time { return start },
			ExpiresAfter: time.Hour,
		})

		for _, p := range c.Sold() {
			if p.Unavailable {
				continue
			}
			for currency, unit := range p.Prices {
				o, _, err := svc.Create(t.Context(), orders.Cart{Items: []orders.CartLine{{SKU: p.SKU, Quantity: 1}}, Currency: currency})
				switch {
				case err != nil && !fault.Is(err, "amount_out_of_range"):
					t.Fatalf("%+v cannot be sold: %v", p, err)
				case err == nil && (o.Items[0].UnitAmount != unit || o.Amount != unit+o.ShippingRate.Amount || o.Currency != currency || o.Ships() != (o.ShippingRate.ID != "")):
					t.Fatalf("%+v is sold as %+v", p, o)
				}
			}
		}
	})
}
