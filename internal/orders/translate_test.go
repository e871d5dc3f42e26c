package orders_test

import (
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// translated is a catalog in several languages, with variants.
const translated = `{"currency": "eur", "tax_included": {"en": "Prices include VAT", "fr": "Prix TTC"}, "products": [
	{"sku": "mug", "name": {"en": "Mug", "fr": "Tasse", "pt-BR": "Caneca"}, "description": {"fr": "Blanche.", "de": "Weiß."}, "price": "9.00"},
	{"sku": "shirt", "name": {"en": "T-shirt", "fr": "Tee-shirt"}, "price": "20.00", "choice": {"en": "Size", "fr": "Taille"}, "variants": [
		{"sku": "shirt-s", "name": {"en": "small", "fr": "petit"}},
		{"sku": "shirt-l", "name": "L", "price": "22.00", "image": "/l.jpg"},
		{"sku": "shirt-xl", "name": "XL", "unavailable": true}]},
	{"sku": "plain", "name": "Plain", "price": "1.00", "unavailable": true}],
	"shipping_rates": [{"id": "post", "name": {"en": "Post", "fr": "Colis"}, "price": "4.00"}]}`

func parsed(t *testing.T, text string) *orders.Catalog {
	t.Helper()
	c, err := orders.ParseCatalog([]byte(text), pictures...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheCatalogSpeaksTheBuyersLanguage(t *testing.T) {
	t.Parallel()
	c := parsed(t, translated)
	for languages, want := range map[string][2]string{ // name and description of the mug
		"":                     {"Mug", "Blanche."}, // the first of each
		"en-GB":                {"Mug", "Blanche."},
		"fr-CH, en;q=0.5":      {"Tasse", "Blanche."},
		"it, de;q=0.8":         {"Mug", "Weiß."},
		"pt":                   {"Caneca", "Blanche."},
		"nl":                   {"Mug", "Blanche."}, // not German, although that is near
		"fr;q=broken":          {"Mug", "Blanche."},
		"*":                    {"Mug", "Blanche."},
		"ja,pl;q=0.9,fr;q=0.1": {"Tasse", "Blanche."},
	} {
		p := c.In(languages).Products()[0]
		if p.Name != want[0] || p.Description != want[1] || p.Listed != "Mug" {
			t.Errorf("%q: %q, %q (listed %q); want %q", languages, p.Name, p.Description, p.Listed, want)
		}
	}

	if p := c.In("fr").In("pt").In("fr").Products()[1]; p.Choice != "Taille" || p.Variants[0].Name != "Tee-shirt, petit" ||
		p.Variants[0].Listed != "T-shirt, small" || p.Variants[1].Name != "Tee-shirt, L" || p.Variants[1].Variant != "L" {
		t.Errorf("the shirt: %+v", p)
	}
}

func TestVariantsAreSoldByTheirOwnSKU(t *testing.T) {
	t.Parallel()
	c := parsed(t, translated)
	items, _, err := c.In("fr").Price(wanted("shirt-s", 2, "shirt-l", 1), "")
	if err != nil {
		t.Fatal(err)
	}
	if s, l := items[0], items[1]; s.Name != "Tee-shirt, petit" || s.NameAtStripe() != "T-shirt, small" || s.UnitAmount != 2000 ||
		l.UnitAmount != 2200 || l.Image != "/l.jpg" || s.Image != "" {
		t.Errorf("the lines: %+v", items)
	}

	for sku, want := range map[string]string{
		"shirt": "sku_unknown", "shirt-xl": "sku_unavailable", "plain": "sku_unavailable", "shirt-m": "sku_unknown",
	} {
		_, _, err := c.Price(wanted(sku, 1), "")
		if f := fault.Of(err); err == nil || f.Code != want || f.Field != "items[0].sku" {
			t.Errorf("%s: %v, want %s", sku, err, want)
		}
	}

	var sold []string
	for _, p := range c.Sold() {
		sold = append(sold, p.SKU)
	}
	if len(sold) != 5 || len(c.Products()) != 3 {
		t.Errorf("sold: %v", sold)
	}
}

// Lines have the language in which they were ordered. An order of the shop's
// backend has its own, whatever the buyer's browser says.
func TestOrdersKeepTheirLanguage(t *testing.T) {
	t.Parallel()
	c := parsed(t, translated)
	svc := orders.New(orders.Config{
		Store:        &memory{list: map[string]orders.Order{}},
		Catalog:      c.Always(),
		Now:          func() time.Time { return start },
		ExpiresAfter: time.Hour,
	})
	inFrench := orders.WithCatalog(t.Context(), c.In("fr"))
	check := func(o orders.Order, err error, line, rate string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if o.Items[0].Name != line || o.ShippingRate.Name != rate || o.Items[0].NameAtStripe() != "Mug" {
			t.Errorf("%q by %q, want %q by %q", o.Items[0].Name, o.ShippingRate.Name, line, rate)
		}
	}

	o, _, err := svc.Create(inFrench, orders.Cart{Items: wanted("mug", 1)})
	check(o, err, "Tasse", "Colis")

	if v := svc.View(t.Context(), o); v.TaxIncluded != "Prix TTC" || v.Amount != 1300 {
		t.Errorf("the prices include %q, of %d", v.TaxIncluded, v.Amount)
	}

	email, again := "a@shop.example", wanted("mug", 2)
	o, err = svc.Change(t.Context(), o.ID, orders.Change{Email: &email})
	check(o, err, "Tasse", "Colis")
	o, err = svc.Change(t.Context(), o.ID, orders.Change{Items: &again})
	check(o, err, "Mug", "Post")

	home := orders.Nullable[orders.Address]{Set: true, Value: &orders.Address{Name: "A", Address: orders.Place{Country: "FR"}}}
	locale, english, mugs := "fr", "en", []orders.ShopItem{{SKU: "mug"}}
	o, err = svc.CreateForShop(t.Context(), orders.ShopRequest{Items: &mugs, Locale: &locale}, "", "token")
	check(o, err, "Tasse", "Colis")
	o, err = svc.Change(t.Context(), o.ID, orders.Change{Shipping: home})
	check(o, err, "Tasse", "Colis")
	if v := svc.View(t.Context(), o); v.ShippingRates[0].Name != "Colis" {
		t.Errorf("the offer is %q", v.ShippingRates[0].Name)
	}

	o, err = svc.ChangeForShop(inFrench, o.ID, orders.ShopRequest{Locale: &english})
	check(o, err, "Tasse", "Post")
	o, err = svc.ChangeForShop(inFrench, o.ID, orders.ShopRequest{Items: &mugs})
	check(o, err, "Mug", "Post")
}
