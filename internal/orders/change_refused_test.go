package orders_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func TestChangeRefusesAndLeavesTheOrder(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 201)
	for name, tt := range map[string]struct {
		create, change string
		status         int
		code, field    string
	}{
		"a price of the browser's":                     {oneMug, `{"items":[{"sku":"mug","quantity":1,"unit_amount":1}]}`, 400, "unknown_field", "items[0].unit_amount"},
		"an amount of the browser's":                   {oneMug, `{"amount":1}`, 400, "unknown_field", "amount"},
		"a discount of the browser's":                  {oneMug, `{"discount":{"code":"TEN","amount":1800}}`, 400, "unknown_field", "discount"},
		"a currency of the browser's":                  {oneMug, `{"currency":"jpy"}`, 400, "unknown_field", "currency"},
		"a status of the browser's":                    {oneMug, `{"status":"paid"}`, 400, "unknown_field", "status"},
		"a field of the address's":                     {oneMug, `{"shipping":{"address":{"country":"FR","planet":"Mars"}}}`, 400, "unknown_field", "shipping.address.planet"},
		"no text where a text belongs":                 {oneMug, `{"email":1}`, 400, "wrong_type", "email"},
		"an address that is a text":                    {oneMug, `{"shipping":"FR"}`, 400, "wrong_type", "shipping"},
		"a city that is a number":                      {oneMug, `{"billing":{"address":{"country":"FR","city":7}}}`, 400, "wrong_type", "billing.address.city"},
		"a rate of another address":                    {oneMug, `{"shipping":` + address("FR") + `,"shipping_rate":"courier"}`, 422, "shipping_rate_unknown", "shipping_rate"},
		"no lines":                                     {oneMug, `{"items":[]}`, 422, "items_empty", "items"},
		"less than none":                               {oneMug, cart("mug", -1), 422, "quantity_out_of_range", "items[0].quantity"},
		"too many":                                     {oneMug, cart("mug", 100), 422, "quantity_out_of_range", "items[0].quantity"},
		"far too many":                                 {oneMug, `{"items":[{"sku":"mug","quantity":9223372036854775807}]}`, 422, "quantity_out_of_range", "items[0].quantity"},
		"more than a number":                           {oneMug, `{"items":[{"sku":"mug","quantity":9223372036854775808}]}`, 422, "number_out_of_range", "items[0].quantity"},
		"what is not sold":                             {oneMug, cart("mug", 1, "nope", 1), 422, "sku_unknown", "items[1].sku"},
		"what is sold in another currency":             {oneMug, cart("tea", 1), 422, "currency_mixed", "items"},
		"a line in another currency":                   {oneMug, cart("mug", 1, "tea", 1), 422, "currency_mixed", "items[1].sku"},
		"a subscription in a payment":                  {oneMug, cart("club", 1), 422, "items_mixed", "items"},
		"a payment in a subscription":                  {cart("club", 1), cart("mug", 1), 422, "items_mixed", "items"},
		"both":                                         {oneMug, cart("mug", 1, "club", 1), 422, "items_mixed", "items"},
		"another period":                               {cart("club", 1), cart("club", 1, "quarterly", 1), 422, "items_mixed", "items"},
		"items where a method is saved":                {`{"mode":"setup"}`, cart("mug", 1), 422, "items_not_here", "items"},
		"a code that the new lines are too little for": {oneMug, `{"items":[{"sku":"dust","quantity":1}],"shipping_rate":"post","promotion_code":"BIG"}`, 422, "promotion_minimum", "promotion_code"},
		"a code that leaves too little":                {cart("course", 1), `{` + items("ebook", 1) + `,"promotion_code":"ALMOST"}`, 422, "amount_out_of_range", "promotion_code"},
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
		"a country that is none":                       {oneMug, `{"shipping":` + address("XX") + `}`, 422, "country_malformed", "shipping.address.country"},
		"a country in small letters":                   {oneMug, `{"billing":` + address("fr") + `}`, 422, "country_malformed", "billing.address.country"},
		"no country":                                   {oneMug, `{"shipping":{"name":"Jenny","address":{}}}`, 422, "country_malformed", "shipping.address.country"},
		"a name of two lines":                          {oneMug, `{"shipping":{"name":"Jenny\nRosen","address":{"country":"FR"}}}`, 422, "name_malformed", "shipping.name"},
		"a street with a control character":            {oneMug, `{"billing":{"address":{"line1":"1 \u001bRoad","country":"FR"}}}`, 422, "street_malformed", "billing.address.line1"},
		"a phone number of two lines":                  {oneMug, `{"shipping":{"phone":"1\n2","address":{"country":"FR"}}}`, 422, "phone_malformed", "shipping.phone"},
		"a city of two lines":                          {oneMug, `{"shipping":{"address":{"city":"a\u2028b","country":"FR"}}}`, 422, "city_malformed", "shipping.address.city"},
		"a street without end":                         {oneMug, `{"billing":{"address":{"line1":"` + long + `","country":"FR"}}}`, 422, "street_malformed", "billing.address.line1"},
		"a postal code without end":                    {oneMug, `{"billing":{"address":{"postal_code":"` + long[:21] + `","country":"FR"}}}`, 422, "postal_code_malformed", "billing.address.postal_code"},
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

// The texts are what buyers paste and type; they are kept without what nobody
// sees.
func TestTextThatPeopleHave(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	id := s.create(oneMug)

	v := s.change(id, `{"email":"\u200bjenny@example.com\u00a0","shipping":{"name":"علی\u200cرضا 👨\u200d👩\u200d👧",`+
		`"phone":"\u202a+49 30 901820\u202c","address":{"line1":"\ufeff1 Main\u00ad Street","city":"ශ්\u200dරී","country":"FR"}}}`)

	to := v.Contact.Shipping
	for _, part := range []struct{ got, want string }{
		{v.Contact.Email, "jenny@example.com"},
		{to.Name, "علی\u200cرضا 👨\u200d👩\u200d👧"},
		{to.Phone, "+49 30 901820"},
		{to.Address.Line1, "1 Main Street"},
		{to.Address.City, "ශ්\u200dරී"},
	} {
		if part.got != part.want {
			t.Errorf("kept %q, want %q", part.got, part.want)
		}
	}

	if v := s.change(id, `{"promotion_code":"\ufefften\u200b"}`); v.Discount == nil || v.Discount.Code != "TEN" {
		t.Errorf("a code with invisible characters: %+v", v.Discount)
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
