package conform

// What most requests have in common.
const (
	intents     = "/v1/payment_intents"
	setups      = "/v1/setup_intents"
	returnTo    = "return_url=https://example.com/return"
	automatic   = "automatic_payment_methods[enabled]=true"
	cardsOnly   = "payment_method_types[]=card"
	withToken   = "confirmation_token={token.id}"
	noSuchToken = "confirmation_token=ctoken_1NoSuchTokenAnywhere00"
)

// token makes a ConfirmationToken of a test payment method, as Stripe.js does
// (https://docs.stripe.com/api/confirmation_tokens/test_create).
func token(method string, more ...string) Call {
	return post("/v1/test_helpers/confirmation_tokens", append(more, "payment_method="+method)...).as("token")
}

// tokenOf makes a ConfirmationToken of the data of a payment method.
func tokenOf(params ...string) Call {
	return post("/v1/test_helpers/confirmation_tokens", params...).as("token")
}

// intent creates a payment of 10.99 USD by card.
func intent(more ...string) Call {
	return post(intents, append([]string{"amount=1099", "currency=usd", cardsOnly}, more...)...).as("pi")
}

// pay creates and confirms an intent with the token, as checkoutd does.
func pay(more ...string) Call {
	return post(intents, append([]string{
		"amount=1099", "currency=usd", "confirm=true", withToken, returnTo, automatic,
	}, more...)...).as("pi")
}

func confirm(more ...string) Call {
	return post(intents+"/{pi.id}/confirm", append([]string{returnTo}, more...)...).as("confirmed")
}

func read() Call { return get(intents + "/{pi.id}") }

// invalid is a refusal of what a request asks.
func invalid(code, param string) []string {
	return []string{"http=400", "error.type=invalid_request_error", "error.code=" + code, "error.param=" + param}
}

// missing is a refusal of an ID that Stripe does not have.
func missing(status, param string) []string {
	return []string{
		"http=" + status, "error.type=invalid_request_error", "error.code=resource_missing", "error.param=" + param,
	}
}

