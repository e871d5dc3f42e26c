package payments_test

import (
	"context"
	"fmt"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// asking returns the fixture of an order whose every attempt asks for 3D
// Secure, each with an intent of its own.
func asking(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	n := 0
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		n++
		s := snap(p, payments.StatusRequiresAction)
		s.ID = fmt.Sprintf("pi_%d", n)
		f.stripe.PutIntent(s)
		return s, nil
	})

	return f
}

func TestAttemptThatWaitsForItsBuyerIsReplacedAFewTimes(t *testing.T) {
	t.Parallel()
	f := asking(t)
	for n := range 6 {
		if _, err := f.confirm(fmt.Sprintf("ctoken_%d", n)); err != nil {
			t.Fatalf("token %d: %v", n, err)
		}
	}

	read, canceled := f.stripe.Readings(), f.stripe.Canceled()
	if _, err := f.confirm("ctoken_more"); codeOf(err) != "too_many_replacements" {
		t.Errorf("the seventh token gets %v, want too_many_replacements", err)
	}

	if f.calls() != 6 || f.stripe.Readings() != read || f.stripe.Canceled() != canceled {
		t.Errorf("Stripe was called for a token that was refused: %d sent, %d read, %d canceled",
			f.calls(), f.stripe.Readings()-read, f.stripe.Canceled()-canceled)
	}

	f.wantOrder(orders.Open, orders.RequiresAction)

	// The one that is open can still be paid.
	f.stripe.SetStatus("pi_6", payments.StatusSucceeded)

	if err := f.svc.SettleFresh(context.Background(), orderID, "pi_6", nil); err != nil {
		t.Fatal(err)
	}

	f.wantPaidOnce()
}

func TestReplacementThatTheLimitRefusesCallsNobody(t *testing.T) {
	t.Parallel()
	f := asking(t)
	limit := fault.New(fault.TooMany, "rate_limited", "Later.")
	req := payments.ConfirmRequest{
		OrderID: orderID,
		Token:   "ctoken_a",
		Replace: func() error { return limit },
	}
	if _, err := f.svc.Confirm(context.Background(), req); err != nil {
		t.Fatalf("a first token replaces nothing: %v", err)
	}

	req.Token = "ctoken_b"
	if _, err := f.svc.Confirm(context.Background(), req); codeOf(err) != "rate_limited" {
		t.Errorf("the second token gets %v, want rate_limited", err)
	}

	if f.calls() != 1 || f.stripe.Readings() != 0 || f.stripe.Canceled() != 0 {
		t.Errorf("%d sent, %d read, %d canceled; want only the first to be sent",
			f.calls(), f.stripe.Readings(), f.stripe.Canceled())
	}
}

// A subscription that nobody pays has a dozen events, which only repeat that.
func TestEventsOfAnUnpaidSubscriptionNeedNoReading(t *testing.T) {
	t.Parallel()
	sub := func(s payments.SubscriptionStatus) payments.SubscriptionNews {
		return payments.SubscriptionNews{Status: s}
	}
	invoice := func(s string) payments.SubscriptionNews { return payments.SubscriptionNews{InvoiceStatus: s} }

	for name, tt := range map[string]struct {
		known payments.SubscriptionStatus
		news  payments.SubscriptionNews
		reads int
	}{
		"still incomplete":                   {incomplete, sub(incomplete), 0},
		"its invoice is open":                {incomplete, invoice("open"), 0},
		"its invoice is void":                {incomplete, invoice("void"), 0},
		"its invoice is paid":                {incomplete, invoice("paid"), 1},
		"its invoice is lost":                {incomplete, invoice("uncollectible"), 1},
		"it became active":                   {incomplete, sub(active), 1},
		"active, and its invoice is open":    {active, invoice("open"), 1},
		"active, and something else changed": {active, sub(active), 1},
		"an event without a status":          {incomplete, sub(""), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixtureOf(t, orders.ModeSubscription)
			status := payments.StatusRequiresAction
			if tt.known == active {
				status = succeeded
			}

			f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
				f.happen(p, moment{intent: status, sub: tt.known})
				return snapOf(p, status, tt.known), nil
			})

			if _, err := f.confirm("ctoken_a"); err != nil {
				t.Fatal(err)
			}

			before := f.stripe.Readings()
			news := []payments.SubscriptionNews{tt.news}
			if err := f.svc.SettleSubscriptionNews(t.Context(), orderID, subID, news, nil); err != nil {
				t.Fatal(err)
			}
			if got := f.stripe.Readings() - before; got != tt.reads {
				t.Errorf("%d readings, want %d", got, tt.reads)
			}
		})
	}
}

func TestEventsDuringTheOwnCallNeedNoReading(t *testing.T) {
	t.Parallel()
	f := newFixtureOf(t, orders.ModeSubscription)
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		f.happen(p, moment{intent: action, sub: incomplete})

		err := f.svc.SettleSubscriptionNews(t.Context(), orderID, subID,
			[]payments.SubscriptionNews{{Status: incomplete}}, nil)
		if err != nil || f.stripe.Readings() != 0 {
			t.Errorf("%d readings, %v; want none while the call is open", f.stripe.Readings(), err)
		}

		return snapOf(p, action, incomplete), nil
	})

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	f.wantSubscription(incomplete)
}
