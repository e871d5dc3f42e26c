package sandbox_test

import "slices"

// shelf makes the objects that recipes need. Every object is a new one.
type shelf struct{ *box }

func (s shelf) id(path string, pairs ...string) string {
	s.t.Helper()
	return s.ok(path, pairs...).str("id")
}

func (s shelf) customer() string { return s.id("/v1/customers") }

func (s shelf) buyer() string {
	return s.id("/v1/customers", "payment_method=pm_card_visa", "invoice_settings[default_payment_method]=pm_card_visa")
}

func (s shelf) card() string { return s.id("/v1/payment_methods", "type=card", "card[token]=tok_visa") }

func (s shelf) intent(more ...string) string {
	return s.id("/v1/payment_intents", append(more, "amount=1000", "currency=usd", "payment_method_types[]=card")...)
}

func (s shelf) paid(more ...string) reply {
	return s.ok("/v1/payment_intents", append(more, "amount=1000", "currency=usd", "payment_method_types[]=card",
		"confirm=true", "payment_method=pm_card_visa")...)
}

func (s shelf) price(more ...string) string {
	return s.id("/v1/prices", append(more, "currency=usd", "unit_amount=1000", "product_data[name]=Mug")...)
}

func (s shelf) subscription(more ...string) reply {
	return s.ok("/v1/subscriptions", append(more, "customer="+s.buyer(),
		"items[0][price]="+s.price("recurring[interval]=month"))...)
}

func (s shelf) invoice() string {
	return s.id("/v1/invoices", "customer="+s.buyer())
}

func (s shelf) account() string { return s.id("/v1/accounts", "type=express") }

func (s shelf) transfer() string {
	return s.id("/v1/transfers", "amount=100", "currency=usd", "destination="+s.account())
}

// fee returns the ID of an application fee that was collected.
func (s shelf) fee() string {
	s.paid("transfer_data[destination]="+s.account(), "application_fee_amount=50")
	return s.get("/v1/application_fees").str("data.0.id")
}

// idsOf returns the IDs of a list.
func idsOf(list reply) []string {
	var out []string
	data, _ := list.tree["data"].([]any)
	for _, item := range data {
		fields, _ := item.(map[string]any)
		id, _ := fields["id"].(string)
		out = append(out, id)
	}
	return out
}

// always is a recipe without objects.
func always(op, path string, pairs ...string) recipe {
	return recipe{op, func(*box) (string, []string) { return path, pairs }}
}

// on is a recipe for one object.
func on(op, prefix, suffix string, object func(s shelf) string, pairs ...string) recipe {
	return recipe{op, func(b *box) (string, []string) { return prefix + object(shelf{b}) + suffix, pairs }}
}

// with is a recipe whose parameters name objects.
func with(op, path string, pairs func(s shelf) []string) recipe {
	return recipe{op, func(b *box) (string, []string) { return path, pairs(shelf{b}) }}
}

// twice is a recipe for a list that has two objects after the first call.
func twice(op, path string, fill func(s shelf), pairs ...string) recipe {
	filled := false
	return recipe{op, func(b *box) (string, []string) {
		if !filled {
			filled = true
			fill(shelf{b})
			fill(shelf{b})
		}
		return path, pairs
	}}
}

func recipes() []recipe {
	return slices.Concat(paymentRecipes(), methodRecipes(), billingRecipes(), accountRecipes(), listRecipes(), searchRecipes())
}

func paymentRecipes() []recipe {
	held := func(s shelf) string { return s.paid("capture_method=manual").str("id") }
	bank := []string{"payment_method_options[us_bank_account][verification_method]=microdeposits",
		"payment_method=pm_usBankAccount_success", "mandate_data[customer_acceptance][type]=offline"}
	return []recipe{
		always("POST /v1/payment_intents", "/v1/payment_intents", "amount=1000", "currency=usd",
			"expand[]=payment_method"),
		on("POST /v1/payment_intents/{id}", "/v1/payment_intents/", "", func(s shelf) string {
			return s.id("/v1/payment_intents", "amount=1000", "currency=usd")
		}, "expand[]=payment_method"),
		on("GET /v1/payment_intents/{id}", "/v1/payment_intents/", "", func(s shelf) string { return s.intent() }),
		on("POST /v1/payment_intents/{id}/confirm", "/v1/payment_intents/", "/confirm",
			func(s shelf) string { return s.id("/v1/payment_intents", "amount=1000", "currency=usd") },
			"payment_method=pm_card_visa", "off_session=true", "expand[]=payment_method"),
		on("POST /v1/payment_intents/{id}/capture", "/v1/payment_intents/", "/capture", held),
		on("POST /v1/payment_intents/{id}/increment_authorization", "/v1/payment_intents/", "/increment_authorization",
			held, "amount=1100"),
		on("POST /v1/payment_intents/{id}/cancel", "/v1/payment_intents/", "/cancel",
			func(s shelf) string { return s.intent() }),
		on("POST /v1/payment_intents/{id}/verify_microdeposits", "/v1/payment_intents/", "/verify_microdeposits",
			func(s shelf) string {
				return s.id("/v1/payment_intents", append(bank, "amount=1000", "currency=usd", "confirm=true",
					"payment_method_types[]=us_bank_account")...)
			}, "descriptor_code=SM11AA"),
		always("POST /v1/setup_intents", "/v1/setup_intents", "expand[]=payment_method"),
		on("POST /v1/setup_intents/{id}", "/v1/setup_intents/", "", func(s shelf) string { return s.id("/v1/setup_intents") },
			"expand[]=payment_method"),
		on("GET /v1/setup_intents/{id}", "/v1/setup_intents/", "", func(s shelf) string { return s.id("/v1/setup_intents") }),
		on("POST /v1/setup_intents/{id}/confirm", "/v1/setup_intents/", "/confirm",
			func(s shelf) string { return s.id("/v1/setup_intents") },
			"payment_method=pm_card_visa", "return_url=https://shop.test/back", "expand[]=payment_method"),
		on("POST /v1/setup_intents/{id}/cancel", "/v1/setup_intents/", "/cancel",
			func(s shelf) string { return s.id("/v1/setup_intents") }),
		on("POST /v1/setup_intents/{id}/verify_microdeposits", "/v1/setup_intents/", "/verify_microdeposits",
			func(s shelf) string {
				return s.id("/v1/setup_intents", append(bank, "confirm=true", "payment_method_types[]=us_bank_account")...)
			}, "descriptor_code=SM11AA"),
		on("POST /v1/charges/{id}", "/v1/charges/", "", func(s shelf) string { return s.paid().str("latest_charge") }),
		with("POST /v1/refunds", "/v1/refunds", func(s shelf) []string { return []string{"payment_intent=" + s.paid().str("id")} }),
		on("POST /v1/refunds/{id}", "/v1/refunds/", "", func(s shelf) string {
			return s.id("/v1/refunds", "payment_intent="+s.paid().str("id"))
		}),
		on("POST /v1/disputes/{id}", "/v1/disputes/", "", func(s shelf) string {
			pi := s.ok("/v1/payment_intents", "amount=1000", "currency=usd", "payment_method_types[]=card", "confirm=true",
				"payment_method=pm_card_createDispute").str("id")
			return s.get("/v1/disputes?payment_intent=" + pi).str("data.0.id")
		}),
	}
}

