package modes_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
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
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/testhost"
)

// process is a process that dies at one of its requests to Stripe, before the
// request is sent or after Stripe carried it out. From then on it reaches
// neither Stripe nor the database.
type process struct {
	mu     sync.Mutex
	diesAt int // which request, counted from 0; -1: it lives on
	after  bool
	made   int
	dead   bool
}

var errDead = errors.New("this process is dead")

// RoundTrip sends a request unless the process is dead or dies at this one.
func (l *process) RoundTrip(r *http.Request) (*http.Response, error) {
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

func (l *process) isDead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// mortalStore rejects writes of a dead process.
type mortalStore struct {
	payments.Store
	life *process
}

func (s mortalStore) Update(ctx context.Context, id string, claim *queue.Claim, change func(*payments.State) error) error {
	if s.life.isDead() {
		return errDead
	}
	return s.Store.Update(ctx, id, claim, change)
}

// modeTrial stands for an order in mode subscription that begins with a trial.
const modeTrial orders.Mode = "trial"

// fixture is an order in a mode, an offline Stripe that sends no webhooks, and
// a database.
type fixture struct {
	*testing.T
	stripe *sandbox.Server
	url    string
	store  *store.Store
	order  orders.Order
	shop   *e2etest.Shop // that calls this Stripe
	now    time.Time
	tokens int
}

func newFixture(t *testing.T, mode orders.Mode) *fixture {
	t.Helper()
	return newFixtureIn(t, mode, false)
}

// newFixtureIn is like newFixture; connected charges the order in a connected
// account.
func newFixtureIn(t *testing.T, mode orders.Mode, connected bool) *fixture {
	t.Helper()
	f := &fixture{T: t, now: time.Now()}
	var err error
	if f.stripe, err = sandbox.New(sandbox.Config{Logger: zerolog.Nop(), Manage: true}); err != nil {
		t.Fatal(err)
	}

	srv := httptest.NewServer(f.stripe)
	f.url = srv.URL

	if f.store, err = store.Open(t.Context(), storetest.SQLiteURL(t), store.Options{Log: zerolog.Nop()}); err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		srv.Close()
		if err := errors.Join(f.store.Close(), f.stripe.Close(context.Background())); err != nil {
			t.Error(err)
		}
	})

	if err := f.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}

	f.shop = &e2etest.Shop{T: t, Config: &config.Config{StripeAccount: config.StripeAccount{StripeAPIBase: f.url}}}
	account := ""
	if connected {
		account = f.shop.NewAccount()
	}

	customer, err := f.client(&process{diesAt: -1}).For(account).CreateCustomer(t.Context(), "buy_1", "checkoutd-customer")
	if err != nil {
		t.Fatal(err)
	}

	f.order = orders.Order{
		ID:            orders.NewID("ord_"),
		TokenHash:     orders.HashToken("token"),
		Status:        orders.Open,
		PaymentStatus: orders.Unpaid,
		Version:       1,
		Currency:      "usd",
		Mode:          mode,
		Account:       account,
		Connect:       orders.ConnectTerms{Rule: orders.Rule{BasisPoints: 250}},
		CustomerID:    customer,
		CreatedAt:     f.now,
		ExpiresAt:     f.now.Add(24 * time.Hour),
		Contact:       orders.Contact{Email: "jenny@shop.test"},
	}

	if mode != orders.ModeSetup {
		f.order.Amount = e2etest.ClubPrice
		f.order.Items = []orders.Item{{
			SKU:        "club",
			Name:       "Tea club",
			Quantity:   1,
			UnitAmount: e2etest.ClubPrice,
		}}
	}

	if mode == orders.ModeSubscription { // its first invoice bills something once, too
		f.order.Items[0].Recurring = &orders.Recurring{Interval: "month", IntervalCount: 1}
		f.order.Items = append(f.order.Items, orders.Item{
			SKU:        "mug",
			Name:       "Mug",
			Quantity:   2,
			UnitAmount: 900,
		})

		f.order.Amount += 2 * 900
	}

	if mode == modeTrial {
		f.order.Mode, f.order.Amount, f.order.Shop.TrialDays = orders.ModeSubscription, 0, 14
		f.order.Items[0].Recurring = &orders.Recurring{Interval: "month", IntervalCount: 1}
	}

	if err := f.store.CreateOrder(t.Context(), f.order); err != nil {
		t.Fatal(err)
	}

	return f
}

