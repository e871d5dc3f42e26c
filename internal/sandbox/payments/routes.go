package payments

import (
	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/wire"
)

// routes returns the operations of this package.
func (s *Service) routes() []api.Route {
	op := s.op
	return []api.Route{
		api.NewRoute("GET", "/v1/charges/search", api.SecretOnly, api.Search(api.KindCharge)),
		api.NewRoute("GET", "/v1/customers/search", api.SecretOnly, api.Search(api.KindCustomer)),
		api.NewRoute("GET", "/v1/payment_intents/search", api.SecretOnly, api.Search(api.KindIntent)),

		op("POST", "/v1/customers", api.SecretOnly, CreateCustomer),
		op("GET", "/v1/customers", api.SecretOnly, listCustomers),
		op("GET", "/v1/customers/{id}", api.SecretOnly, retrieveCustomer),
		op("POST", "/v1/customers/{id}", api.SecretOnly, updateCustomer),
		op("DELETE", "/v1/customers/{id}", api.SecretOnly, deleteCustomer),
		op("GET", "/v1/customers/{id}/payment_methods", api.SecretOnly, listCustomerMethods),
		op("GET", "/v1/customers/{id}/payment_methods/{sub}", api.SecretOnly, retrieveCustomerMethod),
		op("POST", "/v1/customers/{id}/sources", api.SecretOnly, createSource),
		op("GET", "/v1/customers/{id}/sources", api.SecretOnly, listSources),
		op("GET", "/v1/customers/{id}/sources/{sub}", api.SecretOnly, retrieveSource),
		op("POST", "/v1/customers/{id}/sources/{sub}", api.SecretOnly, updateSource),
		op("DELETE", "/v1/customers/{id}/sources/{sub}", api.SecretOnly, deleteSource),
		op("GET", "/v1/customers/{id}/cash_balance", api.SecretOnly, retrieveCashBalance),
		op("POST", "/v1/test_helpers/customers/{id}/fund_cash_balance", api.SecretOnly, fundCashBalance),

		op("POST", "/v1/customer_sessions", api.SecretOnly, createCustomerSession),
		op("GET", "/v1/elements/sessions", api.BrowserAllowed, elementsSession),

		op("POST", "/v1/confirmation_tokens", api.BrowserAllowed, createToken),
		op("POST", "/v1/test_helpers/confirmation_tokens", api.SecretOnly, createToken),
		op("GET", "/v1/confirmation_tokens/{id}", api.BrowserAllowed, retrieveToken),

		op("POST", "/v1/payment_intents", api.SecretOnly, CreateIntent),
		op("GET", "/v1/payment_intents", api.SecretOnly, listIntents),
		op("GET", "/v1/payment_intents/{id}", api.BrowserAllowed, retrieveIntent),
		op("POST", "/v1/payment_intents/{id}", api.SecretOnly, updateIntent),
		op("POST", "/v1/payment_intents/{id}/confirm", api.BrowserAllowed, confirmIntent),
		op("POST", "/v1/payment_intents/{id}/capture", api.SecretOnly, captureIntent),
		op("POST", "/v1/payment_intents/{id}/increment_authorization", api.SecretOnly, incrementIntent),
		op("POST", "/v1/payment_intents/{id}/verify_microdeposits", api.BrowserAllowed, verifyIntent),
		op("POST", "/v1/payment_intents/{id}/cancel", api.SecretOnly, cancelIntent),

		op("POST", "/v1/setup_intents", api.SecretOnly, createSetup),
		op("GET", "/v1/setup_intents", api.SecretOnly, listSetups),
		op("GET", "/v1/setup_intents/{id}", api.BrowserAllowed, retrieveSetup),
		op("POST", "/v1/setup_intents/{id}", api.SecretOnly, updateSetup),
		op("POST", "/v1/setup_intents/{id}/confirm", api.BrowserAllowed, confirmSetupByID),
		op("POST", "/v1/setup_intents/{id}/verify_microdeposits", api.BrowserAllowed, verifySetup),
		op("POST", "/v1/setup_intents/{id}/cancel", api.SecretOnly, cancelSetup),

		op("POST", "/v1/payment_methods", api.BrowserAllowed, createMethod),
		op("GET", "/v1/payment_methods", api.SecretOnly, listMethods),
		op("GET", "/v1/payment_methods/{id}", api.SecretOnly, retrieveMethod).Creating(isNamed),
		op("POST", "/v1/payment_methods/{id}", api.SecretOnly, updateMethod),
		op("POST", "/v1/payment_methods/{id}/attach", api.SecretOnly, attachMethod),
		op("POST", "/v1/payment_methods/{id}/detach", api.BrowserAllowed, detachFromBrowser),

		op("GET", "/v1/charges", api.SecretOnly, listCharges),
		op("GET", "/v1/charges/{id}", api.SecretOnly, retrieveCharge),
		op("POST", "/v1/charges/{id}", api.SecretOnly, updateCharge),
		op("GET", "/v1/charges/{id}/refunds", api.SecretOnly, listChargeRefunds),

		op("POST", "/v1/refunds", api.SecretOnly, createRefund),
		op("GET", "/v1/refunds", api.SecretOnly, listRefunds),
		op("GET", "/v1/refunds/{id}", api.SecretOnly, retrieveRefund),
		op("POST", "/v1/refunds/{id}", api.SecretOnly, updateRefund),
		op("POST", "/v1/refunds/{id}/cancel", api.SecretOnly, cancelRefund),

		op("GET", "/v1/disputes", api.SecretOnly, listDisputes),
		op("GET", "/v1/disputes/{id}", api.SecretOnly, retrieveDispute),
		op("POST", "/v1/disputes/{id}", api.SecretOnly, updateDispute),
		op("POST", "/v1/disputes/{id}/close", api.SecretOnly, closeDispute),

		op("GET", "/v1/balance", api.SecretOnly, retrieveBalance),
		op("GET", "/v1/balance_transactions", api.SecretOnly, listBalanceTransactions),
		op("GET", "/v1/balance_transactions/{id}", api.SecretOnly, retrieveBalanceTransaction),
		op("GET", "/v1/balance/history", api.SecretOnly, listBalanceTransactions),
		op("GET", "/v1/balance/history/{id}", api.SecretOnly, retrieveBalanceTransaction),

		op("POST", "/v1/tokens", api.BrowserAllowed, createOlderToken),
		api.NewRoute("GET", "/v1/tokens/{id}", api.BrowserAllowed, tokens.Retrieve),

		api.NewRoute("POST", "/v1/payment_method_domains", api.SecretOnly, domains.Create),
		api.NewRoute("GET", "/v1/payment_method_domains", api.SecretOnly, domains.List),
		api.NewRoute("GET", "/v1/payment_method_domains/{id}", api.SecretOnly, domains.Retrieve),
		api.NewRoute("POST", "/v1/payment_method_domains/{id}", api.SecretOnly, updatePlain(domains)),
		api.NewRoute("POST", "/v1/payment_method_domains/{id}/validate", api.SecretOnly, domains.Retrieve),

		api.NewRoute("POST", "/v1/payment_method_configurations", api.SecretOnly, configurations.Create),
		api.NewRoute("GET", "/v1/payment_method_configurations", api.SecretOnly, configurations.List),
		api.NewRoute("GET", "/v1/payment_method_configurations/{id}", api.SecretOnly, configurations.Retrieve),
		api.NewRoute("POST", "/v1/payment_method_configurations/{id}", api.SecretOnly, updatePlain(configurations)),

		api.NewRoute("POST", "/v1/test_helpers/test_clocks", api.SecretOnly, clocks.Create),
		api.NewRoute("GET", "/v1/test_helpers/test_clocks", api.SecretOnly, clocks.List),
		api.NewRoute("GET", "/v1/test_helpers/test_clocks/{id}", api.SecretOnly, clocks.Retrieve),
		api.NewRoute("DELETE", "/v1/test_helpers/test_clocks/{id}", api.SecretOnly, clocks.Remove),
		op("POST", "/v1/test_helpers/test_clocks/{id}/advance", api.SecretOnly, advanceClock),

		api.NewRoute("GET", "/v1/radar/early_fraud_warnings", api.SecretOnly, warnings.List),
		api.NewRoute("GET", "/v1/radar/early_fraud_warnings/{id}", api.SecretOnly, warnings.Retrieve),

		api.NewRoute("GET", "/v1/mandates/{id}", api.SecretOnly, mandates.Retrieve),
		op("GET", "/v1/setup_attempts", api.SecretOnly, listAttempts),
	}
}

