package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/store"
)

// newAccount returns an account as it is connected.
func newAccount(id, reference string, at time.Time) connect.Account {
	return connect.Account{
		ID:              id,
		Reference:       reference,
		Scope:           connect.ReadWrite,
		Livemode:        true,
		State:           connect.Connected,
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
