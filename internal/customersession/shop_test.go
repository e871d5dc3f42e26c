package customersession_test

import (
	"context"
	"encoding/json"
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

	"checkoutd/internal/customersession"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/store"
	"checkoutd/internal/testkit"
)

// fakeStripe keeps customers by idempotency key, as Stripe does.
type fakeStripe struct {
	mu        sync.Mutex
	customers map[string]string        // by key
	deleted   map[string]bool          // customers that are no more
	sessions  []string                 // of which customer, in order
	features  customersession.Features // of the last session
	keys      map[string]bool          // of sessions
	fail      error
	failHalf  error         // only sessions fail
	hold      chan struct{} // if set, CreateCustomer waits for it
}

func (s *fakeStripe) CreateCustomer(_ context.Context, buyer, key string) (string, error) {
	s.mu.Lock()
	hold := s.hold
	s.mu.Unlock()
	if hold != nil {
		<-hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return "", s.fail
	}
	if s.customers[key] == "" {
		s.customers[key] = "cus_" + buyer
		if n := len(s.deleted); n > 0 {
			s.customers[key] += fmt.Sprintf("_%d", n)
		}
	}
	return s.customers[key], nil
}

func (s *fakeStripe) CheckCustomer(_ context.Context, customer string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deleted[customer] {
		return fmt.Errorf("%w: %s", customersession.ErrNoCustomer, customer)
	}
	return s.fail
}

func (s *fakeStripe) CreateCustomerSession(_ context.Context, customer string, f customersession.Features, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deleted[customer] {
		return "", fmt.Errorf("%w: %s", customersession.ErrNoCustomer, customer)
	}
	if err := errors.Join(s.fail, s.failHalf); err != nil {
		return "", err
	}
	s.sessions, s.keys[key], s.features = append(s.sessions, customer), true, f
	return "cuss_secret_" + customer, nil
}

// shop is the call with a real store; browsers keep cookies.
type shop struct {
	testing.TB
	store  *store.Store
	stripe *fakeStripe
	orders *orders.Service
	log    *testkit.LogBook
	call   http.HandlerFunc
	make   http.HandlerFunc
}

func newShop(t testing.TB) *shop {
	t.Helper()
	s := &shop{TB: t, log: &testkit.LogBook{}, stripe: &fakeStripe{customers: map[string]string{}, deleted: map[string]bool{}, keys: map[string]bool{}}}
	var err error
	if s.store, err = store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), store.Options{Log: zerolog.Nop()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	catalog, err := orders.ParseCatalog([]byte(`{"currency":"usd","products":[{"sku":"mug","name":"Mug","price":"18.00"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s.orders = orders.New(orders.Config{Store: s.store, Catalog: catalog, Now: time.Now, ExpiresAfter: time.Hour, BaseURL: "http://shop.test"})
	s.make = httpio.Handle(s.orders.ServeCreate)
	s.call = s.handler(false)
	return s
}

// handler is another process of the shop.
func (s *shop) handler(secure bool) http.HandlerFunc {
	return s.handlerOf(customersession.Config{Store: s.store, Secure: secure})
}

// handlerOf fills in what c lacks.
func (s *shop) handlerOf(c customersession.Config) http.HandlerFunc {
	s.Helper()
	c.Stripe, c.Orders, c.Log = s.stripe, s.orders, zerolog.New(s.log)
	h, err := customersession.New(s.Context(), c)
	if err != nil {
		s.Fatal(err)
	}
	return httpio.HandleStripe(h.ServeHTTP)
}

// browser is a buyer's cookies.
type browser map[string]string

func (b browser) send(h http.HandlerFunc, body string, contentType ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	for _, c := range contentType {
		r.Header.Set("Content-Type", c)
	}
	for name, value := range b {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	h(w, r)
	for _, c := range w.Result().Cookies() {
		b[c.Name] = c.Value
	}
	return w
}

func (s *shop) order(b browser) (id string) {
	s.Helper()
	w := b.send(s.make, `{"items":[{"sku":"mug","quantity":1}]}`, "application/json")
	var v struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || v.ID == "" {
		s.Fatalf("no order: %d %s", w.Code, w.Body)
	}
	return v.ID
}

// session calls as the guide's page does and gives the secret, "" for null.
func (s *shop) session(b browser, body ...string) string {
	s.Helper()
	var w *httptest.ResponseRecorder
	if len(body) == 0 {
		w = b.send(s.call, "")
	} else {
		w = b.send(s.call, body[0], "application/json")
	}
	var v map[string]*string
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK || len(v) != 1 {
		s.Fatalf("status %d: %s", w.Code, w.Body)
	}
	secret, ok := v["customer_session_client_secret"]
	if !ok {
		s.Fatalf("answered %s", w.Body)
	}
	if secret == nil {
		return ""
	}
	return *secret
}

func (s *shop) customerOf(order string) string {
	s.Helper()
	o, err := s.store.Order(s.Context(), order)
	if err != nil {
		s.Fatal(err)
	}
	return o.CustomerID
}
