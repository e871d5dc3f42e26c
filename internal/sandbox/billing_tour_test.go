package sandbox_test

import "strings"

// tourBilling visits every shape of subscriptions, invoices and invoice items.
func (g tourist) tourBilling() {
	pay := []string{"payment_method=pm_card_visa", "invoice_settings[default_payment_method]=pm_card_visa"}
	cus := g.b.ok("/v1/customers",
		append(pay, "name=Payer", "email=p@b.test", "address[line1]=x", "shipping[name]=J",
			"shipping[address][city]=P")...).str("id")
	prod := g.b.ok("/v1/products", "name=Club").str("id")
	price := g.b.ok("/v1/prices", "product="+prod, "currency=usd", "unit_amount=700",
		"recurring[interval]=month").str("id")

	const create = "POST /v1/subscriptions"
	item := []string{"customer=" + cus, "items[0][price]=" + price}
	sub := g.call(create, nil, append(item, "metadata[a]=b", "expand[]=latest_invoice.payment_intent")...)
	g.call("GET /v1/subscriptions", nil, "customer="+cus)
	g.call("GET /v1/subscriptions/{id}", ids(sub.str("id")), "expand[]=default_payment_method",
		"expand[]=latest_invoice.charge")
	g.call("POST /v1/subscriptions/{id}", ids(sub.str("id")), "cancel_at_period_end=true", "description=x")
	more := g.call("POST /v1/subscriptions/{id}", ids(sub.str("id")),
		"items[0][id]="+sub.str("items.data.0.id"), "items[0][quantity]=3",
		"proration_behavior=always_invoice", "expand[]=latest_invoice")
	g.call("GET /v1/invoiceitems", nil, "invoice="+more.str("latest_invoice.id"))
	g.call("GET /v1/subscription_items", nil, "subscription="+sub.str("id"))
	g.call("GET /v1/subscription_items/{id}", ids(sub.str("items.data.0.id")))
	g.call("DELETE /v1/subscriptions/{id}", ids(sub.str("id")))
	cheap := g.b.ok("/v1/subscriptions", "customer="+cus, "items[0][price]="+price,
		"coupon="+g.b.ok("/v1/coupons", "percent_off=25", "duration=forever").str("id"))
	g.call("DELETE /v1/subscriptions/{id}/discount", ids(cheap.str("id")))
	g.call(create, nil,
		append(item, "trial_period_days=7", "payment_behavior=default_incomplete",
			"expand[]=pending_setup_intent")...)

	newcomer := g.b.ok("/v1/customers", "name=Newcomer").str("id")
	first := g.call(create, nil, "customer="+newcomer, "payment_behavior=default_incomplete",
		"items[0][price_data][currency]=usd", "items[0][price_data][product]="+prod,
		"items[0][price_data][unit_amount]=900", "items[0][price_data][recurring][interval]=week",
		"expand[]=latest_invoice.payment_intent")
	g.call("POST /v1/payment_intents/{id}/confirm", ids(first.str("latest_invoice.payment_intent.id")),
		"payment_method=pm_card_visa", "expand[]=invoice", "expand[]=latest_charge")

	g.b.ok("/v1/coupons", "id=quarter", "percent_off=25.5", "duration=repeating", "duration_in_months=3")
	g.call(create, nil,
		append(item, "discounts[0][coupon]=quarter", "expand[]=discounts", "expand[]=latest_invoice.discounts")...)
	g.tourInvoices(cus)
}

// tourInvoices visits invoices outside subscriptions.
func (g tourist) tourInvoices(cus string) {
	const create = "POST /v1/invoices"
	item := g.call("POST /v1/invoiceitems", nil, "customer="+cus, "amount=2000", "currency=usd",
		"description=Thing").str("id")
	g.call("GET /v1/invoiceitems", nil, "pending=true")
	g.call("GET /v1/invoiceitems/{id}", ids(item))
	g.call("POST /v1/invoiceitems/{id}", ids(item), "description=Other thing")
	inv := g.call(create, nil, "customer="+cus, "pending_invoice_items_behavior=include",
		"auto_advance=true").str("id")
	g.call("GET /v1/invoices", nil, "customer="+cus)
	g.call("GET /v1/invoices/{id}", ids(inv))
	g.call("POST /v1/invoices/{id}", ids(inv), "metadata[a]=b", "description=y")
	g.call("GET /v1/invoices/{id}/lines", ids(inv))
	g.call("POST /v1/invoices/{id}/finalize", ids(inv), "expand[]=payment_intent")
	g.call("POST /v1/invoices/{id}/pay", ids(inv), "expand[]=charge")
	single := func() string {
		id := g.b.ok("/v1/invoices", "customer="+cus, "collection_method=send_invoice", "days_until_due=7").str("id")
		g.b.ok("/v1/invoiceitems", "customer="+cus, "invoice="+id, "unit_amount=700", "quantity=2", "currency=usd")
		return id
	}

	g.call("POST /v1/invoices/{id}/send", ids(single()))
	bad := single()
	g.call("POST /v1/invoices/{id}/finalize", ids(bad))
	g.call("POST /v1/invoices/{id}/mark_uncollectible", ids(bad))
	g.call("POST /v1/invoices/{id}/void", ids(bad))
	g.call("DELETE /v1/invoices/{id}", ids(single()))
	deleted := g.b.ok("/v1/invoiceitems", "customer="+cus, "amount=1", "currency=usd").str("id")
	g.call("DELETE /v1/invoiceitems/{id}", ids(deleted))
}

// billingDiffers are the accepted differences of subscriptions and invoices.
// The next versions ("basil") took the payment out of the invoice, the period
// out of the subscription and the price out of the line.
var billingDiffers = differ(map[string]string{
	newer: "discount.source invoice.amount_overpaid invoice.amount_paid_off_stripe " +
		"invoiceitem.quantity_decimal line_item.subtotal subscription.billing_schedules",
	older: "discount.coupon invoice.application_fee_amount invoice.charge invoice.discount invoice.paid " +
		"invoice.paid_out_of_band invoice.payment_intent " +
		"invoice.quote invoice.subscription invoice.subscription_details invoice.tax " +
		"invoice.total_tax_amounts invoice.transfer_data " +
		"invoiceitem.plan invoiceitem.price invoiceitem.subscription invoiceitem.subscription_item " +
		"invoiceitem.unit_amount invoiceitem.unit_amount_decimal " +
		"line_item.amount_excluding_tax line_item.invoice_item line_item.plan line_item.price line_item.proration " +
		"line_item.proration_details line_item.subscription_item line_item.tax_amounts " +
		"line_item.tax_rates line_item.type " +
		"line_item.unit_amount_excluding_tax payment_intent.payment_method_options.link.persistent_token " +
		"subscription.current_period_end subscription.current_period_start subscription.discount subscription.plan " +
		"subscription.quantity subscription_item.plan",
	undeclared: "invoice.lines.total_count subscription.items.total_count",
})

const undeclared = "Stripe sends it and has never declared it"

// differ returns a map from each place to its reason, given the places of each
// reason.
func differ(places map[string]string) map[string]string {
	out := map[string]string{}
	for reason, names := range places {
		for _, place := range strings.Fields(names) {
			out[place] = reason
		}
	}
	return out
}

// both merges two lists of differences.
func both(a, b map[string]string) map[string]string {
	for place, reason := range b {
		a[place] = reason
	}
	return a
}
