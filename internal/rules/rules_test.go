package rules_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/rules"
)

const file = `{
	"card_countries": ["FR", "US"],
	"card_countries_refused": ["US"],
	"card_brands": ["visa", "mastercard"],
	"card_funding": ["credit", "debit"],
	"wallets": ["apple_pay"],
	"greatest_amounts": {"card": {"eur": "100.00", "jpy": "5000"}, "sepa_debit": {"eur": "20"}},
	"orders_per_customer": {"most": 2, "within": "24h"}
}`

// ledger counts every customer's orders as the same number.
type ledger int64

func (l ledger) PaidOrders(context.Context, string, string, time.Time) (int64, error) {
	return int64(l), nil
}

func TestRules(t *testing.T) {
	t.Parallel()
	parsed, err := rules.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}

	card := func(brand, country, funding, wallet string) payments.Method {
		return payments.Method{
			Type:   "card",
			Wallet: wallet,
			Card:   &payments.Card{Brand: brand, Country: country, Funding: funding},
		}
	}
	good := card("visa", "FR", "credit", "")

	for name, c := range map[string]struct {
		method payments.Method
		amount int64
		orders int64
		code   string
	}{
		"a card that may pay":      {method: good},
		"a country not listed":     {method: card("visa", "DE", "credit", ""), code: "card_country_refused"},
		"a country refused":        {method: card("visa", "US", "credit", ""), code: "card_country_refused"},
		"a country nobody knows":   {method: card("visa", "", "credit", ""), code: "card_country_refused"},
		"a brand":                  {method: card("amex", "FR", "credit", ""), code: "card_brand_refused"},
		"a prepaid card":           {method: card("visa", "FR", "prepaid", ""), code: "card_funding_refused"},
		"funding nobody knows":     {method: card("visa", "FR", "unknown", ""), code: "card_funding_refused"},
		"a wallet that may pay":    {method: card("visa", "FR", "debit", "apple_pay")},
		"a wallet":                 {method: card("visa", "FR", "debit", "google_pay"), code: "wallet_refused"},
		"Link":                     {method: payments.Method{Type: "link", Wallet: "link"}, code: "wallet_refused"},
		"the greatest amount":      {method: good, amount: 10_000},
		"more than that":           {method: good, amount: 10_001, code: "amount_over_method_limit"},
		"a debit of too much":      {method: payments.Method{Type: "sepa_debit"}, amount: 2001, code: "amount_over_method_limit"},
		"a method without a limit": {method: payments.Method{Type: "ideal"}, amount: 1_000_000},
		"another order":            {method: good, orders: 1},
		"one order too many":       {method: good, orders: 2, code: "too_many_orders"},
	} {
		judge := rules.Judge{File: parsed, Ledger: ledger(c.orders), Now: time.Now}
		o := orders.Order{Currency: "eur", Amount: c.amount, CustomerID: "cus_1"}

		verdict, err := judge.Judge(t.Context(), o, c.method)
		switch {
		case c.code == "" && (err != nil || verdict != "allowed by the rules"):
			t.Errorf("%s: got %q, %v; want it allowed", name, verdict, err)
		case c.code != "" && !fault.Is(err, c.code):
			t.Errorf("%s: got %v, want %s", name, err, c.code)
		}
	}
}

func TestNoRules(t *testing.T) {
	t.Parallel()
	parsed, err := rules.Parse([]byte("\ufeff{}"))
	if err != nil {
		t.Fatal(err)
	}

	judge := rules.Judge{File: parsed, Ledger: ledger(99), Now: time.Now}
	m := payments.Method{Type: "card", Wallet: "google_pay", Card: &payments.Card{Funding: "prepaid"}}
	if _, err := judge.Judge(t.Context(), orders.Order{Amount: 1 << 40, CustomerID: "cus_1"}, m); err != nil {
		t.Errorf("an empty file refuses: %v", err)
	}

	// An empty list allows nothing.
	parsed, err = rules.Parse([]byte(`{"wallets": []}`))
	if err != nil {
		t.Fatal(err)
	}

	judge.File = parsed
	if _, err := judge.Judge(t.Context(), orders.Order{}, m); !fault.Is(err, "wallet_refused") {
		t.Errorf("got %v, want every wallet refused", err)
	}
}

func TestEveryMistakeIsTold(t *testing.T) {
	t.Parallel()
	_, err := rules.Parse([]byte(`{
		"card_countries": ["fr"],
		"card_countries_refused": ["UK", "ZZ"],
		"card_brands": ["visa card"],
		"card_funding": ["cash"],
		"wallets": ["paypal"],
		"greatest_amounts": {"Gift Card": {"eur": "1"}, "card": {"eur": "10.001", "xyz": "1", "USD": "1"}},
		"orders_per_customer": {"most": 0, "within": "a day"}
	}`))
	if err == nil {
		t.Fatal("it was accepted")
	}

	for _, want := range []string{
		`card_countries contains "fr", which is no country: use two capital letters`,
		`card_countries_refused contains "UK"`,
		`card_countries_refused contains "ZZ"`,
		`card_brands contains "visa card"`,
		`card_funding contains "cash": use credit, debit, prepaid, unknown`,
		`wallets contains "paypal"`,
		`greatest_amounts has the payment method "Gift Card"`,
		`greatest_amounts.card.eur`,
		`greatest_amounts.card.xyz: "xyz" is not a currency that Stripe supports`,
		`greatest_amounts.card.USD: "USD" is not a currency: write usd`,
		`orders_per_customer.most is 0`,
		`orders_per_customer.within is "a day"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s:\n%v", want, err)
		}
	}

	for bad, want := range map[string]string{
		`{"card_funding": []}`:                   "rules: card_funding is empty, which would refuse every card: list what is allowed, or leave it out",
		`{"card_brands": []}`:                    "rules: card_brands is empty, which would refuse every card: list what is allowed, or leave it out",
		`{"card_countries": []}`:                 "rules: card_countries is empty, which would refuse every card: list what is allowed, or leave it out",
		``:                                       "rules: the file is empty",
		`[]`:                                     "rules: This must be one JSON object.",
		`{`:                                      "rules: The JSON is not valid (near byte 1).",
		`{"card_country": ["FR"]}`:               `rules: The field "card_country" is unknown.`,
		`{"card_countries": "FR"}`:               `rules: The field "card_countries" holds a string where a list is expected.`,
		`{"wallets": [], "wallets": ["link"]}`:   `rules: The field "wallets" is repeated.`,
		`{"orders_per_customer": {"most": 1.5}}`: `rules: The field "orders_per_customer.most" must be a whole number within range.`,
		`{} {}`:                                  "rules: There is something after the JSON object: exactly one is allowed.",
	} {
		if _, err := rules.Parse([]byte(bad)); err == nil || err.Error() != want {
			t.Errorf("%s: got the error %v, want %s", bad, err, want)
		}
	}
}
