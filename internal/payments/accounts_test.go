package payments_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/idempotency"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// accounts are where the orders of these tests are charged: in the platform's
// own account, and in a connected one.
var accounts = []string{"", "acct_1"}

// otherAccount returns an account that is not the given one.
func otherAccount(account string) string {
	if account == "" {
		return "acct_other"
	}
	return ""
}

// inAccount returns a fixture whose order is charged in the account.
func inAccount(t *testing.T, account string) *fixture {
	f := newFixture(t)
	f.store.states[orderID].Order.Account = account
	return f
}

// wantNothingFrom settles snapshots of another account with the ID and the mark
// of the order's intent, in every final status, and fails if any of them counts
// or changes the order.
func (f *fixture) wantNothingFrom(account string, p payments.Params) {
	f.Helper()
	before := f.state()

	for _, status := range []payments.Status{succeeded, gone, capturing} {
		s := snap(p, status)
		s.Account = account

		if err := f.svc.Settle(context.Background(), orderID, s, nil); !errors.Is(err, payments.ErrNotOurs) {
			f.Fatalf("%s of account %q: got %v, want ErrNotOurs", status, account, err)
		}
	}

	if after := f.state(); !reflect.DeepEqual(before, after) {
		f.Fatalf("account %q changed the order from %+v to %+v", account, before, after)
	}
}

func TestOrderOfAnAccountIsChargedThere(t *testing.T) {
	t.Parallel()
	f := inAccount(t, "acct_1")
	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	p := f.sent(0)

	_, keys := f.stripe.Sent()
	if p.Account != "acct_1" || keys[0] != idempotency.Attempt("acct_1", f.state().Attempts[0].ID) {
		t.Errorf("sent for account %q under %q", p.Account, keys[0])
	}

	f.wantOrder(orders.Paid, orders.PaymentPaid)
}

func TestMarkOfAnotherAccountNamesNoOrder(t *testing.T) {
	t.Parallel()
	for _, account := range accounts {
		f := inAccount(t, account)
		f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
			return payments.Snapshot{}, errReset
		})
		_, _ = f.confirm("ctoken_a")

		mark := payments.MarkOf(f.sent(0).Metadata)
		for _, ref := range []payments.Ref{
			{Account: otherAccount(account), IntentID: "pi_copy", Mark: mark},
			{Account: otherAccount(account), SubscriptionID: "sub_copy", Mark: mark},
		} {
			got, err := f.svc.OrderOf(t.Context(), ref)
			if err != nil || got != (payments.Match{Elsewhere: true}) {
				t.Errorf("account %q: got %+v, %v; want an order of another account", account, got, err)
			}
		}

		got, err := f.svc.OrderOf(t.Context(), payments.Ref{
			Account:  account,
			IntentID: intentID,
			Mark:     mark,
		})
		if want := (payments.Match{OrderID: orderID, Ours: true}); err != nil || got != want {
			t.Errorf("account %q: got %+v, %v; want %+v", account, got, err, want)
		}
	}
}

// TestMoneyOfAnotherAccountIsNoForeignPayment: it is nobody's business here, so
// that no person is asked about it either.
func TestMoneyOfAnotherAccountIsNoForeignPayment(t *testing.T) {
	t.Parallel()
	for _, account := range accounts {
		f := inAccount(t, account)
		s := payments.Snapshot{
			ID:             "pi_copy",
			Account:        otherAccount(account),
			OrderID:        orderID,
			Status:         succeeded,
			Amount:         1099,
			AmountReceived: 1099,
			Currency:       "usd",
		}
		if err := f.svc.Settle(t.Context(), orderID, s, nil); !errors.Is(err, payments.ErrNotOurs) {
			t.Errorf("account %q: got %v, want ErrNotOurs", account, err)
		}
		if list := f.state().ForeignPayments; len(list) != 0 {
			t.Errorf("account %q: foreign payments %+v", account, list)
		}
	}
}

