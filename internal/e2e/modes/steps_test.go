package modes_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
)

// life is a process that dies at one of its requests to Stripe, before it is
// sent or after Stripe did it: from then on nothing reaches Stripe or the
// database.
type life struct {
	mu     sync.Mutex
	diesAt int // which request, counted from 0; -1: it lives on
	after  bool
	made   int
	dead   bool
}

var errDead = errors.New("this process is dead")

// RoundTrip makes one request, unless it is the last one or later.
func (l *life) RoundTrip(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	if l.dead {
		return nil, errDead
	}

	last := l.made == l.diesAt
	l.made++
	l.dead = last

	if last && !l.after {
		return nil, errDead
	}

	resp, err := http.DefaultTransport.RoundTrip(r)
	if last && err == nil {
		return nil, errors.Join(errDead, resp.Body.Close())
	}

	return resp, err
}

func (l *life) isDead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// mortalStore takes nothing from a dead process.
type mortalStore struct {
	payments.Store
	life *life
}

func (s mortalStore) Update(ctx context.Context, id string, claim *queue.Claim, change func(*payments.State) error) error {
	if s.life.isDead() {
		return errDead
	}
	return s.Store.Update(ctx, id, claim, change)
}

// till is an order in a mode, an offline Stripe that sends nothing, and a
// database.
type till struct {
	*testing.T
	stripe *sandbox.Server
	url    string
	store  *store.Store
	order  orders.Order
	now    time.Time
	tokens int
}

func newTill(t *testing.T, mode orders.Mode) *till {
	t.Helper()
	tl := &till{T: t, now: time.Now()}
	var err error
	if tl.stripe, err = sandbox.New(sandbox.Config{Logger: zerolog.Nop()}); err != nil {
		t.Fatal(err)
	}

	srv := httptest.NewServer(tl.stripe)
	tl.url = srv.URL

	if tl.store, err = store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "t.db"), store.Options{Log: zerolog.Nop()}); err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		srv.Close()
		if err := errors.Join(tl.store.Close(), tl.stripe.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})

	if err := tl.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}

	customer, err := tl.client(&life{diesAt: -1}).CreateCustomer(t.Context(), "buy_1", "checkoutd-customer")
	if err != nil {
		t.Fatal(err)
	}

	tl.order = orders.Order{
		ID:            orders.NewID("ord_"),
		TokenHash:     orders.HashToken("token"),
		Status:        orders.Open,
		PaymentStatus: orders.Unpaid,
		Version:       1,
		Currency:      "usd",
		Mode:          mode,
		CustomerID:    customer,
		CreatedAt:     tl.now,
		ExpiresAt:     tl.now.Add(24 * time.Hour),
		Contact:       orders.Contact{Email: "jenny@shop.test"},
	}

	if mode != orders.ModeSetup {
		tl.order.Amount = e2etest.ClubPrice
		tl.order.Items = []orders.Item{{
			SKU:        "club",
			Name:       "Tea club",
			Quantity:   1,
			UnitAmount: e2etest.ClubPrice,
		}}
	}

	if mode == orders.ModeSubscription {
		tl.order.Items[0].Recurring = &orders.Recurring{Interval: "month", IntervalCount: 1}
	}

	if err := tl.store.CreateOrder(t.Context(), tl.order); err != nil {
		t.Fatal(err)
	}

	return tl
}

func (tl *till) client(l *life) *stripeapi.Client {
	return stripeapi.New(stripeapi.Config{
		Key:       config.SandboxSecretKey,
		BaseURL:   tl.url,
		Timeout:   10 * time.Second,
		Transport: l,
	})
}

func (tl *till) service(l *life) *payments.Service {
	return payments.New(payments.Config{
		Store:        mortalStore{tl.store, l},
		Stripe:       tl.client(l),
		Now:          func() time.Time { return tl.now },
		Log:          zerolog.Nop(),
		ReturnURL:    func(id string) string { return "http://shop.test/complete?order=" + id },
		UnknownAfter: 45 * time.Second,
		CallTimeout:  10 * time.Second,
		Workers:      1,
	})
}

// pay confirms with a new token of a good card.
func (tl *till) pay(svc *payments.Service) (payments.Answer, error) {
	tl.Helper()
	tl.tokens++
	s := &e2etest.Shop{T: tl.T, Config: &config.Config{StripeAccount: config.StripeAccount{StripeAPIBase: tl.url}}}
	token := s.Stripe("POST", "/v1/test_helpers/confirmation_tokens", "payment_method", "pm_card_visa", "return_url", "http://shop.test/complete",
		"setup_future_usage", "off_session")["id"].(string)
	return svc.Confirm(tl.Context(), payments.ConfirmRequest{OrderID: tl.order.ID, Token: token})
}

func (tl *till) state() *payments.State {
	tl.Helper()
	st, err := tl.store.Read(tl.Context(), tl.order.ID)
	if err != nil {
		tl.Fatal(err)
	}
	return st
}

