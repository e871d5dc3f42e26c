package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"checkoutd/internal/pgtest"
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
func withChangeCatalog(s *shop) { selling(changeCatalog)(s) }

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
	b.change(id, `{"shipping":{"name":"A wallet says no more before","address":{"city":"Paris","country":"FR"}}}`)
	b.wantProblem("/create-confirm-intent", b.confirm(id, cardPays), 422, "shipping_missing", "shipping")
	b.change(id, `{"shipping":null}`)

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

func TestAChangeDuringAPayment(t *testing.T) {
	t.Parallel()
	s := openShop(t, withChangeCatalog)
	b := s.buyer(t)
	id := b.order("mug")
	b.change(id, `{"shipping":`+inFrance+`}`)
	m := b.object(b.confirm(id, cardAsks))
	if m["status"] != "requires_action" {
		t.Fatalf("got %v", m)
	}
	for _, body := range []string{`{"items":[{"sku":"mug","quantity":99}]}`, `{"promotion_code":"TEN"}`, `{"shipping_rate":"post"}`, `{"email":"a@example.com"}`, `{"shipping":null}`, `{}`} {
		b.wantProblem("/orders/"+id, b.call("PATCH", "/orders/"+id, body), 409, "payment_in_progress", "")
	}
	b.authenticate(m["client_secret"].(string), "fail")
	b.wantStatus(id, "open failed")
	// The e-book asks for the method to be saved, the mug does not: the intent follows.
	b.wantBill(b.change(id, `{"items":[{"sku":"mug","quantity":1},{"sku":"ebook","quantity":1}],"promotion_code":"ten"}`), "2600 - TEN 260 + post 490 = 2830 usd")
	if m := b.object(b.confirm(id, cardPays)); m["status"] != "succeeded" {
		t.Fatalf("got %v", m)
	}
	s.wantLedger(1, 2830)
	intent := s.stripe(http.MethodGet, "/v1/payment_intents/"+s.app.Sandbox().Ledger().Intents[0].ID)
	if intent["setup_future_usage"] != "off_session" || intent["amount"] != 2830.0 {
		t.Errorf("the intent is over %v and saves %v", intent["amount"], intent["setup_future_usage"])
	}
	b.wantStatus(id, "paid paid")
	b.wantProblem("/orders/"+id, b.call("PATCH", "/orders/"+id, `{"items":[{"sku":"mug","quantity":1}]}`), 409, "order_not_open", "")
}

func TestTheLastUseOfACode(t *testing.T) {
	t.Parallel()
	s := openShop(t, withChangeCatalog)
	first, second, third := s.buyer(t), s.buyer(t), s.buyer(t)
	order := func(b *buyer) string {
		id := b.order("ebook")
		b.wantBill(b.change(id, `{"promotion_code":"last"}`), "800 - LAST 400 + not sent = 400 usd")
		return id
	}
	one, two, three := order(first), order(second), order(third) // there is no use of it until somebody pays
	first.wantProblem("/create-confirm-intent", first.confirm(one, cardDeclined), 402, "payment_declined", "")

	r := second.call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+second.token(cardPays)+`","expectedAmount":400}`)
	if m := second.wantProblem("/create-confirm-intent", r, 409, "amount_changed", ""); m["amount"] != 800.0 || m["currency"] != "usd" {
		t.Errorf("got %v", m)
	}
	second.wantBill(second.object(second.call("GET", "/orders/"+two, "")), "800 - no code + not sent = 800 usd")
	second.wantProblem("/orders/"+two, second.call("PATCH", "/orders/"+two, `{"promotion_code":"LAST"}`), 422, "promotion_used_up", "promotion_code")
	second.confirm(two, cardPays)
	second.wantStatus(two, "paid paid")

	s.expireNow(one)
	s.eventually("the use of an order that is over is there again", func() bool { return !s.ledger(one).Order.Discount.Held })
	third.confirm(three, cardPays)
	third.wantStatus(three, "paid paid")
	s.wantLedger(2, 800, 400)
	if held := s.ledger(three).Order.Discount; !held.Held || held.Amount != 400 {
		t.Errorf("the third order has %+v", held)
	}
}

