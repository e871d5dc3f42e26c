package api

import (
	"fmt"
	"strconv"
	"strings"

	"checkoutd/internal/sandbox/wire"
)

// Minimums are the smallest charges that Stripe accepts, in minor units.
// See https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts.
var Minimums = map[string]int64{
	"usd": 50,
	"aed": 200,
	"aud": 50,
	"bgn": 100,
	"brl": 50,
	"cad": 50,
	"chf": 50,
	"czk": 1500,
	"dkk": 250,
	"eur": 50,
	"gbp": 30,
	"hkd": 400,
	"huf": 17500,
	"inr": 50,
	"jpy": 50,
	"mxn": 1000,
	"myr": 200,
	"nok": 300,
	"nzd": 50,
	"pln": 200,
	"ron": 200,
	"sek": 300,
	"sgd": 50,
	"thb": 1000,
}

// otherCurrencies are presentment currencies without a minimum of their own.
// Stripe converts the amount and demands about 50 US cents.
const otherCurrencies = "afn all amd ang aoa ars awg azn bam bbd bdt bhd bif bmd bnd bob bsd bwp byn bzd cdf clp cny " +
	"cop crc cve djf dop dzd egp etb fjd fkp gel gip gmd gnf gtq gyd hnl htg idr ils isk jmd jod kes kgs khr kmf krw " +
	"kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mzn nad ngn nio npr omr pab pen pgk php " +
	"pkr pyg qar rsd rub rwf sar sbd scr shp sle sos srd std szl tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw"

// ZeroDecimal lists the currencies without minor units.
const ZeroDecimal = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"

const threeDecimal = "bhd jod kwd omr tnd"

// wholeUnits are currencies without minor units whose amounts nevertheless have
// two decimals, which must be 00. See
// https://docs.stripe.com/currencies#special-cases.
const wholeUnits = "isk ugx"

// MaxAmount is the largest charge in the currencies that are not in maximums.
const MaxAmount = 99_999_999

// maximums are the largest charges with more digits. See
// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts.
var maximums = map[string]int64{
	"inr": 999_999_999,
	"cop": 9_999_999_999,
	"huf": 9_999_999_999,
	"jpy": 9_999_999_999,
	"lbp": 99_999_999_999,
	"idr": 999_999_999_999,
}

// Maximum returns the largest charge in a currency.
func Maximum(cur string) int64 {
	if limit, ok := maximums[cur]; ok {
		return limit
	}
	return MaxAmount
}

// KnownCurrency reports whether Stripe takes a currency.
func KnownCurrency(cur string) bool {
	_, ok := Minimums[cur]
	return ok || len(cur) == 3 && ContainsWord(otherCurrencies, cur)
}

// ContainsWord reports whether words, separated by blanks, contain w.
func ContainsWord(words, w string) bool { return strings.Contains(" "+words+" ", " "+w+" ") }

// CurrencyOf returns the currency parameter.
func (c *Call) CurrencyOf() (string, error) {
	if c.Params.String("currency") == "" {
		return "", wire.MissingParam("currency")
	}

	cur := strings.ToLower(c.Params.String("currency"))
	if !KnownCurrency(cur) {
		return "", wire.Malformed("", "currency", "Invalid currency: %s. Stripe currently supports these currencies: usd, aed, eur, gbp, jpy and others; see https://stripe.com/docs/currencies.", cur)
	}
	return cur, nil
}

// AmountOf returns the amount parameter, which must be chargeable in the
// currency.
func (c *Call) AmountOf(cur string) (int64, error) {
	if c.Params.String("amount") == "" {
		return 0, wire.MissingParam("amount")
	}

	amount, err := strconv.ParseInt(c.Params.String("amount"), 10, 64)
	if err != nil {
		return 0, wire.Malformed("parameter_invalid_integer", "amount", "Invalid integer: %s", c.Params.String("amount"))
	}
	if amount < 1 {
		return 0, wire.Malformed("parameter_invalid_integer", "amount", nothingToCharge)
	}
	if limit := Maximum(cur); amount > limit {
		return 0, wire.Invalid("amount_too_large", "amount", "Amount must be no more than %s", FormatAmount(limit, cur))
	}
	if err := CheckDecimals(amount, cur, "amount"); err != nil {
		return 0, err
	}
	if limit := Minimums[cur]; amount < limit {
		return 0, wire.Invalid("amount_too_small", "amount", "Amount must be at least %s", FormatAmount(limit, cur))
	}

	return amount, nil
}

// nothingToCharge is Stripe's sentence for an amount of zero.
const nothingToCharge = "The amount must be greater than or equal to the minimum charge amount allowed for your " +
	"account and the currency set (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).  " +
	"If you want to save a Payment Method for future use without an immediate payment, use a Setup Intent " +
	"instead: https://docs.stripe.com/payments/setup-intents"

// CheckDecimals refuses amounts with decimals that a currency does not have.
func CheckDecimals(amount int64, cur, param string) error {
	switch {
	case ContainsWord(wholeUnits, cur) && amount%100 != 0:
		return wire.Invalid("", param, "Invalid amount. Currency %s has become effectively zero-decimal and charged amounts must be evenly divisible by 100. See https://stripe.com/docs/currencies#zero-decimal for more information.", strings.ToUpper(cur))
	case ContainsWord(threeDecimal, cur) && amount%10 != 0:
		return wire.Invalid("", param, "Invalid amount. Amounts in %s must be evenly divisible by 10. See https://stripe.com/docs/currencies#three-decimal for more information.", strings.ToUpper(cur))
	}
	return nil
}

// FormatAmount formats an amount as Stripe's messages do, such as $0.50 usd.
func FormatAmount(amount int64, cur string) string { return FormatSum(amount, cur) + " " + cur }

// FormatSum formats an amount as Stripe's messages about refunds do, such as
// $0.50.
func FormatSum(amount int64, cur string) string {
	sign := map[string]string{
		"usd": "$",
		"eur": "€",
		"gbp": "£",
		"jpy": "¥",
		"cad": "$",
		"aud": "$",
		"nzd": "$",
	}[cur]

	switch {
	case ContainsWord(ZeroDecimal, cur):
		return fmt.Sprintf("%s%d", sign, amount)
	case ContainsWord(threeDecimal, cur):
		return fmt.Sprintf("%s%d.%03d", sign, amount/1000, amount%1000)
	}

	return fmt.Sprintf("%s%d.%02d", sign, amount/100, amount%100)
}
