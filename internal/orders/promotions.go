package orders

import (
	"strings"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/money"
)

// Promotion is a code that takes something off the goods of an order.
type Promotion struct {
	Code     string           // in capitals; buyers may write it as they like
	Percent  int64            // in hundredths of a percent; 0: Amounts
	Amounts  map[string]int64 // what it takes off, by currency
	Minimums map[string]int64 // what the goods must cost at least, by currency; none: anything
	Expires  time.Time        // zero: never
	Uses     int64            // how many orders may use it; 0: any number
}

// canonical is the form in which a code is kept and compared.
func canonical(code string) string { return strings.ToUpper(strings.TrimSpace(code)) }

// promotionField is the request field that all refusals of a code name.
const promotionField = "promotion_code"

// The refusals of a code. ErrPromotionUsedUp is one more.
var (
	errPromotionUnknown  = fault.InvalidField(promotionField, "promotion_unknown", "There is no such code.")
	errPromotionExpired  = fault.InvalidField(promotionField, "promotion_expired", "This code has expired.")
	errPromotionCurrency = fault.InvalidField(promotionField, "promotion_currency", "This code is not for orders in this currency.")
	errPromotionNotHere  = fault.InvalidField(promotionField, "promotion_not_here", "This order takes no code.")
)

// fits says why the promotion is not for goods of that price, or nil.
func (p *Promotion) fits(goods int64, currency string) error {
	if _, ok := p.Amounts[currency]; p.Percent == 0 && !ok {
		return errPromotionCurrency
	}
	if len(p.Minimums) == 0 {
		return nil
	}

	least, ok := p.Minimums[currency]
	switch {
	case !ok:
		return errPromotionCurrency
	case goods < least:
		return fault.InvalidField(promotionField, "promotion_minimum", "The order is too small for this code.").
			With("minimum", least).With("currency", currency)
	}

	return nil
}

// off is what the promotion takes off goods that it fits: never more than they
// cost. A percentage is rounded to the currency's step, half of one in favour
// of the buyer.
func (p *Promotion) off(goods int64, currency string) int64 {
	if p.Percent == 0 {
		return min(p.Amounts[currency], goods)
	}
	step, whole := money.Step(currency), int64(100*100)
	return min((goods*p.Percent+whole*step/2)/(whole*step)*step, goods)
}

// HasPromotions reports whether there is any code to enter.
func (c *Catalog) HasPromotions() bool { return len(c.promotions) > 0 }
