package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
)

func TestSDKPaymentMethods(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	cus := must(api.Customers.New(&stripe.CustomerParams{}))(t)
	tok := must(api.Tokens.New(&stripe.TokenParams{Card: &stripe.CardParams{
		Number:   stripe.String("5555555555554444"),
		ExpMonth: stripe.String("12"),
		ExpYear:  stripe.String("2034"),
		CVC:      stripe.String("123"),
	}}))(t)

	want(t, "token", tok.Card.Brand, stripe.CardBrandMasterCard)

	for _, token := range []string{tok.ID, "tok_visa"} {
		pm := must(api.PaymentMethods.New(&stripe.PaymentMethodParams{
			Type: stripe.String("card"),
			Card: &stripe.PaymentMethodCardParams{Token: &token},
		}))(t)

		pm = must(api.PaymentMethods.Attach(pm.ID, &stripe.PaymentMethodAttachParams{Customer: &cus.ID}))(t)
		want(t, "attached", pm.Customer.ID, cus.ID)
	}

	p := &stripe.PaymentMethodParams{
		BillingDetails: &stripe.PaymentMethodBillingDetailsParams{Name: stripe.String("Jenny")},
	}
	p.AddMetadata("a", "1")
	list := &stripe.PaymentMethodListParams{Customer: &cus.ID, Type: stripe.String("card")}
	list.Limit = stripe.Int64(1)
	list.AddExpand("data.customer")
	it := api.PaymentMethods.List(list)
	ids := collect(t, it, func() string {
		want(t, "expanded in the list", it.PaymentMethod().Customer.Object, "customer")
		return it.PaymentMethod().ID
	})

	want(t, "both pages", len(ids), 2)
	pm := must(api.PaymentMethods.Update(ids[0], p))(t)
	want(t, "name", pm.BillingDetails.Name, "Jenny")
	p = &stripe.PaymentMethodParams{}
	p.AddMetadata("b", "2")
	want(t, "metadata merges", len(must(api.PaymentMethods.Update(ids[0], p))(t).Metadata), 2)
	want(t, "detached", must(api.PaymentMethods.Detach(ids[0], nil))(t).Customer == nil, true)
	_, err := api.PaymentMethods.Attach("pm_card_chargeDeclined", &stripe.PaymentMethodAttachParams{
		Customer: &cus.ID,
	})
	e := refusal(t, err)
	want(t, "cannot be saved", e.Type, stripe.ErrorTypeCard)
	want(t, "why", e.DeclineCode, stripe.DeclineCodeGenericDecline)
}

func TestSDKMandatesAndAttempts(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	pm := must(api.PaymentMethods.New(&stripe.PaymentMethodParams{
		Type:      stripe.String("sepa_debit"),
		SEPADebit: &stripe.PaymentMethodSEPADebitParams{IBAN: stripe.String("AT321904300235473204")},
		BillingDetails: &stripe.PaymentMethodBillingDetailsParams{
			Name:  stripe.String("Jenny"),
			Email: stripe.String("j@b.test"),
		},
	}))(t)

	p := &stripe.SetupIntentParams{
		PaymentMethod:      &pm.ID,
		Confirm:            stripe.Bool(true),
		PaymentMethodTypes: stripe.StringSlice([]string{"sepa_debit"}),
		MandateData: &stripe.SetupIntentMandateDataParams{
			CustomerAcceptance: &stripe.SetupIntentMandateDataCustomerAcceptanceParams{
				Type: stripe.MandateCustomerAcceptanceTypeOnline,
				Online: &stripe.SetupIntentMandateDataCustomerAcceptanceOnlineParams{
					IPAddress: stripe.String("203.0.113.7"),
					UserAgent: stripe.String("test"),
				},
			},
		},
	}

	p.AddExpand("mandate.payment_method")
	si := must(api.SetupIntents.New(p))(t)
	want(t, "status", si.Status, stripe.SetupIntentStatusSucceeded)
	want(t, "nested expansion", si.Mandate.PaymentMethod.SEPADebit.Last4, "3204")
	man := must(api.Mandates.Get(si.Mandate.ID, nil))(t)
	want(t, "mandate", man.Status, stripe.MandateStatusActive)
	want(t, "accepted from", man.CustomerAcceptance.Online.IPAddress, "203.0.113.7")
	_, err := api.Mandates.Get("mandate_none", nil)
	want(t, "no mandate", refusal(t, err).Code, stripe.ErrorCodeResourceMissing)
	it := api.SetupAttempts.List(&stripe.SetupAttemptListParams{SetupIntent: &si.ID})
	want(t, "attempt", it.Next(), true)
	want(t, "its status", it.SetupAttempt().Status, stripe.SetupAttemptStatusSucceeded)
	want(t, "canceled",
		must(api.SetupIntents.Cancel(
			must(api.SetupIntents.New(&stripe.SetupIntentParams{
				PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
			}))(t).ID, nil))(t).Status, stripe.SetupIntentStatusCanceled)
}

