package conform

import "fmt"

const (
	subscriptions = "/v1/subscriptions"
	withIntent    = "expand[]=latest_invoice.payment_intent"
	firstIntent   = "{sub.latest_invoice.payment_intent.id}"
)

// subscribe begins a subscription of 15.00 USD a month as checkoutd does: with
// a price of its own, incomplete until the buyer pays.
func subscribe(more ...string) Call {
	return post(subscriptions, append([]string{
		"customer={own.id}", "payment_behavior=default_incomplete", withIntent,
		"payment_settings[save_default_payment_method]=on_subscription",
		"items[0][price_data][currency]=usd", "items[0][price_data][product]={product.id}",
		"items[0][price_data][unit_amount]=1500", "items[0][price_data][recurring][interval]=month",
		"items[0][price_data][recurring][interval_count]=1", "items[0][quantity]=1",
	}, more...)...).as("sub")
}

// billedOnce adds three units of 10.00 to the first invoice only.
func billedOnce(currency string) []string {
	return []string{
		"add_invoice_items[0][price_data][currency]=" + currency,
		"add_invoice_items[0][price_data][product]={product.id}",
		"add_invoice_items[0][price_data][unit_amount]=1000", "add_invoice_items[0][quantity]=3",
	}
}

// tooManyOnce adds one item more to the first invoice than Stripe takes.
func tooManyOnce() (params []string) {
	for i := range 21 {
		name := fmt.Sprintf("add_invoice_items[%d][price_data]", i)
		params = append(params, name+"[currency]=usd", name+"[product]={product.id}", name+"[unit_amount]=100")
	}
	return params
}

// ownCustomer is a customer for one case: Stripe limits the subscriptions of a
// customer, and ends them when the customer is deleted.
func ownCustomer() Call { return post("/v1/customers").as("own") }

// payFirst pays the first invoice of the subscription with the token.
func payFirst() Call {
	return post(intents+"/"+firstIntent+"/confirm", withToken, returnTo, "expand[]=latest_charge",
		"expand[]=invoice.subscription").as("paying")
}

func savingToken(card string) Call { return token(card, "setup_future_usage=off_session") }

