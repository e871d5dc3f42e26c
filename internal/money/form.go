package money

import (
	"strings"

	"golang.org/x/text/language"
)

// form is how a language writes amounts, as browsers do
// (https://www.unicode.org/cldr/charts/latest/by_type/numbers.number_formatting_patterns.html).
// x/text has the digits and nothing of the symbol's place.
type form struct {
	digits language.Tag // whose digits and separators
	before bool         // the symbol is before the digits
	spaced bool         // with a space between, which only codes have otherwise
	sparse bool         // no separator below 10,000
	mark   string       // before the digits: keeps them in order from right to left
}

// ownSymbols are those that only readers of one language expect.
var ownSymbols = map[string]string{"pl pln": "zł", "ja jpy": "￥"}

func formOf(tag language.Tag) form {
	base, _ := tag.Base()
	region, _ := tag.Region()
	f := form{digits: tag}

	switch base.String() {
	case "en", "ja":
		f.before = true
	case "nl":
		f.before, f.spaced = true, true
	case "pt":
		f.before = region.String() != "PT"
		f.spaced, f.sparse = f.before, !f.before
	case "es":
		f.before = region.String() != "ES" // Latin America
		f.sparse = !f.before
	case "it", "pl":
		f.sparse = true
	case "de":
		if r := region.String(); r == "AT" || r == "CH" || r == "LI" {
			f.before, f.spaced = true, true
		}
		if region.String() == "AT" {
			f.digits = language.German // x/text separates as for numbers without a symbol
		}
	case "ar":
		// The digits that cards and forms have, as browsers for Arabic.
		f.digits, f.mark = language.MustParse("ar-u-nu-latn"), "\u200f"
	}

	return f
}

// symbolOf returns the symbol of a currency in a language, or else its code;
// whether it is a symbol.
func symbolOf(currency string, tag language.Tag) (symbol string, ok bool) {
	base, _ := tag.Base()
	if symbol, ok = ownSymbols[base.String()+" "+currency]; ok {
		return symbol, true
	}
	if symbol, ok = symbols[currency]; ok {
		return symbol, true
	}
	return strings.ToUpper(currency), false
}
