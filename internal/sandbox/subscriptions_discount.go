package sandbox

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// DiscountAmount is how much of a line or an invoice a discount takes off.
type DiscountAmount struct {
	Amount   int64  `json:"amount"`
	Discount string `json:"discount"`
}

// readDiscounts puts the coupons and promotion codes of the call on a subscription.
// See https://docs.stripe.com/billing/subscriptions/coupons.
func (c *call) readDiscounts(sub *Subscription) error {
	for _, older := range []string{"coupon", "promotion_code"} {
		if c.p.str(older) != "" {
			if err := c.addDiscount(sub, c.p); err != nil {
				return err
			}
		}
	}
	for _, p := range c.p.members("discounts") {
		if p.has("discount") {
			return notSimulated(pathed(p, "discount"))
		}
		if err := c.addDiscount(sub, p); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) addDiscount(sub *Subscription, p *params) error {
	coupon, code, err := c.couponOf(p, sub)
	if err != nil {
		return err
	}
	if cur := textOf(coupon["currency"]); coupon["amount_off"] != nil && cur != sub.Currency {
		return invalid("", pathed(p, "coupon"), "The coupon specified (%s) is in %s, but the subscription is in %s.", textOf(coupon["id"]), cur, sub.Currency)
	}
	var end any
	if months := wholeNumber(coupon["duration_in_months"]); coupon["duration"] == "repeating" {
		end = c.now.AddDate(0, int(months), 0).Unix()
	}
	rec := newRecord(kindDiscount, newID("di"), map[string]any{
		"checkout_session": nil, "coupon": coupon, "customer": sub.Customer, "end": end, "invoice": nil, "invoice_item": nil,
		"promotion_code": orNil(code), "start": c.now.Unix(), "subscription": sub.ID, "subscription_item": nil,
	}, sub.ID)
	c.tx.put(rec)
	c.emit("customer.discount.created", rec)
	sub.Discounts = append(slices.Clone(sub.Discounts), rec.id)
	sub.Discount = rec
	return nil
}

// couponOf finds the coupon that is named by itself or behind a promotion code, while it may be used.
func (c *call) couponOf(p *params, sub *Subscription) (map[string]any, string, error) {
	param, id := pathed(p, "coupon"), p.str("coupon")
	var code string
	if sent := p.str("promotion_code"); sent != "" {
		promo, ok := promotions.find(c, sent)
		if !ok {
			return nil, "", noSuch("promotion code", pathed(p, "promotion_code"), sent)
		}
		owner := textOf(promo.fields["customer"])
		over := wholeNumber(promo.fields["expires_at"])
		if promo.fields["active"] != true || owner != "" && owner != sub.Customer || over != 0 && over <= c.now.Unix() {
			return nil, "", invalid("promotion_code_inactive", pathed(p, "promotion_code"), "This promotion code cannot be used: it is inactive, expired or another customer's.")
		}
		if err := worth(promo, sub); err != nil {
			return nil, "", err
		}
		inner, _ := promo.fields["coupon"].(map[string]any)
		param, id, code = pathed(p, "promotion_code"), textOf(inner["id"]), sent
	}
	coupon, ok := coupons.find(c, id)
	if !ok {
		return nil, "", noSuch(kindCoupon, param, id)
	}
	by := wholeNumber(coupon.fields["redeem_by"])
	switch {
	case coupon.fields["valid"] != true || by != 0 && by <= c.now.Unix():
		return nil, "", invalid("coupon_expired", param, "Coupon expired: %s", id)
	case coupon.fields["applies_to"] != nil:
		return nil, "", notSimulated(param + " for some products")
	}
	return coupon.fields, code, nil
}

// worth refuses a promotion code whose smallest amount the subscription does not reach.
func worth(promo *Record, sub *Subscription) error {
	rules, _ := promo.fields["restrictions"].(map[string]any)
	if least := wholeNumber(rules["minimum_amount"]); least > sub.amount() {
		return invalid("", "promotion_code", "This promotion code cannot be redeemed because the minimum amount of %s is not reached.", display(least, sub.Currency))
	}
	return nil
}

// discountsOf are a subscription's discounts that count for the period that begins.
func (c *call) discountsOf(sub *Subscription) []*Record {
	var out []*Record
	for _, id := range sub.Discounts {
		if rec, ok := find[*Record](c.tx, id); ok && !over(rec, sub.CurrentPeriodStart) {
			out = append(out, rec)
		}
	}
	return out
}

func over(discount *Record, at int64) bool {
	return discount.fields["end"] != nil && wholeNumber(discount.fields["end"]) <= at
}

// dropDiscounts takes off what ended with the period before: coupons for once and those whose months are over.
func (c *call) dropDiscounts(sub *Subscription, wasTrial bool) {
	var kept []string
	for _, id := range sub.Discounts {
		rec, ok := find[*Record](c.tx, id)
		if !ok {
			continue
		}
		coupon, _ := rec.fields["coupon"].(map[string]any)
		if over(rec, sub.CurrentPeriodStart) || coupon["duration"] == "once" && !wasTrial {
			c.emit("customer.discount.deleted", rec)
			continue
		}
		kept = append(kept, id)
	}
	sub.Discounts, sub.Discount = []string{}, nil
	for _, id := range kept {
		sub.Discounts = append(sub.Discounts, id)
		sub.Discount, _ = find[*Record](c.tx, id)
	}
}

// takeOff lowers what a draft that was just built asks for by its discounts, one after the other.
func (o *Invoice) takeOff(discounts []*Record) {
	var total int64
	for _, rec := range discounts {
		coupon, _ := rec.fields["coupon"].(map[string]any)
		off := wholeNumber(coupon["amount_off"])
		var sum int64
		for _, line := range o.Lines.Data {
			if !line.Discountable {
				continue
			}
			left := line.Amount - line.discounted()
			cut := min(left, off)
			if coupon["percent_off"] != nil {
				cut = int64(math.Round(float64(left) * decimal(coupon["percent_off"]) / 100))
			}
			off, sum = off-cut, sum+cut
			line.DiscountAmounts = append(line.DiscountAmounts, DiscountAmount{cut, rec.id})
		}
		total += sum
		o.Discounts = append(o.Discounts, rec.id)
		o.TotalDiscountAmounts = append(o.TotalDiscountAmounts, DiscountAmount{sum, rec.id})
	}
	if len(discounts) == 1 {
		o.Discount = discounts[0]
	}
	o.Total, o.TotalExcludingTax = o.Subtotal-total, o.Subtotal-total
	o.owe(o.StartingBalance)
}

func (o *InvoiceLine) discounted() int64 {
	var sum int64
	for _, cut := range o.DiscountAmounts {
		sum += cut.Amount
	}
	return sum
}

// decimal reads a number with a fraction that may have come from JSON.
func decimal(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case json.Number:
		f, _ := n.Float64()
		return f
	case string:
		f, _ := strconv.ParseFloat(n, 64)
		return f
	}
	return float64(wholeNumber(v))
}
