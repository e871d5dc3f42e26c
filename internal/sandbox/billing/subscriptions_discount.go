package billing

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// DiscountAmount is how much a discount takes off a line or an invoice.
type DiscountAmount struct {
	Amount   int64  `json:"amount"`
	Discount string `json:"discount"`
}

// readDiscounts applies the coupons and promotion codes of the request to a
// subscription. See https://docs.stripe.com/billing/subscriptions/coupons.
func (c *call) readDiscounts(sub *Subscription) error {
	for _, name := range []string{"coupon", "promotion_code"} { // the older way, without discounts
		if c.Params.String(name) != "" {
			if err := c.addDiscount(sub, c.Params); err != nil {
				return err
			}
		}
	}

	for _, p := range c.Params.Members("discounts") {
		if p.Has("discount") {
			return wire.NotSimulated(payments.Pathed(p, "discount"))
		}
		if err := c.addDiscount(sub, p); err != nil {
			return err
		}
	}

	return nil
}

func (c *call) addDiscount(sub *Subscription, p *wire.Params) error {
	coupon, code, err := c.couponOf(p, sub.Customer, sub)
	if err != nil {
		return err
	}
	if _, ok := amountOff(coupon, sub.Currency); !ok {
		return wire.Invalid("", payments.Pathed(p, "coupon"),
			"The coupon specified (%s) is in %s, but the subscription is in %s.",
			coupon.ID, coupon.Text("currency"), sub.Currency)
	}

	rec := c.newDiscount(coupon, code, sub.Customer, &sub.ID)
	c.Tx.Put(rec)
	c.Emit("customer.discount.created", rec)
	sub.Discounts = append(slices.Clone(sub.Discounts), rec.ID)
	sub.Discount = rec

	return nil
}

// newDiscount returns the discount of a customer or, if sub is set, of a
// subscription. It does not store it.
func (c *call) newDiscount(coupon *api.Record, code, customer string, sub *string) *api.Record {
	var end any
	if months := api.WholeNumber(coupon.Fields["duration_in_months"]); coupon.Text("duration") == "repeating" {
		end = c.Now.AddDate(0, int(months), 0).Unix()
	}

	rec := api.NewRecord(api.KindDiscount, wire.NewID("di"), map[string]any{
		"checkout_session":  nil,
		"coupon":            coupon.Fields,
		"customer":          customer,
		"end":               end,
		"invoice":           nil,
		"invoice_item":      nil,
		"promotion_code":    wire.OrNil(code),
		"start":             c.Now.Unix(),
		"subscription":      sub,
		"subscription_item": nil,
	}, cmp.Or(wire.Deref(sub), customer))
	rec.Private.CurrencyOptions = coupon.Private.CurrencyOptions

	return rec
}

// amountOff returns what a coupon or discount takes off in a currency: 0 for
// one that takes off a percentage. It returns false if the coupon takes off
// amounts of other currencies only.
func amountOff(rec *api.Record, cur string) (int64, bool) {
	coupon := rec.Fields
	if inner, ok := rec.Fields["coupon"].(map[string]any); ok {
		coupon = inner
	}

	if coupon["amount_off"] == nil || api.TextOf(coupon["currency"]) == cur {
		return api.WholeNumber(coupon["amount_off"]), true
	}

	option, ok := rec.Private.CurrencyOptions[cur].(map[string]any)
	return api.WholeNumber(option["amount_off"]), ok
}

// couponOf returns the coupon that the request names directly or by promotion
// code, and the ID of the code. It fails if either cannot be used by the
// customer or, if sub is not nil, for the subscription.
func (c *call) couponOf(p *wire.Params, customer string, sub *Subscription) (*api.Record, string, error) {
	param, id := payments.Pathed(p, "coupon"), p.String("coupon")
	var code string
	if sent := p.String("promotion_code"); sent != "" {
		promo, ok := promotions.Find(c.API(), sent)
		if !ok {
			return nil, "", wire.NoSuch("promotion code", payments.Pathed(p, "promotion_code"), sent)
		}

		owner := api.TextOf(promo.Fields["customer"])
		expiresAt := api.WholeNumber(promo.Fields["expires_at"])
		if promo.Fields["active"] != true || owner != "" && owner != customer ||
			expiresAt != 0 && expiresAt <= c.Now.Unix() {
			return nil, "", wire.Invalid("promotion_code_inactive",
				payments.Pathed(p, "promotion_code"),
				"This promotion code cannot be used: it is inactive, has expired or belongs to another customer.")
		}
		if err := checkMinimum(promo, sub); err != nil {
			return nil, "", err
		}

		inner, _ := promo.Fields["coupon"].(map[string]any)
		param, id, code = payments.Pathed(p, "promotion_code"), api.TextOf(inner["id"]), sent
	}

	coupon, ok := coupons.Find(c.API(), id)
	if !ok {
		return nil, "", wire.NoSuch(api.KindCoupon, param, id)
	}

	redeemBy := api.WholeNumber(coupon.Fields["redeem_by"])
	switch {
	case coupon.Fields["valid"] != true || redeemBy != 0 && redeemBy <= c.Now.Unix():
		return nil, "", wire.Invalid("coupon_expired", param, "Coupon expired: %s", id)
	case coupon.Fields["applies_to"] != nil:
		return nil, "", wire.NotSimulated(param + " restricted to products")
	}

	return coupon, code, nil
}

