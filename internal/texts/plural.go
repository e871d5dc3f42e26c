package texts

import (
	"encoding/json"
	"strconv"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Plural is a text that depends on a number. Its keys are the plural categories
// of the language: zero, one, two, few, many and other
// (https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html).
// A key such as "=1" is for that very number. A text in place of the keys is
// for every number.
type Plural map[string]string

// UnmarshalJSON reads the texts by their keys, or one text for every number.
func (p *Plural) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var text string
		err := json.Unmarshal(data, &text)
		*p = Plural{"other": text}
		return err
	}
	return json.Unmarshal(data, (*map[string]string)(p))
}

// For returns the text for a number in a language. Page scripts do the same
// (plural in web/static/dom.js).
func (p Plural) For(lang string, n int64) string {
	if text, ok := p["="+strconv.FormatInt(n, 10)]; ok {
		return text
	}
	if text, ok := p[category(lang, n)]; ok {
		return text
	}
	return p["other"]
}

// category returns the key of a whole number in a language.
func category(lang string, n int64) string {
	// Only the last digits and whether there are more of them count: the rules
	// are about remainders of at most a million.
	if n < 0 {
		n = -n
	}
	if n >= 1e7 {
		n = 1e6 + n%1e6
	}

	switch plural.Cardinal.MatchPlural(language.Make(lang), int(n), 0, 0, 0, 0) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	}
	return "other"
}
