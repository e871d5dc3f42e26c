package sandbox_test

import (
	"testing"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
)

// availableTo returns the amount of US dollars that an account can pay out.
// acct is nil for the platform.
func availableTo(t *testing.T, api *client.API, acct *string) int64 {
	t.Helper()
	return must(api.Balance.Get(&stripe.BalanceParams{
		Params: stripe.Params{StripeAccount: acct},
	}))(t).Available[0].Amount
}

func TestSDKBalancesBelongToAccounts(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	acct := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	platform := availableTo(t, api, nil)
	want(t, "an account starts with nothing", availableTo(t, api, &acct), 0)
	_, err := api.Payouts.New(&stripe.PayoutParams{
		Params:   stripe.Params{StripeAccount: &acct},
		Amount:   stripe.Int64(100),
		Currency: stripe.String("usd"),
	})

	want(t, "nothing to pay out", refusal(t, err).Code, stripe.ErrorCodeBalanceInsufficient)
	must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Params:             stripe.Params{StripeAccount: &acct},
		Amount:             stripe.Int64(2000),
		Currency:           stripe.String("usd"),
		Confirm:            stripe.Bool(true),
		PaymentMethod:      stripe.String("pm_card_bypassPending"),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
	}))(t)

	want(t, "its payment", availableTo(t, api, &acct), 2000-88)
	want(t, "is not the platform's", availableTo(t, api, nil), platform)
	must(api.Payouts.New(&stripe.PayoutParams{
		Params:   stripe.Params{StripeAccount: &acct},
		Amount:   stripe.Int64(100),
		Currency: stripe.String("usd"),
	}))(t)

	want(t, "paid out", availableTo(t, api, &acct), 2000-88-100)
}

func TestSDKTransfersMoveTheAccountsBalance(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	acct := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	platform := availableTo(t, api, nil)
	tr := must(api.Transfers.New(&stripe.TransferParams{
		Amount:      stripe.Int64(500),
		Currency:    stripe.String("usd"),
		Destination: &acct,
	}))(t)

	must(api.TransferReversals.New(&stripe.TransferReversalParams{ID: &tr.ID, Amount: stripe.Int64(200)}))(t)
	want(t, "sent", availableTo(t, api, nil), platform-300)
	want(t, "received", availableTo(t, api, &acct), 300)
}

func TestSDKRefundsReverseFeesAndTransfers(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	acct := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	p := &stripe.PaymentIntentParams{
		Amount:               stripe.Int64(2000),
		Currency:             stripe.String("usd"),
		Confirm:              stripe.Bool(true),
		PaymentMethod:        stripe.String("pm_card_visa"),
		PaymentMethodTypes:   stripe.StringSlice([]string{"card"}),
		ApplicationFeeAmount: stripe.Int64(300),
		TransferData:         &stripe.PaymentIntentTransferDataParams{Destination: &acct},
	}

	p.AddExpand("latest_charge")
	pi := must(api.PaymentIntents.New(p))(t)
	want(t, "the account has its part", availableTo(t, api, &acct), 2000-300)
	half := &stripe.RefundParams{
		PaymentIntent:        &pi.ID,
		Amount:               stripe.Int64(1000),
		ReverseTransfer:      stripe.Bool(true),
		RefundApplicationFee: stripe.Bool(true),
	}

	half.AddExpand("transfer_reversal")
	re := must(api.Refunds.New(half))(t)
	want(t, "half of the transfer", re.TransferReversal.Amount, 1000)
	fee := must(api.ApplicationFees.Get(pi.LatestCharge.ApplicationFee.ID, nil))(t)
	want(t, "half of the fee", fee.AmountRefunded, 150)
	want(t, "its refund", fee.Refunds.Data[0].Amount, 150)
	want(t, "the account's half", availableTo(t, api, &acct), 2000-300-1000+150)
	must(api.Refunds.New(&stripe.RefundParams{
		PaymentIntent:        &pi.ID,
		ReverseTransfer:      stripe.Bool(true),
		RefundApplicationFee: stripe.Bool(true),
	}))(t)

	want(t, "all of the fee", must(api.ApplicationFees.Get(fee.ID, nil))(t).Refunded, true)
	want(t, "nothing is left", availableTo(t, api, &acct), 0)
	plain := charged(t, api, "pm_card_visa")
	_, err := api.Refunds.New(&stripe.RefundParams{PaymentIntent: &plain.ID, ReverseTransfer: stripe.Bool(true)})
	want(t, "no transfer", refusal(t, err).Param, "reverse_transfer")
	_, err = api.Refunds.New(&stripe.RefundParams{PaymentIntent: &plain.ID, RefundApplicationFee: stripe.Bool(true)})
	want(t, "no fee", refusal(t, err).Param, "refund_application_fee")
	want(t, "nothing is refunded", must(api.Charges.Get(plain.LatestCharge.ID, nil))(t).AmountRefunded, 0)
}

