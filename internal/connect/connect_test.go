package connect_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/connect"
	"checkoutd/internal/effects"
	"checkoutd/internal/queue"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

// stripe plays Stripe. Each code gives one account, and a second exchange of a
// code is counted, since it would revoke the first.
type stripe struct {
	mu        sync.Mutex
	grants    map[string]connect.Grant // by code
	used      map[string]int
	after     error // of an exchange, which has been made all the same
	readErr   error
	deauthErr error
	gone      map[string]bool
	onGone    func() // runs when the platform has disconnected an account, before it hears of that
}

func (s *stripe) Exchange(_ context.Context, code string) (connect.Grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used[code]++
	g, ok := s.grants[code]
	if !ok || s.used[code] > 1 {
		return connect.Grant{}, &connect.Refusal{Code: "invalid_grant"}
	}
	return g, s.after
}

func (s *stripe) Deauthorize(_ context.Context, _, accountID string) error {
	s.mu.Lock()
	s.gone[accountID] = true
	s.mu.Unlock()

	if s.onGone != nil {
		s.onGone()
	}

	return s.deauthErr
}

func (s *stripe) CancelSubscription(context.Context, string) error { return nil }

func (s *stripe) ConnectedAccount(_ context.Context, id string) (connect.Reading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone[id] {
		return connect.Reading{}, connect.ErrAccessLost
	}
	return connect.Reading{ChargesEnabled: true, Country: "FR", DefaultCurrency: "eur"}, s.readErr
}

// desk is a service over a database of its own.
type desk struct {
	*connect.Service
	t      *testing.T
	store  *store.Store
	stripe *stripe
	clock  *testkit.Clock
	logs   *testkit.LogBook
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, clock: testkit.NewClock(), logs: &testkit.LogBook{}}
	d.stripe = &stripe{used: map[string]int{}, gone: map[string]bool{}, grants: map[string]connect.Grant{
		"ac_one":   {AccountID: "acct_1", Scope: connect.ReadWrite},
		"ac_again": {AccountID: "acct_1", Scope: connect.ReadWrite},
		"ac_two":   {AccountID: "acct_2", Scope: connect.ReadOnly},
		"ac_own":   {AccountID: "acct_own", Scope: connect.ReadWrite},
		"ac_live":  {AccountID: "acct_3", Scope: connect.ReadWrite, Livemode: true},
	}}

	var err error
	d.store, err = store.Open(t.Context(), storetest.SQLiteURL(t), store.Options{Now: d.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.store.Close() })
	if err := d.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}

	d.Service = connect.New(connect.Config{
		Store:        d.store,
		Stripe:       d.stripe,
		Own:          func(context.Context) string { return "acct_own" },
		Now:          d.clock.Now,
		Log:          zerolog.New(d.logs),
		ClientID:     "ca_us",
		Origin:       "https://connect.test",
		Scope:        connect.ReadWrite,
		BaseURL:      "http://platform.test",
		ExchangeTime: time.Minute,
	})
	return d
}

// visitor is a browser in which a link is open.
type visitor struct {
	*desk
	id     string
	cookie *http.Cookie
}

func (d *desk) visitor(reference string) visitor {
	d.t.Helper()
	token := connect.NewToken()
	l, err := d.CreateLink(d.t.Context(), connect.LinkRequest{Reference: reference}, "", token)
	if err != nil {
		d.t.Fatal(err)
	}

	w := httptest.NewRecorder()
	if err := d.OpenByToken(w, httptest.NewRequest(http.MethodGet, "/", nil), l.ID, token); err != nil {
		d.t.Fatal(err)
	}
	return visitor{d, l.ID, w.Result().Cookies()[0]}
}

func (v visitor) request(method, target string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.SetPathValue("id", v.id)
	r.AddCookie(v.cookie)
	return r
}

// start returns the state with which the browser is sent to Stripe, "" if it is
// not sent there.
func (v visitor) start() string {
	v.t.Helper()
	w := httptest.NewRecorder()
	if err := v.ServeStart(w, v.request(http.MethodPost, "/connect/x/start")); err != nil {
		v.t.Fatal(err)
	}
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		v.t.Fatal(err)
	}
	return to.Query().Get("state")
}

