package rules

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/httpio"
	"checkoutd/internal/money"
	"checkoutd/internal/orders"
)

// File is a rules file; docs/rules.md describes its members. A nil list allows
// everything, an empty one nothing.
type File struct {
	CardCountries        []string
	CardCountriesRefused []string
	CardBrands           []string
	CardFunding          []string
	Wallets              []string
	// GreatestAmounts are minor units by payment method type and currency.
	GreatestAmounts map[string]map[string]int64
	Orders          OrderLimit
}

// OrderLimit is how many orders a customer may pay within a time. Most is 0 for
// no limit.
type OrderLimit struct {
	Most   int64
	Within time.Duration
}

type fileJSON struct {
	CardCountries        []string                     `json:"card_countries"`
	CardCountriesRefused []string                     `json:"card_countries_refused"`
	CardBrands           []string                     `json:"card_brands"`
	CardFunding          []string                     `json:"card_funding"`
	Wallets              []string                     `json:"wallets"`
	GreatestAmounts      map[string]map[string]string `json:"greatest_amounts"`
	OrdersPerCustomer    *struct {
		Most   int64  `json:"most"`
		Within string `json:"within"`
	} `json:"orders_per_customer"`
}

// The values that Stripe documents
// (https://docs.stripe.com/api/confirmation_tokens/object).
var (
	brands = []string{
		"amex", "diners", "discover", "eftpos_au", "jcb", "link", "mastercard", "unionpay", "visa", "unknown",
	}
	fundings = []string{"credit", "debit", "prepaid", "unknown"}
	wallets  = []string{
		"amex_express_checkout", "apple_pay", "google_pay", "link", "masterpass", "samsung_pay", "visa_checkout",
	}
	typePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)
)

// Parse parses a rules file. The error lists everything that is wrong with it.
func Parse(data []byte) (File, error) {
	var in fileJSON
	if err := httpio.DecodeFile(data, &in); err != nil {
		return File{}, fmt.Errorf("rules: %w", err)
	}

	var p parser
	f := File{
		CardCountries:        p.countries("card_countries", p.some("card_countries", in.CardCountries)),
		CardCountriesRefused: p.countries("card_countries_refused", in.CardCountriesRefused),
		CardBrands:           p.oneOf("card_brands", p.some("card_brands", in.CardBrands), brands),
		CardFunding:          p.oneOf("card_funding", p.some("card_funding", in.CardFunding), fundings),
		Wallets:              p.oneOf("wallets", in.Wallets, wallets),
		GreatestAmounts:      p.amounts(in.GreatestAmounts),
	}

	if limit := in.OrdersPerCustomer; limit != nil {
		f.Orders = OrderLimit{Most: limit.Most, Within: p.within(limit.Within)}
		if limit.Most < 1 {
			p.complain("orders_per_customer.most is %d: use 1 or more", limit.Most)
		}
	}

	return f, errors.Join(p.wrong...)
}

// parser collects what is wrong with a file.
type parser struct{ wrong []error }

func (p *parser) complain(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Errorf("rules: "+format, args...))
}

// some refuses a list that is there and empty: it would refuse every card.
func (p *parser) some(name string, list []string) []string {
	if list != nil && len(list) == 0 {
		p.complain("%s is empty, which would refuse every card: list what is allowed, or leave it out", name)
	}
	return list
}

func (p *parser) countries(name string, list []string) []string {
	for _, c := range list {
		if !orders.IsCountry(c) {
			p.complain("%s contains %q, which is no country: use two capital letters of ISO 3166-1, such as FR", name, c)
		}
	}
	return list
}

func (p *parser) oneOf(name string, list, known []string) []string {
	for _, v := range list {
		if !slices.Contains(known, v) {
			p.complain("%s contains %q: use %s", name, v, strings.Join(known, ", "))
		}
	}
	return list
}

func (p *parser) amounts(in map[string]map[string]string) map[string]map[string]int64 {
	out := make(map[string]map[string]int64, len(in))
	for _, method := range slices.Sorted(maps.Keys(in)) {
		if !typePattern.MatchString(method) {
			p.complain("greatest_amounts has the payment method %q: use a type of Stripe's, such as card", method)
		}

		out[method] = make(map[string]int64, len(in[method]))
		for _, currency := range slices.Sorted(maps.Keys(in[method])) {
			amount, err := money.Parse(in[method][currency], currency)
			if err != nil {
				p.complain("greatest_amounts.%s.%s: %w", method, currency, err)
			}
			out[method][currency] = amount
		}
	}

	return out
}

func (p *parser) within(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Minute || d > 366*24*time.Hour {
		p.complain("orders_per_customer.within is %q: use a time from 1m to 8784h, such as 24h", s)
	}
	return d
}
