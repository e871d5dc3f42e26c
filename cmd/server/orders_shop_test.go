package main

import (
	"strings"
	"testing"

	"checkoutd/internal/orders"
)

func TestShowShop(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	showShop(&out, &orders.Order{Currency: "usd"})
	if out.Len() != 0 {
		t.Errorf("a buyer's order shows %q", out.String())
	}

	o := orders.Order{
		Currency:          "usd",
		Reference:         "A-1",
		CustomerReference: "c-7",
		Items:             []orders.Item{{Name: "Mug\x1b[2J", Quantity: 1, UnitAmount: 900, TaxAmount: 90, Own: true}},
		Shop: orders.ShopTerms{
			Fixed:     true,
			Discounts: []orders.Deduction{{Name: "Loyal", Amount: 100}},
			Taxes:     []orders.Tax{{Name: "VAT", Amount: 7, Inclusive: true}},
			Metadata:  map[string]string{"cart": "77"},
		},
	}
	showShop(&out, &o)
	for _, want := range []string{"reference\tA-1\n", "customer reference\tc-7\n", "discount\tLoyal\t-1.00 USD\n",
		"tax\tMug\\x1b[2J\t0.90 USD\n", "tax\tVAT\t0.07 USD\tincluded in the prices\n", "metadata\tcart\t77\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in %q", want, out.String())
		}
	}
}

func TestShowItems(t *testing.T) {
	t.Parallel()
	o := orders.Order{
		Currency: "usd",
		Items: []orders.Item{
			{SKU: "mug", Quantity: 2, UnitAmount: 900},
			{
				SKU: "club", Quantity: 2, UnitAmount: 1200,
				Recurring: &orders.Recurring{Interval: "month", IntervalCount: 3},
			},
		},
		ShippingRate: orders.ShippingRate{ID: "post", Name: "Post", Amount: 490},
	}

	var out strings.Builder
	showItems(&out, &o)

	const want = "item\tmug\t2 × 9.00 USD\t\nitem\tclub\t2 × 12.00 USD\tevery 3 month\n" +
		"shipping\tPost\t4.90 USD\nlater\t24.00 USD every 3 month\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
