package e2etest

import (
	"fmt"
	"net/http"
)

// changeCatalog has everything that a total consists of, in two currencies.
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
		{"code": "GIFT", "percent": 100, "uses": 1},
		{"code": "GONE", "percent": 50, "expires": "2020-01-01"}],
	"shipping_rates": [
		{"id": "post", "name": "Post", "price": "4.90", "prices": {"eur": "4.50", "jpy": "700"}, "countries": ["FR", "US"], "days": [3, 5], "free_from": "50.00"},
		{"id": "express", "name": "Courier", "price": "15.00", "countries": ["US"]},
		{"id": "north", "name": "Boat", "price": "9.00", "countries": ["NO"]}]}`

// WithChangeCatalog makes the shop ship its products and accept promotion
// codes.
func WithChangeCatalog(s *Shop) { Selling(changeCatalog)(s) }

// Change changes an order and returns its view.
func (b *Buyer) Change(id, body string) map[string]any {
	b.t.Helper()
	r := b.Call("PATCH", "/orders/"+id, body)
	if r.Status != http.StatusOK {
		b.t.Fatalf("PATCH %s: %d %s", body, r.Status, r.Body)
	}
	return b.Object(r)
}

// Bill returns what an order costs in one line.
func Bill(v map[string]any) string {
	discount, rate := "no code", "not sent"
	if d, ok := v["discount"].(map[string]any); ok {
		discount = fmt.Sprintf("%v %v", d["code"], d["amount"])
	}
	if r, ok := v["shipping_rate"].(map[string]any); ok {
		rate = fmt.Sprintf("%v %v", r["id"], r["amount"])
	}
	return fmt.Sprintf("%v - %s + %s = %v %v", v["subtotal"], discount, rate, v["amount"], v["currency"])
}

// WantBill compares the bill of an order.
func (b *Buyer) WantBill(v map[string]any, want string) {
	b.t.Helper()
	if got := Bill(v); got != want {
		b.t.Errorf("the bill is %s, want %s", got, want)
	}
}