func (f *fixture) client(l *process) *stripeapi.Client {
	return stripeapi.New(stripeapi.Config{
		Key:       stripeapi.FixedKey(config.SandboxSecretKey),
		BaseURL:   f.url,
		Timeout:   testhost.Patience,
		Transport: l,
	})
}

func (f *fixture) service(l *process) *payments.Service {
	return payments.New(payments.Config{
		Store:        mortalStore{f.store, l},
		Stripe:       func(account string) payments.Stripe { return f.client(l).For(account) },
		Now:          func() time.Time { return f.now },
		Log:          zerolog.Nop(),
		ReturnURL:    func(id string) string { return "http://shop.test/complete?order=" + id },
		UnknownAfter: 45 * time.Second,
		CallTimeout:  10 * time.Second,
		Workers:      1,
	})
}

// pay confirms the order with a new token of a good card.
func (f *fixture) pay(svc *payments.Service) (payments.Answer, error) {
	f.Helper()
	f.tokens++
	token := f.shop.StripeIn(f.order.Account, "POST", "/v1/test_helpers/confirmation_tokens", "payment_method", "pm_card_visa", "return_url", "http://shop.test/complete",
		"setup_future_usage", "off_session")["id"].(string)
	return svc.Confirm(f.Context(), payments.ConfirmRequest{OrderID: f.order.ID, Token: token})
}

func (f *fixture) state() *payments.State {
	f.Helper()
	st, err := f.store.Read(f.Context(), f.order.ID)
	if err != nil {
		f.Fatal(err)
	}
	return st
}

// wantOnce checks that the order was paid once, by one intent and at most one
// subscription.
func (f *fixture) wantOnce() {
	f.Helper()
	st := f.state()
	if st.Order.Status != orders.Paid || st.Order.ReviewReason != "" {
		f.Errorf("the order is %s (%q), want it paid", st.Order.Status, st.Order.ReviewReason)
	}

	effects, err := f.store.Effects(f.Context(), f.order.ID)
	if err != nil || len(effects) != 1 {
		f.Errorf("the effects are %+v, %v; want one", effects, err)
	}

	want := map[string]int{
		"/v1/charges":         1,
		"/v1/payment_intents": 1,
		"/v1/setup_intents":   0,
		"/v1/subscriptions":   0,
	}

	if f.order.SavesMethod() {
		want = map[string]int{
			"/v1/charges":         0,
			"/v1/payment_intents": 0,
			"/v1/setup_intents":   1,
			"/v1/subscriptions":   0,
		}
	}

	if f.order.Mode == orders.ModeSubscription {
		want["/v1/subscriptions"] = 1
		status := payments.SubscriptionActive
		if f.order.Trial() {
			status = payments.SubscriptionTrialing
			f.wantTrial(st)
		}

		if len(st.Subscriptions) != 1 || st.Subscriptions[0].Status != status {
			f.Errorf("the shop keeps %+v, want one subscription that is %s", st.Subscriptions, status)
		}
	}

	for path, n := range want {
		list := f.shop.StripeIn(f.order.Account, http.MethodGet, path)["data"].([]any)
		if len(list) != n {
			f.Errorf("Stripe has %d of %s, want %d", len(list), path, n)
		}
	}

	f.wantFee()
}

// wantTrial checks that the trial's end is known, and that the payment method
// was saved for its subscription.
func (f *fixture) wantTrial(st *payments.State) {
	f.Helper()
	if len(st.Subscriptions) != 1 {
		return
	}

	sub := f.shop.StripeIn(f.order.Account, http.MethodGet, "/v1/subscriptions/"+st.Subscriptions[0].ID)
	end := fmt.Sprint(int64(sub["trial_end"].(float64)))
	if sub["default_payment_method"] == nil || end != fmt.Sprint(st.Order.Shop.TrialEnd.Unix()) {
		f.Errorf("the subscription has method %v and its trial ends at %s, the order's at %v",
			sub["default_payment_method"], end, st.Order.Shop.TrialEnd)
	}
}

