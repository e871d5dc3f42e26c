package conform

func protocolCases() []Case {
	const where = "stripeapi/errors.go"

	return []Case{
		{
			"protocol/key", "A key that does not exist gets 401.", where,
			[]Call{get("/v1/charges").with("Authorization: Bearer blabla").
				want("http=401", "error.type=invalid_request_error", "error.code!")},
		},
		{
			"protocol/no-key", "A call without a key gets 401.", where,
			[]Call{get("/v1/charges").with("Authorization: ").want("http=401", "error.type=invalid_request_error")},
		},
		{
			"protocol/path", "An address that does not exist gets 404.", where,
			[]Call{get("/v1/no_such_thing").want("http=404", "error.type=invalid_request_error")},
		},
		{
			"protocol/unknown-parameter", "An unknown parameter is refused by its name.", where,
			[]Call{intent("no_such_parameter=1").want(invalid("parameter_unknown", "no_such_parameter")...)},
		},
		{
			"protocol/missing-parameter", "A missing parameter is refused by its name.", where,
			[]Call{post(intents, "currency=usd").want(invalid("parameter_missing", "amount")...)},
		},
		{
			"protocol/integer", "A text where a number belongs is refused by its name.", where,
			[]Call{post(intents, "amount=ten", "currency=usd").want(invalid("parameter_invalid_integer", "amount")...)},
		},
		{
			"protocol/version", "The answer is of the version that the call asks for.", "stripeapi/stripeapi.go",
			[]Call{get(intents + "/{open.id}").want("header:Stripe-Version={version}")},
		},
		{
			"protocol/request-id", "Every answer has the ID of its request.", where,
			[]Call{
				get(intents + "/{open.id}").want("header:Request-Id^req_"),
				get(intents+"/pi_3NoSuchIntentAnywhere0000").want("http=404", "header:Request-Id^req_"),
			},
		},
		{
			"protocol/wrong-version", "A version of another form is refused.", "stripeapi/stripeapi.go",
			[]Call{get("/v1/charges").with("Stripe-Version: seashells").
				want("http=400", "error.type=invalid_request_error")},
		},
		{
			"protocol/date", "Every answer has a Date, from which the clock can be compared.", "config/stripe.go",
			[]Call{get("/v1/balance").want("header:Date~GMT", "livemode=false")},
		},
		{
			"protocol/metadata-value", "A metadata value of more than 500 characters is refused.", "payments/mark.go",
			[]Call{intent("metadata[a]="+long(501)).want("http=400", "error.type=invalid_request_error")},
		},
		{
			"protocol/metadata-500", "A metadata value of 500 characters is kept.", "payments/mark.go",
			[]Call{intent("metadata[a]=" + long(500)).want("metadata.a=" + long(500))},
		},
		{
			"protocol/expand-unknown", "Only fields that exist can be expanded.", "stripeapi/snapshot.go",
			[]Call{get(intents+"/{open.id}", "expand[]=no_such_field").want("http=400",
				"error.type=invalid_request_error")},
		},
	}
}

func idempotencyCases() []Case {
	const where = "payments/errors.go"
	key := func(name string) string { return "Idempotency-Key: conform-{run}-" + name }
	declined := intent("payment_method=pm_card_visa_chargeDeclined", "confirm=true")

	return []Case{
		{
			"idempotency/replay", "The same request under the same key repeats its answer, and says so.", where,
			[]Call{
				intent().with(key("replay")).want("header:Idempotent-Replayed="),
				intent().with(key("replay")).as("again").want("id={first.id}", "header:Idempotent-Replayed=true"),
			},
		},
		{
			"idempotency/replay-decline", "A decline is repeated too.", where,
			[]Call{
				declined.with(key("decline")).want("http=402"),
				declined.with(key("decline")).as("again").want("http=402", "header:Idempotent-Replayed=true",
					"error.payment_intent.id={first.error.payment_intent.id}"),
			},
		},
		{
			"idempotency/key-echo", "An answer names the key that it was made for.", where,
			[]Call{intent().with(key("echo")).want("header:Idempotency-Key=conform-{run}-echo")},
		},
		{
			"idempotency/original-request", "A repeated answer names the first request.", where,
			[]Call{
				intent().with(key("original")),
				intent().with(key("original")).as("again").want("header:Original-Request={first.header:Request-Id}"),
			},
		},
		{
			"idempotency/other-parameters", "A key with other parameters is an idempotency_error.", where,
			[]Call{
				intent().with(key("other")),
				intent("description=Other").with(key("other")).want("http=400", "error.type=idempotency_error"),
			},
		},
		{
			"idempotency/other-path", "A key with another address is an idempotency_error.", where,
			[]Call{
				intent().with(key("path")),
				post("/v1/customers").with(key("path")).want("http=400", "error.type=idempotency_error"),
			},
		},
		{
			"idempotency/malformed-first",
			"A request refused for the form of its parameters does not use up its key.", where,
			[]Call{
				post(intents, "currency=usd").with(key("malformed")).want(invalid("parameter_missing", "amount")...),
				intent().with(key("malformed")).want("status=requires_payment_method", "header:Idempotent-Replayed="),
			},
		},
		{
			"idempotency/missing-object", "A request for an object that does not exist uses up its key.", where,
			[]Call{
				intent("customer=cus_NoSuchCustomer").with(key("missing")).want(missing("400", "customer")...),
				intent().with(key("missing")).want("http=400", "error.type=idempotency_error"),
			},
		},
		{
			"idempotency/long-key", "A key of 255 characters is taken.", "idempotency/keys.go",
			[]Call{intent().with("Idempotency-Key: {run}-" + long(234)).want("id^pi_")},
		},
		{
			"idempotency/should-not-retry", "A refused POST under a key says that repeating it is of no use.",
			"stripeapi/requests.go",
			[]Call{intent("customer=cus_NoSuchCustomer").want("http=400", "header:Stripe-Should-Retry=false")},
		},
		{
			"idempotency/canceled-twice", "A repeated cancellation under the same key is no refusal.",
			"payments/expire.go",
			[]Call{
				intent(),
				post(intents + "/{pi.id}/cancel").with(key("cancel")),
				post(intents+"/{pi.id}/cancel").with(key("cancel")).want("status=canceled",
					"header:Idempotent-Replayed=true"),
			},
		},
		{
			"idempotency/refund", "A repeated refund under the same key refunds once.", "payments/operations.go",
			[]Call{
				intent("payment_method=pm_card_visa", "confirm=true"),
				post("/v1/refunds", "payment_intent={pi.id}", "amount=100").with(key("refund")),
				post("/v1/refunds", "payment_intent={pi.id}", "amount=100").with(key("refund")),
				get("/v1/refunds", "payment_intent={pi.id}").want("data#1"),
			},
		},
	}
}

