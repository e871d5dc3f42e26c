// Package money is integer minor units and Stripe's rules about currencies.
//
// An amount is an int64 in the currency's smallest unit as Stripe counts it: cents
// for usd, yen for jpy, thousandths for kwd. There is no floating point here
// (https://docs.stripe.com/currencies).
package money

import (
	"fmt"
	"math"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// MaxAmount is the largest amount that Stripe takes in any currency, in minor units: twelve
// digits (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
const MaxAmount int64 = 999_999_999_999

// Known reports whether Stripe takes payments in the currency: three lower-case
// letters, as Stripe writes them.
func Known(currency string) bool {
	_, ok := decimals[currency]
	return ok
}

// Decimals is the number of digits after the point in the amounts of a
// currency, as Stripe counts them. isk and ugx have no minor unit any more, yet Stripe
// keeps two digits for them, which must be 00. An unknown currency has 2.
func Decimals(currency string) int {
	if d, ok := decimals[currency]; ok {
		return d
	}
	return 2
}

// Minimum is the smallest amount that Stripe charges in a currency, in minor
// units. Where Stripe publishes none it is one step: the rule then depends on the
// settlement currency, and Stripe is the one to refuse. (So it does where the charge is
// converted before it is paid out: then it must meet the minimum of that currency, too.)
func Minimum(currency string) int64 {
	if m, ok := minimums[currency]; ok {
		return m
	}
	return Step(currency)
}

// Maximum is the largest amount that Stripe charges in a currency, in minor units: eight
// digits in most. A way to pay may have a lower one of its own; it is then not offered.
func Maximum(currency string) int64 {
	if m, ok := maximums[currency]; ok {
		return m
	}
	return 99_999_999
}

// Step is the coarseness of a currency's amounts, in minor units: Stripe wants isk and
// ugx in whole units, and three-decimal amounts in tens.
func Step(currency string) int64 {
	switch {
	case currency == "isk" || currency == "ugx":
		return 100
	case Decimals(currency) == 3:
		return 10
	default:
		return 1
	}
}

// Check says why Stripe would refuse to charge amount minor units of a
// currency, or nil. Its text is fit for the public.
func Check(amount int64, currency string) error {
	switch {
	case !Known(currency):
		return fmt.Errorf("%q is not a currency that Stripe takes", currency)
	case amount < Minimum(currency):
		return fmt.Errorf("the least that can be paid is %s %s", Decimal(Minimum(currency), currency), strings.ToUpper(currency))
	case amount > Maximum(currency):
		return fmt.Errorf("the most that can be paid is %s %s", Decimal(Maximum(currency), currency), strings.ToUpper(currency))
	case amount%Step(currency) != 0:
		return fmt.Errorf("amounts in %s must be multiples of %s", strings.ToUpper(currency), Decimal(Step(currency), currency))
	}
	return nil
}

// Parse reads a decimal such as "10.99" as minor units of a currency. It takes plain
// digits with at most one point: no sign, no grouping, no exponent, and no more decimals
// than the currency has.
func Parse(s, currency string) (int64, error) {
	if !Known(currency) {
		return 0, fmt.Errorf("%q is not a currency that Stripe takes", currency)
	}
	whole, frac, point := strings.Cut(s, ".")
	d := Decimals(currency)
	if whole == "" || point && frac == "" || len(frac) > d {
		return 0, fmt.Errorf("%q is not an amount in %s, such as %s", s, strings.ToUpper(currency), Decimal(1099*Step(currency), currency))
	}
	var n int64
	for _, c := range whole + frac + strings.Repeat("0", d-len(frac)) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%q is not an amount: it may hold digits and one point only", s)
		}
		if n > (math.MaxInt64-9)/10 {
			return 0, fmt.Errorf("%q is too large an amount", s)
		}
		n = n*10 + int64(c-'0')
	}
	return n, nil
}

// Decimal writes minor units as a plain decimal: 1099 usd is "10.99", 500 jpy is "500".
func Decimal(amount int64, currency string) string {
	d := Decimals(currency)
	sign := ""
	digits := fmt.Sprintf("%0*d", d+1, amount)
	if amount < 0 {
		sign = "-"
		digits = fmt.Sprintf("%0*d", d+1, uint64(-amount))
	}
	if d == 0 {
		return sign + digits
	}
	return sign + digits[:len(digits)-d] + "." + digits[len(digits)-d:]
}

// Format writes minor units for a reader of the given language tag: "$10.99" for en,
// "10,99 €" for fr. A currency without a symbol of its own shows its code.
func Format(amount int64, currency, locale string) string {
	tag := language.Make(locale)
	d := Decimals(currency)
	if Step(currency) == 100 {
		amount, d = amount/100, 0 // isk, ugx: nobody writes the 00
	}
	unit := math.Pow10(d)
	digits := message.NewPrinter(tag).Sprint(number.Decimal(float64(amount)/unit, number.Scale(d)))
	symbol, ok := symbols[currency]
	if base, _ := tag.Base(); base.String() == "en" && ok {
		return symbol + digits
	}
	if !ok {
		symbol = strings.ToUpper(currency)
	}
	if base, _ := tag.Base(); base.String() == "en" {
		return symbol + "\u00a0" + digits
	}
	return digits + "\u00a0" + symbol
}
