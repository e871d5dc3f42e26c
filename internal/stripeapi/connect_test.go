package stripeapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/customersession"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/testhost"
)

// TestEveryCallIsForItsAccount makes every call for a connected account, which
// Stripe must accept, and wants the account's header on each; and none on the
// calls of the client that it was made from.
func TestEveryCallIsForItsAccount(t *testing.T) {
	t.Parallel()
	base, seen := stripeMock(t)
	platform := stripeapi.New(stripeapi.Config{
		Key:        stripeapi.FixedKey("sk_test_123456789"),
		BaseURL:    base,
		Timeout:    testhost.Patience,
		AppVersion: "1.2.3",
	})

	ctx, now := context.Background(), time.Unix(1769860800, 0)

	for _, account := range []string{"acct_1", ""} {
		c := platform.For(account)
		p := payments.Params{
			Account:  account,
			Token:    "ctoken_1",
			Amount:   1099,
			Currency: "usd",
			Customer: "cus_1",
			Items: []orders.Item{{
				SKU:        "tea",
				Name:       "Tea",
				Quantity:   1,
				UnitAmount: 1099,
				Recurring:  &orders.Recurring{Interval: "month", IntervalCount: 1},
			}},
			ReturnURL: "https://shop.test/complete",
			Metadata:  map[string]string{payments.MetaOrder: "ord_1"},
			Fee:       30,
			FeeShare:  250,
		}

		again, setup, subscription := p, p, p
		again.IntentID, again.BringUpToDate = "pi_1", true
		setup.Mode, setup.Fee = orders.ModeSetup, 0
		subscription.Mode, subscription.Fee = orders.ModeSubscription, 0
		op := payments.Operation{
			ID:             "op_1",
			IntentID:       "pi_1",
			Amount:         600,
			Fee:            20,
			IdempotencyKey: "checkoutd-op_1",
		}

		back := op
		back.RefundFee = true

		for name, call := range map[string]func() error{
			"create":       func() error { _, err := c.Send(ctx, p, "checkoutd-1"); return err },
			"confirm":      func() error { _, err := c.Send(ctx, again, "checkoutd-2"); return err },
			"setup":        func() error { _, err := c.Send(ctx, setup, "checkoutd-3"); return err },
			"read":         func() error { _, err := c.Intent(ctx, "pi_1"); return err },
			"find":         func() error { _, _, err := c.FindIntent(ctx, p, now, now); return err },
			"find a setup": func() error { _, _, err := c.FindIntent(ctx, setup, now, now); return err },
			"cancel":       func() error { return c.CancelIntent(ctx, payments.Intent{ID: "pi_1"}, "checkoutd-4") },
			"token":        func() error { _, err := c.Method(ctx, "ctoken_1"); return err },
			"capture":      func() error { return c.Capture(ctx, op) },
			"refund":       func() error { return c.Refund(ctx, back) },
			"refunds":      func() error { _, err := c.Refunds(ctx, "pi_1"); return err },
			"dispute":      func() error { _, err := c.Dispute(ctx, "dp_1"); return err },
			"invoice":      func() error { _, err := c.Invoice(ctx, "in_1"); return err },
			"subscription": func() error { _, err := c.Subscription(ctx, "sub_1"); return err },
			"subscribe":    func() error { _, _ = c.Send(ctx, subscription, "checkoutd-5"); return nil }, // the mock's is for another amount
			"cash":         func() error { _, err := c.CashBalance(ctx, "cus_1"); return err },
			"customer":     func() error { _, err := c.CreateCustomer(ctx, "buy_1", "checkoutd-6"); return err },
			"check":        func() error { return c.CheckCustomer(ctx, "cus_1") },
			"session": func() error {
				_, err := c.CreateCustomerSession(ctx, "cus_1", customersession.Features{}, "checkoutd-7")
				return err
			},
			"events": func() error { _, _, err := platform.Events(ctx, account, now, ""); return err },
		} {
			before := len(seen())
			if err := call(); err != nil {
				t.Errorf("%s for %q: %v", name, account, err)
			}

			made := seen()[before:]
			if len(made) == 0 {
				t.Errorf("%s: no request", name)
			}

			for _, r := range made {
				if got := r.header.Get("Stripe-Account"); got != account || r.status != http.StatusOK {
					t.Errorf("%s: %s %s for account %q answered %d, want account %q and 200",
						name, r.method, r.path, got, r.status, account)
				}
			}
		}
	}
}