func listCases() []Case {
	const mirror, find = "stripeapi/mirror.go", "stripeapi/intents.go"
	ofOwn := "customer={own.id}"

	return []Case{
		{
			"lists/order", "Lists are newest first.", find,
			[]Call{
				ownCustomer(), intent(ofOwn), intent(ofOwn).as("second"),
				get(intents, ofOwn, "limit=100").want("object=list", "data#2", "data.*.id~{pi.id}", "has_more=false"),
			},
		},
		{
			"lists/cursor", "starting_after goes on after an object, and has_more says whether there is more.", mirror,
			[]Call{
				ownCustomer(), intent(ofOwn), intent(ofOwn).as("second"),
				get(intents, ofOwn, "limit=1").as("page").want("data#1", "has_more=true"),
				get(intents, ofOwn, "limit=1", "starting_after={page.data.0.id}").want("data#1", "has_more=false"),
			},
		},
		{
			"lists/cursor-gone", "A cursor that does not exist is missing, by the name of the parameter.", mirror,
			[]Call{get(intents, "limit=1", "starting_after=pi_3NoSuchIntentAnywhere0000").
				want("http^40", "error.code=resource_missing", "error.param=starting_after")},
		},
		{
			"lists/limit", "No page has more than 100 objects.", "stripeapi/requests.go",
			[]Call{get(intents, "limit=101").want("http=400", "error.param=limit")},
		},
		{
			"lists/created", "A list can be limited to a time.", find,
			[]Call{
				ownCustomer(), intent(ofOwn),
				get(intents, ofOwn, "created[gte]={pi.created}", "created[lte]={pi.created}", "limit=100").
					want("data#1", "data.0.id={pi.id}"),
				get(intents, ofOwn, "created[lte]=1000000000").want("data#0"),
			},
		},
		{
			"lists/expand", "Charges come with the intents of a list.", find,
			[]Call{
				ownCustomer(), intent(ofOwn, "payment_method=pm_card_visa", "confirm=true"),
				get(intents, ofOwn, "expand[]=data.latest_charge", "limit=100").
					want("data.0.latest_charge.object=charge", "data.0.metadata."+markName+"={run}"),
			},
		},
		{
			"lists/charges", "Charges come with their balance transactions.", mirror,
			[]Call{
				intent("payment_method=pm_card_visa", "confirm=true"),
				get("/v1/charges", "payment_intent={pi.id}", "limit=100", "expand[]=data.balance_transaction").soon().
					want("data#1", "data.0.paid=true", "data.0.balance_transaction.fee?"),
			},
		},
		{
			"lists/unknown-customer", "A list of a customer who does not exist is refused.", find,
			[]Call{get(intents, "customer=cus_NoSuchCustomer").want("http^40", "error.code=resource_missing")},
		},
		{
			"lists/unknown-filter", "Any other filter by an ID that does not exist selects nothing.",
			"stripeapi/refunds.go",
			[]Call{get("/v1/refunds", "payment_intent=pi_3NoSuchIntentAnywhere0000").want("data#0")},
		},
		{"lists/refunds", "Refunds can be listed.", mirror, []Call{get("/v1/refunds", "limit=1").want("object=list")}},
		{"lists/disputes", "Disputes can be listed.", mirror, []Call{get("/v1/disputes", "limit=1").
			want("object=list")}},
		{"lists/payouts", "Payouts can be listed.", mirror, []Call{get("/v1/payouts", "limit=1").want("object=list")}},
		{
			"lists/balance-transactions", "Balance transactions can be listed.", mirror,
			[]Call{get("/v1/balance_transactions", "limit=1").want("object=list")},
		},
	}
}
