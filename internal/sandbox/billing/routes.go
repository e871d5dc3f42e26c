package billing

import (
	"slices"

	"checkoutd/internal/sandbox/api"
	"checkoutd/internal/sandbox/memory"
	"checkoutd/internal/sandbox/payments"
	"checkoutd/internal/sandbox/wire"
)

// routes returns the operations of this package.
func (s *Service) routes() []api.Route {
	op := s.op
	return []api.Route{
		api.NewRoute("GET", "/v1/prices/search", api.SecretOnly, api.Search(api.KindPrice)),
		api.NewRoute("GET", "/v1/products/search", api.SecretOnly, api.Search(api.KindProduct)),
		api.NewRoute("GET", "/v1/subscriptions/search", api.SecretOnly, api.Search(api.KindSubscription)),
		api.NewRoute("GET", "/v1/invoices/search", api.SecretOnly, api.Search(api.KindInvoice)),

		api.NewRoute("POST", "/v1/products", api.SecretOnly, products.Create),
		api.NewRoute("GET", "/v1/products", api.SecretOnly, products.List),
		api.NewRoute("GET", "/v1/products/{id}", api.SecretOnly, products.Retrieve),
		api.NewRoute("POST", "/v1/products/{id}", api.SecretOnly, products.Update),
		op("DELETE", "/v1/products/{id}", api.SecretOnly, deleteProduct),

		op("POST", "/v1/prices", api.SecretOnly, createPrice),
		api.NewRoute("GET", "/v1/prices", api.SecretOnly, prices.List),
		api.NewRoute("GET", "/v1/prices/{id}", api.SecretOnly, prices.Retrieve),
		op("POST", "/v1/prices/{id}", api.SecretOnly, updatePrice),

		op("POST", "/v1/coupons", api.SecretOnly, createCoupon),
		api.NewRoute("GET", "/v1/coupons", api.SecretOnly, coupons.List),
		api.NewRoute("GET", "/v1/coupons/{id}", api.SecretOnly, coupons.Retrieve),
		api.NewRoute("POST", "/v1/coupons/{id}", api.SecretOnly, coupons.Update),
		api.NewRoute("DELETE", "/v1/coupons/{id}", api.SecretOnly, coupons.Remove),

		api.NewRoute("POST", "/v1/promotion_codes", api.SecretOnly, promotions.Create),
		op("GET", "/v1/promotion_codes", api.SecretOnly, listPromotions),
		api.NewRoute("GET", "/v1/promotion_codes/{id}", api.SecretOnly, promotions.Retrieve),
		op("POST", "/v1/promotion_codes/{id}", api.SecretOnly, updatePromotion),

		op("DELETE", "/v1/customers/{id}/discount", api.SecretOnly, deleteCustomerDiscount),

		op("POST", "/v1/subscriptions", api.SecretOnly, createSubscription),
		op("GET", "/v1/subscriptions", api.SecretOnly, listSubscriptions),
		op("GET", "/v1/subscriptions/{id}", api.SecretOnly, retrieveSubscription),
		op("POST", "/v1/subscriptions/{id}", api.SecretOnly, updateSubscription),
		op("DELETE", "/v1/subscriptions/{id}", api.SecretOnly, cancelSubscription),

		op("DELETE", "/v1/subscriptions/{id}/discount", api.SecretOnly, deleteSubDiscount),

		op("GET", "/v1/subscription_items", api.SecretOnly, listItems),
		op("GET", "/v1/subscription_items/{id}", api.SecretOnly, retrieveItem),

		op("POST", "/v1/invoices", api.SecretOnly, createInvoice),
		op("GET", "/v1/invoices", api.SecretOnly, listInvoices),
		op("GET", "/v1/invoices/{id}", api.SecretOnly, retrieveInvoice),
		op("POST", "/v1/invoices/{id}", api.SecretOnly, updateInvoice),
		op("DELETE", "/v1/invoices/{id}", api.SecretOnly, deleteInvoice),
		op("GET", "/v1/invoices/{id}/lines", api.SecretOnly, listLines),
		op("POST", "/v1/invoices/{id}/send", api.SecretOnly, sendInvoice),
		op("POST", "/v1/invoices/{id}/finalize", api.SecretOnly, finalizeInvoice),
		op("POST", "/v1/invoices/{id}/pay", api.SecretOnly, payInvoice),
		op("POST", "/v1/invoices/{id}/void", api.SecretOnly, voidInvoice),
		op("POST", "/v1/invoices/{id}/mark_uncollectible", api.SecretOnly, writeOffInvoice),

		op("POST", "/v1/invoiceitems", api.SecretOnly, createInvoiceItem),
		op("GET", "/v1/invoiceitems", api.SecretOnly, listInvoiceItems),
		op("GET", "/v1/invoiceitems/{id}", api.SecretOnly, retrieveInvoiceItem),
		op("POST", "/v1/invoiceitems/{id}", api.SecretOnly, updateInvoiceItem),
		op("DELETE", "/v1/invoiceitems/{id}", api.SecretOnly, deleteInvoiceItem),
	}
}

// Module returns what billing adds to the API.
func (s *Service) Module() api.Module {
	return api.Module{
		Routes: s.routes(),
		Kinds: []func() memory.Object{
			func() memory.Object { return &Subscription{} }, func() memory.Object { return &SubscriptionItem{} },
			func() memory.Object { return &Invoice{} }, func() memory.Object { return &InvoiceItem{} },
		},
		Kept:   []string{api.KindPrice, api.KindProduct, api.KindCoupon, api.KindPromotion},
		Resume: s.resume,
		Included: map[string]func(c *api.Call, id string) any{
			"coupon.currency_options": func(c *api.Call, id string) any {
				coupon, ok := coupons.Find(c, id)
				if !ok {
					return nil
				}
				return couponOptions(coupon)
			},
			"price.currency_options": func(c *api.Call, id string) any {
				price, ok := prices.Find(c, id)
				if !ok {
					return nil
				}
				return currencyOptions(price)
			},
			"price.tiers": func(c *api.Call, id string) any {
				price, ok := prices.Find(c, id)
				if !ok || price.Private.Tiers == nil {
					return nil
				}
				return price.Private.Tiers
			},
			"customer.subscriptions": func(c *api.Call, id string) any {
				subs := memory.Children[*Subscription](c.Tx, api.KindSubscription, id)
				subs = slices.DeleteFunc(subs,
					func(sub *Subscription) bool { return sub.Status == payments.StatusCanceled })
				slices.Reverse(subs)
				return wire.WholeList(subs, "/v1/customers/"+id+"/subscriptions")
			},
		},
	}
}
