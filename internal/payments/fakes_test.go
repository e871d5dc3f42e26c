package payments_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/testkit"
)

// memory is a payments.Store in memory; the real one is held to the same promises
// by internal/store/storetest.
type memory struct {
	mu      sync.Mutex
	states  map[string]*payments.State
	now     func() time.Time
	effects map[string]int // writes by order and kind, to see duplicates
	fail    func() error   // fails the commit when it returns an error
	onClaim func()         // called after attempts were claimed
}

func newMemory(o orders.Order) *memory {
	return &memory{states: map[string]*payments.State{o.ID: {Order: o}}, effects: map[string]int{}}
}

func clone(st *payments.State) *payments.State {
	c := *st
	c.Attempts, c.Intents = slices.Clone(st.Attempts), slices.Clone(st.Intents)
	c.Refunds, c.Disputes = slices.Clone(st.Refunds), slices.Clone(st.Disputes)
	c.Subscriptions, c.Operations = slices.Clone(st.Subscriptions), slices.Clone(st.Operations)
	c.Effects = nil
	return &c
}

func (m *memory) Update(_ context.Context, id string, _ *queue.Claim, change func(*payments.State) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, ok := m.states[id]
	if !ok {
		return orders.ErrNotFound
	}
	st := clone(old)
	if err := change(st); err != nil {
		return err
	}
	active := 0
	for _, a := range st.Attempts {
		if a.State.Active() {
			active++
		}
	}
	if active > 1 {
		return payments.ErrPaymentInProgress
	}
	if m.fail != nil {
		if err := m.fail(); err != nil {
			return err
		}
	}
	if err := m.stampOperations(old, st); err != nil {
		return err
	}
	for i := range st.Intents {
		if i >= len(old.Intents) || !reflect.DeepEqual(st.Intents[i], old.Intents[i]) {
			st.Intents[i].Version++
		}
	}
	for _, e := range st.Effects {
		m.effects[e.OrderID+" "+e.Kind] = 1 // a second one is ignored, as the primary key makes it
	}
	m.states[id] = clone(st)
	return nil
}

func (m *memory) Read(_ context.Context, id string) (*payments.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	st, ok := m.states[id]
	if !ok {
		return nil, orders.ErrNotFound
	}
	return clone(st), nil
}

func (m *memory) OrderOfIntent(_ context.Context, intent string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, st := range m.states {
		if st.Intent(intent) != nil {
			return id, nil
		}
	}
	return "", nil
}

func (m *memory) OrderOfSubscription(_ context.Context, sub string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, st := range m.states {
		if st.Subscription(sub) != nil {
			return id, nil
		}
	}
	return "", nil
}

func (m *memory) ClaimAttempts(_ context.Context, now, until time.Time, _ int) ([]payments.Attempt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []payments.Attempt
	for _, st := range m.states {
		if a := st.Active(); a != nil && !a.CheckAt.IsZero() && !a.CheckAt.After(now) {
			a.CheckAt = until
			out = append(out, *a)
		}
	}
	if m.onClaim != nil {
		m.onClaim()
	}
	return out, nil
}

func (m *memory) ClaimExpired(_ context.Context, now, _ time.Time, _ int) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for id, st := range m.states {
		if st.Order.Status == orders.Open && !now.Before(st.Order.ExpiresAt) {
			out = append(out, id)
		}
	}
	return out, nil
}

// stripe is a scripted payments.Stripe. The intent is the truth at Stripe; Send
// answers what the test says.
type stripe struct {
	mu             sync.Mutex
	intent         *payments.Snapshot
	renewal        *payments.Snapshot // the intent of a later invoice
	refunds        []payments.Refund
	dispute        payments.Dispute
	subscription   payments.SubscriptionReading
	send           func(p payments.Params, key string) (payments.Snapshot, error)
	onRead         func()
	onSubscription func()
	found          payments.Params // what was looked for last
	cancel         func() error
	down           error // what every reading gets, nil if Stripe is up
	sent           []payments.Params
	keys           []string
	readings       int
	canceled       int
}

var errNoIntent = &payments.CallError{Outcome: payments.OutcomeRefused,
	Stripe: payments.StripeError{Type: payments.TypeInvalidRequest, Code: "resource_missing"}}

func (s *stripe) Send(_ context.Context, p payments.Params, key string) (payments.Snapshot, error) {
	s.mu.Lock()
	s.sent, s.keys = append(s.sent, p), append(s.keys, key)
	send := s.send
	s.mu.Unlock()
	return send(p, key)
}

func (s *stripe) Intent(_ context.Context, id string) (payments.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readings++
	if s.down != nil {
		return payments.Snapshot{}, s.down
	}
	if s.intent == nil {
		return payments.Snapshot{}, errNoIntent
	}
	snap := *s.intent
	if s.renewal != nil && s.renewal.ID == id {
		snap = *s.renewal
	}
	if s.onRead != nil {
		s.onRead()
	}
	return snap, nil
}

