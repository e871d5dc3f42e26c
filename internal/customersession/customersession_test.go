package customersession_test

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

func TestCustomerIsCreatedWhenFirstNeededAndKept(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	first := s.order(b)

	if s.stripe.Len() != 0 {
		t.Fatal("a customer was made before any page asked")
	}

	secret := s.session(b)

	customer := s.customerOf(first)
	if customer == "" || secret != "cuss_secret_"+customer {
		t.Errorf("secret %q for customer %q", secret, customer)
	}

	buyer := b["checkoutd_buyer"]
	if len(buyer) != 26 {
		t.Errorf("the buyer cookie is %q, want a random token", buyer)
	}

	s.session(b) // a reload
	second := s.order(b)
	s.session(b)

	if got := s.customerOf(second); got != customer || s.stripe.Len() != 1 {
		t.Errorf("the buyer's next order belongs to %q, want %q; %d customers", got, customer, s.stripe.Len())
	}
	if b["checkoutd_buyer"] != buyer {
		t.Error("the buyer changed")
	}
	if _, keys := s.stripe.Sessions(); keys != 3 {
		t.Errorf("%d keys for 3 sessions: a session is for one use", keys)
	}
}

func TestCookieIsOutOfReachOfScriptsAndOtherHosts(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, secure := range []bool{false, true} {
		b := browser{}
		s.order(b)
		var c *http.Cookie
		for _, got := range b.send(s.handler(secure), "").Result().Cookies() {
			c = got
		}

		want := map[bool]string{false: "checkoutd_buyer", true: "__Host-checkoutd_buyer"}[secure]
		if c == nil || c.Name != want || !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode ||
			c.Path != "/" || c.Domain != "" || c.MaxAge < 3600 {
			t.Errorf("https %t: the cookie is %+v", secure, c)
		}
	}
}

func TestTwoPagesAtOnceCreateOneCustomer(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a buyer who is known", "a buyer who is new"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, b := newShop(t), browser{}
			if name == "a buyer who is known" {
				s.order(b)
				s.session(b)
				s.stripe.Forget()
			}

			s.order(b)
			hold := make(chan struct{})
			s.stripe.Hold(hold)
			var wg sync.WaitGroup

			secrets, pages := make([]string, 8), make([]browser, 8)
			for i := range secrets {
				pages[i] = maps.Clone(b)
				wg.Go(func() { secrets[i] = s.session(pages[i]) })
			}

			close(hold)
			wg.Wait()

			for i := range secrets {
				if secrets[i] == "" || secrets[i] != secrets[0] {
					t.Errorf("page %d got %q, page 0 %q", i, secrets[i], secrets[0])
				}

				// Whichever response the browser keeps, it is this buyer.
				next := s.order(pages[i])
				if s.session(pages[i]); "cuss_secret_"+s.customerOf(next) != secrets[0] {
					t.Errorf("with the token of page %d the next order belongs to %q", i, s.customerOf(next))
				}
			}

			if n := s.stripe.Len(); n > 1 {
				t.Errorf("%d customers, want one", n)
			}
		})
	}
}

// The page goes on without a session, as Stripe's guide asks.
func TestStripeFailureIsNullAndAWarning(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	order := s.order(b)
	s.stripe.SetDown(errors.New("stripe: status 500"))

	if secret := s.session(b); secret != "" {
		t.Errorf("secret %q, want null", secret)
	}
	if log := s.log.String(); !strings.Contains(log, `"level":"warn"`) || !strings.Contains(log, order) ||
		!strings.Contains(log, "status 500") {
		t.Errorf("the log is %s", log)
	}
	if b["checkoutd_buyer"] != "" || s.customerOf(order) != "" {
		t.Error("it left something half-done")
	}

	s.stripe.SetDown(nil)
	s.stripe.SetSessionsDown(errors.New("stripe: status 429"))

	if secret := s.session(b); secret != "" {
		t.Errorf("secret %q, want null", secret)
	}
	if customer := s.customerOf(order); customer != "" {
		t.Errorf("the order belongs to %q, who has no session", customer)
	}

	s.stripe.SetSessionsDown(nil)
	if secret := s.session(b); secret == "" || secret != "cuss_secret_"+s.customerOf(order) || s.stripe.Len() != 1 {
		t.Errorf("afterwards secret %q with %d customers, want the customer that was created", secret, s.stripe.Len())
	}
	if strings.Contains(s.log.String(), "cuss_secret") {
		t.Error("the log holds a client secret")
	}
}

