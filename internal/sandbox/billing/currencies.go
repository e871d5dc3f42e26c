package billing

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// readCurrencyOptions returns prev with the currencies that currency_options
// adds to a price or changes. It does not change prev. See
// https://docs.stripe.com/products-prices/pricing-models#multicurrency.
func readCurrencyOptions(prev map[string]any, p *wire.Params) (map[string]any, error) {
	out := map[string]any{}
	if !p.Unset("currency_options") {
		maps.Copy(out, prev)
	}

	sent := p.At("currency_options")
	for _, name := range sent.Names() {
		cur, option := strings.ToLower(name), sent.At(name)
		if !api.KnownCurrency(cur) {
			return nil, wire.Malformed("", option.Path, "Invalid currency: %s.", cur)
		}
		if err := checkUnitAmount(option); err != nil {
			return nil, err
		}

		amount, decimal := unitAmount(option)
		out[cur] = map[string]any{
			"custom_unit_amount":  customAmount(option.At("custom_unit_amount")),
			"tax_behavior":        cmp.Or(option.String("tax_behavior"), "unspecified"),
			"unit_amount":         amount,
			"unit_amount_decimal": decimal,
		}
	}

	return out, nil
}

// currencyOptions returns what a price costs in each of its currencies, as
// expand[]=currency_options shows it.
func currencyOptions(price *api.Record) map[string]any {
	out := map[string]any{price.Text("currency"): map[string]any{
		"custom_unit_amount":  price.Fields["custom_unit_amount"],
		"tax_behavior":        price.Fields["tax_behavior"],
		"unit_amount":         price.Fields["unit_amount"],
		"unit_amount_decimal": price.Fields["unit_amount_decimal"],
	}}
	maps.Copy(out, price.Private.CurrencyOptions)
	return out
}

// unitIn returns what one unit of a price costs in a currency, or in the
// price's own if cur is empty, and that currency. param is the parameter that
// names the price.
func unitIn(price *api.Record, cur, param string) (int64, string, error) {
	own, options := price.Text("currency"), currencyOptions(price)
	cur = cmp.Or(cur, own)

	option, ok := options[cur].(map[string]any)
	switch {
	case !ok:
		return 0, "", wire.Invalid("", "currency",
			"The price specified only supports `%s`. This doesn't match the expected currency: `%s`.",
			strings.Join(slices.Sorted(maps.Keys(options)), "`, `"), cur)
	case price.Text("billing_scheme") != "per_unit":
		return 0, "", wire.NotSimulated(param + " with tiers")
	case option["unit_amount"] == nil:
		return 0, "", wire.NotSimulated(param + " with fractions of the minor unit or without an amount")
	}

	return api.WholeNumber(option["unit_amount"]), cur, nil
}

// packs returns how many units of a price a quantity is billed as. See
// https://docs.stripe.com/billing/subscriptions/usage-based/transform-quantities.
func packs(price *api.Record, quantity int64) int64 {
	transform, _ := price.Fields["transform_quantity"].(map[string]any)
	size := api.WholeNumber(transform["divide_by"])
	if size < 1 {
		return quantity
	}

	whole := quantity / size
	if quantity%size != 0 && transform["round"] == "up" {
		whole++
	}
	return whole
}

// transformOf returns how a new price transforms quantities, nil if it does
// not.
func transformOf(p *wire.Params) any {
	sent := p.At("transform_quantity")
	if sent == nil {
		return nil
	}
	return map[string]any{"divide_by": sent.Int("divide_by"), "round": sent.String("round")}
}

// checkTransform refuses what Stripe refuses of transform_quantity.
func checkTransform(p *wire.Params) error {
	sent := p.At("transform_quantity")
	switch {
	case sent == nil:
		return nil
	case sent.Int("divide_by") < 1:
		return wire.Malformed("parameter_invalid_integer", "transform_quantity[divide_by]",
			"This value must be greater than or equal to 1.")
	case p.String("billing_scheme") == "tiered":
		return wire.Malformed("", "transform_quantity", "You cannot use `transform_quantity` with tiered pricing.")
	}
	return nil
}

// claimLookupKey takes the lookup key of a price from the price that has it, if
// the request allows that.
func (c *call) claimLookupKey(price *api.Record) error {
	key, transfer := c.Params.String("lookup_key"), c.Params.Bool("transfer_lookup_key")
	if key == "" {
		return nil
	}

	for holder := range memory.All[*api.Record](c.Tx, api.KindPrice) {
		if holder.ID == price.ID || api.TextOf(holder.Fields["lookup_key"]) != key {
			continue
		}
		if !transfer {
			return wire.Invalid("", "lookup_key", "A price (`%s`) already uses that lookup key.", holder.ID)
		}

		next := holder.With(map[string]any{"lookup_key": nil})
		c.Tx.Put(next)
		c.EmitUpdate("price.updated", next, holder)
	}

	return nil
}

// updatePrice handles POST /v1/prices/{id}.
func updatePrice(c *call) (any, error) {
	prev, err := prices.FromPath(c.API())
	if err != nil {
		return nil, err
	}

	next := prev.With(map[string]any{"metadata": wire.MergeMetadata(prev.Metadata(), c.Params)})
	c.ApplyParams(next.Fields, prices.Private...)

	if next.Private.CurrencyOptions, err = readCurrencyOptions(prev.Private.CurrencyOptions, c.Params); err != nil {
		return nil, err
	}
	if err := c.claimLookupKey(next); err != nil {
		return nil, err
	}

	c.Tx.Put(next)
	c.EmitUpdate("price.updated", next, prev)
	return next, nil
}
