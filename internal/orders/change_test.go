package orders_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
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

// bill is what an order costs, in one line.
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

func TestChangeRefusesAndLeavesTheOrder(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 201)
	for name, tt := range map[string]struct {
		create, change string
		status         int
		code, field    string
	}{
		"a price of the browser's":                     {oneMug, `{"items":[{"sku":"mug","quantity":1,"unit_amount":1}]}`, 400, "unknown_field", "unit_amount"},
		"an amount of the browser's":                   {oneMug, `{"amount":1}`, 400, "unknown_field", "amount"},
		"a discount of the browser's":                  {oneMug, `{"discount":{"code":"TEN","amount":1800}}`, 400, "unknown_field", "discount"},
		"a currency of the browser's":                  {oneMug, `{"currency":"jpy"}`, 400, "unknown_field", "currency"},
		"a status of the browser's":                    {oneMug, `{"status":"paid"}`, 400, "unknown_field", "status"},
		"a field of the address's":                     {oneMug, `{"shipping":{"address":{"country":"FR","planet":"Mars"}}}`, 400, "unknown_field", "planet"},
		"no text where a text belongs":                 {oneMug, `{"email":1}`, 400, "wrong_type", "email"},
		"an address that is a text":                    {oneMug, `{"shipping":"FR"}`, 400, "wrong_type", "shipping"},
		"a city that is a number":                      {oneMug, `{"billing":{"address":{"country":"FR","city":7}}}`, 400, "wrong_type", "billing.address.city"},
		"a rate of another address":                    {oneMug, `{"shipping":` + address("FR") + `,"shipping_rate":"courier"}`, 422, "shipping_rate_unknown", "shipping_rate"},
		"no lines":                                     {oneMug, `{"items":[]}`, 422, "items_empty", "items"},
		"less than none":                               {oneMug, cart("mug", -1), 422, "quantity_out_of_range", "items[0].quantity"},
		"too many":                                     {oneMug, cart("mug", 100), 422, "quantity_out_of_range", "items[0].quantity"},
		"far too many":                                 {oneMug, `{"items":[{"sku":"mug","quantity":9223372036854775807}]}`, 422, "quantity_out_of_range", "items[0].quantity"},
		"more than a number":                           {oneMug, `{"items":[{"sku":"mug","quantity":9223372036854775808}]}`, 422, "number_out_of_range", "items.quantity"},
		"what is not sold":                             {oneMug, cart("mug", 1, "nope", 1), 422, "sku_unknown", "items[1].sku"},
		"what is sold in another currency":             {oneMug, cart("tea", 1), 422, "currency_mixed", "items"},
		"a line in another currency":                   {oneMug, cart("mug", 1, "tea", 1), 422, "currency_mixed", "items[1].sku"},
		"a subscription in a payment":                  {oneMug, cart("club", 1), 422, "items_mixed", "items"},
		"a payment in a subscription":                  {cart("club", 1), cart("mug", 1), 422, "items_mixed", "items"},
		"both":                                         {oneMug, cart("mug", 1, "club", 1), 422, "items_mixed", "items"},
		"another rhythm":                               {cart("club", 1), cart("club", 1, "quarterly", 1), 422, "items_mixed", "items"},
		"items where a method is saved":                {`{"mode":"setup"}`, cart("mug", 1), 422, "items_not_here", "items"},
		"a code that the new lines are too little for": {oneMug, `{"items":[{"sku":"dust","quantity":1}],"shipping_rate":"post","promotion_code":"BIG"}`, 422, "promotion_minimum", "promotion_code"},
		"a code that leaves nothing":                   {cart("course", 1), `{` + items("ebook", 1) + `,"promotion_code":"FREE"}`, 422, "amount_out_of_range", "promotion_code"},
		"an unknown code":                              {oneMug, `{"promotion_code":"NOPE"}`, 422, "promotion_unknown", "promotion_code"},
		"a code of another world":                      {oneMug, `{"promotion_code":"` + strings.Repeat("x", 5000) + `"}`, 422, "promotion_unknown", "promotion_code"},
		"an expired code":                              {oneMug, `{"promotion_code":"PAST"}`, 422, "promotion_expired", "promotion_code"},
		"a code that is used up":                       {oneMug, `{"promotion_code":"eighth"}`, 422, "promotion_used_up", "promotion_code"},
		"a code for more":                              {oneMug, `{"promotion_code":"FIVE"}`, 422, "promotion_minimum", "promotion_code"},
		"a code in another currency":                   {oneMug, `{"promotion_code":"EURO"}`, 422, "promotion_currency", "promotion_code"},
		"a code on a subscription":                     {cart("club", 1), `{"promotion_code":"TEN"}`, 422, "promotion_not_here", "promotion_code"},
		"a code where a method is saved":               {`{"mode":"setup"}`, `{"promotion_code":"TEN"}`, 422, "promotion_not_here", "promotion_code"},
		"an unknown rate":                              {oneMug, `{"shipping_rate":"rocket"}`, 422, "shipping_rate_unknown", "shipping_rate"},
		"no rate":                                      {oneMug, `{"shipping_rate":""}`, 422, "shipping_rate_unknown", "shipping_rate"},
		"a rate for digital goods":                     {cart("ebook", 1), `{"shipping_rate":"post"}`, 422, "shipping_rate_unknown", "shipping_rate"},
		"a rate for a subscription":                    {cart("club", 1), `{"shipping_rate":"post"}`, 422, "shipping_rate_unknown", "shipping_rate"},
		"a rate in another currency":                   {`{` + items("mug", 1) + `,"currency":"eur"}`, `{"shipping_rate":"courier"}`, 422, "shipping_rate_unknown", "shipping_rate"},
		"a country that no rate serves":                {oneMug, `{"shipping":` + address("BR") + `}`, 422, "shipping_country_unsupported", "shipping.address.country"},
		"a country, and all else good":                 {oneMug, `{` + items("mug", 2) + `,"promotion_code":"TEN","email":"a@example.com","shipping":` + address("BR") + `}`, 422, "shipping_country_unsupported", "shipping.address.country"},
		"a country that is none":                       {oneMug, `{"shipping":` + address("XX") + `}`, 422, "address_malformed", "shipping.address.country"},
		"a country in small letters":                   {oneMug, `{"billing":` + address("fr") + `}`, 422, "address_malformed", "billing.address.country"},
		"no country":                                   {oneMug, `{"shipping":{"name":"Jenny","address":{}}}`, 422, "address_malformed", "shipping.address.country"},
		"a name of two lines":                          {oneMug, `{"shipping":{"name":"Jenny\nRosen","address":{"country":"FR"}}}`, 422, "address_malformed", "shipping.name"},
		"a street that turns the text":                 {oneMug, `{"billing":{"address":{"line1":"1 \u202edaoR","country":"FR"}}}`, 422, "address_malformed", "billing.address.line1"},
		"a street without end":                         {oneMug, `{"billing":{"address":{"line1":"` + long + `","country":"FR"}}}`, 422, "address_malformed", "billing.address.line1"},
		"a postal code without end":                    {oneMug, `{"billing":{"address":{"postal_code":"` + long[:21] + `","country":"FR"}}}`, 422, "address_malformed", "billing.address.postal_code"},
		"a host that begins with a dash":               {oneMug, `{"email":"a@-example.com"}`, 422, "email_malformed", "email"},
		"a host with an underscore":                    {oneMug, `{"email":"a@my_shop.example.com"}`, 422, "email_malformed", "email"},
		"a host with an empty part":                    {oneMug, `{"email":"a@example..com"}`, 422, "email_malformed", "email"},
		"a number for a host":                          {oneMug, `{"email":"a@127.0.0.1"}`, 422, "email_malformed", "email"},
		"an e-mail address without a host":             {oneMug, `{"email":"jenny"}`, 422, "email_malformed", "email"},
		"an e-mail address of a neighbour":             {oneMug, `{"email":"jenny@localhost"}`, 422, "email_malformed", "email"},
		"an e-mail address with a name":                {oneMug, `{"email":"Jenny <jenny@example.com>"}`, 422, "email_malformed", "email"},
		"two e-mail addresses":                         {oneMug, `{"email":"a@example.com, b@example.com"}`, 422, "email_malformed", "email"},
		"a header in an e-mail address":                {oneMug, `{"email":"a@example.com\r\nBcc: b@example.com"}`, 422, "email_malformed", "email"},
		"a quoted e-mail address":                      {oneMug, `{"email":"\"a b\"@example.com"}`, 422, "email_malformed", "email"},
		"an e-mail address without end":                {oneMug, `{"email":"a@` + strings.Repeat("example.", 40) + `com"}`, 422, "email_malformed", "email"},
		"a long name in an e-mail address":             {oneMug, `{"email":"` + long[:65] + `@example.com"}`, 422, "email_malformed", "email"},
		"a machine's number as e-mail host":            {oneMug, `{"email":"a@[127.0.0.1]"}`, 422, "email_malformed", "email"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFullShop(t)
			s.store.uses["EIGHTH"] = 3
			id := s.create(tt.create)
			before := s.store.list[id]
			w := s.request(http.MethodPatch, "/orders/"+id, tt.change)
			var got struct{ Code, Field string }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != tt.status || got.Code != tt.code || got.Field != tt.field {
				t.Errorf("%d %s, want %d %s (field %q)", w.Code, w.Body, tt.status, tt.code, tt.field)
			}
			if !reflect.DeepEqual(s.store.list[id], before) {
				t.Errorf("it left %+v of %+v", s.store.list[id], before)
			}
			if strings.Contains(w.Body.String(), "example.com") || strings.Contains(w.Body.String(), "Jenny") || strings.Contains(w.Body.String(), "aaa") {
				t.Errorf("the answer tells what was sent: %s", w.Body)
			}
		})
	}
}

