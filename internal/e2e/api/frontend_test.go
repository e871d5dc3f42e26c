package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/orders"
	"checkoutd/internal/payments"
)

const (
	frontend = "https://front.example"
	stranger = "https://stranger.example"
)

// clientOrder makes an order by the shop's backend and returns it with its
// client token.
func clientOrder(t *testing.T, s *e2etest.Shop) (id, token string) {
	t.Helper()
	o := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders",
		`{"currency":"usd","items":[{"name":"Mug","unit_amount":900}]}`)
	return o["id"].(string), o["client_token"].(string)
}

func TestThePagesOfTheShopsOwn(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("ALLOWED_ORIGINS", frontend+", https://other.example"))
	id, token := clientOrder(t, s)
	b := s.Buyer(t) // without a cookie
	from, proof := "Origin: "+frontend, orders.ClientTokenHeader+": "+token

	// A browser asks first.
	for _, path := range []string{"/config", "/checkout-form", "/orders/" + id, "/create-customer-session", "/create-confirm-intent"} {
		r := b.Call("OPTIONS", path, "", from, "Access-Control-Request-Method: POST",
			"Access-Control-Request-Headers: content-type, checkoutd-client-token")
		h := r.Header
		if r.Status != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != frontend ||
			!strings.Contains(h.Get("Access-Control-Allow-Headers"), orders.ClientTokenHeader) ||
			h.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(strings.Join(h.Values("Vary"), ","), "Origin") {
			t.Errorf("preflight of %s: %d %v", path, r.Status, h)
		}
	}

	// The header opens every call, and nothing gets a cookie.
	for _, call := range []struct{ method, path, body string }{
		{"GET", "/orders/" + id, ""},
		{"GET", "/config?order=" + id, ""},
		{"GET", "/config", ""},
		{"GET", "/checkout-form", ""},
		{"POST", "/create-customer-session", ""},
		{"PATCH", "/orders/" + id, `{"email":"` + e2etest.CanaryEmail + `"}`},
	} {
		r := b.Call(call.method, call.path, call.body, from, proof)
		if r.Status != http.StatusOK || r.Header.Get("Access-Control-Allow-Origin") != frontend || r.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s %s: %d %s %v", call.method, call.path, r.Status, r.Body, r.Header)
		}
	}

	// The body opens the two calls of the guide.
	if r := b.Call("POST", "/create-customer-session", `{"clientToken":"`+token+`"}`, from); r.Status != http.StatusOK {
		t.Errorf("a session by the body: %d %s", r.Status, r.Body)
	}

	body := `{"clientToken":"` + token + `","confirmationTokenId":"` + b.Token(e2etest.CardPays) + `"}`
	if r := b.Call("POST", "/create-confirm-intent", body, from); r.Status != http.StatusOK || len(b.Cookies()) > 0 {
		t.Errorf("a confirm by the body: %d %s, cookies %v", r.Status, r.Body, b.Cookies())
	}
	if r := b.Call("GET", "/orders/"+id, "", from, proof); !strings.Contains(r.Body, `"status":"paid"`) {
		t.Errorf("the order is %s", r.Body)
	}
}

func TestWhatAClientTokenDoesNotOpen(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("ALLOWED_ORIGINS", frontend))
	id, token := clientOrder(t, s)
	other, _ := clientOrder(t, s)
	b := s.Buyer(t)
	header := func(token string) string { return orders.ClientTokenHeader + ": " + token }

	for name, wrong := range map[string]string{
		"another secret": id + ".wrong",
		"no secret":      id,
		"another order":  other + "." + strings.TrimPrefix(token, id+"."),
		"nonsense":       "....",
	} {
		if r := b.Call("GET", "/orders/"+id, "", "Origin: "+frontend, header(wrong)); r.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", name, r.Status)
		}
	}

	if r := b.Call("GET", "/orders/"+other, "", header(token)); r.Status != http.StatusNotFound {
		t.Errorf("the token of one order opens another: %d", r.Status)
	}

	// Pages of other sites may read nothing and change nothing.
	r := b.Call("GET", "/orders/"+id, "", "Origin: "+stranger, header(token))
	if r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a stranger's page may read the answer: %v", r.Header)
	}

	for _, path := range []string{"/create-confirm-intent", "/create-customer-session"} {
		r := b.Call("POST", path, `{"clientToken":"`+token+`"}`, "Origin: "+stranger, "Sec-Fetch-Site: cross-site")
		b.WantProblem(path, r, http.StatusForbidden, "cross_origin", "")
	}

	// A cookie does not count on the shop's other origin, and the routes that
	// are not shared stay closed to it.
	mine := b.Order("mug")
	if r := b.Call("GET", "/orders/"+mine, "", "Origin: "+frontend); r.Status != http.StatusNotFound {
		t.Errorf("a cookie opens an order on another origin: %d", r.Status)
	}

	if r := b.Call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`, "Origin: "+frontend,
		"Sec-Fetch-Site: cross-site"); r.Status != http.StatusForbidden {
		t.Errorf("POST /orders from another origin: %d", r.Status)
	}

	if r := b.Call("GET", "/v1/orders", "", "Origin: "+frontend); r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("the backend's API is shared with pages: %v", r.Header)
	}
}

// The buyer is sent back to the shop's own origins alone: Stripe appends the
// client secret to the address.
func TestWhereAPageMayHaveTheBuyerSentBack(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("ALLOWED_ORIGINS", frontend))
	_, token := clientOrder(t, s)
	b := s.Buyer(t)
	confirm := func(address string) e2etest.Reply {
		return b.Call("POST", "/create-confirm-intent", `{"clientToken":"`+token+`","returnUrl":"`+address+
			`","confirmationTokenId":"`+b.Token(e2etest.CardAsks)+`"}`, "Origin: "+frontend)
	}

	for _, address := range []string{
		stranger + "/", frontend + ".evil.example/", "https://front.example:8443/", "http://front.example/",
		"https://a:b@front.example/", "//front.example/", "/pay", "javascript:alert(1)", "https:front.example", "https://front.example\\\\@evil.example/",
		frontend + "/" + strings.Repeat("a", 2048),
	} {
		b.WantProblem("/create-confirm-intent", confirm(address), http.StatusUnprocessableEntity, "return_url_refused", "returnUrl")
	}

	if r := confirm(frontend + "/pay?cart=7#form"); r.Status != http.StatusOK {
		t.Errorf("the shop's own page: %d %s", r.Status, r.Body)
	}
}

// The token ends with the order.
func TestAClientTokenEnds(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("ALLOWED_ORIGINS", frontend))
	id, token := clientOrder(t, s)
	b := s.Buyer(t)
	proof := orders.ClientTokenHeader + ": " + token
	b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+b.Token(e2etest.CardPays)+`"}`, proof)

	if r := b.Call("GET", "/orders/"+id, "", proof); r.Status != http.StatusOK {
		t.Fatalf("the page cannot show the paid order: %d %s", r.Status, r.Body)
	}

	err := s.Store().Update(t.Context(), id, nil, func(st *payments.State) error {
		st.Order.PaidAt = st.Order.PaidAt.Add(-25 * time.Hour)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	if r := b.Call("GET", "/orders/"+id, "", proof); r.Status != http.StatusNotFound {
		t.Errorf("a day later the token still opens the order: %d", r.Status)
	}
}
