package sandbox_test

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
)

// tagged is a resource that takes metadata. An update returns the new metadata.
type tagged struct {
	name string

	// create creates an object with these parameters. For kinds that only
	// payments create, it returns the ID of an existing object.
	create func(p stripe.Params, m map[string]string) (id string, err error)
	update func(id string, p stripe.Params, m map[string]string) (map[string]string, error)
	// bare resources are created without metadata.
	bare bool
}

// withMetadata sends metadata for which the library has no field.
func withMetadata(p stripe.Params, m map[string]string) stripe.Params {
	for k, v := range m {
		p.AddExtra("metadata["+k+"]", v)
	}
	return p
}

// valueOf returns one value of a result of the library.
func valueOf[T, V any](v *T, err error, get func(*T) V) (V, error) {
	if err != nil {
		var none V
		return none, err
	}
	return get(v), nil
}

func taggedPayments(api *client.API, cus, paid, charge, dispute string) []tagged {
	return []tagged{
		{
			name: "payment intents",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.PaymentIntents.New(&stripe.PaymentIntentParams{
					Params:   p,
					Metadata: m,
					Amount:   stripe.Int64(1000),
					Currency: stripe.String("usd"),
				})

				return valueOf(v, err, func(v *stripe.PaymentIntent) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.PaymentIntents.Update(id, &stripe.PaymentIntentParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.PaymentIntent) map[string]string { return v.Metadata })
			},
		},
		{
			name: "setup intents",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.SetupIntents.New(&stripe.SetupIntentParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.SetupIntent) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.SetupIntents.Update(id, &stripe.SetupIntentParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.SetupIntent) map[string]string { return v.Metadata })
			},
		},
		{
			name:   "charges",
			bare:   true,
			create: func(stripe.Params, map[string]string) (string, error) { return charge, nil },
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Charges.Update(id, &stripe.ChargeParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Charge) map[string]string { return v.Metadata })
			},
		},
		{
			name:   "disputes",
			bare:   true,
			create: func(stripe.Params, map[string]string) (string, error) { return dispute, nil },
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Disputes.Update(id, &stripe.DisputeParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Dispute) map[string]string { return v.Metadata })
			},
		},
		{
			name: "refunds",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.Refunds.New(&stripe.RefundParams{
					Params:        p,
					Metadata:      m,
					PaymentIntent: &paid,
					Amount:        stripe.Int64(1),
				})

				return valueOf(v, err, func(v *stripe.Refund) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Refunds.Update(id, &stripe.RefundParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Refund) map[string]string { return v.Metadata })
			},
		},
		{
			name: "customers",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.Customers.New(&stripe.CustomerParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Customer) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Customers.Update(id, &stripe.CustomerParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Customer) map[string]string { return v.Metadata })
			},
		},
		{
			name: "cards",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.Cards.New(&stripe.CardParams{
					Params:   withMetadata(p, m),
					Customer: &cus,
					Token:    stripe.String("tok_visa"),
				})

				return valueOf(v, err, func(v *stripe.Card) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Cards.Update(id, &stripe.CardParams{Params: withMetadata(p, m), Customer: &cus})
				return valueOf(v, err, func(v *stripe.Card) map[string]string { return v.Metadata })
			},
		},
		{
			name: "payment methods",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.PaymentMethods.New(&stripe.PaymentMethodParams{
					Params:   p,
					Metadata: m,
					Type:     stripe.String("card"),
					Card:     &stripe.PaymentMethodCardParams{Token: stripe.String("tok_visa")},
				})

				return valueOf(v, err, func(v *stripe.PaymentMethod) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.PaymentMethods.Update(id, &stripe.PaymentMethodParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.PaymentMethod) map[string]string { return v.Metadata })
			},
		},
	}
}

