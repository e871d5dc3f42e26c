package payments

import (
	"time"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/wire"
)

// createCardToken is POST /v1/tokens for cards:
// https://docs.stripe.com/api/tokens/create_card.
func createCardToken(c *Call) (any, error) {
	p := c.Params.At("card")
	if p == nil {
		return nil, wire.Malformed("parameter_missing", "", "You must supply either a card, customer, bank account, or PII object to create a token. (The sandbox makes tokens of cards only.)")
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
			"address_city":        nil,
			"address_country":     nil,
			"address_line1":       nil,
			"address_line1_check": nil,
			"address_line2":       nil,
			"address_state":       nil,
			"address_zip":         nil,
			"address_zip_check":   nil,
			"brand":               brandNames[cd.Brand],
			"country":             cd.Country,
			"cvc_check":           "unchecked",
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

var (
	tokens = api.RecordAPI{Kind: "token"}

	// domains: https://docs.stripe.com/api/payment_method_domains.
	domains = api.RecordAPI{
		Kind:    "payment_method_domain",
		Prefix:  "pmd",
		Noun:    "payment method domain",
		Filters: []string{"domain_name", "enabled"},
		Defaults: func(_ *api.Call) (map[string]any, error) {
			active := map[string]any{"status": "active"}
			return map[string]any{
				"amazon_pay": active,
				"apple_pay":  active,
				"enabled":    true,
				"google_pay": active,
				"klarna":     active,
				"link":       active,
				"paypal":     active,
			}, nil
		},
		Finish: withoutMetadata,
	}

	// clocks: https://docs.stripe.com/api/test_clocks. They keep a time;
	// nothing here bills by it.
	clocks = api.RecordAPI{
		Kind:   "test_helpers.test_clock",
		Prefix: "clock",
		Noun:   "test clock",
		Event:  "test_helpers.test_clock",
		Defaults: func(c *api.Call) (map[string]any, error) {
			return map[string]any{
				"deletes_after":  c.Now.Add(30 * 24 * time.Hour).Unix(),
				"name":           nil,
				"status":         "ready",
				"status_details": map[string]any{},
			}, nil
		},
		Finish: withoutMetadata,
	}
)

func withoutMetadata(_ *api.Call, fields map[string]any) error {
	delete(fields, "metadata")
	return nil
}

func updatePlain(a api.RecordAPI) api.Handler {
	return func(c *api.Call) (any, error) {
		old, err := a.FromPath(c)
		if err != nil {
			return nil, err
		}

		next := old.With(nil)
		c.ApplyParams(next.Fields)

		if a.Finish != nil {
			if err := a.Finish(c, next.Fields); err != nil {
				return nil, err
			}
		}

		c.Tx.Put(next)
		return next, nil
	}
}

func advanceClock(c *Call) (any, error) {
	old, err := clocks.FromPath(c.API())
	if err != nil {
		return nil, err
	}

	to := c.Params.Int("frozen_time")
	if to <= api.WholeNumber(old.Fields["frozen_time"]) {
		return nil, wire.Invalid("", "frozen_time", "The new frozen time must be after the clock's current frozen time.")
	}

	next := old.With(map[string]any{"frozen_time": to})
	c.Tx.Put(next)
	c.EmitUpdate("test_helpers.test_clock.ready", next, old)

	return next, nil
}
