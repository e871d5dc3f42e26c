// Package fuzz_test fuzzes POST /create-customer-session. It is separate from
// the other tests, which need a database: the fuzzer would have to build the
// engine a second time.
package fuzz_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/customersession"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/testkit"
)

// memory is both stores in memory. storetest holds the real one to their
// promises.
type memory struct {
	orders.Store
	orders map[string]orders.Order
	buyers map[string]string
	tokens map[string]customersession.Token
}

func (m *memory) CreateOrder(_ context.Context, o orders.Order) error {
	m.orders[o.ID] = o
	return nil
}

func (m *memory) Order(_ context.Context, id string) (orders.Order, error) {
	if o, ok := m.orders[id]; ok {
		return o, nil
	}
	return orders.Order{}, orders.ErrNotFound
}

func (m *memory) Buyer(_ context.Context, _, buyer string) (string, error) {
	return m.buyers[buyer], nil
}

func (m *memory) SetBuyer(_ context.Context, _, buyer, customer string) (string, error) {
	if m.buyers[buyer] == "" {
		m.buyers[buyer] = customer
	}
	return m.buyers[buyer], nil
}

func (m *memory) ForgetBuyer(_ context.Context, _, buyer, customer string) error {
	if m.buyers[buyer] == customer {
		delete(m.buyers, buyer)
	}
	return nil
}

func (m *memory) SetCustomer(_ context.Context, read orders.Order, customer string) (string, error) {
	o := m.orders[read.ID]
	if o.CustomerID == read.CustomerID {
		o.CustomerID = customer
		m.orders[o.ID] = o
	}
	return o.CustomerID, nil
}

func (m *memory) HasSubscription(context.Context, string, string) (bool, error) { return false, nil }

func (m *memory) UseToken(_ context.Context, hash []byte, _ time.Time) (customersession.Token, bool, error) {
	t, ok := m.tokens[string(hash)]
	return t, ok, nil
}

func (m *memory) AddToken(_ context.Context, t customersession.Token, _ []byte, _ time.Time) (bool, error) {
	m.tokens[string(t.Hash)] = t
	return true, nil
}

func (m *memory) NotePayment(context.Context, []byte, string) error { return nil }

func (m *memory) PaidContact(context.Context, string, customersession.Payments) (orders.Contact, error) {
	return orders.Contact{}, nil
}

// victimToken is the value of the victim's buyer cookie.
const victimToken = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// call sends one request with the cookie header to a shop with two orders:
// ord_victim, which belongs to buy_victim, and ord_thief, which belongs to
// nobody yet. The orders' tokens are their IDs.
func call(t testing.TB, cookie, body string) (*memory, *httptest.ResponseRecorder) {
	t.Helper()
	victim := customersession.Token{
		Hash:      orders.HashToken(victimToken),
		BuyerID:   "buy_victim",
		CreatedAt: time.Now(),
	}

	m := &memory{
		orders: map[string]orders.Order{},
		buyers: map[string]string{"buy_victim": "cus_buy_victim"},
		tokens: map[string]customersession.Token{string(victim.Hash): victim},
	}

	for _, id := range []string{"ord_victim", "ord_thief"} {
		m.orders[id] = orders.Order{ID: id, TokenHash: orders.HashToken(id), Status: orders.Open}
	}

	h := customersession.New(customersession.Config{
		Store:  m,
		Stripe: testkit.Always[customersession.Stripe](testkit.NewCustomers()),
		Now:    time.Now,
		Log:    zerolog.Nop(),
		Orders: orders.New(orders.Config{Store: m, Now: time.Now, BaseURL: "http://shop.test"}),
	})

	r := httptest.NewRequest(http.MethodPost, "/create-customer-session", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", cookie)
	w := httptest.NewRecorder()
	httpio.HandleStripe(h.ServeHTTP)(w, r)

	return m, w
}

// FuzzBody: only an order whose token comes with the request gets a session.
func FuzzBody(f *testing.F) {
	for _, body := range []string{"", "{}", "null", "[]", `{"orderId":null}`, `{"orderId":"ord_thief"}`,
		`{"orderId":"ord_victim"}`,
		`{"orderid":"x"}`, `{"orderId":"a","orderId":"b"}`, "\x00", `{"orderId":"\ud800"}`} {
		f.Add(body)
	}

	f.Fuzz(func(t *testing.T, body string) {
		m, w := call(t, "checkoutd_order=ord_thief:ord_thief", body)
		if !json.Valid(w.Body.Bytes()) || m.orders["ord_victim"].CustomerID != "" {
			t.Fatalf("%q: answered %s", body, w.Body)
		}

		switch w.Code {
		case 200:
		case 400, 404, 413:
			if m.orders["ord_thief"].CustomerID != "" || !strings.Contains(w.Body.String(), `"error":{`) {
				t.Fatalf("%q was refused: %s, and the order has customer %q",
					body, w.Body, m.orders["ord_thief"].CustomerID)
			}

		default:
			t.Fatalf("%q: status %d: %s", body, w.Code, w.Body)
		}
	})
}

// FuzzBuyerCookie: nobody can pose as a buyer without the buyer's token.
func FuzzBuyerCookie(f *testing.F) {
	stored := string(orders.HashToken(victimToken)) // what a copy of the database shows
	for _, v := range []string{victimToken, victimToken[1:], victimToken + "A", stored, "buy_victim", "buy_victim.",
		"", ".", "buy_.", victimToken + "|" + victimToken, `"` + victimToken + `"`, strings.ToLower(victimToken)} {
		f.Add(v)
	}

	f.Fuzz(func(t *testing.T, value string) {
		m, w := call(t, "checkoutd_order=ord_thief:ord_thief; checkoutd_buyer="+value, "")
		if w.Code != http.StatusOK {
			t.Fatalf("%q: status %d", value, w.Code)
		}

		customer := m.orders["ord_thief"].CustomerID
		if customer == "cus_buy_victim" && !strings.Contains(value, victimToken) {
			t.Fatalf("%q is accepted as %s", value, customer)
		}
	})
}
