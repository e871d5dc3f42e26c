package sandbox

// paymentsRoutes are the operations of this room.
func paymentsRoutes(room *paymentRoom) []route {
	op := room.op
	return []route{
		newRoute("GET", "/v1/charges/search", secretOnly, search(kindCharge)),
		newRoute("GET", "/v1/customers/search", secretOnly, search(kindCustomer)),
		newRoute("GET", "/v1/payment_intents/search", secretOnly, search(kindIntent)),

		op("POST", "/v1/customers", secretOnly, createCustomer),
		op("GET", "/v1/customers", secretOnly, listCustomers),
		op("GET", "/v1/customers/{id}", secretOnly, retrieveCustomer),
		op("POST", "/v1/customers/{id}", secretOnly, updateCustomer),
		op("DELETE", "/v1/customers/{id}", secretOnly, deleteCustomer),
		op("GET", "/v1/customers/{id}/payment_methods", secretOnly, listCustomerMethods),
		op("GET", "/v1/customers/{id}/payment_methods/{sub}", secretOnly, retrieveCustomerMethod),
		op("POST", "/v1/customers/{id}/sources", secretOnly, createSource),
		op("GET", "/v1/customers/{id}/sources", secretOnly, listSources),
		op("GET", "/v1/customers/{id}/sources/{sub}", secretOnly, retrieveSource),
		op("POST", "/v1/customers/{id}/sources/{sub}", secretOnly, updateSource),
		op("DELETE", "/v1/customers/{id}/sources/{sub}", secretOnly, deleteSource),

		op("POST", "/v1/test_helpers/customers/{id}/fund_cash_balance", secretOnly, fundCashBalance),

		op("POST", "/v1/customer_sessions", secretOnly, createCustomerSession),

		op("GET", "/v1/elements/sessions", browserToo, elementsSession),

		op("POST", "/v1/confirmation_tokens", browserToo, createToken),

		op("POST", "/v1/test_helpers/confirmation_tokens", secretOnly, createToken),

		op("GET", "/v1/confirmation_tokens/{id}", browserToo, retrieveToken),

		op("POST", "/v1/payment_intents", secretOnly, createIntent),
		op("GET", "/v1/payment_intents", secretOnly, listIntents),
		op("GET", "/v1/payment_intents/{id}", browserToo, retrieveIntent),
		op("POST", "/v1/payment_intents/{id}", secretOnly, updateIntent),
		op("POST", "/v1/payment_intents/{id}/confirm", browserToo, confirmIntent),
		op("POST", "/v1/payment_intents/{id}/capture", secretOnly, captureIntent),
		op("POST", "/v1/payment_intents/{id}/increment_authorization", secretOnly, incrementIntent),
		op("POST", "/v1/payment_intents/{id}/cancel", secretOnly, cancelIntent),

		op("POST", "/v1/setup_intents", secretOnly, createSetup),
		op("GET", "/v1/setup_intents", secretOnly, listSetups),
		op("GET", "/v1/setup_intents/{id}", browserToo, retrieveSetup),
		op("POST", "/v1/setup_intents/{id}", secretOnly, updateSetup),
		op("POST", "/v1/setup_intents/{id}/confirm", browserToo, confirmSetupByID),
		op("POST", "/v1/setup_intents/{id}/cancel", secretOnly, cancelSetup),

		op("POST", "/v1/payment_methods", browserToo, createMethod),
		op("GET", "/v1/payment_methods", secretOnly, listMethods),
		op("GET", "/v1/payment_methods/{id}", secretOnly, retrieveMethod),
		op("POST", "/v1/payment_methods/{id}", secretOnly, updateMethod),
		op("POST", "/v1/payment_methods/{id}/attach", secretOnly, attachMethod),
		op("POST", "/v1/payment_methods/{id}/detach", browserToo, detachFromBrowser),

		op("GET", "/v1/charges", secretOnly, listCharges),
		op("GET", "/v1/charges/{id}", secretOnly, retrieveCharge),
		op("POST", "/v1/charges/{id}", secretOnly, updateCharge),
		op("GET", "/v1/charges/{id}/refunds", secretOnly, listChargeRefunds),

		op("POST", "/v1/refunds", secretOnly, createRefund),
		op("GET", "/v1/refunds", secretOnly, listRefunds),
		op("GET", "/v1/refunds/{id}", secretOnly, retrieveRefund),
		op("POST", "/v1/refunds/{id}", secretOnly, updateRefund),
		op("POST", "/v1/refunds/{id}/cancel", secretOnly, cancelRefund),

		op("GET", "/v1/disputes", secretOnly, listDisputes),
		op("GET", "/v1/disputes/{id}", secretOnly, retrieveDispute),
		op("POST", "/v1/disputes/{id}", secretOnly, updateDispute),
		op("POST", "/v1/disputes/{id}/close", secretOnly, closeDispute),

		op("GET", "/v1/balance", secretOnly, retrieveBalance),

		op("GET", "/v1/balance_transactions", secretOnly, listBalanceTransactions),
		op("GET", "/v1/balance_transactions/{id}", secretOnly, retrieveBalanceTransaction),

		op("GET", "/v1/balance/history", secretOnly, listBalanceTransactions),
		op("GET", "/v1/balance/history/{id}", secretOnly, retrieveBalanceTransaction),

		op("POST", "/v1/tokens", browserToo, createCardToken),
		newRoute("GET", "/v1/tokens/{id}", browserToo, tokens.retrieve),

		newRoute("POST", "/v1/payment_method_domains", secretOnly, domains.create),
		newRoute("GET", "/v1/payment_method_domains", secretOnly, domains.list),
		newRoute("GET", "/v1/payment_method_domains/{id}", secretOnly, domains.retrieve),
		newRoute("POST", "/v1/payment_method_domains/{id}", secretOnly, updatePlain(domains)),
		newRoute("POST", "/v1/payment_method_domains/{id}/validate", secretOnly, domains.retrieve),

		newRoute("POST", "/v1/payment_method_configurations", secretOnly, configurations.create),
		newRoute("GET", "/v1/payment_method_configurations", secretOnly, configurations.list),
		newRoute("GET", "/v1/payment_method_configurations/{id}", secretOnly, configurations.retrieve),
		newRoute("POST", "/v1/payment_method_configurations/{id}", secretOnly, updatePlain(configurations)),

		newRoute("POST", "/v1/test_helpers/test_clocks", secretOnly, clocks.create),
		newRoute("GET", "/v1/test_helpers/test_clocks", secretOnly, clocks.list),
		newRoute("GET", "/v1/test_helpers/test_clocks/{id}", secretOnly, clocks.retrieve),
		newRoute("DELETE", "/v1/test_helpers/test_clocks/{id}", secretOnly, clocks.remove),
		op("POST", "/v1/test_helpers/test_clocks/{id}/advance", secretOnly, advanceClock),

		newRoute("GET", "/v1/radar/early_fraud_warnings", secretOnly, warnings.list),
		newRoute("GET", "/v1/radar/early_fraud_warnings/{id}", secretOnly, warnings.retrieve),

		newRoute("GET", "/v1/mandates/{id}", secretOnly, mandates.retrieve),

		op("GET", "/v1/setup_attempts", secretOnly, listAttempts),
	}
}

// module is what payments add to the API.
func (r *paymentRoom) module() module {
	return module{
		routes: paymentsRoutes(r),
		kinds: []func() object{
			func() object { return &Customer{} }, func() object { return &PaymentMethod{} }, func() object { return &PaymentIntent{} },
			func() object { return &Charge{} }, func() object { return &BalanceTransaction{} },
			func() object { return &Refund{} }, func() object { return &ConfirmationToken{} }, func() object { return &CustomerSession{} },
			func() object { return &SetupIntent{} }, func() object { return &Dispute{} }, func() object { return &Source{} },
		},
		kept:   []string{kindConfiguration},
		first:  firstObjects,
		resume: r.resume,
		included: map[string]func(c *call, id string) any{
			"charge.refunds": func(c *call, id string) any {
				return listOf(children[*Refund](c.tx, kindRefund, id), "/v1/charges/"+id+"/refunds")
			},
			"customer.sources": func(c *call, id string) any {
				return listOf(children[*Source](c.tx, kindSource, id), "/v1/customers/"+id+"/sources")
			},
			"customer.tax_ids": func(_ *call, id string) any {
				return listOf([]object{}, "/v1/customers/"+id+"/tax_ids")
			},
		},
	}
}
