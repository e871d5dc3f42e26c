package payments_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

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
