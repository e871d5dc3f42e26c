package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"checkoutd/internal/e2e/e2etest"
	"checkoutd/internal/store/storetest"
)

const inFrance = `{"name":"` + e2etest.CanaryName + `","address":{"line1":"1 rue de la Paix","city":"Paris","postal_code":"75002","country":"FR"}}`

func TestAnOrderIsChangedAndThenPaid(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	b := s.Buyer(t)
	id := b.Order("mug")
	v := b.Object(b.Call("GET", "/orders/"+id, ""))
	b.WantBill(v, "1800 - no code + post 490 = 2290 usd")

	if v["ships"] != true || v["mode"] != "payment" || len(v["shipping_rates"].([]any)) != 3 || len(v["shipping_countries"].([]any)) != 3 {
		t.Errorf("got %v", v)
	}

	b.WantProblem("/create-confirm-intent", b.Confirm(id, e2etest.CardPays), 422, "shipping_missing", "shipping")
	b.Change(id, `{"shipping":{"name":"A wallet says no more before","address":{"city":"Paris","country":"FR"}}}`)
	b.WantProblem("/create-confirm-intent", b.Confirm(id, e2etest.CardPays), 422, "shipping_missing", "shipping")
	b.Change(id, `{"shipping":null}`)

	b.WantBill(b.Change(id, `{"items":[{"sku":"mug","quantity":2}]}`), "3600 - no code + post 490 = 4090 usd")
	b.WantBill(b.Change(id, `{"promotion_code":" ten "}`), "3600 - TEN 360 + post 490 = 3730 usd")
	b.WantBill(b.Change(id, `{"shipping_rate":"express"}`), "3600 - TEN 360 + express 1500 = 4740 usd")

	// The courier does not go to France: the first that does takes its place.
	v = b.Change(id, `{"shipping":`+inFrance+`,"email":"`+e2etest.CanaryEmail+`"}`)
	b.WantBill(v, "3600 - TEN 360 + post 490 = 3730 usd")

	if rates := v["shipping_rates"].([]any); len(rates) != 1 {
		t.Errorf("the rates are %v", rates)
	}

	contact := v["contact"].(map[string]any)
	if place := contact["shipping"].(map[string]any)["address"].(map[string]any); contact["email"] != e2etest.CanaryEmail || place["city"] != "Paris" {
		t.Errorf("the contact is %v", contact)
	}

	b.WantBill(b.Change(id, `{"items":[{"sku":"mug","quantity":4}]}`), "7200 - TEN 720 + post 0 = 6480 usd") // free from 50
	b.WantBill(b.Change(id, `{"items":[{"sku":"mug","quantity":4}]}`), "7200 - TEN 720 + post 0 = 6480 usd") // the same again

	old := b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+b.Token(e2etest.CardPays)+`","expectedAmount":2290}`)
	if m := b.WantProblem("/create-confirm-intent", old, 409, "amount_changed", ""); m["amount"] != 6480.0 {
		t.Errorf("got %v", m)
	}

	b.WantProblem("/create-confirm-intent", b.Confirm(id, e2etest.CardDeclined), 402, "payment_declined", "")
	b.WantBill(b.Change(id, `{"items":[{"sku":"mug","quantity":1}],"promotion_code":""}`), "1800 - no code + post 490 = 2290 usd")

	if m := b.Object(b.Confirm(id, e2etest.CardPays)); m["status"] != "succeeded" {
		t.Fatalf("got %v", m)
	}

	s.WantLedger(1, 2290)
	for _, body := range []string{`{"items":[{"sku":"mug","quantity":2}]}`, `{"email":""}`, `{}`} {
		b.WantProblem("/orders/"+id, b.Call("PATCH", "/orders/"+id, body), 409, "order_not_open", "")
	}

	if strings.Contains(s.Logs.String(), e2etest.CanaryEmail) || strings.Contains(s.Logs.String(), "Paix") {
		t.Error("the log tells of the buyer")
	}
}