func taggedCatalog(api *client.API) []tagged {
	coupon := func(p stripe.Params, m map[string]string) (*stripe.Coupon, error) {
		return api.Coupons.New(&stripe.CouponParams{
			Params:     p,
			Metadata:   m,
			PercentOff: stripe.Float64(10),
			Duration:   stripe.String("once"),
		})
	}

	return []tagged{
		{
			name: "products",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.Products.New(&stripe.ProductParams{
					Params:   p,
					Metadata: m,
					Name:     stripe.String("Tea"),
				})

				return valueOf(v, err, func(v *stripe.Product) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Products.Update(id, &stripe.ProductParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Product) map[string]string { return v.Metadata })
			},
		},
		{
			name: "prices",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.Prices.New(&stripe.PriceParams{
					Params:      p,
					Metadata:    m,
					Currency:    stripe.String("usd"),
					UnitAmount:  stripe.Int64(100),
					ProductData: &stripe.PriceProductDataParams{Name: stripe.String("Tea")},
				})

				return valueOf(v, err, func(v *stripe.Price) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Prices.Update(id, &stripe.PriceParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Price) map[string]string { return v.Metadata })
			},
		},
		{
			name: "coupons",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := coupon(p, m)
				return valueOf(v, err, func(v *stripe.Coupon) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Coupons.Update(id, &stripe.CouponParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Coupon) map[string]string { return v.Metadata })
			},
		},
		{
			name: "promotion codes",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				off, err := coupon(stripe.Params{}, nil)
				if err != nil {
					return "", err
				}

				v, err := api.PromotionCodes.New(&stripe.PromotionCodeParams{
					Params:   p,
					Metadata: m,
					Coupon:   &off.ID,
				})

				return valueOf(v, err, func(v *stripe.PromotionCode) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.PromotionCodes.Update(id, &stripe.PromotionCodeParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.PromotionCode) map[string]string { return v.Metadata })
			},
		},
	}
}

func taggedSettings(api *client.API, acct, transfer string) []tagged {
	return []tagged{
		{
			name: "accounts",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.Accounts.New(&stripe.AccountParams{
					Params:   p,
					Metadata: m,
					Type:     stripe.String("standard"),
				})

				return valueOf(v, err, func(v *stripe.Account) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Accounts.Update(id, &stripe.AccountParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Account) map[string]string { return v.Metadata })
			},
		},
		{
			name: "transfers",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.Transfers.New(&stripe.TransferParams{
					Params:      p,
					Metadata:    m,
					Amount:      stripe.Int64(1),
					Currency:    stripe.String("usd"),
					Destination: &acct,
				})

				return valueOf(v, err, func(v *stripe.Transfer) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Transfers.Update(id, &stripe.TransferParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Transfer) map[string]string { return v.Metadata })
			},
		},
		{
			name: "transfer reversals",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.TransferReversals.New(&stripe.TransferReversalParams{
					Params:   p,
					Metadata: m,
					ID:       &transfer,
					Amount:   stripe.Int64(1),
				})

				return valueOf(v, err, func(v *stripe.TransferReversal) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.TransferReversals.Update(id, &stripe.TransferReversalParams{
					Params:   p,
					Metadata: m,
					ID:       &transfer,
				})

				return valueOf(v, err, func(v *stripe.TransferReversal) map[string]string { return v.Metadata })
			},
		},
		{
			name: "payouts",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.Payouts.New(&stripe.PayoutParams{
					Params:   p,
					Metadata: m,
					Amount:   stripe.Int64(1),
					Currency: stripe.String("usd"),
				})

				return valueOf(v, err, func(v *stripe.Payout) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.Payouts.Update(id, &stripe.PayoutParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.Payout) map[string]string { return v.Metadata })
			},
		},
		{
			name: "webhook endpoints",
			create: func(p stripe.Params, m map[string]string) (string, error) {
				v, err := api.WebhookEndpoints.New(&stripe.WebhookEndpointParams{
					Params:        p,
					Metadata:      m,
					URL:           stripe.String("https://shop.test/hook"),
					EnabledEvents: stripe.StringSlice([]string{"charge.expired"}),
				})

				return valueOf(v, err, func(v *stripe.WebhookEndpoint) string { return v.ID })
			},
			update: func(id string, p stripe.Params, m map[string]string) (map[string]string, error) {
				v, err := api.WebhookEndpoints.Update(id, &stripe.WebhookEndpointParams{Params: p, Metadata: m})
				return valueOf(v, err, func(v *stripe.WebhookEndpoint) map[string]string { return v.Metadata })
			},
		},
	}
}

