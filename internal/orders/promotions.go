package orders

import (
	"strings"
	"time"

	"checkoutd/internal/cleantext"
	"checkoutd/internal/fault"
	"checkoutd/internal/money"
)

// Promotion is a code that reduces the price of an order's goods.
type Promotion struct {
	Code     string           // in capitals; buyers may type it in any case
	Percent  int64            // in hundredths of a percent; 0: Amounts apply
	Amounts  map[string]int64 // the discount by currency
	Minimums map[string]int64 // the lowest price of the goods by currency; none: no minimum
	Expires  time.Time        // zero: never
	Uses     int64            // how many orders may use it; 0: no limit
}

// canonical returns the form in which codes are stored and compared.
func canonical(code string) string {
	clean, err := cleantext.Line(code)
	if err != nil {
		clean = code // which is no code: "" would take the order's code off
	}
	return strings.ToUpper(clean)
}

// promotionField is the field of the request that every rejection of a code
// names.
const promotionField = "promotion_code"

// The rejections of a code; ErrPromotionUsedUp is another one.
var (
	errPromotionUnknown  = fault.InvalidField(promotionField, "promotion_unknown", "There is no such code.")
	errPromotionExpired  = fault.InvalidField(promotionField, "promotion_expired", "This code has expired.")
	errPromotionCurrency = fault.InvalidField(promotionField, "promotion_currency",
		"This code cannot be used with this currency.")
	errPromotionNotHere = fault.InvalidField(promotionField, "promotion_not_here",
		"Promotion codes cannot be used with this order.")
)

// fits returns why the promotion does not apply to goods of that price, nil if
// it does.
func (p *Promotion) fits(goods int64, currency string) error {
	if _, ok := p.Amounts[currency]; p.Percent == 0 && !ok {
		return errPromotionCurrency
	}
	if len(p.Minimums) == 0 {
		return nil
	}

	minimum, ok := p.Minimums[currency]
	switch {
	case !ok:
		return errPromotionCurrency
	case goods < minimum:
		return fault.InvalidField(promotionField, "promotion_minimum",
			"The order is too small for this code.").
			With("minimum", minimum).With("currency", currency)
	}

	return nil
}

// discount returns what the promotion takes off goods to which it applies:
// never more than they cost. A percentage is rounded to the currency's smallest
// step, half a step in favor of the buyer.
func (p *Promotion) discount(goods int64, currency string) int64 {
	if p.Percent == 0 {
		return min(p.Amounts[currency], goods)
	}
	step, whole := money.Step(currency), int64(100*100)
	return min((goods*p.Percent+whole*step/2)/(whole*step)*step, goods)
}

// HasPromotions reports whether the catalog has any promotion code.
func (c *Catalog) HasPromotions() bool { return len(c.promotions) > 0 }
