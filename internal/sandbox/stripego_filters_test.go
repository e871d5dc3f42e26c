package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v81"
)

// TestSDKCatalogFilters checks that a shop that asks for a price or product
// gets that one and no other.
func TestSDKCatalogFilters(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	product := func(name string, shippable bool) string {
		p := &stripe.ProductParams{Name: &name, Shippable: &shippable}
		return must(api.Products.New(p))(t).ID
	}

	mug, course := product("Mug", true), product("Course", false)
	price := func(p *stripe.PriceParams) string {
		p.Currency, p.UnitAmount = stripe.String("usd"), stripe.Int64(100)
		return must(api.Prices.New(p))(t).ID
	}

	once := price(&stripe.PriceParams{Product: &mug, LookupKey: stripe.String("mug")})
	monthly := price(&stripe.PriceParams{
		Product:   &course,
		LookupKey: stripe.String("course"),
		Recurring: &stripe.PriceRecurringParams{Interval: stripe.String("month")},
	})

	prices := func(p *stripe.PriceListParams) string {
		it := api.Prices.List(p)
		return joined(collect(t, it, func() string { return it.Price().ID }))
	}

	want(t, "lookup key", prices(&stripe.PriceListParams{LookupKeys: stripe.StringSlice([]string{"mug"})}), once)
	want(t, "either key", prices(&stripe.PriceListParams{LookupKeys: stripe.StringSlice([]string{"mug", "course"})}),
		monthly+" "+once)
	want(t, "no such key", prices(&stripe.PriceListParams{LookupKeys: stripe.StringSlice([]string{"tea"})}), "")
	want(t, "interval", prices(&stripe.PriceListParams{
		Recurring: &stripe.PriceListRecurringParams{Interval: stripe.String("month")},
	}), monthly)
	want(t, "usage", prices(&stripe.PriceListParams{
		Recurring: &stripe.PriceListRecurringParams{UsageType: stripe.String("metered")},
	}), "")

	products := func(p *stripe.ProductListParams) string {
		it := api.Products.List(p)
		return joined(collect(t, it, func() string { return it.Product().ID }))
	}

	want(t, "ids", products(&stripe.ProductListParams{IDs: []*string{&mug}}), mug)
	want(t, "shippable", products(&stripe.ProductListParams{Shippable: stripe.Bool(true)}), mug)
	want(t, "not shippable", products(&stripe.ProductListParams{Shippable: stripe.Bool(false)}), course)
}

func TestSDKPromotionCodeFilters(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	cus := must(api.Customers.New(nil))(t).ID
	coupon := must(api.Coupons.New(&stripe.CouponParams{PercentOff: stripe.Float64(10)}))(t).ID
	code := func(owner *string) string {
		return must(api.PromotionCodes.New(&stripe.PromotionCodeParams{Coupon: &coupon, Customer: owner}))(t).ID
	}

	code(nil)
	own := code(&cus)
	codes := func(p *stripe.PromotionCodeListParams) []string {
		it := api.PromotionCodes.List(p)
		return collect(t, it, func() string { return it.PromotionCode().ID })
	}

	want(t, "the customer's", joined(codes(&stripe.PromotionCodeListParams{Customer: &cus})), own)
	later := time.Now().Add(time.Hour).Unix()
	want(t, "created later", len(codes(&stripe.PromotionCodeListParams{
		CreatedRange: &stripe.RangeQueryParams{GreaterThan: later},
	})), 0)
	want(t, "created before", len(codes(&stripe.PromotionCodeListParams{
		CreatedRange: &stripe.RangeQueryParams{LesserThan: later},
	})), 2)
}