func subscriptionCases() []Case {
	const calls, reading = "stripeapi/subscriptions.go", "stripeapi/subscription_read.go"

	return []Case{
		{
			"products/named", "A product can have an ID of ours, and the same ID again is refused by its code.",
			"stripeapi/products.go",
			[]Call{
				post("/v1/products", "id=checkoutd_conform_{run}", "name=Conform").
					want("id=checkoutd_conform_{run}", "active=true"),
				post("/v1/products", "id=checkoutd_conform_{run}", "name=Conform").
					want("http=400", "error.code=resource_already_exists"),
			},
		},
		{
			"products/read", "A product shows whether it is active.", "stripeapi/products.go",
			[]Call{get("/v1/products/{product.id}").want("id={product.id}", "active=true", "deleted!")},
		},
		{
			"products/unknown", "A product that does not exist answers 404.", "stripeapi/products.go",
			[]Call{get("/v1/products/checkoutd_no_such_product").want("http=404", "error.code=resource_missing")},
		},
		{
			"products/archived", "An archived product takes no subscription: the parameter and inactive are named.",
			"payments/refusals.go",
			[]Call{
				ownCustomer(),
				post("/v1/products", "name=Archived").as("old"),
				post("/v1/products/{old.id}", "active=false").want("active=false"),
				subscribe("items[0][price_data][product]={old.id}").want("http=400", "error.param~product",
					"error.message~active"),
			},
		},
		{
			"products/activate", "An archived product can be made active again.", "stripeapi/products.go",
			[]Call{
				post("/v1/products", "name=Archived").as("old"),
				post("/v1/products/{old.id}", "active=false"),
				post("/v1/products/{old.id}", "active=true").want("active=true"),
			},
		},
		{
			"subscriptions/begin",
			"A subscription begins incomplete, with an open invoice and the intent that pays it.", calls,
			[]Call{ownCustomer(), subscribe("metadata[a]=1", "description=Conform").want("id^sub_", "status=incomplete",
				"metadata.a=1", "customer={own.id}", "cancel_at_period_end=false", "current_period_end?",
				"latest_invoice.status=open", "latest_invoice.billing_reason=subscription_create",
				"latest_invoice.paid_out_of_band=false", "latest_invoice.payment_intent.amount=1500",
				"latest_invoice.payment_intent.currency=usd",
				"latest_invoice.payment_intent.status=requires_payment_method",
				"latest_invoice.payment_intent.client_secret^pi_")},
		},
		{
			"subscriptions/no-metadata", "The intent of an invoice has none of the subscription's metadata.", reading,
			[]Call{ownCustomer(), subscribe("metadata[a]=1").want("latest_invoice.payment_intent.metadata.a!")},
		},
		{
			"subscriptions/mark-intent", "Metadata and description of an invoice's intent can be set.", calls,
			[]Call{ownCustomer(), subscribe(), post(intents+"/"+firstIntent, "metadata[b]=2", "description=Conform").
				want("metadata.b=2", "description=Conform")},
		},
		{
			"subscriptions/pay",
			"A token that saves its method pays the first invoice and starts the subscription.", calls,
			[]Call{
				ownCustomer(), subscribe(), savingToken("pm_card_visa"),
				payFirst().want("status=succeeded", "amount_received=1500", "invoice.object=invoice",
					"invoice.subscription.id={sub.id}"),
				get(subscriptions+"/{sub.id}", withIntent).soon().want("status=active", "default_payment_method?",
					"latest_invoice.status=paid", "latest_invoice.payment_intent.status=succeeded"),
			},
		},
		{
			"subscriptions/pay-nonsaving-token", "A token that saves nothing cannot pay the first invoice.",
			"payments/refusals.go",
			[]Call{
				ownCustomer(), subscribe(), token("pm_card_visa"),
				payFirst().want("http=400", "error.message~does not match"),
			},
		},
		{
			"subscriptions/decline", "A declined first payment leaves the subscription incomplete.", calls,
			[]Call{
				ownCustomer(), subscribe(), savingToken("pm_card_visa_chargeDeclined"),
				payFirst().want("http=402", "error.code=card_declined"),
				get(subscriptions + "/{sub.id}").want("status=incomplete"),
			},
		},
		{
			"subscriptions/action", "The first payment may ask the buyer to authenticate.", calls,
			[]Call{
				ownCustomer(), subscribe(), savingToken("pm_card_threeDSecure2Required"),
				payFirst().want("status=requires_action"),
			},
		},
		{
			"subscriptions/list", "The list has all subscriptions of a customer, with intents if asked.", reading,
			[]Call{
				ownCustomer(), subscribe(),
				get(subscriptions, "customer={own.id}", "status=all", "limit=100",
					"expand[]=data.latest_invoice.payment_intent").want("data#1", "data.0.id={sub.id}",
					"data.0.latest_invoice.payment_intent.id="+firstIntent),
			},
		},
		{
			"subscriptions/cancel", "A subscription can be canceled at once.", "stripeapi/oauth.go",
			[]Call{
				ownCustomer(), subscribe(), savingToken("pm_card_visa"), payFirst(),
				del(subscriptions+"/{sub.id}").want("status=canceled", "ended_at?", "canceled_at?"),
			},
		},
		{
			"subscriptions/cancel-twice", "A canceled subscription cannot be canceled again: it is missing.",
			"stripeapi/oauth.go",
			[]Call{
				ownCustomer(), subscribe(), savingToken("pm_card_visa"), payFirst(),
				del(subscriptions + "/{sub.id}"),
				del(subscriptions+"/{sub.id}").want("http=404", "error.code=resource_missing"),
			},
		},
		{
			"subscriptions/period-end",
			"A subscription can be canceled at the end of its period, and says when that is.",
			reading,
			[]Call{
				ownCustomer(), subscribe(), savingToken("pm_card_visa"), payFirst(),
				post(subscriptions+"/{sub.id}", "cancel_at_period_end=true").want("cancel_at_period_end=true",
					"cancel_at?",
					"status=active"),
			},
		},
		{
			"subscriptions/unknown", "A subscription that does not exist is missing.", reading,
			[]Call{get(subscriptions+"/sub_1NoSuchSubscription0000").want("http=404", "error.code=resource_missing")},
		},
		{
			"subscriptions/discount", "A subscription with a coupon begins with what is left.", calls,
			[]Call{
				ownCustomer(),
				post("/v1/coupons", "percent_off=20", "duration=once").as("coupon").want("valid=true"),
				subscribe("discounts[0][coupon]={coupon.id}").want("latest_invoice.payment_intent.amount=1200"),
				del("/v1/coupons/{coupon.id}").want("deleted=true"),
			},
		},
		{
			"subscriptions/created-event",
			"customer.subscription.created shows an incomplete subscription, also where a saved method pays at once.",
			"webhooks/dispatch.go",
			[]Call{
				ownCustomer(),
				post("/v1/payment_methods/pm_card_visa/attach", "customer={own.id}").as("pm"),
				post(subscriptions, "customer={own.id}", "default_payment_method={pm.id}",
					"items[0][price]={price.id}").
					as("sub").want("status=active"),
				newest("customer.subscription.created").of("data.object.id", "{sub.id}").
					want("data.object.status=incomplete"),
			},
		},
		{
			"subscriptions/once",
			"What is billed once is in the first invoice, beside what recurs, and its intent is for both.", calls,
			[]Call{
				ownCustomer(), subscribe(billedOnce("usd")...).want("status=incomplete",
					"items.data#1", "latest_invoice.amount_due=4500", "latest_invoice.lines.data#2",
					"latest_invoice.payment_intent.amount=4500"),
				savingToken("pm_card_visa"), payFirst().want("status=succeeded", "amount_received=4500"),
				get(subscriptions+"/{sub.id}").soon().want("status=active", "items.data#1"),
			},
		},
		{
			"subscriptions/once-recurring", "A recurring price is not billed once.", calls,
			[]Call{ownCustomer(), subscribe("add_invoice_items[0][price]={price.id}").
				want("http=400", "error.message~type=recurring")},
		},
		{
			"subscriptions/once-currency", "What is billed once has the currency of the subscription.", calls,
			[]Call{ownCustomer(), subscribe(billedOnce("eur")...).want("http=400", "error.message~currency")},
		},
		{
			"subscriptions/once-unknown", "What is billed once needs a product that exists.", calls,
			[]Call{
				ownCustomer(),
				subscribe("add_invoice_items[0][price_data][currency]=usd",
					"add_invoice_items[0][price_data][product]=checkoutd_no_such_product",
					"add_invoice_items[0][price_data][unit_amount]=1000").
					want("http=400", "error.code=resource_missing"),
			},
		},
		{
			"subscriptions/once-many", "A subscription begins with at most 20 items that are billed once.", calls,
			[]Call{ownCustomer(), subscribe(tooManyOnce()...).want("http=400", "error.type=invalid_request_error")},
		},
		{
			"subscriptions/currency-options", "The plan of a subscription in another currency shows that currency.",
			calls,
			[]Call{
				ownCustomer(),
				post("/v1/prices", "product={product.id}", "currency=usd", "unit_amount=1500",
					"recurring[interval]=month",
					"currency_options[eur][unit_amount]=1400").as("many"),
				post(subscriptions, "customer={own.id}", "items[0][price]={many.id}", "currency=eur",
					"payment_behavior=default_incomplete", withIntent).as("sub").want("currency=eur",
					"latest_invoice.amount_due=1400", "plan.currency=eur"),
			},
		},
	}
}