// A session is for the order's own customer, whichever buyer cookie comes with
// the request.
func TestSessionIsForTheOrdersOwnCustomer(t *testing.T) {
	t.Parallel()
	s, anna, ben := newShop(t), browser{}, browser{}
	annas := s.order(anna)
	s.session(anna)
	bens := s.order(ben)
	s.session(ben)

	if s.customerOf(annas) == s.customerOf(bens) {
		t.Fatal("two buyers are one customer")
	}

	// Anna's order in a browser that Ben used.
	shared := browser{"checkoutd_order": anna["checkoutd_order"], "checkoutd_buyer": ben["checkoutd_buyer"]}
	if got, want := s.session(shared), "cuss_secret_"+s.customerOf(annas); got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	// Ben asks for Anna's order by its id.
	w := ben.send(s.call, `{"orderId":"`+annas+`"}`, "application/json")
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), `"error":{`) ||
		strings.Contains(w.Body.String(), "cuss_") {
		t.Errorf("%d %s, want 404 with Stripe's error object", w.Code, w.Body)
	}
	if w := (browser{}).send(s.call, ""); w.Code != http.StatusNotFound {
		t.Errorf("without any cookie: %d, want 404", w.Code)
	}
}

func TestClosedOrderGetsNoCustomer(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	order := s.order(b)
	err := s.store.Update(t.Context(), order, nil, func(st *payments.State) error {
		st.Order.Status = orders.Paid
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if secret := s.session(b); secret != "" || s.stripe.Len() != 0 || len(s.sessions()) != 0 {
		t.Errorf("secret %q, %d customers, sessions %v; want nothing created", secret, s.stripe.Len(), s.sessions())
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	s, b := newShop(t), browser{}
	first := s.order(b)
	s.order(b)

	for name, tt := range map[string]struct {
		body, contentType string
		status            int
		code              string
	}{
		"none":                 {"", "", 200, ""},
		"none, a content type": {"", "text/plain", 200, ""},
		"an empty object":      {"{}", "application/json", 200, ""},
		"an order":             {`{"orderId":"` + first + `"}`, "application/json", 200, ""},
		"another type":         {"orderId=x", "application/x-www-form-urlencoded", 415, "unsupported_content_type"},
		"no type":              {"{}", "", 415, "unsupported_content_type"},
		"malformed":            {"{", "application/json", 400, "invalid_json"},
		"an unknown field":     {`{"customer":"cus_1"}`, "application/json", 400, "unknown_field"},
		"a number":             {`{"orderId":1}`, "application/json", 400, "wrong_type"},
		"no such order":        {`{"orderId":"ord_nobody"}`, "application/json", 404, "order_not_found"},
		"over the limit": {`{"orderId":"` + strings.Repeat("a", 2000) + `"}`, "application/json",
			413, "body_too_large"},
	} {
		var kind []string
		if tt.contentType != "" {
			kind = []string{tt.contentType}
		}

		w := maps.Clone(b).send(s.call, tt.body, kind...)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.code) {
			t.Errorf("%s: %d %s, want %d %s", name, w.Code, w.Body, tt.status, tt.code)
		}
		if hasError := strings.Contains(w.Body.String(), `"error":{`); hasError != (tt.status != 200) {
			t.Errorf("%s: the guide's client reads error in %s", name, w.Body)
		}
	}

	if s.customerOf(first) == "" || !slices.Contains(s.sessions(), s.customerOf(first)) {
		t.Error("the order that the body named got no session")
	}
}
