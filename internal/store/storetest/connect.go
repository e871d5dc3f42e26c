package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/effects"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/store"
	"checkoutd/internal/webhooks"
)

// newAccount returns an account as it is connected.
func newAccount(id, reference string, at time.Time) connect.Account {
	return connect.Account{
		ID:              id,
		Reference:       reference,
		Scope:           connect.ReadWrite,
		Livemode:        true,
		State:           connect.Connected,
		Connections:     2,
		ByEvent:         true,
		Reason:          connect.ByOwner,
		ConnectedAt:     at,
		ChargesEnabled:  true,
		PayoutsEnabled:  true,
		Country:         "FR",
		DefaultCurrency: "eur",
		ReadAt:          at.Add(time.Second),
		CreatedAt:       at,
	}
}

func testConnectAccounts(t *testing.T, e Engine) {
	f := newFixture(t, e)
	beside := f.open(store.Options{})

	if _, err := f.ConnectAccount(f.ctx, "acct_none"); !errors.Is(err, connect.ErrNoAccount) {
		t.Errorf("got %v, want ErrNoAccount", err)
	}
	if _, err := f.ConnectAccounts(f.ctx, connect.Filter{After: "acct_none"}); !errors.Is(err, connect.ErrNoAccount) {
		t.Errorf("got %v, want ErrNoAccount", err)
	}

	_, err := f.ChangeConnectAccount(f.ctx, "acct_none", func(*connect.Account) error { return nil })
	if !errors.Is(err, connect.ErrNoAccount) {
		t.Errorf("got %v, want ErrNoAccount", err)
	}

	for i := range 4 {
		want := newAccount(fmt.Sprintf("acct_%d", i), fmt.Sprintf("shop %d", i/2), f.clock.Now())
		got, err := f.ChangeConnectAccount(f.ctx, want.ID, func(a *connect.Account) error { *a = want; return nil })
		want.UpdatedAt = f.clock.Now()

		if err != nil || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
		if got, err := beside.ConnectAccount(f.ctx, want.ID); err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}

		f.clock.Advance(time.Second)
	}

	gone, err := f.ChangeConnectAccount(f.ctx, "acct_1", func(a *connect.Account) error {
		a.State, a.DisconnectedAt = connect.Disconnected, f.clock.Now()
		return nil
	})
	if got, _ := beside.ConnectAccount(f.ctx, "acct_1"); err != nil || got != gone || got.IsConnected() {
		t.Errorf("got %+v, want it disconnected: %+v, %v", got, gone, err)
	}

	no := errors.New("no")
	if _, err := f.ChangeConnectAccount(f.ctx, "acct_0", func(a *connect.Account) error {
		a.Country = "DE"
		return no
	}); !errors.Is(err, no) {
		t.Errorf("got %v, want the error of the change", err)
	}

	for name, c := range map[string]struct {
		filter connect.Filter
		want   []string
	}{
		"all, newest first":    {connect.Filter{}, []string{"acct_3", "acct_2", "acct_1", "acct_0"}},
		"a page":               {connect.Filter{After: "acct_3", Limit: 2}, []string{"acct_2", "acct_1"}},
		"of a reference":       {connect.Filter{Reference: "shop 0"}, []string{"acct_1", "acct_0"}},
		"connected":            {connect.Filter{States: []connect.State{connect.Connected}}, []string{"acct_3", "acct_2", "acct_0"}},
		"none of a reference":  {connect.Filter{Reference: "shop 9"}, nil},
		"nothing behind the 0": {connect.Filter{After: "acct_0"}, nil},
	} {
		list, err := f.ConnectAccounts(f.ctx, c.filter)
		var got []string
		for i := range list {
			got = append(got, list[i].ID)
		}

		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, c.want)
		}
	}
}

