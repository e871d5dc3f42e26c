package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"checkoutd/internal/customersession"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
)

func testCustomers(t *testing.T, e Engine) {
	f := newFixture(t, e)
	second := f.open(store.Options{})
	stores := []*store.Store{f.Store, second}
	t.Run("the first customer of a buyer stays", func(t *testing.T) {
		t.Parallel()
		if id, err := f.Buyer(f.ctx, "", "buy_1"); id != "" || err != nil {
			t.Errorf("got %q, %v", id, err)
		}

		bound := make([]string, callers)
		together(callers, func(i int) {
			var err error
			if bound[i], err = stores[i%2].SetBuyer(f.ctx, "", "buy_1", fmt.Sprintf("cus_%d", i)); err != nil {
				t.Error(err)
			}
		})

		stored, err := f.Buyer(f.ctx, "", "buy_1")
		if err != nil {
			t.Fatal(err)
		}

		for _, id := range bound {
			if id == "" || id != stored {
				t.Errorf("the caller got %q, stored is %q", id, stored)
			}
		}
	})

	t.Run("the first customer of an order stays", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		named := make([]string, callers)
		together(callers, func(i int) {
			var err error
			if named[i], err = stores[i%2].SetCustomer(f.ctx, o, fmt.Sprintf("cus_%d", i)); err != nil {
				t.Error(err)
			}
		})

		stored := f.state(o.ID).Order.CustomerID
		for _, id := range named {
			if id == "" || id != stored {
				t.Errorf("the caller got %q, stored is %q", id, stored)
			}
		}
	})

	t.Run("an order whose buyer was named meanwhile gets no customer", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		f.update(o.ID, func(st *payments.State) { st.Order.CustomerReference = "user-42" })

		if id, err := f.SetCustomer(f.ctx, o, "cus_of_another"); id != "" || err != nil {
			t.Errorf("got %q, %v", id, err)
		}
		if id, err := f.SetCustomer(f.ctx, f.state(o.ID).Order, "cus_1"); id != "cus_1" || err != nil {
			t.Errorf("the buyer whom the shop named got %q, %v", id, err)
		}
	})

	t.Run("an order that is not open gets no customer", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		f.update(o.ID, func(st *payments.State) { st.Order.Status = orders.Canceled })

		if id, err := f.SetCustomer(f.ctx, o, "cus_1"); id != "" || err != nil {
			t.Errorf("got %q, %v", id, err)
		}
		if _, err := f.SetCustomer(f.ctx, orders.Order{ID: "ord_none"}, "cus_1"); !errors.Is(err, orders.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})

	t.Run("a buyer's customer is forgotten only by its id", func(t *testing.T) {
		t.Parallel()
		for _, step := range []struct{ forget, want string }{{"cus_other", "cus_1"}, {"cus_1", ""}, {"cus_1", ""}} {
			if step.want != "" {
				if _, err := f.SetBuyer(f.ctx, "", "buy_gone", "cus_1"); err != nil {
					t.Fatal(err)
				}
			}

			if err := f.ForgetBuyer(f.ctx, "", "buy_gone", step.forget); err != nil {
				t.Fatal(err)
			}
			if got, err := f.Buyer(f.ctx, "", "buy_gone"); got != step.want || err != nil {
				t.Errorf("after forgetting %q: %q, %v; want %q", step.forget, got, err, step.want)
			}
		}
	})

	t.Run("a deleted customer of an order is replaced until there is a payment", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		for _, step := range []struct{ prev, next, want string }{
			{"", "cus_1", "cus_1"}, {"cus_other", "cus_2", "cus_1"}, {"cus_1", "cus_2", "cus_2"},
		} {
			o.CustomerID = step.prev
			if got, err := f.SetCustomer(f.ctx, o, step.next); got != step.want || err != nil {
				t.Errorf("%q after %q: got %q, %v; want %q", step.next, step.prev, got, err, step.want)
			}
		}

		for _, step := range []struct {
			name   string
			change func(*payments.State)
			want   string
		}{
			{"an active attempt", func(st *payments.State) {
				st.Attempts = append(st.Attempts, newAttempt(1))
			}, "cus_2"},
			{"a failed attempt", func(st *payments.State) {
				st.Attempts[0].State = payments.Failed
			}, "cus_3"},
			{"an intent", func(st *payments.State) {
				st.Intents = append(st.Intents, newIntent("pi_of_deleted_customer"))
			}, "cus_3"},
			{"a canceled intent", func(st *payments.State) {
				st.Intents[0].Status = payments.StatusCanceled
			}, "cus_4"},
		} {
			f.update(o.ID, step.change)
			o := f.state(o.ID).Order
			next := map[string]string{"cus_2": "cus_3", "cus_3": "cus_4"}[o.CustomerID]
			if got, err := f.SetCustomer(f.ctx, o, next); got != step.want || err != nil {
				t.Errorf("with %s: got %q, %v; want %q", step.name, got, err, step.want)
			}
		}
	})

	t.Run("a customer has a subscription until it has ended for good", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		o := f.order()
		for _, step := range []struct {
			status payments.SubscriptionStatus
			want   bool
		}{
			{payments.SubscriptionIncomplete, true},
			{payments.SubscriptionTrialing, true},
			{payments.SubscriptionActive, true},
			{payments.SubscriptionPastDue, true},
			{payments.SubscriptionUnpaid, true},
			{payments.SubscriptionPaused, true},
			{payments.SubscriptionCanceled, false},
			{payments.SubscriptionIncompleteExpired, false},
		} {
			f.update(o.ID, func(st *payments.State) {
				s := newSubscription("sub_" + string(step.status))
				s.CustomerID, s.Status = "cus_with_"+string(step.status), step.status
				st.Subscriptions = append(st.Subscriptions, s)
			})

			if got, err := f.HasSubscription(f.ctx, "", "cus_with_"+string(step.status)); got != step.want || err != nil {
				t.Errorf("%s: got %t, %v; want %t", step.status, got, err, step.want)
			}
		}

		if got, err := f.HasSubscription(f.ctx, "", "cus_of_nobody"); got || err != nil {
			t.Errorf("a customer without one: got %t, %v", got, err)
		}
	})

	t.Run("a key is created once, and each name has its own", func(t *testing.T) {
		t.Parallel()
		keys := make([][]byte, callers)
		together(callers, func(i int) {
			var err error
			if keys[i], err = stores[i%2].Key(f.ctx, "cookie"); err != nil {
				t.Error(err)
			}
		})

		for _, k := range keys {
			if len(k) != 32 || !bytes.Equal(k, keys[0]) {
				t.Errorf("got %x and %x", k, keys[0])
			}
		}

		if bound, err := f.BoundTo(f.ctx); err != nil || bound != "" {
			t.Errorf("it is bound to %q before the first Bind, %v", bound, err)
		}
		if bound, err := f.Bind(f.ctx, "sandbox"); err != nil || bound != "sandbox" {
			t.Errorf("bound to %q, %v; want sandbox", bound, err)
		}
		if bound, err := f.Bind(f.ctx, "live"); err != nil || bound != "sandbox" {
			t.Errorf("bound again to %q, %v; want the first binding, sandbox", bound, err)
		}
		if bound, err := f.BoundTo(f.ctx); err != nil || bound != "sandbox" {
			t.Errorf("it is bound to %q, %v; want sandbox", bound, err)
		}
		if other, err := f.Key(f.ctx, "other"); err != nil || bytes.Equal(other, keys[0]) {
			t.Errorf("another name has the same key, or %v", err)
		}
	})
}