func (s *stripe) FindIntent(_ context.Context, p payments.Params, _, _ time.Time) (payments.Snapshot, bool, error) {
	orderID := p.Metadata[payments.MetaOrder]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = p
	if s.down != nil {
		return payments.Snapshot{}, false, s.down
	}
	if s.intent == nil || s.intent.OrderID != orderID {
		return payments.Snapshot{}, false, nil
	}
	return *s.intent, true, nil
}

func (s *stripe) CancelIntent(context.Context, payments.Intent, string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.canceled++
	if s.cancel != nil {
		return s.cancel()
	}
	s.intent.Status = payments.StatusCanceled
	return nil
}

func (s *stripe) Subscription(context.Context, string) (payments.SubscriptionReading, error) {
	s.mu.Lock()
	s.readings++
	down, sub, hook := s.down, s.subscription, s.onSubscription
	s.mu.Unlock()
	if down != nil {
		return payments.SubscriptionReading{}, down
	}
	if hook != nil { // while the answer is on its way
		hook()
	}
	return sub, nil
}

func (s *stripe) InvoiceSubscription(context.Context, string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.subscription.ID, s.down
}

func (s *stripe) Refunds(context.Context, string) ([]payments.Refund, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refunds), nil
}

func (s *stripe) Dispute(context.Context, string) (payments.Dispute, error) { return s.dispute, nil }

func (s *stripe) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent)
}

// bench is an order with its store, Stripe and service.
type fixture struct {
	*testing.T
	store  *memory
	stripe *stripe
	clock  *testkit.Clock
	config payments.Config
	svc    *payments.Service
}

const (
	orderID  = "ord_1"
	intentID = "pi_1"
	secret   = "pi_1_secret_x"
)

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, clock: testkit.NewClock(), stripe: &stripe{}}
	f.store = newMemory(orders.Order{
		ID: orderID, Status: orders.Open, PaymentStatus: orders.Unpaid, Version: 1,
		Currency: "usd", Amount: 1099, CreatedAt: f.clock.Now(), ExpiresAt: f.clock.Now().Add(24 * time.Hour),
	})
	f.store.now = f.clock.Now
	f.stripe.send = func(p payments.Params, _ string) (payments.Snapshot, error) {
		return snap(p, payments.StatusSucceeded), nil
	}
	f.config = payments.Config{
		Store: f.store, Stripe: f.stripe, Now: f.clock.Now, Log: zerolog.Nop(),
		ReturnURL:    func(id string) string { return "http://shop.test/complete?order=" + id },
		UnknownAfter: 45 * time.Second, CallTimeout: 10 * time.Second, Workers: 1,
	}
	f.svc = payments.New(f.config)
	return f
}

// snap is the intent that Stripe makes of the parameters.
func snap(p payments.Params, status payments.Status) payments.Snapshot {
	id := p.IntentID
	if id == "" {
		id = intentID
	}
	s := payments.Snapshot{
		ID: id, OrderID: p.Metadata[payments.MetaOrder], AttemptID: p.Metadata[payments.MetaAttempt],
		Status: status, Amount: p.Amount, Currency: p.Currency, CustomerID: p.Customer, ClientSecret: secret,
	}
	if status == payments.StatusSucceeded {
		s.AmountReceived = p.Amount
	}
	return s
}

func declined(p payments.Params) error {
	s := snap(p, payments.StatusRequiresPaymentMethod)
	return &payments.CallError{Outcome: payments.OutcomeRefused, Snapshot: &s,
		Stripe: payments.StripeError{Type: payments.TypeCard, Code: "card_declined", DeclineCode: "insufficient_funds", Message: "Your card has insufficient funds."}}
}

var (
	errReset    = &payments.CallError{Stripe: payments.StripeError{Type: payments.TypeConnection}, Cause: errors.New("connection reset")}
	errInternal = &payments.CallError{Stripe: payments.StripeError{Type: payments.TypeAPI}, Cause: errors.New("status 500")}
)

func (f *fixture) confirm(token string) (payments.Answer, error) {
	return f.svc.Confirm(context.Background(), payments.ConfirmRequest{OrderID: orderID, Token: token})
}

func (f *fixture) state() *payments.State {
	f.Helper()
	st, err := f.store.Read(context.Background(), orderID)
	if err != nil {
		f.Fatal(err)
	}
	return st
}

func (f *fixture) runOnce() {
	f.Helper()
	if _, err := f.svc.RunOnce(context.Background()); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) wantOrder(status orders.Status, payment orders.PaymentStatus) {
	f.Helper()
	o := f.state().Order
	if o.Status != status || o.PaymentStatus != payment {
		f.Errorf("order is %s, payment %s (review: %q); want %s, %s", o.Status, o.PaymentStatus, o.ReviewReason, status, payment)
	}
}

func (f *fixture) wantAttempts(want ...payments.AttemptState) {
	f.Helper()
	var got []payments.AttemptState
	for _, a := range f.state().Attempts {
		got = append(got, a.State)
	}
	if !slices.Equal(got, want) {
		f.Errorf("attempts are %v, want %v", got, want)
	}
}

func (f *fixture) wantPaidOnce() {
	f.Helper()
	if n := f.store.effects[orderID+" "+payments.EffectPaid]; n != 1 {
		f.Errorf("%d paid effects, want 1", n)
	}
}