func TestSDKCatalogInFull(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	prod := must(api.Products.New(&stripe.ProductParams{
		Name: stripe.String("Tea"),
		DefaultPriceData: &stripe.ProductDefaultPriceDataParams{
			Currency:   stripe.String("eur"),
			UnitAmount: stripe.Int64(450),
		},
	}))(t)

	get := &stripe.ProductParams{}
	get.AddExpand("default_price")
	want(t, "default price", must(api.Products.Get(prod.ID, get))(t).DefaultPrice.UnitAmount, 450)
	p := &stripe.ProductParams{Active: stripe.Bool(false)}
	p.AddMetadata("a", "1")
	prod = must(api.Products.Update(prod.ID, p))(t)
	want(t, "off", prod.Active, false)
	want(t, "metadata", prod.Metadata["a"], "1")
	monthly := must(api.Prices.New(&stripe.PriceParams{
		Product:    &prod.ID,
		Currency:   stripe.String("eur"),
		UnitAmount: stripe.Int64(900),
		Recurring:  &stripe.PriceRecurringParams{Interval: stripe.String("month")},
	}))(t)

	want(t, "recurring", monthly.Recurring.Interval, stripe.PriceRecurringIntervalMonth)
	list := &stripe.PriceListParams{Product: &prod.ID}
	list.AddExpand("data.product")
	it := api.Prices.List(list)
	want(t, "prices of the product", len(collect(t, it, func() string { return it.Price().Product.Name })), 2)
	want(t, "renamed",
		must(api.Prices.Update(monthly.ID, &stripe.PriceParams{
			Nickname: stripe.String("Monthly"),
		}))(t).Nickname, "Monthly")

	coupon := must(api.Coupons.New(&stripe.CouponParams{
		ID:               stripe.String("TENOFF"),
		AmountOff:        stripe.Int64(1000),
		Currency:         stripe.String("eur"),
		Duration:         stripe.String("repeating"),
		DurationInMonths: stripe.Int64(3),
	}))(t)

	want(t, "chosen ID", coupon.ID, "TENOFF")
	want(t, "months", coupon.DurationInMonths, 3)
	code := must(api.PromotionCodes.New(&stripe.PromotionCodeParams{
		Coupon:         &coupon.ID,
		Code:           stripe.String("SPRING"),
		MaxRedemptions: stripe.Int64(5),
	}))(t)

	want(t, "redemptions", code.MaxRedemptions, 5)
	want(t, "off",
		must(api.PromotionCodes.Update(code.ID, &stripe.PromotionCodeParams{
			Active: stripe.Bool(false),
		}))(t).Active, false)

	found := api.PromotionCodes.List(&stripe.PromotionCodeListParams{Active: stripe.Bool(true)})
	want(t, "none active", found.Next(), false)
	want(t, "coupon gone", must(api.Coupons.Del(coupon.ID, nil))(t).Deleted, true)
	_, err := api.Coupons.Get(coupon.ID, nil)
	want(t, "not found", refusal(t, err).Code, stripe.ErrorCodeResourceMissing)
	gone := must(api.Products.New(&stripe.ProductParams{Name: stripe.String("Gone")}))(t)
	want(t, "product gone", must(api.Products.Del(gone.ID, nil))(t).Deleted, true)
}