func firstInvoiceCases() []Case {
	const calls, reading = "stripeapi/subscriptions.go", "stripeapi/subscription_read.go"
	void := post("/v1/invoices/{sub.latest_invoice.id}/void")

	return []Case{
		{
			"invoices/of-intent", "The intent of a first invoice names its invoice.", calls,
			[]Call{ownCustomer(), subscribe(), get(intents+"/"+firstIntent, "expand[]=invoice").
				want("invoice.id={sub.latest_invoice.id}", "invoice.status=open")},
		},
		{
			"invoices/mark", "An invoice repeats the metadata of its subscription.", reading,
			[]Call{ownCustomer(), subscribe("metadata[a]=1"), get("/v1/invoices/{sub.latest_invoice.id}").
				want("subscription={sub.id}", "subscription_details.metadata.a=1")},
		},
		{
			"invoices/void", "Voiding the first invoice cancels its intent.", calls,
			[]Call{
				ownCustomer(), subscribe(), void.want("status=void"),
				get(intents + "/" + firstIntent).want("status=canceled"),
			},
		},
		{
			"invoices/void-ends-subscription", "With its first invoice an incomplete subscription ends.", calls,
			[]Call{
				ownCustomer(), subscribe(), void,
				get(subscriptions + "/{sub.id}").soon().want("status=incomplete_expired"),
			},
		},
		{
			"invoices/void-then-cancel",
			"A subscription that ended with its invoice cannot be canceled: a refusal.", calls,
			[]Call{ownCustomer(), subscribe(), void, del(subscriptions+"/{sub.id}").
				want("http^40", "error.type=invalid_request_error")},
		},
		{
			"invoices/void-paid", "A paid invoice cannot be voided.", calls,
			[]Call{
				ownCustomer(), subscribe(), savingToken("pm_card_visa"), payFirst(),
				void.want("http=400", "error.type=invalid_request_error"),
				get(subscriptions + "/{sub.id}").want("status=active"),
			},
		},
		{
			"invoices/confirm-voided",
			"The intent of a voided invoice takes no token, and the refusal shows it canceled.",
			calls,
			[]Call{
				ownCustomer(), subscribe(), void, savingToken("pm_card_visa"),
				payFirst().want("http=400", "error.code="+unexpectedState, "error.payment_intent.status=canceled"),
			},
		},
		{
			"invoices/cancel-intent", "The intent of an invoice is not canceled by itself.", calls,
			[]Call{ownCustomer(), subscribe(), post(intents+"/"+firstIntent+"/cancel").
				want("http=400", "error.type=invalid_request_error")},
		},
		{
			"invoices/out-of-band", "An invoice can be paid outside of Stripe; its intent is canceled.", reading,
			[]Call{
				ownCustomer(), subscribe(),
				post("/v1/invoices/{sub.latest_invoice.id}/pay", "paid_out_of_band=true").
					want("status=paid", "paid_out_of_band=true"),
				get(intents+"/"+firstIntent, "expand[]=invoice.subscription").soon().want("status=canceled",
					"invoice.paid_out_of_band=true", "invoice.subscription.status=active"),
			},
		},
		{
			"invoices/cancel-voids", "Canceling an incomplete subscription voids its invoice.", calls,
			[]Call{
				ownCustomer(), subscribe(), del(subscriptions + "/{sub.id}").want("status=incomplete_expired"),
				get("/v1/invoices/{sub.latest_invoice.id}").soon().want("status=void"),
			},
		},
		{
			"invoices/coupon-once",
			"A coupon for one invoice of a customer is used up by the first that it makes cheaper.",
			"stripeapi/subscriptions.go",
			[]Call{
				post("/v1/coupons", "percent_off=20", "duration=once").as("coupon"),
				post("/v1/customers", "coupon={coupon.id}").as("own"),
				subscribe().want("latest_invoice.payment_intent.amount=1200"),
				get("/v1/customers/{own.id}").want("discount!"),
				del("/v1/coupons/{coupon.id}"),
			},
		},
		{
			"invoices/unknown", "An invoice that does not exist is missing.", reading,
			[]Call{get("/v1/invoices/in_1NoSuchInvoiceAnywhere0").want("http=404", "error.code=resource_missing")},
		},
	}
}
