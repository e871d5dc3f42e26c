package webhooks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stripe/stripe-go/v81"
	"github.com/stripe/stripe-go/v81/webhook"

	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
	"checkoutd/internal/webhooks"
)

const (
	secretOld = "whsec_old"
	secretNew = "whsec_new"
	tolerance = 5 * time.Minute
	lease     = 2 * time.Minute
)

// object is a JSON object under construction.
type object map[string]any

// fixture is an inbox on a real store, with the real payments service and a
// fake Stripe that the test controls.
type fixture struct {
	*testing.T
	clock  *testkit.Clock
	stripe *fakeStripe
	store  *store.Store
	log    *testkit.LogBook
	config webhooks.Config
	hooks  *webhooks.Service
	pay    *payments.Service
}

type option func(*webhooks.Config)

// onEachEngine runs a test on SQLite and on PostgreSQL.
func onEachEngine(t *testing.T, test func(*fixture)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(newFixture(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(newFixtureOn(t, storetest.PostgresURL(t)))
	})
}

func newFixture(t *testing.T, options ...option) *fixture {
	t.Helper()
	return newFixtureOn(t, storetest.SQLiteURL(t), options...)
}

func newFixtureOn(t *testing.T, url string, options ...option) *fixture {
	t.Helper()
	f := &fixture{T: t, log: &testkit.LogBook{}, clock: testkit.NewClock()}
	f.stripe = &fakeStripe{Stripe: testkit.NewStripe(), pageSize: 100}

	var err error
	if f.store, err = store.Open(t.Context(), url, store.Options{Now: f.clock.Now, Log: zerolog.Nop()}); err != nil {
		t.Fatal(err)
	}

	t.Cleanup(func() {
		if err := f.store.Close(); err != nil {
			t.Error(err)
		}
	})

	if err := f.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}

	f.pay = payments.New(payments.Config{
		Store:        f.store,
		Stripe:       func(account string) payments.Stripe { return testkit.InAccount(f.stripe, account) },
		Now:          f.clock.Now,
		Log:          zerolog.Nop(),
		Workers:      2,
		ReturnURL:    func(id string) string { return "http://shop.test/complete?order=" + id },
		ProofKey:     []byte("a key of the tests"),
		UnknownAfter: 45 * time.Second,
		CallTimeout:  10 * time.Second,
	})

	f.config = webhooks.Config{
		Intake:    f.store,
		Claims:    f.store,
		Payments:  f.pay,
		Stripe:    f.stripe,
		Now:       f.clock.Now,
		Log:       zerolog.New(f.log),
		Secrets:   func() []string { return []string{secretOld, secretNew} },
		Tolerance: tolerance,
		Workers:   4,
		Lease:     lease,
	}

	for _, o := range options {
		o(&f.config)
	}

	f.hooks = webhooks.New(f.config)
	return f
}

// buy creates an order and confirms it. The intent gets the status.
func (f *fixture) buy(status payments.Status) (order, intent string) {
	f.Helper()
	order = f.order()
	f.stripe.SetNext(status)
	_, _ = f.pay.Confirm(f.Context(), payments.ConfirmRequest{OrderID: order, Token: "ctoken_" + order})
	return order, "pi_" + order
}

// order creates an open order over 10.99 USD.
func (f *fixture) order() string {
	f.Helper()
	o := orders.Order{
		ID:            orders.NewID("ord_"),
		TokenHash:     orders.HashToken("token"),
		Status:        orders.Open,
		PaymentStatus: orders.Unpaid,
		Version:       1,
		Currency:      "usd",
		Amount:        1099,
		CreatedAt:     f.clock.Now(),
		ExpiresAt:     f.clock.Now().Add(90 * 24 * time.Hour),
	}
	if err := f.store.CreateOrder(f.Context(), o); err != nil {
		f.Fatal(err)
	}

	return o.ID
}

