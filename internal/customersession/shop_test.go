package customersession_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/customersession"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/store"
	"checkoutd/internal/store/storetest"
	"checkoutd/internal/testkit"
)

// shop is the handler on a real store, with the browsers of its buyers.
type shop struct {
	testing.TB
	file   string // the database
	store  *store.Store
	stripe *testkit.Customers
	orders *orders.Service
	log    *testkit.LogBook
	clock  *testkit.Clock
	call   http.HandlerFunc
	make   http.HandlerFunc
}

func newShop(t testing.TB) *shop {
	t.Helper()
	s := &shop{
		TB:     t,
		log:    &testkit.LogBook{},
		stripe: testkit.NewCustomers(),
		clock:  testkit.NewClock(),
	}

	var err error

	s.file = filepath.Join(t.TempDir(), "test.db")
	storetest.WriteSQLite(t, s.file)
	if s.store, err = store.Open(t.Context(), "sqlite:"+s.file,
		store.Options{Now: s.clock.Now, Log: zerolog.Nop()}); err != nil {
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

	s.orders = orders.New(orders.Config{
		Store:        s.store,
		Catalog:      catalog.Always(),
		Now:          s.clock.Now,
		ExpiresAfter: time.Hour,
		BaseURL:      "http://shop.test",
	})

	s.make = httpio.Handle(s.orders.ServeCreate)
	s.call = s.handler(false)

	return s
}

// handler returns the handler of another process of the shop.
func (s *shop) handler(secure bool) http.HandlerFunc {
	return s.handlerOf(customersession.Config{Store: s.store, Secure: secure})
}

// handlerOf returns a handler for c, with the shop's own Stripe, orders and
// log.
func (s *shop) handlerOf(c customersession.Config) http.HandlerFunc {
	s.Helper()
	c.Stripe, c.Orders, c.Log, c.Now = s.stripe.For, s.orders, zerolog.New(s.log), s.clock.Now
	return httpio.HandleStripe(customersession.New(c).ServeHTTP)
}

// browser is a buyer's browser: its cookies.
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

// session makes the call of the guide's page and returns the secret, "" for
// null.
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

// sessions returns the customer of each session at Stripe.
func (s *shop) sessions() []string {
	customers, _ := s.stripe.Sessions()
	return customers
}
