package orders_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/orders"
)

// Each line of a list is a member or more of an entry that is otherwise right,
// and the sentences about it.
var mistakes = []struct {
	in, members string
	want        []string
}{
	{"product", `"sku": "no spaces"`, []string{`product 1 (no spaces): sku: "no spaces" cannot be one; write 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or a digit`}},
	{"product", `"sku": null`, []string{"product 1: sku: it is missing; write 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or a digit"}},
	{"product", `"sku": 7`, []string{
		`product 1: sku: it is a number; write a text in quotes, such as "mug"`,
		`product 1: sku: "" cannot be one; write 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or a digit`,
	}},
	{"product", `"name": ""`, []string{`product 1 (a): name: it is missing; write what the buyer reads, such as "Mug"`}},
	{"product", `"name": ["A"]`, []string{`product 1 (a): name: it is a list; write a text in quotes, such as "Mug", or texts by language`}},
	{"product", `"name": "A\u0007"`, []string{"product 1 (a): name: write one line of text, without control characters"}},
	{"product", `"name": {"en": "A", "deutsch!": "B"}`, []string{`product 1 (a): name.deutsch!: "deutsch!" is not the code of a language; write one such as "en", "de" or "pt-BR"`}},
	{"product", `"name": {"en": "A", "EN": "B"}`, []string{"product 1 (a): name.EN: the language is there twice; remove one of them"}},
	{"product", `"name": {"en": "A", "de": ""}`, []string{"product 1 (a): name.de: it is empty; write the text, or remove the language"}},
	{"product", `"description": {"en": 5}`, []string{"product 1 (a): description.en: it is a number; write a text in quotes"}},
	{"product", `"price": null`, []string{`product 1 (a): price: it is missing; write an amount in quotes, such as "18.00"`}},
	{"product", `"price": 1.5`, []string{`product 1 (a): price: it is a number; write the amount in quotes: "1.50"`}},
	{"product", `"price": "1,00"`, []string{`product 1 (a): price: "1,00" is not an amount in usd; write it like "1.00"`}},
	{"product", `"price": "%s"`, []string{`product 1 (a): price: "%s" is not an amount in usd; write it like "10.99"`}},
	{"product", `"price": "0"`, []string{`product 1 (a): price: "0" is too little; the least is "0.01"`}},
	{"product", `"price": "1000000.00"`, []string{`product 1 (a): price: "1000000.00" is too much; the most is "999999.99"`}},
	{"product", `"price": "1.234", "currency": "kwd"`, []string{`product 1 (a): price: "1.234" cannot be paid; amounts in kwd are multiples of "0.010"`}},
	{"product", `"price": "1.00", "currency": "USD"`, []string{`product 1 (a): currency: "USD" is not a currency that Stripe supports; write "usd"`}},
	{"product", `"prices": {"usd": "2.00"}`, []string{"product 1 (a): prices: usd is there twice; remove one of them"}},
	{"product", `"prices": {"gold": "2.00"}`, []string{`product 1 (a): prices: "gold" is not a currency that Stripe supports; write three lower-case letters, such as "eur"`}},
	{"product", `"prices": {"jpy": "1.5"}`, []string{`product 1 (a): prices.jpy: "1.5" is not an amount in jpy; write it like "1099"`}},
	{"product", `"prices": "2.00"`, []string{`product 1 (a): prices: it is a text; write amounts by currency, such as {"eur": "17.00"}`}},
	{"product", `"price": null, "prices": {"eur": "1.00"}, "currency": "eur"`, []string{"product 1 (a): currency: remove it: there is no price, and prices name their own currencies"}},
	{"product", `"image": "mugs.svg"`, []string{`product 1 (a): image: "mugs.svg" is no picture; write "mug.svg", an https:// address or a /path on this host`}},
	{"product", `"image": "http://shop.example/h.png"`, []string{`product 1 (a): image: "http://shop.example/h.png" is no picture; write an https:// address, a /path on this host, or a built-in picture: mug.svg, tote.svg`}},
	{"product", `"image": "//evil.example/j.png"`, []string{`product 1 (a): image: "//evil.example/j.png" is no picture; write an https:// address, a /path on this host, or a built-in picture: mug.svg, tote.svg`}},
	{"product", `"digital": "yes"`, []string{"product 1 (a): digital: it is a text; write true or false, without quotes"}},
	{"product", `"recurring": "month"`, []string{"product 1 (a): recurring: it is a text; write an object: { … }"}},
	{"product", `"recurring": {"interval": "fortnight"}`, []string{`product 1 (a): recurring.interval: "fortnight" is no interval; write "day", "week", "month" or "year"`}},
	{"product", `"recurring": {"interval": "year", "interval_count": 4}`, []string{"product 1 (a): recurring.interval_count: 4 is out of range; write 1 to 3 for years, without quotes"}},
	{"product", `"recurring": {"interval": "year", "interval_count": "2"}`, []string{`product 1 (a): recurring.interval_count: "2" is no whole number; write 1 to 3 for years, without quotes`}},
	{"product", `"recurring": {"interval": "year", "count": 2}`, []string{"product 1 (a): recurring.count: there is no such member; remove it, or write one of interval, interval_count"}},
	{"product", `"recurring": {"interval": "year"}, "setup_future_usage": "on_session"`, []string{"product 1 (a): setup_future_usage: remove it: a subscription saves the payment method anyway"}},
	{"product", `"setup_future_usage": "always"`, []string{`product 1 (a): setup_future_usage: "always" is none of its values; write "on_session" or "off_session"`}},
	{"product", `"prise": "2"`, []string{"product 1 (a): prise: there is no such member; write price"}},
	{"product", `"digital": true, "Digital": false`, []string{"product 1 (a): Digital: it is there twice; remove one of them"}},
	{"product", `"variants": {}`, []string{"product 1 (a): variants: it is an object; write a list: \"variants\": [ … ]"}},
	{"product", `"variants": []`, []string{"product 1 (a): variants: there are none; write at least one, or remove it"}},
	{"product", `"sku": "a", "name": "A", "price": "1.00", "variants": [{"sku": "a", "name": "M"}, {"sku": "b", "price": "x", "colour": 1}, 5]`, []string{
		"product 1 (a): variants[0].sku: product 1 (a) has it already; every sku must be unique",
		`product 1 (a): variants[1].price: "x" is not an amount in usd; write it like "10.99"`,
		`product 1 (a): variants[1].name: it is missing; write what the buyer reads, such as "Red"`,
		"product 1 (a): variants[1].colour: there is no such member; remove it, or write one of currency, sku, name, unavailable, image, price, prices",
		"product 1 (a): variants[2]: it is a number; write an object: { … }",
	}},

	{"promotion", `"code": "WITH SPACE"`, []string{`promotion 1 (WITH SPACE): code: "WITH SPACE" cannot be one; write 1 to 40 letters, digits, dashes or underscores, beginning with a letter or a digit`}},
	{"promotion", `"code": null`, []string{"promotion 1: code: it is missing; write 1 to 40 letters, digits, dashes or underscores, beginning with a letter or a digit"}},
	{"promotion", `"percent": null`, []string{"promotion 1 (P): write either percent, or amount or amounts, and not both"}},
	{"promotion", `"amount": "1.00"`, []string{"promotion 1 (P): write either percent, or amount or amounts, and not both"}},
	{"promotion", `"percent": 100.01`, []string{"promotion 1 (P): percent: 100.01 is no percentage; write a number above 0 and up to 100, with at most two decimals"}},
	{"promotion", `"percent": "ten"`, []string{`promotion 1 (P): percent: "ten" is no percentage; write a number above 0 and up to 100, with at most two decimals`}},
	{"promotion", `"percent": null, "amount": 5`, []string{`promotion 1 (P): amount: it is a number; write the amount in quotes: "5.00"`}},
	{"promotion", `"minimum": "x", "minimums": {"eur": "-1"}`, []string{
		`promotion 1 (P): minimum: "x" is not an amount in usd; write it like "10.99"`,
		`promotion 1 (P): minimums.eur: "-1" is not an amount in eur; write it like "10.99"`,
	}},
	{"promotion", `"expires": "tomorrow"`, []string{`promotion 1 (P): expires: "tomorrow" is no time; write the last day ("2026-12-31") or a moment ("2026-12-31T18:00:00Z")`}},
	{"promotion", `"uses": 0`, []string{"promotion 1 (P): uses: 0 is too little; write 1 or more, without quotes, or leave it out for no limit"}},
	{"promotion", `"uses": 1.5`, []string{"promotion 1 (P): uses: 1.5 is no whole number; write 1 or more, without quotes, or leave it out for no limit"}},
	{"promotion", `"useds": 1`, []string{"promotion 1 (P): useds: there is no such member; write uses"}},

	{"shipping rate", `"id": "no spaces"`, []string{`shipping rate 1 (no spaces): id: "no spaces" cannot be one; write 1 to 64 letters, digits, dots, dashes or underscores, beginning with a letter or a digit`}},
	{"shipping rate", `"name": null`, []string{`shipping rate 1 (r): name: it is missing; write what the buyer reads, such as "Post"`}},
	{"shipping rate", `"price": null`, []string{
		`shipping rate 1 (r): price: it is missing; write an amount in quotes, such as "4.90", or "0" for free shipping`,
		`product 1 (a): it is shipped and sold in usd, but no shipping rate has a price in usd; add one, or write "digital": true`,
	}},
	{"shipping rate", `"free_from": {"jpy": "500"}`, []string{"shipping rate 1 (r): free_from: the rate has no price in jpy; add one to prices, or remove it here"}},
	{"shipping rate", `"free_from": 50`, []string{`shipping rate 1 (r): free_from: it is a number; write the amount in quotes: "50.00"`}},
	{"shipping rate", `"countries": "FR"`, []string{`shipping rate 1 (r): countries: it is a text; write a list of codes: ["US", "FR"]`}},
	{"shipping rate", `"countries": ["fr", "DE", "DE", "EU", 1]`, []string{
		`shipping rate 1 (r): countries: "fr" is no country; write its two capital letters of ISO 3166-1, "FR"`,
		"shipping rate 1 (r): countries: DE is there twice; remove one of them",
		`shipping rate 1 (r): countries: "EU" is no country; write its two capital letters of ISO 3166-1, such as "FR"`,
		`shipping rate 1 (r): countries[4]: it is a number; write a code in quotes, such as "FR"`,
	}},
	{"shipping rate", `"days": [5, 3]`, []string{"shipping rate 1 (r): days: [5, 3] is no delivery time; write the fewest and the most business days, such as [3, 5], up to 365"}},
	{"shipping rate", `"days": 3`, []string{"shipping rate 1 (r): days: 3 is no delivery time; write the fewest and the most business days, such as [3, 5], up to 365"}},
	{"shipping rate", `"country": "FR"`, []string{"shipping rate 1 (r): country: there is no such member; remove it, or write one of currency, id, name, price, prices, free_from, countries, days"}},
}

