package orders

import (
	"fmt"
	"maps"
	"slices"

	"checkoutd/internal/fault"
)

// MaxQuantity and MaxLines bound an order, so that its total cannot overflow
// and a request stays cheap.
const (
	MaxQuantity = 99
	MaxLines    = 50
)

// maxSubscriptionLines is the number of prices that Stripe allows in a
// subscription
// (https://docs.stripe.com/billing/subscriptions/multiple-products).
const maxSubscriptionLines = 20

// maxOnceLines is how many one-time items the first invoice of a subscription
// takes at Stripe, but for one that the shipping needs
// (https://docs.stripe.com/api/subscriptions/create#create_subscription-add_invoice_items).
const maxOnceLines = 20 - 1

// Product is something for sale.
type Product struct {
	SKU         string
	Name        string
	Description string
	Image       string           // URL, path or built-in name; may be empty
	Currency    string           // in which it is shown unless the buyer chooses another
	UnitAmount  int64            // the price in Currency, in minor units
	Prices      map[string]int64 // by currency, for each that it is sold in

	Recurring        *Recurring // nil: sold once
	Digital          bool       // never shipped
	SetupFutureUsage string     // on_session or off_session: buying it saves the payment method
	Unavailable      bool       // shown, and not sold for now

	// Variants are the sizes, or the like, in which the product is sold: each
	// has its own SKU and a Name that begins with the product's. Choice asks
	// for one of them. The product's own SKU is not sold then.
	Variants []Product
	Choice   string
	Variant  string // what sets a variant apart from the others: "M"

	// Listed is the Name in the first language of the catalog, which Stripe is
	// told: there the product has one name, whoever buys it.
	Listed string

	names, descriptions, choices, variants texts
}

// Sold returns what can be sold of a product: its variants, or itself.
func (p *Product) Sold() []Product {
	if len(p.Variants) > 0 {
		return p.Variants
	}
	return []Product{*p}
}

// Catalog holds the products, shipping rates and promotion codes of a shop. It
// never changes after ParseCatalog and is safe for concurrent use.
type Catalog struct {
	currency   string
	products   []Product
	bySKU      map[string]Product
	promotions map[string]Promotion // by code, in capitals
	rates      []Rate
	included   string // what the prices include, "" for nothing to say
	includes   texts
	in         *translations // nil: every text has one language
}

// CartLine is a line of a cart as the browser sends it.
type CartLine struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// Products returns what the shop shows, in the order of the file.
func (c *Catalog) Products() []Product { return cloneProducts(c.products) }

// Sold returns everything that has a SKU of its own: every variant of a product
// that has some, and every other product, in the order of the file.
func (c *Catalog) Sold() (list []Product) {
	for i := range c.products {
		list = append(list, cloneProducts(c.products[i].Sold())...)
	}
	return list
}

func cloneProducts(list []Product) []Product {
	list = slices.Clone(list)
	for i := range list {
		list[i].Prices = maps.Clone(list[i].Prices)
		list[i].Variants = cloneProducts(list[i].Variants)
	}
	return list
}

// Currency returns the catalog's currency: that of prices which name none.
func (c *Catalog) Currency() string { return c.currency }

// TaxIncluded returns what the prices include, such as "incl. 19 % VAT"; "" if
// the shop does not say so.
func (c *Catalog) TaxIncluded() string { return c.included }

// Price returns the priced lines of a cart, all in one currency: the given one,
// or, if that is "", the catalog's own if everything is sold in it, otherwise
// the first one in which everything is sold. Lines with the same SKU become
// one. An item that cannot be sold is a fault that names the field.
func (c *Catalog) Price(cart []CartLine, currency string) (items []Item, in string, err error) {
	products, err := c.lookUp(cart)
	if err != nil {
		return nil, "", err
	}

	if currency == "" {
		currency = c.chooseCurrency(products)
	}

	index := make(map[string]int, len(cart)) // in items, by SKU
	for i, p := range products {
		unit, sold := p.Prices[currency]
		if !sold {
			return nil, "", c.notSoldIn(products, i, currency)
		}

		line, seen := index[p.SKU]
		if !seen {
			line = len(items)
			index[p.SKU] = line
			listed := p.Listed
			if listed == p.Name {
				listed = ""
			}

			items = append(items, Item{
				SKU:        p.SKU,
				Name:       p.Name,
				Listed:     listed,
				Image:      p.Image,
				UnitAmount: unit,
				Recurring:  p.Recurring,
				Ships:      c.Ships(&p),

				TaxIncluded: c.included,
			})
		}

		if items[line].Quantity += cart[i].Quantity; items[line].Quantity > MaxQuantity {
			return nil, "", quantityFault(i)
		}
	}

	return items, currency, nil
}

// lookUp returns the product of each line of a cart.
func (c *Catalog) lookUp(cart []CartLine) ([]Product, error) {
	switch {
	case len(cart) == 0:
		return nil, fault.InvalidField("items", "items_empty", "The order has no items.")
	case len(cart) > MaxLines:
		return nil, fault.InvalidField("items", "items_too_many",
			fmt.Sprintf("An order has at most %d lines.", MaxLines))
	}

	products := make([]Product, len(cart))
	for i, w := range cart {
		p, ok := c.bySKU[w.SKU]
		switch {
		case !ok:
			return nil, fault.InvalidField(field(i, "sku"), "sku_unknown", "This product is not for sale.")
		case len(p.Variants) > 0:
			return nil, fault.InvalidField(field(i, "sku"), "sku_unknown",
				"This product is sold in variants: name the sku of one of them.")
		case p.Unavailable:
			return nil, fault.InvalidField(field(i, "sku"), "sku_unavailable", "This product is sold out.")
		}
		if w.Quantity < 1 || w.Quantity > MaxQuantity {
			return nil, quantityFault(i)
		}

		products[i] = p
	}

	return products, nil
}

// chooseCurrency returns the currency for products when the buyer named none.
// If none fits all of them, it is that of the first product.
func (c *Catalog) chooseCurrency(products []Product) string {
	first := products[0]
	for _, currency := range append([]string{c.currency, first.Currency}, slices.Sorted(maps.Keys(first.Prices))...) {
		if !slices.ContainsFunc(products, func(p Product) bool { _, sold := p.Prices[currency]; return !sold }) {
			return currency
		}
	}
	return first.Currency
}

// notSoldIn returns why line i cannot be sold in a currency.
func (c *Catalog) notSoldIn(products []Product, i int, currency string) error {
	for _, p := range products {
		if _, sold := p.Prices[currency]; sold {
			return fault.InvalidField(field(i, "sku"), "currency_mixed",
				"Products in different currencies cannot be paid in one order.")
		}
	}
	return errCurrency
}

var errCurrency = fault.InvalidField("currency", "currency_unsupported",
	"This order cannot be paid in that currency.")

func field(i int, name string) string { return fmt.Sprintf("items[%d].%s", i, name) }

func quantityFault(i int) error {
	return fault.InvalidField(field(i, "quantity"), "quantity_out_of_range",
		fmt.Sprintf("A quantity is a whole number from 1 to %d.", MaxQuantity))
}

// Ships reports whether a product is shipped to an address. A recurring product
// is not: nothing asks for the address of its second delivery.
func (c *Catalog) Ships(p *Product) bool {
	return len(c.rates) > 0 && !p.Digital && p.Recurring == nil
}
