package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
)

// subscribe subscribes a new customer with a saved card and returns the
// subscription with its first invoice.
func subscribe(t *testing.T, api *client.API, customer string, p *stripe.SubscriptionParams) *stripe.Subscription {
	t.Helper()
	p.Customer = &customer
	p.AddExpand("latest_invoice.payment_intent")
	p.AddExpand("latest_invoice.discounts")
	return must(api.Subscriptions.New(p))(t)
}

// buyer returns a customer who pays by card.
func buyer(t *testing.T, api *client.API, p *stripe.CustomerParams) string {
	t.Helper()
	p.PaymentMethod = stripe.String("pm_card_visa")
	p.InvoiceSettings = &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: stripe.String("pm_card_visa")}
	return must(api.Customers.New(p))(t).ID
}

func items(price string, quantity int64) []*stripe.SubscriptionItemsParams {
	return []*stripe.SubscriptionItemsParams{{Price: &price, Quantity: &quantity}}
}

func TestSDKPacksOfAPrice(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	price := func(round string, monthly bool) string {
		p := &stripe.PriceParams{
			Currency:          stripe.String("usd"),
			UnitAmount:        stripe.Int64(1000),
			ProductData:       &stripe.PriceProductDataParams{Name: stripe.String("Eggs")},
			TransformQuantity: &stripe.PriceTransformQuantityParams{DivideBy: stripe.Int64(10), Round: &round},
		}
		if monthly {
			p.Recurring = &stripe.PriceRecurringParams{Interval: stripe.String("month")}
		}

		made := must(api.Prices.New(p))(t)
		want(t, "shown", made.TransformQuantity.DivideBy, 10)
		return made.ID
	}

	for round, sum := range map[string]int64{"up": 3000, "down": 2000} {
		cus := buyer(t, api, &stripe.CustomerParams{})
		sub := subscribe(t, api, cus, &stripe.SubscriptionParams{Items: items(price(round, true), 25)})
		want(t, round, sub.LatestInvoice.Total, sum)
		want(t, round+" as paid", sub.LatestInvoice.PaymentIntent.AmountReceived, sum)
		want(t, "the quantity stays", sub.LatestInvoice.Lines.Data[0].Quantity, 25)
		want(t, "the plan shows it", sub.Items.Data[0].Plan.TransformUsage.DivideBy, 10)

		item := must(api.InvoiceItems.New(&stripe.InvoiceItemParams{
			Customer: &cus,
			Price:    stripe.String(price(round, false)),
			Quantity: stripe.Int64(25),
		}))(t)
		want(t, "an invoice item "+round, item.Amount, sum)
	}
}

func TestSDKCurrenciesOfAPrice(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	p := &stripe.PriceParams{
		Currency:    stripe.String("usd"),
		UnitAmount:  stripe.Int64(1000),
		ProductData: &stripe.PriceProductDataParams{Name: stripe.String("Mug club")},
		Recurring:   &stripe.PriceRecurringParams{Interval: stripe.String("month")},
		CurrencyOptions: map[string]*stripe.PriceCurrencyOptionsParams{
			"eur": {UnitAmount: stripe.Int64(900)},
		},
	}
	p.AddExpand("currency_options")
	price := must(api.Prices.New(p))(t)
	want(t, "euros are shown", price.CurrencyOptions["eur"].UnitAmount, 900)
	want(t, "dollars, too", price.CurrencyOptions["usd"].UnitAmount, 1000)

	in := func(cur *string) *stripe.Subscription {
		return subscribe(t, api, buyer(t, api, &stripe.CustomerParams{}),
			&stripe.SubscriptionParams{Items: items(price.ID, 2), Currency: cur})
	}

	want(t, "by default", in(nil).LatestInvoice.Total, 2000)
	euros := in(stripe.String("eur"))
	want(t, "in euros", euros.LatestInvoice.Total, 1800)
	want(t, "the currency", euros.LatestInvoice.PaymentIntent.Currency, stripe.CurrencyEUR)
	_, err := api.Subscriptions.New(&stripe.SubscriptionParams{
		Customer: stripe.String(buyer(t, api, &stripe.CustomerParams{})),
		Items:    items(price.ID, 1),
		Currency: stripe.String("gbp"),
	})
	want(t, "in no other", refusal(t, err).Param, "currency")

	// An update adds a currency and keeps the others.
	change := &stripe.PriceParams{CurrencyOptions: map[string]*stripe.PriceCurrencyOptionsParams{
		"gbp": {UnitAmount: stripe.Int64(800)},
	}}
	change.AddExpand("currency_options")
	updated := must(api.Prices.Update(price.ID, change))(t)
	want(t, "pounds", updated.CurrencyOptions["gbp"].UnitAmount, 800)
	want(t, "euros", updated.CurrencyOptions["eur"].UnitAmount, 900)
	want(t, "now in pounds", in(stripe.String("gbp")).LatestInvoice.Total, 1600)
}

