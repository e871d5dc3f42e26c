package money_test

import (
	"strings"
	"testing"

	"checkoutd/internal/money"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in, currency string
		want         int64
		ok           bool
	}{
		{"10.99", "usd", 1099, true},
		{"10.9", "usd", 1090, true},
		{"10", "usd", 1000, true},
		{"0", "usd", 0, true},
		{"500", "jpy", 500, true},
		{"500.0", "jpy", 0, false},
		{"1.234", "kwd", 1234, true},
		{"1.234", "usd", 0, false},
		{"100", "isk", 10000, true},
		{"", "usd", 0, false},
		{".5", "usd", 0, false},
		{"5.", "usd", 0, false},
		{"-1", "usd", 0, false},
		{"+1", "usd", 0, false},
		{"1e3", "usd", 0, false},
		{"1,000", "usd", 0, false},
		{"1.2.3", "usd", 0, false},
		{"١", "usd", 0, false},
		{"9223372036854775807", "usd", 0, false},
		{"1", "xyz", 0, false},
		{"1", "USD", 0, false},
	} {
		got, err := money.Parse(tt.in, tt.currency)
		if (err == nil) != tt.ok || got != tt.want {
			t.Errorf("Parse(%q, %s) = %d, %v; want %d, ok %v", tt.in, tt.currency, got, err, tt.want, tt.ok)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		amount   int64
		currency string
		ok       bool
	}{
		{50, "usd", true}, {49, "usd", false}, {0, "usd", false}, {-50, "usd", false},
		{30, "gbp", true}, {29, "gbp", false},
		{99_999_999, "usd", true}, {100_000_000, "usd", false},
		{1230, "kwd", true}, {1234, "kwd", false},
		{10000, "isk", true}, {10050, "isk", false},
		{100, "isk", true}, {99, "isk", false}, {0, "ugx", false}, {500, "ugx", true}, {501, "ugx", false},
		{10, "kwd", true}, {9, "kwd", false}, {0, "kwd", false}, {1, "xof", true},
		{17_500, "huf", true}, {17_499, "huf", false}, {17_545, "huf", true}, // only its payouts are rounded
		{80_045, "twd", true}, {50, "krw", true}, {49, "krw", false}, {50, "jpy", true}, {49, "jpy", false},
		{999_999_999_999, "idr", true}, {1_000_000_000_000, "idr", false},
		{9_999_999_999, "jpy", true}, {10_000_000_000, "jpy", false}, {100_000_000, "krw", false},
		{100, "xcg", true},
		{100, "xyz", false},
	} {
		if err := money.Check(tt.amount, tt.currency); (err == nil) != tt.ok {
			t.Errorf("Check(%d, %s) = %v, want ok %v", tt.amount, tt.currency, err, tt.ok)
		}
	}
}

// The lists are Stripe's (https://docs.stripe.com/currencies#zero-decimal and
// the sections below it).
func TestDecimals(t *testing.T) {
	t.Parallel()
	for want, list := range map[int]string{
		0: "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf",
		2: "usd eur huf twd isk ugx idr cop",
		3: "bhd jod kwd omr tnd",
	} {
		for c := range strings.FieldsSeq(list) {
			if got := money.Decimals(c); got != want || !money.Known(c) {
				t.Errorf("%s has %d decimals, known %t; want %d", c, got, money.Known(c), want)
			}
		}
	}
}

// The minimum and the maximum of every currency can be paid.
func TestEveryCurrencyCanBePaidIn(t *testing.T) {
	t.Parallel()
	for c := range strings.FieldsSeq("usd jpy kwd isk ugx huf twd idr xof bhd omr clp lbp inr cop ars") {
		minimum, maximum, step := money.Minimum(c), money.Maximum(c), money.Step(c)
		if err := money.Check(minimum, c); err != nil {
			t.Errorf("the minimum of %s: %v", c, err)
		}
		if err := money.Check(maximum/step*step, c); err != nil {
			t.Errorf("the maximum of %s: %v", c, err)
		}
		if money.Check(minimum-step, c) == nil || money.Check(maximum+1, c) == nil {
			t.Errorf("%s accepts less than its minimum, or more than its maximum", c)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		amount           int64
		currency, locale string
		want             string
	}{
		{1099, "usd", "en", "$10.99"},
		{123456789, "usd", "en-US", "$1,234,567.89"},
		{1099, "eur", "fr", "10,99\u00a0€"},
		{500, "jpy", "en", "¥500"},
		{1230, "kwd", "en", "KWD\u00a01.230"},
		{10000, "isk", "en", "ISK\u00a0100"},
		{123456, "eur", "de", "1.234,56\u00a0€"},
		{123456, "eur", "de-AT", "€\u00a01.234,56"},
		{123456, "eur", "es", "1234,56\u00a0€"},
		{1234567, "eur", "es", "12.345,67\u00a0€"},
		{1099, "usd", "es-MX", "$10.99"},
		{123456, "eur", "it", "1234,56\u00a0€"},
		{123456, "eur", "nl", "€\u00a01.234,56"},
		{123456, "brl", "pt", "R$\u00a01.234,56"},
		{123456, "eur", "pt-PT", "1234,56\u00a0€"},
		{123456, "pln", "pl", "1234,56\u00a0zł"},
		{1234, "jpy", "ja", "￥1,234"},
		{123456, "eur", "ar", "\u200f1,234.56\u00a0€"},
		{1099, "cad", "ar", "\u200f10.99\u00a0CA$\u200e"},
	} {
		if got := money.Format(tt.amount, tt.currency, tt.locale); got != tt.want {
			t.Errorf("Format(%d, %s, %s) = %q, want %q", tt.amount, tt.currency, tt.locale, got, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"10.99", "0", "500", "1.234", "-1", "1e9", "99999999999999999999", "٣"} {
		for _, c := range []string{"usd", "jpy", "kwd", "isk"} {
			f.Add(s, c)
		}
	}

	f.Fuzz(func(t *testing.T, s, currency string) {
		n, err := money.Parse(s, currency)
		if err != nil {
			return
		}
		if n < 0 {
			t.Fatalf("Parse(%q, %q) = %d, a negative amount", s, currency, n)
		}

		back, err := money.Parse(money.Decimal(n, currency), currency)
		if err != nil || back != n {
			t.Fatalf("%q is %d, written %q, read again %d, %v", s, n, money.Decimal(n, currency), back, err)
		}
	})
}
