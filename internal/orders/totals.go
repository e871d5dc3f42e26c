package orders

import (
	"math"

	"checkoutd/internal/fault"
	"checkoutd/internal/money"
)

// Totals are what an order costs, in minor units of one currency:
// Amount = Subtotal - Discount + Shipping.
type Totals struct {
	Subtotal int64
	Discount int64
	Shipping int64
	Amount   int64
}

// Total is the one place where an order's total is computed: of its lines, a
// promotion (nil for none) and a shipping rate (nil for none), all in one
// currency. It is an error when the promotion does not fit, when the rate has
// no price in the currency, and when Stripe would not take the amount
// (money.Check).
func Total(items []Item, currency string, p *Promotion, r *Rate) (Totals, error) {
	goods, ok := subtotal(items)
	if !ok {
		return Totals{}, fault.New(fault.Invalid, "amount_out_of_range", "This total is too large to be paid.")
	}

	t := Totals{Subtotal: goods}
	if p != nil {
		if err := p.fits(t.Subtotal, currency); err != nil {
			return Totals{}, err
		}

		t.Discount = p.off(t.Subtotal, currency)
	}

	if r != nil {
		if !r.serves("", currency) {
			return Totals{}, errRateUnknown
		}

		t.Shipping = r.cost(t.Subtotal, currency)
	}

	t.Amount = t.Subtotal - t.Discount + t.Shipping
	if err := money.Check(t.Amount, currency); err != nil {
		f := fault.Wrap(err, fault.Invalid, "amount_out_of_range", "This total cannot be paid: "+err.Error()+".")
		if t.Discount > 0 && money.Check(t.Amount+t.Discount, currency) == nil {
			f.Field = promotionField // without it the total could be paid
		}

		return Totals{}, f
	}

	return t, nil
}

// mostGoods bounds what the goods may cost before discount: two digits more
// than Stripe takes, and few enough that a percentage of it is still a number.
const mostGoods = money.MaxAmount * 100

// subtotal sums the lines; ok is false when one of them, or the sum, is out of
// all proportion.
func subtotal(items []Item) (sum int64, ok bool) {
	for _, i := range items {
		if i.Quantity < 0 || i.UnitAmount < 0 || i.Quantity > 0 && i.UnitAmount > math.MaxInt64/i.Quantity {
			return 0, false
		}
		if sum += i.Amount(); sum < 0 || sum > mostGoods {
			return 0, false
		}
	}
	return sum, true
}
