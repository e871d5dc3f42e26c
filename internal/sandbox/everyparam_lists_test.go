package sandbox_test

func billingRecipes() []recipe {
	coupon := func(s shelf) string { return s.id("/v1/coupons", "percent_off=10", "duration=once") }
	draft := func(s shelf) string { return s.invoice() }
	open := func(s shelf) string {
		cus := s.buyer()
		inv := s.id("/v1/invoices", "customer="+cus)
		s.ok("/v1/invoiceitems", "customer="+cus, "invoice="+inv, "amount=1000", "currency=usd")
		return s.id("/v1/invoices/" + inv + "/finalize")
	}

	return []recipe{
		always("POST /v1/products", "/v1/products", "name=Mug",
			"expand[]=default_price.currency_options"),
		on("POST /v1/products/{id}", "/v1/products/", "", func(s shelf) string { return s.id("/v1/products", "name=Mug") }),
		always("POST /v1/prices", "/v1/prices", "currency=usd", "unit_amount=1000", "product_data[name]=Mug",
			"expand[]=product", "expand[]=currency_options"),
		on("POST /v1/prices/{id}", "/v1/prices/", "", func(s shelf) string { return s.price() }, "expand[]=currency_options"),
		always("POST /v1/coupons", "/v1/coupons", "percent_off=10", "duration=once", "expand[]=currency_options"),
		on("POST /v1/coupons/{id}", "/v1/coupons/", "", coupon),
		with("POST /v1/promotion_codes", "/v1/promotion_codes", func(s shelf) []string { return []string{"coupon=" + coupon(s)} }),
		on("POST /v1/promotion_codes/{id}", "/v1/promotion_codes/", "",
			func(s shelf) string { return s.id("/v1/promotion_codes", "coupon="+coupon(s)) }),
		with("POST /v1/subscriptions", "/v1/subscriptions", func(s shelf) []string {
			return []string{"customer=" + s.buyer(), "items[0][price]=" + s.price("recurring[interval]=month")}
		}),
		{"POST /v1/subscriptions/{id}", func(b *box) (string, []string) {
			sub := shelf{b}.subscription()
			return "/v1/subscriptions/" + sub.str("id"), []string{"items[0][id]=" + sub.str("items.data.0.id")}
		}},
		on("DELETE /v1/subscriptions/{id}", "/v1/subscriptions/", "", func(s shelf) string { return s.subscription().str("id") }),
		with("POST /v1/invoices", "/v1/invoices", func(s shelf) []string {
			cus := s.buyer()
			s.ok("/v1/invoiceitems", "customer="+cus, "amount=1000", "currency=usd")
			return []string{"customer=" + cus}
		}),
		on("POST /v1/invoices/{id}", "/v1/invoices/", "", draft),
		on("POST /v1/invoices/{id}/finalize", "/v1/invoices/", "/finalize", draft),
		on("POST /v1/invoices/{id}/pay", "/v1/invoices/", "/pay", open),
		with("POST /v1/invoiceitems", "/v1/invoiceitems", func(s shelf) []string {
			return []string{"customer=" + s.customer(), "amount=1000", "currency=usd"}
		}),
		on("POST /v1/invoiceitems/{id}", "/v1/invoiceitems/", "", func(s shelf) string {
			return s.id("/v1/invoiceitems", "customer="+s.customer(), "amount=1000", "currency=usd")
		}),
	}
}

