package conform

// direct makes a call for the connected account.
func direct(c Call) Call { return c.with("Stripe-Account: {account}") }

// directPay is a payment of the connected account with a fee of the platform.
func directPay(more ...string) Call {
	return direct(intent(append([]string{"payment_method=pm_card_visa", "confirm=true"}, more...)...)).
		unless("the connected account cannot charge")
}

func connectCases() []Case {
	const calls, operations, requests = "stripeapi/connect.go", "stripeapi/operations.go", "stripeapi/requests.go"
	const accountSessions = "/v1/account_sessions"
	session := func(more ...string) Call {
		return post(accountSessions, append([]string{"account={account}"}, more...)...)
	}
	destination := func(more ...string) Call {
		return intent(append([]string{"transfer_data[destination]={account}"}, more...)...).
			unless("the connected account takes no transfers")
	}

	return []Case{
		{
			"connect/read", "A connected account can be read.", "stripeapi/oauth.go",
			[]Call{get("/v1/accounts/{account}").unless("this key may not read accounts").
				want("id={account}", "charges_enabled?", "payouts_enabled?", "country?", "default_currency?")},
		},
		{
			"connect/read-as", "A connected account reads itself, with its time of creation.", "stripeapi/mirror.go",
			[]Call{direct(get("/v1/account")).unless("this key may not read accounts").want("id={account}")},
		},
		{
			"connect/no-access", "A call for an account that is not connected gets 403 and account_invalid.", requests,
			[]Call{get("/v1/charges", "limit=1").with("Stripe-Account: acct_1NoSuchAccount000").
				want("http=403", "error.type=invalid_request_error", "error.code=account_invalid")},
		},
		{
			"connect/direct", "A direct charge takes the platform's fee.", calls,
			[]Call{directPay("application_fee_amount=100").want("status=succeeded", "application_fee_amount=100",
				"application?")},
		},
		{
			"connect/apart", "A payment of a connected account is not the platform's.", "payments/order_of.go",
			[]Call{directPay(), read().want("http=404", "error.code=resource_missing")},
		},
		{
			"connect/token", "A token of the connected account pays there.", calls,
			[]Call{
				direct(token("pm_card_visa")).unless("the connected account cannot charge"),
				direct(pay("application_fee_amount=100")).want("status=succeeded"),
			},
		},
		{
			"connect/token-of-platform", "A token of the platform is missing at a connected account.",
			"payments/refusals.go",
			[]Call{token("pm_card_visa"), direct(pay()).want("http^40", "error.code=resource_missing",
				"error.param=confirmation_token")},
		},
		{
			"connect/fee-too-high", "A fee above the amount is refused by the name of the parameter.", calls,
			[]Call{direct(intent("application_fee_amount=2000")).want("http=400", "error.type=invalid_request_error",
				"error.param=application_fee_amount",
				"error.message=The application fee amount cannot be greater than the charge amount.")},
		},
		{
			"connect/fee-unset", "An empty fee removes it.", calls,
			[]Call{
				direct(intent("application_fee_amount=100")),
				direct(post(intents+"/{pi.id}", "application_fee_amount=")).want("application_fee_amount!"),
			},
		},
		{
			"connect/fee-of-platform", "The platform cannot take a fee of itself.", calls,
			[]Call{intent("application_fee_amount=100").want("http=400", "error.type=invalid_request_error")},
		},
		{
			"connect/capture-fee", "A capture can set the fee.", operations,
			[]Call{
				directPay("capture_method=manual", "application_fee_amount=100"),
				direct(post(intents+"/{pi.id}/capture", "amount_to_capture=500", "application_fee_amount=50")).
					want("status=succeeded", "amount_received=500", "application_fee_amount=50"),
			},
		},
		{
			"connect/refund-fee", "A refund can give back the fee.", operations,
			[]Call{
				directPay("application_fee_amount=100"),
				direct(post("/v1/refunds", "payment_intent={pi.id}", "amount=1099", "refund_application_fee=true")).
					want("status=succeeded"),
			},
		},
		{
			"connect/refund-fee-twice", "A fee that was given back already cannot be given back again.", operations,
			[]Call{
				directPay("application_fee_amount=100", "expand[]=latest_charge"),
				post("/v1/application_fees/{pi.latest_charge.application_fee}/refunds").want("amount=100"),
				post("/v1/application_fees/{pi.latest_charge.application_fee}/refunds").
					want("http=400", "error.type=invalid_request_error", "error.code=application_fee_already_refunded"),
			},
		},
		{
			"connect/customer-apart", "A customer of the platform is missing at a connected account.",
			"customersession/ensure.go",
			[]Call{direct(intent("customer={customer.id}")).want("http^40", "error.code=resource_missing",
				"error.param=customer")},
		},
		{
			"connect/destination", "A destination charge pays the account, and names it.", calls,
			[]Call{destination("transfer_data[amount]=500").want("transfer_data.destination={account}",
				"transfer_data.amount=500")},
		},
		{
			"connect/destination-fee", "A destination charge can take a fee instead of an amount.", calls,
			[]Call{destination("application_fee_amount=100").want("application_fee_amount=100")},
		},
		{
			"connect/destination-unknown", "A destination that does not exist is missing.", calls,
			[]Call{intent("transfer_data[destination]=acct_1NoSuchAccount000").
				want("http=400", "error.type=invalid_request_error", "error.param=transfer_data[destination]")},
		},
		{
			"connect/reverse", "A refund of a destination charge can take the money back from the account.", operations,
			[]Call{
				destination("payment_method=pm_card_visa", "confirm=true").want("status=succeeded"),
				post("/v1/refunds", "payment_intent={pi.id}", "reverse_transfer=true").
					want("status=succeeded", "transfer_reversal?"),
			},
		},
		{
			"connect/fee-percent", "A subscription takes a share of every invoice, rounded to the minor unit.", calls,
			[]Call{
				direct(ownCustomer()),
				direct(post("/v1/products", "name=Conform")).as("there"),
				direct(subscribe("items[0][price_data][product]={there.id}", "items[0][price_data][unit_amount]=1555",
					"application_fee_percent=10.5")).want("application_fee_percent=10.5",
					"latest_invoice.application_fee_amount=163"),
			},
		},
		{
			"connect/destination-percent", "A subscription pays an account a share of every invoice, rounded alike.", calls,
			[]Call{
				ownCustomer(),
				subscribe("items[0][price_data][unit_amount]=1555", "transfer_data[destination]={account}",
					"transfer_data[amount_percent]=10.5").unless("the connected account takes no transfers").
					want("transfer_data.destination={account}", "transfer_data.amount_percent=10.5",
						"latest_invoice.transfer_data.amount=163",
						"latest_invoice.payment_intent.transfer_data.amount=163"),
			},
		},
		{
			"connect/destination-fee-percent", "A subscription that pays an account can take a fee instead.", calls,
			[]Call{
				ownCustomer(),
				subscribe("items[0][price_data][unit_amount]=1555", "transfer_data[destination]={account}",
					"application_fee_percent=2.5").unless("the connected account takes no transfers").
					want("latest_invoice.transfer_data.destination={account}", "latest_invoice.application_fee_amount=39",
						"latest_invoice.payment_intent.application_fee_amount=39"),
			},
		},
		{
			"connect/destination-both", "A subscription takes no fee beside a share of an account.", calls,
			[]Call{
				ownCustomer(),
				subscribe("transfer_data[destination]={account}", "transfer_data[amount_percent]=10.5",
					"application_fee_percent=2.5").unless("the connected account takes no transfers").
					want("http=400", "error.type=invalid_request_error", "error.param=transfer_data[amount_percent]"),
			},
		},
		{
			"connect/session", "A session for embedded components has a client secret.", "stripeapi/accountsessions.go",
			[]Call{session("components[payments][enabled]=true",
				"components[payments][features][refund_management]=true").
				want("client_secret?", "account={account}", "livemode=false", "expires_at?",
					"components.payments.enabled=true", "components.payments.features.refund_management=true")},
		},
		{
			"connect/session-component", "A component that does not exist is refused.", "stripeapi/accountsessions.go",
			[]Call{session("components[no_such_component][enabled]=true").
				want("http=400", "error.type=invalid_request_error")},
		},
		{
			"connect/session-unknown", "A session for an account that is not connected is refused.",
			"stripeapi/accountsessions.go",
			[]Call{post(accountSessions, "account=acct_1NoSuchAccount000", "components[payments][enabled]=true").
				want("http^40", "error.type=invalid_request_error")},
		},
		{
			"connect/list", "The accounts of the platform can be listed.", "connect/ports.go",
			[]Call{get("/v1/accounts", "limit=1").unless("the account has no Connect").want("object=list")},
		},
	}
}

