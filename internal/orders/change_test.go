package orders_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/orders"
)

// view is an order as its buyer sees it.
func (s *shop) view(id string) orders.View {
	s.Helper()
	w := s.request(http.MethodGet, "/orders/"+id, "")
	return s.decode(w.Code, w.Body.Bytes())
}

func (s *shop) change(id, body string) orders.View {
	s.Helper()
	w := s.request(http.MethodPatch, "/orders/"+id, body)
	return s.decode(w.Code, w.Body.Bytes())
}

func (s *shop) decode(status int, body []byte) (v orders.View) {
	s.Helper()
	if err := json.Unmarshal(body, &v); err != nil || status != http.StatusOK {
		s.Fatalf("status %d: %s", status, body)
	}
	return v
}

// bill returns what an order costs in one line.
func bill(v orders.View) string {
	text := fmt.Sprint(v.Subtotal)
	if v.Discount != nil {
		text += fmt.Sprintf(" - %s %d", v.Discount.Code, v.Discount.Amount)
	}
	if v.ShippingRate != nil {
		text += fmt.Sprintf(" + %s %d", v.ShippingRate.ID, v.ShippingRate.Amount)
	}
	return text + fmt.Sprintf(" = %d %s", v.Amount, v.Currency)
}

func (s *shop) wantBill(v orders.View, want string) {
	s.Helper()
	if got := bill(v); got != want {
		s.Errorf("the bill is %s, want %s", got, want)
	}
}

func items(lines ...any) string {
	raw, err := json.Marshal(wanted(lines...))
	if err != nil {
		panic(err) // it always marshals
	}
	return `"items":` + string(raw)
}

func cart(lines ...any) string { return "{" + items(lines...) + "}" }

func address(country string) string {
	return `{"name":"Jenny","address":{"line1":"1 Road","country":"` + country + `"}}`
}