// intentObject returns a PaymentIntent in Stripe's JSON.
func intentObject(id, order string, status payments.Status) object {
	o := object{
		"id":              id,
		"object":          "payment_intent",
		"status":          status,
		"amount":          1099,
		"amount_received": 0,
		"currency":        "usd",
		"client_secret":   id + "_secret_x",
		"created":         1769860800,
		"livemode":        false,
		"metadata":        object{payments.MetaOrder: order},
	}

	if status == payments.StatusSucceeded {
		o["amount_received"] = 1099
	}

	return o
}

// metadataOf returns our metadata on an object.
func metadataOf(m payments.Mark) object {
	return object{
		payments.MetaOrder:   m.OrderID,
		payments.MetaAttempt: m.AttemptID,
		payments.MetaProof:   m.Proof,
	}
}

// confirm confirms the order with a token.
func (f *fixture) confirm(order, token string) {
	f.Helper()
	request := payments.ConfirmRequest{OrderID: order, Token: token}
	if _, err := f.pay.Confirm(f.Context(), request); err != nil {
		f.Fatal(err)
	}
}

// intentEvent returns the event payment_intent.name of an intent.
func (f *fixture) intentEvent(name, intent, order string, status payments.Status) []byte {
	f.Helper()
	o := intentObject(intent, order, status)
	if made, ok := f.stripe.Peek(intent); ok {
		o["metadata"] = metadataOf(made.Mark())
	}

	return f.event("payment_intent."+name, o)
}

// event returns the JSON of a new event.
func (f *fixture) event(eventType string, o any) []byte {
	return f.eventWith(eventType, o, nil)
}

func (f *fixture) eventWith(eventType string, o any, change object) []byte {
	f.Helper()
	e := object{
		"id":          orders.NewID("evt_"),
		"object":      "event",
		"type":        eventType,
		"api_version": stripe.APIVersion,
		"created":     f.clock.Now().Unix(),
		"livemode":    false,
		"data":        object{"object": o},
	}

	maps.Copy(e, change)

	raw, err := json.Marshal(e)
	if err != nil {
		f.Fatal(err)
	}

	return raw
}

func eventID(raw []byte) string {
	var e struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(raw, &e)
	return e.ID
}

// sign returns the signature header that Stripe sends.
func sign(payload []byte, secret string, at time.Time) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload:   payload,
		Secret:    secret,
		Timestamp: at,
	}).Header
}

// post sends a body with a signature header and returns the response.
func (f *fixture) post(payload []byte, header string) *httptest.ResponseRecorder {
	f.Helper()
	r := httptest.NewRequestWithContext(f.Context(), http.MethodPost, "/webhooks/stripe", bytes.NewReader(payload))
	if header != "" {
		r.Header.Set("Stripe-Signature", header)
	}
	w := httptest.NewRecorder()
	httpio.Handle(f.hooks.ServeHTTP)(w, r)
	return w
}

// deliver sends signed events, each of which must be acknowledged.
func (f *fixture) deliver(events ...[]byte) {
	f.Helper()
	for _, raw := range events {
		if w := f.post(raw, sign(raw, secretNew, f.clock.Now())); w.Code != http.StatusOK {
			f.Fatalf("%s: status %d: %s", eventID(raw), w.Code, w.Body)
		}
	}
}

// work processes events until none is due, and returns how many there were.
func (f *fixture) work() (worked int) {
	f.Helper()
	for range 100 {
		n, err := f.hooks.RunOnce(f.Context())
		if err != nil {
			f.Fatal(err)
		}
		if n == 0 {
			return worked
		}

		worked += n
	}

	f.Fatal("there are still due events after 100 batches")
	return worked
}

// stored returns the event as the inbox holds it.
func (f *fixture) stored(raw []byte) webhooks.Event {
	f.Helper()
	e, err := f.store.Event(f.Context(), eventID(raw))
	if err != nil {
		f.Fatal(err)
	}
	return e
}

func (f *fixture) wantState(raw []byte, want webhooks.State, note string) {
	f.Helper()
	e := f.stored(raw)
	if e.State != want || !strings.Contains(e.Note, note) || note == "" && e.Note != "" {
		f.Errorf("%s is %s (%q), want %s (%q)", e.Type, e.State, e.Note, want, note)
	}
}