func oauthCases() []Case {
	const where = "stripeapi/oauth.go"
	exchange := func(more ...string) Call { return post("/oauth/token", more...).oauth() }

	return []Case{
		{
			"oauth/code-unknown", "A code that does not exist is an invalid_grant.", where,
			[]Call{exchange("grant_type=authorization_code", "code=ac_NoSuchCodeAnywhere00000000000000").
				want("http=400", "error=invalid_grant", "error_description~does not exist")},
		},
		{
			"oauth/grant-unknown", "A kind of grant that does not exist is refused by a code of its own.", where,
			[]Call{exchange("grant_type=seashells", "code=ac_NoSuchCodeAnywhere00000000000000").
				want("http=400", "error=unsupported_grant_type")},
		},
		{
			"oauth/key", "An exchange with a key that does not exist gets 401.", where,
			[]Call{exchange("grant_type=authorization_code", "code=ac_NoSuchCodeAnywhere00000000000000").
				with("Authorization: Bearer blabla").want("http=401", "error?")},
		},
		{
			"oauth/deauthorize-application", "An application that does not exist is an invalid_client, with 401.",
			where,
			[]Call{post("/oauth/deauthorize", "client_id=ca_NoSuchApplication",
				"stripe_user_id=acct_1NoSuchAccount000").
				oauth().want("http=401", "error=invalid_client")},
		},
		{
			"oauth/deauthorize-account", "An account that is not connected is an invalid_client.", where,
			[]Call{post("/oauth/deauthorize", "client_id={client}", "stripe_user_id=acct_1NoSuchAccount000").
				oauth().want("http^40", "error=invalid_client")},
		},
	}
}