// An order is changed while it is open and nothing is under way, by its own buyer.
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
	other.store, other.svc.Store = s.store, s.store
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

// A code that was good when it was entered stays, whatever becomes of it, until the order
// does not fit it any more.
func TestACodeIsKeptForTheOrder(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	id := s.create(cart("mug", 1))
	s.wantBill(s.change(id, `{"promotion_code":"EIGHTH"}`), "1800 - EIGHTH 225 + post 490 = 2065 usd")
	if d := s.store.list[id].Discount; d != (orders.Discount{Code: "EIGHTH", Amount: 225, Limit: 3}) {
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

// Another catalog after a restart changes an order only where its buyer does.
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
	later.store, later.svc.Store, later.cookie = s.store, s.store, s.cookie
	later.wantBill(later.change(id, `{"email":"a@example.com"}`), "3600 - TEN 360 + courier 1500 = 4740 usd")
	later.wantBill(later.change(id, `{"shipping":`+address("US")+`}`), "3600 - TEN 720 + courier 1600 = 4480 usd")
	later.wantBill(later.change(id, cart("mug", 2)), "3800 - TEN 760 + courier 1600 = 4640 usd")

	bare := newShop(t, "http://shop.test") // it has no codes and ships nothing
	bare.store, bare.svc.Store, bare.cookie = s.store, s.store, s.cookie
	bare.wantBill(bare.view(id), "3800 - TEN 760 + courier 1600 = 4640 usd")
	bare.wantBill(bare.change(id, cart("mug", 1)), "1800 = 1800 usd")
}

func TestModesAndOptions(t *testing.T) {
	t.Parallel()
	all := orders.Options{CaptureMethod: "manual", SetupFutureUsage: "on_session", PaymentMethodTypes: []string{"card"}, PaymentMethodConfiguration: "pmc_1",
		OnBehalfOf: "acct_1", RequireCVCRecollection: true, Installments: true, BankVerification: "instant", ReceiptEmail: true}
	recurs := orders.Options{PaymentMethodTypes: []string{"card"}, PaymentMethodConfiguration: "pmc_1", OnBehalfOf: "acct_1", BankVerification: "instant"}
	saves := recurs
	saves.SetupFutureUsage = "on_session"
	offSession := all
	offSession.SetupFutureUsage = "off_session"
	for name, tt := range map[string]struct {
		body string
		mode orders.Mode
		want orders.Options
	}{
		"a payment takes all":                        {oneMug, orders.ModePayment, all},
		"a payment that says so":                     {`{` + items("mug", 1) + `,"mode":"payment"}`, orders.ModePayment, all},
		"a product's own wish goes before":           {cart("course", 1), orders.ModePayment, offSession},
		"the most of them":                           {cart("ebook", 1, "course", 1, "mug", 1), orders.ModePayment, offSession},
		"a subscription captures and saves anyway":   {cart("club", 1), orders.ModeSubscription, recurs},
		"a subscription that says so":                {`{` + items("club", 1) + `,"mode":"subscription"}`, orders.ModeSubscription, recurs},
		"where a method is saved nothing is charged": {`{"mode":"setup","currency":"eur"}`, orders.ModeSetup, saves},
	} {
		s := newFullShop(t)
		s.svc.Options = all
		o := s.store.list[s.create(tt.body)]
		if o.Mode != tt.mode || !reflect.DeepEqual(o.Options, tt.want) {
			t.Errorf("%s: %s with %+v, want %s with %+v", name, o.Mode, o.Options, tt.mode, tt.want)
		}
	}
	s := newFullShop(t)
	id := s.create(oneMug)
	if v := s.change(id, cart("course", 1)); v.SetupFutureUsage != "off_session" {
		t.Errorf("a changed order saves %q", v.SetupFutureUsage)
	}
	if v := s.change(id, cart("mug", 1)); v.SetupFutureUsage != "" {
		t.Errorf("changed back it saves %q", v.SetupFutureUsage)
	}
}

func TestServeCreateByMode(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ body, code, field string }{
		"an unknown mode":                       {`{` + items("mug", 1) + `,"mode":"gift"}`, "mode_unknown", "mode"},
		"a payment of what recurs":              {`{` + items("club", 1) + `,"mode":"payment"}`, "items_mixed", "items"},
		"a subscription to what does not":       {`{` + items("mug", 1) + `,"mode":"subscription"}`, "items_mixed", "items"},
		"one that recurs among one that is not": {cart("mug", 1, "club", 1), "items_mixed", "items"},
		"two rhythms":                           {cart("club", 1, "quarterly", 1), "items_mixed", "items"},
		"items where a method is saved":         {`{` + items("mug", 1) + `,"mode":"setup"}`, "items_not_here", "items"},
		"saving in no currency":                 {`{"mode":"setup","currency":"gold"}`, "currency_unsupported", "currency"},
		"a currency that nothing is sold in":    {`{` + items("mug", 1) + `,"currency":"sek"}`, "currency_unsupported", "currency"},
		"a subscription in a foreign currency":  {`{` + items("club", 1) + `,"currency":"eur"}`, "currency_unsupported", "currency"},
		"no items and no mode":                  {`{}`, "items_empty", "items"},
	} {
		s := newFullShop(t)
		w := s.request(http.MethodPost, "/orders", tt.body)
		var got struct{ Code, Field string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusUnprocessableEntity || got.Code != tt.code || got.Field != tt.field {
			t.Errorf("%s: %d %s, want %s (field %q)", name, w.Code, w.Body, tt.code, tt.field)
		}
		if len(s.store.list) > 0 {
			t.Errorf("%s: an order was stored", name)
		}
	}
}

func TestASubscriptionHasTwentyLines(t *testing.T) {
	t.Parallel()
	var products, twenty []string
	for i := range 21 {
		products = append(products, fmt.Sprintf(`{"sku":"s%d","name":"S","price":"1","recurring":{"interval":"week"}}`, i))
		twenty = append(twenty, fmt.Sprintf(`{"sku":"s%d","quantity":1}`, i))
	}
	c, err := orders.ParseCatalog([]byte(`{"currency":"usd","products":[` + strings.Join(products, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := newShopOf(t, "http://shop.test", c)
	if w := s.request(http.MethodPost, "/orders", `{"items":[`+strings.Join(twenty, ",")+`]}`); !strings.Contains(w.Body.String(), "items_too_many") {
		t.Errorf("21 lines: %d %s", w.Code, w.Body)
	}
	s.create(`{"items":[` + strings.Join(twenty[:20], ",") + `]}`)
}

func TestViewOfTheWholeOrder(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	id := s.create(cart("mug", 1, "ebook", 1))
	s.change(id, `{"promotion_code":"TEN","email":" a@example.com ","shipping":{"name":" Jenny  ","phone":"+33 1","address":{"line1":"1 <b>Road</b>","city":"Paris","postal_code":"75002","country":"FR"}}}`)
	w := s.request(http.MethodGet, "/orders/"+id, "")
	var got map[string]json.RawMessage
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"mode": `"payment"`, "status": `"open"`, "payment_status": `"unpaid"`, "currency": `"usd"`,
		"subtotal": `2600`, "amount": `2830`, "discount": `{"code":"TEN","amount":260}`,
		"shipping_rate":      `{"id":"post","name":"Post","amount":490,"min_days":3,"max_days":5}`,
		"shipping_rates":     `[{"id":"post","name":"Post","amount":490,"min_days":3,"max_days":5}]`,
		"shipping_countries": `["FR","NO","US"]`, "ships": `true`, "recurring": `null`, "setup_future_usage": `"on_session"`,
		"items":   `[{"sku":"mug","name":"Mug","image":"mug.svg","quantity":1,"unit_amount":1800,"amount":1800},{"sku":"ebook","name":"E-book","quantity":1,"unit_amount":800,"amount":800}]`,
		"contact": `{"email":"a@example.com","shipping":{"name":"Jenny","phone":"+33 1","address":{"line1":"1 \u003cb\u003eRoad\u003c/b\u003e","city":"Paris","postal_code":"75002","country":"FR"}}}`,
	} {
		if string(got[name]) != want {
			t.Errorf("%s is %s, want %s", name, got[name], want)
		}
	}
	for _, name := range []string{"id", "created_at", "expires_at"} {
		if len(got[name]) == 0 {
			t.Errorf("there is no %s", name)
		}
	}
	if len(got) != 20 {
		t.Errorf("it has %d members: %s", len(got), w.Body)
	}
	bare := s.request(http.MethodGet, "/orders/"+s.create(cart("club", 2)), "").Body.String()
	for _, want := range []string{`"discount":null`, `"shipping_rate":null`, `"shipping_rates":[]`, `"shipping_countries":[]`, `"ships":false`,
		`"recurring":{"interval":"month","interval_count":1}`, `"contact":{}`, `"mode":"subscription"`} {
		if !strings.Contains(bare, want) {
			t.Errorf("there is no %s in %s", want, bare)
		}
	}
}

func TestGoodEmailAddresses(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	id := s.create(oneMug)
	for _, email := range []string{"a@example.com", "jenny.rosen+tea@mail.example.co.uk", "o'brien@example.com", "用户@例え.jp", "A_B-C@xn--bcher-kva.example", ""} {
		if v := s.change(id, `{"email":"`+email+`"}`); v.Contact.Email != email {
			t.Errorf("%q is kept as %q", email, v.Contact.Email)
		}
	}
}

// Everywhere is said by no country.
func TestShippingEverywhere(t *testing.T) {
	t.Parallel()
	c, err := orders.ParseCatalog([]byte(`{"currency":"usd","products":[{"sku":"mug","name":"Mug","price":"18"}],
		"shipping_rates":[{"id":"near","name":"Near","price":"1","countries":["FR"]},{"id":"far","name":"Far","price":"2"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := newShopOf(t, "http://shop.test", c)
	id := s.create(oneMug)
	if v := s.view(id); len(v.ShippingCountries) != 0 || len(v.ShippingRates) != 2 {
		t.Errorf("got %v and %v", v.ShippingCountries, v.ShippingRates)
	}
	v := s.change(id, `{"shipping":`+address("BR")+`}`)
	s.wantBill(v, "1800 + far 200 = 2000 usd")
	if i := slices.IndexFunc(v.ShippingRates, func(r orders.ShippingRate) bool { return r.ID == "near" }); i >= 0 {
		t.Errorf("offered is %v", v.ShippingRates)
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
