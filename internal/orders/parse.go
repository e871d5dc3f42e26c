package orders

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"checkoutd/internal/cleantext"
	"checkoutd/internal/money"
)

var (
	skuPattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	codePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$`)
)

// Mistakes are everything that is wrong with a catalog, a sentence each.
type Mistakes []string

// Error returns a line for each mistake.
func (m Mistakes) Error() string {
	if len(m) == 1 {
		return m[0]
	}
	return fmt.Sprintf("%d mistakes:\n  %s", len(m), strings.Join(m, "\n  "))
}

// OrNil returns the mistakes as an error, nil if there are none.
func (m Mistakes) OrNil() error {
	if len(m) == 0 {
		return nil
	}
	return m
}

// ParseCatalog parses a catalog: JSON with a default "currency", "products" and
// optional "promotions" and "shipping_rates"; docs/catalog.md describes their
// members. Prices are decimals in quotes ("10.99"). The error is Mistakes: all
// that is wrong with the file. pictures are the built-in pictures that an image
// may name.
func ParseCatalog(data []byte, pictures ...string) (*Catalog, error) {
	data = cleantext.WithoutBOM(data)
	if err := checkSyntax(data); err != nil {
		return nil, Mistakes{err.Error()}
	}

	p := parser{pictures: pictures, skus: map[string]string{}, Catalog: &Catalog{
		promotions: make(map[string]Promotion),
	}}

	p.read(data)

	if err := p.wrong.OrNil(); err != nil {
		return nil, err
	}

	p.translate(p.langs)
	return p.Catalog, nil
}

// parser fills a catalog and collects what is wrong with it.
type parser struct {
	*Catalog
	pictures []string
	langs    []language.Tag    // of all texts
	skus     map[string]string // which product or variant has them
	wrong    Mistakes
}

func (p *parser) read(data []byte) {
	file := sectionOf(&p.wrong, "", "", data)
	products := file.list("products", `a list: "products": [ … ]`)
	if len(products) == 0 && len(p.wrong) == 0 {
		file.complainOf("products",
			`there are none; write at least one: "products": [{"sku": "mug", "name": "Mug", "price": "18.00"}]`)
	}

	p.currency = file.word("currency", `"usd"`)
	if p.currency == "" {
		p.currency = anyCurrency(products)
	} else {
		file.checkCurrency("currency", p.currency)
	}

	promotions := file.list("promotions", `a list: "promotions": [ … ]`)
	rates := file.list("shipping_rates", `a list: "shipping_rates": [ … ]`)
	p.includes = file.text("tax_included", `"Prices include VAT"`, &p.langs)
	file.end()

	for i, raw := range products {
		p.product(p.section("product", i, raw, "sku"))
	}
	for i, raw := range promotions {
		p.promotion(p.section("promotion", i, raw, "code"))
	}
	for i, raw := range rates {
		p.rate(p.section("shipping rate", i, raw, "id"))
	}

	p.checkShipping()
}

// section returns entry i of a list, which people find by its number and by the
// member that names it.
func (p *parser) section(what string, i int, raw json.RawMessage, name string) *section {
	place := fmt.Sprintf("%s %d", what, i+1)
	if kindOf(raw) == "an object" {
		for _, m := range membersOf(raw) {
			if id := ""; strings.EqualFold(m.name, name) && json.Unmarshal(m.value, &id) == nil && id != "" {
				place += " (" + id + ")"
				break
			}
		}
	}

	return sectionOf(&p.wrong, place, "", raw)
}

// anyCurrency returns a currency in which the first product has a price.
func anyCurrency(products []json.RawMessage) string {
	if len(products) == 0 {
		return ""
	}

	var first struct {
		Currency string                     `json:"currency"`
		Prices   map[string]json.RawMessage `json:"prices"`
	}
	_ = json.Unmarshal(products[0], &first) // whoever reads the product says what is wrong
	if first.Currency == "" && len(first.Prices) > 0 {
		return slices.Min(slices.Collect(maps.Keys(first.Prices)))
	}

	return first.Currency
}

// checkShipping complains of shipped products with a price in a currency in
// which no shipping rate has one.
func (p *parser) checkShipping() {
	for i := range p.products {
		for _, product := range p.products[i].Sold() {
			if !p.Ships(&product) {
				continue
			}

			for _, currency := range slices.Sorted(maps.Keys(product.Prices)) {
				if slices.ContainsFunc(p.rates, func(r Rate) bool { return r.serves("", currency) }) {
					continue
				}

				p.wrong = append(p.wrong, fmt.Sprintf("product %d (%s): it is shipped and sold in %s, but no shipping "+
					`rate has a price in %s; add one, or write "digital": true`, i+1, product.SKU, currency, currency))
			}
		}
	}
}

// checkCurrency reports whether Stripe has a currency.
func (e *section) checkCurrency(name, currency string) bool {
	if money.Known(currency) {
		return true
	}

	instead := `three lower-case letters, such as "eur"`
	if lower := strings.ToLower(currency); money.Known(lower) {
		instead = `"` + lower + `"`
	}
	e.complainOf(name, "%q is not a currency that Stripe supports; write %s", currency, instead)
	return false
}

// money returns the amount that raw is, of at least minimum.
func (e *section) money(name string, raw json.RawMessage, currency string, minimum int64) int64 {
	text, example := "", money.Decimal(1099*money.Step(currency), currency)
	if kind := kindOf(raw); kind != "a text" {
		if kind == "a number" {
			if n, err := money.Parse(string(raw), currency); err == nil {
				example = money.Decimal(n, currency)
			}
		}

		e.complainOf(name, "it is %s; write the amount in quotes: %q", kind, example)
		return 0
	}

	_ = json.Unmarshal(raw, &text)
	amount, err := money.Parse(text, currency)
	if err != nil {
		if n, err := money.Parse(strings.ReplaceAll(text, ",", "."), currency); err == nil {
			example = money.Decimal(n, currency)
		}

		e.complainOf(name, "%q is not an amount in %s; write it like %q", text, currency, example)
		return 0
	}

	step := money.Step(currency)
	switch {
	case amount < minimum:
		e.complainOf(name, "%q is too little; the least is %q", text, money.Decimal(minimum, currency))
	case amount > money.Maximum(currency):
		e.complainOf(name, "%q is too much; the most is %q", text, money.Decimal(money.Maximum(currency), currency))
	case amount%step != 0:
		e.complainOf(name, "%q cannot be paid; amounts in %s are multiples of %q", text, currency,
			money.Decimal(step, currency))
	}

	return amount
}

// amounts returns the member one, an amount in currency, and the member each,
// amounts by currency. Both may be the same member.
func (e *section) amounts(one, each, currency string, minimum int64) map[string]int64 {
	all := map[string]int64{}
	if raw, ok := e.value(one); ok && (one != each || kindOf(raw) != "an object") {
		switch {
		case currency == "":
			e.complainOf("currency",
				`it is missing; write "currency": "usd", for instance, here or for the whole catalog`)
		case money.Known(currency): // otherwise its own mistake says so
			all[currency] = e.money(one, raw, currency, minimum)
		}
	}

	raw, ok := e.value(each)
	if !ok || one == each && kindOf(raw) != "an object" {
		return all
	}
	if kind := kindOf(raw); kind != "an object" {
		e.complainOf(each, `it is %s; write amounts by currency, such as {"eur": "17.00"}`, kind)
		return all
	}

	for _, m := range membersOf(raw) {
		if !e.checkCurrency(each, m.name) {
			continue
		}
		if _, twice := all[m.name]; twice {
			e.complainOf(each, "%s is there twice; remove one of them", m.name)
		}

		all[m.name] = e.money(each+"."+m.name, m.value, m.name, minimum)
	}

	return all
}