func accountRecipes() []recipe {
	return []recipe{
		always("POST /v1/accounts", "/v1/accounts"),
		on("POST /v1/accounts/{id}", "/v1/accounts/", "", shelf.account),
		with("POST /v1/account_links", "/v1/account_links", func(s shelf) []string {
			return []string{"account=" + s.account(), "type=account_onboarding", "return_url=https://shop.test"}
		}),
		with("POST /v1/account_sessions", "/v1/account_sessions", func(s shelf) []string {
			return []string{"account=" + s.account(), "components[payments][enabled]=true"}
		}),
		with("POST /v1/transfers", "/v1/transfers", func(s shelf) []string {
			return []string{"amount=10", "currency=usd", "destination=" + s.account()}
		}),
		on("POST /v1/transfers/{id}", "/v1/transfers/", "", func(s shelf) string {
			return s.id("/v1/transfers", "amount=10", "currency=usd", "destination="+s.account())
		}),
		on("POST /v1/transfers/{id}/reversals", "/v1/transfers/", "/reversals", shelf.transfer),
		on("POST /v1/application_fees/{id}/refunds", "/v1/application_fees/", "/refunds", shelf.fee),
		{"POST /v1/application_fees/{id}/refunds/{sub}", func(b *box) (string, []string) {
			fee := shelf{b}.fee()
			return "/v1/application_fees/" + fee + "/refunds/" + shelf{b}.id("/v1/application_fees/"+fee+"/refunds"), nil
		}},
		{"POST /v1/transfers/{id}/reversals/{sub}", func(b *box) (string, []string) {
			tr := shelf{b}.transfer()
			return "/v1/transfers/" + tr + "/reversals/" + shelf{b}.id("/v1/transfers/"+tr+"/reversals"), nil
		}},
		always("POST /v1/payouts", "/v1/payouts", "amount=10", "currency=usd"),
		on("POST /v1/payouts/{id}", "/v1/payouts/", "", func(s shelf) string {
			return s.id("/v1/payouts", "amount=10", "currency=usd")
		}),
	}
}

