package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"checkoutd/internal/cli"
	"checkoutd/internal/orders"
)

// showShop prints what the shop's backend decided about an order.
func showShop(w io.Writer, o *orders.Order) {
	if !o.Shop.Fixed {
		return
	}

	in := func(minor int64) string { return amount(minor, o.Currency) }
	for _, d := range o.Shop.Discounts {
		_, _ = fmt.Fprintf(w, "discount\t%s\t-%s\n", cli.Printable(d.Name), in(d.Amount))
	}

	for _, i := range o.Items {
		if i.TaxAmount > 0 {
			_, _ = fmt.Fprintf(w, "tax\t%s\t%s\n", cli.Printable(i.Name), in(i.TaxAmount))
		}
	}

	for _, t := range o.Shop.Taxes {
		note := ""
		if t.Inclusive {
			note = "\tincluded in the prices"
		}
		_, _ = fmt.Fprintf(w, "tax\t%s\t%s%s\n", cli.Printable(t.Name), in(t.Amount), note)
	}

	for _, row := range []struct{ name, text string }{
		{"reference", o.Reference},
		{"customer reference", o.CustomerReference},
		{"customer name", o.Contact.Name},
		{"description", o.Shop.Description},
		{"statement suffix", o.Shop.StatementSuffix},
		{"success URL", o.Shop.SuccessURL},
		{"cancel URL", o.Shop.CancelURL},
		{"locale", o.Shop.Locale},
	} {
		if row.text != "" {
			_, _ = fmt.Fprintf(w, "%s\t%s\n", row.name, cli.Printable(row.text))
		}
	}

	for _, key := range slices.Sorted(maps.Keys(o.Shop.Metadata)) {
		_, _ = fmt.Fprintf(w, "metadata\t%s\t%s\n", cli.Printable(key), cli.Printable(o.Shop.Metadata[key]))
	}
}
