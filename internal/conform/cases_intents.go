package conform

const unexpectedState = "payment_intent_unexpected_state"

func intentCases() []Case {
	const calls, rules = "stripeapi/intents.go", "payments/refusals.go"

	return []Case{
		{
			"intents/shape", "An intent has the fields of a snapshot.", "stripeapi/snapshot.go",
			[]Call{
				intent("description=Conform").want("id^pi_", "status=requires_payment_method", "amount=1099",
					"currency=usd",
					"amount_received=0", "amount_capturable=0", "client_secret^pi_", "created?", "livemode=false",
					"customer!", "latest_charge!", "on_behalf_of!", "transfer_data!", "invoice!"),
			},
		},
		{
			"intents/capture-method", "Money is captured by itself unless the order asks otherwise.",
			"stripeapi/snapshot.go",
			[]Call{intent().want("capture_method=automatic_async")},
		},
		{
			"intents/expand", "The charge comes with the intent, and no invoice with an intent that has none.",
			"stripeapi/snapshot.go",
			[]Call{get(intents+"/{paid.id}", "expand[]=latest_charge", "expand[]=invoice.subscription").want(
				"latest_charge.object=charge", "latest_charge.paid=true",
				"latest_charge.payment_method_details.type=card",
				"invoice!")},
		},
		{
			"intents/unknown", "An intent that does not exist is missing.", "payments/order_of.go",
			[]Call{get(intents + "/pi_3NoSuchIntentAnywhere0000").want(missing("404", "intent")...)},
		},
		{
			"intents/update-amount", "Amount and currency of an open intent can change.", calls,
			[]Call{
				intent(),
				post(intents+"/{pi.id}", "amount=2500", "currency=eur").want("amount=2500", "currency=eur",
					"id={pi.id}"),
			},
		},
		{
			"intents/update-customer", "An open intent without a customer can get one.", calls,
			[]Call{
				intent(),
				post(intents+"/{pi.id}", "customer={customer.id}").want("customer={customer.id}"),
			},
		},
		{
			"intents/unset-usage", "An empty setup_future_usage removes it.", calls,
			[]Call{
				intent("setup_future_usage=off_session").want("setup_future_usage=off_session"),
				post(intents+"/{pi.id}", "setup_future_usage=").want("setup_future_usage!"),
			},
		},
		{
			"intents/unset-shipping", "An empty shipping removes the address.", calls,
			[]Call{
				intent("shipping[name]=Ada", "shipping[address][line1]=Main Street 1", "shipping[address][country]=US").
					want("shipping.name=Ada", "shipping.address.country=US"),
				post(intents+"/{pi.id}", "shipping=").want("shipping!"),
			},
		},
		{
			"intents/unset-text", "Every text that names no object may be sent empty, which unsets it.", calls,
			[]Call{
				intent("description=Conform", "statement_descriptor_suffix=CONFORM", "receipt_email=buyer@example.com"),
				post(intents+"/{pi.id}", "description=", "statement_descriptor_suffix=", "receipt_email=").
					want("description!", "statement_descriptor_suffix!", "receipt_email!"),
			},
		},
		{
			"intents/empty-customer", "A text that names an object cannot be sent empty.", "sandbox/wire/paramtable.go",
			[]Call{intent("customer=").want(invalid("parameter_invalid_empty", "customer")...)},
		},
		{
			"intents/update-paid", "The amount of a paid intent cannot change.", calls,
			[]Call{post(intents+"/{paid.id}", "amount=2500").want("http=400", "error.code="+unexpectedState)},
		},
		{
			"intents/suffix", "A suffix of the statement descriptor is kept.", calls,
			[]Call{intent("statement_descriptor_suffix=CONFORM").want("statement_descriptor_suffix=CONFORM")},
		},
		{
			"intents/receipt-email", "A malformed receipt_email is refused by its name.", rules,
			[]Call{intent("receipt_email=no-address").want(invalid("email_invalid", "receipt_email")...)},
		},
		{
			"intents/shipping-incomplete", "An address without a name is refused by the name of the parameter.", rules,
			[]Call{intent("shipping[address][line1]=Main Street 1").want("http=400", "error.code=parameter_missing",
				"error.param^shipping")},
		},
		{
			"intents/amount-too-small", "An amount below Stripe's least is refused by its code.", rules,
			[]Call{intent("amount=1").want(invalid("amount_too_small", "amount")...)},
		},
		{
			"intents/amount-too-large", "An amount above Stripe's most is refused by its code.", rules,
			[]Call{intent("amount=999999999").want(invalid("amount_too_large", "amount")...)},
		},
		{
			"intents/amount-zero", "No intent is for nothing.", "payments/place.go",
			[]Call{intent("amount=0").want("http=400", "error.param=amount")},
		},
		{
			"intents/currency-unknown", "A currency that does not exist is refused by its name.", rules,
			[]Call{intent("currency=xyz").want("http=400", "error.type=invalid_request_error", "error.param=currency")},
		},
		{
			"intents/type-unknown", "A type of payment methods that does not exist is refused by the parameter.", rules,
			[]Call{post(intents, "amount=1099", "currency=usd", "payment_method_types[]=seashells").want("http=400",
				"error.type=invalid_request_error", "error.param^payment_method_types",
				"error.message~The payment method type provided: seashells is invalid.")},
		},
		{
			"intents/customer-unknown", "A customer who does not exist is missing, by the name of the parameter.",
			rules,
			[]Call{intent("customer=cus_NoSuchCustomer").want(missing("400", "customer")...)},
		},
		{
			"intents/method-unknown",
			"A payment method that does not exist is missing, by the name of the parameter.", rules,
			[]Call{intent("payment_method=pm_1NoSuchMethodAnywhere000", "confirm=true").
				want(missing("400", "payment_method")...)},
		},
		{
			"intents/metadata", "Metadata is kept and can be set later.", "stripeapi/subscriptions.go",
			[]Call{
				intent("metadata[a]=1"),
				post(intents+"/{pi.id}", "metadata[b]=2").want("metadata.a=1", "metadata.b=2"),
			},
		},
		{
			"intents/cancel", "An open intent can be canceled as abandoned.", calls,
			[]Call{
				intent(),
				post(intents+"/{pi.id}/cancel", "cancellation_reason=abandoned").
					want("status=canceled", "cancellation_reason=abandoned", "canceled_at?"),
			},
		},
		{
			"intents/cancel-twice", "Canceling a canceled intent is refused and shows the intent.",
			"payments/expire.go",
			[]Call{
				intent(),
				post(intents + "/{pi.id}/cancel"),
				post(intents+"/{pi.id}/cancel").want("http=400", "error.code="+unexpectedState,
					"error.payment_intent.id={pi.id}", "error.payment_intent.status=canceled"),
			},
		},
		{
			"intents/cancel-paid", "A paid intent cannot be canceled, and the refusal shows that it is paid.",
			"payments/expire.go",
			[]Call{post(intents+"/{paid.id}/cancel").want("http=400", "error.code="+unexpectedState,
				"error.payment_intent.status=succeeded")},
		},
		{
			"intents/confirm-canceled", "A canceled intent takes no token, and the refusal shows the intent.", rules,
			[]Call{
				post(intents, "amount=1099", "currency=usd", automatic).as("pi"),
				post(intents + "/{pi.id}/cancel"),
				token("pm_card_visa"),
				confirm(withToken).want("http=400", "error.code="+unexpectedState, "error.payment_intent.id={pi.id}",
					"error.payment_intent.status=canceled"),
			},
		},
		{
			"intents/confirm-paid", "A paid intent takes no token, and the refusal shows that it is paid.",
			"payments/settle_rules.go",
			[]Call{
				token("pm_card_visa"), pay(),
				token("pm_card_visa"),
				confirm(withToken).want("http=400", "error.code="+unexpectedState, "error.payment_intent.id={pi.id}",
					"error.payment_intent.status=succeeded"),
			},
		},
		{
			"intents/return-url", "Automatic methods need a return_url to be confirmed.", calls,
			[]Call{post(intents, "amount=1099", "currency=usd", "confirm=true", "payment_method=pm_card_visa",
				automatic).
				want("http=400", "error.param=return_url")},
		},
		{
			"intents/return-url-sdk", "With use_stripe_sdk, which a token has, no return_url is needed.", calls,
			[]Call{
				post(intents, "amount=1099", "currency=usd", "confirm=true", "payment_method=pm_card_visa", automatic,
					"use_stripe_sdk=true").want("status=succeeded"),
				token("pm_card_visa").want("use_stripe_sdk=true"),
				post(intents, "amount=1099", "currency=usd", "confirm=true", withToken, automatic).
					want("status=succeeded"),
			},
		},
		{
			"intents/confirm-fields", "A confirmation shows the method that paid and the charge.",
			"stripeapi/snapshot.go",
			[]Call{
				token("pm_card_visa"),
				pay("expand[]=latest_charge").want("payment_method^pm_", "latest_charge.id^ch_",
					"latest_charge.status=succeeded", "latest_charge.payment_method_details.card.last4=4242"),
			},
		},
		{
			"intents/deleted-customer",
			"An open intent of a deleted customer is refused as one of a missing customer.", rules,
			[]Call{
				post("/v1/customers").as("gone"),
				intent("customer={gone.id}"),
				del("/v1/customers/{gone.id}"),
				post(intents+"/{pi.id}/confirm", "payment_method=pm_card_visa").want("error.code=resource_missing",
					"http^40", "error.param=customer"),
			},
		},
	}
}

