package sandbox

// apiRoutes is the table of everything that the sandbox simulates.
func apiRoutes() []route {
	return append(searchRoutes(), []route{
		{"GET", "/v1/account", secretOnly, accountOf},

		{"POST", "/v1/customers", secretOnly, createCustomer},
		{"GET", "/v1/customers", secretOnly, listCustomers},
		{"GET", "/v1/customers/{id}", secretOnly, retrieveCustomer},
		{"POST", "/v1/customers/{id}", secretOnly, updateCustomer},
		{"DELETE", "/v1/customers/{id}", secretOnly, deleteCustomer},
		{"GET", "/v1/customers/{id}/payment_methods", secretOnly, listCustomerMethods},
		{"GET", "/v1/customers/{id}/payment_methods/{sub}", secretOnly, retrieveCustomerMethod},
		{"POST", "/v1/customers/{id}/sources", secretOnly, createSource},
		{"GET", "/v1/customers/{id}/sources", secretOnly, listSources},
		{"GET", "/v1/customers/{id}/sources/{sub}", secretOnly, retrieveSource},
		{"POST", "/v1/customers/{id}/sources/{sub}", secretOnly, updateSource},
		{"DELETE", "/v1/customers/{id}/sources/{sub}", secretOnly, deleteSource},
		{"POST", "/v1/test_helpers/customers/{id}/fund_cash_balance", secretOnly, fundCashBalance},

		{"POST", "/v1/customer_sessions", secretOnly, createCustomerSession},
		{"GET", "/v1/elements/sessions", browserToo, elementsSession},

		{"POST", "/v1/confirmation_tokens", browserToo, createToken},
		{"POST", "/v1/test_helpers/confirmation_tokens", secretOnly, createToken},
		{"GET", "/v1/confirmation_tokens/{id}", browserToo, retrieveToken},

		{"POST", "/v1/payment_intents", secretOnly, createIntent},
		{"GET", "/v1/payment_intents", secretOnly, listIntents},
		{"GET", "/v1/payment_intents/{id}", browserToo, retrieveIntent},
		{"POST", "/v1/payment_intents/{id}", secretOnly, updateIntent},
		{"POST", "/v1/payment_intents/{id}/confirm", browserToo, confirmIntent},
		{"POST", "/v1/payment_intents/{id}/capture", secretOnly, captureIntent},
		{"POST", "/v1/payment_intents/{id}/increment_authorization", secretOnly, incrementIntent},
		{"POST", "/v1/payment_intents/{id}/cancel", secretOnly, cancelIntent},

		{"POST", "/v1/setup_intents", secretOnly, createSetup},
		{"GET", "/v1/setup_intents", secretOnly, listSetups},
		{"GET", "/v1/setup_intents/{id}", browserToo, retrieveSetup},
		{"POST", "/v1/setup_intents/{id}", secretOnly, updateSetup},
		{"POST", "/v1/setup_intents/{id}/confirm", browserToo, confirmSetupByID},
		{"POST", "/v1/setup_intents/{id}/cancel", secretOnly, cancelSetup},

		{"POST", "/v1/payment_methods", browserToo, createMethod},
		{"GET", "/v1/payment_methods", secretOnly, listMethods},
		{"GET", "/v1/payment_methods/{id}", secretOnly, retrieveMethod},
		{"POST", "/v1/payment_methods/{id}", secretOnly, updateMethod},
		{"POST", "/v1/payment_methods/{id}/attach", secretOnly, attachMethod},
		{"POST", "/v1/payment_methods/{id}/detach", browserToo, detachFromBrowser},

		{"GET", "/v1/charges", secretOnly, listCharges},
		{"GET", "/v1/charges/{id}", secretOnly, retrieveCharge},
		{"POST", "/v1/charges/{id}", secretOnly, updateCharge},
		{"GET", "/v1/charges/{id}/refunds", secretOnly, listChargeRefunds},

		{"POST", "/v1/refunds", secretOnly, createRefund},
		{"GET", "/v1/refunds", secretOnly, listRefunds},
		{"GET", "/v1/refunds/{id}", secretOnly, retrieveRefund},
		{"POST", "/v1/refunds/{id}", secretOnly, updateRefund},
		{"POST", "/v1/refunds/{id}/cancel", secretOnly, cancelRefund},

		{"GET", "/v1/disputes", secretOnly, listDisputes},
		{"GET", "/v1/disputes/{id}", secretOnly, retrieveDispute},
		{"POST", "/v1/disputes/{id}", secretOnly, updateDispute},
		{"POST", "/v1/disputes/{id}/close", secretOnly, closeDispute},

		{"GET", "/v1/balance", secretOnly, retrieveBalance},
		{"GET", "/v1/balance_transactions", secretOnly, listBalanceTransactions},
		{"GET", "/v1/balance_transactions/{id}", secretOnly, retrieveBalanceTransaction},
		{"GET", "/v1/balance/history", secretOnly, listBalanceTransactions},
		{"GET", "/v1/balance/history/{id}", secretOnly, retrieveBalanceTransaction},

		{"GET", "/v1/events", secretOnly, listEvents},
		{"GET", "/v1/events/{id}", secretOnly, retrieveEvent},

		{"POST", "/v1/events/{id}/retry", secretOnly, retryEvent},
		{"POST", "/v1/stripecli/sessions", secretOnly, createCLISession},

		{"POST", "/v1/webhook_endpoints", secretOnly, createEndpoint},
		{"GET", "/v1/webhook_endpoints", secretOnly, listEndpoints},
		{"GET", "/v1/webhook_endpoints/{id}", secretOnly, retrieveEndpoint},
		{"POST", "/v1/webhook_endpoints/{id}", secretOnly, updateEndpoint},
		{"DELETE", "/v1/webhook_endpoints/{id}", secretOnly, deleteEndpoint},

		{"POST", "/v1/products", secretOnly, products.create},
		{"GET", "/v1/products", secretOnly, products.list},
		{"GET", "/v1/products/{id}", secretOnly, products.retrieve},
		{"POST", "/v1/products/{id}", secretOnly, products.update},
		{"DELETE", "/v1/products/{id}", secretOnly, products.remove},
		{"POST", "/v1/prices", secretOnly, createPrice},
		{"GET", "/v1/prices", secretOnly, prices.list},
		{"GET", "/v1/prices/{id}", secretOnly, prices.retrieve},
		{"POST", "/v1/prices/{id}", secretOnly, prices.update},
		{"POST", "/v1/coupons", secretOnly, coupons.create},
		{"GET", "/v1/coupons", secretOnly, coupons.list},
		{"GET", "/v1/coupons/{id}", secretOnly, coupons.retrieve},
		{"POST", "/v1/coupons/{id}", secretOnly, coupons.update},
		{"DELETE", "/v1/coupons/{id}", secretOnly, coupons.remove},
		{"POST", "/v1/promotion_codes", secretOnly, promotions.create},
		{"GET", "/v1/promotion_codes", secretOnly, listPromotions},
		{"GET", "/v1/promotion_codes/{id}", secretOnly, promotions.retrieve},
		{"POST", "/v1/promotion_codes/{id}", secretOnly, promotions.update},

		{"POST", "/v1/accounts", secretOnly, accounts.create},
		{"GET", "/v1/accounts", secretOnly, accounts.list},
		{"GET", "/v1/accounts/{id}", secretOnly, retrieveAccount},
		{"POST", "/v1/accounts/{id}", secretOnly, updateAccount},
		{"DELETE", "/v1/accounts/{id}", secretOnly, deleteAccount},
		{"POST", "/v1/account_links", secretOnly, createAccountLink},
		{"POST", "/v1/account_sessions", secretOnly, createAccountSession},
		{"POST", "/v1/transfers", secretOnly, createTransfer},
		{"GET", "/v1/transfers", secretOnly, transfers.list},
		{"GET", "/v1/transfers/{id}", secretOnly, transfers.retrieve},
		{"POST", "/v1/transfers/{id}", secretOnly, transfers.update},
		{"POST", "/v1/transfers/{id}/reversals", secretOnly, createReversal},
		{"GET", "/v1/transfers/{id}/reversals", secretOnly, listReversals},
		{"GET", "/v1/transfers/{id}/reversals/{sub}", secretOnly, retrieveReversal},
		{"POST", "/v1/transfers/{id}/reversals/{sub}", secretOnly, updateReversal},
		{"POST", "/v1/payouts", secretOnly, createPayout},
		{"GET", "/v1/payouts", secretOnly, payouts.list},
		{"GET", "/v1/payouts/{id}", secretOnly, payouts.retrieve},
		{"POST", "/v1/payouts/{id}", secretOnly, payouts.update},
		{"POST", "/v1/payouts/{id}/cancel", secretOnly, cancelPayout},

		{"POST", "/v1/tokens", browserToo, createCardToken},
		{"GET", "/v1/tokens/{id}", browserToo, tokens.retrieve},
		{"POST", "/v1/payment_method_domains", secretOnly, domains.create},
		{"GET", "/v1/payment_method_domains", secretOnly, domains.list},
		{"GET", "/v1/payment_method_domains/{id}", secretOnly, domains.retrieve},
		{"POST", "/v1/payment_method_domains/{id}", secretOnly, updatePlain(domains)},
		{"POST", "/v1/payment_method_domains/{id}/validate", secretOnly, domains.retrieve},
		{"POST", "/v1/payment_method_configurations", secretOnly, configurations.create},
		{"GET", "/v1/payment_method_configurations", secretOnly, configurations.list},
		{"GET", "/v1/payment_method_configurations/{id}", secretOnly, configurations.retrieve},
		{"POST", "/v1/payment_method_configurations/{id}", secretOnly, updatePlain(configurations)},
		{"POST", "/v1/test_helpers/test_clocks", secretOnly, clocks.create},
		{"GET", "/v1/test_helpers/test_clocks", secretOnly, clocks.list},
		{"GET", "/v1/test_helpers/test_clocks/{id}", secretOnly, clocks.retrieve},
		{"DELETE", "/v1/test_helpers/test_clocks/{id}", secretOnly, clocks.remove},
		{"POST", "/v1/test_helpers/test_clocks/{id}/advance", secretOnly, advanceClock},
		{"GET", "/v1/radar/early_fraud_warnings", secretOnly, warnings.list},
		{"GET", "/v1/radar/early_fraud_warnings/{id}", secretOnly, warnings.retrieve},
		{"GET", "/v1/application_fees", secretOnly, fees.list},
		{"GET", "/v1/application_fees/{id}", secretOnly, fees.retrieve},
		{"GET", "/v1/mandates/{id}", secretOnly, mandates.retrieve},
		{"GET", "/v1/setup_attempts", secretOnly, listAttempts},
	}...)
}

// Routes names every simulated operation, "METHOD /path".
func Routes() []string {
	var out []string
	for _, rt := range apiRoutes() {
		out = append(out, rt.method+" "+rt.pattern)
	}
	return out
}
