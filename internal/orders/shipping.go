package orders

import (
	"slices"

	"checkoutd/internal/fault"
)

// Rate is a way of shipping orders.
type Rate struct {
	ID        string
	Name      string
	Prices    map[string]int64 // by currency, in minor units; 0 is free
	Countries []string         // that it serves; none: all
	MinDays   int64            // delivery time in business days, 0 if unknown
	MaxDays   int64
	FreeFrom  map[string]int64 // by currency: free from this price of the goods, before any discount

	names texts
}

var (
	errRateUnknown = fault.InvalidField("shipping_rate", "shipping_rate_unknown",
		"This shipping method is not available for this order.")
	errCountry = fault.InvalidField("shipping.address.country", "shipping_country_unsupported",
		"We do not ship to this country.")
)

// serves reports whether the rate serves a country and has a price in the
// currency. While the country is not known (""), any country may still be
// chosen.
func (r *Rate) serves(country, currency string) bool {
	_, priced := r.Prices[currency]
	return priced && (country == "" || len(r.Countries) == 0 || slices.Contains(r.Countries, country))
}

// cost returns the price of the rate for goods of that price before their
// discount: a promotion code must not take free shipping away again.
func (r *Rate) cost(goods int64, currency string) int64 {
	if from, ok := r.FreeFrom[currency]; ok && goods >= from {
		return 0
	}
	return r.Prices[currency]
}

// offer returns the rate as it is stored with an order.
func (r *Rate) offer(goods int64, currency string) ShippingRate {
	return ShippingRate{
		ID:      r.ID,
		Name:    r.Name,
		Amount:  r.cost(goods, currency),
		MinDays: r.MinDays,
		MaxDays: r.MaxDays,
	}
}

// ratesFor returns the rates that serve an order, in the order of the file,
// then the order's own if the catalog no longer has it: what a buyer was
// offered stays.
func (c *Catalog) ratesFor(o *Order) []Rate {
	switch {
	case !o.Ships():
		return nil
	case o.Shop.OwnShipping:
		return o.ownRates()
	}

	var list []Rate
	for _, r := range c.rates {
		if r.serves(o.country(), o.Currency) {
			list = append(list, r)
		}
	}

	if kept := o.ShippingRate; c.withdrew(kept.ID) {
		list = append(list, Rate{
			ID:      kept.ID,
			Name:    kept.Name,
			Prices:  map[string]int64{o.Currency: kept.Amount},
			MinDays: kept.MinDays,
			MaxDays: kept.MaxDays,
		})
	}

	return list
}

// withdrew reports whether a rate that an order has is no longer in the
// catalog.
func (c *Catalog) withdrew(rate string) bool {
	return rate != "" && !slices.ContainsFunc(c.rates, func(r Rate) bool { return r.ID == rate })
}

// countriesFor returns the countries to which an order can be shipped; none: to
// all, or the order is not shipped.
func (c *Catalog) countriesFor(o *Order) []string {
	list := []string{}
	if !o.Ships() || o.Shop.OwnShipping {
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

	if country := o.country(); country != "" && c.withdrew(o.ShippingRate.ID) {
		list = append(list, country)
	}

	slices.Sort(list)
	return slices.Compact(list)
}

// Rates returns the shipping rates, in the order of the file.
func (c *Catalog) Rates() []Rate { return slices.Clone(c.rates) }

// country returns the country to which the order is shipped, "" while it is not
// known.
func (o *Order) country() string {
	if o.Contact.Shipping == nil {
		return ""
	}
	return o.Contact.Shipping.Address.Country
}
