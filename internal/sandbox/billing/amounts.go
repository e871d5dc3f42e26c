package billing

import (
	"math/big"
	"strconv"
	"strings"

	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// maxDecimals is how many decimal places Stripe takes in unit_amount_decimal.
const maxDecimals = 12

// checkUnitAmount refuses what Stripe refuses of unit_amount and
// unit_amount_decimal.
func checkUnitAmount(p *wire.Params) error {
	decimal := p.String("unit_amount_decimal")
	if decimal == "" {
		return nil
	}

	name := payments.Pathed(p, "unit_amount_decimal")
	if p.String("unit_amount") != "" {
		return wire.Malformed("", payments.Pathed(p, "unit_amount"),
			"You may only specify one of these parameters: unit_amount, unit_amount_decimal.")
	}

	_, places, _ := strings.Cut(decimal, ".")
	if _, ok := new(big.Rat).SetString(decimal); !ok || strings.ContainsAny(decimal, "/eE_xX") {
		return wire.Malformed("", name, "Invalid decimal: %s", decimal)
	}

	if len(places) > maxDecimals {
		return wire.Malformed("", name, "Invalid decimal: %s; must contain at maximum %d decimal places.",
			decimal, maxDecimals)
	}

	return nil
}

// unitAmount returns the amount of one unit in its two forms: an int64 and a
// string. The first is nil if the amount is not whole; both are if none was
// sent.
func unitAmount(p *wire.Params) (amount, decimal any) {
	return wholeAmount(p, "unit_amount")
}

// wholeAmount reads an amount that may be sent as an integer or, with the
// suffix _decimal, as a decimal.
func wholeAmount(p *wire.Params, name string) (amount, decimal any) {
	text := p.String(name)
	if text == "" {
		text = p.String(name + "_decimal")
	}

	rat, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, nil
	}

	if rat.IsInt() && rat.Num().IsInt64() {
		n := rat.Num().Int64()
		return n, strconv.FormatInt(n, 10)
	}

	return nil, text
}

// number returns an integer parameter, nil if it was not sent.
func number(p *wire.Params, name string) any {
	if p.String(name) == "" {
		return nil
	}
	return p.Int(name)
}

// customAmount returns what the buyer may choose to pay, nil if the price fixes
// the amount.
func customAmount(p *wire.Params) any {
	if !p.Bool("enabled") {
		return nil
	}
	return map[string]any{
		"maximum": number(p, "maximum"),
		"minimum": number(p, "minimum"),
		"preset":  number(p, "preset"),
	}
}

// checkTiers refuses a tiered price without tiers, and tiers that cost nothing
// or two amounts.
func checkTiers(p *wire.Params) error {
	if p.String("billing_scheme") != "tiered" {
		for _, name := range []string{"tiers", "tiers_mode"} {
			if p.Has(name) {
				return wire.Malformed("", name, "You can only set `%s` of a price with `billing_scheme=tiered`.", name)
			}
		}
		return nil
	}

	tiers := p.Members("tiers")
	if len(tiers) == 0 {
		return wire.MissingParam("tiers")
	}

	for _, tier := range tiers {
		if err := checkUnitAmount(tier); err != nil {
			return err
		}

		unit, unitDecimal := wholeAmount(tier, "unit_amount")
		flat, flatDecimal := wholeAmount(tier, "flat_amount")
		if unit == nil && unitDecimal == nil && flat == nil && flatDecimal == nil {
			return wire.Invalid("", "amount", "An entry in the tiers array is missing an amount.")
		}
	}

	return nil
}

// readTiers returns the tiers of a price as Stripe shows them, nil if it has
// none.
func readTiers(p *wire.Params) []any {
	var out []any
	for _, tier := range p.Members("tiers") {
		flat, flatDecimal := wholeAmount(tier, "flat_amount")
		unit, unitDecimal := wholeAmount(tier, "unit_amount")
		out = append(out, map[string]any{
			"flat_amount":         flat,
			"flat_amount_decimal": flatDecimal,
			"unit_amount":         unit,
			"unit_amount_decimal": unitDecimal,
			"up_to":               upperBound(tier),
		})
	}

	return out
}

// upperBound returns the last quantity of a tier, nil if it has no bound.
func upperBound(tier *wire.Params) any {
	if tier.String("up_to") == "inf" {
		return nil
	}
	return number(tier, "up_to")
}
