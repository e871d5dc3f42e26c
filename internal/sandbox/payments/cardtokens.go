package payments

import (
	"cmp"
	"maps"
	"strings"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/testcards"
	"checkoutd/internal/sandbox/wire"
)

// tokens is the API of the older tokens. See
// https://docs.stripe.com/api/tokens.
var tokens = api.RecordAPI{Kind: "token"}

// hasCVC reports whether a token carries the code of its card, as the named
// ones do.
func (c *Call) hasCVC(token string) bool {
	rec, ok := memory.Find[*api.Record](c.Tx, token)
	if !ok {
		return true
	}

	fields, _ := rec.Fields["card"].(map[string]any)
	return fields["cvc_check"] != nil && fields["cvc_check"] != (*string)(nil)
}

// createOlderToken is POST /v1/tokens.
func createOlderToken(c *Call) (any, error) {
	p := c.Params
	switch {
	case p.Has("card") && p.String("card") == "":
		return c.createCardToken(p.At("card"))
	case p.Has("customer"):
		return c.shareCard(p.String("customer"), p.String("card"))
	case p.Has("bank_account"):
		return c.createBankToken(p.At("bank_account"))
	case p.Has("pii"):
		p.Ignore("pii")
		return c.putToken("pii", "pii", nil, ""), nil
	case p.Has("cvc_update"):
		if !cvcFits(p.String("cvc_update", "cvc"), "amex") {
			return nil, cardProblem(p.At("cvc_update"), "invalid_cvc", "cvc")
		}
		return c.putToken("cvctok", "cvc_update", nil, ""), nil
	case p.Has("account"):
		// POST /v1/accounts reads them when the token is used.
		p.Ignore("account")
		return c.putToken("ct", "account", nil, p.At("account").Canonical()), nil
	case p.Has("person"):
		p.Ignore("person")
		return c.putToken("cpt", "person", nil, ""), nil
	}

	return nil, wire.Malformed("parameter_missing", "",
		"You must supply either a card, customer, bank account, or PII object to create a token.")
}

// putToken stores a token and what it stands for. secret is never shown.
func (c *Call) putToken(prefix, kind string, object map[string]any, secret string) *api.Record {
	fields := map[string]any{
		"client_ip": "127.0.0.1",
		"created":   c.Now.Unix(),
		"livemode":  false,
		"type":      kind,
		"used":      false,
	}
	if object != nil {
		fields[kind] = object
	}

	rec := api.NewRecord("token", wire.NewID(prefix), fields)
	rec.Private.Secret = secret
	c.Tx.Put(rec)

	return rec
}

// createCardToken creates a token from raw card data:
// https://docs.stripe.com/api/tokens/create_card.
func (c *Call) createCardToken(p *wire.Params) (any, error) {
	cd, err := c.checkCard(p)
	if err != nil {
		return nil, err
	}

	card := &Source{
		ID:             wire.NewID("card"),
		Object:         "card",
		AddressCity:    p.Text("address_city"),
		AddressCountry: p.Text("address_country"),
		AddressLine1:   p.Text("address_line1"),
		AddressLine2:   p.Text("address_line2"),
		AddressState:   p.Text("address_state"),
		AddressZip:     p.Text("address_zip"),
		CvcCheck:       unchecked(p.String("cvc") != ""),
		ExpMonth:       p.Int("exp_month"),
		ExpYear:        int64(fullYear(int(p.Int("exp_year")))),
		Metadata:       map[string]string{},
		Name:           p.Text("name"),
	}

	card.AddressLine1Check = unchecked(card.AddressLine1 != nil)
	card.AddressZipCheck = unchecked(card.AddressZip != nil)
	card.describe(cd)
	p.Ignore("currency") // of debit cards that payouts go to

	return c.tokenOfCard(card, cd, p.Text("networks", "preferred"))
}

// tokenOfCard stores a token of a card. network is the one that the cardholder
// prefers, nil if that is open.
func (c *Call) tokenOfCard(card *Source, cd *testcards.Card, network *string) (any, error) {
	fields, err := card.fields()
	if err != nil {
		return nil, err
	}

	fields["networks"] = map[string]any{"preferred": network}
	return c.putToken("tok", "card", fields, cd.Number), nil
}

// fields returns the card as it is shown outside customers.
func (o *Source) fields() (map[string]any, error) {
	o.Object = "card"
	tree, err := wire.ToTree(o)
	fields, _ := tree.(map[string]any)
	delete(fields, "customer")
	delete(fields, "allow_redisplay")

	return fields, err
}

// createBankToken creates a token of a bank account:
// https://docs.stripe.com/api/tokens/create_bank_account.
func (c *Call) createBankToken(p *wire.Params) (any, error) {
	if p.Has("payment_method") {
		return nil, wire.NotSimulated("bank_account[payment_method]")
	}

	number := p.String("account_number")
	if len(number) < 4 {
		return nil, wire.Invalid("account_number_invalid", "bank_account[account_number]",
			"You must use a test bank account number in test mode. Try 000123456789 or see more options at "+
				"https://stripe.com/docs/connect/testing#account-numbers.")
	}

	return c.putToken("btok", "bank_account", NewBankAccount(p), ""), nil
}