func testAccount(t *testing.T, e Engine) {
	f := newFixture(t, e)
	want := func(what, want, got string, err error) {
		t.Helper()
		if err != nil || got != want {
			t.Errorf("%s: the account is %q, %v; want %q", what, got, err, want)
		}
	}

	got, err := f.Account(f.ctx)
	want("at first", "", got, err)
	got, err = f.BindAccount(f.ctx, "acct_1")
	want("bound", "acct_1", got, err)
	got, err = f.BindAccount(f.ctx, "acct_2")
	want("without orders", "acct_2", got, err)

	f.order()
	got, err = f.BindAccount(f.ctx, "acct_1")
	want("with orders", "acct_2", got, err)

	if err := f.MoveAccount(f.ctx, "acct_1"); err != nil {
		t.Fatal(err)
	}

	got, err = f.Account(f.ctx)
	want("moved", "acct_1", got, err)
}

func testBuyerTokens(t *testing.T, e Engine) {
	f := newFixture(t, e)
	second := f.open(store.Options{})
	stores := []*store.Store{f.Store, second}

	token := func(value, buyer string) customersession.Token {
		return customersession.Token{
			Hash:      orders.HashToken(value),
			BuyerID:   buyer,
			CreatedAt: start,
			ExpiresAt: start.Add(365 * 24 * time.Hour),
		}
	}

	add := func(t *testing.T, value, buyer string) {
		t.Helper()
		if added, err := f.AddToken(f.ctx, token(value, buyer), nil, start); err != nil || !added {
			t.Fatalf("adding %s: %t, %v", value, added, err)
		}
	}

	buyerOf := func(t *testing.T, value string, at time.Time) string {
		t.Helper()
		got, ok, err := second.UseToken(f.ctx, orders.HashToken(value), at)
		if err != nil || ok != (got.BuyerID != "") {
			t.Fatalf("%s: %+v, %t, %v", value, got, ok, err)
		}

		return got.BuyerID
	}

	t.Run("a token keeps what its browser paid last", func(t *testing.T) {
		t.Parallel()
		f := f.in(t)
		first, second := f.order(), f.order()
		for i, o := range []orders.Order{first, second} {
			f.update(o.ID, func(st *payments.State) {
				st.Order.Contact = orders.Contact{Email: fmt.Sprintf("%d@example.com", i+1)}
				st.Attempts = append(st.Attempts, payments.Attempt{
					ID:             fmt.Sprintf("att_browser_%d", i+1),
					N:              1,
					IdempotencyKey: fmt.Sprintf("browser_%d", i+1),
					State:          payments.RequiresAction,
					CreatedAt:      start.Add(time.Duration(i) * time.Hour),
				})
			})
		}

		add(t, "PAYS", "buy_pays")
		add(t, "LOOKS", "buy_pays")
		hash := orders.HashToken("PAYS")
		attempt := func(o orders.Order, state payments.AttemptState) func() {
			return func() { f.update(o.ID, func(st *payments.State) { st.Attempts[0].State = state }) }
		}
		order := func(o orders.Order, change func(*orders.Order)) func() {
			return func() { f.update(o.ID, func(st *payments.State) { change(&st.Order) }) }
		}
		note := func(id string) func() {
			return func() { f.must(f.NotePayment(f.ctx, hash, id)) }
		}

		for _, step := range []struct {
			what    string
			do      func()
			account string
			want    string
		}{
			{"begins to pay", note("att_browser_1"), "", ""},
			{"and somebody else pays", order(first, func(o *orders.Order) { o.Status = orders.Paid }), "", ""},
			{"has paid", attempt(first, payments.Succeeded), "", "1@example.com"},
			{"begins to pay another", note("att_browser_2"), "", "1@example.com"},
			{"repeats that", note("att_browser_2"), "", "1@example.com"},
			{"the money is held", func() {
				attempt(second, payments.RequiresCapture)()
				order(second, func(o *orders.Order) { o.Status = orders.Authorized })()
			}, "", "2@example.com"},
			{"gives up a third", note("att_none"), "", "2@example.com"},
			{"in another account", func() {}, "acct_1", ""},
			{"after the erasure", order(second, func(o *orders.Order) { o.ErasedAt = start }), "", ""},
		} {
			step.do()
			got, _, err := f.UseToken(f.ctx, hash, start)
			f.must(err)
			c, err := f.PaidContact(f.ctx, step.account, got.Payments)
			if err != nil || c.Email != step.want {
				t.Errorf("%s: got %q, %v; want %q", step.what, c.Email, err, step.want)
			}
		}

		want := customersession.Payments{Last: "att_none", Paid: "att_browser_2"}
		next := token("PAYSNEXT", "buy_pays")
		next.Payments = want
		if _, err := f.AddToken(f.ctx, next, nil, start); err != nil {
			t.Fatal(err)
		}
		for value, want := range map[string]customersession.Payments{"PAYS": want, "PAYSNEXT": want, "LOOKS": {}} {
			if got, _, err := f.UseToken(f.ctx, orders.HashToken(value), start); err != nil || got.Payments != want {
				t.Errorf("%s has %+v, %v; want %+v", value, got.Payments, err, want)
			}
		}
	})

	t.Run("a token names its buyer until it expires", func(t *testing.T) {
		t.Parallel()
		add(t, "EXPIRES", "buy_expires")

		for _, step := range []struct {
			after time.Duration
			want  string
		}{
			{0, "buy_expires"},
			{30 * time.Hour, "buy_expires"},
			{365*24*time.Hour - time.Microsecond, "buy_expires"},
			{365 * 24 * time.Hour, ""},
		} {
			if got := buyerOf(t, "EXPIRES", start.Add(step.after)); got != step.want {
				t.Errorf("after %s it names %q, want %q", step.after, got, step.want)
			}
		}

		if got := buyerOf(t, "UNKNOWN", start); got != "" {
			t.Errorf("an unknown token names %q", got)
		}
	})

	t.Run("a token that replaces another one ends it a moment later", func(t *testing.T) {
		t.Parallel()
		add(t, "FORMER", "buy_renewed")

		if _, err := f.AddToken(f.ctx, token("NEXT", "buy_renewed"), orders.HashToken("FORMER"), start.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}

		if got := buyerOf(t, "FORMER", start.Add(time.Hour-1000)); got != "buy_renewed" {
			t.Errorf("within the hour it names %q", got)
		}
		if got := buyerOf(t, "FORMER", start.Add(time.Hour)); got != "" {
			t.Errorf("after the hour it names %q", got)
		}
		if got := buyerOf(t, "NEXT", start.Add(time.Hour)); got != "buy_renewed" {
			t.Errorf("the next one names %q", got)
		}
	})

	t.Run("a buyer keeps the newest tokens, and the oldest expired ones go", func(t *testing.T) {
		t.Parallel()
		for i := range 12 {
			tok := token(fmt.Sprintf("MANY%d", i), "buy_many")
			tok.CreatedAt = start.Add(time.Duration(i) * time.Second)

			if _, err := f.AddToken(f.ctx, tok, nil, start); err != nil {
				t.Fatal(err)
			}
		}

		for i := range 12 {
			want := "buy_many"
			if i < 2 {
				want = ""
			}

			if got := buyerOf(t, fmt.Sprintf("MANY%d", i), start); got != want {
				t.Errorf("token %d names %q, want %q", i, got, want)
			}
		}
	})

	t.Run("a revoked buyer is never recognized again", func(t *testing.T) {
		t.Parallel()
		for buyer, customer := range map[string]string{"buy_stolen": "cus_stolen", "buy_other": "cus_other"} {
			if _, err := f.SetBuyer(f.ctx, "", buyer, customer); err != nil {
				t.Fatal(err)
			}
		}

		add(t, "STOLEN1", "buy_stolen")
		add(t, "STOLEN2", "buy_stolen")
		add(t, "OTHER", "buy_other")

		if n, err := f.RevokeBuyers(f.ctx, "cus_stolen", start); err != nil || n != 2 {
			t.Errorf("revoked %d, %v; want 2", n, err)
		}
		if n, err := f.RevokeBuyers(f.ctx, "cus_stolen", start); err != nil || n != 0 {
			t.Errorf("again revoked %d, %v; want 0", n, err)
		}

		for value, want := range map[string]string{
			"STOLEN1": "",
			"STOLEN2": "",
			"OTHER":   "buy_other",
		} {
			if got := buyerOf(t, value, start); got != want {
				t.Errorf("%s names %q, want %q", value, got, want)
			}
		}

		if added, err := f.AddToken(f.ctx, token("STOLEN3", "buy_stolen"), nil, start); err != nil || added {
			t.Errorf("a revoked buyer got another token: %t, %v", added, err)
		}
	})

	t.Run("a token that is added while its buyer is revoked does not escape", func(t *testing.T) {
		t.Parallel()
		if _, err := f.SetBuyer(f.ctx, "", "buy_race", "cus_race"); err != nil {
			t.Fatal(err)
		}

		together(callers, func(i int) {
			if i == callers/2 {
				if _, err := stores[i%2].RevokeBuyers(f.ctx, "cus_race", start); err != nil {
					t.Error(err)
				}
				return
			}

			if _, err := stores[i%2].AddToken(f.ctx, token(fmt.Sprintf("RACE%d", i), "buy_race"), nil, start); err != nil {
				t.Error(err)
			}
		})

		for i := range callers {
			if got := buyerOf(t, fmt.Sprintf("RACE%d", i), start); got != "" {
				t.Errorf("token %d names %q after the revocation", i, got)
			}
		}
	})
}

func testRevokeAll(t *testing.T, e Engine) {
	f := newFixture(t, e)
	for _, name := range []string{"a", "b"} {
		if _, err := f.SetBuyer(f.ctx, "", "buy_"+name, "cus_"+name); err != nil {
			t.Fatal(err)
		}

		tok := customersession.Token{
			Hash:      orders.HashToken(name),
			BuyerID:   "buy_" + name,
			CreatedAt: start,
			ExpiresAt: start.Add(time.Hour),
		}
		if _, err := f.AddToken(f.ctx, tok, nil, start); err != nil {
			t.Fatal(err)
		}
	}

	if n, err := f.RevokeBuyers(f.ctx, "", start); err != nil || n != 2 {
		t.Errorf("revoked %d, %v; want 2", n, err)
	}

	for _, name := range []string{"a", "b"} {
		if _, ok, err := f.UseToken(f.ctx, orders.HashToken(name), start); ok || err != nil {
			t.Errorf("the token of %s still counts, %v", name, err)
		}
	}
}