func methodRecipes() []recipe {
	source := func(s shelf) (string, string) {
		cus := s.customer()
		return cus, s.id("/v1/customers/"+cus+"/sources", "source=tok_visa")
	}

	return []recipe{
		always("POST /v1/customers", "/v1/customers"),
		on("POST /v1/customers/{id}", "/v1/customers/", "", shelf.customer),
		on("POST /v1/customers/{id}/sources", "/v1/customers/", "/sources", shelf.customer, "source=tok_visa"),
		{"POST /v1/customers/{id}/sources/{sub}", func(b *box) (string, []string) {
			cus, src := source(shelf{b})
			return "/v1/customers/" + cus + "/sources/" + src, nil
		}},
		on("POST /v1/test_helpers/customers/{id}/fund_cash_balance", "/v1/test_helpers/customers/", "/fund_cash_balance",
			shelf.customer, "amount=1000", "currency=usd"),
		with("POST /v1/customer_sessions", "/v1/customer_sessions", func(s shelf) []string {
			return []string{"customer=" + s.customer(), "components[payment_element][enabled]=true"}
		}),
		always("POST /v1/test_helpers/confirmation_tokens", "/v1/test_helpers/confirmation_tokens",
			"payment_method=pm_card_visa"),
		always("POST /v1/payment_methods", "/v1/payment_methods", "type=card", "card[token]=tok_visa"),
		on("POST /v1/payment_methods/{id}", "/v1/payment_methods/", "", func(s shelf) string {
			return s.id("/v1/payment_methods/pm_card_visa/attach", "customer="+s.customer())
		}),
		{"POST /v1/payment_methods/{id}/attach", func(b *box) (string, []string) {
			s := shelf{b}
			return "/v1/payment_methods/" + s.card() + "/attach", []string{"customer=" + s.customer()}
		}},
		always("POST /v1/tokens", "/v1/tokens", "card[number]=4242424242424242", "card[exp_month]=12", "card[exp_year]=34"),
		{"POST /v1/payment_method_domains", func(*box) (string, []string) {
			return "/v1/payment_method_domains", []string{"domain_name=shop" + rand() + ".test"}
		}},
		on("POST /v1/payment_method_domains/{id}", "/v1/payment_method_domains/", "",
			func(s shelf) string { return s.id("/v1/payment_method_domains", "domain_name=shop.test") }),
		always("POST /v1/payment_method_configurations", "/v1/payment_method_configurations"),
		on("POST /v1/payment_method_configurations/{id}", "/v1/payment_method_configurations/", "",
			func(s shelf) string { return s.id("/v1/payment_method_configurations") }),
		always("POST /v1/test_helpers/test_clocks", "/v1/test_helpers/test_clocks", "frozen_time=1700000000"),
		on("POST /v1/test_helpers/test_clocks/{id}/advance", "/v1/test_helpers/test_clocks/", "/advance",
			func(s shelf) string { return s.id("/v1/test_helpers/test_clocks", "frozen_time=1700000000") },
			"frozen_time=1700000001"),
		{"POST /v1/webhook_endpoints", func(b *box) (string, []string) {
			for _, id := range idsOf(b.get("/v1/webhook_endpoints?limit=100")) { // there may be 16 of them
				b.do("DELETE", "/v1/webhook_endpoints/"+id, "")
			}
			return "/v1/webhook_endpoints", []string{"url=https://shop.test/hook", "enabled_events[]=charge.failed"}
		}},
		on("POST /v1/webhook_endpoints/{id}", "/v1/webhook_endpoints/", "", func(s shelf) string {
			for _, id := range idsOf(s.get("/v1/webhook_endpoints?limit=100")) {
				s.do("DELETE", "/v1/webhook_endpoints/"+id, "")
			}
			return s.id("/v1/webhook_endpoints", "url=https://shop.test/hook", "enabled_events[]=charge.failed")
		}),
	}
}
