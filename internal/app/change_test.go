package app_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

// changeCatalog has all that a total is made of, in two currencies.
const changeCatalog = `{"currency": "usd",
	"products": [
		{"sku": "mug", "name": "Enamel mug", "price": "18.00", "prices": {"eur": "17.00", "jpy": "2700"}},
		{"sku": "tea", "name": "Assam tea", "price": "9.50", "currency": "eur"},
		{"sku": "ebook", "name": "E-book", "price": "8.00", "digital": true, "setup_future_usage": "off_session"},
		{"sku": "club", "name": "Tea club", "price": "12.00", "recurring": {"interval": "month"}},
		{"sku": "yearbook", "name": "Yearbook", "price": "40.00", "recurring": {"interval": "year"}}],
	"promotions": [
		{"code": "TEN", "percent": 10},
		{"code": "FIVE", "amount": "5.00", "minimum": "30.00"},
		{"code": "LAST", "percent": 50, "uses": 1},
		{"code": "GONE", "percent": 50, "expires": "2020-01-01"}],
	"shipping_rates": [
		{"id": "post", "name": "Post", "price": "4.90", "prices": {"eur": "4.50", "jpy": "700"}, "countries": ["FR", "US"], "days": [3, 5], "free_from": "50.00"},
		{"id": "express", "name": "Courier", "price": "15.00", "countries": ["US"]},
		{"id": "north", "name": "Boat", "price": "9.00", "countries": ["NO"]}]}`

// withChangeCatalog opens a shop that ships, with promotion codes.
func withChangeCatalog(s *shop) {
	if err := os.WriteFile(s.env["CATALOG_FILE"], []byte(changeCatalog), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

const inFrance = `{"name":"` + canaryName + `","address":{"line1":"1 rue de la Paix","city":"Paris","postal_code":"75002","country":"FR"}}`

// change changes an order, and gives its view.
func (b *buyer) change(id, body string) map[string]any {
	b.t.Helper()
	r := b.call("PATCH", "/orders/"+id, body)
	if r.status != http.StatusOK {
		b.t.Fatalf("PATCH %s: %d %s", body, r.status, r.body)
	}
	return b.object(r)
}

// bill is what an order costs, in one line.
func bill(v map[string]any) string {
	discount, rate := "no code", "not sent"
	if d, ok := v["discount"].(map[string]any); ok {
		discount = fmt.Sprintf("%v %v", d["code"], d["amount"])
	}
	if r, ok := v["shipping_rate"].(map[string]any); ok {
		rate = fmt.Sprintf("%v %v", r["id"], r["amount"])
	}
	return fmt.Sprintf("%v - %s + %s = %v %v", v["subtotal"], discount, rate, v["amount"], v["currency"])
}

func (b *buyer) wantBill(v map[string]any, want string) {
	b.t.Helper()
	if got := bill(v); got != want {
		b.t.Errorf("the bill is %s, want %s", got, want)
	}
}

func TestAnOrderIsChangedAndThenPaid(t *testing.T) {
	t.Parallel()
	s := openShop(t, withChangeCatalog)
	b := s.buyer(t)
	id := b.order("mug")
	v := b.object(b.call("GET", "/orders/"+id, ""))
	b.wantBill(v, "1800 - no code + post 490 = 2290 usd")
	if v["ships"] != true || v["mode"] != "payment" || len(v["shipping_rates"].([]any)) != 3 || len(v["shipping_countries"].([]any)) != 3 {
		t.Errorf("got %v", v)
	}
	b.wantProblem("/create-confirm-intent", b.confirm(id, cardPays), 422, "shipping_missing", "shipping")

	b.wantBill(b.change(id, `{"items":[{"sku":"mug","quantity":2}]}`), "3600 - no code + post 490 = 4090 usd")
	b.wantBill(b.change(id, `{"promotion_code":" ten "}`), "3600 - TEN 360 + post 490 = 3730 usd")
	b.wantBill(b.change(id, `{"shipping_rate":"express"}`), "3600 - TEN 360 + express 1500 = 4740 usd")
	// The courier does not go to France: the first that does takes its place.
	v = b.change(id, `{"shipping":`+inFrance+`,"email":"`+canaryEmail+`"}`)
	b.wantBill(v, "3600 - TEN 360 + post 490 = 3730 usd")
	if rates := v["shipping_rates"].([]any); len(rates) != 1 {
		t.Errorf("the rates are %v", rates)
	}
	contact := v["contact"].(map[string]any)
	if place := contact["shipping"].(map[string]any)["address"].(map[string]any); contact["email"] != canaryEmail || place["city"] != "Paris" {
		t.Errorf("the contact is %v", contact)
	}
	b.wantBill(b.change(id, `{"items":[{"sku":"mug","quantity":4}]}`), "7200 - TEN 720 + post 0 = 6480 usd") // free from 50
	b.wantBill(b.change(id, `{"items":[{"sku":"mug","quantity":4}]}`), "7200 - TEN 720 + post 0 = 6480 usd") // the same again

	old := b.call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+b.token(cardPays)+`","expectedAmount":2290}`)
	if m := b.wantProblem("/create-confirm-intent", old, 409, "amount_changed", ""); m["amount"] != 6480.0 {
		t.Errorf("got %v", m)
	}
	b.wantProblem("/create-confirm-intent", b.confirm(id, cardDeclined), 402, "payment_declined", "")
	b.wantBill(b.change(id, `{"items":[{"sku":"mug","quantity":1}],"promotion_code":""}`), "1800 - no code + post 490 = 2290 usd")
	if m := b.object(b.confirm(id, cardPays)); m["status"] != "succeeded" {
		t.Fatalf("got %v", m)
	}
	s.wantLedger(1, 2290)
	for _, body := range []string{`{"items":[{"sku":"mug","quantity":2}]}`, `{"email":""}`, `{}`} {
		b.wantProblem("/orders/"+id, b.call("PATCH", "/orders/"+id, body), 409, "order_not_open", "")
	}
	if strings.Contains(s.logs.String(), canaryEmail) || strings.Contains(s.logs.String(), "Paix") {
		t.Error("the log tells of the buyer")
	}
}