// NewBankAccount returns the bank account that the parameters describe. Nothing
// is ever paid there.
func NewBankAccount(p *wire.Params) map[string]any {
	number := p.String("account_number")
	return map[string]any{
		"id":                  wire.NewID("ba"),
		"object":              "bank_account",
		"account_holder_name": p.Text("account_holder_name"),
		"account_holder_type": p.Text("account_holder_type"),
		"account_type":        p.Text("account_type"),
		"bank_name":           "STRIPE TEST BANK",
		"country":             strings.ToUpper(p.String("country")),
		"currency":            strings.ToLower(cmp.Or(p.String("currency"), "usd")),
		"fingerprint":         fingerprint(number),
		"last4":               number[max(0, len(number)-4):],
		"routing_number":      p.Text("routing_number"),
		"status":              "new",
	}
}

// ExternalAccount returns the card or the bank account of a token, to which
// payouts are to go: https://docs.stripe.com/connect/testing#account-numbers.
func ExternalAccount(c *api.Call, token string) (map[string]any, error) {
	if cd, ok := testcards.Named(token); ok && strings.HasPrefix(token, "tok_") {
		card := &Source{ID: wire.NewID("card"), ExpMonth: int64(c.Now.Month()), ExpYear: int64(c.Now.Year() + 1)}
		card.describe(cd)
		return card.fields()
	}

	if strings.HasPrefix(token, "btok_us") {
		bank := map[string]*wire.Params{
			"country":        {Leaf: true, Value: "US"},
			"account_number": {Leaf: true, Value: "000123456789"},
			"routing_number": {Leaf: true, Value: "110000000"},
		}
		return NewBankAccount(&wire.Params{Fields: bank}), nil
	}

	rec, err := TakeToken(c, token, "external_account")
	if err != nil {
		return nil, err
	}

	object, ok := rec.Fields[rec.Text("type")].(map[string]any)
	if !ok {
		return nil, wire.NoSuch("token", "external_account", token)
	}

	return maps.Clone(object), nil
}

// TakeToken returns a token and marks it as used.
func TakeToken(c *api.Call, token, param string) (*api.Record, error) {
	rec, ok := memory.Find[*api.Record](c.Tx, token)
	if !ok || rec.Kind != "token" {
		return nil, wire.NoSuch("token", param, token)
	}

	if used, _ := rec.Fields["used"].(bool); used {
		return nil, wire.Invalid(
			"token_already_used", param,
			"You cannot use a Stripe token more than once: %s.",
			token,
		)
	}

	used := rec.With(map[string]any{"used": true})
	c.Tx.Put(used)

	return used, nil
}

// cardOfToken returns the card behind a token, as a source that is not stored,
// and its test card. The token is one of Stripe's named ones (tok_visa) or was
// created here, and is then used up.
func (c *Call) cardOfToken(token, param string) (*Source, *testcards.Card, error) {
	if cd, ok := testcards.Named(token); ok && strings.HasPrefix(token, "tok_") {
		src := &Source{
			ID:       wire.NewID("card"),
			ExpMonth: int64(c.Now.Month()),
			ExpYear:  int64(c.Now.Year() + 1),
		}
		src.describe(cd)
		return src, cd, nil
	}

	rec, err := TakeToken(c.API(), token, param)
	if err != nil {
		return nil, nil, err
	}
	if rec.Text("type") != "card" {
		e := wire.NotSimulated(param)
		e.Message = "Here the offline sandbox takes tokens of cards only, not of type " + rec.Text("type") + "."
		return nil, nil, e
	}

	fields, _ := rec.Fields["card"].(map[string]any)
	text := func(name string) *string { return wire.OrNil(api.TextOf(fields[name])) }
	cd := testcards.Cards()[rec.Private.Secret]
	src := &Source{
		ID:             api.TextOf(fields["id"]),
		AddressCity:    text("address_city"),
		AddressCountry: text("address_country"),
		AddressLine1:   text("address_line1"),
		AddressLine2:   text("address_line2"),
		AddressState:   text("address_state"),
		AddressZip:     text("address_zip"),
		ExpMonth:       api.WholeNumber(fields["exp_month"]),
		ExpYear:        api.WholeNumber(fields["exp_year"]),
		Name:           text("name"),
	}

	// The bank has looked at the address by the time that the card is saved.
	src.AddressLine1Check, src.AddressZipCheck = passed(src.AddressLine1), passed(src.AddressZip)
	src.describe(cd)

	return src, cd, nil
}

// passed returns the check of a detail that was sent, nil if it was not.
func passed(detail *string) *string {
	if detail == nil {
		return nil
	}
	return new("pass")
}