// wantStored checks the number of events in the inbox.
func (f *fixture) wantStored(want int64) {
	f.Helper()
	counts, err := f.store.Counts(f.Context())
	if err != nil {
		f.Fatal(err)
	}

	var got int64
	for _, n := range counts {
		got += n
	}

	if got != want {
		f.Errorf("the inbox holds %d events (%v), want %d", got, counts, want)
	}
}

func (f *fixture) state(order string) *payments.State {
	f.Helper()
	st, err := f.store.Read(f.Context(), order)
	if err != nil {
		f.Fatal(err)
	}
	return st
}

func (f *fixture) wantOrder(order string, status orders.Status, payment orders.PaymentStatus) {
	f.Helper()
	o := f.state(order).Order
	if o.Status != status || o.PaymentStatus != payment {
		f.Errorf("order is %s, payment %s (review: %q); want %s, %s",
			o.Status, o.PaymentStatus, o.ReviewReason, status, payment)
	}
}

// wantPaid checks that the order is paid and has its one effect.
func (f *fixture) wantPaid(order string) {
	f.Helper()
	f.wantOrder(order, orders.Paid, orders.PaymentPaid)
	effects, err := f.store.Effects(f.Context(), order)
	if err != nil {
		f.Fatal(err)
	}
	paid := slices.DeleteFunc(slices.Clone(effects), func(e payments.Effect) bool { return e.Kind != payments.EffectPaid })
	if len(paid) != 1 {
		f.Errorf("the effects are %+v, want one %s", effects, payments.EffectPaid)
	}
}

// run starts the background work. stop stops it and waits for its end.
func (f *fixture) run(s *webhooks.Service) (stop func()) {
	f.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(f.Context()))
	ended := make(chan struct{})
	go func() { defer close(ended); s.Run(ctx) }()
	stop = func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(testhost.Patience):
			f.Error("Run did not return")
		}
	}

	f.Cleanup(stop)

	return stop
}

// eventually polls until ok returns true.
func (f *fixture) eventually(what string, ok func() bool) {
	f.Helper()
	for deadline := time.Now().Add(testhost.Patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.Fatalf("timed out waiting: %s", what)
		}
	}
}

// fakeStripe adds the list of events to the shared fake.
type fakeStripe struct {
	*testkit.Stripe
	stripeapi.Codec // reads events as in production

	mu       sync.Mutex
	events   [][]byte // newest first
	pageSize int
	asked    []time.Time // from of each first page
	pages    int
	onPage   func(page int) error
	turn     func(context.Context) error // waits for the budget of readings; nil: no limit
}

// Intent reads an intent when it is its turn.
func (s *fakeStripe) Intent(ctx context.Context, id string) (payments.Snapshot, error) {
	if s.turn != nil {
		if err := s.turn(ctx); err != nil {
			return payments.Snapshot{}, &payments.CallError{Cause: err}
		}
	}
	return s.Stripe.Intent(ctx, id)
}

// list puts an event in front of Stripe's list.
func (s *fakeStripe) list(events ...[]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, raw := range events {
		s.events = append([][]byte{raw}, s.events...)
	}
}

func (s *fakeStripe) Events(_ context.Context, account string, from time.Time, after string) (page [][]byte, more bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if after == "" {
		s.asked, s.pages = append(s.asked, from), 0
	}

	s.pages++
	if s.onPage != nil {
		if err := s.onPage(s.pages); err != nil {
			return nil, false, err
		}
	}

	var all [][]byte
	for _, raw := range s.events {
		var e struct {
			Created int64  `json:"created"`
			Account string `json:"account"`
		}
		if json.Unmarshal(raw, &e) != nil ||
			e.Created >= from.Unix() && (account == "" || e.Account == account) {
			all = append(all, raw)
		}
	}

	if after != "" {
		at := slices.IndexFunc(all, func(raw []byte) bool { return eventID(raw) == after })
		all = all[at+1:]
	}

	n := min(s.pageSize, len(all))
	return all[:n], n < len(all), nil
}