func listRecipes() []recipe {
	sold := func(s shelf) { s.paid("customer=" + s.customer()) }
	disputed := func(s shelf) {
		s.ok("/v1/payment_intents", "amount=1000", "currency=usd", "payment_method_types[]=card", "confirm=true",
			"payment_method=pm_card_createDispute")
	}
	warned := func(s shelf) {
		s.ok("/v1/payment_intents", "amount=1000", "currency=usd", "payment_method_types[]=card", "confirm=true",
			"payment_method=pm_card_createIssuerFraudRecord")
	}
	saved := func(s shelf) { s.buyer() }
	subscribed := func(s shelf) { s.subscription() }
	child := func(op, prefix, suffix string, parent func(s shelf) string) recipe {
		id := ""
		return recipe{op, func(b *box) (string, []string) {
			if id == "" {
				id = parent(shelf{b})
			}
			return prefix + id + suffix, nil
		}}
	}
	of := func(op, path, param string, parent func(s shelf) string) recipe {
		id := ""
		return recipe{op, func(b *box) (string, []string) {
			if id == "" {
				id = parent(shelf{b})
			}
			return path, []string{param + id}
		}}
	}

	return []recipe{
		twice("GET /v1/events", "/v1/events", sold),
		twice("GET /v1/charges", "/v1/charges", sold),
		twice("GET /v1/payment_intents", "/v1/payment_intents", sold),
		twice("GET /v1/balance_transactions", "/v1/balance_transactions", sold),
		twice("GET /v1/balance/history", "/v1/balance/history", sold),
		twice("GET /v1/refunds", "/v1/refunds", func(s shelf) { s.ok("/v1/refunds", "payment_intent="+s.paid().str("id")) }),
		twice("GET /v1/disputes", "/v1/disputes", disputed),
		twice("GET /v1/radar/early_fraud_warnings", "/v1/radar/early_fraud_warnings", warned),
		twice("GET /v1/customers", "/v1/customers", saved),
		twice("GET /v1/payment_methods", "/v1/payment_methods", saved),
		twice("GET /v1/setup_intents", "/v1/setup_intents", func(s shelf) { s.ok("/v1/setup_intents") }),
		twice("GET /v1/products", "/v1/products", func(s shelf) { s.price() }),
		twice("GET /v1/prices", "/v1/prices", func(s shelf) { s.price() }),
		twice("GET /v1/coupons", "/v1/coupons", func(s shelf) { s.ok("/v1/coupons", "percent_off=10") }),
		twice("GET /v1/promotion_codes", "/v1/promotion_codes", func(s shelf) {
			s.ok("/v1/promotion_codes", "coupon="+s.id("/v1/coupons", "percent_off=10"))
		}),
		twice("GET /v1/subscriptions", "/v1/subscriptions", subscribed),
		twice("GET /v1/invoices", "/v1/invoices", subscribed),
		twice("GET /v1/invoiceitems", "/v1/invoiceitems", func(s shelf) {
			s.ok("/v1/invoiceitems", "customer="+s.customer(), "amount=1000", "currency=usd")
		}),
		twice("GET /v1/accounts", "/v1/accounts", func(s shelf) { s.account() }),
		twice("GET /v1/transfers", "/v1/transfers", func(s shelf) { s.transfer() }),
		twice("GET /v1/payouts", "/v1/payouts", func(s shelf) { s.ok("/v1/payouts", "amount=10", "currency=usd") }),
		twice("GET /v1/application_fees", "/v1/application_fees", func(s shelf) {
			s.paid("transfer_data[destination]="+s.account(), "application_fee_amount=10")
		}),
		twice("GET /v1/webhook_endpoints", "/v1/webhook_endpoints", func(s shelf) {
			s.ok("/v1/webhook_endpoints", "url=https://shop.test/hook", "enabled_events[]=charge.failed")
		}),
		twice("GET /v1/payment_method_domains", "/v1/payment_method_domains", func(s shelf) {
			s.ok("/v1/payment_method_domains", "domain_name=shop"+rand()+".test")
		}),
		twice("GET /v1/payment_method_configurations", "/v1/payment_method_configurations", func(s shelf) {
			s.ok("/v1/payment_method_configurations")
		}),
		twice("GET /v1/test_helpers/test_clocks", "/v1/test_helpers/test_clocks", func(s shelf) {
			s.ok("/v1/test_helpers/test_clocks", "frozen_time=1700000000")
		}),
		child("GET /v1/customers/{id}/payment_methods", "/v1/customers/", "/payment_methods", func(s shelf) string {
			cus := s.buyer()
			s.ok("/v1/payment_methods/pm_card_visa/attach", "customer="+cus)
			return cus
		}),
		child("GET /v1/customers/{id}/sources", "/v1/customers/", "/sources", func(s shelf) string {
			cus := s.customer()
			s.ok("/v1/customers/"+cus+"/sources", "source=tok_visa")
			s.ok("/v1/customers/"+cus+"/sources", "source=tok_visa")
			return cus
		}),
		child("GET /v1/charges/{id}/refunds", "/v1/charges/", "/refunds", func(s shelf) string {
			ch := s.paid().str("latest_charge")
			s.ok("/v1/refunds", "charge="+ch, "amount=1")
			s.ok("/v1/refunds", "charge="+ch, "amount=1")
			return ch
		}),
		child("GET /v1/application_fees/{id}/refunds", "/v1/application_fees/", "/refunds", func(s shelf) string {
			fee := s.fee()
			s.ok("/v1/application_fees/"+fee+"/refunds", "amount=1")
			s.ok("/v1/application_fees/"+fee+"/refunds", "amount=1")
			return fee
		}),
		child("GET /v1/transfers/{id}/reversals", "/v1/transfers/", "/reversals", func(s shelf) string {
			tr := s.transfer()
			s.ok("/v1/transfers/"+tr+"/reversals", "amount=1")
			s.ok("/v1/transfers/"+tr+"/reversals", "amount=1")
			return tr
		}),
		child("GET /v1/invoices/{id}/lines", "/v1/invoices/", "/lines", func(s shelf) string {
			cus := s.buyer()
			inv := s.id("/v1/invoices", "customer="+cus)
			s.ok("/v1/invoiceitems", "customer="+cus, "invoice="+inv, "amount=1000", "currency=usd")
			s.ok("/v1/invoiceitems", "customer="+cus, "invoice="+inv, "amount=1000", "currency=usd")
			return inv
		}),
		of("GET /v1/subscription_items", "/v1/subscription_items", "subscription=", func(s shelf) string {
			return s.subscription("items[1][price]=" + s.price("recurring[interval]=month")).str("id")
		}),
		of("GET /v1/setup_attempts", "/v1/setup_attempts", "setup_intent=", func(s shelf) string {
			si := s.id("/v1/setup_intents", "payment_method_types[]=card")
			s.post("/v1/setup_intents/"+si+"/confirm", "payment_method=pm_card_chargeDeclined")
			s.ok("/v1/setup_intents/"+si+"/confirm", "payment_method=pm_card_visa")
			return si
		}),
	}
}

func searchRecipes() []recipe {
	search := func(kind string, fill func(s shelf)) recipe {
		return twice("GET /v1/"+kind+"/search", "/v1/"+kind+"/search", fill, "query=created>1")
	}

	return []recipe{
		search("charges", func(s shelf) { s.paid() }),
		search("payment_intents", func(s shelf) { s.paid() }),
		search("customers", func(s shelf) { s.customer() }),
		search("prices", func(s shelf) { s.price() }),
		search("products", func(s shelf) { s.price() }),
		search("subscriptions", func(s shelf) { s.subscription() }),
		search("invoices", func(s shelf) { s.invoice() }),
	}
}