func TestAChangeDuringAPayment(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	b := s.Buyer(t)
	id := b.Order("mug")
	b.Change(id, `{"shipping":`+inFrance+`}`)

	m := b.Object(b.Confirm(id, e2etest.CardAsks))
	if m["status"] != "requires_action" {
		t.Fatalf("got %v", m)
	}

	for _, body := range []string{`{"items":[{"sku":"mug","quantity":99}]}`, `{"promotion_code":"TEN"}`, `{"shipping_rate":"post"}`, `{"email":"a@example.com"}`, `{"shipping":null}`, `{}`} {
		b.WantProblem("/orders/"+id, b.Call("PATCH", "/orders/"+id, body), 409, "payment_in_progress", "")
	}

	b.Authenticate(m["client_secret"].(string), "fail")
	b.WantStatus(id, "open failed")

	// The e-book asks for the method to be saved, the mug does not: the intent
	// follows.
	b.WantBill(b.Change(id, `{"items":[{"sku":"mug","quantity":1},{"sku":"ebook","quantity":1}],"promotion_code":"ten"}`), "2600 - TEN 260 + post 490 = 2830 usd")

	if m := b.Object(b.Confirm(id, e2etest.CardPays)); m["status"] != "succeeded" {
		t.Fatalf("got %v", m)
	}

	s.WantLedger(1, 2830)

	intent := s.Stripe(http.MethodGet, "/v1/payment_intents/"+s.App.Sandbox().Ledger().Intents[0].ID)
	if intent["setup_future_usage"] != "off_session" || intent["amount"] != 2830.0 {
		t.Errorf("the intent is over %v and saves %v", intent["amount"], intent["setup_future_usage"])
	}

	b.WantStatus(id, "paid paid")
	b.WantProblem("/orders/"+id, b.Call("PATCH", "/orders/"+id, `{"items":[{"sku":"mug","quantity":1}]}`), 409, "order_not_open", "")
}

func TestTheLastUseOfACode(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	first, second, third := s.Buyer(t), s.Buyer(t), s.Buyer(t)
	order := func(b *e2etest.Buyer) string {
		id := b.Order("ebook")
		b.WantBill(b.Change(id, `{"promotion_code":"last"}`), "800 - LAST 400 + not sent = 400 usd")
		return id
	}

	one, two, three := order(first), order(second), order(third) // there is no use of it until somebody pays
	first.WantProblem("/create-confirm-intent", first.Confirm(one, e2etest.CardDeclined), 402, "payment_declined", "")

	if s.State(one).Order.Discount.Held {
		t.Error("a declined card keeps the use")
	}

	first.Confirm(one, e2etest.CardAsks) // it holds the use while the bank asks

	r := second.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+second.Token(e2etest.CardPays)+`","expectedAmount":400}`)
	if m := second.WantProblem("/create-confirm-intent", r, 409, "amount_changed", ""); m["amount"] != 800.0 || m["currency"] != "usd" {
		t.Errorf("got %v", m)
	}

	second.WantBill(second.Object(second.Call("GET", "/orders/"+two, "")), "800 - no code + not sent = 800 usd")
	second.WantProblem("/orders/"+two, second.Call("PATCH", "/orders/"+two, `{"promotion_code":"LAST"}`), 422, "promotion_used_up", "promotion_code")
	second.Confirm(two, e2etest.CardPays)
	second.WantStatus(two, "paid paid")

	s.ExpireNow(one)
	s.Eventually("the use of an order that is over is there again", func() bool { return !s.State(one).Order.Discount.Held })
	third.Confirm(three, e2etest.CardPays)
	third.WantStatus(three, "paid paid")
	s.WantLedger(2, 800, 400)

	if held := s.State(three).Order.Discount; !held.Held || held.Amount != 400 {
		t.Errorf("the third order has %+v", held)
	}
}

func TestCodesCannotBeGuessed(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog, e2etest.Set("RATE_LIMIT", "5"), e2etest.Set("TRUSTED_PROXIES", "127.0.0.1,::1"))
	const from = "X-Forwarded-For: 203.0.113.7"
	b := s.Buyer(t)
	id := b.Order("mug") // by the proxy itself, which is not counted
	for i := range 5 {
		r := b.Call("PATCH", "/orders/"+id, fmt.Sprintf(`{"promotion_code":"GUESS%d"}`, i), from)
		b.WantProblem("/orders/"+id, r, 422, "promotion_unknown", "promotion_code")
	}

	b.WantProblem("/orders/"+id, b.Call("PATCH", "/orders/"+id, `{"promotion_code":"TEN"}`, from), 429, "rate_limited", "")
	if r := s.Buyer(t).Call("POST", "/orders", `{"items":[{"sku":"mug","quantity":1}]}`, from); r.Status != http.StatusTooManyRequests {
		t.Errorf("with another order the guessing goes on: %d", r.Status)
	}

	b.WantBill(b.Object(b.Call("GET", "/orders/"+id, "", from)), "1800 - no code + post 490 = 2290 usd")
}