func tokenCases() []Case {
	const where, reading = "payments/refusals.go", "stripeapi/methods.go"
	used := []string{
		"http=400", "error.type=invalid_request_error", "error.param=confirmation_token",
		"error.code=confirmation_token_already_used",
	}

	return []Case{
		{
			"tokens/shape", "A new token shows its payment method and when it expires.", reading,
			[]Call{token("pm_card_visa").want("id^ctoken_", "object=confirmation_token", "livemode=false",
				"expires_at?",
				"payment_intent!", "setup_intent!", "payment_method_preview.type=card")},
		},
		{
			"tokens/read", "The payment method of a token can be read before it pays, for the shop's rules.", reading,
			[]Call{
				token("pm_card_visa"),
				get("/v1/confirmation_tokens/{token.id}").want("payment_method_preview.card.brand=visa",
					"payment_method_preview.card.last4=4242", "payment_method_preview.card.country=US",
					"payment_method_preview.card.funding=credit", "payment_method_preview.card.wallet!"),
			},
		},
		{
			"tokens/read-unknown", "Reading a token that does not exist is refused as missing.", reading,
			[]Call{get("/v1/confirmation_tokens/ctoken_1NoSuchTokenAnywhere00").
				want("http=404", "error.type=invalid_request_error", "error.code=resource_missing")},
		},
		{
			"tokens/pays", "One call creates an intent and confirms it with a token.", "stripeapi/intents.go",
			[]Call{
				token("pm_card_visa"),
				pay("metadata[order]=o1").want("object=payment_intent", "status=succeeded", "amount_received=1099",
					"amount_capturable=0", "client_secret^pi_", "metadata.order=o1", "livemode=false", "next_action!",
					"last_payment_error!"),
				get("/v1/confirmation_tokens/{token.id}").want("payment_intent={pi.id}"),
			},
		},
		{
			"tokens/confirms-open-intent", "A token confirms an intent that exists.", "stripeapi/intents.go",
			[]Call{
				post(intents, "amount=1099", "currency=usd", automatic).as("pi").want("status=requires_payment_method"),
				token("pm_card_visa"),
				confirm(withToken).want("status=succeeded", "id={pi.id}"),
			},
		},
		{
			"tokens/used-twice",
			"A token that has paid is refused with a code of its own, by the name of the parameter.", where,
			[]Call{token("pm_card_visa"), pay(), pay().want(used...)},
		},
		{
			"tokens/used-after-decline", "A token whose payment was declined is used up.", where,
			[]Call{token("pm_card_visa_chargeDeclined"), pay().want("http=402"), pay().want(used...)},
		},
		{
			"tokens/unknown", "A token that does not exist is refused as missing, by the name of the parameter.", where,
			[]Call{post(intents, "amount=1099", "currency=usd", "confirm=true", noSuchToken, returnTo, automatic).
				want("error.type=invalid_request_error", "http^40", "error.code=resource_missing",
					"error.param=confirmation_token")},
		},
		{
			"tokens/second-in-requires-action",
			"A second token replaces the first one while the buyer is asked to authenticate.",
			"payments/confirm_rules.go",
			[]Call{
				token("pm_card_threeDSecure2Required"),
				pay().want("status=requires_action"),
				token("pm_card_visa"),
				confirm(withToken).want("status=succeeded", "id={pi.id}"),
			},
		},
		{
			"tokens/second-after-decline", "After a decline the same intent takes another token.",
			"payments/confirm_rules.go",
			[]Call{
				token("pm_card_visa_chargeDeclined"),
				pay().want("http=402", "error.payment_intent.status=requires_payment_method"),
				token("pm_card_visa"),
				post(intents+"/{pi.error.payment_intent.id}/confirm", withToken, returnTo).want("status=succeeded"),
			},
		},
		{
			"tokens/saves-nothing",
			"A token that saves nothing is refused by an intent that saves the payment method: no code, no " +
				"parameter, a sentence with confirmation_token and does not match.", where,
			[]Call{
				token("pm_card_visa"),
				pay("customer={customer.id}", "setup_future_usage=off_session").want("http=400",
					"error.type=invalid_request_error", "error.code!", "error.param!", "error.message~does not match",
					"error.message~confirmation_token"),
			},
		},
		{
			"tokens/saves", "A token that saves the payment method pays and attaches it to the customer.",
			"orders/terms.go",
			[]Call{
				token("pm_card_visa", "setup_future_usage=off_session"),
				pay("customer={customer.id}", "setup_future_usage=off_session").want("status=succeeded",
					"setup_future_usage=off_session", "payment_method^pm_"),
				get("/v1/payment_methods/{pi.payment_method}").want("customer={customer.id}"),
			},
		},
		{
			"tokens/shipping", "What the buyer entered as shipping address is in the token.", reading,
			[]Call{
				token("pm_card_visa", "shipping[name]=Ada", "shipping[address][line1]=Main Street 1",
					"shipping[address][country]=US").want("shipping.name=Ada", "shipping.address.line1=Main Street 1"),
			},
		},
		{
			"tokens/sepa", "A bank debit from a token is processing, not paid.", "payments/settle_rules.go",
			[]Call{
				tokenOf("payment_method_data[type]=sepa_debit",
					"payment_method_data[sepa_debit][iban]=AT611904300234573201",
					"payment_method_data[billing_details][name]=Ada",
					"payment_method_data[billing_details][email]=ada@example.com").
					unless("the account takes no SEPA debit"),
				post(intents, "amount=1099", "currency=eur", "confirm=true", withToken, returnTo,
					"payment_method_types[]=sepa_debit", "mandate_data[customer_acceptance][type]=offline").
					unless("the account takes no SEPA debit").want("status=processing", "amount_received=0"),
			},
		},
		{
			"tokens/ideal", "A method with a page of its own asks to be led there.", "payments/instructions.go",
			[]Call{
				tokenOf("payment_method_data[type]=ideal").unless("the account does not take iDEAL"),
				post(intents, "amount=1099", "currency=eur", "confirm=true", withToken, returnTo,
					"payment_method_types[]=ideal").as("pi").unless("the account does not take iDEAL").
					want("status=requires_action", "next_action.type=redirect_to_url",
						"next_action.redirect_to_url.return_url=https://example.com/return"),
			},
		},
	}
}
