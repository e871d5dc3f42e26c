package sandbox

import "slices"

// billingRoutes are the operations of this room.
func billingRoutes(room *billingRoom) []route {
	op := room.op
	return []route{
		newRoute("GET", "/v1/prices/search", secretOnly, search(kindPrice)),
		newRoute("GET", "/v1/products/search", secretOnly, search(kindProduct)),
		newRoute("GET", "/v1/subscriptions/search", secretOnly, search(kindSubscription)),
		newRoute("GET", "/v1/invoices/search", secretOnly, search(kindInvoice)),

		newRoute("POST", "/v1/products", secretOnly, products.create),
		newRoute("GET", "/v1/products", secretOnly, products.list),
		newRoute("GET", "/v1/products/{id}", secretOnly, products.retrieve),
		newRoute("POST", "/v1/products/{id}", secretOnly, products.update),
		newRoute("DELETE", "/v1/products/{id}", secretOnly, products.remove),

		op("POST", "/v1/prices", secretOnly, createPrice),
		newRoute("GET", "/v1/prices", secretOnly, prices.list),
		newRoute("GET", "/v1/prices/{id}", secretOnly, prices.retrieve),
		newRoute("POST", "/v1/prices/{id}", secretOnly, prices.update),

		newRoute("POST", "/v1/coupons", secretOnly, coupons.create),
		newRoute("GET", "/v1/coupons", secretOnly, coupons.list),
		newRoute("GET", "/v1/coupons/{id}", secretOnly, coupons.retrieve),
		newRoute("POST", "/v1/coupons/{id}", secretOnly, coupons.update),
		newRoute("DELETE", "/v1/coupons/{id}", secretOnly, coupons.remove),

		newRoute("POST", "/v1/promotion_codes", secretOnly, promotions.create),
		op("GET", "/v1/promotion_codes", secretOnly, listPromotions),
		newRoute("GET", "/v1/promotion_codes/{id}", secretOnly, promotions.retrieve),
		newRoute("POST", "/v1/promotion_codes/{id}", secretOnly, promotions.update),

		op("POST", "/v1/subscriptions", secretOnly, createSubscription),
		op("GET", "/v1/subscriptions", secretOnly, listSubscriptions),
		op("GET", "/v1/subscriptions/{id}", secretOnly, retrieveSubscription),
		op("POST", "/v1/subscriptions/{id}", secretOnly, updateSubscription),
		op("DELETE", "/v1/subscriptions/{id}", secretOnly, cancelSubscription),

		op("GET", "/v1/subscription_items", secretOnly, listItems),
		op("GET", "/v1/subscription_items/{id}", secretOnly, retrieveItem),

		op("POST", "/v1/invoices", secretOnly, createInvoice),
		op("GET", "/v1/invoices", secretOnly, listInvoices),
		op("GET", "/v1/invoices/{id}", secretOnly, retrieveInvoice),
		op("POST", "/v1/invoices/{id}", secretOnly, updateInvoice),
		op("DELETE", "/v1/invoices/{id}", secretOnly, deleteInvoice),
		op("GET", "/v1/invoices/{id}/lines", secretOnly, listLines),
		op("POST", "/v1/invoices/{id}/send", secretOnly, sendInvoice),
		op("POST", "/v1/invoices/{id}/finalize", secretOnly, finalizeInvoice),
		op("POST", "/v1/invoices/{id}/pay", secretOnly, payInvoice),
		op("POST", "/v1/invoices/{id}/void", secretOnly, voidInvoice),
		op("POST", "/v1/invoices/{id}/mark_uncollectible", secretOnly, writeOffInvoice),

		op("POST", "/v1/invoiceitems", secretOnly, createInvoiceItem),
		op("GET", "/v1/invoiceitems", secretOnly, listInvoiceItems),
		op("GET", "/v1/invoiceitems/{id}", secretOnly, retrieveInvoiceItem),
		op("POST", "/v1/invoiceitems/{id}", secretOnly, updateInvoiceItem),
		op("DELETE", "/v1/invoiceitems/{id}", secretOnly, deleteInvoiceItem),
	}
}

// module is what billing adds to the API.
func (r *billingRoom) module() module {
	return module{
		routes: billingRoutes(r),
		kinds: []func() object{
			func() object { return &Subscription{} }, func() object { return &SubscriptionItem{} },
			func() object { return &Invoice{} }, func() object { return &InvoiceItem{} },
		},
		kept:   []string{kindPrice, kindProduct, kindCoupon, kindPromotion},
		resume: r.resume,
		included: map[string]func(c *call, id string) any{
			"customer.subscriptions": func(c *call, id string) any {
				subs := children[*Subscription](c.tx, kindSubscription, id)
				subs = slices.DeleteFunc(subs, func(sub *Subscription) bool { return sub.Status == canceled })
				slices.Reverse(subs)
				return listOf(subs, "/v1/customers/"+id+"/subscriptions")
			},
		},
	}
}
