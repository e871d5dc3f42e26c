package conform

func setupCases() []Case {
	const calls = "stripeapi/setups.go"
	const unexpected = "setup_intent_unexpected_state"
	setup := func(more ...string) Call {
		return post(setups, append([]string{
			"confirm=true", withToken, returnTo, automatic, "usage=off_session", "customer={customer.id}",
		}, more...)...).as("si")
	}

	return []Case{
		{
			"setups/token", "One call creates a SetupIntent and confirms it with a token.", calls,
			[]Call{
				token("pm_card_visa", "setup_future_usage=off_session"),
				setup("metadata[a]=1").want("id^seti_", "status=succeeded", "payment_method^pm_", "client_secret^seti_",
					"usage=off_session", "customer={customer.id}", "metadata.a=1", "livemode=false", "created?"),
			},
		},
		{
			"setups/action", "Saving a card may ask the buyer to authenticate.", calls,
			[]Call{
				token("pm_card_threeDSecure2Required", "setup_future_usage=off_session"),
				setup().want("status=requires_action", "next_action.type=use_stripe_sdk"),
			},
		},
		{
			"setups/decline", "A card that the bank declines is not saved: an error with the open SetupIntent.",
			"payments/declines.go",
			[]Call{
				token("pm_card_visa_chargeDeclined", "setup_future_usage=off_session"),
				setup().want("http=402", "error.code=card_declined",
					"error.setup_intent.status=requires_payment_method"),
			},
		},
		{
			"setups/confirm", "A token confirms a SetupIntent that exists.", calls,
			[]Call{
				post(setups, automatic, "customer={customer.id}").as("si").want("status=requires_payment_method"),
				token("pm_card_visa", "setup_future_usage=off_session"),
				post(setups+"/{si.id}/confirm", withToken, returnTo).want("status=succeeded"),
			},
		},
		{
			"setups/update", "An open SetupIntent without a customer can get one.", calls,
			[]Call{
				post(setups, cardsOnly).as("si"),
				post(setups+"/{si.id}", "customer={customer.id}").want("customer={customer.id}"),
			},
		},
		{
			"setups/cancel", "An open SetupIntent can be canceled as abandoned.", calls,
			[]Call{
				post(setups, cardsOnly).as("si"),
				post(setups+"/{si.id}/cancel", "cancellation_reason=abandoned").want("status=canceled"),
			},
		},
		{
			"setups/cancel-twice", "Canceling a canceled SetupIntent is refused and shows it.", "payments/expire.go",
			[]Call{
				post(setups, cardsOnly).as("si"),
				post(setups + "/{si.id}/cancel"),
				post(setups+"/{si.id}/cancel").want("http=400", "error.code="+unexpected,
					"error.setup_intent.status=canceled"),
			},
		},
		{
			"setups/cancel-done", "A SetupIntent that succeeded cannot be canceled.", "payments/expire.go",
			[]Call{
				post(setups, cardsOnly, "confirm=true", "payment_method=pm_card_visa").as("si").
					want("status=succeeded"),
				post(setups+"/{si.id}/cancel").want("http=400", "error.code="+unexpected,
					"error.setup_intent.status=succeeded"),
			},
		},
		{
			"setups/read", "A SetupIntent can be read with its error.", calls,
			[]Call{
				token("pm_card_visa_chargeDeclined", "setup_future_usage=off_session"),
				setup().want("http=402"),
				get(setups+"/{si.error.setup_intent.id}").want("status=requires_payment_method",
					"last_setup_error.code=card_declined", "last_setup_error.payment_method.type=card"),
			},
		},
		{
			"setups/unknown", "A SetupIntent that does not exist is missing.", "payments/order_of.go",
			[]Call{get(setups+"/seti_1NoSuchSetupAnywhere00").want("http=404", "error.code=resource_missing")},
		},
		{
			"setups/list", "SetupIntents of a customer are listed newest first.", calls,
			[]Call{
				post("/v1/customers").as("own"),
				post(setups, cardsOnly, "customer={own.id}").as("si"),
				get(setups, "customer={own.id}", "limit=100").want("data#1", "data.0.id={si.id}",
					"data.0.metadata."+markName+"={run}"),
			},
		},
	}
}