// TestAdoptReadsInTheOrdersAccount: an intent of another account does not exist
// there.
func TestAdoptReadsInTheOrdersAccount(t *testing.T) {
	t.Parallel()
	f := inAccount(t, "acct_1")
	s := snap(payments.Params{Amount: 1099, Currency: "usd"}, succeeded)
	f.stripe.PutIntent(s)

	ops := payments.NewOperations(f.svc, nil)
	if _, err := ops.Adopt(t.Context(), orderID, intentID); !fault.Is(err, "intent_not_found") {
		t.Errorf("got %v, want that there is no such intent", err)
	}

	s.Account = "acct_1"
	f.stripe.PutIntent(s)

	if _, err := ops.Adopt(t.Context(), orderID, intentID); err != nil {
		t.Error(err)
	}

	f.wantOrder(orders.Paid, orders.PaymentPaid)
}

// noAccess is Stripe's refusal of every call for an account that its owner has
// disconnected.
var noAccess = &payments.CallError{
	Outcome: payments.OutcomeRefused,
	Stripe:  payments.StripeError{Type: payments.TypePermission, Code: "account_invalid"},
}

// TestDisconnectedBeforeTheCall: the refusal of the only request proves that
// nothing was taken. The order stays open, and expires.
func TestDisconnectedBeforeTheCall(t *testing.T) {
	t.Parallel()
	f := inAccount(t, "acct_1")
	f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
		return payments.Snapshot{}, noAccess
	})

	if _, err := f.confirm("ctoken_a"); !fault.Is(err, "payment_unavailable") {
		t.Errorf("got %v, want that the shop cannot take the payment", err)
	}

	f.wantAttempts(payments.Failed)
	f.wantOrder(orders.Open, orders.PaymentFailed)

	f.stripe.SetDown(noAccess)
	f.clock.Advance(25 * time.Hour)
	f.runOnce()

	if got := f.state().Order.Status; got != orders.Expired {
		t.Errorf("the order is %s after its time", got)
	}
}

// TestDisconnectedWhileUnknown: whether money moved cannot be found out, so
// that a person has to look, and nothing is guessed. If the account comes back,
// the attempt is settled.
func TestDisconnectedWhileUnknown(t *testing.T) {
	t.Parallel()
	f := inAccount(t, "acct_1")
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		f.stripe.PutIntent(snap(p, succeeded))
		return payments.Snapshot{}, errReset
	})

	_, _ = f.confirm("ctoken_a")
	f.wantAttempts(payments.Unknown)

	f.stripe.OnSend(func(payments.Params, string) (payments.Snapshot, error) {
		return payments.Snapshot{}, noAccess
	})
	f.stripe.SetDown(noAccess)

	for range 10 {
		f.clock.Advance(4 * time.Minute)
		f.runOnce()
	}

	f.wantAttempts(payments.Unknown)
	f.wantOrder(orders.Review, orders.PaymentReview)
	calls := f.calls()

	f.clock.Advance(time.Hour)
	f.runOnce()

	if f.calls() != calls {
		t.Error("the call was sent again")
	}

	f.stripe.SetDown(nil)
	f.clock.Advance(7 * time.Hour)
	f.runOnce()
	f.wantAttempts(payments.Succeeded)
	f.wantOrder(orders.Review, orders.PaymentReview)
}

// TestDisconnectedWhileItWaits: an intent that waits for its buyer can be
// neither read nor canceled when the order expires.
func TestDisconnectedWhileItWaits(t *testing.T) {
	t.Parallel()
	f := inAccount(t, "acct_1")
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, action)
		f.stripe.PutIntent(s)
		return s, nil
	})

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	f.stripe.SetDown(noAccess)
	f.clock.Advance(time.Hour)
	f.runOnce()
	f.wantOrder(orders.Open, orders.RequiresAction)

	f.clock.Advance(24 * time.Hour)
	f.runOnce()
	f.wantOrder(orders.Review, orders.PaymentReview)
}

