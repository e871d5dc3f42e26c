package orders

import (
	"cmp"
	"slices"

	"golang.org/x/text/language"
)

// translations are a catalog in each of its languages.
type translations struct {
	matcher language.Matcher
	list    []*Catalog // as the matcher numbers them
	plain   *Catalog   // with the first language of every text
}

// In returns the catalog in the language that suits a buyer best: by the value
// of a header Accept-Language, or the code of a language. A text that is not
// written in it is in its first language.
func (c *Catalog) In(languages string) *Catalog {
	if c.in == nil || languages == "" {
		return c
	}

	wanted, _, err := language.ParseAcceptLanguage(languages)
	if err != nil || len(wanted) == 0 {
		return c.in.plain
	}

	// Below High the matcher takes a language that is only related.
	_, i, confidence := c.in.matcher.Match(wanted...)
	if confidence < language.High {
		return c.in.plain
	}
	return c.in.list[i]
}

// translate sets the texts of the catalog, and makes one for each language.
func (c *Catalog) translate(langs []language.Tag) {
	var tags []language.Tag
	for _, tag := range langs {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}

	source := *c
	source.speak("")
	*c = source

	if len(tags) == 0 {
		return
	}

	c.in = &translations{matcher: language.NewMatcher(tags), plain: c}
	for _, tag := range tags {
		spoken := *c
		spoken.speak(tag.String())
		c.in.list = append(c.in.list, &spoken)
	}
}

// speak sets all texts of a catalog that shares its products and rates with
// others.
func (c *Catalog) speak(lang string) {
	c.included = c.includes.in(lang)
	c.products, c.rates = slices.Clone(c.products), slices.Clone(c.rates)
	bySKU := make(map[string]Product, len(c.bySKU))

	for i := range c.products {
		p := &c.products[i]
		p.speak(lang)
		p.Variants = slices.Clone(p.Variants)

		bySKU[p.SKU] = *p
		for j := range p.Variants {
			v := &p.Variants[j]
			v.speak(lang)
			bySKU[v.SKU] = *v
		}
	}

	for i := range c.rates {
		c.rates[i].Name = c.rates[i].names.in(lang)
	}

	c.bySKU = bySKU
}

// speak sets the texts of a product.
func (p *Product) speak(lang string) {
	p.Name, p.Description = p.names.in(lang), p.descriptions.in(lang)
	p.Listed = p.names.in("")
	p.Choice, p.Variant = cmp.Or(p.choices.in(lang), p.Name), p.variants.in(lang)

	if p.Variant != "" {
		p.Name += ", " + p.Variant
		p.Listed += ", " + p.variants.in("")
	}
}
