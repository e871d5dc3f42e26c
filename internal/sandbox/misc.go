package sandbox

import "time"

// createCardToken is POST /v1/tokens for cards: https://docs.stripe.com/api/tokens/create_card.
func createCardToken(c *call) (any, error) {
	p := c.p.at("card")
	if p == nil {
		return nil, malformed("parameter_missing", "", "You must supply either a card, customer, bank account, or PII object to create a token. (The sandbox makes tokens of cards only.)")
	}
	cd, err := c.checkCard(p)
	if err != nil {
		return nil, err
	}
	year := int64(fullYear(int(p.num("exp_year"))))
	rec := newRecord("token", newID("tok"), map[string]any{
		"client_ip": "127.0.0.1", "created": c.now.Unix(), "livemode": false, "type": "card", "used": false,
		"card": map[string]any{
			"id": newID("card"), "object": "card", "address_city": nil, "address_country": nil, "address_line1": nil,
			"address_line1_check": nil, "address_line2": nil, "address_state": nil, "address_zip": nil, "address_zip_check": nil,
			"brand": brandNames[cd.brand], "country": cd.country, "cvc_check": "unchecked", "dynamic_last4": nil,
			"exp_month": p.num("exp_month"), "exp_year": year, "fingerprint": fingerprint(cd.number), "funding": cd.funding,
			"last4": cd.number[len(cd.number)-4:], "metadata": map[string]string{}, "name": p.text("name"), "tokenization_method": nil,
		},
	})
	rec.private.Secret = cd.number
	c.tx.put(rec)
	return rec, nil
}

var (
	tokens = recordAPI{kind: "token"}

	// domains: https://docs.stripe.com/api/payment_method_domains.
	domains = recordAPI{
		kind: "payment_method_domain", prefix: "pmd", noun: "payment method domain", filters: []string{"domain_name", "enabled"},
		defaults: func(_ *call) (map[string]any, error) {
			active := map[string]any{"status": "active"}
			return map[string]any{
				"amazon_pay": active, "apple_pay": active, "enabled": true, "google_pay": active, "klarna": active, "link": active, "paypal": active,
			}, nil
		},
		finish: withoutMetadata,
	}

	// clocks: https://docs.stripe.com/api/test_clocks. They keep a time; nothing here bills by it.
	clocks = recordAPI{
		kind: "test_helpers.test_clock", prefix: "clock", noun: "test clock", event: "test_helpers.test_clock",
		defaults: func(c *call) (map[string]any, error) {
			return map[string]any{
				"deletes_after": c.now.Add(30 * 24 * time.Hour).Unix(), "name": nil, "status": "ready", "status_details": map[string]any{},
			}, nil
		},
		finish: withoutMetadata,
	}
)

func withoutMetadata(_ *call, fields map[string]any) error {
	delete(fields, "metadata")
	return nil
}

func updatePlain(a recordAPI) handler {
	return func(c *call) (any, error) {
		old, err := a.inPath(c)
		if err != nil {
			return nil, err
		}
		next := old.with(nil)
		c.overlay(next.fields)
		if a.finish != nil {
			if err := a.finish(c, next.fields); err != nil {
				return nil, err
			}
		}
		c.tx.put(next)
		return next, nil
	}
}

func advanceClock(c *call) (any, error) {
	old, err := clocks.inPath(c)
	if err != nil {
		return nil, err
	}
	to := c.p.num("frozen_time")
	if to <= wholeNumber(old.fields["frozen_time"]) {
		return nil, invalid("", "frozen_time", "The new frozen time must be after the clock's current frozen time.")
	}
	next := old.with(map[string]any{"frozen_time": to})
	c.tx.put(next)
	c.emitUpdate("test_helpers.test_clock.ready", next, old)
	return next, nil
}
