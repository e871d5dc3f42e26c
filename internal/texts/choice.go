package texts

import (
	"golang.org/x/text/language"
)

// Choice chooses one of the languages that a shop offers. It does not change
// and is safe for concurrent use.
type Choice struct {
	langs   []string
	matcher language.Matcher
}

// NewChoice returns the choice between languages, of which the first is for
// those who ask for none of them; between all that there are for none.
func NewChoice(langs []string) *Choice {
	if len(langs) == 0 {
		langs = Languages()
	}

	tags := make([]language.Tag, len(langs))
	for i, lang := range langs {
		tags[i] = language.Make(lang)
	}
	return &Choice{langs, language.NewMatcher(tags)}
}

// Match returns the language for an Accept-Language header, and how amounts and
// dates are written: "de" and "de-AT" for "de-AT,en". A language that readers
// of the one asked for understand, such as Spanish for Catalan, is taken if
// they ask for no other.
func (c *Choice) Match(header string) (lang, tag string) {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		tags = nil
	}

	for _, least := range []language.Confidence{language.High, language.Low} {
		for _, t := range tags {
			if _, i, confidence := c.matcher.Match(t); confidence >= least {
				return c.langs[i], formatOf(t, c.langs[i])
			}
		}
	}

	return c.langs[0], c.langs[0]
}

// For returns the language for a locale that the shop's backend chose, and how
// amounts and dates are written; whether there are texts in it.
func For(locale string) (lang, tag string, ok bool) {
	t := language.Make(locale)
	base, _ := t.Base()
	lang = base.String()
	return lang, formatOf(t, lang), locale != "" && Has(lang)
}

// formatOf returns the language and the region, if t names one of the same
// language, without what formatting amounts does not need.
func formatOf(t language.Tag, lang string) string {
	base, _ := t.Base()
	region, confidence := t.Region()
	if base.String() != lang || confidence != language.Exact {
		return lang
	}
	return lang + "-" + region.String()
}
