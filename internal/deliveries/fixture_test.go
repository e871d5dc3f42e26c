package deliveries_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/deliveries"
	"checkoutd/internal/effects"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/testhost"
	"checkoutd/internal/testkit"
)

// fixture is the services that tell an endpoint of effects, on a real store.
type fixture struct {
	*testing.T
	clock    *testkit.Clock
	store    *store.Store
	effects  *effects.Service
	outgoing *deliveries.Service
	sender   *deliveries.Sender
	log      *testkit.LogBook
	owner    *owner
}

// owner records what it is told.
type owner struct {
	mu   sync.Mutex
	told []string
}

func (o *owner) tell(what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, what)
}

func (o *owner) Exhausted(_ deliveries.Endpoint, d deliveries.Delivery) {
	o.tell("exhausted " + d.Kind)
}
func (o *owner) SwitchedOff(e deliveries.Endpoint) { o.tell("off: " + e.Reason) }

func (f *fixture) wantTold(want ...string) {
	f.Helper()
	f.owner.mu.Lock()
	defer f.owner.mu.Unlock()
	if !slices.Equal(f.owner.told, want) {
		f.Errorf("the owner was told %q, want %q", f.owner.told, want)
	}
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	return newFixtureAt(t, testkit.NewClock())
}

func newFixtureAt(t *testing.T, clock *testkit.Clock) *fixture {
	t.Helper()
	return newFixtureOn(t, storetest.SQLiteURL(t), deliveries.Loopback(), clock)
}

func newFixtureOn(t *testing.T, url string, n deliveries.Networks, clock *testkit.Clock) *fixture {
	t.Helper()
	f := &fixture{T: t, clock: clock, log: &testkit.LogBook{}, owner: &owner{}}

	var err error
	f.store, err = store.Open(t.Context(), url, store.Options{Now: f.clock.Now, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.store.Close() })
	if err := f.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}

	f.sender = deliveries.NewSender(n, "test", f.clock.Now)
	f.outgoing = deliveries.New(deliveries.Config{
		Store:  f.store,
		Sender: f.sender,
		Owner:  f.owner,
		Render: func(o *orders.Order) any { return render(o) },
		Now:    f.clock.Now,
		Log:    zerolog.New(f.log),
	})
	f.effects = effects.New(effects.Config{
		Store:   f.store,
		Now:     f.clock.Now,
		Log:     zerolog.New(f.log),
		Workers: 4,
		Planned: f.outgoing.Wake,
	})
	f.store.OnEffects(f.effects.Wake)

	return f
}

// order stores an order that is paid for.
func (f *fixture) order(id string) {
	f.Helper()
	err := f.store.CreateOrder(f.Context(), orders.Order{
		ID:            id,
		TokenHash:     orders.HashToken(id),
		Status:        orders.Open,
		PaymentStatus: orders.Unpaid,
		Version:       1,
		Currency:      "eur",
		Amount:        1099,
		Mode:          orders.ModePayment,
		CreatedAt:     f.clock.Now(),
		UpdatedAt:     f.clock.Now(),
		ExpiresAt:     f.clock.Now().Add(time.Hour),
	})
	if err != nil {
		f.Fatal(err)
	}
}

// happen commits an effect that leaves the order in a status.
func (f *fixture) happen(orderID, kind string, status orders.Status) {
	f.Helper()
	err := f.store.Update(f.Context(), orderID, nil, func(st *payments.State) error {
		st.Order.Status = status
		st.Effects = append(st.Effects, payments.Effect{Kind: kind, CreatedAt: f.clock.Now()})
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
}

// add adds an endpoint.
func (f *fixture) add(url string, types ...string) deliveries.Endpoint {
	f.Helper()
	e, err := deliveries.NewEndpoint(url, types, deliveries.Loopback(), f.clock.Now())
	if err == nil {
		err = f.store.AddEndpoint(f.Context(), e)
	}
	if err != nil {
		f.Fatal(err)
	}
	return e
}

// endpoint returns an endpoint as it is stored.
func (f *fixture) endpoint(id string) deliveries.Endpoint {
	f.Helper()
	list, err := f.store.Endpoints(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range list {
		if e.ID == id {
			return e
		}
	}
	f.Fatalf("there is no endpoint %s", id)
	return deliveries.Endpoint{}
}

// plan works effects until none is due.
func (f *fixture) plan() {
	f.Helper()
	for {
		if n, err := f.effects.RunOnce(f.Context()); err != nil {
			f.Fatal(err)
		} else if n == 0 {
			return
		}
	}
}

// work works effects and deliveries until nothing is due.
func (f *fixture) work() {
	f.Helper()
	for {
		n, err := f.effects.RunOnce(f.Context())
		if err != nil {
			f.Fatal(err)
		}
		m, err := f.outgoing.RunOnce(f.Context())
		if err != nil {
			f.Fatal(err)
		}
		if n+m == 0 {
			return
		}
	}
}

// deliveries returns the deliveries of an order to an endpoint, oldest first.
func (f *fixture) deliveries(orderID, endpointID string) []deliveries.Delivery {
	f.Helper()
	list, err := f.store.Deliveries(f.Context(), deliveries.Filter{OrderID: orderID, EndpointID: endpointID})
	if err != nil {
		f.Fatal(err)
	}
	slices.SortFunc(list, func(a, b deliveries.Delivery) int { return int(a.N - b.N) })
	return list
}

func (f *fixture) wantState(orderID, endpointID string, want ...deliveries.DeliveryState) {
	f.Helper()
	var got []deliveries.DeliveryState
	for _, d := range f.deliveries(orderID, endpointID) {
		got = append(got, d.State)
	}
	if !slices.Equal(got, want) {
		f.Errorf("deliveries of %s are %v, want %v", orderID, got, want)
	}
}

// request is what a receiver got.
type request struct {
	head http.Header
	body []byte
	msg  struct {
		ID       string
		Type     string
		Sequence int64
		Data     struct{ ID, Status string }
	}
}

// receiver is the shop's backend.
type receiver struct {
	*httptest.Server
	t testing.TB

	mu     sync.Mutex
	got    []request
	answer http.HandlerFunc // 204 if nil
	came   chan request
}

func newReceiver(t testing.TB) *receiver {
	t.Helper()
	r := &receiver{t: t, came: make(chan request, 10_000)}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	got := request{head: req.Header}
	got.body, _ = io.ReadAll(req.Body)
	if err := json.Unmarshal(got.body, &got.msg); err != nil {
		r.t.Errorf("the payload: %v", err)
	}

	r.mu.Lock()
	r.got = append(r.got, got)
	answer := r.answer
	r.mu.Unlock()
	r.came <- got

	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, req)
}

// setAnswer sets how the receiver answers.
func (r *receiver) setAnswer(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// types returns the types that the receiver got.
func (r *receiver) types() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, got := range r.got {
		list = append(list, got.msg.Type)
	}
	return list
}

func (r *receiver) wantTypes(want ...string) {
	r.t.Helper()
	if got := r.types(); !slices.Equal(got, want) {
		r.t.Errorf("received %v, want %v", got, want)
	}
}

// wait waits for the next webhook.
func (r *receiver) wait() request {
	r.t.Helper()
	select {
	case got := <-r.came:
		return got
	case <-time.After(testhost.Patience):
		r.t.Fatal("waited in vain for a webhook")
		return request{}
	}
}

// render stands for the API.
func render(o *orders.Order) map[string]any {
	return map[string]any{"id": o.ID, "status": o.Status, "amount": o.Amount, "currency": o.Currency}
}
