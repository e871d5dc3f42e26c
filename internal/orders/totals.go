package orders

import (
	"cmp"
	"math"

	"checkoutd/internal/fault"
	"checkoutd/internal/money"
)

// Totals are what an order costs, in minor units of one currency:
// Amount = Subtotal - Discount + Shipping + Tax.
type Totals struct {
	Subtotal int64
	Discount int64
	Shipping int64
	Tax      int64 // that the prices do not include
	Amount   int64
}

// TaxIncluded returns what the prices of the catalog's products in the order
// include, in the words of the catalog; "" if it does not say so. It changes no
// amount.
func (o *Order) TaxIncluded() string {
	for _, i := range o.Items {
		if i.TaxIncluded != "" {
			return i.TaxIncluded
		}
	}
	return ""
}

// Total computes what an order costs; nothing else does. p and r may be nil;
// all prices are in one currency. It is an error if the promotion does not
// apply, if the rate has no price in the currency, and if Stripe would not
// accept the amount, or that of later payments (money.Check). Nothing is sent
// to Stripe for a total of zero: it is right for everything but a subscription,
// whose first invoice needs a payment.
func Total(items []Item, currency string, p *Promotion, r *Rate) (Totals, error) {
	goods, ok := subtotal(items)
	if !ok {
		return Totals{}, fault.New(fault.Invalid, "amount_out_of_range", "This total is too large.")
	}

	t := Totals{Subtotal: goods}
	if p != nil {
		if err := p.fits(t.Subtotal, currency); err != nil {
			return Totals{}, err
		}

		t.Discount = p.discount(t.Subtotal, currency)
	}

	if r != nil {
		if !r.serves("", currency) {
			return Totals{}, errRateUnknown
		}

		t.Shipping = r.cost(t.Subtotal, currency)
	}

	return t.checked(items, currency, promotionField)
}

// shopTotal computes what an order of the shop's backend costs.
func shopTotal(o *Order, shipping int64) (Totals, error) {
	goods, ok := subtotal(o.Items)
	t := Totals{Subtotal: goods, Discount: o.Shop.deducted(), Shipping: shipping, Tax: o.AddedTax()}
	switch {
	case !ok:
		return Totals{}, fault.InvalidField("items", "amount_out_of_range", "This total is too large.")
	case t.Discount > t.Subtotal:
		return Totals{}, fault.InvalidField("discounts", "discount_too_large",
			"The discounts take off more than the items cost.")
	}

	t, err := t.checked(o.Items, o.Currency, "discounts")
	if err != nil {
		f := *fault.Of(err)
		f.Field = cmp.Or(f.Field, "items")
		return Totals{}, &f
	}

	return t, nil
}

// checked returns the totals with their amount if it can be paid. The fault
// names discountField if the total could be paid without the discount.
func (t Totals) checked(items []Item, currency, discountField string) (Totals, error) {
	t.Amount = t.Subtotal - t.Discount + t.Shipping + t.Tax
	recurs := recurring(items) != nil
	if t.Amount == 0 && len(items) > 0 && !recurs && money.Known(currency) {
		return t, nil
	}

	if err := money.Check(t.Amount, currency); err != nil {
		f := fault.Wrap(err, fault.Invalid, "amount_out_of_range", "This total cannot be paid: "+err.Error()+".")
		if t.Discount > 0 && money.Check(t.Amount+t.Discount, currency) == nil {
			f.Field = discountField
		}

		return Totals{}, f
	}

	if recurs { // the payments after the first, too
		if err := money.Check(recurringAmount(items), currency); err != nil {
			return Totals{}, fault.Wrap(err, fault.Invalid, "amount_out_of_range",
				"What recurs of this order cannot be paid: "+err.Error()+".")
		}
	}

	return t, nil
}

// maxGoods is the highest price of the goods before the discount: 100 times
// what Stripe accepts, and low enough that computing a percentage cannot
// overflow.
const maxGoods = money.MaxAmount * 100

// subtotal returns the sum of the lines. ok is false if a line or the sum
// exceeds maxGoods or would overflow.
func subtotal(items []Item) (sum int64, ok bool) {
	for _, i := range items {
		if i.Quantity < 0 || i.UnitAmount < 0 || i.Quantity > 0 && i.UnitAmount > math.MaxInt64/i.Quantity {
			return 0, false
		}
		if sum += i.Amount(); sum < 0 || sum > maxGoods {
			return 0, false
		}
	}
	return sum, true
}