// with returns an entry whose members are replaced by others.
func withMembers(members string, own ...[2]string) string {
	list := []string{members}
	for _, m := range own {
		if !strings.Contains(members, `"`+m[0]+`":`) {
			list = append(list, `"`+m[0]+`": `+m[1])
		}
	}
	return "{" + strings.Join(list, ", ") + "}"
}

func catalogWith(kind, members string) string {
	product, promotion, rate := `"sku": "a"`, `"code": "P"`, `"id": "r"`
	switch kind {
	case "product":
		product = members
	case "promotion":
		promotion = members
	case "shipping rate":
		rate = members
	}

	product = withMembers(product, [2]string{"sku", `"a"`}, [2]string{"name", `"A"`}, [2]string{"price", `"1.00"`})
	promotion = withMembers(promotion, [2]string{"code", `"P"`}, [2]string{"percent", "5"})
	rate = withMembers(rate, [2]string{"id", `"r"`}, [2]string{"name", `"R"`}, [2]string{"price", `"1.00"`})

	text := `{"currency": "usd", "products": [` + product + `], "promotions": [` + promotion + `]`
	if kind == "shipping rate" {
		text += `, "shipping_rates": [` + rate + `]`
	}
	return text + "}"
}

func wantMistakes(t *testing.T, text string, want []string) {
	t.Helper()
	c, err := orders.ParseCatalog([]byte(text), pictures...)
	var got orders.Mistakes
	if !errors.As(err, &got) || c != nil {
		t.Errorf("%s: got %v, %v; want mistakes alone", text, c, err)
		return
	}

	a, b := slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(a, b) {
		t.Errorf("%s:\n got %s\nwant %s", text, strings.Join(a, "\n     "), strings.Join(b, "\n     "))
	}
}