func TestChangeRecomputesTheTotal(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		create  string
		changes []string
		want    string
	}{
		"nothing":                         {cart("mug", 1), []string{`{}`}, "1800 + post 490 = 2290 usd"},
		"a quantity":                      {cart("mug", 1), []string{cart("mug", 2)}, "3600 + post 490 = 4090 usd"},
		"other lines":                     {cart("mug", 1), []string{cart("lamp", 1, "dust", 3)}, "6003 + post 0 = 6003 usd"},
		"shipping stays free with a code": {cart("lamp", 1), []string{`{"promotion_code":"BIG"}`}, "6000 - BIG 2000 + post 0 = 4000 usd"},
		"only digital goods are not sent": {cart("mug", 1), []string{cart("ebook", 1)}, "800 = 800 usd"},
		"and sent again":                  {cart("ebook", 1), []string{cart("ebook", 1, "mug", 1)}, "2600 + post 490 = 3090 usd"},
		"a percentage":                    {cart("mug", 1), []string{`{"promotion_code":"TEN"}`}, "1800 - TEN 180 + post 490 = 2110 usd"},
		"a percentage with decimals, in small letters":  {cart("mug", 1), []string{`{"promotion_code":" eighth"}`}, "1800 - EIGHTH 225 + post 490 = 2065 usd"},
		"a percentage in yen":                           {`{` + items("mug", 1) + `,"currency":"jpy"}`, []string{`{"promotion_code":"EIGHTH"}`}, "2700 - EIGHTH 338 + post 700 = 3062 jpy"},
		"an amount":                                     {cart("mug", 2), []string{`{"promotion_code":"FIVE"}`}, "3600 - FIVE 500 + post 490 = 3590 usd"},
		"an amount in the order's currency":             {`{` + items("mug", 2) + `,"currency":"eur"}`, []string{`{"promotion_code":"FIVE"}`}, "3400 - FIVE 450 + post 450 = 3400 eur"},
		"a code and the lines that it needs":            {cart("mug", 1), []string{`{` + items("mug", 2) + `,"promotion_code":"FIVE"}`}, "3600 - FIVE 500 + post 490 = 3590 usd"},
		"another code":                                  {cart("mug", 2), []string{`{"promotion_code":"FIVE"}`, `{"promotion_code":"TEN"}`}, "3600 - TEN 360 + post 490 = 3730 usd"},
		"no code":                                       {cart("mug", 2), []string{`{"promotion_code":"FIVE"}`, `{"promotion_code":""}`}, "3600 + post 490 = 4090 usd"},
		"a code grows with the lines":                   {cart("mug", 1), []string{`{"promotion_code":"TEN"}`, cart("mug", 2)}, "3600 - TEN 360 + post 490 = 3730 usd"},
		"a code whose minimum is not met any more goes": {cart("mug", 2), []string{`{"promotion_code":"FIVE"}`, cart("mug", 1)}, "1800 + post 490 = 2290 usd"},
		"a rate":                                         {cart("mug", 1), []string{`{"shipping_rate":"courier"}`}, "1800 + courier 1500 = 3300 usd"},
		"a rate stays with other lines":                  {cart("mug", 1), []string{`{"shipping_rate":"courier"}`, cart("mug", 2)}, "3600 + courier 1500 = 5100 usd"},
		"a rate that does not go to the country":         {cart("mug", 1), []string{`{"shipping_rate":"courier"}`, `{"shipping":` + address("FR") + `}`}, "1800 + post 490 = 2290 usd"},
		"one that does stays":                            {cart("mug", 1), []string{`{"shipping_rate":"courier"}`, `{"shipping":` + address("US") + `}`}, "1800 + courier 1500 = 3300 usd"},
		"the only one to the country":                    {cart("mug", 1), []string{`{"shipping":{"address":{"country":"NO"}}}`}, "1800 + boat 900 = 2700 usd"},
		"an address and a rate there":                    {cart("mug", 1), []string{`{"shipping":` + address("US") + `,"shipping_rate":"courier"}`}, "1800 + courier 1500 = 3300 usd"},
		"no address again":                               {cart("mug", 1), []string{`{"shipping":` + address("NO") + `}`, `{"shipping":null}`}, "1800 + boat 900 = 2700 usd"},
		"a billing address changes nothing":              {cart("mug", 1), []string{`{"billing":` + address("BR") + `}`}, "1800 + post 490 = 2290 usd"},
		"digital goods take any address":                 {cart("ebook", 1), []string{`{"shipping":` + address("BR") + `}`}, "800 = 800 usd"},
		"a subscription has no code and is not sent":     {cart("club", 1, "box", 2), nil, "7200 = 7200 usd"},
		"a subscription of more":                         {cart("club", 1), []string{cart("club", 3)}, "3600 = 3600 usd"},
		"an order that saves a method":                   {`{"mode":"setup"}`, []string{`{"email":"a@example.com","shipping":` + address("BR") + `}`}, "0 = 0 usd"},
		"an order that saves a method in another money":  {`{"mode":"setup","currency":"sek"}`, nil, "0 = 0 sek"},
		"taking a code off that is not there is no harm": {cart("club", 1), []string{`{"promotion_code":""}`}, "1200 = 1200 usd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFullShop(t)
			id := s.create(tt.create)
			v := s.view(id)
			for _, c := range tt.changes {
				v = s.change(id, c)
				before := s.store.list[id]
				if again := s.change(id, c); !reflect.DeepEqual(again, v) || !reflect.DeepEqual(s.store.list[id], before) {
					t.Errorf("%s again makes %+v of %+v", c, again, v)
				}
			}

			s.wantBill(v, tt.want)
			if got := s.view(id); !reflect.DeepEqual(got, v) {
				t.Errorf("the order is %+v, the answer was %+v", got, v)
			}
		})
	}
}