func actionCases() []Case {
	const where = "payments/settle_rules.go"
	const secure = "pm_card_threeDSecure2Required"

	return []Case{
		{
			"actions/token", "3D Secure after a token is handled by Stripe.js, which is told what to do.", where,
			[]Call{token(secure), pay().want("status=requires_action", "next_action.type=use_stripe_sdk",
				"amount_received=0")},
		},
		{
			"actions/redirect", "Without a token, 3D Secure is an address that leads back.", where,
			[]Call{intent("payment_method="+secure, "confirm=true", returnTo).want("status=requires_action",
				"next_action.type=redirect_to_url", "next_action.redirect_to_url.url?",
				"next_action.redirect_to_url.return_url=https://example.com/return")},
		},
		{
			"actions/sdk", "With use_stripe_sdk, Stripe.js handles a saved method as well.", where,
			[]Call{intent("payment_method="+secure, "confirm=true", "use_stripe_sdk=true").
				want("status=requires_action", "next_action.type=use_stripe_sdk")},
		},
		{
			"actions/cancel", "An intent that waits for its buyer can be canceled.", "payments/expire.go",
			[]Call{
				token(secure), pay(),
				post(intents+"/{pi.id}/cancel", "cancellation_reason=abandoned").want("status=canceled",
					"next_action!"),
			},
		},
		{
			"actions/reread", "An intent that waits for its buyer still says so when it is read.",
			"payments/resolve.go",
			[]Call{token(secure), pay(), read().want("status=requires_action", "next_action.type=use_stripe_sdk")},
		},
		{
			"actions/refused-by-request", "Who cannot handle actions is told that the payment needs one.", where,
			[]Call{intent("payment_method=pm_card_authenticationRequired", "confirm=true",
				"error_on_requires_action=true").
				want("http=402", "error.code=authentication_required",
					"error.payment_intent.status=requires_payment_method")},
		},
		{
			"actions/off-session",
			"A buyer who is away cannot authenticate, and no advice of the network comes with that.",
			"payments/declines.go",
			[]Call{
				post("/v1/customers").as("own"),
				post("/v1/payment_methods/pm_card_authenticationRequired/attach", "customer={own.id}").as("pm"),
				intent("customer={own.id}", "payment_method={pm.id}", "confirm=true", "off_session=true").
					want("http=402",
						"error.code=authentication_required", "error.decline_code=authentication_required",
						"error.advice_code!", "error.network_decline_code!",
						"error.payment_intent.status=requires_payment_method"),
			},
		},
	}
}