// everyTagged returns every resource that takes metadata, with the objects that
// some of them need.
func everyTagged(t *testing.T, api *client.API) []tagged {
	t.Helper()
	cus := must(api.Customers.New(&stripe.CustomerParams{}))(t).ID
	paid := charged(t, api, "pm_card_visa")
	disputed := charged(t, api, "pm_card_createDispute")
	it := api.Disputes.List(&stripe.DisputeListParams{PaymentIntent: &disputed.ID})
	want(t, "a dispute", it.Next(), true)
	acct := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	transfer := must(api.Transfers.New(&stripe.TransferParams{
		Amount:      stripe.Int64(100),
		Currency:    stripe.String("usd"),
		Destination: &acct,
	}))(t).ID

	billing := taggedBilling(api, must(api.Customers.New(&stripe.CustomerParams{}))(t).ID,
		monthly(t, api, stripe.Params{}))
	out := append(billing, taggedPayments(api, cus, paid.ID, paid.LatestCharge.ID, it.Dispute().ID)...)

	return append(append(out, taggedCatalog(api)...), taggedSettings(api, acct, transfer)...)
}

// TestSDKMetadataOfEveryResource checks Stripe's rules
// (https://docs.stripe.com/metadata) for all that takes metadata.
func TestSDKMetadataOfEveryResource(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	for _, r := range everyTagged(t, api) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			first := map[string]string{"a": "1", "b": "2"}
			id := must(r.create(stripe.Params{}, first))(t)
			if r.bare {
				r.change(t, id, first)
			}

			r.testMerging(t, id)
			r.testLimits(t, id)
		})
	}
}

// change updates an object and returns its new metadata.
func (r tagged) change(t *testing.T, id string, m map[string]string) map[string]string {
	t.Helper()
	return must(r.update(id, stripe.Params{}, m))(t)
}

func (r tagged) testMerging(t *testing.T, id string) {
	t.Helper()
	want(t, "kept when nothing is sent", fmt.Sprint(r.change(t, id, nil)), "map[a:1 b:2]")
	want(t, "changed, added, removed", fmt.Sprint(r.change(t, id, map[string]string{
		"a": "3",
		"b": "",
		"c": "4",
	})), "map[a:3 c:4]")

	var all stripe.Params
	all.AddExtra("metadata", "")
	want(t, "all removed", fmt.Sprint(must(r.update(id, all, nil))(t)), "map[]")
	want(t, "still", fmt.Sprint(r.change(t, id, nil)), "map[]")
	want(t, "removing what is not there", fmt.Sprint(r.change(t, id, map[string]string{"x": ""})), "map[]")
}

func (r tagged) testLimits(t *testing.T, id string) {
	t.Helper()
	full := map[string]string{strings.Repeat("k", 40): strings.Repeat("é", 500)}
	for n := range 49 {
		full["key "+strconv.Itoa(n)] = "v"
	}

	want(t, "fifty keys", len(r.change(t, id, full)), 50)
	want(t, "one for another", len(r.change(t, id, map[string]string{"key 0": "", "other": "v"})), 50)
	kept := r.change(t, id, nil)
	for message, m := range map[string]map[string]string{
		"Metadata can have up to 50 keys, but you've set 51. ": {"one more": "v"},
		"Metadata keys can have up to 40 characters, but you passed in a key that is 41 ": {
			strings.Repeat("k", 41): "v",
		},
		"Metadata values can have up to 500 characters, but you passed in a value that is 501 ch": {
			"other": strings.Repeat("v", 501),
		},
		"Metadata keys cannot contain square brackets.": {"a[b]": "v"},
	} {
		_, err := r.update(id, stripe.Params{}, m)
		e := refusal(t, err)
		want(t, e.Msg, strings.HasPrefix(e.Msg, message), true)
		want(t, "type", e.Type, stripe.ErrorTypeInvalidRequest)
		want(t, "param", strings.HasPrefix(e.Param, "metadata"), true)
		want(t, "nothing is changed", maps.Equal(r.change(t, id, nil), kept), true)
	}
}

