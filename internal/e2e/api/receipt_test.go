package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"checkoutd/internal/api"
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

// The buyer's own browser shows the receipt, too, of an order that sends its
// buyer to the shop's page after the payment.
func TestTheBuyerSeesTheReceiptDespiteTheSuccessURL(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	b := s.Buyer(t)
	o := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders", `{"currency":"usd","reference":"#1042",`+
		`"items":[{"name":"Walnut board","unit_amount":900}],"customer":{"reference":"c-7","email":"ben@buyer.example"},`+
		`"success_url":"https://shop.example/thanks"}`)
	id := o["id"].(string)
	b.Call("GET", strings.TrimPrefix(o["url"].(string), s.URL), "")
	b.Confirm(id, e2etest.CardPays)
	b.WantStatus(id, "paid paid")

	if r := b.Call("GET", "/complete?order="+id, ""); r.Header.Get("Location") != "https://shop.example/thanks" {
		t.Errorf("after the payment: %d to %q", r.Status, r.Header.Get("Location"))
	}

	r := b.Call("GET", "/receipt/"+id+"?key=of_the_mail", "")
	if r.Status != http.StatusSeeOther || r.Header.Get("Location") != "/receipt/"+id {
		t.Errorf("the link of the mail: %d to %q", r.Status, r.Header.Get("Location"))
	}

	r = b.Call("POST", "/find-order", url.Values{"number": {"1042"}, "email": {"ben@buyer.example"}}.Encode(),
		"Content-Type: application/x-www-form-urlencoded")
	if r.Status != http.StatusSeeOther || r.Header.Get("Location") != "/receipt/"+id {
		t.Errorf("the shop's number: %d to %q", r.Status, r.Header.Get("Location"))
	}

	r = b.Call("GET", "/receipt/"+id, "")
	if r.Status != http.StatusOK || !strings.Contains(r.Body, "Walnut board") ||
		!strings.Contains(r.Body, `"address":"/receipt/`+id+`"`) { // where the script keeps the browser
		t.Errorf("the receipt: %d to %q: %s", r.Status, r.Header.Get("Location"), r.Body)
	}
}
