package storetest

import (
	"testing"
	"time"

	"checkoutd/internal/customersession"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// inAccount stores an order that is charged in an account, with an intent, a
// subscription and an attempt that waits for a transfer, all named after it.
func (f *fixture) inAccount(account, name string) orders.Order {
	f.t.Helper()
	o := newOrder()
	o.Account, o.CustomerID = account, "cus_"+name

	if err := f.CreateOrder(f.ctx, o); err != nil {
		f.t.Fatal(err)
	}

	f.update(o.ID, func(st *payments.State) {
		a := newAttempt(1)
		a.Instructions.Kind = payments.KindTransfer
		st.Attempts = append(st.Attempts, a)
		st.Intents = append(st.Intents, newIntent("pi_"+name))
		sub := newSubscription("sub_" + name)
		sub.CustomerID, sub.Status = o.CustomerID, payments.SubscriptionActive
		st.Subscriptions = append(st.Subscriptions, sub)
	})

	return o
}

// testAccounts: nothing of one account is found in another, and the platform's
// own account is no exception.
func testAccounts(t *testing.T, e Engine) {
	f := newFixture(t, e)
	own, connected := f.inAccount("", "of_own"), f.inAccount("acct_1", "of_connected")

	for _, tt := range []struct {
		account, name, want string
	}{
		{"", "of_own", own.ID},
		{"acct_1", "of_connected", connected.ID},
		{"acct_1", "of_own", ""},
		{"", "of_connected", ""},
		{"acct_2", "of_connected", ""},
	} {
		for what, find := range map[string]func() (string, error){
			"intent":       func() (string, error) { return f.OrderOfIntent(f.ctx, tt.account, "pi_"+tt.name) },
			"subscription": func() (string, error) { return f.OrderOfSubscription(f.ctx, tt.account, "sub_"+tt.name) },
			"transfer":     func() (string, error) { return f.OrderOfTransfer(f.ctx, tt.account, "cus_"+tt.name) },
		} {
			if got, err := find(); err != nil || got != tt.want {
				t.Errorf("%s %s in account %q: got %q, %v; want %q", what, tt.name, tt.account, got, err, tt.want)
			}
		}

		for what, ask := range map[string]func() (bool, error){
			"event of the intent":       func() (bool, error) { return f.KnowsEvent(f.ctx, tt.account, "pi_"+tt.name, "") },
			"event of the subscription": func() (bool, error) { return f.KnowsEvent(f.ctx, tt.account, "sub_"+tt.name, "") },
			"event of the customer":     func() (bool, error) { return f.KnowsEvent(f.ctx, tt.account, "", "cus_"+tt.name) },
			"subscription of the customer": func() (bool, error) {
				return f.HasSubscription(f.ctx, tt.account, "cus_"+tt.name)
			},
		} {
			if got, err := ask(); err != nil || got != (tt.want != "") {
				t.Errorf("%s %s in account %q: got %t, %v", what, tt.name, tt.account, got, err)
			}
		}
	}

	if got, err := f.OrderWithIntent(f.ctx, "pi_of_connected"); err != nil || got != connected.ID {
		t.Errorf("the order with the intent: got %q, %v", got, err)
	}

	if got, err := f.LastIntent(f.ctx); err != nil || got != "pi_of_own" {
		t.Errorf("the last intent of the own account: got %q, %v", got, err)
	}

	for account, want := range map[string]bool{"acct_1": true, "acct_2": false, "": false} {
		if got, err := f.ChargesIn(f.ctx, account); err != nil || got != want {
			t.Errorf("charges in account %q: got %t, %v; want %t", account, got, err, want)
		}
	}

	t.Run("a buyer has one customer in each account", func(t *testing.T) {
		for _, account := range []string{"", "acct_1", "acct_2"} {
			want := "cus_in_" + account
			if got, err := f.SetBuyer(f.ctx, account, "buy_1", want); err != nil || got != want {
				t.Errorf("account %q: bound %q, %v", account, got, err)
			}
			if got, err := f.SetBuyer(f.ctx, account, "buy_1", "cus_late"); err != nil || got != want {
				t.Errorf("account %q: bound %q, %v, want the first", account, got, err)
			}
		}

		if err := f.ForgetBuyer(f.ctx, "acct_1", "buy_1", "cus_in_"); err != nil {
			t.Fatal(err)
		}
		if err := f.ForgetBuyer(f.ctx, "acct_2", "buy_1", "cus_in_acct_2"); err != nil {
			t.Fatal(err)
		}

		for account, want := range map[string]string{
			"":       "cus_in_",
			"acct_1": "cus_in_acct_1",
			"acct_2": "",
		} {
			if got, err := f.Buyer(f.ctx, account, "buy_1"); err != nil || got != want {
				t.Errorf("account %q: got %q, %v; want %q", account, got, err, want)
			}
		}
	})

	t.Run("a buyer is revoked by the customer of any account", func(t *testing.T) {
		for _, account := range []string{"", "acct_1"} {
			if _, err := f.SetBuyer(f.ctx, account, "buy_2", "cus_2_in_"+account); err != nil {
				t.Fatal(err)
			}
		}

		tok := customersession.Token{
			Hash:      orders.HashToken("TOKEN"),
			BuyerID:   "buy_2",
			CreatedAt: start,
			ExpiresAt: start.Add(time.Hour),
		}
		if added, err := f.AddToken(f.ctx, tok, nil, start); err != nil || !added {
			t.Fatalf("added %t, %v", added, err)
		}

		if n, err := f.RevokeBuyers(f.ctx, "cus_2_in_acct_1", start); err != nil || n != 1 {
			t.Errorf("revoked %d tokens, %v; want 1", n, err)
		}

		tok.Hash = orders.HashToken("ANOTHER")
		if added, err := f.AddToken(f.ctx, tok, nil, start); err != nil || added {
			t.Errorf("a revoked buyer got another token: %t, %v", added, err)
		}
	})
}
