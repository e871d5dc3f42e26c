package sandbox_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
)

// owned is a kind of object and how to look for it. own are the IDs of the
// objects of one owner, by kind.
type owned struct {
	name string
	get  func(own map[string]string, p stripe.Params) error
	list func(own map[string]string, p stripe.ListParams) (iter, func() string)
}

// everyOwned lists the kinds that can be read and, with few exceptions, listed.
func everyOwned(api *client.API) []owned {
	var out []owned
	for _, r := range everyResource(api, "") {
		out = append(out, owned{
			r.name, func(own map[string]string, p stripe.Params) error { return r.get(own[r.name], p) },
			func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
				it, id, _ := r.list(p)
				return it, id
			},
		})
	}

	return append(append(append(out, ownedMoney(api)...), ownedBelow(api)...), ownedBilling(api)...)
}

// ownedMoney are the kinds that payments create.
func ownedMoney(api *client.API) []owned {
	return []owned{
		{"charges", func(own map[string]string, p stripe.Params) error {
			_, err := api.Charges.Get(own["charges"], &stripe.ChargeParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Charges.List(&stripe.ChargeListParams{ListParams: p})
			return it, func() string { return it.Charge().ID }
		}},
		{"disputes", func(own map[string]string, p stripe.Params) error {
			_, err := api.Disputes.Get(own["disputes"], &stripe.DisputeParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Disputes.List(&stripe.DisputeListParams{ListParams: p})
			return it, func() string { return it.Dispute().ID }
		}},
		{"fraud warnings", func(own map[string]string, p stripe.Params) error {
			_, err := api.RadarEarlyFraudWarnings.Get(own["fraud warnings"],
				&stripe.RadarEarlyFraudWarningParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.RadarEarlyFraudWarnings.List(&stripe.RadarEarlyFraudWarningListParams{ListParams: p})
			return it, func() string { return it.RadarEarlyFraudWarning().ID }
		}},
		{"balance transactions", func(own map[string]string, p stripe.Params) error {
			_, err := api.BalanceTransactions.Get(own["balance transactions"],
				&stripe.BalanceTransactionParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.BalanceTransactions.List(&stripe.BalanceTransactionListParams{ListParams: p})
			return it, func() string { return it.BalanceTransaction().ID }
		}},
		{"events", func(own map[string]string, p stripe.Params) error {
			_, err := api.Events.Get(own["events"], &stripe.EventParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Events.List(&stripe.EventListParams{ListParams: p})
			return it, func() string { return it.Event().ID }
		}},
		{"transfers", func(own map[string]string, p stripe.Params) error {
			_, err := api.Transfers.Get(own["transfers"], &stripe.TransferParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Transfers.List(&stripe.TransferListParams{ListParams: p})
			return it, func() string { return it.Transfer().ID }
		}},
		{"application fees", func(own map[string]string, p stripe.Params) error {
			_, err := api.ApplicationFees.Get(own["application fees"], &stripe.ApplicationFeeParams{Params: p})
			return err
		}, func(_ map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.ApplicationFees.List(&stripe.ApplicationFeeListParams{ListParams: p})
			return it, func() string { return it.ApplicationFee().ID }
		}},
	}
}

// ownedBelow are the kinds that are listed below another object, and those that
// are never listed.
func ownedBelow(api *client.API) []owned {
	return []owned{
		{"payment methods", func(own map[string]string, p stripe.Params) error {
			_, err := api.PaymentMethods.Get(own["payment methods"], &stripe.PaymentMethodParams{Params: p})
			return err
		}, func(own map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.PaymentMethods.List(&stripe.PaymentMethodListParams{
				ListParams: p,
				Customer:   ptrTo(own["customers"]),
			})
			return it, func() string { return it.PaymentMethod().ID }
		}},
		{"cards", func(own map[string]string, p stripe.Params) error {
			_, err := api.Cards.Get(own["cards"], &stripe.CardParams{Params: p, Customer: ptrTo(own["customers"])})
			return err
		}, func(own map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.Cards.List(&stripe.CardListParams{ListParams: p, Customer: ptrTo(own["customers"])})
			return it, func() string { return it.Card().ID }
		}},
		{"transfer reversals", func(own map[string]string, p stripe.Params) error {
			_, err := api.TransferReversals.Get(own["transfer reversals"], &stripe.TransferReversalParams{
				Params: p,
				ID:     ptrTo(own["transfers"]),
			})
			return err
		}, func(own map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.TransferReversals.List(&stripe.TransferReversalListParams{
				ListParams: p,
				ID:         ptrTo(own["transfers"]),
			})
			return it, func() string { return it.TransferReversal().ID }
		}},
		{"setup attempts", nil, func(own map[string]string, p stripe.ListParams) (iter, func() string) {
			it := api.SetupAttempts.List(&stripe.SetupAttemptListParams{
				ListParams:  p,
				SetupIntent: ptrTo(own["setup intents"]),
			})
			return it, func() string { return it.SetupAttempt().ID }
		}},
		{"mandates", func(own map[string]string, p stripe.Params) error {
			_, err := api.Mandates.Get(own["mandates"], &stripe.MandateParams{Params: p})
			return err
		}, nil},
		{"confirmation tokens", func(own map[string]string, p stripe.Params) error {
			_, err := api.ConfirmationTokens.Get(own["confirmation tokens"],
				&stripe.ConfirmationTokenParams{Params: p})
			return err
		}, nil},
		{"tokens", func(own map[string]string, p stripe.Params) error {
			_, err := api.Tokens.Get(own["tokens"], &stripe.TokenParams{Params: p})
			return err
		}, nil},
	}
}

func ptrTo(s string) *string { return &s }

// furnish creates one object of every kind that a connected account can have.
// acct is nil for the platform.
func furnish(t *testing.T, api *client.API, acct *string) map[string]string {
	t.Helper()
	p := stripe.Params{StripeAccount: acct}
	own := map[string]string{}
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
	own["charges"], own["balance transactions"] = paid.LatestCharge.ID, paid.LatestCharge.BalanceTransaction.ID
	pay("pm_card_createDispute")
	pay("pm_card_createIssuerFraudRecord")

	for _, r := range everyResource(api, paid.ID) {
		if r.name == "accounts" {
			continue // the platform's alone
		}

		own[r.name] = must(r.create(p, "1"))(t)
	}

	cus := own["customers"]
	own["payment methods"] = must(api.PaymentMethods.Attach("pm_card_visa",
		&stripe.PaymentMethodAttachParams{Params: p, Customer: &cus}))(t).ID
	own["cards"] = must(api.Cards.New(&stripe.CardParams{
		Params:   p,
		Customer: &cus,
		Token:    stripe.String("tok_visa"),
	}))(t).ID

	own["tokens"] = must(api.Tokens.New(&stripe.TokenParams{Params: p, Card: &stripe.CardParams{
		Number:   stripe.String("4242424242424242"),
		ExpMonth: stripe.String("12"),
		ExpYear:  stripe.String("2034"),
	}}))(t).ID

	own["confirmation tokens"] = must(api.TestHelpersConfirmationTokens.New(&stripe.TestHelpersConfirmationTokenParams{
		Params:        p,
		PaymentMethod: stripe.String("pm_card_visa"),
	}))(t).ID
	wallet := must(api.SetupIntents.Confirm(own["setup intents"], &stripe.SetupIntentConfirmParams{
		Params:        p,
		PaymentMethod: stripe.String("pm_card_visa"),
	}))(t)
	own["setup attempts"] = wallet.LatestAttempt.ID
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

	own["mandates"] = debit.Mandate.ID
	furnishBilling(t, api, p, own)

	for _, r := range ownedMoney(api) {
		if own[r.name] == "" && r.name != "transfers" && r.name != "application fees" {
			it, id := r.list(own, stripe.ListParams{StripeAccount: acct})
			own[r.name] = collect(t, it, id)[0]
		}
	}

	return own
}

// furnishPlatform adds the kinds that only a platform has.
func furnishPlatform(t *testing.T, api *client.API, own map[string]string, acct string) {
	t.Helper()
	own["accounts"] = acct
	own["transfers"] = must(api.Transfers.New(&stripe.TransferParams{
		Amount:      stripe.Int64(100),
		Currency:    stripe.String("usd"),
		Destination: &acct,
	}))(t).ID

	own["transfer reversals"] = must(api.TransferReversals.New(&stripe.TransferReversalParams{
		ID:     ptrTo(own["transfers"]),
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
	own["application fees"] = must(api.PaymentIntents.New(p))(t).LatestCharge.ApplicationFee.ID
}

// TestSDKAccountsSeeTheirOwnOnly looks for every object of the platform and of
// two accounts, from all three.
func TestSDKAccountsSeeTheirOwnOnly(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	one := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	two := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	viewers := map[string]*string{"platform": nil, "one": &one, "two": &two}
	owners := map[string]map[string]string{}
	for name, acct := range viewers {
		owners[name] = furnish(t, api, acct)
	}

	furnishPlatform(t, api, owners["platform"], two)
	for _, r := range everyOwned(api) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			seen := 0
			for owner, own := range owners {
				if own[r.name] == "" {
					continue // only the platform has this kind
				}

				seen++
				for viewer, acct := range viewers {
					r.testView(t, owner+"'s from "+viewer, own, acct, owner == viewer)
				}
			}

			want(t, "looked at", seen > 0, true)
		})
	}
}

// testView checks that only its owner can read and list an object.
func (r owned) testView(t *testing.T, what string, own map[string]string, acct *string, mine bool) {
	t.Helper()
	if r.get != nil {
		err := r.get(own, stripe.Params{StripeAccount: acct})
		want(t, what+" read", err == nil, mine)

		if !mine {
			status := refusal(t, err).HTTPStatusCode
			want(t, what+" status",
				status == http.StatusNotFound || r.name == "accounts" && status == http.StatusForbidden,
				true)
		}
	}

	if r.list != nil {
		it, id := r.list(own, stripe.ListParams{StripeAccount: acct, Limit: stripe.Int64(100)})
		var ids []string
		for it.Next() {
			ids = append(ids, id())
		}

		want(t, what+" listed", slices.Contains(ids, own[r.name]), mine)
		if mine {
			want(t, what+" list", it.Err(), nil)
		}
	}
}

func TestSDKEventsGoToTheAccountsOwnEndpointsAndToConnectOnes(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	acct := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID

	hooks := map[string]*hook{"own": newHook(t), "connect": newHook(t), "platform": newHook(t)}
	for name, h := range hooks {
		p := &stripe.WebhookEndpointParams{
			URL:           stripe.String(h.URL),
			EnabledEvents: stripe.StringSlice([]string{"customer.created"}),
			Connect:       stripe.Bool(name == "connect"),
		}

		if name == "own" {
			p.SetStripeAccount(acct)
		}

		must(api.WebhookEndpoints.New(p))(t)
	}

	must(api.Customers.New(&stripe.CustomerParams{Params: stripe.Params{StripeAccount: &acct}}))(t)
	must(api.Customers.New(&stripe.CustomerParams{}))(t)

	for _, h := range hooks {
		eventually(t, "every endpoint has its event", func() bool { return len(h.types()) == 1 })
	}

	for name, h := range hooks {
		bodies, _ := h.got()
		ev := must(eventOf(bodies[0]))(t)
		want(t, name+" account", ev.Account, map[string]string{"own": acct, "connect": acct}[name])
	}
}

func eventOf(body string) (ev stripe.Event, err error) {
	err = json.Unmarshal([]byte(body), &ev)
	return ev, err
}