// back returns from Stripe.
func (v visitor) back(query string) error {
	w := httptest.NewRecorder()
	err := v.ServeCallback(w, v.request(http.MethodGet, connect.CallbackPath+"?"+query))
	if to := w.Header().Get("Location"); err == nil && to != connect.LinkPath(v.id) {
		v.t.Errorf("the callback leads to %q", to)
	}
	return err
}

func (v visitor) connect(code string) {
	v.t.Helper()
	if err := v.back("code=" + code + "&state=" + v.start()); err != nil {
		v.t.Fatal(err)
	}
}

func (v visitor) want(state connect.LinkState, problem connect.Problem) {
	v.t.Helper()
	l, err := v.store.ConnectLink(v.t.Context(), v.id)
	if err != nil || l.State != state || l.Problem != problem {
		v.t.Errorf("the link is %s %q, %v; want %s %q", l.State, l.Problem, err, state, problem)
	}
}

// wantAccounts checks who is connected, as "account reference".
func (d *desk) wantAccounts(want ...string) {
	d.t.Helper()
	list, err := d.store.ConnectAccounts(d.t.Context(), connect.Filter{States: []connect.State{connect.Connected}})
	if err != nil {
		d.t.Fatal(err)
	}
	var got []string
	for _, a := range list {
		got = append(got, a.ID+" "+a.Reference)
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		d.t.Errorf("connected are %v, want %v", got, want)
	}
}

// claim stores an event and claims it, as the inbox does.
func (d *desk) claim(id string) *queue.Claim {
	d.t.Helper()
	now := d.clock.Now()
	_, err := d.store.Accept(d.t.Context(), webhooks.Event{
		ID: id, Type: "account.updated", Group: id, Payload: []byte("{}"), Source: webhooks.SourceWebhook,
		State: webhooks.Received, NextAt: now, ReceivedAt: now, Created: now,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	list, err := d.store.ClaimEvents(d.t.Context(), webhooks.LaneOwn, now, now.Add(time.Minute), 1)
	if err != nil || len(list) != 1 || list[0].ID != id {
		d.t.Fatalf("claimed %v, %v", list, err)
	}
	return list[0].Claim()
}

func (d *desk) settle(eventID, kind, account string) error {
	d.t.Helper()
	return d.Settle(d.t.Context(), connect.News{
		Type: "account.application." + kind, AccountID: account, ClientID: "ca_us", Created: d.clock.Now(),
	}, d.claim(eventID))
}

var errCut = errors.New("the connection broke")

func TestProblemsOfACallback(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query   string
		problem connect.Problem
	}{
		"the person says no":         {"error=access_denied", connect.Denied},
		"the scope is not allowed":   {"error=invalid_scope", connect.Misset},
		"the address is not listed":  {"error=invalid_redirect_uri", connect.Misset},
		"the request is wrong":       {"error=invalid_request", connect.Misset},
		"the type is not supported":  {"error=unsupported_response_type", connect.Misset},
		"anything else":              {"error=temporarily_unavailable&code=ac_one", connect.Refused},
		"nothing":                    {"scope=read_write", connect.Refused},
		"a code that is not known":   {"code=ac_none", connect.Refused},
		"the platform's own account": {"code=ac_own", connect.OwnAccount},
		"the other mode":             {"code=ac_live", connect.WrongMode},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			v := d.visitor("c-1")
			if err := v.back(c.query + "&error_description=ac_secret&state=" + v.start()); err != nil {
				t.Fatal(err)
			}
			v.want(connect.Open, c.problem)
			d.wantAccounts()

			v.connect("ac_two") // the page works again
			v.want(connect.LinkConnected, "")
			d.wantAccounts("acct_2 c-1")
			if log := d.logs.String(); strings.Contains(log, "ac_") {
				t.Errorf("the log holds a code: %s", log)
			}
		})
	}
}

func TestCallbackBelongsToItsBrowser(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v, thief := d.visitor("c-1"), d.visitor("c-9")
	state := v.start()

	for name, try := range map[string]func() error{
		"another browser": func() error { return thief.back("code=ac_one&state=" + state) },
		"no state":        func() error { return v.back("code=ac_one") },
		"a made-up state": func() error { return v.back("code=ac_one&state=" + connect.NewToken()) },
		"no cookie": func() error {
			return d.ServeCallback(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/?code=ac_one&state="+state, nil))
		},
	} {
		if err := try(); err == nil {
			t.Errorf("%s: the callback is taken", name)
		}
	}

	d.clock.Advance(61 * time.Minute)
	if err := v.back("code=ac_one&state=" + state); err == nil {
		t.Error("a state of an hour ago is taken")
	}
	if len(d.stripe.used) != 0 {
		t.Errorf("exchanged %v", d.stripe.used)
	}
}

func TestCallbackTwiceExchangesOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.visitor("c-1")
	state := v.start()

	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := v.back("code=ac_one&state=" + state); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()

	v.want(connect.LinkConnected, "")
	d.wantAccounts("acct_1 c-1")
	if d.stripe.used["ac_one"] != 1 {
		t.Errorf("the code was exchanged %d times", d.stripe.used["ac_one"])
	}
	if state := v.start(); state != "" {
		t.Error("a link that has connected an account sends people to Stripe")
	}
}

func TestTwoTabsConnectOneAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.visitor("c-1")
	first, second := v.start(), v.start()
	if err := errors.Join(v.back("code=ac_two&state="+second), v.back("code=ac_one&state="+first)); err != nil {
		t.Fatal(err)
	}
	d.wantAccounts("acct_2 c-1")
	if d.stripe.used["ac_one"] != 0 {
		t.Error("the code of the second tab was exchanged")
	}
}

// The answer of the exchange is lost, or the server dies between it and the
// commit: for the link that is the same.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	lose := func(t *testing.T) (*desk, visitor) {
		d := newDesk(t)
		v := d.visitor("c-1")
		d.stripe.after = errCut
		v.connect("ac_one")
		d.stripe.after = nil
		v.want(connect.Exchanging, "")
		d.wantAccounts()
		return d, v
	}

	t.Run("heals by the event", func(t *testing.T) {
		t.Parallel()
		d, v := lose(t)
		if err := d.settle("evt_1", "authorized", "acct_1"); !errors.Is(err, connect.ErrNoLinkYet) {
			t.Errorf("got %v while the exchange may get its answer", err)
		}
		created := d.clock.Now()
		d.clock.Advance(2 * time.Minute)
		n := connect.News{Type: "account.application.authorized", AccountID: "acct_1", ClientID: "ca_us", Created: created}
		other := n
		other.ClientID = "ca_other"
		if err := d.Settle(t.Context(), other, d.claim("evt_2")); !errors.Is(err, connect.ErrNotOurs) {
			t.Errorf("got %v for another application", err)
		}
		if err := d.Settle(t.Context(), n, d.claim("evt_3")); err != nil {
			t.Fatal(err)
		}
		v.want(connect.LinkConnected, "")
		d.wantAccounts("acct_1 c-1")
		if e, err := d.store.Event(t.Context(), "evt_3"); err != nil || e.State != webhooks.Done {
			t.Errorf("the event is %s, %v", e.State, err)
		}
	})

	t.Run("heals by the same link", func(t *testing.T) {
		t.Parallel()
		d, v := lose(t)
		if v.start() != "" {
			t.Error("a second exchange begins beside the first")
		}
		d.clock.Advance(2 * time.Minute)
		v.connect("ac_again")
		v.want(connect.LinkConnected, "")
		d.wantAccounts("acct_1 c-1")
	})

	t.Run("heals by a new link", func(t *testing.T) {
		t.Parallel()
		d, _ := lose(t)
		d.visitor("c-1").connect("ac_again")
		d.wantAccounts("acct_1 c-1")
	})

	t.Run("is given to nobody if two may have connected it", func(t *testing.T) {
		t.Parallel()
		d, _ := lose(t)
		d.stripe.after = errCut
		d.visitor("c-2").connect("ac_two")
		created := d.clock.Now()
		d.clock.Advance(2 * time.Minute)
		n := connect.News{Type: "account.application.authorized", AccountID: "acct_1", ClientID: "ca_us", Created: created}
		if err := d.Settle(t.Context(), n, d.claim("evt_1")); !errors.Is(err, connect.ErrNoLinkYet) {
			t.Errorf("got %v", err)
		}
		d.wantAccounts()
	})
}

func TestAccountOfAnotherReference(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.visitor("c-1").connect("ac_one")
	v := d.visitor("c-2")
	v.connect("ac_again")
	v.want(connect.Open, connect.Taken)
	d.wantAccounts("acct_1 c-1")

	if _, err := d.Deauthorize(t.Context(), "acct_1"); err != nil {
		t.Fatal(err)
	}
	d.stripe.grants["ac_third"] = connect.Grant{AccountID: "acct_1", Scope: connect.ReadWrite}
	v.connect("ac_third")
	d.wantAccounts("acct_1 c-2")
}