// wantOnce checks that the order was paid once, by one intent of one
// subscription.
func (tl *till) wantOnce() {
	tl.Helper()
	st := tl.state()
	if st.Order.Status != orders.Paid || st.Order.ReviewReason != "" {
		tl.Errorf("the order is %s (%q), want it paid", st.Order.Status, st.Order.ReviewReason)
	}

	effects, err := tl.store.Effects(tl.Context(), tl.order.ID)
	if err != nil || len(effects) != 1 {
		tl.Errorf("the effects are %+v, %v; want one", effects, err)
	}

	s := &e2etest.Shop{T: tl.T, Config: &config.Config{StripeAccount: config.StripeAccount{StripeAPIBase: tl.url}}}
	want := map[string]int{
		"/v1/charges":         1,
		"/v1/payment_intents": 1,
		"/v1/setup_intents":   0,
		"/v1/subscriptions":   0,
	}

	switch tl.order.Mode {
	case orders.ModeSetup:
		want = map[string]int{
			"/v1/charges":         0,
			"/v1/payment_intents": 0,
			"/v1/setup_intents":   1,
			"/v1/subscriptions":   0,
		}

	case orders.ModeSubscription:
		want["/v1/subscriptions"] = 1
		if len(st.Subscriptions) != 1 || st.Subscriptions[0].Status != payments.SubscriptionActive {
			tl.Errorf("the shop keeps %+v, want one active subscription", st.Subscriptions)
		}
	}

	for path, n := range want {
		if list := s.List(path); len(list) != n {
			tl.Errorf("Stripe has %d of %s, want %d", len(list), path, n)
		}
	}
}

// TestDeathAtEveryStep kills the process at every request of a confirm, before
// it is sent and after Stripe did it, in every mode. Another process then
// either sends the call again at once, or comes too late for that, reads, and
// lets the buyer try again. Either way there is one payment and one
// subscription.
func TestDeathAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, mode := range []orders.Mode{orders.ModePayment, orders.ModeSetup, orders.ModeSubscription} {
		steps := stepsOf(t, mode)
		if want := map[orders.Mode]int{
			orders.ModePayment:      1,
			orders.ModeSetup:        1,
			orders.ModeSubscription: 6,
		}[mode]; steps != want {
			t.Errorf("a confirm in mode %s makes %d requests, want %d", mode, steps, want)
		}

		for step := range steps {
			for _, after := range []bool{false, true} {
				for _, late := range []bool{false, true} {
					name := fmt.Sprintf("%s, request %d, done by Stripe %t, found late %t", mode, step, after, late)
					t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
						t.Parallel()
						dieAndRecover(t, mode, &life{diesAt: step, after: after}, late)
					})
				}
			}
		}
	}
}

// stepsOf counts the requests of a confirm that nothing disturbs.
func stepsOf(t *testing.T, mode orders.Mode) int {
	t.Helper()
	tl, l := newTill(t, mode), &life{diesAt: -1}
	if _, err := tl.pay(tl.service(l)); err != nil {
		t.Fatal(err)
	}
	tl.wantOnce()
	return l.made
}

func dieAndRecover(t *testing.T, mode orders.Mode, first *life, late bool) {
	t.Helper()
	tl := newTill(t, mode)
	if answer, err := tl.pay(tl.service(first)); err == nil {
		t.Fatalf("a dead process answered %+v", answer)
	}
	if st := tl.state(); len(st.Attempts) != 1 || st.Attempts[0].State != payments.Started {
		t.Fatalf("it left %+v, want one attempt that was started", st.Attempts)
	}

	next := tl.service(&life{diesAt: -1})
	pauses := []time.Duration{time.Minute, time.Minute}
	if late {
		pauses = []time.Duration{20 * time.Minute, 20 * time.Minute}
	}

	for _, pause := range pauses {
		tl.now = tl.now.Add(pause)
		if _, err := next.RunOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

	if st := tl.state(); st.Active() != nil {
		t.Fatalf("the attempt is still %s", st.Active().State)
	}

	if st := tl.state(); late && st.Order.Status == orders.Open {
		if _, err := tl.pay(next); err != nil {
			t.Fatal(err)
		}
	}

	tl.wantOnce()
}

// Stripe keeps a 500 under the key although it made the subscription: the call
// can never get further. When that is proven the buyer's next try goes on with
// what is there.
func TestKeptErrorAfterTheSubscriptionWasMade(t *testing.T) {
	t.Parallel()
	tl := newTill(t, orders.ModeSubscription)
	if _, err := tl.stripe.AddFault(sandbox.Fault{
		Route: "POST /v1/subscriptions",
		Kind:  sandbox.FaultChargeThen500,
		Count: 1,
	}); err != nil {
		t.Fatal(err)
	}

	svc := tl.service(&life{diesAt: -1})
	if answer, err := tl.pay(svc); err == nil {
		t.Fatalf("answered %+v", answer)
	}

	for range 6 {
		if a := tl.state().Attempts[0]; a.State != payments.Unknown {
			t.Fatalf("after %s the attempt is %s, want it unknown", tl.now.Sub(a.CreatedAt), a.State)
		}

		tl.now = tl.now.Add(5 * time.Minute)
		if _, err := svc.RunOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

	if st := tl.state(); st.Active() != nil || len(st.Intents) != 1 {
		t.Fatalf("%+v on %+v, want an attempt that failed, and its intent", st.Attempts, st.Intents)
	}
	if _, err := tl.pay(svc); err != nil {
		t.Fatal(err)
	}

	tl.wantOnce()
}