func TestSDKLookupKeysMove(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	price := func(transfer bool) (*stripe.Price, error) {
		return api.Prices.New(&stripe.PriceParams{
			Currency:          stripe.String("usd"),
			UnitAmount:        stripe.Int64(100),
			LookupKey:         stripe.String("mug"),
			TransferLookupKey: &transfer,
			ProductData: &stripe.PriceProductDataParams{
				Name:      stripe.String("Mug"),
				UnitLabel: stripe.String("piece"),
			},
		})
	}

	first := must(price(false))(t)
	_, err := price(false)
	want(t, "taken", refusal(t, err).Param, "lookup_key")
	second := must(price(true))(t)
	want(t, "moved", second.LookupKey, "mug")
	want(t, "away from the first", must(api.Prices.Get(first.ID, nil))(t).LookupKey, "")
	product := must(api.Products.Get(second.Product.ID, nil))(t)
	want(t, "the product has what product_data says", product.UnitLabel, "piece")
}

// TestSDKCustomersWithACoupon checks that a customer's coupon makes invoices
// and subscriptions cheaper, for as long as it lasts.
func TestSDKCustomersWithACoupon(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	api := b.sdk()
	price := must(api.Prices.New(&stripe.PriceParams{
		Currency:    stripe.String("usd"),
		UnitAmount:  stripe.Int64(1000),
		ProductData: &stripe.PriceProductDataParams{Name: stripe.String("Mug club")},
		Recurring:   &stripe.PriceRecurringParams{Interval: stripe.String("month")},
	}))(t).ID
	coupon := func(duration string) string {
		p := &stripe.CouponParams{PercentOff: stripe.Float64(50), Duration: &duration}
		if duration == "repeating" {
			p.DurationInMonths = stripe.Int64(2)
		}
		return must(api.Coupons.New(p))(t).ID
	}

	forever := buyer(t, api, &stripe.CustomerParams{Coupon: stripe.String(coupon("forever"))})
	want(t, "shown", must(api.Customers.Get(forever, nil))(t).Discount.Coupon.PercentOff, 50)
	sub := subscribe(t, api, forever, &stripe.SubscriptionParams{Items: items(price, 1)})
	want(t, "subscription", sub.LatestInvoice.Total, 500)
	want(t, "paid", sub.LatestInvoice.PaymentIntent.AmountReceived, 500)
	want(t, "of the customer, not of the subscription", sub.Discount == nil, true)
	want(t, "the invoice shows it", sub.LatestInvoice.TotalDiscountAmounts[0].Amount, 500)

	want(t, "invoice", manualInvoice(t, api, forever).Total, 500)
	want(t, "and the next", manualInvoice(t, api, forever).Total, 500)

	own := subscribe(t, api, forever, &stripe.SubscriptionParams{
		Items:     items(price, 1),
		Discounts: []*stripe.SubscriptionDiscountParams{{Coupon: stripe.String(tenPercent(t, api))}},
	})
	want(t, "a subscription's own coupon replaces the customer's", own.LatestInvoice.Total, 900)

	once := buyer(t, api, &stripe.CustomerParams{Coupon: stripe.String(coupon("once"))})
	want(t, "once", manualInvoice(t, api, once).Total, 500)
	want(t, "not twice", manualInvoice(t, api, once).Total, 1000)

	repeating := buyer(t, api, &stripe.CustomerParams{Coupon: stripe.String(coupon("repeating"))})
	b.s.Advance(70 * 24 * time.Hour)
	eventually(t, "the months are over", func() bool {
		return must(api.Customers.Get(repeating, nil))(t).Discount == nil
	})
	want(t, "after two months", manualInvoice(t, api, repeating).Total, 1000)
}