// An account that two callbacks store at once is one account.
func testConnectAccountAtOnce(t *testing.T, e Engine) {
	f := newFixture(t, e)
	var added atomic.Int64
	together(8, func(int) {
		isNew := false
		_, err := f.ChangeConnectAccount(f.ctx, "acct_1", func(a *connect.Account) error {
			isNew = a.State == ""
			if isNew {
				*a = newAccount("acct_1", "shop", f.clock.Now())
			}

			return nil
		})
		if err != nil {
			t.Error(err)
		}

		if isNew {
			added.Add(1)
		}
	})

	if added.Load() != 1 {
		t.Errorf("it was added %d times", added.Load())
	}
}

func newLink(id string, now time.Time) connect.Link {
	return connect.Link{
		ID:        id,
		TokenHash: []byte("token of " + id),
		Reference: "shop",
		Scope:     connect.ReadOnly,
		Livemode:  true,
		Terms: connect.Terms{
			Prefill:      map[string]string{"email": "a@b.example"},
			Landing:      "login",
			AlwaysPrompt: true,
		},
		ReturnURL: "https://shop.example/",
		State:     connect.Open,
		CreatedAt: now,
		ExpiresAt: now.Add(time.Hour),
	}
}

func testConnectLinks(t *testing.T, e Engine) {
	f := newFixture(t, e)
	now := f.clock.Now()
	want := newLink("lnk_1", now)
	if got, err := f.AddConnectLink(f.ctx, want); err != nil || got.ID != want.ID {
		t.Fatalf("got %+v, %v", got, err)
	}

	again := newLink("lnk_1", now)
	again.Reference = "another"
	if got, err := f.AddConnectLink(f.ctx, again); err != nil || got.Reference != "shop" {
		t.Errorf("got %+v, %v; want the link that is there", got, err)
	}

	want.UpdatedAt = now

	got, err := f.ConnectLink(f.ctx, "lnk_1")
	if got.TakenState = nil; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if _, err := f.ConnectLink(f.ctx, "lnk_none"); !errors.Is(err, connect.ErrNoLink) {
		t.Errorf("got %v, want ErrNoLink", err)
	}

	state, browser := []byte("state"), []byte("browser")
	err = f.AddConnectState(f.ctx, connect.AuthState{
		Hash:        state,
		LinkID:      "lnk_1",
		BrowserHash: browser,
		CreatedAt:   now,
		ExpiresAt:   now.Add(time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}

	take := func(state, browser []byte, at time.Time) (bool, error) {
		_, taken, err := f.TakeConnectState(f.ctx, state, browser, at, func(l *connect.Link) error {
			l.State, l.TakenState, l.ExchangeAt = connect.Exchanging, state, at
			return nil
		})

		return taken, err
	}
	for name, try := range map[string]func() (bool, error){
		"another state":   func() (bool, error) { return take([]byte("other"), browser, now) },
		"another browser": func() (bool, error) { return take(state, []byte("other"), now) },
		"too late":        func() (bool, error) { return take(state, browser, now.Add(time.Minute)) },
	} {
		if taken, err := try(); taken || !errors.Is(err, connect.ErrNoLink) {
			t.Errorf("%s: %v, %v", name, taken, err)
		}
	}

	var taken atomic.Int64
	together(8, func(int) {
		ok, err := take(state, browser, now)
		if err != nil {
			t.Error(err)
		}

		if ok {
			taken.Add(1)
		}
	})

	if taken.Load() != 1 {
		t.Errorf("the state was taken %d times", taken.Load())
	}

	list, err := f.ExchangingLinks(f.ctx, now, now)
	if err != nil || len(list) != 1 || list[0].ID != "lnk_1" || list[0].Terms.Landing != "login" {
		t.Errorf("exchanging are %+v, %v", list, err)
	}
	if list, err := f.ExchangingLinks(f.ctx, now.Add(time.Second), now.Add(time.Hour)); err != nil || len(list) != 0 {
		t.Errorf("exchanging later are %+v, %v", list, err)
	}

	testSweepConnect(f, now)
}

// testSweepConnect checks what becomes of a link that has expired.
func testSweepConnect(f *fixture, now time.Time) {
	t := f.t
	for _, c := range []struct {
		at     time.Time
		terms  bool
		exists bool
	}{{now.Add(time.Minute), true, true}, {now.Add(2 * time.Hour), false, true}, {now.Add(40 * 24 * time.Hour), false, false}} {
		if err := f.SweepConnectLinks(f.ctx, c.at, c.at.Add(-24*time.Hour)); err != nil {
			t.Fatal(err)
		}

		l, err := f.ConnectLink(f.ctx, "lnk_1")
		if exists := err == nil; exists != c.exists || (l.Terms.Prefill != nil) != c.terms {
			t.Errorf("at %s: %+v, %v", c.at, l, err)
		}
	}
}

func testConnections(t *testing.T, e Engine) {
	f := newFixture(t, e)
	now := f.clock.Now()
	if _, err := f.AddConnectLink(f.ctx, newLink("lnk_1", now)); err != nil {
		t.Fatal(err)
	}

	f.accept(newEvent("evt_1", "acct_1"))
	claim := f.claim(1)[0].Claim()
	at := connect.At{AccountID: "acct_1", LinkID: "lnk_1", Claim: claim}

	change := func(c *connect.Connection) error {
		if c.Account.State != "" || c.Account.ID != "acct_1" || c.Link.ID != "lnk_1" {
			t.Errorf("got %+v", c)
		}

		c.Account = newAccount("acct_1", "shop", now)
		c.Link.State, c.Link.AccountID, c.Link.Terms = connect.LinkConnected, "acct_1", connect.Terms{}
		c.Happened = []string{connect.EffectConnected}
		return nil
	}
	if _, err := f.UpdateConnection(f.ctx, at, change); err != nil {
		t.Fatal(err)
	}

	// All of it is stored, or nothing: the claim is over.
	_, err := f.UpdateConnection(f.ctx, at, func(c *connect.Connection) error {
		c.Account.Country, c.Happened = "DE", []string{connect.EffectDisconnected}
		return nil
	})
	if !errors.Is(err, queue.ErrClaimLost) {
		t.Errorf("got %v, want a lost claim", err)
	}

	a, err := f.ConnectAccount(f.ctx, "acct_1")
	if err != nil || a.Country != "FR" {
		t.Errorf("got %+v, %v", a, err)
	}

	l, err := f.ConnectLink(f.ctx, "lnk_1")
	if err != nil || l.State != connect.LinkConnected || l.Terms.Prefill != nil {
		t.Errorf("got %+v, %v", l, err)
	}
	if e, err := f.Event(f.ctx, "evt_1"); err != nil || e.State != webhooks.Done {
		t.Errorf("the event is %s, %v", e.State, err)
	}

	// An effect happens once for each connection, and the account's effects
	// are worked in their order.
	for range 2 {
		_, err := f.UpdateConnection(f.ctx, connect.At{AccountID: "acct_1"}, func(c *connect.Connection) error {
			c.Account.State, c.Account.Reason = connect.Disconnected, connect.ByPlatform
			c.Happened = []string{connect.EffectDisconnected}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	for n, kind := range []string{connect.EffectConnected, connect.EffectDisconnected} {
		jobs, err := f.ClaimEffects(f.ctx, now, now.Add(time.Minute), 10)
		if err != nil || len(jobs) != 1 || jobs[0].Kind != kind || jobs[0].AccountID != "acct_1" || jobs[0].OrderID != "" ||
			jobs[0].N != int64(n+1) || jobs[0].Subject != "2" {
			t.Fatalf("claimed %+v, %v; want %s", jobs, err, kind)
		}

		if err := f.FinishEffect(f.ctx, jobs[0], effects.Plan{Announce: true}); err != nil {
			t.Fatal(err)
		}
	}

	if list, err := f.StaleAccounts(f.ctx, now.Add(time.Hour), 10); err != nil || len(list) != 0 {
		t.Errorf("an account that is not connected is to be read: %+v, %v", list, err)
	}

	at = connect.At{LinkID: "lnk_none"}
	if _, err := f.UpdateConnection(f.ctx, at, func(*connect.Connection) error { return nil }); !errors.Is(err, connect.ErrNoLink) {
		t.Errorf("got %v, want ErrNoLink", err)
	}
}

func testAppSubscriptions(t *testing.T, e Engine) {
	f := newFixture(t, e)
	now := f.clock.Now()
	for _, id := range []string{"acct_1", "acct_2"} {
		_, err := f.ChangeConnectAccount(f.ctx, id, func(a *connect.Account) error {
			*a = newAccount(id, "shop", now)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	o := newOrder()
	o.Mode, o.CustomerReference = orders.ModeSubscription, "acct_1"

	if err := f.CreateOrder(f.ctx, o); err != nil {
		t.Fatal(err)
	}

	f.order() // of nobody

	set := func(status payments.SubscriptionStatus) {
		t.Helper()
		err := f.Update(f.ctx, o.ID, nil, func(st *payments.State) error {
			if len(st.Subscriptions) == 0 {
				st.Subscriptions = []payments.Subscription{{
					ID:         "sub_1",
					CustomerID: "cus_1",
					PeriodEnd:  now.Add(time.Hour),
				}}
			}

			st.Subscriptions[0].Status = status
			if status == payments.SubscriptionPastDue {
				st.Effects = append(st.Effects, payments.Effect{
					OrderID:   o.ID,
					Kind:      payments.EffectPastDue,
					Subject:   "sub_1/1",
					CreatedAt: now,
				})
			}

			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	want := func(from time.Time, active, inactive int) {
		t.Helper()
		for app, n := range map[connect.AppFilter]int{connect.AppActive: active, connect.AppInactive: inactive} {
			list, err := f.ConnectAccounts(f.ctx, connect.Filter{App: app, PastDueFrom: from})
			if err != nil || len(list) != n {
				t.Errorf("%d accounts are %s, %v; want %d", len(list), app, err, n)
			}
		}
	}

	want(now, 0, 2)
	set(payments.SubscriptionActive)
	want(now, 1, 1)

	// A trial begins once the payment method is saved, which pays the order.
	set(payments.SubscriptionTrialing)
	want(now, 0, 2)

	if list, err := f.AppSubscriptions(f.ctx, []string{"acct_1"}); err != nil || len(list) != 1 || list[0].Status != "incomplete" {
		t.Errorf("got %+v, %v before the trial began", list, err)
	}

	err := f.Update(f.ctx, o.ID, nil, func(st *payments.State) error {
		st.Order.PaidAt = now
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	want(now, 1, 1)
	if list, err := f.AppSubscriptions(f.ctx, []string{"acct_1"}); err != nil || len(list) != 1 || list[0].Status != "trialing" {
		t.Errorf("got %+v, %v in the trial", list, err)
	}

	set(payments.SubscriptionPastDue)
	want(now.Add(-time.Second), 1, 1)
	want(now, 0, 2)

	list, err := f.AppSubscriptions(f.ctx, []string{"acct_1", "acct_2"})
	if err != nil || len(list) != 1 || list[0].ID != "sub_1" || list[0].AccountID != "acct_1" || list[0].OrderID != o.ID ||
		list[0].CustomerID != "cus_1" || list[0].Status != "past_due" || !list[0].PastDueSince.Equal(now) ||
		!list[0].PeriodEnd.Equal(now.Add(time.Hour)) || !list[0].EndsAt.IsZero() {
		t.Errorf("got %+v, %v", list, err)
	}

	set(payments.SubscriptionCanceled)
	want(now.Add(-time.Hour), 0, 2)
}
