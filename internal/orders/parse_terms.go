package orders

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

const codeForm = "1 to 40 letters, digits, dashes or underscores, beginning with a letter or a digit"

// promotion reads a promotion code.
func (p *parser) promotion(e *section) {
	currency := cmp.Or(e.word("currency", `"usd"`), p.currency)
	if e.has("currency") {
		e.checkCurrency("currency", currency)
	}

	code := e.word("code", `"WELCOME10"`)
	promotion := Promotion{
		Code:     canonical(code),
		Percent:  e.percent("percent"),
		Amounts:  e.amounts("amount", "amounts", currency, 1),
		Minimums: e.amounts("minimum", "minimums", currency, 1),
		Expires:  e.moment("expires"),
	}

	_, twice := p.promotions[promotion.Code]
	switch {
	case code == "" && !e.has("code"):
		e.complainOf("code", "it is missing; write "+codeForm)
	case !codePattern.MatchString(code):
		e.complainOf("code", "%q cannot be one; write %s", code, codeForm)
	case twice:
		e.complainOf("code", "it is there twice, since small and capital letters are the same; remove one of them")
	}

	const uses = "1 or more, without quotes, or leave it out for no limit"
	if n, ok := e.whole("uses", uses); ok {
		if promotion.Uses = n; n < 1 {
			e.complainOf("uses", "%d is too little; write %s", n, uses)
		}
	}

	if amounts := e.has("amount") || e.has("amounts"); amounts == e.has("percent") {
		e.complain("write either percent, or amount or amounts, and not both")
	}

	e.end()
	p.promotions[promotion.Code] = promotion
}

// percent returns a percentage in hundredths of a percent.
func (e *section) percent(name string) int64 {
	raw, ok := e.value(name)
	if !ok {
		return 0
	}

	var n json.Number // a quoted one is as good
	err := json.Unmarshal(raw, &n)
	f, _ := n.Float64()

	hundredths := math.Round(f * 100)
	if err != nil || hundredths < 1 || hundredths > 100*100 || math.Abs(f*100-hundredths) > 1e-6 {
		e.complainOf(name, "%s is no percentage; write a number above 0 and up to 100, with at most two decimals",
			shown(raw))
		return 0
	}
	return int64(hundredths)
}

// moment returns a time, or the end of a day in UTC.
func (e *section) moment(name string) time.Time {
	text := e.word(name, `"2026-12-31"`)
	if text == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC()
	}

	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		e.complainOf(name,
			`%q is no time; write the last day ("2026-12-31") or a moment ("2026-12-31T18:00:00Z")`, text)
	}

	return day.AddDate(0, 0, 1)
}

// rate reads a shipping rate.
func (p *parser) rate(e *section) {
	currency := cmp.Or(e.word("currency", `"usd"`), p.currency)
	if e.has("currency") {
		e.checkCurrency("currency", currency)
	}

	r := Rate{
		ID:       e.word("id", `"post"`),
		names:    e.text("name", `"Post"`, &p.langs),
		Prices:   e.amounts("price", "prices", currency, 0),
		FreeFrom: e.amounts("free_from", "free_from", currency, 1),
	}

	taken := slices.ContainsFunc(p.rates, func(other Rate) bool { return other.ID == r.ID })
	switch {
	case r.ID == "" && !e.has("id"):
		e.complainOf("id", "it is missing; write "+skuForm)
	case !skuPattern.MatchString(r.ID):
		e.complainOf("id", "%q cannot be one; write %s", r.ID, skuForm)
	case taken:
		e.complainOf("id", "another rate has it already; every id must be unique")
	}

	e.checkName(r.names, `"Post"`)
	if !e.has("price") && !e.has("prices") {
		e.complainOf("price", `it is missing; write an amount in quotes, such as "4.90", or "0" for free shipping`)
	}

	for _, c := range slices.Sorted(maps.Keys(r.FreeFrom)) {
		if _, priced := r.Prices[c]; !priced && len(r.Prices) > 0 {
			e.complainOf("free_from", "the rate has no price in %s; add one to prices, or remove it here", c)
		}
	}

	r.Countries = e.countries("countries")
	r.MinDays, r.MaxDays = e.days("days")
	e.end()
	p.rates = append(p.rates, r)
}

// countries returns the codes of countries.
func (e *section) countries(name string) (list []string) {
	for i, raw := range e.list(name, `a list of codes: ["US", "FR"]`) {
		code := ""
		if kindOf(raw) != "a text" || json.Unmarshal(raw, &code) != nil {
			e.complainOf(fmt.Sprintf("%s[%d]", name, i), `it is %s; write a code in quotes, such as "FR"`, kindOf(raw))
			continue
		}

		instead := `such as "FR"`
		if upper := strings.ToUpper(code); IsCountry(upper) {
			instead = `"` + upper + `"`
		}

		switch {
		case !IsCountry(code):
			e.complainOf(name, "%q is no country; write its two capital letters of ISO 3166-1, %s", code, instead)
		case slices.Contains(list, code):
			e.complainOf(name, "%s is there twice; remove one of them", code)
		}

		list = append(list, code)
	}

	return list
}

// days returns the delivery time of a rate.
func (e *section) days(name string) (minimum, maximum int64) {
	const longest = 365
	raw, ok := e.value(name)
	if !ok {
		return 0, 0
	}

	var list []int64
	err := json.Unmarshal(raw, &list)
	if err != nil || len(list) != 2 || list[0] < 0 || list[0] > list[1] || list[1] < 1 || list[1] > longest {
		e.complainOf(name, "%s is no delivery time; write the fewest and the most business days, such as [3, 5], "+
			"up to %d", shown(raw), longest)
		return 0, 0
	}
	return list[0], list[1]
}