func customerCases() []Case {
	const calls, session = "stripeapi/customers.go", "customersession/features.go"
	const enabled = "components[payment_element][enabled]=true"
	const feature = "components[payment_element][features]"
	sessionOf := func(more ...string) Call {
		return post("/v1/customer_sessions", append([]string{"customer={customer.id}", enabled}, more...)...)
	}
	shown := "components.payment_element.features."

	return []Case{
		{
			"customers/create", "A customer keeps metadata and e-mail.", calls,
			[]Call{post("/v1/customers", "email=buyer@example.com", "metadata[a]=1").want("id^cus_", "object=customer",
				"email=buyer@example.com", "metadata.a=1", "livemode=false")},
		},
		{
			"customers/update", "E-mail and shipping address of a customer can be set.", "stripeapi/subscriptions.go",
			[]Call{
				post("/v1/customers").as("own"),
				post("/v1/customers/{own.id}", "email=buyer@example.com", "shipping[name]=Ada",
					"shipping[address][line1]=Main Street 1", "shipping[address][country]=US").
					want("email=buyer@example.com", "shipping.name=Ada", "shipping.address.country=US"),
			},
		},
		{
			"customers/email", "A malformed e-mail is refused by its name.", "payments/refusals.go",
			[]Call{post("/v1/customers", "email=no-address").want(invalid("email_invalid", "email")...)},
		},
		{
			"customers/delete", "A deleted customer can still be read, and is marked as such.", calls,
			[]Call{
				post("/v1/customers").as("own"),
				del("/v1/customers/{own.id}").want("deleted=true", "id={own.id}"),
				get("/v1/customers/{own.id}").want("deleted=true"),
			},
		},
		{
			"customers/delete-twice", "Deleting a customer again is refused as missing.", calls,
			[]Call{
				post("/v1/customers").as("own"),
				del("/v1/customers/{own.id}"),
				del("/v1/customers/{own.id}").want("http=404", "error.code=resource_missing"),
			},
		},
		{
			"customers/unknown", "A customer who does not exist is missing.", calls,
			[]Call{get("/v1/customers/cus_NoSuchCustomer").want("http=404", "error.code=resource_missing")},
		},
		{
			"customers/cash-balance", "The cash balance of a customer has the amounts by currency.", calls,
			[]Call{get("/v1/customers/{customer.id}/cash_balance").unless("the account takes no bank transfers").
				want("object=cash_balance", "customer={customer.id}")},
		},
		{
			"sessions/create", "A customer session has a client secret that works for a while.", calls,
			[]Call{sessionOf().want("object=customer_session", "client_secret?", "expires_at?",
				"customer={customer.id}",
				"components.payment_element.enabled=true")},
		},
		{
			"sessions/features", "What the Payment Element may do with saved methods is as asked.", session,
			[]Call{sessionOf(feature+"[payment_method_save]=enabled", feature+"[payment_method_save_usage]=off_session",
				feature+"[payment_method_redisplay]=enabled", feature+"[payment_method_remove]=enabled",
				feature+"[payment_method_redisplay_limit]=5",
				feature+"[payment_method_allow_redisplay_filters][]=always").want(shown+"payment_method_save=enabled",
				shown+"payment_method_save_usage=off_session", shown+"payment_method_redisplay=enabled",
				shown+"payment_method_remove=enabled", shown+"payment_method_redisplay_limit=5",
				shown+"payment_method_allow_redisplay_filters.0=always")},
		},
		{
			"sessions/disabled", "Features can be disabled by name.", session,
			[]Call{sessionOf(feature+"[payment_method_save]=disabled", feature+"[payment_method_redisplay]=disabled",
				feature+"[payment_method_remove]=disabled").want(shown+"payment_method_save=disabled",
				shown+"payment_method_redisplay=disabled", shown+"payment_method_remove=disabled")},
		},
		{
			"sessions/limit", "More than ten saved methods cannot be asked for.", session,
			[]Call{sessionOf(feature+"[payment_method_redisplay]=enabled",
				feature+"[payment_method_redisplay_limit]=11").
				want("http=400", "error.type=invalid_request_error")},
		},
		{
			"sessions/deleted-customer",
			"A session for a deleted customer is refused by the name of the parameter.", calls,
			[]Call{
				post("/v1/customers").as("own"),
				del("/v1/customers/{own.id}"),
				post("/v1/customer_sessions", "customer={own.id}", enabled).want("http^40",
					"error.code=resource_missing",
					"error.param=customer"),
			},
		},
	}
}

