package orders

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"checkoutd/internal/spelling"
)

const (
	skuForm  = "1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or a digit"
	forTexts = `"Mug"`
)

// product reads a product.
func (p *parser) product(e *section) {
	currency := cmp.Or(e.word("currency", `"usd"`), p.currency)
	if e.has("currency") {
		e.checkCurrency("currency", currency)
	}

	product := Product{
		SKU:              e.word("sku", `"mug"`),
		names:            e.text("name", forTexts, &p.langs),
		descriptions:     e.text("description", forTexts, &p.langs),
		Image:            p.image(e),
		Prices:           e.amounts("price", "prices", currency, 1),
		Digital:          e.flag("digital"),
		Recurring:        p.recurring(e.inside("recurring")),
		SetupFutureUsage: e.word("setup_future_usage", `"off_session"`),
		Unavailable:      e.flag("unavailable"),
		choices:          e.text("choice", `"Size"`, &p.langs),
	}

	product.price(currency)
	p.checkProduct(e, &product)
	p.variants(e, &product, currency)

	if !e.has("price") && !e.has("prices") && len(product.Variants) == 0 {
		e.complainOf("price", `it is missing; write an amount in quotes, such as "18.00"`)
	}
	if len(e.values["currency"]) > 0 && !e.has("price") && e.has("prices") {
		e.complainOf("currency", "remove it: there is no price, and prices name their own currencies")
	}

	e.end()
	p.products = append(p.products, product)
}

// price sets the currency in which a product is shown, and its price in it.
func (p *Product) price(currency string) {
	if _, there := p.Prices[currency]; !there && len(p.Prices) > 0 {
		currency = slices.Min(slices.Collect(maps.Keys(p.Prices)))
	}
	p.Currency, p.UnitAmount = currency, p.Prices[currency]
}

// checkProduct collects what is wrong with a product besides its prices.
func (p *parser) checkProduct(e *section, product *Product) {
	p.checkSKU(e, product.SKU)
	e.checkName(product.names, forTexts)

	switch product.SetupFutureUsage {
	case "":
	case "on_session", "off_session":
		if product.Recurring != nil {
			e.complainOf("setup_future_usage", "remove it: a subscription saves the payment method anyway")
		}

	default:
		e.complainOf("setup_future_usage", `%q is none of its values; write "on_session" or "off_session"`,
			product.SetupFutureUsage)
	}
}

// checkSKU checks a SKU and takes it.
func (p *parser) checkSKU(e *section, sku string) {
	switch {
	case sku == "" && !e.has("sku"):
		e.complainOf("sku", "it is missing; write "+skuForm)
	case !skuPattern.MatchString(sku):
		e.complainOf("sku", "%q cannot be one; write %s", sku, skuForm)
	case p.skus[sku] != "":
		e.complainOf("sku", "%s has it already; every sku must be unique", p.skus[sku])
	default:
		p.skus[sku] = e.place
	}
}

func (e *section) checkName(t texts, example string) {
	if _, bad := e.values["name"]; t == nil && bad {
		return // which is said already
	}
	if t.in("") == "" {
		e.complainOf("name", "it is missing; write what the buyer reads, such as %s", example)
	}
}

// image reads the picture of a product.
func (p *parser) image(e *section) string {
	image := e.word("image", `"/img/mug.jpg"`)
	if image == "" || isPicture(image) || slices.Contains(p.pictures, image) {
		return image
	}

	instead := "write an https:// address, a /path on this host"
	if near := spelling.Nearest(image, p.pictures, 2); near != "" {
		instead = fmt.Sprintf("write %q, an https:// address or a /path on this host", near)
	} else if len(p.pictures) > 0 {
		instead += ", or a built-in picture: " + strings.Join(p.pictures, ", ")
	}

	e.complainOf("image", "%q is no picture; %s", image, instead)
	return image
}

// hostPattern matches what may stand in a Content-Security-Policy as a host.
var hostPattern = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$`)

// isPicture reports whether an image is an https address or a path on this
// host. "//" would begin the name of another host.
func isPicture(image string) bool {
	if strings.HasPrefix(image, "/") {
		return !strings.HasPrefix(image, "//")
	}
	u, err := url.Parse(image)
	return err == nil && u.Scheme == "https" && hostPattern.MatchString(u.Host)
}

// longest is Stripe's longest interval in each unit: three years
// (https://docs.stripe.com/api/prices/object#price_object-recurring-interval_count).
var longest = map[string]int64{"day": 3 * 365, "week": 3 * 52, "month": 3 * 12, "year": 3}

func (p *parser) recurring(e *section) *Recurring {
	if e == nil {
		return nil
	}

	r := Recurring{Interval: e.word("interval", `"month"`), IntervalCount: 1}
	limit, known := longest[r.Interval]
	if !known && (r.Interval != "" || !e.has("interval")) {
		e.complainOf("interval", `%q is no interval; write "day", "week", "month" or "year"`, r.Interval)
	}

	instead := "1 or more, without quotes"
	if known {
		instead = fmt.Sprintf("1 to %d for %ss, without quotes", limit, r.Interval)
	}

	if n, ok := e.whole("interval_count", instead); ok {
		r.IntervalCount = n
		if known && (n < 1 || n > limit) {
			e.complainOf("interval_count", "%d is out of range; write %s", n, instead)
		}
	}

	e.end()
	return &r
}

// variants reads the sizes, colours or the like in which a product is sold,
// each under a SKU of its own.
func (p *parser) variants(e *section, product *Product, currency string) {
	list := e.list("variants", `a list: "variants": [ … ]`)
	if e.has("variants") && len(list) == 0 && kindOf(e.values["variants"]) == "a list" {
		e.complainOf("variants", "there are none; write at least one, or remove it")
	}
	for i, raw := range list {
		product.Variants = append(product.Variants, p.variant(e, product, currency, i, raw))
	}

	if len(product.Prices) == 0 && len(list) > 0 { // what the card shows first
		product.Prices = maps.Clone(product.Variants[0].Prices)
		product.price(currency)
	}
}

// variant reads variant i of a product. What it does not say is as for the
// product.
func (p *parser) variant(of *section, product *Product, currency string, i int, raw json.RawMessage) Product {
	e := sectionOf(&p.wrong, of.place, fmt.Sprintf("variants[%d].", i), raw)
	own := cmp.Or(e.word("currency", `"usd"`), currency)
	if e.has("currency") {
		e.checkCurrency("currency", own)
	}

	v := *product
	v.Variants, v.choices = nil, nil
	v.SKU = e.word("sku", `"mug-red"`)
	v.variants = e.text("name", `"Red"`, &p.langs)
	v.Unavailable = e.flag("unavailable") || product.Unavailable
	if image := p.image(e); image != "" {
		v.Image = image
	}

	if prices := e.amounts("price", "prices", own, 1); len(prices) > 0 {
		v.Prices = prices
	}

	v.price(own)
	if len(v.Prices) == 0 && !e.has("price") && !e.has("prices") && !of.has("price") && !of.has("prices") {
		e.complainOf("price", `it is missing; write an amount in quotes, such as "18.00", here or for the product`)
	}

	p.checkSKU(e, v.SKU)
	e.checkName(v.variants, `"Red"`)
	e.end()
	return v
}
