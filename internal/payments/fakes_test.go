package payments_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/queue"
	"checkoutd/internal/testkit"
)

// memory is a payments.Store in memory. internal/store/storetest holds the real
// one to the same promises.
type memory struct {
	mu      sync.Mutex
	states  map[string]*payments.State
	now     func() time.Time
	effects map[string]int // writes by order, kind and subject, to see duplicates
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

func (m *memory) Update(ctx context.Context, id string, _ *queue.Claim, change func(*payments.State) error) error {
	if err := ctx.Err(); err != nil { // as a database does
		return err
	}

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
		m.effects[strings.TrimSpace(e.OrderID+" "+e.Kind+" "+e.Subject)] = 1 // a second one is ignored, as the primary key makes it
	}

	m.states[id] = clone(st)
	return nil
}

func (m *memory) Read(ctx context.Context, id string) (*payments.State, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}

	m.mu.Lock()
	defer m.mu.Unlock()

	st, ok := m.states[id]
	if !ok {
		return nil, orders.ErrNotFound
	}

	return clone(st), nil
}

func (m *memory) OrderOfIntent(ctx context.Context, account, intent string) (string, error) {
	id, err := m.OrderWithIntent(ctx, intent)
	return m.inAccount(account, id), err
}

func (m *memory) inAccount(account, id string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if st := m.states[id]; st == nil || st.Order.Account != account {
		return ""
	}
	return id
}

func (m *memory) OrderWithIntent(_ context.Context, intent string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, st := range m.states {
		if st.Intent(intent) != nil {
			return id, nil
		}
	}
	return "", nil
}

func (m *memory) OrderOfSubscription(_ context.Context, account, sub string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, st := range m.states {
		if st.Subscription(sub) != nil && st.Order.Account == account {
			return id, nil
		}
	}
	return "", nil
}

func (m *memory) OrderOfTransfer(_ context.Context, account, customer string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, st := range m.states {
		if customer != "" && st.Order.CustomerID == customer && st.Order.Account == account {
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

// fixture is an order with its store, Stripe and service.
type fixture struct {
	*testing.T
	store  *memory
	stripe *testkit.Stripe
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
	f := &fixture{T: t, clock: testkit.NewClock(), stripe: testkit.NewStripe()}
	f.store = newMemory(orders.Order{
		ID:            orderID,
		Status:        orders.Open,
		PaymentStatus: orders.Unpaid,
		Version:       1,
		Currency:      "usd",
		Amount:        1099,
		CreatedAt:     f.clock.Now(),
		ExpiresAt:     f.clock.Now().Add(24 * time.Hour),
	})

	f.store.now = f.clock.Now
	f.stripe.OnSend(func(p payments.Params, _ string) (payments.Snapshot, error) {
		return snap(p, payments.StatusSucceeded), nil
	})
	f.config = payments.Config{
		Store:        f.store,
		Stripe:       f.stripe.For,
		Now:          f.clock.Now,
		Log:          zerolog.Nop(),
		ReturnURL:    func(id string) string { return "http://shop.test/complete?order=" + id },
		UnknownAfter: 45 * time.Second,
		CallTimeout:  10 * time.Second,
		TransferWait: 14 * 24 * time.Hour,
		Workers:      1,
	}

	f.svc = payments.New(f.config)

	return f
}

// snap returns the intent that Stripe makes of the parameters.
func snap(p payments.Params, status payments.Status) payments.Snapshot {
	id := p.IntentID
	if id == "" {
		id = intentID
	}

	s := payments.Snapshot{
		ID:           id,
		Account:      p.Account,
		OrderID:      p.Metadata[payments.MetaOrder],
		AttemptID:    p.Metadata[payments.MetaAttempt],
		Status:       status,
		Amount:       p.Amount,
		Currency:     p.Currency,
		CustomerID:   p.Customer,
		ClientSecret: secret,
	}

	if status == payments.StatusSucceeded {
		s.AmountReceived = p.Amount
	}

	return s
}

func declined(p payments.Params) error {
	s := snap(p, payments.StatusRequiresPaymentMethod)
	return &payments.CallError{
		Outcome:  payments.OutcomeRefused,
		Snapshot: &s,
		Stripe: payments.StripeError{
			Type:        payments.TypeCard,
			Code:        "card_declined",
			DeclineCode: "insufficient_funds",
			Message:     "Your card has insufficient funds.",
		},
	}
}

var (
	errReset = &payments.CallError{Stripe: payments.StripeError{Type: payments.TypeConnection},
		Cause: errors.New("connection reset")}
	errInternal = &payments.CallError{Stripe: payments.StripeError{Type: payments.TypeAPI},
		Cause: errors.New("status 500")}
)

func (f *fixture) confirm(token string) (payments.Answer, error) {
	return f.svc.Confirm(context.Background(), payments.ConfirmRequest{OrderID: orderID, Token: token})
}

// sent returns the parameters of the nth call that was sent, counted from 0.
func (f *fixture) sent(n int) payments.Params {
	f.Helper()
	sent, _ := f.stripe.Sent()
	return sent[n]
}

// key returns the idempotency key of the nth call that was sent.
func (f *fixture) key(n int) string {
	f.Helper()
	_, keys := f.stripe.Sent()
	return keys[n]
}

func (f *fixture) calls() int {
	sent, _ := f.stripe.Sent()
	return len(sent)
}

// intentNow returns the order's intent as it is at Stripe.
func (f *fixture) intentNow() payments.Snapshot {
	f.Helper()
	snap, ok := f.stripe.Peek(intentID)
	if !ok {
		f.Fatal("Stripe has no intent")
	}
	return snap
}

// editIntent changes the order's intent at Stripe.
func (f *fixture) editIntent(change func(*payments.Snapshot)) {
	f.Helper()
	snap := f.intentNow()
	change(&snap)
	f.stripe.PutIntent(snap)
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
		f.Errorf("order is %s, payment %s (review: %q); want %s, %s",
			o.Status, o.PaymentStatus, o.ReviewReason, status, payment)
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