// TestSDKMetadataIsCopied checks where metadata is copied to.
func TestSDKMetadataIsCopied(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	p := &stripe.PaymentIntentParams{
		Amount:             stripe.Int64(1000),
		Currency:           stripe.String("usd"),
		Confirm:            stripe.Bool(true),
		CaptureMethod:      stripe.String("manual"),
		PaymentMethod:      stripe.String("pm_card_visa"),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		Metadata:           map[string]string{"a": "1"},
	}

	p.AddExpand("latest_charge")
	pi := must(api.PaymentIntents.New(p))(t)
	want(t, "the charge has the intent's", fmt.Sprint(pi.LatestCharge.Metadata), "map[a:1]")
	pi = must(api.PaymentIntents.IncrementAuthorization(pi.ID,
		&stripe.PaymentIntentIncrementAuthorizationParams{
			Amount:   stripe.Int64(1100),
			Metadata: map[string]string{"b": "2"},
		}))(t)

	want(t, "incremented", fmt.Sprint(pi.Metadata), "map[a:1 b:2]")
	pi = must(api.PaymentIntents.Capture(pi.ID, &stripe.PaymentIntentCaptureParams{
		Metadata: map[string]string{"a": ""},
	}))(t)
	want(t, "captured", fmt.Sprint(pi.Metadata), "map[b:2]")
	own := &stripe.ProductParams{
		Name:     stripe.String("Tea"),
		Metadata: map[string]string{"p": "1"},
		DefaultPriceData: &stripe.ProductDefaultPriceDataParams{
			Currency:   stripe.String("eur"),
			UnitAmount: stripe.Int64(450),
		},
	}

	own.AddExpand("default_price")
	want(t, "a product's is not its price's", len(must(api.Products.New(own))(t).DefaultPrice.Metadata), 0)
	priced := &stripe.PriceParams{
		Currency:   stripe.String("eur"),
		UnitAmount: stripe.Int64(450),
		ProductData: &stripe.PriceProductDataParams{
			Name:     stripe.String("Tea"),
			Metadata: map[string]string{"p": "1"},
		},
	}

	priced.AddExpand("product")
	price := must(api.Prices.New(priced))(t)
	want(t, "the new product's", fmt.Sprint(price.Product.Metadata, len(price.Metadata)), "map[p:1] 0")
	pm := must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount:   stripe.Int64(1000),
		Currency: stripe.String("usd"),
		Expand:   stripe.StringSlice([]string{"payment_method"}),
		PaymentMethodData: &stripe.PaymentIntentPaymentMethodDataParams{
			Type:     stripe.String("link"),
			Metadata: map[string]string{"m": "1"},
		},
	}))(t).PaymentMethod

	want(t, "a described method's", fmt.Sprint(pm.Metadata), "map[m:1]")
	_, err := api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount:   stripe.Int64(1000),
		Currency: stripe.String("usd"),
		PaymentMethodData: &stripe.PaymentIntentPaymentMethodDataParams{
			Type:     stripe.String("link"),
			Metadata: map[string]string{strings.Repeat("k", 41): "1"},
		},
	})

	want(t, "limits hold there too", refusal(t, err).Param, "payment_method_data[metadata]")
}