func TestCodesCannotBeGuessed(t *testing.T) {
	t.Parallel()
	s := openShop(t, withChangeCatalog, asking("RATE_LIMIT", "5"), asking("TRUSTED_PROXIES", "127.0.0.1,::1"))
	const from = "X-Forwarded-For: 203.0.113.7"
	b := s.buyer(t)
	id := b.order("mug") // by the proxy itself, which is not counted
	for i := range 5 {
		r := b.call("PATCH", "/orders/"+id, fmt.Sprintf(`{"promotion_code":"GUESS%d"}`, i), from)
		b.wantProblem("/orders/"+id, r, 422, "promotion_unknown", "promotion_code")
	}
	b.wantProblem("/orders/"+id, b.call("PATCH", "/orders/"+id, `{"promotion_code":"TEN"}`, from), 429, "rate_limited", "")
	if r := s.buyer(t).call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`, from); r.status != http.StatusTooManyRequests {
		t.Errorf("with another order the guessing goes on: %d", r.status)
	}
	b.wantBill(b.object(b.call("GET", "/orders/"+id, "", from)), "1800 - no code + post 490 = 2290 usd")
}

// What the browser says never makes a price.
func TestAttacksOnATotal(t *testing.T) {
	t.Parallel()
	s := openShop(t, withChangeCatalog)
	b := s.buyer(t)
	id := b.order("mug")
	for body, want := range map[string]struct {
		status      int
		code, field string
	}{
		`{"items":[{"sku":"mug","quantity":1,"unit_amount":1}]}`: {400, "unknown_field", "unit_amount"},
		`{"amount":1}`: {400, "unknown_field", "amount"},
		`{"shipping_rate":{"id":"post","amount":0}}`: {400, "wrong_type", "shipping_rate"},
		`{"version":0}`: {400, "unknown_field", "version"},
		`{"options":{"capture_method":"manual"}}`:                             {400, "unknown_field", "options"},
		`{"promotion_code":"TEN","promotion_code":"FIVE"}`:                    {400, "duplicate_field", "promotion_code"},
		`{"promotion_code":"TEN,FIVE"}`:                                       {422, "promotion_unknown", "promotion_code"},
		`{"promotion_code":"' OR 1=1 --"}`:                                    {422, "promotion_unknown", "promotion_code"},
		`{"promotion_code":"GONE"}`:                                           {422, "promotion_expired", "promotion_code"},
		`{"items":[{"sku":"mug","quantity":-1}]}`:                             {422, "quantity_out_of_range", "items[0].quantity"},
		`{"items":[{"sku":"mug","quantity":0}]}`:                              {422, "quantity_out_of_range", "items[0].quantity"},
		`{"items":[{"sku":"mug","quantity":1e9}]}`:                            {422, "number_out_of_range", "items.quantity"},
		`{"items":[{"sku":"mug","quantity":4611686018427387905}]}`:            {422, "quantity_out_of_range", "items[0].quantity"},
		`{"items":[{"sku":"mug","quantity":99},{"sku":"mug","quantity":99}]}`: {422, "quantity_out_of_range", "items[1].quantity"},
		`{"items":[{"sku":"tea","quantity":1}]}`:                              {422, "currency_mixed", "items"},
		`{"shipping":{"address":{"country":"BR"}}}`:                           {422, "shipping_country_unsupported", "shipping.address.country"},
		`{"shipping_rate":"north","shipping":{"address":{"country":"FR"}}}`:   {422, "shipping_rate_unknown", "shipping_rate"},
		`[]`: {400, "invalid_json", ""},
		`{"shipping":` + strings.Repeat(" ", 17<<10) + `null}`: {413, "body_too_large", ""},
	} {
		b.wantProblem("/orders/"+id, b.call("PATCH", "/orders/"+id, body), want.status, want.code, want.field)
	}
	other := s.buyer(t)
	other.order("mug")
	for name, r := range map[string]reply{
		"another buyer":  other.call("PATCH", "/orders/"+id, `{"items":[{"sku":"mug","quantity":2}]}`),
		"nobody":         s.buyer(t).call("PATCH", "/orders/"+id, `{"items":[{"sku":"mug","quantity":2}]}`),
		"another method": b.call("PUT", "/orders/"+id, `{"items":[{"sku":"mug","quantity":2}]}`),
		"another site":   b.call("PATCH", "/orders/"+id, `{"items":[{"sku":"mug","quantity":2}]}`, "Origin: https://evil.example"),
		"a form":         b.call("PATCH", "/orders/"+id, "items=mug", "Content-Type: application/x-www-form-urlencoded"),
	} {
		if want := map[string]int{"another buyer": 404, "nobody": 404, "another method": 405, "another site": 403, "a form": 415}[name]; r.status != want {
			t.Errorf("%s: %d %s, want %d", name, r.status, r.body, want)
		}
	}
	b.wantBill(b.object(b.call("GET", "/orders/"+id, "")), "1800 - no code + post 490 = 2290 usd")
}

// A change and a payment that meet: whoever comes first, what is charged is the order's total.
func TestChangesAndPaymentsNeverCross(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(*testing.T) option{
		"SQLite":     func(*testing.T) option { return func(*shop) {} },
		"PostgreSQL": func(t *testing.T) option { return asking("DATABASE_URL", pgtest.Shared(t).NewDatabase(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, withChangeCatalog, database(t), asking("RATE_LIMIT", "100000"))
			const orders = 8
			var ids [orders]string
			var changed, refused atomic.Int64
			var wg sync.WaitGroup
			for i := range orders {
				b := s.buyer(t)
				id := b.order("ebook")
				ids[i] = id
				token := b.token(cardPays)
				for j := range 3 {
					wg.Go(func() {
						for n := 1; n <= 8; n++ {
							switch r := b.call("PATCH", "/orders/"+id, fmt.Sprintf(`{"items":[{"sku":"ebook","quantity":%d}]}`, 8*j+n)); r.status {
							case http.StatusOK:
								changed.Add(1)
							case http.StatusConflict:
								refused.Add(1)
							default:
								t.Errorf("PATCH: %d %s", r.status, r.body)
							}
						}
					})
				}
				wg.Go(func() {
					// It comes among the changes, sooner or later for each order.
					for range i {
						b.call("GET", "/orders/"+id, "")
					}
					if r := b.call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+token+`","orderId":"`+id+`"}`); r.status != http.StatusOK {
						t.Errorf("confirm: %d %s", r.status, r.body)
					}
				})
			}
			wg.Wait()
			if changed.Load() == 0 || refused.Load() == 0 {
				t.Errorf("%d changes were made and %d refused: they never met a payment", changed.Load(), refused.Load())
			}
			charged := map[string]int64{}
			for _, in := range s.app.Sandbox().Ledger().Intents {
				charged[in.Metadata["checkoutd_order"]] += in.AmountReceived
			}
			for _, id := range ids {
				if o := s.ledger(id).Order; o.Status != "paid" || charged[id] != o.Amount || o.Amount != o.Subtotal() {
					t.Errorf("order %s is %s over %d (lines %d), %d was charged", id, o.Status, o.Amount, o.Subtotal(), charged[id])
				}
			}
		})
	}
}
