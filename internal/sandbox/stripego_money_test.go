package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/client"
)

// iter is what every list and search of the library returns.
type iter interface {
	Next() bool
	Err() error
}

// collect reads a list to its end, page by page, and returns the result of id
// for each item.
func collect(t *testing.T, it iter, id func() string) []string {
	t.Helper()
	var out []string
	for it.Next() {
		out = append(out, id())
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// charged returns a card payment of 20.00 USD, confirmed at once.
func charged(t *testing.T, api *client.API, method string) *stripe.PaymentIntent {
	t.Helper()
	return must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount:             stripe.Int64(2000),
		Currency:           stripe.String("usd"),
		Confirm:            stripe.Bool(true),
		PaymentMethod:      &method,
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
	}))(t)
}

func TestSDKIntentStates(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	pi := must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount:             stripe.Int64(2000),
		Currency:           stripe.String("usd"),
		CaptureMethod:      stripe.String("manual"),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
	}))(t)

	want(t, "created", pi.Status, stripe.PaymentIntentStatusRequiresPaymentMethod)
	pi = must(api.PaymentIntents.Update(pi.ID, &stripe.PaymentIntentParams{
		Amount:        stripe.Int64(2500),
		PaymentMethod: stripe.String("pm_card_visa"),
	}))(t)

	want(t, "updated", pi.Status, stripe.PaymentIntentStatusRequiresConfirmation)
	confirm := &stripe.PaymentIntentConfirmParams{}
	confirm.AddExpand("latest_charge.balance_transaction")
	confirm.AddExpand("payment_method")
	pi = must(api.PaymentIntents.Confirm(pi.ID, confirm))(t)
	want(t, "held", pi.AmountCapturable, 2500)
	want(t, "nested expansion", pi.LatestCharge.Captured, false)
	want(t, "card", pi.PaymentMethod.Card.Last4, "4242")
	pi = must(api.PaymentIntents.IncrementAuthorization(pi.ID,
		&stripe.PaymentIntentIncrementAuthorizationParams{Amount: stripe.Int64(3000)}))(t)
	want(t, "incremented", pi.AmountCapturable, 3000)
	pi = must(api.PaymentIntents.Cancel(pi.ID, &stripe.PaymentIntentCancelParams{
		CancellationReason: stripe.String("abandoned"),
	}))(t)
	want(t, "canceled", pi.Status, stripe.PaymentIntentStatusCanceled)
	want(t, "why", pi.CancellationReason, stripe.PaymentIntentCancellationReasonAbandoned)
	_, err := api.PaymentIntents.Capture(pi.ID, nil)
	e := refusal(t, err)
	want(t, "too late", e.Code, stripe.ErrorCodePaymentIntentUnexpectedState)
	want(t, "type", e.Type, stripe.ErrorTypeInvalidRequest)
	asked := pay3DS(t, api)
	want(t, "next action", string(asked.NextAction.Type), "redirect_to_url")
	want(t, "page", asked.NextAction.RedirectToURL.ReturnURL, "https://shop.test/back")
}

func pay3DS(t *testing.T, api *client.API) *stripe.PaymentIntent {
	t.Helper()
	return must(api.PaymentIntents.New(&stripe.PaymentIntentParams{
		Amount:             stripe.Int64(2000),
		Currency:           stripe.String("usd"),
		Confirm:            stripe.Bool(true),
		ReturnURL:          stripe.String("https://shop.test/back"),
		PaymentMethod:      stripe.String("pm_card_authenticationRequired"),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
	}))(t)
}

func TestSDKListsWalkBothWays(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	var made []string
	for range 5 {
		made = append([]string{charged(t, api, "pm_card_visa").ID}, made...)
	}

	list := &stripe.PaymentIntentListParams{}
	list.Limit = stripe.Int64(2)
	list.AddExpand("data.latest_charge")
	it := api.PaymentIntents.List(list)
	var expanded []int64
	got := collect(t, it, func() string {
		expanded = append(expanded, it.PaymentIntent().LatestCharge.Amount)
		return it.PaymentIntent().ID
	})

	want(t, "newest first, page by page", joined(got), joined(made))
	want(t, "every charge is expanded", len(expanded) == 5 && expanded[4] == 2000, true)
	after := &stripe.PaymentIntentListParams{}
	after.Limit, after.StartingAfter, after.Single = stripe.Int64(2), &made[1], true
	it = api.PaymentIntents.List(after)
	want(t, "starting after",
		joined(collect(t, it, func() string { return it.PaymentIntent().ID })), joined(made[2:4]))
	want(t, "more", it.Meta().HasMore, true)
	before := &stripe.PaymentIntentListParams{}
	before.Limit, before.EndingBefore, before.Single = stripe.Int64(9), &made[2], true
	it = api.PaymentIntents.List(before)
	want(t, "ending before", len(collect(t, it, func() string { return it.PaymentIntent().ID })), 2)
	want(t, "no more", it.Meta().HasMore, false)
	wrong := &stripe.PaymentIntentListParams{}
	wrong.StartingAfter = stripe.String("pi_none")
	it = api.PaymentIntents.List(wrong)
	want(t, "nothing", it.Next(), false)
	want(t, "a cursor that is none", refusal(t, it.Err()).Param, "starting_after")
}

