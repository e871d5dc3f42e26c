package orders

import (
	"slices"
	"time"
)

// ShopTerms are what the shop's backend decided about an order that it created.
// They are zero for an order that a buyer made from the catalog.
type ShopTerms struct {
	// Fixed is set for every order of the backend: its buyer changes neither
	// the items nor the code, because the shop has them under its own number.
	Fixed           bool              `json:"fixed,omitempty"`
	OwnShipping     bool              `json:"own_shipping,omitempty"` // the shop set ShippingRate
	Description     string            `json:"description,omitempty"`
	StatementSuffix string            `json:"statement_descriptor_suffix,omitempty"`
	Metadata        map[string]string `json:"metadata,omitempty"`
	Discounts       []Deduction       `json:"discounts,omitempty"`
	Taxes           []Tax             `json:"taxes,omitempty"`
	SuccessURL      string            `json:"success_url,omitempty"` // where the buyer goes on after paying
	CancelURL       string            `json:"cancel_url,omitempty"`  // where the buyer goes without paying
	Locale          string            `json:"locale,omitempty"`      // of the pages, "" for the browser's
	TrialDays       int64             `json:"trial_days,omitempty"`  // of a subscription, 0 for no trial
	// TrialEnd is when the trial of the order's subscription ends, zero until
	// that is known.
	TrialEnd time.Time `json:"trial_end,omitzero"`
}

// Deduction is a discount of the shop's own.
type Deduction struct {
	Name   string `json:"name"`
	Amount int64  `json:"amount"` // minor units, taken off
}

// Tax is a line of tax. An inclusive one is part of the prices and is only
// shown; any other is added to the total.
type Tax struct {
	Name      string `json:"name"`
	Amount    int64  `json:"amount"` // minor units
	Inclusive bool   `json:"inclusive"`
}

// ownRate is the ID of a shipping rate that the shop set for one order. No rate
// of the catalog can have it.
const ownRate = "~shop"

// ownRates returns the one rate of an order whose shipping the shop set.
func (o *Order) ownRates() []Rate {
	kept := o.ShippingRate
	return []Rate{{
		ID:      kept.ID,
		Name:    kept.Name,
		Prices:  map[string]int64{o.Currency: kept.Amount},
		MinDays: kept.MinDays,
		MaxDays: kept.MaxDays,
	}}
}

// Deducted returns what the promotion code and the shop's own discounts take
// off, in minor units.
func (o *Order) Deducted() int64 { return o.Discount.Amount + o.Shop.deducted() }

func (t *ShopTerms) deducted() (sum int64) {
	for _, d := range t.Discounts {
		sum += d.Amount
	}
	return sum
}

// AddedTax returns the tax that the prices do not include, in minor units.
func (o *Order) AddedTax() int64 {
	sum := o.itemTax()
	for _, t := range o.Shop.Taxes {
		if !t.Inclusive {
			sum += t.Amount
		}
	}
	return sum
}

// shipsItems sets which items are shipped: with a shipping of the shop's own,
// everything but digital products.
func (c *Catalog) shipsItems(o *Order) {
	o.Items = slices.Clone(o.Items)
	for i := range o.Items {
		item := &o.Items[i]
		p, listed := c.bySKU[item.SKU]
		switch {
		case item.Own:
			item.Ships = o.Shop.OwnShipping
		case listed && o.Shop.OwnShipping:
			item.Ships = !p.Digital && p.Recurring == nil
		case listed:
			item.Ships = c.Ships(&p)
		}
	}
}

// itemTax returns the tax of all items, which is added to their prices.
func (o *Order) itemTax() (sum int64) {
	for _, i := range o.Items {
		sum += i.TaxAmount
	}
	return sum
}
