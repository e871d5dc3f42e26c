package sandbox_test

import (
	"errors"
	"net/http"
	"strconv"
	"testing"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
)

// resource is a resource that stripe-go creates, reads and lists.
type resource struct {
	name string

	// create creates the n-th object with these general parameters and returns
	// its ID.
	create func(p stripe.Params, n string) (string, error)
	get    func(id string, p stripe.Params) error
	list   func(p stripe.ListParams) (it iter, id func() string, more func() bool)
	// platform resources belong to the platform only, or need money that a new
	// account does not have.
	platform bool
	// initial is the number of objects that exist from the start.
	initial int
}

// made adapts a result of the library for create.
func made[T any](v *T, err error, id func(*T) string) (string, error) {
	if err != nil {
		return "", err
	}
	return id(v), nil
}

// everyResource returns the resources that have create, retrieve and list.
func everyResource(api *client.API, paid string) []resource {
	return append(payingResources(api, paid), append(catalogResources(api), settingResources(api)...)...)
}

func payingResources(api *client.API, paid string) []resource {
	card := stripe.StringSlice([]string{"card"})
	return []resource{
		{
			name: "customers",
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.Customers.New(&stripe.CustomerParams{Params: p, Name: &n})
				return made(v, err, func(v *stripe.Customer) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.Customers.Get(id, &stripe.CustomerParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.Customers.List(&stripe.CustomerListParams{ListParams: p})
				return it, func() string { return it.Customer().ID }, func() bool { return it.Meta().HasMore }
			},
		},
		{
			name: "payment intents",
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.PaymentIntents.New(&stripe.PaymentIntentParams{
					Params:             p,
					Amount:             stripe.Int64(1000),
					Currency:           stripe.String("usd"),
					Description:        &n,
					PaymentMethodTypes: card,
				})

				return made(v, err, func(v *stripe.PaymentIntent) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.PaymentIntents.Get(id, &stripe.PaymentIntentParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.PaymentIntents.List(&stripe.PaymentIntentListParams{ListParams: p})
				return it, func() string { return it.PaymentIntent().ID }, func() bool { return it.Meta().HasMore }
			},
		},
		{
			name: "setup intents",
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.SetupIntents.New(&stripe.SetupIntentParams{
					Params:             p,
					Description:        &n,
					PaymentMethodTypes: card,
				})

				return made(v, err, func(v *stripe.SetupIntent) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.SetupIntents.Get(id, &stripe.SetupIntentParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.SetupIntents.List(&stripe.SetupIntentListParams{ListParams: p})
				return it, func() string { return it.SetupIntent().ID }, func() bool { return it.Meta().HasMore }
			},
		},
		{
			name:     "refunds",
			platform: true,
			create: func(p stripe.Params, _ string) (string, error) {
				v, err := api.Refunds.New(&stripe.RefundParams{
					Params:        p,
					PaymentIntent: &paid,
					Amount:        stripe.Int64(100),
				})

				return made(v, err, func(v *stripe.Refund) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.Refunds.Get(id, &stripe.RefundParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.Refunds.List(&stripe.RefundListParams{ListParams: p})
				return it, func() string { return it.Refund().ID }, func() bool { return it.Meta().HasMore }
			},
		},
		{
			name:     "payouts",
			platform: true,
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.Payouts.New(&stripe.PayoutParams{
					Params:      p,
					Amount:      stripe.Int64(100),
					Currency:    stripe.String("usd"),
					Description: &n,
				})

				return made(v, err, func(v *stripe.Payout) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.Payouts.Get(id, &stripe.PayoutParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.Payouts.List(&stripe.PayoutListParams{ListParams: p})
				return it, func() string { return it.Payout().ID }, func() bool { return it.Meta().HasMore }
			},
		},
	}
}

func catalogResources(api *client.API) []resource {
	return []resource{
		{
			name: "products",
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.Products.New(&stripe.ProductParams{Params: p, Name: &n})
				return made(v, err, func(v *stripe.Product) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.Products.Get(id, &stripe.ProductParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.Products.List(&stripe.ProductListParams{ListParams: p})
				return it, func() string { return it.Product().ID }, func() bool { return it.Meta().HasMore }
			},
		},
		{
			name: "prices",
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.Prices.New(&stripe.PriceParams{
					Params:      p,
					Currency:    stripe.String("usd"),
					UnitAmount:  stripe.Int64(100),
					ProductData: &stripe.PriceProductDataParams{Name: &n},
				})

				return made(v, err, func(v *stripe.Price) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.Prices.Get(id, &stripe.PriceParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.Prices.List(&stripe.PriceListParams{ListParams: p})
				return it, func() string { return it.Price().ID }, func() bool { return it.Meta().HasMore }
			},
		},
		{
			name: "coupons",
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.Coupons.New(&stripe.CouponParams{
					Params:     p,
					Name:       &n,
					PercentOff: stripe.Float64(10),
					Duration:   stripe.String("once"),
				})

				return made(v, err, func(v *stripe.Coupon) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.Coupons.Get(id, &stripe.CouponParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.Coupons.List(&stripe.CouponListParams{ListParams: p})
				return it, func() string { return it.Coupon().ID }, func() bool { return it.Meta().HasMore }
			},
		},
		{name: "promotion codes", create: func(p stripe.Params, n string) (string, error) {
			coupon, err := api.Coupons.New(&stripe.CouponParams{
				Params:     stripe.Params{StripeAccount: p.StripeAccount},
				ID:         stripe.String("TEN" + n),
				PercentOff: stripe.Float64(10),
				Duration:   stripe.String("once"),
			})
			if err != nil {
				var e *stripe.Error // the object exists when it is created again
				if !errors.As(err, &e) || e.Code != stripe.ErrorCodeResourceAlreadyExists {
					return "", err
				}

				coupon = &stripe.Coupon{ID: "TEN" + n}
			}

			v, err := api.PromotionCodes.New(&stripe.PromotionCodeParams{
				Params: p,
				Coupon: &coupon.ID,
				Code:   stripe.String("CODE" + n),
			})

			return made(v, err, func(v *stripe.PromotionCode) string { return v.ID })
		}, get: func(id string, p stripe.Params) error {
			_, err := api.PromotionCodes.Get(id, &stripe.PromotionCodeParams{Params: p})
			return err
		}, list: func(p stripe.ListParams) (iter, func() string, func() bool) {
			it := api.PromotionCodes.List(&stripe.PromotionCodeListParams{ListParams: p})
			return it, func() string { return it.PromotionCode().ID }, func() bool { return it.Meta().HasMore }
		}},
	}
}

func settingResources(api *client.API) []resource {
	return []resource{
		{
			name:     "accounts",
			platform: true,
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.Accounts.New(&stripe.AccountParams{
					Params: p,
					Type:   stripe.String("standard"),
					Email:  stripe.String(n + "@shop.test"),
				})

				return made(v, err, func(v *stripe.Account) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.Accounts.GetByID(id, &stripe.AccountParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.Accounts.List(&stripe.AccountListParams{ListParams: p})
				return it, func() string { return it.Account().ID }, func() bool { return it.Meta().HasMore }
			},
		},
		{
			name:     "webhook endpoints",
			platform: true,
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.WebhookEndpoints.New(&stripe.WebhookEndpointParams{
					Params:        p,
					URL:           stripe.String("https://shop.test/" + n),
					EnabledEvents: stripe.StringSlice([]string{"charge.expired"}),
				})

				return made(v, err, func(v *stripe.WebhookEndpoint) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.WebhookEndpoints.Get(id, &stripe.WebhookEndpointParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.WebhookEndpoints.List(&stripe.WebhookEndpointListParams{ListParams: p})
				return it, func() string { return it.WebhookEndpoint().ID }, func() bool { return it.Meta().HasMore }
			},
		},
		{
			name: "payment method domains",
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.PaymentMethodDomains.New(&stripe.PaymentMethodDomainParams{
					Params:     p,
					DomainName: stripe.String("shop" + n + ".test"),
				})

				return made(v, err, func(v *stripe.PaymentMethodDomain) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.PaymentMethodDomains.Get(id, &stripe.PaymentMethodDomainParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.PaymentMethodDomains.List(&stripe.PaymentMethodDomainListParams{ListParams: p})
				return it, func() string { return it.PaymentMethodDomain().ID },
					func() bool { return it.Meta().HasMore }
			},
		},
		{
			name:    "payment method configurations",
			initial: 1,
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.PaymentMethodConfigurations.New(&stripe.PaymentMethodConfigurationParams{
					Params: p,
					Name:   &n,
				})

				return made(v, err, func(v *stripe.PaymentMethodConfiguration) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.PaymentMethodConfigurations.Get(id, &stripe.PaymentMethodConfigurationParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.PaymentMethodConfigurations.List(&stripe.PaymentMethodConfigurationListParams{
					ListParams: p,
				})
				return it, func() string { return it.PaymentMethodConfiguration().ID },
					func() bool { return it.Meta().HasMore }
			},
		},
		{
			name: "test clocks",
			create: func(p stripe.Params, n string) (string, error) {
				v, err := api.TestHelpersTestClocks.New(&stripe.TestHelpersTestClockParams{
					Params:     p,
					Name:       &n,
					FrozenTime: stripe.Int64(1_700_000_000),
				})

				return made(v, err, func(v *stripe.TestHelpersTestClock) string { return v.ID })
			},
			get: func(id string, p stripe.Params) error {
				_, err := api.TestHelpersTestClocks.Get(id, &stripe.TestHelpersTestClockParams{Params: p})
				return err
			},
			list: func(p stripe.ListParams) (iter, func() string, func() bool) {
				it := api.TestHelpersTestClocks.List(&stripe.TestHelpersTestClockListParams{ListParams: p})
				return it, func() string { return it.TestHelpersTestClock().ID },
					func() bool { return it.Meta().HasMore }
			},
		},
	}
}

// TestSDKRulesOfEveryResource checks the rules that all resources share:
// idempotency, cursors, missing IDs and connected accounts.
func TestSDKRulesOfEveryResource(t *testing.T) {
	t.Parallel()
	for i, r := range everyResource(nil, "") {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			api := newBox(t).sdk()
			paid := ""
			if r.name == "refunds" {
				paid = charged(t, api, "pm_card_visa").ID
			}

			r := everyResource(api, paid)[i]
			ids := r.testCreate(t)
			r.testPages(t, ids)
			missing := refusal(t, r.get("none_123456789012", stripe.Params{}))
			want(t, "missing",
				missing.HTTPStatusCode == http.StatusNotFound ||
					r.name == "accounts" && missing.HTTPStatusCode == http.StatusForbidden, true)
			want(t, "its type", missing.Type, stripe.ErrorTypeInvalidRequest)

			if !r.platform {
				r.testAccount(t, api, ids[0])
			}
		})
	}
}

// testCreate creates three objects, each twice with one key, and returns their
// IDs, newest first.
func (r resource) testCreate(t *testing.T) []string {
	t.Helper()
	var ids []string
	for n := range 3 {
		first, again := stripe.Params{}, stripe.Params{}
		first.SetIdempotencyKey(r.name + strconv.Itoa(n))
		again.SetIdempotencyKey(r.name + strconv.Itoa(n))
		id := must(r.create(first, strconv.Itoa(n)))(t)
		want(t, "the same key makes the same object", must(r.create(again, strconv.Itoa(n)))(t), id)
		want(t, "retrieved", r.get(id, stripe.Params{}), nil)
		ids = append([]string{id}, ids...)
	}

	return ids
}

func (r resource) testPages(t *testing.T, ids []string) {
	t.Helper()
	it, id, _ := r.list(stripe.ListParams{Limit: stripe.Int64(1)})
	all := collect(t, it, id)
	want(t, "page by page", joined(all[:len(all)-r.initial]), joined(ids))
	it, id, more := r.list(stripe.ListParams{
		Limit:         stripe.Int64(1),
		StartingAfter: &ids[0],
		Single:        true,
	})

	want(t, "starting after", joined(collect(t, it, id)), ids[1])
	want(t, "there are more", more(), true)
	it, id, more = r.list(stripe.ListParams{
		Limit:        stripe.Int64(5),
		EndingBefore: &ids[2],
		Single:       true,
	})

	want(t, "ending before", len(collect(t, it, id)), 2)
	want(t, "there are no more", more(), false)
	it, _, _ = r.list(stripe.ListParams{StartingAfter: stripe.String("none_1")})
	want(t, "nothing after an unknown id", it.Next(), false)
	want(t, "says which parameter", refusal(t, it.Err()).Param, "starting_after")
}

func (r resource) testAccount(t *testing.T, api *client.API, ours string) {
	t.Helper()
	acct := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	p := stripe.Params{StripeAccount: &acct}
	theirs := must(r.create(p, "9"))(t)
	it, id, _ := r.list(stripe.ListParams{StripeAccount: &acct})
	all := collect(t, it, id)
	want(t, "the account's objects", joined(all[:len(all)-r.initial]), theirs)
	want(t, "ours is not there", refusal(t, r.get(ours, p)).HTTPStatusCode, http.StatusNotFound)
	want(t, "theirs is not here", refusal(t, r.get(theirs, stripe.Params{})).HTTPStatusCode, http.StatusNotFound)
}
