package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/orders"
)

// An order is found by its number and e-mail address in another browser, which
// sees a receipt, and can do nothing else.
func TestAnOrderIsFoundOnAnotherDevice(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b, other := s.Buyer(t), s.Buyer(t)
	id := b.Order("mug")
	b.Call("PATCH", "/orders/"+id, `{"email":"canary@buyer.example","shipping":{"name":"Canary Rosen",`+
		`"address":{"line1":"1 Canary Lane","city":"Paris","postal_code":"75002","country":"FR"}}}`)
	b.Confirm(id, e2etest.CardPays)
	b.WantStatus(id, "paid paid")

	find := func(number, email string) e2etest.Reply {
		return other.Call("POST", "/find-order", url.Values{"number": {number}, "email": {email}}.Encode(),
			"Content-Type: application/x-www-form-urlencoded")
	}

	wrongEmail := find(orders.ShortID(id), "ben@buyer.example")
	unknown := find("AAAAAAAA", "ben@buyer.example")
	if wrongEmail.Status != http.StatusNotFound || unknown.Status != http.StatusNotFound ||
		strings.ReplaceAll(wrongEmail.Body, orders.ShortID(id), "AAAAAAAA") != unknown.Body {
		t.Errorf("a wrong address is told apart from an unknown number:\n%s\n%s", wrongEmail.Body, unknown.Body)
	}
	if r := other.Call("GET", "/receipt/"+id, ""); r.Status != http.StatusNotFound || strings.Contains(r.Body, "Enamel") {
		t.Errorf("without a cookie: %d %s", r.Status, r.Body)
	}

	r := find(strings.ToLower(orders.ShortID(id)), "Canary@buyer.example")
	if r.Status != http.StatusSeeOther || r.Header.Get("Location") != "/receipt/"+id {
		t.Fatalf("the right pair: %d %s", r.Status, r.Body)
	}

	r = other.Call("GET", "/receipt/"+id, "")
	if r.Status != http.StatusOK || !strings.Contains(r.Body, "Enamel mug") || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the receipt: %d %s", r.Status, r.Body)
	}
	if strings.Contains(strings.ToLower(r.Body), "canary") {
		t.Errorf("the receipt says who the buyer is: %s", r.Body)
	}

	for _, call := range []string{"GET /orders/" + id, "GET /checkout/" + id, "GET /complete?order=" + id, "GET /config?order=" + id} {
		method, path, _ := strings.Cut(call, " ")
		if r := other.Call(method, path, ""); r.Status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", call, r.Status)
		}
	}
	if r := other.Call("PATCH", "/orders/"+id, `{"email":"thief@buyer.example"}`); r.Status != http.StatusNotFound {
		t.Errorf("a change: %d, want 404", r.Status)
	}
}
