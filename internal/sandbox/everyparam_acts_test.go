package sandbox_test

import "strings"

// provenElsewhere lists the parameters whose effect no single response shows,
// or that have none at Stripe either, with the test that shows what they do. An
// operation that ends with a slash stands for every one that begins so.
var provenElsewhere = []struct{ op, param, test string }{
	// What a confirmation does with them depends on the payment method.
	{"POST /v1/payment_intents/", "error_on_requires_action", "TestActionsThatTheShopRefusesAreNotCharged"},
	{"POST /v1/payment_intents/", "off_session", "TestOffSessionPaymentsThatNeedTheBuyerAreDeclined"},
	{"POST /v1/payment_intents/", "payment_method_options[card][moto]", "TestMOTO"},
	{"POST /v1/setup_intents/", "payment_method_options[card][moto]", "TestMOTO"},
	{"POST /v1/payment_intents/", "return_url", "TestSDKIntentStates"},
	{"POST /v1/setup_intents/", "return_url", "TestSetupHonoursRequestThreeDSecure"},
	{"POST /v1/payment_intents/", "use_stripe_sdk", "TestConfirmationNeedsReturnURLByDefault"},
	{"POST /v1/setup_intents/", "use_stripe_sdk", "TestConfirmationNeedsReturnURLByDefault"},
	{"POST /v1/payment_intents/", "mandate_data", "TestMandatesShowTheConsentOfTheCall"},
	{"POST /v1/setup_intents/", "mandate_data", "TestMandatesShowTheConsentOfTheCall"},
	{"POST /v1/invoices/", "off_session", "TestOffSessionBilling"},
	{"POST /v1/subscriptions/", "off_session", "TestOffSessionBilling"},

	{"POST /v1/setup_intents/", "single_use", "TestSetupIntentsListOrLeaveTheirMethods"},

	// They are checked, not shown: another intent's secret is not found.
	{"GET /v1/payment_intents/", "client_secret", "TestClientSecretsAreChecked"},
	{"GET /v1/setup_intents/", "client_secret", "TestClientSecretsAreChecked"},
	{"POST /v1/payment_intents/", "amounts[]", "TestMicrodeposits"},
	{"POST /v1/setup_intents/", "amounts[]", "TestMicrodeposits"},

	// They need other objects than the recipe has.
	{"POST /v1/payouts/", "currency", "TestSDKBalancesBelongToAccounts"},
	{"POST /v1/transfers/", "currency", "TestSDKTransfersMoveTheAccountsBalance"},
	{"POST /v1/prices/", "transfer_lookup_key", "TestSDKLookupKeysMove"},
	{"POST /v1/subscriptions/", "add_invoice_items[]", "TestTheFirstInvoiceBillsOnceWhatARenewalDoesNot"},
	{"POST /v1/subscriptions/", "proration_behavior", "TestChangeCanBeInvoicedAtOnceOrNotAtAll"},
	{"POST /v1/subscriptions/", "proration_date", "TestProrationsStartAtTheirDate"},
	{"POST /v1/webhook_endpoints/", "connect", "TestSDKEventsReachTheEndpointsOfPlatformAndConnect"},

	// Pages that they lead to.
	{"POST /v1/account_links/", "collect", "TestOnboardingSaysWhatItWouldAskFor"},
	{"POST /v1/account_links/", "collection_options[fields]", "TestOnboardingSaysWhatItWouldAskFor"},
	{"POST /v1/account_links/", "collection_options[future_requirements]", "TestOnboardingSaysWhatItWouldAskFor"},
	{"POST /v1/account_links/", "refresh_url", "TestExpiredAccountLinksLeadToTheRefreshURL"},
	{"POST /v1/account_links/", "return_url", "TestOnboardingEnablesAnAccount"},
	{"POST /v1/account_links/", "type", "TestExpiredAccountLinksLeadToTheRefreshURL"},

	// Numbers of which only the end is shown, as at Stripe.
	{"POST /v1/accounts/", "bank_account[account_number]", "TestAccountsLookLikeStripes"},
	{"POST /v1/payment_intents/", "payment_method_data[us_bank_account][account_number]", "TestMicrodeposits"},
	{"POST /v1/setup_intents/", "payment_method_data[us_bank_account][account_number]", "TestMicrodeposits"},
	{"POST /v1/tokens/", "card[number]", "TestTokensOfEveryKind"},

	// Stripe shows them nowhere either: a company's register is for identity
	// checks, a token's currency for debit cards that payouts go to.
	{"POST /v1/accounts/", "company[registration_number]", "TestAccountsLookLikeStripes"},
	{"POST /v1/tokens/", "card[currency]", "TestTokensOfEveryKind"},
}

// provenBy returns the test that proves the effect of a parameter, "" if there
// is none.
func provenBy(op, param string) string {
	for _, p := range provenElsewhere {
		if strings.HasPrefix(op+"/", p.op) && (param == p.param || strings.HasPrefix(param, p.param+"[")) {
			return p.test
		}
	}
	return ""
}
