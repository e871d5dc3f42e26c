package orders

import "slices"

// reprice computes the amount of an order. It removes a code that no longer
// fits, because the goods cost less or the catalog changed, and replaces a rate
// that does not serve the order's country by the first that does.
func (c *Catalog) reprice(o *Order) error {
	if o.Mode == ModeSetup {
		return nil
	}

	if o.Shop.Fixed {
		return c.repriceShop(o)
	}

	promotion := c.promotionOf(o)

	rate, err := c.rateOf(o)
	if err != nil {
		return err
	}

	t, err := Total(o.Items, o.Currency, promotion, rate)
	if err != nil {
		return err
	}

	o.Amount = t.Amount
	if promotion == nil {
		o.Discount = Discount{}
	} else {
		o.Discount.Amount, o.Discount.Limit = t.Discount, promotion.Uses
	}

	o.ShippingRate = ShippingRate{}
	if rate != nil {
		o.ShippingRate = rate.offer(t.Subtotal, o.Currency)
	}

	return nil
}

// repriceShop computes the amount of an order of the shop's backend, whose
// shipping the shop has set, or the catalog offers.
func (c *Catalog) repriceShop(o *Order) error {
	rate, err := c.rateOf(o)
	if err != nil {
		return err
	}

	goods, _ := subtotal(o.Items)
	offer := ShippingRate{}
	if rate != nil {
		offer = rate.offer(goods, o.Currency)
	}

	t, err := shopTotal(o, offer.Amount)
	if err != nil {
		return err
	}

	o.Amount, o.ShippingRate, o.Discount = t.Amount, offer, Discount{}
	if o.Trial() { // what comes after it can be paid, too
		o.Amount = 0
	}

	return nil
}

// promotionOf returns the promotion of the order's code, nil if it does not
// fit.
func (c *Catalog) promotionOf(o *Order) *Promotion {
	p, ok := c.promotions[o.Discount.Code]
	goods, _ := subtotal(o.Items)
	if !ok || o.Mode != ModePayment || p.fits(goods, o.Currency) != nil {
		return nil
	}
	return &p
}

// rateOf returns the order's shipping rate if it still serves the order,
// otherwise the first that does; nil if nothing is shipped.
func (c *Catalog) rateOf(o *Order) (*Rate, error) {
	if !o.Ships() {
		return nil, nil // nothing to ship is no error
	}

	list := c.ratesFor(o)
	if len(list) == 0 {
		return nil, errCountry
	}

	// An order without a rate, or with one that no longer serves it, gets the
	// first.
	i := slices.IndexFunc(list, func(r Rate) bool { return r.ID == o.ShippingRate.ID })
	return &list[max(i, 0)], nil
}
