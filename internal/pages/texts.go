package pages

import (
	"net/http"

	"golang.org/x/text/language"

	"checkoutd/internal/texts"
)

// locale is the language of one request.
type locale struct {
	lang  string // "fr": the language of the texts
	tag   string // "fr-CA": how amounts and dates are written
	texts *texts.All
}

// localeOf returns the first language of Accept-Language that has texts,
// English if none has.
func localeOf(r *http.Request) locale {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		tags = nil
	}

	for _, t := range tags {
		base, _ := t.Base()
		if lang := base.String(); texts.Has(lang) {
			return locale{lang: lang, tag: shortTag(t), texts: texts.Of(lang)}
		}
	}

	return locale{lang: texts.Default, tag: texts.Default, texts: texts.Of(texts.Default)}
}

// shortTag returns the language and the region, if the buyer named one, without
// what formatting amounts does not need.
func shortTag(t language.Tag) string {
	base, _ := t.Base()
	if region, confidence := t.Region(); confidence == language.Exact {
		return base.String() + "-" + region.String()
	}
	return base.String()
}

// fill replaces {names} by values: fill("Pay {total}", "total", "5 €").
func fill(text string, pairs ...string) string { return texts.Fill(text, pairs...) }

// plural returns the text for a number.
func (l locale) plural(p texts.Plural, n int64) string { return p.For(l.lang, n) }