func TestSDKDirectChargesPayThePlatformsFee(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	acct := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	platform := availableTo(t, api, nil)
	p := &stripe.PaymentIntentParams{
		Params:               stripe.Params{StripeAccount: &acct},
		Amount:               stripe.Int64(2000),
		Currency:             stripe.String("usd"),
		Confirm:              stripe.Bool(true),
		PaymentMethod:        stripe.String("pm_card_bypassPending"),
		PaymentMethodTypes:   stripe.StringSlice([]string{"card"}),
		ApplicationFeeAmount: stripe.Int64(300),
	}

	p.AddExpand("latest_charge.balance_transaction")
	pi := must(api.PaymentIntents.New(p))(t)
	bt := pi.LatestCharge.BalanceTransaction
	want(t, "fees", bt.Fee, 88+300)
	want(t, "whose", bt.FeeDetails[1].Type, "application_fee")
	fee := must(api.ApplicationFees.Get(pi.LatestCharge.ApplicationFee.ID, nil))(t)
	want(t, "from", fee.Account.ID, acct)
	want(t, "the platform has it", availableTo(t, api, nil), platform+300)
	want(t, "the account has the rest", availableTo(t, api, &acct), 2000-388)
	must(api.Refunds.New(&stripe.RefundParams{
		Params:               stripe.Params{StripeAccount: &acct},
		PaymentIntent:        &pi.ID,
		Amount:               stripe.Int64(1000),
		RefundApplicationFee: stripe.Bool(true),
	}))(t)

	want(t, "half goes back", availableTo(t, api, nil), platform+150)
	want(t, "told", must(api.ApplicationFees.Get(fee.ID, nil))(t).AmountRefunded, 150)
	it := api.Events.List(&stripe.EventListParams{
		Types: stripe.StringSlice([]string{"application_fee.created", "application_fee.refunded"}),
	})
	want(t, "events on the platform",
		joined(collect(t, it, func() string { return string(it.Event().Type) })),
		"application_fee.refunded application_fee.created")
}

// TestSDKTransferDataAmountActs checks that what a platform asks to transfer is
// what the account gets, whichever call asks for it.
func TestSDKTransferDataAmountActs(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	acct := must(api.Accounts.New(&stripe.AccountParams{Type: stripe.String("standard")}))(t).ID
	hold := func() *stripe.PaymentIntent {
		return must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
			Amount:             stripe.Int64(1000),
			Currency:           stripe.String("usd"),
			CaptureMethod:      stripe.String("manual"),
			PaymentMethod:      stripe.String("pm_card_visa"),
			PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
			TransferData: &stripe.PaymentIntentTransferDataParams{
				Destination: &acct,
				Amount:      stripe.Int64(500),
			},
		}))(t)
	}

	updated := must(api.PaymentIntents.Update(hold().ID, &stripe.PaymentIntentParams{
		TransferData: &stripe.PaymentIntentTransferDataParams{Amount: stripe.Int64(300)},
	}))(t)
	want(t, "update shows the amount", updated.TransferData.Amount, 300)
	want(t, "and keeps the destination", updated.TransferData.Destination.ID, acct)
	must(api.PaymentIntents.Confirm(updated.ID, nil))(t)
	must(api.PaymentIntents.Capture(updated.ID, nil))(t)
	want(t, "transferred as updated", availableTo(t, api, &acct), 300)

	held := hold()
	must(api.PaymentIntents.Confirm(held.ID, nil))(t)
	p := &stripe.PaymentIntentCaptureParams{
		TransferData: &stripe.PaymentIntentTransferDataParams{Amount: stripe.Int64(200)},
	}
	p.AddExpand("latest_charge.transfer")
	captured := must(api.PaymentIntents.Capture(held.ID, p))(t)
	want(t, "capture shows the amount", captured.TransferData.Amount, 200)
	want(t, "on the charge, too", captured.LatestCharge.TransferData.Amount, 200)
	want(t, "and transfers it", captured.LatestCharge.Transfer.Amount, 200)
	want(t, "the account has both", availableTo(t, api, &acct), 300+200)

	plain := charged(t, api, "pm_card_visa")
	_, err := api.PaymentIntents.Update(plain.ID, &stripe.PaymentIntentParams{
		TransferData: &stripe.PaymentIntentTransferDataParams{Amount: stripe.Int64(300)},
	})
	want(t, "no destination, no amount", refusal(t, err).Param, "transfer_data")
}

func TestSDKFeesAreRoundedHalfUp(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	for _, c := range []struct {
		cur         string
		amount, fee int64
	}{
		{"usd", 950, 58},
		{"usd", 1099, 62},
		{"usd", 2500, 103},
		{"usd", 22500, 683},
		{"usd", 2000, 88},
		{"jpy", 10000, 360},
		{"jpy", 125, 5},
	} {
		p := &stripe.PaymentIntentParams{
			Amount:             &c.amount,
			Currency:           &c.cur,
			Confirm:            stripe.Bool(true),
			PaymentMethod:      stripe.String("pm_card_visa"),
			PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		}
		p.AddExpand("latest_charge.balance_transaction")
		pi := must(api.PaymentIntents.New(p))(t)

		// With automatic_async the charge is booked right after the response.
		ch := &stripe.ChargeParams{}
		ch.AddExpand("balance_transaction")
		booked := must(api.Charges.Get(pi.LatestCharge.ID, ch))(t)
		want(t, c.cur+" fee", booked.BalanceTransaction.Fee, c.fee)
	}
}