func TestSDKSearch(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	for range 3 {
		p := &stripe.PaymentIntentParams{Amount: stripe.Int64(1200), Currency: stripe.String("usd")}
		p.AddMetadata("order", "6735")
		must(api.PaymentIntents.New(p))(t)
	}

	charged(t, api, "pm_card_visa")
	p := &stripe.PaymentIntentSearchParams{
		SearchParams: stripe.SearchParams{
			Query: "metadata['order']:'6735' AND amount>1000",
			Limit: stripe.Int64(2),
		},
	}

	it := api.PaymentIntents.Search(p)
	want(t, "all pages", len(collect(t, it, func() string { return it.PaymentIntent().ID })), 3)
	must(api.Customers.New(&stripe.CustomerParams{Email: stripe.String("jenny@shop.test")}))(t)
	cus := api.Customers.Search(&stripe.CustomerSearchParams{
		SearchParams: stripe.SearchParams{Query: "email~'jenny'"},
	})
	want(t, "customer", len(collect(t, cus, func() string { return cus.Customer().ID })), 1)
	ch := api.Charges.Search(&stripe.ChargeSearchParams{
		SearchParams: stripe.SearchParams{Query: "status:'succeeded'"},
	})
	want(t, "charge", len(collect(t, ch, func() string { return ch.Charge().ID })), 1)
	bad := api.Products.Search(&stripe.ProductSearchParams{SearchParams: stripe.SearchParams{Query: "nonsense"}})
	want(t, "nothing", bad.Next(), false)
	want(t, "a query that is none", refusal(t, bad.Err()).HTTPStatusCode, http.StatusBadRequest)
}

func TestSDKDomainsConfigurationsClocks(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	dom := must(api.PaymentMethodDomains.New(&stripe.PaymentMethodDomainParams{
		DomainName: stripe.String("shop.test"),
	}))(t)
	want(t, "apple pay", string(dom.ApplePay.Status), "active")
	want(t, "off",
		must(api.PaymentMethodDomains.Update(dom.ID, &stripe.PaymentMethodDomainParams{
			Enabled: stripe.Bool(false),
		}))(t).Enabled, false)

	want(t, "validated", must(api.PaymentMethodDomains.Validate(dom.ID, nil))(t).ID, dom.ID)
	off := &stripe.PaymentMethodConfigurationCardParams{
		DisplayPreference: &stripe.PaymentMethodConfigurationCardDisplayPreferenceParams{
			Preference: stripe.String("off"),
		},
	}

	conf := must(api.PaymentMethodConfigurations.New(&stripe.PaymentMethodConfigurationParams{
		Name: stripe.String("No cards"),
		Card: off,
	}))(t)

	want(t, "cards are off", conf.Card.Available, false)
	want(t, "link is on", conf.Link.Available, true)
	conf = must(api.PaymentMethodConfigurations.Update(conf.ID, &stripe.PaymentMethodConfigurationParams{
		Active: stripe.Bool(false),
	}))(t)
	want(t, "inactive", conf.Active, false)
	want(t, "cards stay off", conf.Card.Available, false)
	clock := must(api.TestHelpersTestClocks.New(&stripe.TestHelpersTestClockParams{
		FrozenTime: stripe.Int64(1_700_000_000),
	}))(t)
	clock = must(api.TestHelpersTestClocks.Advance(clock.ID, &stripe.TestHelpersTestClockAdvanceParams{
		FrozenTime: stripe.Int64(1_700_003_600),
	}))(t)
	want(t, "frozen at", clock.FrozenTime, 1_700_003_600)
	_, err := api.TestHelpersTestClocks.Advance(clock.ID, &stripe.TestHelpersTestClockAdvanceParams{
		FrozenTime: stripe.Int64(1),
	})
	want(t, "never back", refusal(t, err).Param, "frozen_time")
	want(t, "gone", must(api.TestHelpersTestClocks.Del(clock.ID, nil))(t).Deleted, true)
}