func TestSDKRefundsSettleLater(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	api := b.sdk()
	for card, c := range map[string]struct{ before, after stripe.RefundStatus }{
		"pm_card_pendingRefund": {stripe.RefundStatusPending, stripe.RefundStatusSucceeded},
		"pm_card_refundFail":    {stripe.RefundStatusSucceeded, stripe.RefundStatusFailed},
	} {
		pi := charged(t, api, card)
		re := must(api.Refunds.New(&stripe.RefundParams{PaymentIntent: &pi.ID}))(t)
		want(t, card, re.Status, c.before)
		b.s.Advance(10 * time.Second)
		eventually(t, card+" is decided", func() bool {
			return must(api.Refunds.Get(re.ID, nil))(t).Status == c.after
		})
		re = must(api.Refunds.Get(re.ID, nil))(t)
		want(t, card+" failed", re.FailureReason != "", c.after == stripe.RefundStatusFailed)
		change := &stripe.RefundParams{}
		change.AddMetadata("a", "b")
		want(t, "metadata", must(api.Refunds.Update(re.ID, change))(t).Metadata["a"], "b")
		it := api.Refunds.List(&stripe.RefundListParams{PaymentIntent: &pi.ID})
		want(t, "listed", joined(collect(t, it, func() string { return it.Refund().ID })), re.ID)
	}

	pi := charged(t, api, "pm_card_visa")
	ch := &stripe.ChargeParams{}
	ch.AddExpand("payment_intent.payment_method")
	want(t, "charge knows its intent",
		must(api.Charges.Get(pi.LatestCharge.ID, ch))(t).PaymentIntent.PaymentMethod.Card.Last4, "4242")
	_, err := api.Refunds.Cancel("re_none", nil)
	want(t, "no such refund", refusal(t, err).HTTPStatusCode, http.StatusNotFound)
}

func TestSDKDisputesAreDecided(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()
	disputeOf := func(card string) *stripe.Dispute {
		pi := charged(t, api, card)
		p := &stripe.DisputeListParams{PaymentIntent: &pi.ID}
		p.AddExpand("data.charge")

		it := api.Disputes.List(p)
		if !it.Next() {
			t.Fatalf("%s: no dispute", card)
		}

		want(t, "expanded in the list", it.Dispute().Charge.Amount, 2000)
		return it.Dispute()
	}

	for text, status := range map[string]stripe.DisputeStatus{
		"winning_evidence": stripe.DisputeStatusWon,
		"losing_evidence":  stripe.DisputeStatusLost,
	} {
		d := disputeOf("pm_card_createDispute")
		want(t, "open", d.Status, stripe.DisputeStatusNeedsResponse)
		want(t, "money is gone", d.BalanceTransactions[0].Amount, -2000)
		d = must(api.Disputes.Update(d.ID, &stripe.DisputeParams{
			Evidence: &stripe.DisputeEvidenceParams{UncategorizedText: &text},
		}))(t)
		want(t, "submitted", d.Status, stripe.DisputeStatusUnderReview)
		d = decided(t, api, d.ID)
		want(t, text, d.Status, status)
		want(t, "money is back", len(d.BalanceTransactions) == 2, status == stripe.DisputeStatusWon)

		if status == stripe.DisputeStatusWon {
			want(t, "as what", d.BalanceTransactions[1].ReportingCategory,
				stripe.BalanceTransactionReportingCategoryDisputeReversal)
		}
	}

	inquiry := disputeOf("pm_card_createDisputeInquiry")
	want(t, "inquiry", inquiry.Status, stripe.DisputeStatusWarningNeedsResponse)
	want(t, "no money moves", len(inquiry.BalanceTransactions), 0)
	closed := must(api.Disputes.Close(disputeOf("pm_card_createDisputeProductNotReceived").ID, nil))(t)
	want(t, "given up", closed.Status, stripe.DisputeStatusLost)
	want(t, "reason", closed.Reason, stripe.DisputeReasonProductNotReceived)
	charged(t, api, "pm_card_createIssuerFraudRecord")
	it := api.RadarEarlyFraudWarnings.List(&stripe.RadarEarlyFraudWarningListParams{})
	want(t, "early fraud warning", it.Next(), true)
}

func TestSDKBalanceAndPayouts(t *testing.T) {
	t.Parallel()
	api := newBox(t).sdk()

	charged(t, api, "pm_card_bypassPending")
	before := must(api.Balance.Get(nil))(t).Available[0]
	want(t, "currency", before.Currency, stripe.CurrencyUSD)

	p := &stripe.PayoutParams{Amount: stripe.Int64(500), Currency: stripe.String("usd")}
	p.AddMetadata("a", "b")
	po := must(api.Payouts.New(p))(t)
	want(t, "payout", po.Status, stripe.PayoutStatusPending)
	want(t, "metadata", po.Metadata["a"], "b")
	want(t, "available", must(api.Balance.Get(nil))(t).Available[0].Amount, before.Amount-500)

	get := &stripe.PayoutParams{}
	get.AddExpand("balance_transaction")
	want(t, "entry", must(api.Payouts.Get(po.ID, get))(t).BalanceTransaction.Amount, -500)
	want(t, "canceled", must(api.Payouts.Cancel(po.ID, nil))(t).Status, stripe.PayoutStatusCanceled)

	_, err := api.Payouts.New(&stripe.PayoutParams{Amount: stripe.Int64(99_999_999), Currency: stripe.String("usd")})
	want(t, "too much", refusal(t, err).Code, stripe.ErrorCodeBalanceInsufficient)

	one := &stripe.BalanceTransactionListParams{Type: stripe.String("charge")}
	one.Limit = stripe.Int64(1)
	it := api.BalanceTransactions.List(one)
	entries := collect(t, it, func() string { return it.BalanceTransaction().ID })
	want(t, "entries of charges", len(entries), 1)
	want(t, "net", must(api.BalanceTransactions.Get(entries[0], nil))(t).Net, 2000-88)

	list := api.Payouts.List(&stripe.PayoutListParams{Status: stripe.String("canceled")})
	want(t, "listed", joined(collect(t, list, func() string { return list.Payout().ID })), po.ID)
}