// wantFee checks that the platform took its share once, of a connected account
// only.
func (f *fixture) wantFee() {
	f.Helper()
	want := 0
	if f.order.Account != "" && f.order.Amount > 0 {
		want = 1
	}

	list := f.shop.List("/v1/application_fees")
	if len(list) != want || want > 0 && fmt.Sprint(list[0]["amount"]) != fmt.Sprint(f.order.Amount*250/10_000) {
		f.Errorf("the platform's fees are %v, want %d", list, want)
	}
}

// A process dies at every request of a confirm, before it is sent and after
// Stripe carried it out, in every mode. Another process then either repeats the
// request at once, or comes too late for that, reads the intent and lets the
// buyer try again. Either way there is one payment and one subscription.
func TestDeathAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, mode := range []orders.Mode{orders.ModePayment, orders.ModeSetup, orders.ModeSubscription, modeTrial} {
		steps := stepsOf(t, mode)
		if want := map[orders.Mode]int{
			orders.ModePayment:      1,
			orders.ModeSetup:        1,
			orders.ModeSubscription: 8,
			modeTrial:               6,
		}[mode]; steps != want {
			t.Errorf("a confirm in mode %s makes %d requests, want %d", mode, steps, want)
		}

		for step := range steps {
			for _, after := range []bool{false, true} {
				for _, late := range []bool{false, true} {
					for _, connected := range []bool{false, true} {
						name := fmt.Sprintf("%s, request %d, done by Stripe %t, found late %t, in a connected account %t",
							mode, step, after, late, connected)
						t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
							t.Parallel()
							f := newFixtureIn(t, mode, connected)
							f.dieAndRecover(&process{diesAt: step, after: after}, late)
						})
					}
				}
			}
		}
	}
}

// stepsOf returns the number of requests of an undisturbed confirm.
func stepsOf(t *testing.T, mode orders.Mode) int {
	t.Helper()
	f, l := newFixture(t, mode), &process{diesAt: -1}
	if _, err := f.pay(f.service(l)); err != nil {
		t.Fatal(err)
	}
	f.wantOnce()
	return l.made
}

func (f *fixture) dieAndRecover(first *process, late bool) {
	f.Helper()
	if answer, err := f.pay(f.service(first)); err == nil {
		f.Fatalf("a dead process answered %+v", answer)
	}
	if st := f.state(); len(st.Attempts) != 1 || st.Attempts[0].State != payments.Started {
		f.Fatalf("it left %+v, want one attempt that was started", st.Attempts)
	}

	next := f.service(&process{diesAt: -1})
	pauses := []time.Duration{time.Minute, time.Minute}
	if late {
		pauses = []time.Duration{20 * time.Minute, 20 * time.Minute}
	}

	for _, pause := range pauses {
		f.now = f.now.Add(pause)
		if _, err := next.RunOnce(f.Context()); err != nil {
			f.Fatal(err)
		}
	}

	if st := f.state(); st.Active() != nil {
		f.Fatalf("the attempt is still %s", st.Active().State)
	}

	if st := f.state(); late && st.Order.Status == orders.Open {
		if _, err := f.pay(next); err != nil {
			f.Fatal(err)
		}
	}

	f.wantOnce()
}

// Stripe stores a 500 under the idempotency key although it created the
// subscription: repeating the request can never succeed. Once that is known,
// the buyer's next try continues with the existing subscription.
func TestKeptErrorAfterTheSubscriptionWasMade(t *testing.T) {
	t.Parallel()
	f := newFixture(t, orders.ModeSubscription)
	if _, err := f.stripe.AddFault(sandbox.Fault{
		Route: "POST /v1/subscriptions",
		Kind:  sandbox.FaultChargeThen500,
		Count: 1,
	}); err != nil {
		t.Fatal(err)
	}

	svc := f.service(&process{diesAt: -1})
	if answer, err := f.pay(svc); err == nil {
		t.Fatalf("answered %+v", answer)
	}

	for range 6 {
		if a := f.state().Attempts[0]; a.State != payments.Unknown {
			t.Fatalf("after %s the attempt is %s, want it unknown", f.now.Sub(a.CreatedAt), a.State)
		}

		f.now = f.now.Add(5 * time.Minute)
		if _, err := svc.RunOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

	if st := f.state(); st.Active() != nil || len(st.Intents) != 1 {
		t.Fatalf("%+v on %+v, want an attempt that failed, and its intent", st.Attempts, st.Intents)
	}
	if _, err := f.pay(svc); err != nil {
		t.Fatal(err)
	}

	f.wantOnce()
}