// manualInvoice bills a customer 10.00 USD in two items, one of them added to
// the draft, and finalizes the invoice.
func manualInvoice(t *testing.T, api *client.API, customer string) *stripe.Invoice {
	t.Helper()
	item := func(invoice *string) {
		must(api.InvoiceItems.New(&stripe.InvoiceItemParams{
			Customer: &customer,
			Amount:   stripe.Int64(500),
			Currency: stripe.String("usd"),
			Invoice:  invoice,
		}))(t)
	}

	item(nil)
	draft := must(api.Invoices.New(&stripe.InvoiceParams{
		Customer:                    &customer,
		PendingInvoiceItemsBehavior: stripe.String("include"),
	}))(t)
	item(&draft.ID)
	return must(api.Invoices.FinalizeInvoice(draft.ID, nil))(t)
}

func tenPercent(t *testing.T, api *client.API) string {
	t.Helper()
	return must(api.Coupons.New(&stripe.CouponParams{PercentOff: stripe.Float64(10)}))(t).ID
}

func TestSDKDiscountsComeAndGo(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	api := b.sdk()
	cus := must(api.Customers.New(nil))(t).ID
	code := must(api.PromotionCodes.New(&stripe.PromotionCodeParams{Coupon: stripe.String(tenPercent(t, api))}))(t)

	updated := must(api.Customers.Update(cus, &stripe.CustomerParams{PromotionCode: &code.ID}))(t)
	want(t, "by code", updated.Discount.PromotionCode.ID, code.ID)
	must(api.Customers.Update(cus, &stripe.CustomerParams{Coupon: stripe.String(tenPercent(t, api))}))(t)
	gone := must(api.Customers.DeleteDiscount(cus, nil))(t)
	want(t, "deleted", gone.Discount == nil, true)
	want(t, "none is left", must(api.Customers.Get(cus, nil))(t).Discount == nil, true)
	_, err := api.Customers.DeleteDiscount(cus, nil)
	want(t, "nothing to delete", refusal(t, err).HTTPStatusCode, http.StatusNotFound)

	must(api.Customers.Update(cus, &stripe.CustomerParams{Coupon: stripe.String(tenPercent(t, api))}))(t)
	b.ok("/v1/customers/"+cus, "coupon=")
	want(t, "an empty coupon removes it", must(api.Customers.Get(cus, nil))(t).Discount == nil, true)

	_, err = api.Customers.New(&stripe.CustomerParams{Coupon: stripe.String("NONE")})
	want(t, "unknown", refusal(t, err).Param, "coupon")

	var discounts []string
	for _, kind := range b.types() {
		if len(kind) > 18 && kind[:18] == "customer.discount." {
			discounts = append(discounts, kind[18:])
		}
	}
	want(t, "events", joined(discounts), "created updated deleted created deleted")
}

func TestSDKCouponsInOtherCurrencies(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	p := &stripe.CouponParams{
		AmountOff:       stripe.Int64(100),
		Currency:        stripe.String("usd"),
		CurrencyOptions: map[string]*stripe.CouponCurrencyOptionsParams{"eur": {AmountOff: stripe.Int64(90)}},
	}
	p.AddExpand("currency_options")
	coupon := must(api.Coupons.New(p))(t)
	want(t, "shown", coupon.CurrencyOptions["eur"].AmountOff, 90)

	for cur, total := range map[string]int64{"usd": 900, "eur": 910, "gbp": 1000} {
		cus := must(api.Customers.New(&stripe.CustomerParams{Coupon: &coupon.ID}))(t).ID
		must(api.InvoiceItems.New(&stripe.InvoiceItemParams{
			Customer: &cus,
			Amount:   stripe.Int64(1000),
			Currency: &cur,
		}))(t)
		inv := must(api.Invoices.New(&stripe.InvoiceParams{
			Customer:                    &cus,
			PendingInvoiceItemsBehavior: stripe.String("include"),
		}))(t)
		want(t, cur, inv.Total, total)
	}
}
