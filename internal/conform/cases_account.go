package conform

import "strings"

// long returns a text of n characters.
func long(n int) string { return strings.Repeat("x", n) }

// told is a case of an event that follows from calls. object is what the event
// shows, of which the path has the ID. Stripe filters events by type, so the
// newest 100 of it are looked through.
func told(name, relies, kind, path, id string, object []string, calls ...Call) Case {
	events := newest(kind).of("data.object."+path, id).want("id^evt_", "type="+kind, "livemode=false")
	return Case{"events/" + name, relies, "webhooks/dispatch.go", append(calls, events.want(object...))}
}

// newest lists the newest events of a type, as soon as there are some.
func newest(kind string) Call { return get("/v1/events", "type="+kind, "limit=100").soon() }

func eventCases() []Case {
	const where = "stripeapi/events.go"
	paid := intent("payment_method=pm_card_visa", "confirm=true")

	return []Case{
		told("created", "payment_intent.created tells of an intent.", "payment_intent.created", "id", "{pi.id}",
			[]string{"data.object.status=requires_payment_method"}, intent()),
		told("succeeded", "payment_intent.succeeded tells of a payment.", "payment_intent.succeeded", "id", "{pi.id}",
			[]string{"data.object.status=succeeded", "data.object.amount_received=1099"}, paid),
		told("failed", "payment_intent.payment_failed tells of a decline.", "payment_intent.payment_failed", "id",
			"{pi.error.payment_intent.id}",
			[]string{"data.object.last_payment_error.code=card_declined"},
			intent("payment_method=pm_card_visa_chargeDeclined", "confirm=true").want("http=402")),
		told("canceled", "payment_intent.canceled tells of a cancellation.", "payment_intent.canceled", "id", "{pi.id}",
			[]string{"data.object.status=canceled"},
			intent(), post(intents+"/{pi.id}/cancel")),
		told("requires-action", "payment_intent.requires_action tells that the buyer is asked.",
			"payment_intent.requires_action", "id", "{pi.id}",
			[]string{"data.object.status=requires_action"}, token("pm_card_threeDSecure2Required"), pay()),
		told("capturable", "payment_intent.amount_capturable_updated tells of a hold.",
			"payment_intent.amount_capturable_updated", "id", "{pi.id}",
			[]string{"data.object.amount_capturable=1099"}, hold()),
		told("refunded", "charge.refunded tells of a refund.", "charge.refunded", "payment_intent", "{pi.id}",
			[]string{"data.object.amount_refunded=1099"},
			paid, post("/v1/refunds", "payment_intent={pi.id}")),
		told("refund-created", "refund.created tells of a refund.", "refund.created", "payment_intent", "{pi.id}",
			[]string{"data.object.status=succeeded"},
			paid, post("/v1/refunds", "payment_intent={pi.id}")),
		told("setup", "setup_intent.succeeded tells of a saved method.", "setup_intent.succeeded", "id", "{si.id}",
			[]string{"data.object.status=succeeded"},
			post(setups, cardsOnly, "confirm=true", "payment_method=pm_card_visa").as("si")),
		told("dispute", "charge.dispute.created tells of a dispute.", "charge.dispute.created", "payment_intent",
			"{pi.id}",
			[]string{"data.object.status=needs_response"},
			intent("payment_method=pm_card_createDispute", "confirm=true")),
		told("invoice-paid", "invoice.paid tells that a first invoice is paid.", "invoice.paid", "subscription",
			"{sub.id}",
			[]string{"data.object.status=paid"},
			ownCustomer(), subscribe(), savingToken("pm_card_visa"), payFirst()),
		told("invoice-voided", "invoice.voided tells of a voided invoice.", "invoice.voided", "subscription",
			"{sub.id}",
			[]string{"data.object.status=void"},
			ownCustomer(), subscribe(), post("/v1/invoices/{sub.latest_invoice.id}/void")),
		told("subscription-updated", "customer.subscription.updated tells that a subscription has started.",
			"customer.subscription.updated", "id", "{sub.id}",
			[]string{"data.object.status=active"},
			ownCustomer(), subscribe(), savingToken("pm_card_visa"), payFirst()),
		told("subscription-expired",
			"customer.subscription.updated tells that a subscription has ended with its invoice.",
			"customer.subscription.updated", "id", "{sub.id}",
			[]string{"data.object.status=incomplete_expired"},
			ownCustomer(), subscribe(), post("/v1/invoices/{sub.latest_invoice.id}/void")),
		told("subscription-deleted", "customer.subscription.deleted tells of a canceled subscription.",
			"customer.subscription.deleted", "id", "{sub.id}",
			[]string{"data.object.status=canceled"},
			ownCustomer(), subscribe(), savingToken("pm_card_visa"), payFirst(), del(subscriptions+"/{sub.id}")),
		{
			"events/shape", "An event has its type, time, mode and version, and the object as it was.", where,
			[]Call{
				intent(),
				newest("payment_intent.created").as("list").of("data.object.id", "{pi.id}").want("object=event",
					"created?",
					"data.object.object=payment_intent", "api_version?", "pending_webhooks?",
					"request.idempotency_key^conform-"),
				get("/v1/events/{list.data.0.id}").want("id={list.data.0.id}", "type=payment_intent.created"),
			},
		},
		{
			"events/types", "Events can be listed by up to 20 types and by time, newest first.", where,
			[]Call{
				intent(),
				get("/v1/events", "types[]=payment_intent.created", "types[]=payment_intent.canceled",
					"created[gte]={pi.created}", "limit=100").soon().want("object=list",
					"data.*.data.object.id~{pi.id}"),
			},
		},
		{
			"events/undelivered", "Events that no endpoint has taken can be listed.", "stripeapi/golive.go",
			[]Call{get("/v1/events", "delivery_success=false", "limit=100").want("object=list")},
		},
		{
			"events/cursor-gone", "A cursor of an event that is gone is missing, by the name of the parameter.", where,
			[]Call{get("/v1/events", "limit=1", "starting_after=evt_1NoSuchEventAnywhere000").
				want("http^40", "error.code=resource_missing", "error.param=starting_after")},
		},
		{
			"events/unknown", "An event that does not exist is missing.", where,
			[]Call{get("/v1/events/evt_1NoSuchEventAnywhere000").want("http=404", "error.code=resource_missing")},
		},
	}
}

