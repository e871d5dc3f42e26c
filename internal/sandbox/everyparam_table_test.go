package sandbox_test

import (
	"slices"
	"strings"
)

// tableRow reads one row of wire/params.txt, independently of the sandbox.
type tableRow struct{ text string }

// tableParam is a parameter of the table.
type tableParam struct {
	name     string
	required bool
	kind     byte // s text, i integer, b boolean, n decimal, e enum, h hash, l list, m map
	enum     []string
	fields   []*tableParam
	item     *tableParam
}

func (p *tableRow) eat(prefix string) bool {
	rest, ok := strings.CutPrefix(p.text, prefix)
	p.text = rest
	return ok
}

// word returns the text up to one of the stops.
func (p *tableRow) word(stops string) string {
	end := strings.IndexAny(p.text, stops)
	if end < 0 {
		end = len(p.text)
	}

	out := p.text[:end]
	p.text = p.text[end:]
	return out
}

func (p *tableRow) fields() *tableParam {
	out := &tableParam{kind: 'h'}
	for p.text != "" && p.text[0] != '}' {
		if p.eat(" ") {
			continue
		}

		required := p.eat("!")
		name := p.word(" {}[]:=*?")
		field := p.form()
		if name == "" { // the other values of an integer, as in up_to:i=inf
			continue
		}

		field.name, field.required = name, required
		out.fields = append(out.fields, field)
	}

	return out
}

func (p *tableRow) form() *tableParam {
	out := &tableParam{kind: 's'}
	switch {
	case p.eat("{"):
		out = p.fields()
		p.eat("}")
	case p.eat("["):
		out = &tableParam{kind: 'l', item: p.form()}
		p.eat("]")
	case p.eat("*"):
		out.kind = 'm'
	case p.eat(":"):
		out.kind, p.text = p.text[0], p.text[1:]
	case p.eat("="):
		out.kind, out.enum = 'e', strings.Split(p.word(" ?}]"), "|")
	}

	p.eat("?")
	return out
}

func below(at, name string) string {
	if at == "" {
		return name
	}
	return at + "[" + name + "]"
}

// each visits the parameters that have a value. with are the pairs without
// which the parameter is incomplete.
func (p *tableParam) each(at string, with []string, visit func(name string, p *tableParam, with []string)) {
	switch p.kind {
	case 'h':
		for _, f := range p.fields {
			f.each(below(at, f.name), append(slices.Clone(with), p.companions(at, f)...), visit)
		}
	case 'l':
		p.item.each(at+"[0]", with, visit)
	default:
		visit(at, p, with)
	}
}

// companions returns the pairs that a hash needs beside one of its fields. The
// required parameters of the call itself are in its recipe.
func (p *tableParam) companions(at string, field *tableParam) []string {
	var out []string
	if at == "payment_method_data" {
		out = []string{
			at + "[billing_details][name]=Jenny", at + "[billing_details][email]=j@shop.test",
			at + "[billing_details][address][country]=FR",
		}
	}

	if strings.HasSuffix(at, "[us_bank_account]") && strings.HasPrefix(at, "payment_method_data") {
		out = []string{at + "[account_number]=000123456789", at + "[routing_number]=110000000"}
	}

	for _, f := range p.fields {
		switch {
		case f == field || !f.required || at == "":
		case f.name == "type" && slices.Contains(f.enum, field.name):
			out = append(out, below(at, "type")+"="+field.name)
		case f.name == "type" && slices.Contains(f.enum, "link"):
			out = append(out, below(at, "type")+"=link")
		default:
			out = append(out, f.complete(below(at, f.name))...)
		}
	}

	return out
}

// complete returns pairs that make a parameter.
func (p *tableParam) complete(at string) []string {
	switch p.kind {
	case 'h':
		var out []string
		for _, f := range p.fields {
			if f.required {
				out = append(out, f.complete(below(at, f.name))...)
			}
		}
		if len(out) == 0 && len(p.fields) > 0 {
			return p.fields[0].complete(below(at, p.fields[0].name))
		}
		return out
	case 'l':
		return p.item.complete(at + "[0]")
	}

	return []string{at + p.samples(strings.TrimSuffix(at[strings.LastIndexByte(at, '[')+1:], "]"))[0]}
}

// namedSamples are the values of parameters that take no arbitrary text or
// number, by name.
var namedSamples = map[string]string{
	"account_number": "000123456789",
	"country":        "DE",
	"currency":       "eur",
	"day":            "3",
	"email":          "zq@shop.test",
	"cvc":            "123",
	"exp_month":      "5",
	"exp_year":       "2039",
	"frozen_time":    "4102444800",
	"invoice_prefix": "ZQ",
	"limit":          "1",
	"month":          "4",
	"number":         "4242424242424242",
	"off_session":    "true",
	"query":          `created>4102444800`,
	"receipt_email":  "zq@shop.test",
	"routing_number": "110000000",
	"year":           "1990",
}

// samples returns values to try, each as it follows the name.
func (p *tableParam) samples(name string) []string {
	if known, ok := namedSamples[name]; ok {
		return []string{"=" + known}
	}

	switch p.kind {
	case 'm':
		if name == "currency_options" {
			return []string{"[eur][unit_amount]=7"}
		}
		return []string{"[zq]=zq17"}
	case 'b':
		return []string{"=true", "=false"}
	case 'n':
		return []string{"=1.5"}
	case 'i':
		if name == "lt" || name == "lte" {
			return []string{"=4"}
		}
		if isTime(name) {
			return []string{"=4102444800"}
		}
		return []string{"=7"}
	case 'e':
		var out []string
		for _, v := range p.enum {
			if v != "" {
				out = append(out, "="+v)
			}
		}
		slices.Reverse(out)
		return out
	}

	switch {
	case strings.HasSuffix(name, "email") || name == "instructions_email":
		return []string{"=zq@shop.test"}
	case strings.HasSuffix(name, "url"):
		return []string{"=https://zq.test/x"}
	case strings.HasSuffix(name, "_decimal"):
		return []string{"=7"}
	}

	return []string{"=zq17"}
}

// isTime reports whether an integer is a Unix time.
func isTime(name string) bool {
	for _, end := range []string{"_at", "_date", "_end", "_start", "_anchor", "date", "created", "gt", "gte", "lt", "lte", "timestamp", "start", "end", "redeem_by"} {
		if name == end || strings.HasPrefix(end, "_") && strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
