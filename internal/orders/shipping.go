package orders

import (
	"slices"

	"checkoutd/internal/fault"
)

// Rate is a way to send orders.
type Rate struct {
	ID        string
	Name      string
	Prices    map[string]int64 // by currency, in minor units; 0 is free
	Countries []string         // where it goes; none: everywhere
	MinDays   int64            // business days until it is there, 0 for not said
	MaxDays   int64
	FreeFrom  map[string]int64 // it is free when the goods cost as much, before any discount
}

var (
	errRateUnknown = fault.InvalidField("shipping_rate", "shipping_rate_unknown", "This order cannot be sent that way.")
	errCountry     = fault.InvalidField("shipping.address.country", "shipping_country_unsupported", "We do not send to this country.")
)

// serves reports whether the rate goes to a country and is priced in the
// currency. Before a country is known, every one may be it.
func (r *Rate) serves(country, currency string) bool {
	_, priced := r.Prices[currency]
	return priced && (country == "" || len(r.Countries) == 0 || slices.Contains(r.Countries, country))
}

// cost is what the rate costs for goods of that price, before their discount: a
// code must not take away what the goods alone have earned.
func (r *Rate) cost(goods int64, currency string) int64 {
	if from, ok := r.FreeFrom[currency]; ok && goods >= from {
		return 0
	}
	return r.Prices[currency]
}

// offer is the rate as an order has it.
func (r *Rate) offer(goods int64, currency string) ShippingRate {
	return ShippingRate{
		ID:      r.ID,
		Name:    r.Name,
		Amount:  r.cost(goods, currency),
		MinDays: r.MinDays,
		MaxDays: r.MaxDays,
	}
}

// ratesFor lists the rates that an order can have, in the file's order.
func (c *Catalog) ratesFor(o *Order) []Rate {
	if !o.Ships() {
		return nil
	}
	var list []Rate
	for _, r := range c.rates {
		if r.serves(o.country(), o.Currency) {
			list = append(list, r)
		}
	}
	return list
}

// countriesFor lists where an order can be sent; none: everywhere, or it is not
// sent at all.
func (c *Catalog) countriesFor(o *Order) []string {
	list := []string{}
	if !o.Ships() {
		return list
	}

	for _, r := range c.rates {
		if !r.serves("", o.Currency) {
			continue
		}
		if len(r.Countries) == 0 {
			return []string{}
		}

		list = append(list, r.Countries...)
	}

	slices.Sort(list)
	return slices.Compact(list)
}

// ShippingFrom is the least that it costs to send something, by currency, in
// minor units; empty when nothing is sent.
func (c *Catalog) ShippingFrom() map[string]int64 {
	least := make(map[string]int64)
	for _, r := range c.rates {
		for currency, price := range r.Prices {
			if known, ok := least[currency]; !ok || price < known {
				least[currency] = price
			}
		}
	}
	return least
}

// country is where the order goes, "" while that is not known.
func (o *Order) country() string {
	if o.Contact.Shipping == nil {
		return ""
	}
	return o.Contact.Shipping.Address.Country
}