func methodCases() []Case {
	const where, saved = "payments/refusals.go", "customersession/features.go"
	own, attach := post("/v1/customers").as("own"),
		post("/v1/payment_methods/pm_card_visa/attach", "customer={own.id}").as("pm")
	usedUp := []string{"http=400", "error.type=invalid_request_error", "error.message~may not be used again"}

	return []Case{
		{
			"methods/attach", "A test payment method can be attached to a customer.", saved,
			[]Call{own, attach.want("id^pm_", "customer={own.id}", "card.last4=4242", "allow_redisplay=unspecified")},
		},
		{
			"methods/list", "Methods of a customer are listed.", saved,
			[]Call{own, attach, get("/v1/customers/{own.id}/payment_methods", "type=card").
				want("data#1", "data.0.id={pm.id}")},
		},
		{
			"methods/redisplay", "Whether a method is shown again can be set.", saved,
			[]Call{own, attach, post("/v1/payment_methods/{pm.id}", "allow_redisplay=always").
				want("allow_redisplay=always")},
		},
		{
			"methods/saved-pays", "A saved method in a token pays for its customer.", "stripeapi/intents.go",
			[]Call{own, attach, token("{pm.id}"), pay("customer={own.id}").want("status=succeeded")},
		},
		{
			"methods/of-another", "A saved method pays for nobody but its customer.", where,
			[]Call{own, attach, intent("payment_method={pm.id}", "confirm=true", "customer={customer.id}").
				want("http=400", "error.type=invalid_request_error")},
		},
		{
			"methods/detached", "A detached method may not be used again, says the sentence.", where,
			[]Call{
				own, attach, post("/v1/payment_methods/{pm.id}/detach").want("customer!"),
				intent("payment_method={pm.id}", "confirm=true", "customer={own.id}").want(usedUp...),
			},
		},
		{
			"methods/used-up", "A method without a customer is used up by one payment.", where,
			[]Call{
				post("/v1/payment_methods", "type=card", "card[token]=tok_visa").as("pm"),
				intent("payment_method={pm.id}", "confirm=true").want("status=succeeded"),
				intent("payment_method={pm.id}", "confirm=true").want(usedUp...),
			},
		},
		{
			"methods/cvc", "A saved card without its code is refused where the code is required.",
			"stripeapi/options.go",
			[]Call{
				own, attach,
				intent("customer={own.id}", "payment_method={pm.id}", "confirm=true",
					"payment_method_options[card][require_cvc_recollection]=true").
					want("http=400", "error.type=invalid_request_error", "error.code=payment_intent_invalid_parameter",
						"error.message=This PaymentIntent requires the CVC to be collected again: "+
							"`require_cvc_recollection` is enabled and the card is attached to a customer."),
			},
		},
		{
			"methods/bank-debit-cancel", "A debit of a US bank account can be canceled while it is processing.",
			"payments/expire.go",
			[]Call{
				post(intents, "amount=1099", "currency=usd", "payment_method_types[]=us_bank_account", "confirm=true",
					"payment_method=pm_usBankAccount_processing",
					"mandate_data[customer_acceptance][type]=offline").as("pi").
					unless("the account takes no US bank debits").want("status=processing"),
				post(intents + "/{pi.id}/cancel").want("status=canceled"),
				get("/v1/charges/{pi.latest_charge}").want("status=failed",
					"failure_message=The payment was canceled."),
			},
		},
		{
			"methods/types", "Listed types replace the automatic ones.", "stripeapi/options.go",
			[]Call{intent().want("payment_method_types#1", "payment_method_types.0=card",
				"automatic_payment_methods!")},
		},
		{
			"methods/automatic", "Automatic types are those that the account has switched on, cards among them.",
			"stripeapi/options.go",
			[]Call{post(intents, "amount=1099", "currency=usd", automatic).
				want("automatic_payment_methods.enabled=true", "payment_method_types~card")},
		},
	}
}