// The browser never decides a price.
func TestAttacksOnATotal(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	b := s.Buyer(t)
	id := b.Order("mug")
	for body, want := range map[string]struct {
		status      int
		code, field string
	}{
		`{"items":[{"sku":"mug","quantity":1,"unit_amount":1}]}`: {400, "unknown_field", "items[0].unit_amount"},
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
		`{"items":[{"sku":"mug","quantity":1e9}]}`:                            {422, "number_out_of_range", "items[0].quantity"},
		`{"items":[{"sku":"mug","quantity":4611686018427387905}]}`:            {422, "quantity_out_of_range", "items[0].quantity"},
		`{"items":[{"sku":"mug","quantity":99},{"sku":"mug","quantity":99}]}`: {422, "quantity_out_of_range", "items[1].quantity"},
		`{"items":[{"sku":"tea","quantity":1}]}`:                              {422, "currency_mixed", "items"},
		`{"shipping":{"address":{"country":"BR"}}}`:                           {422, "shipping_country_unsupported", "shipping.address.country"},
		`{"shipping_rate":"north","shipping":{"address":{"country":"FR"}}}`:   {422, "shipping_rate_unknown", "shipping_rate"},
		`[]`: {400, "invalid_json", ""},
		`{"shipping":` + strings.Repeat(" ", 17<<10) + `null}`: {413, "body_too_large", ""},
	} {
		b.WantProblem("/orders/"+id, b.Call("PATCH", "/orders/"+id, body), want.status, want.code, want.field)
	}

	other := s.Buyer(t)
	other.Order("mug")

	for name, r := range map[string]e2etest.Reply{
		"another buyer":  other.Call("PATCH", "/orders/"+id, `{"items":[{"sku":"mug","quantity":2}]}`),
		"nobody":         s.Buyer(t).Call("PATCH", "/orders/"+id, `{"items":[{"sku":"mug","quantity":2}]}`),
		"another method": b.Call("PUT", "/orders/"+id, `{"items":[{"sku":"mug","quantity":2}]}`),
		"another site":   b.Call("PATCH", "/orders/"+id, `{"items":[{"sku":"mug","quantity":2}]}`, "Origin: https://evil.example"),
		"a form":         b.Call("PATCH", "/orders/"+id, "items=mug", "Content-Type: application/x-www-form-urlencoded"),
	} {
		if want := map[string]int{
			"another buyer":  404,
			"nobody":         404,
			"another method": 405,
			"another site":   403,
			"a form":         415,
		}[name]; r.Status != want {
			t.Errorf("%s: %d %s, want %d", name, r.Status, r.Body, want)
		}
	}

	b.WantBill(b.Object(b.Call("GET", "/orders/"+id, "")), "1800 - no code + post 490 = 2290 usd")
}

// A change and a payment at the same time: whichever comes first, the charge is
// the order's total.
func TestChangesAndPaymentsNeverCross(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(*testing.T) e2etest.Option{
		"SQLite":     func(*testing.T) e2etest.Option { return func(*e2etest.Shop) {} },
		"PostgreSQL": func(t *testing.T) e2etest.Option { return e2etest.Set("DATABASE_URL", storetest.PostgresURL(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, e2etest.WithChangeCatalog, database(t), e2etest.Set("RATE_LIMIT", "100000"))
			const orders = 8
			var ids [orders]string
			var changed, refused atomic.Int64
			var wg sync.WaitGroup
			for i := range orders {
				b := s.Buyer(t)
				id := b.Order("ebook")
				ids[i] = id
				token := b.TokenFor(id, e2etest.CardPays)

				for j := range 3 {
					wg.Go(func() {
						for n := 1; n <= 8; n++ {
							switch r := b.Call("PATCH", "/orders/"+id, fmt.Sprintf(`{"items":[{"sku":"ebook","quantity":%d}]}`, 8*j+n)); r.Status {
							case http.StatusOK:
								changed.Add(1)
							case http.StatusConflict:
								refused.Add(1)
							default:
								t.Errorf("PATCH: %d %s", r.Status, r.Body)
							}
						}
					})
				}

				wg.Go(func() {
					// It comes among the changes, sooner or later for each
					// order.
					for range i {
						b.Call("GET", "/orders/"+id, "")
					}

					if r := b.Call("POST", "/create-confirm-intent", `{"confirmationTokenId":"`+token+`","orderId":"`+id+`"}`); r.Status != http.StatusOK {
						t.Errorf("confirm: %d %s", r.Status, r.Body)
					}
				})
			}

			wg.Wait()
			if changed.Load() == 0 || refused.Load() == 0 {
				t.Errorf("%d changes were made and %d refused: they never met a payment", changed.Load(), refused.Load())
			}

			charged := map[string]int64{}
			for _, in := range s.App.Sandbox().Ledger().Intents {
				charged[in.Metadata["checkoutd_order"]] += in.AmountReceived
			}

			for _, id := range ids {
				if o := s.State(id).Order; o.Status != "paid" || charged[id] != o.Amount || o.Amount != o.Subtotal() {
					t.Errorf("order %s is %s over %d (lines %d), %d was charged", id, o.Status, o.Amount, o.Subtotal(), charged[id])
				}
			}
		})
	}
}
