package connect_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/connect"
	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
	"checkoutd/internal/testkit"
)

func TestWhoMayUseTheApp(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for status, want := range map[string]struct{ active, running bool }{
		"trialing":           {true, true},
		"active":             {true, true},
		"past_due":           {true, true}, // of yesterday
		"unpaid":             {false, true},
		"paused":             {false, true},
		"incomplete":         {false, false},
		"incomplete_expired": {false, false},
		"canceled":           {false, false},
	} {
		a := connect.AppSubscription{Status: status, PastDueSince: now.Add(-24 * time.Hour)}
		if got := a.Active(now, 72*time.Hour); got != want.active {
			t.Errorf("%q: active %t", status, got)
		}
		if got := a.Running(); got != want.running {
			t.Errorf("%q: running %t", status, got)
		}
	}

	late := connect.AppSubscription{Status: "past_due", PastDueSince: now.Add(-72 * time.Hour)}
	if late.Active(now, 72*time.Hour) {
		t.Error("the grace never ends")
	}
}

// appStore has one account, whose owner has connected it.
type appStore struct{ connect.Store }

func (appStore) ConnectAccount(_ context.Context, id string) (connect.Account, error) {
	return connect.Account{ID: id, State: connect.Connected}, nil
}

func (appStore) AppSubscriptions(context.Context, []string) ([]connect.AppSubscription, error) {
	return nil, nil
}

// appShop has the orders of one account.
type appShop struct {
	connect.Shop

	clock        *testkit.Clock
	list         []orders.Order
	beforeCommit func() // runs when an order has its time and is not stored yet
	beforeList   func() // runs when the open orders are to be listed
	paying       string // an order that is being paid
	foreign      string // an order that somebody else's money names
}

func once(run *func()) {
	if do := *run; do != nil {
		*run = nil
		do()
	}
}

func (s *appShop) CreateForShop(_ context.Context, req orders.ShopRequest, id, _ string) (orders.Order, error) {
	s.clock.Advance(time.Second)
	o := orders.Order{
		ID:                id,
		Mode:              *req.Mode,
		Status:            orders.Open,
		CustomerReference: *req.Customer.Reference,
		CreatedAt:         s.clock.Now(),
	}
	once(&s.beforeCommit)
	s.list = append(s.list, o)
	return o, nil
}

func (s *appShop) Orders(_ context.Context, f orders.Filter) (list []orders.Order, err error) {
	if f.Statuses[0] == orders.Open {
		once(&s.beforeList)
	}
	for _, o := range s.list {
		review := o.ID == s.foreign && slices.Contains(f.Statuses, orders.Review)
		if review || slices.Contains(f.Statuses, o.Status) {
			list = append(list, o)
		}
	}
	return list, nil
}

func (s *appShop) Cancel(_ context.Context, id string) error {
	o := &s.list[slices.IndexFunc(s.list, func(o orders.Order) bool { return o.ID == id })]
	switch {
	case id == s.paying:
		return fault.New(fault.Conflict, "payment_in_progress", "")
	case o.Status != orders.Open:
		return fault.New(fault.Conflict, "order_not_open", "")
	}
	o.Status = orders.Canceled
	return nil
}

func (*appShop) URL(id, _ string) string { return "/" + id }

// appCall is a call of the platform's backend.
type appCall string

func (c appCall) ID(prefix string) (string, bool) { return prefix + string(c), true }
func (c appCall) Secret(string) [32]byte          { return [32]byte{} }

// subscribe asks for a page, and returns the code of the refusal, "" for none.
func (s *appShop) subscribe(t *testing.T, call appCall) string {
	t.Helper()
	svc := connect.New(connect.Config{Store: appStore{}, Shop: s, Now: s.clock.Now})
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(`{}`))
	r.Header.Set("Content-Type", "application/json")
	r.SetPathValue("id", "acct_1")
	if err := svc.ServeSubscribe(httptest.NewRecorder(), r, call); err != nil {
		return fault.Of(err).Code
	}
	return ""
}

// open returns the orders that can be paid.
func (s *appShop) open() (ids []string) {
	for _, o := range s.list {
		if o.Status == orders.Open {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// Two calls at the same time leave one page, and never none: the newest.
func TestTheNewestPageOfAnAccountStays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		interrupt    func(s *appShop, other func())
		first, other string // the answers
		open         string
	}{
		"one after the other":          {func(_ *appShop, other func()) { other() }, "", "", "ord_first"},
		"the other before the listing": {func(s *appShop, other func()) { s.beforeList = other }, "app_link_superseded", "", "ord_other"},
		"the other before the commit":  {func(s *appShop, other func()) { s.beforeCommit = other }, "app_link_superseded", "", "ord_other"},
	} {
		s := &appShop{clock: testkit.NewClock()}
		if code := s.subscribe(t, "former"); code != "" {
			t.Fatal(code)
		}

		got := "not asked"
		c.interrupt(s, func() { got = s.subscribe(t, "other") })
		if first := s.subscribe(t, "first"); first != c.first || got != c.other || !slices.Equal(s.open(), []string{c.open}) {
			t.Errorf("%s: answered %q and %q, open are %v; want %+v", name, first, got, s.open(), c)
		}
	}
}

// A page that is being paid or that a person has to look at holds up another.
func TestWhatHoldsUpAnotherPage(t *testing.T) {
	t.Parallel()
	s := &appShop{clock: testkit.NewClock()}
	s.subscribe(t, "paying")

	s.paying = "ord_paying"
	if code := s.subscribe(t, "second"); code != "account_subscribing" {
		t.Errorf("while one is paid: %q", code)
	}

	s.list[0].Status = orders.Review
	if code := s.subscribe(t, "third"); code != "account_in_review" {
		t.Errorf("while one is in review: %q", code)
	}

	// Among those in review is an order that somebody else's money names.
	s.list[0].Status, s.foreign = orders.Canceled, s.list[0].ID
	if code := s.subscribe(t, "foreign"); code != "account_in_review" {
		t.Errorf("while somebody else's money names one: %q", code)
	}

	s.list[0].Status, s.foreign = orders.Paid, ""
	if code := s.subscribe(t, "fourth"); code != "account_subscribing" {
		t.Errorf("before its subscription is read: %q", code)
	}
}