// wantTold works the effects and checks their kinds.
func (d *desk) wantTold(want ...string) {
	d.t.Helper()
	ctx, now := d.t.Context(), d.clock.Now()
	jobs, err := d.store.ClaimEffects(ctx, now, now.Add(time.Minute), 10)
	if err != nil {
		d.t.Fatal(err)
	}

	var got []string
	for _, j := range jobs {
		if err := d.store.FinishEffect(ctx, j, effects.Plan{}); err != nil {
			d.t.Fatal(err)
		}
		got = append(got, j.AccountID+" "+j.Kind)
	}
	for i := range want {
		want[i] = "acct_1 " + want[i]
	}
	if !slices.Equal(got, want) {
		d.t.Errorf("told %v, want %v", got, want)
	}
}

func TestDisconnected(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(d *desk) error{
		"by the platform": func(d *desk) error { _, err := d.Deauthorize(d.t.Context(), "acct_1"); return err },
		"by its owner": func(d *desk) error {
			d.stripe.gone["acct_1"] = true
			return d.settle("evt_1", "deauthorized", "acct_1")
		},
		"by a refused call": func(d *desk) error {
			d.stripe.gone["acct_1"] = true
			d.AccessLost("acct_1")
			d.AccessLost("acct_none")
			d.RunOnce(d.t.Context())
			return nil
		},
		"unnoticed for a day": func(d *desk) error {
			d.stripe.gone["acct_1"] = true
			d.clock.Advance(25 * time.Hour)
			d.RunOnce(d.t.Context())
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.visitor("c-1").connect("ac_one")
			d.RunOnce(t.Context())
			d.wantTold(connect.EffectConnected)

			d.clock.Advance(time.Second)
			if err := end(d); err != nil {
				t.Fatal(err)
			}
			d.wantAccounts()
			a, err := d.store.ConnectAccount(t.Context(), "acct_1")
			if err != nil || a.IsConnected() || a.Reason == "" || a.DisconnectedAt.IsZero() || a.Reference != "c-1" {
				t.Errorf("got %+v, %v", a, err)
			}
			d.wantTold(connect.EffectDisconnected)
			if _, err := d.Deauthorize(t.Context(), "acct_1"); err != nil {
				t.Errorf("a second time: %v", err)
			}
			d.wantTold()

			// An event that comes late does not end the next connection.
			delete(d.stripe.gone, "acct_1")
			d.clock.Advance(time.Second)
			d.visitor("c-1").connect("ac_again")
			if err := d.settle("evt_late", "deauthorized", "acct_1"); err != nil {
				t.Error(err)
			}
			d.wantAccounts("acct_1 c-1")
			d.wantTold(connect.EffectConnected)
		})
	}
}

func TestStripeIsAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.visitor("c-1").connect("ac_one")
	d.stripe.readErr, d.stripe.deauthErr = errCut, errCut
	if _, err := d.Sync(t.Context(), "acct_1"); err == nil {
		t.Error("an account that cannot be read is told as read")
	}
	if _, err := d.Deauthorize(t.Context(), "acct_1"); err == nil {
		t.Error("nobody knows that the account is disconnected")
	}
	d.wantAccounts("acct_1 c-1")
}

// Who disconnected an account does not depend on what is faster: the platform's
// own call, a reading, or Stripe's event.
func TestThePlatformKnowsThatItDisconnected(t *testing.T) {
	t.Parallel()
	for name, faster := range map[string]func(d *desk) error{
		"a reading": func(d *desk) error { _, err := d.Sync(d.t.Context(), "acct_1"); return err },
		"the event": func(d *desk) error { return d.settle("evt_1", "deauthorized", "acct_1") },
	} {
		d := newDesk(t)
		d.visitor("c-1").connect("ac_one")
		d.RunOnce(t.Context())
		d.wantTold(connect.EffectConnected)
		d.clock.Advance(time.Second)

		d.stripe.onGone = func() {
			if err := faster(d); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}

		if a, err := d.Deauthorize(t.Context(), "acct_1"); err != nil || a.Reason != connect.ByPlatform {
			t.Errorf("%s was faster: got %q, %v; want %q", name, a.Reason, err, connect.ByPlatform)
		}
		d.wantTold(connect.EffectDisconnected)
	}
}
