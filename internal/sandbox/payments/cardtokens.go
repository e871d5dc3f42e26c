package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
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

// createCardToken is POST /v1/tokens for cards:
// https://docs.stripe.com/api/tokens/create_card.
func createCardToken(c *Call) (any, error) {
	p := c.Params.At("card")
	if p == nil {
		return nil, wire.Malformed(
			"parameter_missing", "",
			"You must supply either a card, customer, bank account, or PII object to create a "+
				"token. (The sandbox makes tokens of cards only.)",
		)
	}

	cd, err := c.checkCard(p)
	if err != nil {
		return nil, err
	}

	year := int64(fullYear(int(p.Int("exp_year"))))
	rec := api.NewRecord("token", wire.NewID("tok"), map[string]any{
		"client_ip": "127.0.0.1",
		"created":   c.Now.Unix(),
		"livemode":  false,
		"type":      "card",
		"used":      false,
		"card": map[string]any{
			"id":                  wire.NewID("card"),
			"object":              "card",
			"address_city":        p.Text("address_city"),
			"address_country":     p.Text("address_country"),
			"address_line1":       p.Text("address_line1"),
			"address_line1_check": nil,
			"address_line2":       p.Text("address_line2"),
			"address_state":       p.Text("address_state"),
			"address_zip":         p.Text("address_zip"),
			"address_zip_check":   nil,
			"brand":               brandNames[cd.Brand],
			"country":             cd.Country,
			"cvc_check":           unchecked(p.String("cvc") != ""),
			"dynamic_last4":       nil,
			"exp_month":           p.Int("exp_month"),
			"exp_year":            year,
			"fingerprint":         fingerprint(cd.Number),
			"funding":             cd.Funding,
			"last4":               cd.Number[len(cd.Number)-4:],
			"metadata":            map[string]string{},
			"name":                p.Text("name"),
			"tokenization_method": nil,
		},
	})

	rec.Private.Secret = cd.Number
	c.Tx.Put(rec)

	return rec, nil
}