func TestSDKAccountsAndTransfers(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	p := &stripe.AccountParams{
		Type:    stripe.String("express"),
		Country: stripe.String("US"),
		Capabilities: &stripe.AccountCapabilitiesParams{
			Transfers: &stripe.AccountCapabilitiesTransfersParams{Requested: stripe.Bool(true)},
		},
	}

	p.AddMetadata("a", "1")
	acct := must(api.Accounts.New(p))(t)
	want(t, "type", acct.Type, stripe.AccountTypeExpress)
	want(t, "before onboarding", acct.ChargesEnabled, false)
	change := &stripe.AccountParams{}
	change.AddMetadata("b", "2")
	want(t, "metadata merges", len(must(api.Accounts.Update(acct.ID, change))(t).Metadata), 2)
	link := must(api.AccountLinks.New(&stripe.AccountLinkParams{
		Account:    &acct.ID,
		Type:       stripe.String("account_onboarding"),
		ReturnURL:  stripe.String("https://shop.test/back"),
		RefreshURL: stripe.String("https://shop.test/again"),
	}))(t)

	want(t, "link", strings.Contains(link.URL, "/connect/onboarding"), true)
	session := must(api.AccountSessions.New(&stripe.AccountSessionParams{
		Account: &acct.ID,
		Components: &stripe.AccountSessionComponentsParams{
			Payments: &stripe.AccountSessionComponentsPaymentsParams{Enabled: stripe.Bool(true)},
		},
	}))(t)

	want(t, "component", session.Components.Payments.Enabled, true)
	want(t, "secret", strings.HasPrefix(session.ClientSecret, "accs_secret__"), true)
	tr := must(api.Transfers.New(&stripe.TransferParams{
		Amount:        stripe.Int64(1000),
		Currency:      stripe.String("usd"),
		Destination:   &acct.ID,
		TransferGroup: stripe.String("G"),
	}))(t)

	get := &stripe.TransferParams{}
	get.AddExpand("destination")
	get.AddExpand("balance_transaction")
	tr = must(api.Transfers.Get(tr.ID, get))(t)
	want(t, "destination", tr.Destination.Type, stripe.AccountTypeExpress)
	want(t, "entry", tr.BalanceTransaction.Amount, -1000)
	must(api.TransferReversals.New(&stripe.TransferReversalParams{ID: &tr.ID}))(t)
	tr = must(api.Transfers.Get(tr.ID, nil))(t)
	want(t, "reversed", tr.Reversed, true)
	want(t, "reversals", tr.Reversals.Data[0].Amount, 1000)
	it := api.Transfers.List(&stripe.TransferListParams{TransferGroup: stripe.String("G")})
	want(t, "by group", joined(collect(t, it, func() string { return it.Transfer().ID })), tr.ID)
	_, err := api.Transfers.New(&stripe.TransferParams{
		Amount:      stripe.Int64(1),
		Currency:    stripe.String("usd"),
		Destination: stripe.String("acct_none"),
	})

	want(t, "nobody", refusal(t, err).Param, "destination")
	testFee(t, api, acct.ID)
	want(t, "gone", must(api.Accounts.Del(acct.ID, nil))(t).Deleted, true)
}

func testFee(t *testing.T, api *client.API, acct string) {
	t.Helper()
	p := &stripe.PaymentIntentParams{
		Amount:               stripe.Int64(2000),
		Currency:             stripe.String("usd"),
		Confirm:              stripe.Bool(true),
		PaymentMethod:        stripe.String("pm_card_visa"),
		PaymentMethodTypes:   stripe.StringSlice([]string{"card"}),
		ApplicationFeeAmount: stripe.Int64(150),
		TransferData:         &stripe.PaymentIntentTransferDataParams{Destination: &acct},
	}

	p.AddExpand("latest_charge.transfer.destination")
	pi := must(api.PaymentIntents.New(p))(t)
	want(t, "three levels", pi.LatestCharge.Transfer.Destination.ID, acct)
	it := api.ApplicationFees.List(&stripe.ApplicationFeeListParams{})
	want(t, "fee", it.Next(), true)
	want(t, "amount", it.ApplicationFee().Amount, 150)
	want(t, "retrieved", must(api.ApplicationFees.Get(it.ApplicationFee().ID, nil))(t).Currency, stripe.CurrencyUSD)
}
