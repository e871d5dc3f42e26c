package billing

import (
	"cmp"
	"maps"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// products is the resource https://docs.stripe.com/api/products.
var products = api.RecordAPI{
	Kind:    api.KindProduct,
	Prefix:  "prod",
	Short:   true,
	Event:   "product",
	Filters: []string{"active", "shippable", "type", "url"},
	Select: func(c *api.Call) func(*api.Record) bool {
		chosen := api.OneOf(c.Params, "ids")
		return func(rec *api.Record) bool { return chosen(rec.ID) }
	},
	Defaults: func(c *api.Call) (map[string]any, error) {
		return plainProduct(c.Now.Unix(), c.Params.String("name")), nil
	},
	Finish: func(c *api.Call, fields map[string]any) error {
		if fields["default_price_data"] == nil {
			return nil
		}

		// The price needs the ID of the product, so the product gets one now.
		delete(fields, "default_price_data")
		id, _ := fields["id"].(string)
		if id == "" {
			id = wire.NewShortID("prod")
			fields["id"] = id
		}

		if err := checkRecurring(c.Params.At("default_price_data")); err != nil {
			return err
		}

		price, err := newPrice(c, c.Params.At("default_price_data"), id)
		if err != nil {
			return err
		}

		c.Tx.Put(price)
		c.Emit("price.created", price)
		fields["default_price"] = price.ID

		return nil
	},
}

// deleteProduct handles DELETE /v1/products/{id}. As at Stripe, a product that
// has prices stays.
func deleteProduct(c *call) (any, error) {
	for price := range memory.All[*api.Record](c.Tx, api.KindPrice) {
		if price.Text("product") == c.ID {
			return nil, wire.Invalid("", "",
				"This product cannot be deleted because it has one or more user-created prices.")
		}
	}
	return products.Remove(c.API())
}

// plainProduct returns the fields of a product of which only the name is known.
func plainProduct(now int64, name string) map[string]any {
	return map[string]any{
		"active":               true,
		"attributes":           []any{},
		"created":              now,
		"default_price":        nil,
		"description":          nil,
		"images":               []any{},
		"livemode":             false,
		"marketing_features":   []any{},
		"metadata":             map[string]string{},
		"name":                 name,
		"package_dimensions":   nil,
		"shippable":            nil,
		"statement_descriptor": nil,
		"tax_code":             nil,
		"type":                 "service",
		"unit_label":           nil,
		"updated":              now,
		"url":                  nil,
	}
}

// prices is the resource https://docs.stripe.com/api/prices.
var prices = api.RecordAPI{
	Kind:    api.KindPrice,
	Prefix:  "price",
	Event:   "price",
	Filters: []string{"active", "product", "currency", "type"},
	Private: []string{"currency_options", "transfer_lookup_key"},
	Select: func(c *api.Call) func(*api.Record) bool {
		key := api.OneOf(c.Params, "lookup_keys")
		interval := api.Equals(c.Params, "recurring", "interval")
		usage := api.Equals(c.Params, "recurring", "usage_type")
		meter := api.Equals(c.Params, "recurring", "meter")

		return func(rec *api.Record) bool {
			recurring, _ := rec.Fields["recurring"].(map[string]any)
			return key(api.TextOf(rec.Fields["lookup_key"])) && interval(api.TextOf(recurring["interval"])) &&
				usage(api.TextOf(recurring["usage_type"])) && meter(api.TextOf(recurring["meter"]))
		}
	},
}

// createPrice handles POST /v1/prices. With product_data it creates the
// product, too.
func createPrice(c *call) (any, error) {
	if c.Params.Has("product") && c.Params.Has("product_data") {
		return nil, wire.Malformed("", "product_data",
			"You may only specify one of these parameters: product, product_data.")
	}

	product := c.Params.String("product")
	if data := c.Params.At("product_data"); data != nil {
		created, err := c.productOf(data)
		if err != nil {
			return nil, err
		}

		product = created.ID
	}

	if product == "" {
		return nil, wire.MissingParam("product")
	}
	if _, ok := products.Find(c.API(), product); !ok {
		return nil, wire.NoSuch(api.KindProduct, "product", product)
	}
	if _, err := c.CurrencyOf(); err != nil {
		return nil, err
	}
	if err := checkRecurring(c.Params); err != nil {
		return nil, err
	}

	if err := checkUnitAmount(c.Params); err != nil {
		return nil, err
	}
	if err := checkTiers(c.Params); err != nil {
		return nil, err
	}
	if err := checkTransform(c.Params); err != nil {
		return nil, err
	}

	price, err := newPrice(c.API(), c.Params, product)
	if err != nil {
		return nil, err
	}
	if err := c.claimLookupKey(price); err != nil {
		return nil, err
	}

	c.Tx.Put(price)
	c.Emit("price.created", price)

	return price, nil
}

// productOf creates the product that product_data describes.
func (c *call) productOf(data *wire.Params) (*api.Record, error) {
	fields, _ := c.Shape("product_data").Value(data, plainProduct(c.Now.Unix(), "")).(map[string]any)
	fields["metadata"] = wire.MergeMetadata(nil, data)

	id := cmp.Or(data.String("id"), wire.NewShortID("prod"))
	if _, taken := c.Tx.Get(id); taken {
		return nil, wire.Invalid("resource_already_exists", "product_data[id]", "Product already exists.")
	}

	created := api.NewRecord(api.KindProduct, id, fields)
	c.Tx.Put(created)
	c.Emit("product.created", created)

	return created, nil
}

// newPrice builds a price from the parameters of POST /v1/prices or from
// default_price_data. It does not store the price.
func newPrice(c *api.Call, p *wire.Params, product string) (*api.Record, error) {
	amount, decimal := unitAmount(p)
	fields := map[string]any{
		"active":              !p.Has("active") || p.Bool("active"),
		"billing_scheme":      cmp.Or(p.String("billing_scheme"), "per_unit"),
		"created":             c.Now.Unix(),
		"currency":            strings.ToLower(p.String("currency")),
		"custom_unit_amount":  customAmount(p.At("custom_unit_amount")),
		"livemode":            false,
		"lookup_key":          p.Text("lookup_key"),
		"metadata":            wire.MergeMetadata(nil, p),
		"nickname":            p.Text("nickname"),
		"product":             product,
		"recurring":           nil,
		"tax_behavior":        cmp.Or(p.String("tax_behavior"), "unspecified"),
		"tiers_mode":          p.Text("tiers_mode"),
		"transform_quantity":  transformOf(p),
		"type":                "one_time",
		"unit_amount":         amount,
		"unit_amount_decimal": decimal,
	}

	if r := p.At("recurring"); r != nil {
		count := int64(1)
		if r.Has("interval_count") {
			count = r.Int("interval_count")
		}

		fields["type"] = "recurring"
		fields["recurring"] = map[string]any{
			"aggregate_usage":   r.Text("aggregate_usage"),
			"interval":          r.String("interval"),
			"interval_count":    count,
			"meter":             r.Text("meter"),
			"trial_period_days": number(r, "trial_period_days"),
			"usage_type":        cmp.Or(r.String("usage_type"), "licensed"),
		}
	}

	price := api.NewRecord(api.KindPrice, wire.NewID("price"), fields)
	price.Private.Tiers = readTiers(p)

	var err error
	price.Private.CurrencyOptions, err = readCurrencyOptions(nil, p)
	return price, err
}

// coupons is the resource https://docs.stripe.com/api/coupons.
var coupons = api.RecordAPI{
	Kind:    api.KindCoupon,
	Event:   "coupon",
	Private: []string{"currency_options"},
	Defaults: func(_ *api.Call) (map[string]any, error) {
		return map[string]any{
			"id":                 wire.RandomText(8),
			"amount_off":         nil,
			"currency":           nil,
			"duration":           "once",
			"duration_in_months": nil,
			"max_redemptions":    nil,
			"name":               nil,
			"percent_off":        nil,
			"redeem_by":          nil,
			"times_redeemed":     int64(0),
			"valid":              true,
		}, nil
	},
	Finish: func(_ *api.Call, fields map[string]any) error {
		off, percent := fields["amount_off"] != nil, fields["percent_off"] != nil
		switch {
		case off == percent:
			return wire.Invalid("", "", "You must specify either `percent_off` or `amount_off`, and not both.")
		case off && fields["currency"] == nil:
			return wire.MissingParam("currency")
		case fields["duration"] == "repeating" && fields["duration_in_months"] == nil:
			return wire.MissingParam("duration_in_months")
		}
		return nil
	},
}

// promotions is the resource https://docs.stripe.com/api/promotion_codes.
var promotions = api.RecordAPI{
	Kind:    api.KindPromotion,
	Prefix:  "promo",
	Noun:    "promotion code",
	Event:   "promotion_code",
	Filters: []string{"active", "customer"},
	Select: func(c *api.Call) func(*api.Record) bool {
		coupon, code := api.Equals(c.Params, "coupon"), c.Params.String("code")
		return func(rec *api.Record) bool {
			inner, _ := rec.Fields["coupon"].(map[string]any)
			return coupon(api.TextOf(inner["id"])) && (code == "" || strings.EqualFold(code, rec.Text("code")))
		}
	},
	Defaults: func(c *api.Call) (map[string]any, error) {
		return map[string]any{
			"active":          true,
			"code":            strings.ToUpper(wire.RandomText(8)),
			"customer":        nil,
			"expires_at":      nil,
			"max_redemptions": nil,
			"restrictions": map[string]any{
				"first_time_transaction":  false,
				"minimum_amount":          nil,
				"minimum_amount_currency": nil,
			},
			"times_redeemed": int64(0),
		}, nil
	},
	Finish: func(c *api.Call, fields map[string]any) error {
		if c.Params.Has("coupon") && c.Params.Has("promotion") {
			return wire.Malformed("", "promotion", "You may only specify one of these parameters: coupon, promotion.")
		}

		id := cmp.Or(c.Params.String("coupon"), c.Params.String("promotion", "coupon"))
		coupon, ok := coupons.Find(c, id)
		if !ok {
			return wire.NoSuch(api.KindCoupon, "coupon", id)
		}
		if err := refuseMinimums(c); err != nil {
			return err
		}

		// This API version shows the coupon itself instead of promotion.
		delete(fields, "promotion")
		fields["coupon"] = coupon.Fields
		return nil
	},
}

// listPromotions handles GET /v1/promotion_codes.
func listPromotions(c *call) (any, error) {
	if _, err := c.ListedCustomer(); err != nil {
		return nil, err
	}
	return promotions.List(c.API())
}

// refuseMinimums refuses minimum amounts of a promotion code in several
// currencies.
func refuseMinimums(c *api.Call) error {
	if c.Params.Has("restrictions", "currency_options") {
		return wire.NotSimulated("restrictions[currency_options]")
	}
	return nil
}

// updatePromotion handles POST /v1/promotion_codes/{id}.
func updatePromotion(c *call) (any, error) {
	if err := refuseMinimums(c.API()); err != nil {
		return nil, err
	}
	return promotions.Update(c.API())
}

// createCoupon handles POST /v1/coupons.
func createCoupon(c *call) (any, error) {
	created, err := coupons.Create(c.API())
	if err != nil || !c.Params.Has("currency_options") {
		return created, err
	}

	rec, ok := created.(*api.Record)
	if !ok {
		return created, nil
	}

	next := rec.With(nil)
	next.Private.CurrencyOptions = map[string]any{}

	sent := c.Params.At("currency_options")
	for _, name := range sent.Names() {
		option := map[string]any{"amount_off": sent.Int(name, "amount_off")}
		next.Private.CurrencyOptions[strings.ToLower(name)] = option
	}

	c.Tx.Put(next)
	return next, nil
}

// couponOptions returns what a coupon takes off in each of its currencies, as
// expand[]=currency_options shows it.
func couponOptions(coupon *api.Record) map[string]any {
	out := map[string]any{}
	if cur := coupon.Text("currency"); cur != "" {
		out[cur] = map[string]any{"amount_off": coupon.Fields["amount_off"]}
	}

	maps.Copy(out, coupon.Private.CurrencyOptions)
	return out
}