// checkMinimum refuses a promotion code if the subscription costs less than the
// code's minimum amount. A customer without a subscription buys nothing yet.
func checkMinimum(promo *api.Record, sub *Subscription) error {
	rules, _ := promo.Fields["restrictions"].(map[string]any)
	minimum := api.WholeNumber(rules["minimum_amount"])
	if minimum > 0 && sub == nil {
		return wire.NotSimulated("a promotion_code with a minimum amount on a customer")
	}

	if minimum > 0 && minimum > sub.amount() {
		return wire.Invalid("", "promotion_code",
			"This promotion code cannot be redeemed because the minimum amount of %s is not reached.",
			api.FormatAmount(minimum, sub.Currency))
	}
	return nil
}

// discountsOf returns the discounts that apply to the subscription's current
// period. Those of the subscription replace the customer's.
func (c *call) discountsOf(sub *Subscription, cus *payments.Customer) []*api.Record {
	if len(sub.Discounts) == 0 {
		return c.customerDiscount(cus, sub.CurrentPeriodStart)
	}

	var out []*api.Record
	for _, id := range sub.Discounts {
		if rec, ok := memory.Find[*api.Record](c.Tx, id); ok && !discountEnded(rec, sub.CurrentPeriodStart) {
			out = append(out, rec)
		}
	}
	return out
}

// discountEnded reports whether a discount has ended by the given time.
func discountEnded(discount *api.Record, t int64) bool {
	return discount.Fields["end"] != nil && api.WholeNumber(discount.Fields["end"]) <= t
}

// dropDiscounts removes the discounts that ended with the previous period:
// those for one invoice and those whose months are over.
func (c *call) dropDiscounts(sub *Subscription, wasTrial bool) {
	var kept []string
	for _, id := range sub.Discounts {
		rec, ok := memory.Find[*api.Record](c.Tx, id)
		if !ok {
			continue
		}

		coupon, _ := rec.Fields["coupon"].(map[string]any)
		if discountEnded(rec, sub.CurrentPeriodStart) || coupon["duration"] == "once" && !wasTrial {
			c.Emit("customer.discount.deleted", rec)
			continue
		}

		kept = append(kept, id)
	}

	sub.Discounts, sub.Discount = []string{}, nil
	for _, id := range kept {
		sub.Discounts = append(sub.Discounts, id)
		sub.Discount, _ = memory.Find[*api.Record](c.Tx, id)
	}
}

// applyDiscounts reduces the amounts of a draft, whose lines have been set
// before, by one discount after the other. A discount in another currency does
// not apply.
func (o *Invoice) applyDiscounts(discounts []*api.Record) {
	o.Discount, o.Discounts, o.TotalDiscountAmounts = nil, []string{}, []DiscountAmount{}

	var total int64
	for _, rec := range discounts {
		coupon, _ := rec.Fields["coupon"].(map[string]any)
		off, ok := amountOff(rec, o.Currency)
		if !ok {
			continue
		}

		var sum int64
		for _, line := range o.Lines.Data {
			if !line.Discountable {
				continue
			}

			left := line.Amount - line.discounted()
			cut := max(0, min(left, off))
			if coupon["percent_off"] != nil {
				cut = int64(math.Round(float64(left) * floatOf(coupon["percent_off"]) / 100))
			}

			off, sum = off-cut, sum+cut
			line.DiscountAmounts = append(line.DiscountAmounts, DiscountAmount{cut, rec.ID})
		}

		total += sum
		o.Discounts = append(o.Discounts, rec.ID)
		o.TotalDiscountAmounts = append(o.TotalDiscountAmounts, DiscountAmount{sum, rec.ID})
	}

	if len(discounts) == 1 && len(o.Discounts) == 1 {
		o.Discount = discounts[0]
	}

	o.Total, o.TotalExcludingTax = o.Subtotal-total, o.Subtotal-total
	o.setAmountDue(o.StartingBalance)
}

// discounted returns how much the discounts take off a line.
func (o *InvoiceLine) discounted() int64 {
	var sum int64
	for _, cut := range o.DiscountAmounts {
		sum += cut.Amount
	}
	return sum
}

// floatOf converts a number that may have come from JSON.
func floatOf(v any) float64 {
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

	return float64(api.WholeNumber(v))
}