func endpointCases() []Case {
	const where, hooks = "config/stripe.go", "/v1/webhook_endpoints"

	// An event that hardly ever comes: the address is nobody's.
	create := func(more ...string) Call {
		return post(hooks, append([]string{
			"url=https://example.com/conform", "enabled_events[]=topup.reversed",
		}, more...)...).as("hook")
	}

	return []Case{
		{
			"endpoints/create",
			"An endpoint has the version that was asked for, and tells its secret when it is created.",
			where,
			[]Call{create("api_version={version}").want("id^we_", "secret^whsec_", "status=enabled",
				"api_version={version}", "enabled_events.0=topup.reversed", "livemode=false", "application!",
				"url=https://example.com/conform")},
		},
		{
			"endpoints/secret-once", "The secret of an endpoint is told only once.", where,
			[]Call{create(), get(hooks+"/{hook.id}").want("secret!", "url=https://example.com/conform")},
		},
		{
			"endpoints/list", "Endpoints are listed with address, events, version and status.", where,
			[]Call{create(), get(hooks, "limit=100").want("object=list", "data.*.id~{hook.id}",
				"data.*.enabled_events?")},
		},
		{
			"endpoints/disable", "An endpoint can be disabled.", where,
			[]Call{create(), post(hooks+"/{hook.id}", "disabled=true").want("status=disabled")},
		},
		{
			"endpoints/delete", "An endpoint can be deleted.", where,
			[]Call{create(), del(hooks + "/{hook.id}").want("deleted=true"), get(hooks + "/{hook.id}").
				want("http=404")},
		},
		{
			"endpoints/event-unknown", "An event that does not exist is refused.", where,
			[]Call{post(hooks, "url=https://example.com/conform", "enabled_events[]=no.such.event").
				want("http=400", "error.type=invalid_request_error", "error.param^enabled_events")},
		},
		{
			"endpoints/connect", "An endpoint for connected accounts names the application.", where,
			[]Call{create("connect=true").unless("the account has no Connect").want("application?")},
		},
	}
}

func accountCases() []Case {
	return []Case{
		{
			"account/own", "The account of the key can be read.", "stripeapi/account.go",
			[]Call{get("/v1/account").unless("this key may not read the account").want("id^acct_", "object=account",
				"country?", "default_currency?")},
		},
		{
			"account/methods", "What the account offers as payment methods can be listed.", "config/payment.go",
			[]Call{get("/v1/payment_method_configurations", "limit=100").
				want("object=list", "data.0.card.display_preference.value?", "data.*.is_default~true")},
		},
		{
			"account/domains", "The domains for wallets can be listed.", "pages/appledomain.go",
			[]Call{get("/v1/payment_method_domains", "domain_name=shop.example").want("object=list")},
		},
	}
}
