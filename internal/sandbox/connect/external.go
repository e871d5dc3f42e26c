package connect

import (
	"cmp"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// takeBankAccount makes the bank account of the parameters the one to which an
// account's payouts go. Nothing is ever paid there.
func takeBankAccount(c *api.Call, fields map[string]any) {
	p := c.Params.At("bank_account")
	if p == nil || c.Params.Unset("bank_account") {
		return
	}

	id, number := api.TextOf(fields["id"]), p.String("account_number")
	country := strings.ToUpper(p.String("country"))
	bank := map[string]any{
		"id":                       wire.NewID("ba"),
		"object":                   "bank_account",
		"account":                  id,
		"account_holder_name":      p.Text("account_holder_name"),
		"account_holder_type":      p.Text("account_holder_type"),
		"account_type":             p.Text("account_type"),
		"available_payout_methods": []any{"standard"},
		"bank_name":                "STRIPE TEST BANK",
		"country":                  country,
		"currency":                 strings.ToLower(cmp.Or(p.String("currency"), currencyOfCountry(country))),
		"default_for_currency":     true,
		"fingerprint":              nil,
		"last4":                    number[max(0, len(number)-4):],
		"metadata":                 map[string]string{},
		"routing_number":           p.Text("routing_number"),
		"status":                   "new",
	}

	fields["external_accounts"] = wire.WholeList([]any{bank}, "/v1/accounts/"+id+"/external_accounts")
}
