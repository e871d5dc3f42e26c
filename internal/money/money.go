// Package money handles amounts in minor units, and Stripe's rules about
// currencies (https://docs.stripe.com/currencies).
//
// An amount is an int64 in the currency's smallest unit as Stripe counts it:
// cents for usd, yen for jpy, thousandths for kwd. No amount is ever computed
// in floating point.
package money

import (
	"fmt"
	"math"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// MaxAmount is the largest amount that Stripe accepts in any currency, in minor
// units: twelve digits
// (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
const MaxAmount int64 = 999_999_999_999

// Known reports whether Stripe accepts payments in the currency: three
// lower-case letters, as Stripe writes them.
func Known(currency string) bool {
	_, ok := decimals[currency]
	return ok
}

// Decimals returns the number of digits after the point in the amounts of a
// currency, as Stripe counts them. isk and ugx have no minor unit any more, but
// Stripe keeps two digits for them, which must be 00. An unknown currency has
// 2.
func Decimals(currency string) int {
	if d, ok := decimals[currency]; ok {
		return d
	}
	return 2
}

// Minimum returns the smallest amount that Stripe charges in a currency, in
// minor units. Where Stripe publishes none it is one step: the minimum then
// depends on the settlement currency, and only Stripe can refuse. (A charge
// that is converted before its payout must meet that currency's minimum, too.)
func Minimum(currency string) int64 {
	if m, ok := minimums[currency]; ok {
		return m
	}
	return Step(currency)
}

// Maximum returns the largest amount that Stripe charges in a currency, in
// minor units: eight digits in most. A payment method may have a lower maximum;
// Stripe then does not offer it.
func Maximum(currency string) int64 {
	if m, ok := maximums[currency]; ok {
		return m
	}
	return 99_999_999
}

// Step returns the number of minor units that every amount of a currency must
// be a multiple of: Stripe wants isk and ugx in whole units, and three-decimal
// amounts in tens.
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

// Check returns why Stripe would refuse to charge amount minor units of a
// currency, or nil. Its text may be shown to the public.
func Check(amount int64, currency string) error {
	switch {
	case !Known(currency):
		return errUnknown(currency)

	case amount < Minimum(currency):
		return fmt.Errorf("the smallest amount that can be paid is %s %s",
			Decimal(Minimum(currency), currency), strings.ToUpper(currency))

	case amount > Maximum(currency):
		return fmt.Errorf("the largest amount that can be paid is %s %s",
			Decimal(Maximum(currency), currency), strings.ToUpper(currency))

	case amount%Step(currency) != 0:
		return fmt.Errorf("amounts in %s must be multiples of %s",
			strings.ToUpper(currency), Decimal(Step(currency), currency))
	}
	return nil
}

func errUnknown(currency string) error {
	if lower := strings.ToLower(currency); Known(lower) {
		return fmt.Errorf("%q is not a currency: write %s", currency, lower)
	}
	return fmt.Errorf("%q is not a currency that Stripe supports", currency)
}

// Parse parses a decimal such as "10.99" and returns it in minor units of a
// currency. It accepts plain digits with at most one point: no sign, no
// grouping, no exponent, and no more decimals than the currency has.
func Parse(s, currency string) (int64, error) {
	if !Known(currency) {
		return 0, errUnknown(currency)
	}

	whole, frac, point := strings.Cut(s, ".")
	d := Decimals(currency)
	if whole == "" || point && frac == "" || len(frac) > d {
		return 0, fmt.Errorf("%q is not an amount in %s, such as %s",
			s, strings.ToUpper(currency), Decimal(1099*Step(currency), currency))
	}

	var n int64
	for _, c := range whole + frac + strings.Repeat("0", d-len(frac)) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%q is not an amount: it may contain only digits and one point", s)
		}
		if n > (math.MaxInt64-9)/10 {
			return 0, fmt.Errorf("the amount %q is too large", s)
		}
		n = n*10 + int64(c-'0')
	}
	return n, nil
}

// Decimal returns minor units as a plain decimal: 1099 usd is "10.99", 500 jpy
// is "500".
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

// Format returns minor units as readers of a language write them: "$10.99" for
// en, "10,99 €" for fr, "€ 10,99" for nl. A currency without a symbol shows its
// code.
func Format(amount int64, currency, locale string) string {
	d := Decimals(currency)
	if Step(currency) == 100 {
		amount, d = amount/100, 0 // isk, ugx: nobody writes the 00
	}

	tag := language.Make(locale)
	form := formOf(tag)

	// Only the display goes through a float64, which has digits to spare.
	value := float64(amount) / math.Pow10(d)
	options := []number.Option{number.Scale(d)}
	if form.sparse && math.Abs(value) < 10_000 {
		options = append(options, number.NoSeparator())
	}

	digits := message.NewPrinter(form.digits).Sprint(number.Decimal(value, options...))

	symbol, ok := symbolOf(currency, tag)

	switch {
	case form.before && ok && !form.spaced:
		return symbol + digits
	case form.before:
		return symbol + "\u00a0" + digits
	}

	if form.mark != "" && symbol != "$" && strings.HasSuffix(symbol, "$") {
		symbol += leftToRight
	}

	return form.mark + digits + "\u00a0" + symbol
}

// leftToRight is the mark that keeps "CA$" whole in a text from right to left:
// after a letter, a sign at the end of a line would change to its other side.
const leftToRight = "\u200e"
