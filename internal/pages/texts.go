package pages

import (
	"net/http"

	"checkoutd/internal/orders"
	"checkoutd/internal/texts"
)

// locale is the language of one request.
type locale struct {
	lang  string // "fr": the language of the texts
	tag   string // "fr-CA": how amounts and dates are written
	texts *texts.All
}

// localeOf returns the language that the browser asks for, of those that the
// shop offers.
func (p *Pages) localeOf(r *http.Request) locale {
	lang, tag := p.languages.Match(r.Header.Get("Accept-Language"))
	return locale{lang, tag, texts.Of(lang)}
}

// localeFor returns the language of an order's pages: the shop's choice, or
// else the browser's.
func (p *Pages) localeFor(r *http.Request, o orders.View) locale {
	if o.Shop != nil {
		if lang, tag, ok := texts.For(o.Shop.Locale); ok {
			return locale{lang, tag, texts.Of(lang)}
		}
	}
	return p.localeOf(r)
}

// plural returns the text for a number.
func (l locale) plural(p texts.Plural, n int64) string { return p.For(l.lang, n) }

// fill replaces {names} by values: fill("Pay {total}", "total", "5 €").
func fill(text string, pairs ...string) string { return texts.Fill(text, pairs...) }