// readOnly is the refusal of every call that would change something in an
// account whose owner allows reading only.
var readOnly = &payments.CallError{
	Outcome: payments.OutcomeRefused,
	Stripe: payments.StripeError{
		Type:    payments.TypePermission,
		Code:    payments.CodeReadOnly,
		Message: "This account may only be read.",
	},
}

// waitingInAccount returns a fixture whose order waits for its buyer in an
// account that may only be read from then on.
func waitingInAccount(t *testing.T) *fixture {
	f := inAccount(t, "acct_1")
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		s := snap(p, action)
		s.Account = "acct_1"
		f.stripe.PutIntent(s)
		return s, nil
	})

	if _, err := f.confirm("ctoken_a"); err != nil {
		t.Fatal(err)
	}

	f.stripe.OnCancel(func() error { return readOnly })

	return f
}

// TestExpiredInAReadOnlyAccount: nothing cancels the intent, so that a person
// has to look. What has become of the intent by itself is read all the same.
func TestExpiredInAReadOnlyAccount(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status  payments.Status
		order   orders.Status
		payment orders.PaymentStatus
	}{
		{action, orders.Review, orders.PaymentReview},
		{succeeded, orders.Paid, orders.PaymentPaid},
		{gone, orders.Expired, orders.Unpaid},
	} {
		t.Run(string(tt.status), func(t *testing.T) {
			t.Parallel()
			f := waitingInAccount(t)
			in, _ := f.stripe.Peek(intentID)
			in.Status = tt.status
			if tt.status == succeeded {
				in.AmountReceived = in.Amount
			}
			f.stripe.PutIntent(in)

			f.clock.Advance(25 * time.Hour)
			f.runOnce()
			f.wantOrder(tt.order, tt.payment)
		})
	}
}

// TestEndedWhileItIsRefused: the intent ends between the refusal and the
// reading after it. The order expires at the next check.
func TestEndedWhileItIsRefused(t *testing.T) {
	t.Parallel()
	f := waitingInAccount(t)
	f.stripe.OnCancel(func() error {
		in, _ := f.stripe.Peek(intentID)
		in.Status = gone
		f.stripe.PutIntent(in)
		return readOnly
	})

	f.clock.Advance(25 * time.Hour)
	f.runOnce()
	f.wantOrder(orders.Open, orders.Unpaid)

	f.clock.Advance(time.Hour)
	f.runOnce()
	f.wantOrder(orders.Expired, orders.Unpaid)
}

// TestCancelInAReadOnlyAccount: the shop is told why its order stays open.
func TestCancelInAReadOnlyAccount(t *testing.T) {
	t.Parallel()
	f := waitingInAccount(t)
	_, err := payments.NewOperations(f.svc, nil).CancelOrder(t.Context(), orderID)
	want := "The cancel failed: Stripe refused: This account may only be read."
	if e := fault.Of(err); e.Code != "operation_failed" || e.Message != want {
		t.Errorf("got %v, want %q", err, want)
	}
	f.wantOrder(orders.Open, orders.RequiresAction)
}

// TestOperationOnADisconnectedAccount: a refund that Stripe refuses has failed,
// and one whose outcome is not known stays so.
func TestOperationOnADisconnectedAccount(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"refused": false, "unknown": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := confirmed(t, succeeded)
			s.store.states[orderID].Order.Account = "acct_1"
			in, _ := s.stripe.Peek(intentID)
			in.Account = "acct_1"
			s.stripe.PutIntent(in)

			s.bank.before = func() error {
				if lost {
					return errReset
				}
				return noAccess
			}

			s.stripe.SetDown(noAccess)

			want := "operation_failed"
			if lost {
				want = "operation_unknown"
			}

			if _, err := s.refund(500); !fault.Is(err, want) {
				t.Errorf("got %v, want %s", err, want)
			}

			s.clock.Advance(time.Hour)
			if _, err := s.refund(600); lost && !fault.Is(err, "operation_unknown") {
				t.Errorf("later: got %v; whether the first was made is not known", err)
			}
		})
	}
}

