package customersession_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/customersession"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

// knower is the handler of the shop.
func (s *shop) knower() *customersession.Handler {
	return customersession.New(customersession.Config{
		Store:  s.store,
		Stripe: s.stripe.For,
		Orders: s.orders,
		Now:    s.clock.Now,
		Log:    zerolog.New(s.log),
	})
}

// request is one of the browser's.
func (b browser) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	for name, value := range b {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

// attempt makes an order's only attempt, or changes its state.
func (s *shop) attempt(orderID string, state payments.AttemptState) {
	s.Helper()
	err := s.store.Update(s.Context(), orderID, nil, func(st *payments.State) error {
		if len(st.Attempts) == 0 {
			st.Attempts = append(st.Attempts, payments.Attempt{
				ID: "att_" + orderID, N: 1, IdempotencyKey: "key_" + orderID, CreatedAt: s.clock.Now(),
			})
		}
		st.Attempts[0].State = state
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
}

// change changes an order in the store and returns it.
func (s *shop) change(id string, change func(*orders.Order)) (o orders.Order) {
	s.Helper()
	err := s.store.Update(s.Context(), id, nil, func(st *payments.State) error {
		change(&st.Order)
		o = st.Order
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return o
}

func TestAReturningBuyerIsKnown(t *testing.T) {
	t.Parallel()
	const email = "jenny@example.com"
	s, b := newShop(t), browser{}
	h := s.knower()
	same := func(*orders.Order) {}
	wantEmail := func(what string, r *http.Request, o orders.Order, want string) {
		t.Helper()
		if c := h.Contact(r, o); c.Email != want {
			t.Errorf("%s: the form has %q; want %q", what, c.Email, want)
		}
	}

	first := s.change(s.order(b), func(o *orders.Order) { o.Contact.Email = email })
	s.attempt(first.ID, payments.RequiresAction)
	s.session(b)
	h.NotePaid(b.request(), first, "att_"+first.ID)

	next := s.change(s.order(b), same)
	wantEmail("before the payment has arrived", b.request(), next, "")
	s.change(first.ID, func(o *orders.Order) { o.Status, o.PaidAt = orders.Paid, s.clock.Now() })
	wantEmail("when another browser has paid", b.request(), next, "")
	s.attempt(first.ID, payments.Succeeded)
	wantEmail("after it", b.request(), next, email)

	s.attempt(next.ID, payments.RequiresAction)
	h.NotePaid(b.request(), next, "att_"+next.ID)
	wantEmail("after a payment that was given up", b.request(), next, email)

	// Whoever opens the order of somebody else is another browser, although it
	// may have become the same buyer at Stripe.
	friend := browser{"checkoutd_order": b["checkoutd_order"]}
	s.session(friend, `{"orderId":"`+first.ID+`"}`)
	if friend["checkoutd_buyer"] == "" {
		t.Fatal("the friend got no token")
	}

	wantEmail("in a browser that has the orders alone", friend.request(), next, "")

	elsewhere, named := next, next
	elsewhere.Account, named.CustomerReference = "acct_1", "user-42"
	wantEmail("in another account", b.request(), elsewhere, "")
	wantEmail("for a buyer whom the shop names", b.request(), named, "")

	mounted := b.request()
	orders.PresentClientToken(mounted, "a page's token")
	wantEmail("on a page of another site", mounted, next, "")

	// A token that takes the place of an older one knows the same.
	s.clock.Advance(200 * 24 * time.Hour)
	former := b["checkoutd_buyer"]
	renewed := s.change(s.order(b), same)
	s.session(b)
	if b["checkoutd_buyer"] == former {
		t.Fatal("the token was not renewed")
	}

	wantEmail("with the next token", b.request(), renewed, email)

	s.change(first.ID, func(o *orders.Order) { o.ErasedAt = s.clock.Now() })
	wantEmail("after an erasure", b.request(), renewed, "")
	s.change(first.ID, func(o *orders.Order) { o.ErasedAt = time.Time{} })

	if _, err := s.store.RevokeBuyers(t.Context(), "", s.clock.Now()); err != nil {
		t.Fatal(err)
	}
	wantEmail("after the buyer was revoked", b.request(), renewed, "")
}
