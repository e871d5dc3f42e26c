package orders

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"checkoutd/internal/cleantext"
	"checkoutd/internal/httpio"
	"checkoutd/internal/money"
)

var (
	skuPattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	codePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$`)
)

// catalogFile is the JSON of a catalog; docs/catalog.md describes its members.
type catalogFile struct {
	Currency      string          `json:"currency"`
	Products      []productFile   `json:"products"`
	Promotions    []promotionFile `json:"promotions"`
	ShippingRates []rateFile      `json:"shipping_rates"`
}

// ParseCatalog parses a catalog: JSON with a default "currency", "products" and
// optional "promotions" and "shipping_rates". Prices are decimals in quotes
// ("10.99"). The error lists everything that is wrong with the file. pictures
// are the built-in pictures that an image may name.
func ParseCatalog(data []byte, pictures ...string) (*Catalog, error) {
	var file catalogFile
	if err := httpio.DecodeFile(data, &file); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	if len(file.Products) == 0 {
		return nil, errors.New("catalog: it has no products")
	}

	p := parser{pictures: pictures, Catalog: &Catalog{
		currency:   file.Currency,
		bySKU:      make(map[string]Product),
		promotions: make(map[string]Promotion),
	}}

	p.read(&file)

	if err := p.wrong.OrNil(); err != nil {
		return nil, err
	}

	return p.Catalog, nil
}

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

// parser fills a catalog and collects what is wrong with it.
type parser struct {
	*Catalog
	pictures []string
	place    string // what is being parsed, for errors
	wrong    Mistakes
}

func (p *parser) complain(format string, args ...any) {
	p.wrong = append(p.wrong, p.place+": "+fmt.Sprintf(format, args...))
}

// text returns one line of clean text.
func (p *parser) text(name, s string) string {
	clean, err := cleantext.Line(s)
	if err != nil {
		p.complain("%s must be one line of text without control characters", name)
	}
	return clean
}

func (p *parser) read(file *catalogFile) {
	p.place = "currency"
	if p.currency == "" {
		p.currency = file.Products[0].anyCurrency()
	} else if !money.Known(p.currency) {
		p.complain("%q is not a currency that Stripe supports", p.currency)
	}

	for i := range file.Products {
		f := &file.Products[i]
		p.place = fmt.Sprintf("product %d (%s)", i+1, f.SKU)
		p.product(f)
	}

	for i := range file.Promotions {
		f := &file.Promotions[i]
		p.place = fmt.Sprintf("promotion %d (%s)", i+1, f.Code)
		p.promotion(f)
	}

	for i := range file.ShippingRates {
		f := &file.ShippingRates[i]
		p.place = fmt.Sprintf("shipping rate %d (%s)", i+1, f.ID)
		p.rate(f)
	}

	p.checkShipping()
}

// checkShipping complains of shipped products with a price in a currency in
// which no shipping rate has one.
func (p *parser) checkShipping() {
	for i := range p.products {
		product := &p.products[i]
		if !p.Ships(product) {
			continue
		}

		for _, currency := range slices.Sorted(maps.Keys(product.Prices)) {
			if !slices.ContainsFunc(p.rates, func(r Rate) bool { return r.serves("", currency) }) {
				p.place = fmt.Sprintf("product %d (%s)", i+1, product.SKU)
				p.complain("it is shipped and sold in %s, but no shipping rate has a price in %s", currency, currency)
			}
		}
	}
}

// money parses one amount of at least minimum.
func (p *parser) money(name, text, currency string, minimum int64) int64 {
	amount, err := money.Parse(text, currency)
	switch {
	case err != nil:
		p.complain("%s: %v", name, err)
	case amount < minimum || amount > money.Maximum(currency):
		p.complain("%s %q is not between %s and Stripe's maximum", name, text, money.Decimal(minimum, currency))
	case amount%money.Step(currency) != 0:
		p.complain("%s %q: amounts in %s must be multiples of %s",
			name, text, strings.ToUpper(currency), money.Decimal(money.Step(currency), currency))
	}
	return amount
}

// amounts parses a member that has one amount in currency, amounts by currency,
// or both. Unless optional, it must have at least one.
func (p *parser) amounts(
	name, one, currency string, each map[string]string, minimum int64, optional bool,
) map[string]int64 {
	all := make(map[string]int64, len(each)+1)
	if one != "" || len(each) == 0 && !optional {
		all[currency] = p.money(name, one, currency, minimum)
	}

	for _, c := range slices.Sorted(maps.Keys(each)) {
		if _, twice := all[c]; twice {
			p.complain("%ss: %s appears twice", name, c)
		}

		all[c] = p.money(name, each[c], c, minimum)
	}

	return all
}

// productFile is the JSON of a product.
type productFile struct {
	SKU              string            `json:"sku"`
	Name             string            `json:"name"`
	Description      string            `json:"description"`
	Image            string            `json:"image"`
	Currency         string            `json:"currency"`
	Price            string            `json:"price"`
	Prices           map[string]string `json:"prices"`
	Recurring        *Recurring        `json:"recurring"`
	Digital          bool              `json:"digital"`
	SetupFutureUsage string            `json:"setup_future_usage"`
}

// anyCurrency returns a currency in which the product has a price.
func (f *productFile) anyCurrency() string {
	if f.Currency == "" && len(f.Prices) > 0 {
		return slices.Min(slices.Collect(maps.Keys(f.Prices)))
	}
	return f.Currency
}

func (p *parser) product(f *productFile) {
	currency := cmp.Or(f.Currency, p.currency)
	if f.Price == "" && f.Currency != "" && len(f.Prices) > 0 {
		p.complain("it has a currency but no price: remove currency, since prices name their own")
	}

	product := Product{
		SKU:              f.SKU,
		Name:             p.text("name", f.Name),
		Description:      p.text("description", f.Description),
		Image:            f.Image,
		Prices:           p.amounts("price", f.Price, currency, f.Prices, 1, false),
		Digital:          f.Digital,
		Recurring:        p.recurring(f.Recurring),
		SetupFutureUsage: f.SetupFutureUsage,
	}

	product.Currency = currency
	if _, there := product.Prices[currency]; !there {
		product.Currency = slices.Min(slices.Collect(maps.Keys(product.Prices)))
	}

	product.UnitAmount = product.Prices[product.Currency]
	p.checkProduct(&product)
	p.products = append(p.products, product)
	p.bySKU[product.SKU] = product
}

// checkProduct collects what is wrong with a product besides its prices.
func (p *parser) checkProduct(product *Product) {
	if !skuPattern.MatchString(product.SKU) {
		p.complain("sku must be 1 to 64 letters, digits, dots, dashes or underscores")
	}

	if _, twice := p.bySKU[product.SKU]; twice {
		p.complain("the sku appears twice")
	}

	if product.Name == "" {
		p.complain("it has no name")
	}

	if image := product.Image; image != "" && !isPicture(image) && !slices.Contains(p.pictures, image) {
		p.complain("image %q is neither an https:// address, nor a /path, nor the name of a built-in picture (%s)",
			image, cmp.Or(strings.Join(p.pictures, ", "), "there are none"))
	}

	switch product.SetupFutureUsage {
	case "":
	case "on_session", "off_session":
		if product.Recurring != nil {
			p.complain("a recurring product takes no setup_future_usage: " +
				"its subscription saves the payment method anyway")
		}

	default:
		p.complain("setup_future_usage %q is neither on_session nor off_session", product.SetupFutureUsage)
	}
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

func (p *parser) recurring(f *Recurring) *Recurring {
	if f == nil {
		return nil
	}

	r := Recurring{Interval: f.Interval, IntervalCount: cmp.Or(f.IntervalCount, 1)}
	limit, known := longest[r.Interval]
	if !known {
		p.complain("recurring: interval %q is not one of day, week, month and year", r.Interval)
	} else if r.IntervalCount < 1 || r.IntervalCount > limit {
		p.complain("recurring: interval_count must be from 1 to %d for a %s", limit, r.Interval)
	}

	return &r
}
