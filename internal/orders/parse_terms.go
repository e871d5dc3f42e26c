package orders

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// promotionFile is the JSON of a promotion.
type promotionFile struct {
	Code     string            `json:"code"`
	Percent  json.Number       `json:"percent"`
	Currency string            `json:"currency"`
	Amount   string            `json:"amount"`
	Amounts  map[string]string `json:"amounts"`
	Minimum  string            `json:"minimum"`
	Minimums map[string]string `json:"minimums"`
	Expires  string            `json:"expires"`
	Uses     *int64            `json:"uses"`
}

func (p *parser) promotion(f *promotionFile) {
	currency := f.Currency
	if currency == "" {
		currency = p.currency
	}

	promotion := Promotion{
		Code:     canonical(f.Code),
		Amounts:  p.amounts("amount", f.Amount, currency, f.Amounts, 1, true),
		Minimums: p.amounts("minimum", f.Minimum, currency, f.Minimums, 1, true),
		Expires:  p.moment("expires", f.Expires),
	}

	if !codePattern.MatchString(f.Code) {
		p.complain("code must be 1 to 40 letters, digits, dashes or underscores")
	}

	if _, twice := p.promotions[promotion.Code]; twice {
		p.complain("the code appears twice: small and capital letters are the same")
	}

	if f.Percent != "" {
		promotion.Percent = p.percent(f.Percent)
	}

	if (f.Percent != "") == (len(promotion.Amounts) > 0) {
		p.complain("it needs either percent, or amount or amounts, and not both")
	}

	if f.Uses != nil {
		if promotion.Uses = *f.Uses; promotion.Uses < 1 {
			p.complain("uses must be 1 or more; leave it out for no limit")
		}
	}

	p.promotions[promotion.Code] = promotion
}

// percent parses a percentage and returns hundredths of a percent.
func (p *parser) percent(n json.Number) int64 {
	f, err := n.Float64()
	hundredths := math.Round(f * 100)
	if err != nil || hundredths < 1 || hundredths > 100*100 || math.Abs(f*100-hundredths) > 1e-6 {
		p.complain("percent must be above 0 and at most 100, with at most two decimals")
		return 0
	}
	return int64(hundredths)
}

// moment parses a time, or a day, which stands for its end in UTC.
func (p *parser) moment(name, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC()
	}

	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		p.complain(`%s %q is neither a day ("2026-12-31") nor a time ("2026-12-31T18:00:00Z")`, name, text)
	}

	return day.AddDate(0, 0, 1)
}

// rateFile is the JSON of a shipping rate.
type rateFile struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Currency  string            `json:"currency"`
	Price     string            `json:"price"`
	Prices    map[string]string `json:"prices"`
	Countries []string          `json:"countries"`
	Days      []int64           `json:"days"`
	FreeFrom  oneOrEach         `json:"free_from"`
}

// oneOrEach is either one amount or amounts by currency.
type oneOrEach struct {
	one  string
	each map[string]string
}

// UnmarshalJSON parses either form.
func (o *oneOrEach) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		return json.Unmarshal(data, &o.each)
	}
	return json.Unmarshal(data, &o.one)
}

func (p *parser) rate(f *rateFile) {
	currency := f.Currency
	if currency == "" {
		currency = p.currency
	}

	r := Rate{
		ID:        f.ID,
		Name:      p.text("name", f.Name),
		Countries: f.Countries,
		Prices:    p.amounts("price", f.Price, currency, f.Prices, 0, false),
		FreeFrom:  p.amounts("free_from", f.FreeFrom.one, currency, f.FreeFrom.each, 1, true),
	}
	if !skuPattern.MatchString(r.ID) {
		p.complain("id must be 1 to 64 letters, digits, dots, dashes or underscores")
	}

	for _, other := range p.rates {
		if other.ID == r.ID {
			p.complain("the id appears twice")
		}
	}

	if r.Name == "" {
		p.complain("it has no name")
	}

	for _, c := range slices.Sorted(maps.Keys(r.FreeFrom)) {
		if _, priced := r.Prices[c]; !priced {
			p.complain("free_from: the rate has no price in %s", c)
		}
	}

	p.countries(r.Countries)
	r.MinDays, r.MaxDays = p.days(f.Days)
	p.rates = append(p.rates, r)
}

func (p *parser) countries(list []string) {
	seen := map[string]bool{}
	for _, c := range list {
		if !IsCountry(c) {
			p.complain("countries: %q is not an ISO 3166-1 code in capitals, such as FR", c)
		} else if seen[c] {
			p.complain("countries: %s appears twice", c)
		}
		seen[c] = true
	}
}

// days parses the delivery time of a rate: [minimum, maximum].
func (p *parser) days(list []int64) (minimum, maximum int64) {
	const longest = 365
	switch {
	case len(list) == 0:
		return 0, 0
	case len(list) != 2 || list[0] < 0 || list[0] > list[1] || list[1] < 1 || list[1] > longest:
		p.complain("days must be two whole numbers, minimum and maximum, up to %d: %s", longest, fmt.Sprint(list))
		return 0, 0
	}
	return list[0], list[1]
}