// TestSnapshotsAreOfTheirAccount: whoever settles one compares it.
func TestSnapshotsAreOfTheirAccount(t *testing.T) {
	t.Parallel()
	for _, account := range []string{"acct_1", ""} {
		c := client(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPost:
				w.WriteHeader(http.StatusPaymentRequired)
				_, _ = w.Write([]byte(`{"error": {"type": "card_error", "payment_intent": {"id": "pi_1"}}}`))
			case strings.HasPrefix(r.URL.Path, "/v1/subscriptions"):
				_, _ = w.Write([]byte(`{"id": "sub_1", "latest_invoice": {"id": "in_1",
					"billing_reason": "subscription_create", "payment_intent": {"id": "pi_1"}}}`))
			default:
				_, _ = w.Write([]byte(`{"id": "pi_1"}`))
			}
		}).For(account)

		if s, err := c.Intent(t.Context(), "pi_1"); err != nil || s.Account != account {
			t.Errorf("read: account %q, %v; want %q", s.Account, err, account)
		}
		if s, err := c.Subscription(t.Context(), "sub_1"); err != nil || s.First == nil || s.First.Account != account {
			t.Errorf("subscription: %+v, %v; want account %q", s.First, err, account)
		}

		_, err := c.Send(t.Context(), payments.Params{Account: account}, "checkoutd-1")

		var e *payments.CallError
		if !errors.As(err, &e) || e.Snapshot == nil || e.Snapshot.Account != account {
			t.Errorf("refused: %+v, want a snapshot of account %q", err, account)
		}
	}
}

// TestNothingIsSentInAnotherAccountsName: the attempt and the client must
// agree.
func TestNothingIsSentInAnotherAccountsName(t *testing.T) {
	t.Parallel()
	c := client(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was sent", r.Method, r.URL.Path) })
	if _, err := c.For("acct_1").Send(t.Context(), payments.Params{}, "checkoutd-1"); err == nil {
		t.Error("an attempt of the platform's account was sent for a connected one")
	}
	if _, err := c.Send(t.Context(), payments.Params{Account: "acct_1"}, "checkoutd-1"); err == nil {
		t.Error("an attempt of a connected account was sent for the platform's")
	}
}

// TestWhatThePlatformTakes checks the parameters of fees and transfers.
func TestWhatThePlatformTakes(t *testing.T) {
	t.Parallel()
	direct := payments.Params{Account: "acct_1", Fee: 30}
	destination := payments.Params{TransferTo: "acct_2", Transfer: 900}
	both := payments.Params{TransferTo: "acct_2", Fee: 30}

	again := func(p payments.Params) payments.Params {
		p.IntentID, p.BringUpToDate = "pi_1", true
		return p
	}

	free := again(direct)
	free.Fee = 0

	for name, tt := range map[string]struct {
		params payments.Params
		want   url.Values
	}{
		"a direct charge": {direct, url.Values{"application_fee_amount": {"30"}}},
		"a destination charge": {destination, url.Values{
			"transfer_data[destination]": {"acct_2"}, "transfer_data[amount]": {"900"},
		}},
		"a destination charge with a fee": {both, url.Values{
			"transfer_data[destination]": {"acct_2"}, "application_fee_amount": {"30"},
		}},
		"a direct charge once more":             {again(direct), url.Values{"application_fee_amount": {"30"}}},
		"a direct charge without a fee anymore": {free, url.Values{"application_fee_amount": {""}}},
		"a destination charge once more":        {again(destination), url.Values{"transfer_data[amount]": {"900"}}},
		"no account":                            {again(payments.Params{}), url.Values{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked := false
			c := client(t, func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				for _, param := range []string{"application_fee_amount", "transfer_data[destination]", "transfer_data[amount]"} {
					got, sent := r.PostForm[param]
					want, wanted := tt.want[param]
					if !checked && (sent != wanted || sent && got[0] != want[0]) {
						t.Errorf("%s is %q, want %q", param, got, want)
					}
				}

				checked = true // what follows is the confirm
				_, _ = w.Write([]byte(`{"id": "pi_1"}`))
			}).For(tt.params.Account)
			if _, err := c.Send(t.Context(), tt.params, "checkoutd-1"); err != nil || !checked {
				t.Errorf("%v, checked %t", err, checked)
			}
		})
	}
}
