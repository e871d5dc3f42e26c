package orders

import (
	"fmt"
	"maps"
	"slices"

	"checkoutd/internal/fault"
)

// MaxQuantity and MaxLines bound an order, so that a total cannot overflow and
// a request cannot be made to work long.
const (
	MaxQuantity = 99
	MaxLines    = 50
)

// maxSubscriptionLines is how many prices Stripe lets a subscription have
// (https://docs.stripe.com/billing/subscriptions/multiple-products).
const maxSubscriptionLines = 20

// Product is a thing for sale.
type Product struct {
	SKU         string
	Name        string
	Description string
	Image       string           // address, path or built-in name, may be empty
	Currency    string           // the one that it is shown in
	UnitAmount  int64            // its price in Currency, in minor units
	Prices      map[string]int64 // in every currency that it is sold in

	Recurring        *Recurring // nil: sold once
	Digital          bool       // never sent to an address
	SetupFutureUsage string     // on_session or off_session: who buys it has the method saved
}

// Catalog is what is for sale, how it is sent and what codes take off. It does
// not change after it was parsed and is safe for concurrent use.
type Catalog struct {
	currency   string
	products   []Product
	bySKU      map[string]Product
	promotions map[string]Promotion // by code, in capitals
	rates      []Rate
}

// Wanted is a line of a cart as the browser sends it.
type Wanted struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// Products lists what is for sale, in the file's order.
func (c *Catalog) Products() []Product {
	list := slices.Clone(c.products)
	for i := range list {
		list[i].Prices = maps.Clone(list[i].Prices)
	}
	return list
}

// Currency is the catalog's own: the one in which nothing else is said.
func (c *Catalog) Currency() string { return c.currency }

// Price turns a cart into priced lines, all in one currency: the wanted one,
// or, with "", the catalog's own if everything is sold in it, or else the first
// one that everything is sold in. The same sku twice is one line. What cannot
// be sold is a fault that names the field.
func (c *Catalog) Price(cart []Wanted, currency string) (items []Item, in string, err error) {
	products, err := c.find(cart)
	if err != nil {
		return nil, "", err
	}

	if currency == "" {
		currency = c.choose(products)
	}

	line := make(map[string]int, len(cart))
	for i, p := range products {
		unit, sold := p.Prices[currency]
		if !sold {
			return nil, "", c.notSoldIn(products, i, currency)
		}

		at, seen := line[p.SKU]
		if !seen {
			at = len(items)
			line[p.SKU] = at
			items = append(items, Item{
				SKU:        p.SKU,
				Name:       p.Name,
				Image:      p.Image,
				UnitAmount: unit,
				Recurring:  p.Recurring,
				Ships:      c.Ships(&p),
			})
		}

		if items[at].Quantity += cart[i].Quantity; items[at].Quantity > MaxQuantity {
			return nil, "", quantityFault(i)
		}
	}

	return items, currency, nil
}

// find gives the product of each line of a cart.
func (c *Catalog) find(cart []Wanted) ([]Product, error) {
	switch {
	case len(cart) == 0:
		return nil, fault.InvalidField("items", "items_empty", "The order has no items.")
	case len(cart) > MaxLines:
		return nil, fault.InvalidField("items", "items_too_many", fmt.Sprintf("An order has at most %d lines.", MaxLines))
	}

	products := make([]Product, len(cart))
	for i, w := range cart {
		p, ok := c.bySKU[w.SKU]
		if !ok {
			return nil, fault.InvalidField(field(i, "sku"), "sku_unknown", "This product is not for sale.")
		}
		if w.Quantity < 1 || w.Quantity > MaxQuantity {
			return nil, quantityFault(i)
		}

		products[i] = p
	}

	return products, nil
}

// choose finds the currency for products when nobody asked for one. When there
// is none for all, it is the first product's own.
func (c *Catalog) choose(products []Product) string {
	first := products[0]
	for _, currency := range append([]string{c.currency, first.Currency}, slices.Sorted(maps.Keys(first.Prices))...) {
		if !slices.ContainsFunc(products, func(p Product) bool { _, sold := p.Prices[currency]; return !sold }) {
			return currency
		}
	}
	return first.Currency
}

// notSoldIn says why line i cannot be sold in a currency.
func (c *Catalog) notSoldIn(products []Product, i int, currency string) error {
	for _, p := range products {
		if _, sold := p.Prices[currency]; sold {
			return fault.InvalidField(field(i, "sku"), "currency_mixed", "Products in different currencies cannot be paid in one order.")
		}
	}
	return errCurrency
}

var errCurrency = fault.InvalidField("currency", "currency_unsupported", "This order cannot be paid in that currency.")

func field(i int, name string) string { return fmt.Sprintf("items[%d].%s", i, name) }

func quantityFault(i int) error {
	return fault.InvalidField(field(i, "quantity"), "quantity_out_of_range", fmt.Sprintf("A quantity is a whole number from 1 to %d.", MaxQuantity))
}

// Ships reports whether a product is sent to an address. What recurs is not:
// nobody would take the address of the second time.
func (c *Catalog) Ships(p *Product) bool {
	return len(c.rates) > 0 && !p.Digital && p.Recurring == nil
}
