package app_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

// bank is a Stripe that only tells whose the secret key is.
type bank struct {
	account atomic.Value // string; "" while it does not answer
	status  atomic.Int64 // of a refusal, 0 for none
	intent  atomic.Value // string: the ID of the only intent
}

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, _ := b.account.Load().(string)
	status := int(b.status.Load())
	intent, _ := b.intent.Load().(string)
	switch {
	case r.URL.Path == "/v1/payment_intents/"+intent:
		_, _ = w.Write([]byte(`{"object":"payment_intent","id":"` + intent + `","status":"succeeded"}`))
	case strings.HasPrefix(r.URL.Path, "/v1/payment_intents/"):
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"error":{"type":"invalid_request_error","code":"resource_missing","param":"intent"}}`))
	case r.URL.Path != "/v1/account":
		w.WriteHeader(http.StatusNotFound)
	case status != 0:
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error":{"type":"invalid_request_error","message":"no"}}`))
	case id == "":
		panic(http.ErrAbortHandler)
	default:
		_, _ = w.Write([]byte(`{"object":"account","id":"` + id + `"}`))
	}
}

// keyed is a server with keys of an account, on a database that stays.
type keyed struct {
	*testing.T
	bank *bank
	log  *testkit.LogBook
	env  []string
	url  string
}

const ownAccount, otherAccount = "acct_1TFlYbLwXs1WAEAL", "acct_1Nv0FGQ9RKHgCVdK"

func keyOf(kind, account string) string {
	return kind + "_test_5" + strings.TrimPrefix(account, "acct_") + strings.Repeat("x", 83)
}

func newKeyed(t *testing.T) *keyed {
	t.Helper()
	k := &keyed{T: t, bank: &bank{}, log: &testkit.LogBook{}}
	srv := httptest.NewServer(k.bank)
	t.Cleanup(srv.Close)

	k.bank.account.Store(ownAccount)
	k.url = "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	k.env = []string{
		"ADDR=127.0.0.1:0", "BASE_URL=http://localhost:4242", "DATABASE_URL=" + k.url, "CATALOG_FILE=catalog.json", "BACKFILL_EVERY=0",
		"STRIPE_SECRET_KEY=" + keyOf("sk", ownAccount), "STRIPE_PUBLISHABLE_KEY=" + keyOf("pk", ownAccount),
		"STRIPE_WEBHOOK_SECRET=whsec_x", "STRIPE_API_BASE=" + srv.URL, "STRIPE_TIMEOUT=1s",
	}

	return k
}

// start opens a server; it is closed at the end of the test unless that runs it
// or closes it.
func (k *keyed) start() (*app.App, error) {
	k.Helper()
	cfg, err := config.Load(config.Serve, k.env, e2etest.ReadNoDotenv)
	if err != nil {
		k.Fatal(err)
	}
	return app.New(k.Context(), app.Options{Config: cfg, Version: "test", Log: zerolog.New(k.log), Now: time.Now})
}

// mustStart starts and closes a server.
func (k *keyed) mustStart() {
	k.Helper()
	a, err := k.start()
	if err == nil {
		err = a.Close()
	}
	if err != nil {
		k.Fatal(err)
	}
}

// order puts an order into the database, with the intents.
func (k *keyed) order(intents ...string) {
	k.Helper()
	id := orders.NewID("ord_")
	s, err := store.Open(k.Context(), k.url, store.Options{Now: time.Now, Log: zerolog.Nop()})
	if err == nil {
		err = s.CreateOrder(k.Context(), orders.Order{
			ID:            id,
			TokenHash:     orders.HashToken("token"),
			Status:        orders.Open,
			PaymentStatus: orders.Unpaid,
			Version:       1,
			Currency:      "usd",
			Amount:        1099,
			CreatedAt:     time.Now(),
			ExpiresAt:     time.Now().Add(time.Hour),
		})
		if err == nil {
			err = s.Update(k.Context(), id, nil, func(st *payments.State) error {
				for _, intent := range intents {
					st.Intents = append(st.Intents, payments.Intent{
						ID: intent, OrderID: id, Status: payments.StatusSucceeded, Currency: "usd", CreatedAt: time.Now(),
					})
				}
				return nil
			})
		}
		err = errors.Join(err, s.Close())
	}
	if err != nil {
		k.Fatal(err)
	}
}

func TestKeyOfAnotherAccountIsRefused(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	k.mustStart()
	k.order()
	k.mustStart()

	k.bank.account.Store(otherAccount)
	a, err := k.start()
	if err == nil {
		t.Fatal(errors.Join(errors.New("the server started"), a.Close()))
	}
	for _, want := range []string{otherAccount, ownAccount, "server account", "another database"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}

	k.bank.account.Store(ownAccount)
	k.mustStart()
}

func TestDatabaseWithoutOrdersFollowsTheKey(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	k.mustStart()
	k.bank.account.Store(otherAccount)
	k.mustStart()
	k.order()
	k.bank.account.Store(ownAccount)
	if a, err := k.start(); err == nil {
		t.Error(errors.Join(errors.New("the server started"), a.Close()))
	}
}

// A server starts without Stripe, and ends once Stripe tells that the key is of
// another account.
func TestKeyOfAnotherAccountIsFoundOutLater(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	k.mustStart()
	k.order()
	k.bank.account.Store("")

	a, err := k.start()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(k.log.String(), "could not read the Stripe account") {
		t.Errorf("the log does not say so: %s", k.log)
	}

	a.CheckAccountEvery(time.Millisecond)
	k.bank.account.Store(otherAccount)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(context.WithoutCancel(t.Context())) }()

	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), otherAccount) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(testhost.Patience):
		t.Fatal("it goes on")
	}
}

// A database whose account no key has told yet is bound to a key's account only
// if that knows its last payment.
func TestUnboundDatabaseIsComparedByItsLastPayment(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	k.bank.status.Store(http.StatusForbidden)
	k.mustStart()
	k.order("pi_own")
	k.bank.status.Store(0)
	k.bank.intent.Store("pi_of_somebody_else")

	if a, err := k.start(); err == nil {
		t.Error(errors.Join(errors.New("the server started"), a.Close()))
	} else if !strings.Contains(err.Error(), "pi_own") || !strings.Contains(err.Error(), "server account "+ownAccount) {
		t.Errorf("it refuses with %v", err)
	}

	k.bank.intent.Store("pi_own")
	k.mustStart()

	k.bank.account.Store(otherAccount) // now the database is bound
	if a, err := k.start(); err == nil {
		t.Error(errors.Join(errors.New("the server started"), a.Close()))
	}
}

// A restricted key may not be allowed to read its account.
func TestKeyThatMayNotReadItsAccountIsUsed(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	k.bank.status.Store(http.StatusForbidden)
	k.mustStart()

	if n := strings.Count(k.log.String(), `"level":"warn"`); n != 1 || strings.Contains(k.log.String(), `"level":"error"`) {
		t.Errorf("want one warning:\n%s", k.log)
	}
}

func TestKeysOfTwoAccountsAreTold(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(k *keyed){
		"by themselves": func(k *keyed) { k.bank.account.Store("") },
		"by Stripe": func(k *keyed) {
			k.env = append(k.env, "STRIPE_SECRET_KEY=sk_test_oldform")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKeyed(t)
			k.env = append(k.env, "STRIPE_PUBLISHABLE_KEY="+keyOf("pk", otherAccount))
			change(k)
			k.mustStart()

			if n := strings.Count(k.log.String(), "two Stripe accounts"); n != 1 {
				t.Errorf("%d lines say so, want one:\n%s", n, k.log)
			}
		})
	}
}