// TestUsualRefundOfTheFee: CONNECT_FEE_REFUND gives back what was taken, and
// refuses no refund. What an attempt before the one that paid asked for does
// not count, and the destination of a destination charge keeps its transfer
// with the fee.
func TestUsualRefundOfTheFee(t *testing.T) {
	t.Parallel()
	fee, none := int64(75), int64(0)
	for name, tt := range map[string]struct {
		former, paid *int64
		destination  string
		reverse      bool
		want         bool
	}{
		"a fee":                         {paid: &fee, want: true},
		"no fee":                        {paid: &none},
		"a fee after none":              {former: &none, paid: &fee, want: true},
		"none after a fee":              {former: &fee, paid: &none},
		"a destination that keeps":      {paid: &fee, destination: "acct_2"},
		"a destination that gives back": {paid: &fee, destination: "acct_2", reverse: true, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.config.RefundFee = true
			s.restart()

			o := &s.store.states[orderID].Order
			o.Mode, o.Account, o.Connect.Destination = orders.ModePayment, "acct_1", tt.destination
			if tt.destination != "" {
				o.Account = ""
			}

			settle := func(p payments.Params, _ string) (payments.Snapshot, error) {
				made := snap(p, succeeded)
				made.TransferTo = p.TransferTo
				s.stripe.PutIntent(made)
				return made, nil
			}

			if tt.former != nil {
				o.Connect.Fee = tt.former
				s.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
					return payments.Snapshot{}, declined(p)
				})
				_, _ = s.confirm("ctoken_former")
			}

			s.store.states[orderID].Order.Connect.Fee = tt.paid
			s.stripe.OnSend(settle)
			if _, err := s.confirm("ctoken_paid"); err != nil {
				t.Fatal(err)
			}

			res, err := s.do(payments.OperationRequest{
				Kind:            payments.OperationRefund,
				UsualFee:        true,
				ReverseTransfer: tt.reverse,
			})
			if err != nil || res.Operation.RefundFee != tt.want {
				t.Errorf("the fee is given back: %t, %v; want %t", res.Operation.RefundFee, err, tt.want)
			}
		})
	}
}

// TestCaptureOfASmallPartHasAFee: without one, Stripe would take the fee of the
// whole order.
func TestCaptureOfASmallPartHasAFee(t *testing.T) {
	t.Parallel()
	s := confirmed(t, capturing)
	o := &s.store.states[orderID].Order
	o.Mode, o.Connect = orders.ModePayment, orders.ConnectTerms{
		Destination: "acct_2",
		Rule:        orders.Rule{BasisPoints: 250},
	}
	in, _ := s.stripe.Peek(intentID)
	in.TransferTo = "acct_2"
	s.stripe.PutIntent(in)

	if _, err := s.capture(19); err != nil {
		t.Fatal(err)
	}
	if got := s.bank.sent[0].Fee; got != 1 {
		t.Errorf("the capture has a fee of %d, want 1", got)
	}
}

// TestFeeOfADestinationGoesBackWithItsTransfer: Stripe demands both.
func TestFeeOfADestinationGoesBackWithItsTransfer(t *testing.T) {
	t.Parallel()
	s := confirmed(t, succeeded)
	st := s.store.states[orderID]
	st.Order.Connect.Destination, st.Attempts[0].Params.Fee = "acct_2", 75

	req := payments.OperationRequest{Kind: payments.OperationRefund, RefundFee: true}
	if _, err := s.do(req); !fault.Is(err, "fee_needs_reversal") {
		t.Errorf("got %v, want a refusal", err)
	}

	req.ReverseTransfer = true
	if _, err := s.do(req); err != nil {
		t.Error(err)
	}
}
