package conform

// decline is a case of a test card that the bank declines.
func decline(name, card, code, declineCode string) Case {
	wants := []string{
		"http=402", "error.type=card_error", "error.code=" + code, "error.decline_code=" + declineCode,
		"error.message?",
		"error.payment_intent.status=requires_payment_method",
		"error.payment_intent.last_payment_error.code=" + code,
		"error.payment_intent.last_payment_error.decline_code=" + declineCode,
		"error.payment_intent.last_payment_error.payment_method.type=card",
	}

	return Case{
		"declines/" + name, "A declined card is an error with its code and the open intent.", "payments/declines.go",
		[]Call{token(card), pay().want(wants...)},
	}
}

func declineCases() []Case {
	const declined = "card_declined"
	return []Case{
		decline("generic", "pm_card_visa_chargeDeclined", declined, "generic_decline"),
		decline("insufficient-funds", "pm_card_visa_chargeDeclinedInsufficientFunds", declined, "insufficient_funds"),
		decline("lost-card", "pm_card_visa_chargeDeclinedLostCard", declined, "lost_card"),
		decline("stolen-card", "pm_card_visa_chargeDeclinedStolenCard", declined, "stolen_card"),
		decline("velocity", "pm_card_visa_chargeDeclinedVelocityLimitExceeded", declined, "card_velocity_exceeded"),
		decline("fraudulent", "pm_card_visa_chargeDeclinedFraudulent", declined, "fraudulent"),
		decline("expired-card", "pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
		decline("incorrect-cvc", "pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
		decline("processing-error", "pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
		{
			"declines/charge", "A decline leaves a failed charge, and the intent names it.",
			"connect/mirror/handlers.go",
			[]Call{
				intent("payment_method=pm_card_visa_chargeDeclined", "confirm=true").want("http=402",
					"error.charge^ch_"),
				get("/v1/charges/{pi.error.charge}").want("status=failed", "paid=false", "failure_code=card_declined",
					"payment_intent={pi.error.payment_intent.id}", "outcome.type=issuer_declined"),
			},
		},
		{
			"declines/method-tried-again",
			"The intent whose payment was declined may try the same payment method again.",
			"payments/confirm_rules.go",
			[]Call{
				post("/v1/payment_methods", "type=card", "card[token]=tok_visa_chargeDeclined").as("pm"),
				intent("payment_method={pm.id}", "confirm=true").want("http=402"),
				post(intents+"/{pi.error.payment_intent.id}/confirm", "payment_method={pm.id}").
					want("http=402", "error.code=card_declined"),
			},
		},
		{
			"declines/after-attach", "A card that can be saved may still be declined when it pays.",
			"payments/declines.go",
			[]Call{
				post("/v1/customers").as("own"),
				post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", "customer={own.id}").as("pm"),
				intent("customer={own.id}", "payment_method={pm.id}", "confirm=true").
					want("http=402", "error.code=card_declined"),
			},
		},
	}
}

// hold creates an intent that holds its amount.
func hold(more ...string) Call {
	return intent(append([]string{"payment_method=pm_card_visa", "confirm=true", "capture_method=manual"}, more...)...)
}

func captureCases() []Case {
	const calls, outcomes = "stripeapi/operations.go", "payments/operations_outcome.go"
	capture := func(more ...string) Call { return post(intents+"/{pi.id}/capture", more...) }

	return []Case{
		{
			"capture/hold", "A hold waits for its capture, and its charge says until when.", "stripeapi/snapshot.go",
			[]Call{hold("expand[]=latest_charge").want("status=requires_capture", "amount_capturable=1099",
				"amount_received=0", "latest_charge.captured=false",
				"latest_charge.payment_method_details.card.capture_before?")},
		},
		{
			"capture/token", "A token whose intent only holds the amount is accepted.", "stripeapi/intents.go",
			[]Call{token("pm_card_visa"), pay("capture_method=manual").want("status=requires_capture")},
		},
		{
			"capture/all", "Capturing takes the whole hold.", calls,
			[]Call{hold(), capture("amount_to_capture=1099").want("status=succeeded", "amount_received=1099",
				"amount_capturable=0")},
		},
		{
			"capture/part", "Capturing a part releases the rest; amount stays what it was.", calls,
			[]Call{
				hold(),
				capture("amount_to_capture=400").want("status=succeeded", "amount_received=400", "amount=1099",
					"amount_capturable=0"),
			},
		},
		{
			"capture/part-released", "The released part is a refund without a balance transaction.",
			"payments/refunds.go",
			[]Call{
				hold(), capture("amount_to_capture=400"),
				get("/v1/refunds", "payment_intent={pi.id}").want("data#1", "data.0.amount=699",
					"data.0.balance_transaction!"),
			},
		},
		{
			"capture/part-event", "refund.created tells of the released part.", "webhooks/dispatch.go",
			[]Call{
				hold(), capture("amount_to_capture=400"),
				newest("refund.created").of("data.object.payment_intent", "{pi.id}").want("data.object.amount=699"),
			},
		},
		{
			"capture/too-much", "More than the hold cannot be captured, by the name of the parameter.", outcomes,
			[]Call{hold(), capture("amount_to_capture=1100").want("http=400", "error.type=invalid_request_error",
				"error.param=amount_to_capture")},
		},
		{
			"capture/twice", "A captured hold cannot be captured again, and the refusal shows the intent.", outcomes,
			[]Call{
				hold(), capture(),
				capture().want("http=400", "error.code="+unexpectedState, "error.payment_intent.status=succeeded"),
			},
		},
		{
			"capture/canceled", "A canceled hold cannot be captured, and the refusal shows the intent.", outcomes,
			[]Call{
				hold(), post(intents+"/{pi.id}/cancel").want("status=canceled", "amount_capturable=0"),
				capture().want("http=400", "error.code="+unexpectedState, "error.payment_intent.status=canceled"),
			},
		},
		{
			"capture/open", "An intent that holds nothing cannot be captured.", outcomes,
			[]Call{post(intents+"/{open.id}/capture").want("http=400", "error.code="+unexpectedState)},
		},
		{
			"capture/refund-hold", "A hold cannot be refunded before it is captured.", outcomes,
			[]Call{post("/v1/refunds", "payment_intent={hold.id}").want("http=400",
				"error.type=invalid_request_error")},
		},
	}
}

func refundCases() []Case {
	const calls, outcomes = "stripeapi/operations.go", "payments/operations_outcome.go"
	paid := intent("payment_method=pm_card_visa", "confirm=true")
	refund := func(more ...string) Call {
		return post("/v1/refunds", append([]string{"payment_intent={pi.id}"}, more...)...).as("refund")
	}

	return []Case{
		{
			"refunds/all", "A refund of the whole payment succeeds and names its intent.", calls,
			[]Call{paid, refund("amount=1099", "metadata[a]=1", "reason=requested_by_customer").want("id^re_",
				"status=succeeded", "amount=1099", "currency=usd", "payment_intent={pi.id}", "metadata.a=1",
				"reason=requested_by_customer", "created?")},
		},
		{
			"refunds/parts", "Several parts can be refunded, and the list has them newest first.",
			"stripeapi/refunds.go",
			[]Call{
				paid, refund("amount=100"), refund("amount=200"),
				get("/v1/refunds", "payment_intent={pi.id}", "limit=100").want("data#2", "data.0.id={refund.id}",
					"data.*.amount~100", "has_more=false"),
			},
		},
		{
			"refunds/too-much", "More than what was paid cannot be refunded, by the name of the parameter.", outcomes,
			[]Call{paid, refund("amount=1100").want("http=400", "error.type=invalid_request_error",
				"error.param=amount")},
		},
		{
			"refunds/twice", "A payment that was refunded wholly cannot be refunded again.", outcomes,
			[]Call{paid, refund(), refund().want("http=400", "error.code=charge_already_refunded")},
		},
		{
			"refunds/negative", "A refund of less than 1 is refused by the name of the parameter.", outcomes,
			[]Call{post("/v1/refunds", "payment_intent={paid.id}", "amount=0").
				want(invalid("parameter_invalid_integer", "amount")...)},
		},
		{
			"refunds/unpaid", "An intent that nobody has paid cannot be refunded.", outcomes,
			[]Call{post("/v1/refunds", "payment_intent={open.id}").want("http=400",
				"error.type=invalid_request_error")},
		},
		{
			"refunds/unknown", "An intent that does not exist cannot be refunded.", outcomes,
			[]Call{post("/v1/refunds", "payment_intent=pi_3NoSuchIntentAnywhere0000").
				want("http^40", "error.code=resource_missing", "error.param=payment_intent")},
		},
		{
			"refunds/charge", "The charge adds up what was refunded.", "connect/mirror/handlers.go",
			[]Call{
				paid, refund("amount=300"),
				get("/v1/charges/{pi.latest_charge}").want("amount_refunded=300", "refunded=false",
					"amount_captured=1099"),
			},
		},
		{
			"refunds/intent-stays", "A refunded intent stays succeeded with what was received.",
			"payments/settle_rules.go",
			[]Call{paid, refund(), read().want("status=succeeded", "amount_received=1099")},
		},
		{
			"refunds/balance", "The charge has a balance transaction with the fee, soon after the payment.",
			"stripeapi/mirror.go",
			[]Call{get("/v1/charges/{paid.latest_charge}", "expand[]=balance_transaction").soon().want(
				"balance_transaction.object=balance_transaction", "balance_transaction.fee?",
				"balance_transaction.net?",
				"balance_transaction.currency?")},
		},
		{
			"disputes/shape", "A disputed payment has a dispute that names it, and says until when to answer.",
			"stripeapi/refunds.go",
			[]Call{
				intent("payment_method=pm_card_createDispute", "confirm=true").want("status=succeeded"),
				get("/v1/disputes", "payment_intent={pi.id}").as("list").soon().want("data#1"),
				get("/v1/disputes/{list.data.0.id}").want("amount=1099", "currency=usd", "status=needs_response",
					"reason=fraudulent", "evidence_details.due_by?", "payment_intent={pi.id}", "created?"),
			},
		},
	}
}