func TestEveryMistakeSaysWhereItIsAndWhatToWrite(t *testing.T) {
	t.Parallel()
	if _, err := orders.ParseCatalog([]byte(catalogWith("shipping rate", `"id": "r"`))); err != nil {
		t.Fatal(err)
	}
	for _, tt := range mistakes {
		wantMistakes(t, catalogWith(tt.in, tt.members), tt.want)
	}
}

func TestMistakesInTheFile(t *testing.T) {
	t.Parallel()
	const product = `{"sku": "a", "name": "A", "price": "1"}`
	for _, tt := range []struct{ text, want string }{
		{" \n", "the file is empty"},
		{"sku,name", "line 1: there is 's' where JSON allows none: look for a missing or a superfluous quote, comma or bracket"},
		{"null", `the file must be one object: {"products": […]}`},
		{"[" + product + "]", `the file must be one object: {"products": […]}`},
		{`{"products": []}`, `products: there are none; write at least one: "products": [{"sku": "mug", "name": "Mug", "price": "18.00"}]`},
		{`{"products": ` + product + `}`, `products: it is an object; write a list: "products": [ … ]`},
		{`{"products": [` + product + `]}`, `product 1 (a): currency: it is missing; write "currency": "usd", for instance, here or for the whole catalog`},
		{`{"currency": "USD", "products": [` + product + `]}`, `currency: "USD" is not a currency that Stripe supports; write "usd"`},
		{`{"currency": "usd", "product": [], "products": [` + product + `]}`, "product: there is no such member; write products"},
		{`{"currency": "usd", "products": [7]}`, "product 1: it is a number; write an object: { … }"},
		{`{"currency": "usd", "tax_included": true, "products": [` + product + `]}`, `tax_included: it is true or false; write a text in quotes, such as "Prices include VAT", or texts by language`},
		{"{\"currency\": \"usd\",\n\"products\": [" + product + ",\n]}", "line 3: there is ']' where JSON allows none: remove the comma before it"},
		{"{\"currency\": \"usd\"\n\"products\": []}", "line 2: there is '\"' where JSON allows none: write a comma before it"},
		{"{\n// mugs\n\"products\": []}", "line 2: there is '/' where JSON allows none: JSON has no comments; remove it"},
		{"{\n“products”: []}", "line 2: there is '“' where JSON allows none: write straight double quotes: \""},
		{"{\"currency\": \"us\nd\"}", `line 1: a text goes on beyond its line; close its quotes, or write \n`},
		{"{\"products\": [\n" + product, "line 2: the file ends too early; a closing quote, bracket or brace is missing"},
		{"{\"products\": []}\n{}", "line 2: there is '{' where JSON allows none: the catalog has ended before it; a file holds one object"},
		{"{\n\"products\": \"\xff\"}", "line 2: this is not UTF-8; save the file as UTF-8"},
	} {
		c, err := orders.ParseCatalog([]byte(tt.text))
		if c != nil || err == nil || !strings.HasPrefix(err.Error(), tt.want) && !strings.Contains(err.Error(), "\n  "+tt.want) {
			t.Errorf("%q:\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

// All of them are told at once, those of a right entry are none, and no word is
// of Go.
func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	var products []string
	for _, tt := range mistakes {
		if tt.in == "product" {
			products = append(products, withMembers(tt.members, [2]string{"sku", `"x"`}))
		}
	}

	_, err := orders.ParseCatalog([]byte(`{"currency": "usd", "products": [{"sku": "good", "name": "Good", "price": "1.00"}, ` +
		strings.Join(products, ", ") + `]}`))
	var got orders.Mistakes
	if !errors.As(err, &got) || len(got) < len(products) {
		t.Fatalf("got %v", err)
	}
	for _, sentence := range got {
		if strings.HasPrefix(sentence, "product 1 ") || strings.Contains(sentence, "Go ") || strings.Contains(sentence, "json:") {
			t.Errorf("a wrong sentence: %s", sentence)
		}
	}
}
