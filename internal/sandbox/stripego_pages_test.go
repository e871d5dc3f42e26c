package sandbox_test

import (
	"slices"
	"testing"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
)

// populateThrice creates three of every kind that has no create operation.
func populateThrice(t *testing.T, api *client.API) map[string]string {
	t.Helper()
	cus := must(api.Customers.New(&stripe.CustomerParams{}))(t).ID
	acct := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	ids := map[string]string{"customers": cus}

	for range 3 {
		charged(t, api, "pm_card_createDispute")
		charged(t, api, "pm_card_createIssuerFraudRecord")
		must(api.PaymentMethods.Attach("pm_card_visa", &stripe.PaymentMethodAttachParams{Customer: &cus}))(t)
		must(api.Cards.New(&stripe.CardParams{Customer: &cus, Token: stripe.String("tok_visa")}))(t)
		must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
			Amount:               stripe.Int64(1000),
			Currency:             stripe.String("usd"),
			Confirm:              stripe.Bool(true),
			PaymentMethod:        stripe.String("pm_card_visa"),
			PaymentMethodTypes:   stripe.StringSlice([]string{"card"}),
			ApplicationFeeAmount: stripe.Int64(100),
			TransferData:         &stripe.PaymentIntentTransferDataParams{Destination: &acct},
		}))(t)
	}

	ids["transfers"] = must(api.Transfers.New(&stripe.TransferParams{
		Amount:      stripe.Int64(100),
		Currency:    stripe.String("usd"),
		Destination: &acct,
	}))(t).ID

	si := must(api.SetupIntents.New(&stripe.SetupIntentParams{
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
	}))(t)
	ids["setup intents"] = si.ID

	for range 3 {
		populateBilling(t, api, stripe.Params{}, ids)
		must(api.TransferReversals.New(&stripe.TransferReversalParams{
			ID:     ptrTo(ids["transfers"]),
			Amount: stripe.Int64(10),
		}))(t)

		_, err := api.SetupIntents.Confirm(si.ID, &stripe.SetupIntentConfirmParams{
			PaymentMethod: stripe.String("pm_card_chargeDeclined"),
		})
		want(t, "a failed attempt", refusal(t, err).Type, stripe.ErrorTypeCard)
	}

	return ids
}

// TestSDKPagesOfDerivedObjects pages through every list whose objects have no
// create operation.
func TestSDKPagesOfDerivedObjects(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	ids := populateThrice(t, api)
	for _, r := range slices.Concat(ownedMoney(api), ownedBelow(api), ownedBilling(api)) {
		if r.list == nil {
			continue
		}

		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.testCursors(t, ids)
		})
	}
}

func (r owned) testCursors(t *testing.T, ids map[string]string) {
	t.Helper()
	page := func(p stripe.ListParams) ([]string, bool) {
		t.Helper()
		it, id := r.list(ids, p)
		got := collect(t, it, id)
		listed, ok := it.(interface{ Meta() *stripe.ListMeta })
		return got, ok && listed.Meta().HasMore
	}

	all, _ := page(stripe.ListParams{Limit: stripe.Int64(100)})
	if len(all) < 3 {
		t.Fatalf("the list has only %d objects", len(all))
	}

	steps, _ := page(stripe.ListParams{Limit: stripe.Int64(2)})
	want(t, "page by page", joined(steps), joined(all))
	first, more := page(stripe.ListParams{Limit: stripe.Int64(1), Single: true})
	want(t, "the newest", joined(first), all[0])
	want(t, "there are more", more, true)
	next, _ := page(stripe.ListParams{Limit: stripe.Int64(1), StartingAfter: &all[0], Single: true})
	want(t, "starting after", joined(next), all[1])
	last := len(all) - 1
	none, more := page(stripe.ListParams{
		Limit:         stripe.Int64(100),
		StartingAfter: &all[last],
		Single:        true,
	})

	want(t, "after the oldest", len(none), 0)
	want(t, "there are no more", more, false)
	before, more := page(stripe.ListParams{
		Limit:        stripe.Int64(1),
		EndingBefore: &all[2],
		Single:       true,
	})

	want(t, "ending before", joined(before), all[1])
	want(t, "there are newer ones", more, true)
	newer, more := page(stripe.ListParams{
		Limit:        stripe.Int64(5),
		EndingBefore: &all[2],
		Single:       true,
	})

	slices.Sort(newer)
	expected := slices.Sorted(slices.Values(all[:2]))
	want(t, "all newer ones", joined(newer), joined(expected))
	want(t, "no newer ones", more, false)
	it, _ := r.list(ids, stripe.ListParams{EndingBefore: stripe.String("none_1")})
	want(t, "nothing before an unknown id", it.Next(), false)
	want(t, "says which parameter", refusal(t, it.Err()).Param, "ending_before")
}