// Only its buyer can change an order, while it is open and no payment is in
// flight.
func TestChangeWhen(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status  orders.Status
		payment orders.PaymentStatus
		after   time.Duration
		code    string
	}{
		"while nothing was paid":  {orders.Open, orders.Unpaid, 0, ""},
		"after a refusal":         {orders.Open, orders.PaymentFailed, 0, ""},
		"while it is checked":     {orders.Open, orders.Checking, 0, "payment_in_progress"},
		"while the bank is asked": {orders.Open, orders.RequiresAction, 0, "payment_in_progress"},
		"while it is under way":   {orders.Open, orders.Processing, 0, "payment_in_progress"},
		"while it is held":        {orders.Authorized, orders.PaymentAuthorized, 0, "order_not_open"},
		"after it was paid":       {orders.Paid, orders.PaymentPaid, 0, "order_not_open"},
		"after it was paid back":  {orders.Paid, orders.Refunded, 0, "order_not_open"},
		"in review":               {orders.Review, orders.PaymentReview, 0, "order_not_open"},
		"when it was canceled":    {orders.Canceled, orders.Unpaid, 0, "order_not_open"},
		"when it is over":         {orders.Open, orders.Unpaid, time.Hour, "order_not_open"},
		"when it has expired":     {orders.Expired, orders.Unpaid, 0, "order_not_open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFullShop(t)
			id := s.create(oneMug)
			o := s.store.list[id]
			o.Status, o.PaymentStatus = tt.status, tt.payment
			s.store.list[id] = o
			s.now = start.Add(tt.after)

			for _, body := range []string{cart("mug", 2), `{"email":"a@example.com"}`} {
				w := s.request(http.MethodPatch, "/orders/"+id, body)
				if tt.code == "" && w.Code != http.StatusOK || tt.code != "" && (w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), tt.code)) {
					t.Errorf("%s: %d %s, want %q", body, w.Code, w.Body, tt.code)
				}
			}

			if changed := s.store.list[id].Amount != o.Amount; changed != (tt.code == "") {
				t.Errorf("it was changed: %t", changed)
			}
		})
	}

	s := newFullShop(t)
	mine := s.create(oneMug)
	other := newFullShop(t)
	other.share(s)

	theirs := other.create(oneMug)
	for name, tt := range map[string]struct{ cookie, id string }{
		"nobody":            {"", mine},
		"another buyer":     {other.cookie, mine},
		"the other buyer's": {s.cookie, theirs},
		"no such order":     {s.cookie, "ord_nobody"},
	} {
		asks := *s
		asks.cookie = tt.cookie

		if w := asks.request(http.MethodPatch, "/orders/"+tt.id, cart("mug", 2)); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d %s, want 404", name, w.Code, w.Body)
		}
	}

	if s.view(mine).Amount != 2290 {
		t.Error("somebody else changed the order")
	}
}

func TestVersionCountsChangesOfWhatIsToBePaid(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	id := s.create(oneMug)
	version := int64(1)
	for _, tt := range []struct {
		body    string
		changes bool
	}{
		{`{}`, false}, {oneMug, false}, {`{"email":"a@example.com"}`, false}, {`{"billing":` + address("FR") + `}`, false},
		{`{"shipping":` + address("FR") + `}`, false}, {`{"shipping_rate":"post"}`, false},
		{cart("mug", 2), true}, {cart("mug", 2), false}, {`{"promotion_code":"TEN"}`, true}, {`{"promotion_code":"ten"}`, false},
		{`{"shipping":` + address("NO") + `}`, true}, {`{"shipping":` + address("US") + `,"shipping_rate":"courier"}`, true},
		{cart("course", 1), true},
	} {
		s.change(id, tt.body)
		if tt.changes {
			version++
		}

		if got := s.store.list[id].Version; got != version {
			t.Fatalf("after %s it is version %d, want %d", tt.body, got, version)
		}
	}
}

// A code that was valid when it was entered stays, whatever happens to it,
// until it no longer fits the order.
func TestACodeIsKeptForTheOrder(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	id := s.create(cart("mug", 1))
	s.wantBill(s.change(id, `{"promotion_code":"EIGHTH"}`), "1800 - EIGHTH 225 + post 490 = 2065 usd")

	if d := s.store.list[id].Discount; d != (orders.Discount{
		Code:   "EIGHTH",
		Amount: 225,
		Limit:  3,
	}) {
		t.Errorf("kept is %+v", d)
	}

	s.store.uses["EIGHTH"] = 3 // others were faster: the reservation will tell
	s.wantBill(s.change(id, cart("mug", 2)), "3600 - EIGHTH 450 + post 490 = 3640 usd")

	o := s.store.list[id] // a reservation took a use, the card was declined
	o.Discount.Held, o.PaymentStatus = true, orders.PaymentFailed
	s.store.list[id] = o
	s.wantBill(s.change(id, cart("mug", 1)), "1800 - EIGHTH 225 + post 490 = 2065 usd")

	if !s.store.list[id].Discount.Held {
		t.Error("the use was lost with the lines")
	}
	if o, err := s.svc.DropPromotion(t.Context(), id); err != nil || o.Discount.Code == "" {
		t.Errorf("a code whose use is held was dropped: %+v, %v", o.Discount, err)
	}

	s.change(id, `{"promotion_code":"TEN"}`)
	if d := s.store.list[id].Discount; d.Held || d.Limit != 0 {
		t.Errorf("another code has the use of the first: %+v", d)
	}

	o, err := s.svc.DropPromotion(t.Context(), id)
	if err != nil || o.Discount != (orders.Discount{}) || o.Amount != 2290 {
		t.Errorf("got %+v, %d, %v", o.Discount, o.Amount, err)
	}
}

