package sandbox

import (
	"cmp"
	"strconv"
	"strings"
)

// products: https://docs.stripe.com/api/products.
var products = recordAPI{
	kind: kindProduct, prefix: "prod", short: true, event: "product", filters: []string{"active", "url"},
	defaults: func(c *call) (map[string]any, error) {
		return plainProduct(c.now.Unix(), c.p.str("name")), nil
	},
	finish: func(c *call, fields map[string]any) error {
		if fields["default_price_data"] == nil {
			return nil
		}
		delete(fields, "default_price_data")
		id, _ := fields["id"].(string)
		if id == "" {
			id = newShortID("prod")
			fields["id"] = id
		}
		if err := checkRecurring(c.p.at("default_price_data")); err != nil {
			return err
		}
		price := c.newPrice(c.p.at("default_price_data"), id)
		c.tx.put(price)
		c.emit("price.created", price)
		fields["default_price"] = price.id
		return nil
	},
}

// plainProduct is a product of which only the name is known.
func plainProduct(now int64, name string) map[string]any {
	return map[string]any{
		"active": true, "created": now, "default_price": nil, "description": nil, "images": []any{}, "livemode": false,
		"marketing_features": []any{}, "metadata": map[string]string{}, "name": name, "package_dimensions": nil, "shippable": nil,
		"statement_descriptor": nil, "tax_code": nil, "type": "service", "unit_label": nil, "updated": now, "url": nil,
	}
}

// prices: https://docs.stripe.com/api/prices.
var prices = recordAPI{kind: kindPrice, prefix: "price", event: "price", filters: []string{"active", "product", "currency", "type"}}

func createPrice(c *call) (any, error) {
	product := c.p.str("product")
	if data := c.p.at("product_data"); data != nil {
		made := newRecord(kindProduct, newShortID("prod"), plainProduct(c.now.Unix(), data.str("name")))
		made.fields["metadata"] = mergeMetadata(nil, data)
		c.tx.put(made)
		c.emit("product.created", made)
		product = made.id
	}
	if product == "" {
		return nil, missingParam("product")
	}
	if _, ok := products.find(c, product); !ok {
		return nil, noSuch(kindProduct, "product", product)
	}
	if _, err := c.currencyOf(); err != nil {
		return nil, err
	}
	if err := checkRecurring(c.p); err != nil {
		return nil, err
	}
	price := c.newPrice(c.p, product)
	c.tx.put(price)
	c.emit("price.created", price)
	return price, nil
}

// newPrice builds a price from the parameters of POST /v1/prices or from default_price_data.
func (c *call) newPrice(p *params, product string) *Record {
	amount := p.str("unit_amount")
	fields := map[string]any{
		"active": !p.has("active") || p.flag("active"), "billing_scheme": cmp.Or(p.str("billing_scheme"), "per_unit"),
		"created": c.now.Unix(), "currency": strings.ToLower(p.str("currency")), "custom_unit_amount": nil, "livemode": false,
		"lookup_key": p.text("lookup_key"), "metadata": mergeMetadata(nil, p), "nickname": p.text("nickname"), "product": product,
		"recurring": nil, "tax_behavior": cmp.Or(p.str("tax_behavior"), "unspecified"), "tiers_mode": nil,
		"transform_quantity": nil, "type": "one_time", "unit_amount": nil, "unit_amount_decimal": nil,
	}
	if n, err := strconv.ParseInt(amount, 10, 64); err == nil {
		fields["unit_amount"], fields["unit_amount_decimal"] = n, amount
	}
	if r := p.at("recurring"); r != nil {
		count := int64(1)
		if r.has("interval_count") {
			count = r.num("interval_count")
		}
		fields["type"] = "recurring"
		fields["recurring"] = map[string]any{
			"aggregate_usage": nil, "interval": r.str("interval"), "interval_count": count, "meter": nil,
			"trial_period_days": nil, "usage_type": cmp.Or(r.str("usage_type"), "licensed"),
		}
	}
	return newRecord(kindPrice, newID("price"), fields)
}

// coupons: https://docs.stripe.com/api/coupons.
var coupons = recordAPI{
	kind: kindCoupon, event: "coupon",
	defaults: func(_ *call) (map[string]any, error) {
		return map[string]any{
			"id": randomText(8), "amount_off": nil, "currency": nil, "duration": "once", "duration_in_months": nil,
			"max_redemptions": nil, "name": nil, "percent_off": nil, "redeem_by": nil, "times_redeemed": int64(0), "valid": true,
		}, nil
	},
	finish: func(_ *call, fields map[string]any) error {
		off, percent := fields["amount_off"] != nil, fields["percent_off"] != nil
		switch {
		case off == percent:
			return invalid("", "", "You must specify either `percent_off` or `amount_off`, and not both.")
		case off && fields["currency"] == nil:
			return missingParam("currency")
		case fields["duration"] == "repeating" && fields["duration_in_months"] == nil:
			return missingParam("duration_in_months")
		}
		return nil
	},
}

// promotions: https://docs.stripe.com/api/promotion_codes.
var promotions = recordAPI{
	kind: kindPromotion, prefix: "promo", noun: "promotion code", event: "promotion_code", filters: []string{"active", "code", "customer"},
	defaults: func(c *call) (map[string]any, error) {
		return map[string]any{
			"active": true, "code": strings.ToUpper(randomText(8)), "customer": nil, "expires_at": nil, "max_redemptions": nil,
			"restrictions":   map[string]any{"first_time_transaction": false, "minimum_amount": nil, "minimum_amount_currency": nil},
			"times_redeemed": int64(0),
		}, nil
	},
	finish: func(c *call, fields map[string]any) error {
		id := cmp.Or(c.p.str("coupon"), c.p.str("promotion", "coupon"))
		coupon, ok := coupons.find(c, id)
		if !ok {
			return noSuch(kindCoupon, "coupon", id)
		}
		delete(fields, "promotion")
		fields["coupon"] = coupon.fields
		return nil
	},
}

func listPromotions(c *call) (any, error) {
	coupon := c.p.str("coupon")
	return page(c, kindPromotion, "", func(rec *Record) bool {
		inner, _ := rec.fields["coupon"].(map[string]any)
		return (coupon == "" || inner["id"] == coupon) &&
			(!c.p.has("active") || c.p.str("active") == textOf(rec.fields["active"])) &&
			(!c.p.has("code") || strings.EqualFold(c.p.str("code"), rec.text("code")))
	})
}