func TestSDKFiltersByClockArrivalAndPayout(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	clock := must(api.TestHelpersTestClocks.New(&stripe.TestHelpersTestClockParams{
		FrozenTime: stripe.Int64(1_700_000_000),
	}))(t).ID
	real := must(api.Customers.New(nil))(t).ID
	timed := must(api.Customers.New(&stripe.CustomerParams{TestClock: &clock}))(t).ID
	customers := func(p *stripe.CustomerListParams) string {
		it := api.Customers.List(p)
		return joined(collect(t, it, func() string { return it.Customer().ID }))
	}

	want(t, "of the clock", customers(&stripe.CustomerListParams{TestClock: &clock}), timed)
	want(t, "of no clock", customers(&stripe.CustomerListParams{}), real)

	payout := must(api.Payouts.New(&stripe.PayoutParams{Amount: stripe.Int64(100), Currency: stripe.String("usd")}))(t)
	payouts := func(r stripe.RangeQueryParams) int {
		it := api.Payouts.List(&stripe.PayoutListParams{ArrivalDateRange: &r})
		return len(collect(t, it, func() string { return it.Payout().ID }))
	}

	want(t, "arriving by then", payouts(stripe.RangeQueryParams{LesserThanOrEqual: payout.ArrivalDate}), 1)
	want(t, "arriving later", payouts(stripe.RangeQueryParams{GreaterThan: payout.ArrivalDate}), 0)

	entries := api.BalanceTransactions.List(&stripe.BalanceTransactionListParams{Payout: &payout.ID})
	want(t, "a manual payout consists of nothing", entries.Next(), false)
	want(t, "and says so", refusal(t, entries.Err()).Param, "payout")

	setups := api.SetupIntents.List(&stripe.SetupIntentListParams{AttachToSelf: stripe.Bool(true)})
	want(t, "none attaches to the account itself", setups.Next(), false)
	_, err := api.SetupIntents.New(&stripe.SetupIntentParams{AttachToSelf: stripe.Bool(true)})
	want(t, "because that is not simulated", refusal(t, err).HTTPStatusCode, http.StatusNotImplemented)
}

// TestListsOfUnknownCustomers checks that a mistyped customer is not taken for
// one who has bought nothing.
func TestListsOfUnknownCustomers(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	for _, list := range []string{
		"charges", "invoiceitems", "invoices", "payment_intents", "payment_methods", "promotion_codes",
		"setup_intents", "subscriptions",
	} {
		r := b.get("/v1/" + list + "?customer=cus_unknown")
		want(t, list, r.status, http.StatusBadRequest)
		want(t, list+" code", r.str("error.code"), "resource_missing")
		want(t, list+" param", r.str("error.param"), "customer")
	}

	cus := b.ok("/v1/customers").str("id")
	b.do("DELETE", "/v1/customers/"+cus, "")
	want(t, "the invoices of a deleted one", b.get("/v1/invoices?customer="+cus).status, http.StatusOK)
}

// TestFiltersCombine checks that every filter of a list acts, also beside
// another one.
func TestFiltersCombine(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	pay := func(customer string) reply {
		return b.ok("/v1/payment_intents", "amount=1000", "currency=usd", "confirm=true", "payment_method=pm_card_visa",
			"payment_method_types[]=card", "customer="+customer)
	}

	one, two := b.ok("/v1/customers").str("id"), b.ok("/v1/customers").str("id")
	first, second := pay(one), pay(two)
	refund := b.ok("/v1/refunds", "payment_intent="+first.str("id"))
	size := func(path string) int { return b.get(path).size("data") }

	want(t, "the charge of both", size("/v1/charges?customer="+one+"&payment_intent="+first.str("id")), 1)
	want(t, "another customer's", size("/v1/charges?customer="+one+"&payment_intent="+second.str("id")), 0)
	want(t, "the refund of both",
		size("/v1/refunds?charge="+refund.str("charge")+"&payment_intent="+first.str("id")), 1)
	want(t, "another intent's",
		size("/v1/refunds?charge="+refund.str("charge")+"&payment_intent="+second.str("id")), 0)

	active := b.get("/v1/payment_method_configurations?active=true").size("data")
	want(t, "active configurations", active, 1)
	want(t, "inactive ones", size("/v1/payment_method_configurations?active=false"), 0)
	want(t, "another application's", size("/v1/payment_method_configurations?application=ca_other"), 0)
}