// After a restart with another catalog an order changes only where its buyer
// changes it.
func TestAnotherCatalogLater(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	id := s.create(cart("mug", 2))
	s.change(id, `{"promotion_code":"TEN","shipping_rate":"courier"}`)
	later := newShopOf(t, "http://shop.test", func() *orders.Catalog {
		c, err := orders.ParseCatalog([]byte(strings.NewReplacer(`"price": "18.00"`, `"price": "19.00"`, `"15.00"`, `"16.00"`, `"percent": 10}`, `"percent": 20}`).Replace(fullCatalog)), pictures...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}())

	later.share(s)
	later.cookie = s.cookie
	later.wantBill(later.change(id, `{"email":"a@example.com"}`), "3600 - TEN 360 + courier 1500 = 4740 usd")
	later.wantBill(later.change(id, `{"shipping":`+address("US")+`}`), "3600 - TEN 720 + courier 1600 = 4480 usd")
	later.wantBill(later.change(id, cart("mug", 2)), "3800 - TEN 760 + courier 1600 = 4640 usd")

	bare := newShop(t, "http://shop.test") // it has no codes and ships nothing
	bare.share(s)
	bare.cookie = s.cookie
	bare.wantBill(bare.view(id), "3800 - TEN 760 + courier 1600 = 4640 usd")
	bare.wantBill(bare.change(id, cart("mug", 1)), "1800 = 1800 usd")
}

func TestRateThatTheCatalogNoLongerHas(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	id := s.create(cart("mug", 1))
	s.change(id, `{"shipping":`+address("US")+`,"shipping_rate":"courier"}`)

	c, err := orders.ParseCatalog([]byte(strings.Replace(fullCatalog, `"id": "courier"`, `"id": "drone"`, 1)), pictures...)
	if err != nil {
		t.Fatal(err)
	}

	later := newShopOf(t, "http://shop.test", c)
	later.share(s)
	later.cookie = s.cookie

	v := later.change(id, cart("mug", 2))
	later.wantBill(v, "3600 + courier 1500 = 5100 usd")
	if n := len(v.ShippingRates); n == 0 || v.ShippingRates[n-1].ID != "courier" {
		t.Errorf("the buyer is offered %+v, want the kept rate as well", v.ShippingRates)
	}

	// It was offered for another country: the first rate that serves this one
	// replaces it.
	later.wantBill(later.change(id, `{"shipping":`+address("FR")+`}`), "3600 + post 490 = 4090 usd")

	if w := later.request(http.MethodPatch, "/orders/"+id, `{"shipping_rate":"courier"}`); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("the rate can be chosen again: %d", w.Code)
	}
}

func FuzzChangeBody(f *testing.F) {
	for _, body := range []string{`{}`, oneMug, `{"promotion_code":"TEN"}`, `{"promotion_code":null,"items":null,"shipping":null}`, `{"email":"a@example.com"}`,
		`{"shipping":` + address("FR") + `,"billing":{"address":{"country":"NO"}}}`, `{"shipping_rate":"courier"}`, `{"shipping":{"address":null}}`, `{"email":"\u0000"}`,
		`{"items":[{"sku":"dust","quantity":99}],"promotion_code":"big"}`} {
		f.Add(body)
	}

	c := full(f)
	f.Fuzz(func(t *testing.T, body string) {
		s := newShopOf(t, "http://shop.test", c)
		id := s.create(oneMug)
		before := s.store.list[id]
		w := s.request(http.MethodPatch, "/orders/"+id, body)
		o := s.store.list[id]
		switch w.Code {
		case http.StatusOK:
			if o.Amount != o.Subtotal()-o.Discount.Amount+o.ShippingRate.Amount || o.Amount < 50 || o.Discount.Amount < 0 || o.Ships() != (o.ShippingRate.ID != "") {
				t.Fatalf("%q makes %+v", body, o)
			}

		case 400, 413, 415, 422:
			if !reflect.DeepEqual(o, before) {
				t.Fatalf("%q was refused and left %+v", body, o)
			}

		default:
			t.Fatalf("%q: status %d: %s", body, w.Code, w.Body)
		}
	})
}
