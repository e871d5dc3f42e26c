package sandbox_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
)

// owned is a kind of object with the calls that read and list it. ids are the
// IDs of the objects of one owner, by kind.
type owned struct {
	name string
	get  func(ids map[string]string, p stripe.Params) error
	list func(ids map[string]string, p stripe.ListParams) (iter, func() string)
}

// everyOwned returns the kinds that can be read and, with few exceptions,
// listed.
func everyOwned(api *client.API) []owned {
	var out []owned
	for _, r := range everyResource(api, "") {
		if r.name == "webhook endpoints" {
			continue // only the platform has them
		}

		out = append(out, owned{
			r.name, func(ids map[string]string, p stripe.Params) error { return r.get(ids[r.name], p) },
			func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
				it, id, _ := r.list(p)
				return it, id
			},
		})
	}

	return append(append(append(out, ownedMoney(api)...), ownedBelow(api)...), ownedBilling(api)...)
}

// ownedMoney returns the kinds that payments create.
func ownedMoney(api *client.API) []owned {
	return []owned{
		{"charges", func(ids map[string]string, p stripe.Params) error {
			_, err := api.Charges.Get(ids["charges"], &stripe.ChargeParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Charges.List(&stripe.ChargeListParams{ListParams: p})
			return it, func() string { return it.Charge().ID }
		}},
		{"disputes", func(ids map[string]string, p stripe.Params) error {
			_, err := api.Disputes.Get(ids["disputes"], &stripe.DisputeParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Disputes.List(&stripe.DisputeListParams{ListParams: p})
			return it, func() string { return it.Dispute().ID }
		}},
		{"fraud warnings", func(ids map[string]string, p stripe.Params) error {
			_, err := api.RadarEarlyFraudWarnings.Get(ids["fraud warnings"],
				&stripe.RadarEarlyFraudWarningParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.RadarEarlyFraudWarnings.List(&stripe.RadarEarlyFraudWarningListParams{ListParams: p})
			return it, func() string { return it.RadarEarlyFraudWarning().ID }
		}},
		{"balance transactions", func(ids map[string]string, p stripe.Params) error {
			_, err := api.BalanceTransactions.Get(ids["balance transactions"],
				&stripe.BalanceTransactionParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.BalanceTransactions.List(&stripe.BalanceTransactionListParams{ListParams: p})
			return it, func() string { return it.BalanceTransaction().ID }
		}},
		{"events", func(ids map[string]string, p stripe.Params) error {
			_, err := api.Events.Get(ids["events"], &stripe.EventParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Events.List(&stripe.EventListParams{ListParams: p})
			return it, func() string { return it.Event().ID }
		}},
		{"transfers", func(ids map[string]string, p stripe.Params) error {
			_, err := api.Transfers.Get(ids["transfers"], &stripe.TransferParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Transfers.List(&stripe.TransferListParams{ListParams: p})
			return it, func() string { return it.Transfer().ID }
		}},
		{"application fees", func(ids map[string]string, p stripe.Params) error {
			_, err := api.ApplicationFees.Get(ids["application fees"], &stripe.ApplicationFeeParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.ApplicationFees.List(&stripe.ApplicationFeeListParams{ListParams: p})
			return it, func() string { return it.ApplicationFee().ID }
		}},
	}
}

// ownedBelow returns the kinds that are listed below another object, and those
// that are never listed.
func ownedBelow(api *client.API) []owned {
	return []owned{
		{"payment methods", func(ids map[string]string, p stripe.Params) error {
			_, err := api.PaymentMethods.Get(ids["payment methods"], &stripe.PaymentMethodParams{Params: p})
			return err
		}, func(ids map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.PaymentMethods.List(&stripe.PaymentMethodListParams{
				ListParams: p,
				Customer:   ptrTo(ids["customers"]),
			})

			return it, func() string { return it.PaymentMethod().ID }
		}},
		{"cards", func(ids map[string]string, p stripe.Params) error {
			_, err := api.Cards.Get(ids["cards"], &stripe.CardParams{Params: p, Customer: ptrTo(ids["customers"])})
			return err
		}, func(ids map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Cards.List(&stripe.CardListParams{ListParams: p, Customer: ptrTo(ids["customers"])})
			return it, func() string { return it.Card().ID }
		}},
		{"transfer reversals", func(ids map[string]string, p stripe.Params) error {
			_, err := api.TransferReversals.Get(ids["transfer reversals"], &stripe.TransferReversalParams{
				Params: p,
				ID:     ptrTo(ids["transfers"]),
			})

			return err
		}, func(ids map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.TransferReversals.List(&stripe.TransferReversalListParams{
				ListParams: p,
				ID:         ptrTo(ids["transfers"]),
			})

			return it, func() string { return it.TransferReversal().ID }
		}},
		{"setup attempts", nil, func(ids map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.SetupAttempts.List(&stripe.SetupAttemptListParams{
				ListParams:  p,
				SetupIntent: ptrTo(ids["setup intents"]),
			})

			return it, func() string { return it.SetupAttempt().ID }
		}},
		{"mandates", func(ids map[string]string, p stripe.Params) error {
			_, err := api.Mandates.Get(ids["mandates"], &stripe.MandateParams{Params: p})
			return err
		}, nil},
		{"confirmation tokens", func(ids map[string]string, p stripe.Params) error {
			_, err := api.ConfirmationTokens.Get(ids["confirmation tokens"],
				&stripe.ConfirmationTokenParams{Params: p})
			return err
		}, nil},
		{"tokens", func(ids map[string]string, p stripe.Params) error {
			_, err := api.Tokens.Get(ids["tokens"], &stripe.TokenParams{Params: p})
			return err
		}, nil},
	}
}

func ptrTo(s string) *string { return &s }

// populate creates one object of every kind that a connected account can have,
// and returns their IDs. acct is nil for the platform.
func populate(t *testing.T, api *client.API, acct *string) map[string]string {
	t.Helper()
	p := stripe.Params{StripeAccount: acct}
	ids := map[string]string{}
	pay := func(method string) *stripe.PaymentIntent {
		return must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
			Params:             p,
			Expand:             stripe.StringSlice([]string{"latest_charge"}),
			Amount:             stripe.Int64(2000),
			Currency:           stripe.String("usd"),
			Confirm:            stripe.Bool(true),
			PaymentMethod:      &method,
			PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		}))(t)
	}

	paid := pay("pm_card_bypassPending")
	ids["charges"], ids["balance transactions"] = paid.LatestCharge.ID, paid.LatestCharge.BalanceTransaction.ID
	pay("pm_card_createDispute")
	pay("pm_card_createIssuerFraudRecord")

	for _, r := range everyResource(api, paid.ID) {
		if r.name == "accounts" || r.name == "webhook endpoints" {
			continue // belongs to the platform only
		}

		ids[r.name] = must(r.create(p, "1"))(t)
	}

	cus := ids["customers"]
	ids["payment methods"] = must(api.PaymentMethods.Attach("pm_card_visa",
		&stripe.PaymentMethodAttachParams{Params: p, Customer: &cus}))(t).ID
	ids["cards"] = must(api.Cards.New(&stripe.CardParams{
		Params:   p,
		Customer: &cus,
		Token:    stripe.String("tok_visa"),
	}))(t).ID

	ids["tokens"] = must(api.Tokens.New(&stripe.TokenParams{Params: p, Card: &stripe.CardParams{
		Number:   stripe.String("4242424242424242"),
		ExpMonth: stripe.String("12"),
		ExpYear:  stripe.String("2034"),
	}}))(t).ID

	token := &stripe.TestHelpersConfirmationTokenParams{Params: p, PaymentMethod: stripe.String("pm_card_visa")}
	ids["confirmation tokens"] = must(api.TestHelpersConfirmationTokens.New(token))(t).ID
	wallet := must(api.SetupIntents.Confirm(ids["setup intents"], &stripe.SetupIntentConfirmParams{
		Params:        p,
		PaymentMethod: stripe.String("pm_card_visa"),
	}))(t)

	ids["setup attempts"] = wallet.LatestAttempt.ID
	debit := must(api.SetupIntents.New(&stripe.SetupIntentParams{
		Params:             p,
		Confirm:            stripe.Bool(true),
		PaymentMethodTypes: stripe.StringSlice([]string{"us_bank_account"}),
		MandateData: &stripe.SetupIntentMandateDataParams{
			CustomerAcceptance: &stripe.SetupIntentMandateDataCustomerAcceptanceParams{
				Type: stripe.MandateCustomerAcceptanceTypeOffline,
			},
		},
		PaymentMethodData: &stripe.SetupIntentPaymentMethodDataParams{
			Type:           stripe.String("us_bank_account"),
			BillingDetails: &stripe.SetupIntentPaymentMethodDataBillingDetailsParams{Name: stripe.String("Jenny")},
			USBankAccount: &stripe.SetupIntentPaymentMethodDataUSBankAccountParams{
				AccountNumber: stripe.String("000123456789"),
				RoutingNumber: stripe.String("110000000"),
			},
		},
	}))(t)

	ids["mandates"] = debit.Mandate.ID
	populateBilling(t, api, p, ids)

	for _, r := range ownedMoney(api) {
		if ids[r.name] == "" && r.name != "transfers" && r.name != "application fees" {
			it, id := r.list(ids, stripe.ListParams{StripeAccount: acct})
			ids[r.name] = collect(t, it, id)[0]
		}
	}

	return ids
}

// populatePlatform adds the kinds that only a platform has.
func populatePlatform(t *testing.T, api *client.API, ids map[string]string, acct string) {
	t.Helper()
	ids["accounts"] = acct
	ids["transfers"] = must(api.Transfers.New(&stripe.TransferParams{
		Amount:      stripe.Int64(100),
		Currency:    stripe.String("usd"),
		Destination: &acct,
	}))(t).ID

	ids["transfer reversals"] = must(api.TransferReversals.New(&stripe.TransferReversalParams{
		ID:     ptrTo(ids["transfers"]),
		Amount: stripe.Int64(10),
	}))(t).ID

	p := &stripe.PaymentIntentParams{
		Amount:               stripe.Int64(1000),
		Currency:             stripe.String("usd"),
		Confirm:              stripe.Bool(true),
		PaymentMethod:        stripe.String("pm_card_visa"),
		PaymentMethodTypes:   stripe.StringSlice([]string{"card"}),
		ApplicationFeeAmount: stripe.Int64(100),
		TransferData:         &stripe.PaymentIntentTransferDataParams{Destination: &acct},
	}

	p.AddExpand("latest_charge")
	ids["application fees"] = must(api.PaymentIntents.New(p))(t).LatestCharge.ApplicationFee.ID
}

// TestSDKAccountsSeeOnlyTheirObjects reads every object of the platform and of
// two accounts from each of the three.
func TestSDKAccountsSeeOnlyTheirObjects(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	one := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	two := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	viewers := map[string]*string{"platform": nil, "one": &one, "two": &two}
	owners := map[string]map[string]string{}
	for name, acct := range viewers {
		owners[name] = populate(t, api, acct)
	}

	populatePlatform(t, api, owners["platform"], two)
	for _, r := range everyOwned(api) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			seen := 0
			for owner, ids := range owners {
				if ids[r.name] == "" {
					continue // only the platform has this kind
				}

				seen++
				for viewer, acct := range viewers {
					r.testView(t, owner+"'s from "+viewer, ids, acct, owner == viewer)
				}
			}

			want(t, "checked", seen > 0, true)
		})
	}
}

// testView checks that only its owner can read and list an object.
func (r owned) testView(t *testing.T, what string, ids map[string]string, acct *string, mine bool) {
	t.Helper()
	if r.get != nil {
		err := r.get(ids, stripe.Params{StripeAccount: acct})
		want(t, what+" read", err == nil, mine)

		if !mine {
			status := refusal(t, err).HTTPStatusCode
			want(t, what+" status",
				status == http.StatusNotFound || r.name == "accounts" && status == http.StatusForbidden,
				true)
		}
	}

	if r.list != nil {
		it, id := r.list(ids, stripe.ListParams{StripeAccount: acct, Limit: stripe.Int64(100)})
		var listed []string
		for it.Next() {
			listed = append(listed, id())
		}

		want(t, what+" listed", slices.Contains(listed, ids[r.name]), mine)
		if mine {
			want(t, what+" list", it.Err(), nil)
		}
	}
}

func TestSDKEventsReachTheEndpointsOfPlatformAndConnect(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	acct := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID

	hooks := map[string]*hook{"connect": newHook(t), "platform": newHook(t)}
	for name, h := range hooks {
		p := &stripe.WebhookEndpointParams{
			URL:           stripe.String(h.URL),
			EnabledEvents: stripe.StringSlice([]string{"customer.created"}),
			Connect:       stripe.Bool(name == "connect"),
		}

		must(api.WebhookEndpoints.New(p))(t)
	}

	own := &stripe.WebhookEndpointParams{
		URL:           stripe.String("https://shop.test/hook"),
		EnabledEvents: stripe.StringSlice([]string{"*"}),
	}

	own.SetStripeAccount(acct)
	_, err := api.WebhookEndpoints.New(own)
	want(t, "an endpoint in the account", refusal(t, err).HTTPStatusCode, http.StatusForbidden)

	must(api.Customers.New(&stripe.CustomerParams{Params: stripe.Params{StripeAccount: &acct}}))(t)
	must(api.Customers.New(&stripe.CustomerParams{}))(t)

	for _, h := range hooks {
		eventually(t, "every endpoint has its event", func() bool { return len(h.types()) == 1 })
	}

	for name, h := range hooks {
		bodies, _ := h.got()
		ev := must(eventOf(bodies[0]))(t)
		want(t, name+" account", ev.Account, map[string]string{"connect": acct}[name])
	}
}

func eventOf(body string) (ev stripe.Event, err error) {
	err = json.Unmarshal([]byte(body), &ev)
	return ev, err
}
