package orders

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"checkoutd/internal/money"
)

var (
	skuPattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	codePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$`)
)

// catalogFile is the file as it is written; docs/catalog.md tells of its
// members.
type catalogFile struct {
	Currency      string          `json:"currency"`
	Products      []productFile   `json:"products"`
	Promotions    []promotionFile `json:"promotions"`
	ShippingRates []rateFile      `json:"shipping_rates"`
}

// ParseCatalog reads a catalog: JSON with a default "currency", "products",
// and, as far as wanted, "promotions" and "shipping_rates". Prices are decimals
// in quotes ("10.99"). It reports everything that is wrong with the file at
// once. pictures are the names of the built-in ones that an image may name.
func ParseCatalog(data []byte, pictures ...string) (*Catalog, error) {
	var file catalogFile
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()

	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("catalog: there is more after the closing brace")
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

	if len(p.wrong) > 0 {
		return nil, errors.Join(p.wrong...)
	}

	return p.Catalog, nil
}

// parser fills a catalog and notes what is wrong with it.
type parser struct {
	*Catalog
	pictures []string
	at       string // what it reads just now
	wrong    []error
}

func (p *parser) complain(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Errorf("catalog: %s: %s", p.at, fmt.Sprintf(format, args...)))
}

func (p *parser) read(file *catalogFile) {
	p.at = "currency"
	if p.currency == "" {
		p.currency = file.Products[0].anyCurrency()
	} else if !money.Known(p.currency) {
		p.complain("%q is not a currency that Stripe takes", p.currency)
	}

	for i := range file.Products {
		f := &file.Products[i]
		p.at = fmt.Sprintf("product %d (%s)", i+1, f.SKU)
		p.product(f)
	}

	for i := range file.Promotions {
		f := &file.Promotions[i]
		p.at = fmt.Sprintf("promotion %d (%s)", i+1, f.Code)
		p.promotion(f)
	}

	for i := range file.ShippingRates {
		f := &file.ShippingRates[i]
		p.at = fmt.Sprintf("shipping rate %d (%s)", i+1, f.ID)
		p.rate(f)
	}

	p.everythingCanBeSent()
}

// everythingCanBeSent looks for a product that is shipped and has a currency in
// which no rate is priced.
func (p *parser) everythingCanBeSent() {
	for i := range p.products {
		product := &p.products[i]
		if !p.Ships(product) {
			continue
		}

		for _, currency := range slices.Sorted(maps.Keys(product.Prices)) {
			if !slices.ContainsFunc(p.rates, func(r Rate) bool { return r.serves("", currency) }) {
				p.at = fmt.Sprintf("product %d (%s)", i+1, product.SKU)
				p.complain("it is sold in %s and shipped, and no shipping rate has a price in %s", currency, currency)
			}
		}
	}
}

// money reads one amount, at least least.
func (p *parser) money(name, text, currency string, least int64) int64 {
	amount, err := money.Parse(text, currency)
	switch {
	case err != nil:
		p.complain("%s: %v", name, err)
	case amount < least || amount > money.Maximum(currency):
		p.complain("%s %q is not between %s and Stripe's maximum", name, text, money.Decimal(least, currency))
	case amount%money.Step(currency) != 0:
		p.complain("%s %q: amounts in %s must be multiples of %s", name, text, strings.ToUpper(currency), money.Decimal(money.Step(currency), currency))
	}
	return amount
}

// amounts reads what has one amount in a currency, or amounts by currency, or
// both. There is one at least, unless optional.
func (p *parser) amounts(name, one, currency string, each map[string]string, least int64, optional bool) map[string]int64 {
	all := make(map[string]int64, len(each)+1)
	if one != "" || len(each) == 0 && !optional {
		all[currency] = p.money(name, one, currency, least)
	}

	for _, c := range slices.Sorted(maps.Keys(each)) {
		if _, twice := all[c]; twice {
			p.complain("%ss: %s is there twice", name, c)
		}

		all[c] = p.money(name, each[c], c, least)
	}

	return all
}

// productFile is a product as it is written.
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

// anyCurrency is the one in which a product has a price for sure.
func (f *productFile) anyCurrency() string {
	if f.Currency == "" && len(f.Prices) > 0 {
		return slices.Min(slices.Collect(maps.Keys(f.Prices)))
	}
	return f.Currency
}

func (p *parser) product(f *productFile) {
	currency := cmp.Or(f.Currency, p.currency)
	if f.Price == "" && f.Currency != "" && len(f.Prices) > 0 {
		p.complain("it has a currency and no price for it: prices name theirs")
	}

	product := Product{
		SKU:              f.SKU,
		Name:             f.Name,
		Description:      f.Description,
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

// checkProduct says what is wrong with a product besides its price.
func (p *parser) checkProduct(product *Product) {
	if !skuPattern.MatchString(product.SKU) {
		p.complain("sku must be 1 to 64 letters, digits, dots, dashes or underscores")
	}

	if _, twice := p.bySKU[product.SKU]; twice {
		p.complain("the sku is there twice")
	}

	if product.Name == "" {
		p.complain("it has no name")
	}

	if i := product.Image; i != "" && !strings.HasPrefix(i, "https://") && !(strings.HasPrefix(i, "/") && !strings.HasPrefix(i, "//")) && !slices.Contains(p.pictures, i) {
		p.complain("image %q is neither an https:// address, nor a /path, nor the name of a built-in picture (%s)", i, cmp.Or(strings.Join(p.pictures, ", "), "there are none"))
	}

	switch product.SetupFutureUsage {
	case "":
	case "on_session", "off_session":
		if product.Recurring != nil {
			p.complain("setup_future_usage is not for what recurs: a subscription saves its method by itself")
		}

	default:
		p.complain("setup_future_usage %q is neither on_session nor off_session", product.SetupFutureUsage)
	}
}

// longest are Stripe's longest intervals: three years
// (https://docs.stripe.com/api/prices/object#price_object-recurring-interval_count).
var longest = map[string]int64{"day": 3 * 365, "week": 3 * 52, "month": 3 * 12, "year": 3}

func (p *parser) recurring(f *Recurring) *Recurring {
	if f == nil {
		return nil
	}

	r := Recurring{Interval: f.Interval, IntervalCount: cmp.Or(f.IntervalCount, 1)}
	most, known := longest[r.Interval]
	if !known {
		p.complain("recurring: interval %q is none of day, week, month and year", r.Interval)
	} else if r.IntervalCount < 1 || r.IntervalCount > most {
		p.complain("recurring: interval_count must be from 1 to %d for a %s", most, r.Interval)
	}

	return &r
}