// Module returns what payments add to the API.
func (s *Service) Module() api.Module {
	return api.Module{
		Routes: s.routes(),
		Kinds: []func() memory.Object{
			func() memory.Object { return &Customer{} },
			func() memory.Object { return &PaymentMethod{} },
			func() memory.Object { return &PaymentIntent{} },
			func() memory.Object { return &Charge{} },
			func() memory.Object { return &BalanceTransaction{} },
			func() memory.Object { return &Refund{} },
			func() memory.Object { return &ConfirmationToken{} },
			func() memory.Object { return &CustomerSession{} },
			func() memory.Object { return &SetupIntent{} },
			func() memory.Object { return &Dispute{} },
			func() memory.Object { return &Source{} },
		},
		Kept:   []string{api.KindConfiguration},
		First:  initialObjects,
		Resume: s.resume,
		Included: map[string]func(c *api.Call, id string) any{
			"charge.refunds": func(c *api.Call, id string) any {
				return wire.WholeList(memory.Children[*Refund](c.Tx, api.KindRefund, id), "/v1/charges/"+id+"/refunds")
			},
			"customer.sources": func(c *api.Call, id string) any {
				return wire.WholeList(memory.Children[*Source](c.Tx, api.KindSource, id), "/v1/customers/"+id+"/sources")
			},
			"customer.invoice_credit_balance": func(*api.Call, string) any { return map[string]any{} },
			"customer.tax":                    taxOf,
			"customer.tax_ids": func(_ *api.Call, id string) any {
				return wire.WholeList([]memory.Object{}, "/v1/customers/"+id+"/tax_ids")
			},
		},
	}
}
