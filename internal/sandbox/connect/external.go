package connect

import (
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// takeExternal makes the bank account or the card of the parameters the one to
// which an account's payouts go. Nothing is ever paid there.
func takeExternal(c *api.Call, fields map[string]any) error {
	target, err := sentExternal(c)
	if err != nil || target == nil {
		return err
	}

	id := api.TextOf(fields["id"])
	target["account"], target["metadata"] = id, map[string]string{}
	target["available_payout_methods"], target["default_for_currency"] = []any{"standard"}, true

	if target["object"] == "card" {
		target["currency"] = fields["default_currency"]
	}

	fields["external_accounts"] = wire.WholeList([]any{target}, "/v1/accounts/"+id+"/external_accounts")
	return nil
}

// sentExternal returns where the parameters let payouts go, nil if they do not
// say: a token, or a bank account under its newer or its older name.
func sentExternal(c *api.Call) (map[string]any, error) {
	p := c.Params.At("external_account")
	c.Params.String("external_account")          // counts as read beside its token
	if token := p.String("token"); token != "" { // a form of Stripe's Go library
		return payments.ExternalAccount(c, token)
	}
	if token := c.Params.String("external_account"); token != "" {
		return payments.ExternalAccount(c, token)
	}

	if p == nil {
		p = c.Params.At("bank_account")
	}
	if p == nil || p.Leaf {
		return nil, nil //nolint:nilnil // nothing sent is not an error
	}

	bank := payments.NewBankAccount(p)
	if p.String("currency") == "" {
		bank["currency"] = currencyOfCountry(strings.ToUpper(p.String("country")))
	}

	p.Ignore("object")
	return bank, nil
}
