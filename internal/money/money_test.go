package money_test

import (
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
		{100, "xyz", false},
	} {
		if err := money.Check(tt.amount, tt.currency); (err == nil) != tt.ok {
			t.Errorf("Check(%d, %s) = %v, want ok %v", tt.amount, tt.currency, err, tt.ok)
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
