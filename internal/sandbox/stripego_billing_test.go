package sandbox_test

import (
	"testing"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
)

// taggedBilling returns the resources of billing that take metadata.
func taggedBilling(api *client.API, cus, price string) []tagged {
	return []tagged{
		{
			name: "subscriptions",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.Subscriptions.New(&stripe.SubscriptionParams{
					Params:          p,
					Metadata:        m,
					Customer:        &cus,
					PaymentBehavior: stripe.String("default_incomplete"),
					Items:           []*stripe.SubscriptionItemsParams{{Price: &price}},
				})

				return valueOf(v, err, func(v *stripe.Subscription) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Subscriptions.Update(id, &stripe.SubscriptionParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Subscription) map[string]string { return v.Metadata })
			},
		},
		{
			name: "invoices",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.Invoices.New(&stripe.InvoiceParams{
					Params:   p,
					Metadata: m,
					Customer: &cus,
				})

				return valueOf(v, err, func(v *stripe.Invoice) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Invoices.Update(id, &stripe.InvoiceParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Invoice) map[string]string { return v.Metadata })
			},
		},
		{
			name: "invoice items",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.InvoiceItems.New(&stripe.InvoiceItemParams{
					Params:   p,
					Metadata: m,
					Customer: &cus,
					Amount:   stripe.Int64(100),
					Currency: stripe.String("usd"),
				})

				return valueOf(v, err, func(v *stripe.InvoiceItem) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.InvoiceItems.Update(id, &stripe.InvoiceItemParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.InvoiceItem) map[string]string { return v.Metadata })
			},
		},
	}
}

// monthly creates a recurring price in the account that p names.
func monthly(t *testing.T, api *client.API, p stripe.Params) string {
	t.Helper()
	return must(api.Prices.New(&stripe.PriceParams{
		Params:      p,
		Currency:    stripe.String("usd"),
		UnitAmount:  stripe.Int64(900),
		ProductData: &stripe.PriceProductDataParams{Name: stripe.String("Club")},
		Recurring:   &stripe.PriceRecurringParams{Interval: stripe.String("month")},
	}))(t).ID
}

// ownedBilling returns the kinds of billing.
func ownedBilling(api *client.API) []owned {
	return []owned{
		{"subscriptions", func(ids map[string]string, p stripe.Params) error {
			_, err := api.Subscriptions.Get(ids["subscriptions"], &stripe.SubscriptionParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Subscriptions.List(&stripe.SubscriptionListParams{ListParams: p})
			return it, func() string { return it.Subscription().ID }
		}},
		{"invoices", func(ids map[string]string, p stripe.Params) error {
			_, err := api.Invoices.Get(ids["invoices"], &stripe.InvoiceParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Invoices.List(&stripe.InvoiceListParams{ListParams: p})
			return it, func() string { return it.Invoice().ID }
		}},
		{"invoice items", func(ids map[string]string, p stripe.Params) error {
			_, err := api.InvoiceItems.Get(ids["invoice items"], &stripe.InvoiceItemParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.InvoiceItems.List(&stripe.InvoiceItemListParams{ListParams: p})
			return it, func() string { return it.InvoiceItem().ID }
		}},
	}
}

// populateBilling creates one object of each kind of billing for an account.
func populateBilling(t *testing.T, api *client.API, p stripe.Params, ids map[string]string) {
	t.Helper()
	cus, price := ids["customers"], monthly(t, api, p)
	ids["subscriptions"] = must(api.Subscriptions.New(&stripe.SubscriptionParams{
		Params:          p,
		Customer:        &cus,
		PaymentBehavior: stripe.String("default_incomplete"),
		Items:           []*stripe.SubscriptionItemsParams{{Price: &price}},
	}))(t).ID

	ids["invoices"] = must(api.Invoices.New(&stripe.InvoiceParams{Params: p, Customer: &cus}))(t).ID
	ids["invoice items"] = must(api.InvoiceItems.New(&stripe.InvoiceItemParams{
		Params:   p,
		Customer: &cus,
		Amount:   stripe.Int64(100),
		Currency: stripe.String("usd"),
	}))(t).ID
}
