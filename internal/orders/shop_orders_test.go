package orders_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

func shopRequest(t testing.TB, body string) (req orders.ShopRequest) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &req); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return req
}

// ordered returns the order that the shop's backend creates.
func (s *shop) ordered(body string) orders.Order {
	s.Helper()
	o, err := s.svc.CreateForShop(s.Context(), shopRequest(s, body), "", shopToken)
	if err != nil {
		s.Fatalf("%s: %v", body, err)
	}
	return o
}

const shopToken = "TOKENTOKENTOKENTOKENTOKENT"

const ownMugs = `{"currency":"usd","items":[{"name":"Mug","unit_amount":900,"quantity":2}]`

func TestShopOrderTotals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body   string
		amount int64
		mode   orders.Mode
		ships  bool
	}{
		"own items":           {ownMugs + `}`, 1800, orders.ModePayment, false},
		"a quantity left out": {`{"currency":"usd","items":[{"name":"Mug","unit_amount":900}]}`, 900, orders.ModePayment, false},
		"a product":           {`{"items":[{"sku":"ebook"}]}`, 800, orders.ModePayment, false},
		"a product that ships by the catalog's rate": {`{"items":[{"sku":"mug"}]}`, 2290, orders.ModePayment, true},
		"a product in another currency":              {`{"currency":"jpy","items":[{"sku":"ebook","quantity":2}]}`, 2400, orders.ModePayment, false},
		"a product beside an own item":               {`{"currency":"usd","items":[{"sku":"ebook"},{"name":"Gift wrap","unit_amount":50}]}`, 850, orders.ModePayment, false},
		"the shop's shipping":                        {ownMugs + `,"shipping":{"name":"Bike","amount":300}}`, 2100, orders.ModePayment, true},
		"the shop's shipping of a product":           {`{"items":[{"sku":"mug"}],"shipping":{"name":"Bike","amount":300}}`, 2100, orders.ModePayment, true},
		"shipped for nothing":                        {ownMugs + `,"shipping":{"name":"Pick up","amount":0}}`, 1800, orders.ModePayment, true},
		"discounts":                                  {ownMugs + `,"discounts":[{"name":"Loyal","amount":100},{"name":"Spring","amount":200}]}`, 1500, orders.ModePayment, false},
		"an added tax":                               {ownMugs + `,"taxes":[{"name":"VAT","amount":360}]}`, 2160, orders.ModePayment, false},
		"an inclusive tax":                           {ownMugs + `,"taxes":[{"name":"VAT","amount":300,"inclusive":true}]}`, 1800, orders.ModePayment, false},
		"the tax of an item":                         {`{"currency":"usd","items":[{"name":"Mug","unit_amount":900,"quantity":2,"tax_amount":90}]}`, 1890, orders.ModePayment, false},
		"all of it": {ownMugs + `,"shipping":{"name":"Bike","amount":300},"discounts":[{"name":"Loyal","amount":100}],` +
			`"taxes":[{"name":"VAT","amount":360},{"name":"Eco","amount":5,"inclusive":true}]}`, 2360, orders.ModePayment, true},
		"nothing to pay":     {`{"currency":"usd","items":[{"name":"Sample","unit_amount":0}]}`, 0, orders.ModePayment, false},
		"discounted to zero": {ownMugs + `,"discounts":[{"name":"Gift","amount":1800}]}`, 0, orders.ModePayment, false},
		"a subscription":     {`{"items":[{"sku":"club"}]}`, 1200, orders.ModeSubscription, false},
		"a setup":            {`{"mode":"setup","currency":"eur"}`, 0, orders.ModeSetup, false},
		"a label as sku":     {`{"currency":"usd","items":[{"sku":"mug","name":"Our mug","unit_amount":77}]}`, 77, orders.ModePayment, false},
		"a hundred lines":    {`{"currency":"usd","items":[` + strings.Repeat(`{"name":"A","unit_amount":1},`, 99) + `{"name":"B","unit_amount":1}]}`, 100, orders.ModePayment, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newFullShop(t).ordered(tt.body)
			sum := o.Subtotal() - o.Deducted() + o.ShippingRate.Amount + o.AddedTax()
			if o.Amount != tt.amount || o.Amount != sum || o.Mode != tt.mode || o.Ships() != tt.ships || !o.Shop.Fixed {
				t.Errorf("it costs %d (its parts %d), mode %s, ships: %t", o.Amount, sum, o.Mode, o.Ships())
			}
		})
	}
}

func TestShopOrderKeepsWhatTheShopSays(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	o := s.ordered(ownMugs + `,"reference":" A-1 ","customer":{"reference":"c-7","email":"a@example.com","name":"Ada"},
		"capture_method":"manual","setup_future_usage":"off_session","payment_method_types":["card","link"],
		"metadata":{"cart":"7","empty":""},"description":"Two mugs","statement_descriptor_suffix":"MUGS 7",
		"success_url":"https://shop.example/thanks?a=1#b","cancel_url":"http://localhost:3000/cart",
		"locale":"fr-CA","expires_at":"2026-01-31T15:00:00+02:00"}`)

	if o.Reference != "A-1" || o.CustomerReference != "c-7" || o.Contact.Email != "a@example.com" || o.Contact.Name != "Ada" {
		t.Errorf("got %q, %q, %+v", o.Reference, o.CustomerReference, o.Contact)
	}
	want := orders.ShopTerms{
		Fixed:           true,
		Description:     "Two mugs",
		StatementSuffix: "MUGS 7",
		Metadata:        map[string]string{"cart": "7"},
		SuccessURL:      "https://shop.example/thanks?a=1#b",
		CancelURL:       "http://localhost:3000/cart",
		Locale:          "fr-CA",
	}
	if !reflect.DeepEqual(o.Shop, want) {
		t.Errorf("got %+v, want %+v", o.Shop, want)
	}
	if p := o.Options; p.CaptureMethod != "manual" || p.SetupFutureUsage != "off_session" || !reflect.DeepEqual(p.PaymentMethodTypes, []string{"card", "link"}) {
		t.Errorf("got %+v", p)
	}
	if at := time.Date(2026, 1, 31, 13, 0, 0, 0, time.UTC); o.ExpiresAt != at {
		t.Errorf("it expires at %v, want %v", o.ExpiresAt, at)
	}
	if stored := s.store.list[o.ID]; !reflect.DeepEqual(stored, o) {
		t.Errorf("stored %+v, want %+v", stored, o)
	}
}

// Whatever Stripe or the page could not take is refused by its field before
// anything is stored.
func TestShopOrderRefusals(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("x", n) }
	keys := func(n int) string {
		m := map[string]string{}
		for i := range n {
			m["k"+strings.Repeat("i", i%30)+string(rune('a'+i%26))+string(rune('a'+i/26))] = "v"
		}
		text, _ := json.Marshal(m) //nolint:errcheck // strings
		return string(text)
	}

	for name, tt := range map[string]struct{ body, code, field string }{
		"nothing":                      {`{}`, "items_empty", "items"},
		"no items":                     {`{"items":[]}`, "items_empty", "items"},
		"too many items":               {`{"currency":"usd","items":[` + strings.Repeat(`{"name":"A","unit_amount":1},`, 100) + `{"name":"B","unit_amount":1}]}`, "items_too_many", "items"},
		"an unknown product":           {`{"items":[{"sku":"mug"},{"sku":"nope"}]}`, "sku_unknown", "items[1].sku"},
		"a product's price":            {`{"items":[{"sku":"mug","name":"Cheap mug"}]}`, "unit_amount_missing", "items[0].unit_amount"},
		"no price":                     {`{"items":[{"name":"A"}]}`, "unit_amount_missing", "items[0].unit_amount"},
		"no name":                      {`{"currency":"usd","items":[{"unit_amount":100}]}`, "text_invalid", "items[0].name"},
		"a long name":                  {`{"currency":"usd","items":[{"name":"` + long(251) + `","unit_amount":100}]}`, "text_invalid", "items[0].name"},
		"a name of two lines":          {`{"currency":"usd","items":[{"name":"a\nb","unit_amount":100}]}`, "text_invalid", "items[0].name"},
		"a long description of it":     {`{"currency":"usd","items":[{"name":"A","description":"` + long(501) + `","unit_amount":100}]}`, "text_invalid", "items[0].description"},
		"a negative price":             {`{"currency":"usd","items":[{"name":"A","unit_amount":-1}]}`, "amount_out_of_range", "items[0].unit_amount"},
		"too dear":                     {`{"currency":"usd","items":[{"name":"A","unit_amount":100000000}]}`, "amount_out_of_range", "items[0].unit_amount"},
		"half a króna":                 {`{"currency":"isk","items":[{"name":"A","unit_amount":150}]}`, "amount_out_of_range", "items[0].unit_amount"},
		"none of it":                   {`{"currency":"usd","items":[{"name":"A","unit_amount":100,"quantity":0}]}`, "quantity_out_of_range", "items[0].quantity"},
		"too many of it":               {`{"currency":"usd","items":[{"name":"A","unit_amount":100,"quantity":10001}]}`, "quantity_out_of_range", "items[0].quantity"},
		"too many of a product":        {`{"items":[{"sku":"mug"},{"sku":"mug","quantity":100}]}`, "quantity_out_of_range", "items[1].quantity"},
		"a negative tax":               {`{"currency":"usd","items":[{"name":"A","unit_amount":100,"tax_amount":-5}]}`, "amount_out_of_range", "items[0].tax_amount"},
		"a picture over http":          {`{"currency":"usd","items":[{"name":"A","unit_amount":100,"image":"http://localhost/a.png"}]}`, "url_invalid", "items[0].image"},
		"a picture that is a script":   {`{"currency":"usd","items":[{"name":"A","unit_amount":100,"image":"javascript:alert(1)"}]}`, "url_invalid", "items[0].image"},
		"less than Stripe takes":       {`{"currency":"usd","items":[{"name":"A","unit_amount":49}]}`, "amount_out_of_range", "items"},
		"a discount that leaves less":  {ownMugs + `,"discounts":[{"name":"A","amount":1751}]}`, "amount_out_of_range", "discounts"},
		"a discount of more":           {ownMugs + `,"discounts":[{"name":"A","amount":1801}]}`, "discount_too_large", "discounts"},
		"a discount without name":      {ownMugs + `,"discounts":[{"amount":1}]}`, "text_invalid", "discounts[0].name"},
		"a negative discount":          {ownMugs + `,"discounts":[{"name":"A","amount":1},{"name":"B","amount":-1}]}`, "amount_out_of_range", "discounts[1].amount"},
		"too many discounts":           {ownMugs + `,"discounts":[` + strings.Repeat(`{"name":"A","amount":1},`, 20) + `{"name":"A","amount":1}]}`, "discounts_too_many", "discounts"},
		"a negative line of tax":       {ownMugs + `,"taxes":[{"name":"A","amount":-1}]}`, "amount_out_of_range", "taxes[0].amount"},
		"shipping without name":        {ownMugs + `,"shipping":{"amount":1}}`, "text_invalid", "shipping.name"},
		"shipping for less":            {ownMugs + `,"shipping":{"name":"A","amount":-1}}`, "amount_out_of_range", "shipping.amount"},
		"days below zero":              {ownMugs + `,"shipping":{"name":"A","amount":1,"min_days":-1,"max_days":2}}`, "days_out_of_range", "shipping.min_days"},
		"too many days":                {ownMugs + `,"shipping":{"name":"A","amount":1,"min_days":1,"max_days":366}}`, "days_out_of_range", "shipping.max_days"},
		"days backwards":               {ownMugs + `,"shipping":{"name":"A","amount":1,"min_days":3,"max_days":2}}`, "days_out_of_range", "shipping.max_days"},
		"an unknown currency":          {`{"currency":"xxx","items":[{"name":"A","unit_amount":100}]}`, "currency_unsupported", "currency"},
		"capitals":                     {`{"currency":"USD","items":[{"name":"A","unit_amount":100}]}`, "currency_unsupported", "currency"},
		"an unknown mode":              {`{"mode":"gift","items":[{"sku":"mug"}]}`, "mode_unknown", "mode"},
		"items in a setup":             {`{"mode":"setup","items":[{"sku":"mug"}]}`, "items_not_here", "items"},
		"an own subscription":          {`{"mode":"subscription","currency":"usd","items":[{"name":"A","unit_amount":100}]}`, "items_mixed", "items"},
		"a discounted subscription":    {`{"items":[{"sku":"club"}],"discounts":[{"name":"A","amount":1}]}`, "not_in_mode", "discounts"},
		"a taxed subscription":         {`{"items":[{"sku":"club","tax_amount":5}]}`, "not_in_mode", "taxes"},
		"a held subscription":          {`{"items":[{"sku":"club"}],"capture_method":"manual"}`, "not_in_mode", "capture_method"},
		"a shipped setup":              {`{"mode":"setup","shipping":{"name":"A","amount":0}}`, "not_in_mode", "shipping"},
		"no reference":                 {ownMugs + `,"reference":" "}`, "text_invalid", "reference"},
		"a long reference":             {ownMugs + `,"reference":"` + long(201) + `"}`, "text_invalid", "reference"},
		"a malformed e-mail":           {ownMugs + `,"customer":{"email":"nobody"}}`, "email_malformed", "customer.email"},
		"a long name of the buyer":     {ownMugs + `,"customer":{"name":"` + long(201) + `"}}`, "text_invalid", "customer.name"},
		"a long reference of theirs":   {ownMugs + `,"customer":{"reference":"` + long(201) + `"}}`, "text_invalid", "customer.reference"},
		"an unknown capture":           {ownMugs + `,"capture_method":"later"}`, "capture_method_unknown", "capture_method"},
		"an unknown usage":             {ownMugs + `,"setup_future_usage":"always"}`, "setup_future_usage_unknown", "setup_future_usage"},
		"a method's name":              {ownMugs + `,"payment_method_types":["card","Visa Card"]}`, "payment_method_type_unknown", "payment_method_types[1]"},
		"a method twice":               {ownMugs + `,"payment_method_types":["card","card"]}`, "payment_method_type_repeated", "payment_method_types[1]"},
		"a method that cannot be":      {ownMugs + `,"payment_method_types":["blik"]}`, "payment_method_type_unsupported", "payment_method_types[0]"},
		"bank transfers to nowhere":    {ownMugs + `,"payment_method_types":["customer_balance"]}`, "payment_method_type_unsupported", "payment_method_types[0]"},
		"48 keys":                      {ownMugs + `,"metadata":` + keys(48) + `}`, "metadata_too_many", "metadata"},
		"a long key":                   {ownMugs + `,"metadata":{"` + long(41) + `":"v"}}`, "metadata_key_invalid", "metadata"},
		"a key with brackets":          {ownMugs + `,"metadata":{"a[b]":"v"}}`, "metadata_key_invalid", "metadata"},
		"our own key":                  {ownMugs + `,"metadata":{"checkoutd_order":"v"}}`, "metadata_key_reserved", "metadata"},
		"a value on two lines":         {ownMugs + `,"metadata":{"a":"1\n2"}}`, "metadata_value_invalid", "metadata.a"},
		"a value that rings":           {ownMugs + `,"metadata":{"a":"1","b":"\u0007"}}`, "metadata_value_invalid", "metadata.b"},
		"a key that rings":             {ownMugs + `,"metadata":{"\u0007":"1"}}`, "metadata_key_invalid", "metadata"},
		"a long value":                 {ownMugs + `,"metadata":{"a":"` + long(501) + `"}}`, "metadata_value_too_long", "metadata.a"},
		"a long description":           {ownMugs + `,"description":"` + long(1001) + `"}`, "text_invalid", "description"},
		"a long suffix":                {ownMugs + `,"statement_descriptor_suffix":"` + long(23) + `"}`, "statement_suffix_invalid", "statement_descriptor_suffix"},
		"digits as suffix":             {ownMugs + `,"statement_descriptor_suffix":"12345"}`, "statement_suffix_invalid", "statement_descriptor_suffix"},
		"a suffix with a star":         {ownMugs + `,"statement_descriptor_suffix":"A*B"}`, "statement_suffix_invalid", "statement_descriptor_suffix"},
		"a suffix that is not Latin":   {ownMugs + `,"statement_descriptor_suffix":"Tasse é"}`, "statement_suffix_invalid", "statement_descriptor_suffix"},
		"success over http":            {ownMugs + `,"success_url":"http://shop.example/"}`, "url_invalid", "success_url"},
		"success at a path":            {ownMugs + `,"success_url":"/thanks"}`, "url_invalid", "success_url"},
		"success with a password":      {ownMugs + `,"success_url":"https://a:b@shop.example/"}`, "url_invalid", "success_url"},
		"a script to cancel":           {ownMugs + `,"cancel_url":"javascript:alert(1)"}`, "url_invalid", "cancel_url"},
		"a host that looks local":      {ownMugs + `,"cancel_url":"http://localhost.evil.example/"}`, "url_invalid", "cancel_url"},
		"another language":             {ownMugs + `,"locale":"sv"}`, "locale_unsupported", "locale"},
		"no time":                      {ownMugs + `,"expires_at":"tomorrow"}`, "expires_at_out_of_range", "expires_at"},
		"a time that is over":          {ownMugs + `,"expires_at":"2026-01-31T11:59:59Z"}`, "expires_at_out_of_range", "expires_at"},
		"a time that is too far ahead": {ownMugs + `,"expires_at":"2027-01-31T11:59:59Z"}`, "expires_at_out_of_range", "expires_at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFullShop(t)
			o, err := s.svc.CreateForShop(t.Context(), shopRequest(t, tt.body), "", shopToken)
			if f := fault.Of(err); err == nil || f.Code != tt.code || f.Field != tt.field {
				t.Errorf("%v (field %q), want %s (field %q)", err, f.Field, tt.code, tt.field)
			}
			if len(s.store.list) != 0 || o.ID != "" {
				t.Errorf("it left %+v", s.store.list)
			}
		})
	}

	s := newFullShop(t)
	if o := s.ordered(ownMugs + `,"metadata":` + keys(47) + `}`); len(o.Shop.Metadata) != 47 {
		t.Errorf("%d keys, want 47", len(o.Shop.Metadata))
	}
	s.cfg.Livemode = true
	s.configure(s.cfg)
	if _, err := s.svc.CreateForShop(t.Context(), shopRequest(t, ownMugs+`,"success_url":"http://localhost/"}`), "", shopToken); !fault.Is(err, "url_invalid") {
		t.Errorf("localhost with live keys: %v", err)
	}
}

func TestReferenceIsTakenOnce(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	first := s.ordered(ownMugs + `,"reference":"A-1"}`)
	_, err := s.svc.CreateForShop(t.Context(), shopRequest(t, ownMugs+`,"reference":"A-1"}`), "", shopToken)
	if f := fault.Of(err); f.Code != "reference_taken" || f.Kind != fault.Conflict || f.Extra["order"] != first.ID {
		t.Errorf("got %v with %v, want reference_taken with %s", err, f.Extra, first.ID)
	}
	if orders.ErrReferenceTaken.Extra != nil {
		t.Error("the fault of one call is that of all")
	}
}

// The answer of a call was lost after its order was stored. The call again is
// the same order, and its token opens it: also a new one, if a former release
// made the order.
func TestRepeatedCallGetsItsOrder(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	req := shopRequest(t, ownMugs+`,"reference":"A-1"}`)
	for _, token := range []string{shopToken, shopToken, "another"} {
		o, err := s.svc.CreateForShop(t.Context(), req, "ord_call", token)
		if err != nil || o.ID != "ord_call" || len(s.store.list) != 1 || !o.OpenedBy(token) {
			t.Errorf("got %s, %v; %d orders", o.ID, err, len(s.store.list))
		}
	}
}

func TestShopChangesItsOrder(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	id := s.ordered(ownMugs + `,"reference":"A-1","metadata":{"a":"1"},"shipping":{"name":"Bike","amount":300}}`).ID
	change := func(body string) (orders.Order, error) {
		return s.svc.ChangeForShop(t.Context(), id, shopRequest(t, body))
	}

	for _, tt := range []struct {
		body    string
		amount  int64
		version int64
	}{
		{`{}`, 2100, 1},
		{`{"items":[{"name":"Mug","unit_amount":900}]}`, 1200, 2},
		{`{"items":[{"name":"Mug","unit_amount":900}]}`, 1200, 2},
		{`{"shipping":null}`, 900, 3},
		{`{"discounts":[{"name":"A","amount":100}],"taxes":[{"name":"VAT","amount":50}]}`, 850, 4},
		{`{"discounts":[],"metadata":{"b":"2"},"customer":{"email":"a@example.com"}}`, 950, 5},
	} {
		o, err := change(tt.body)
		if err != nil || o.Amount != tt.amount || o.Version != tt.version {
			t.Errorf("%s: %d in version %d, %v; want %d in %d", tt.body, o.Amount, o.Version, err, tt.amount, tt.version)
		}
	}

	before := s.store.list[id]
	for body, code := range map[string]string{
		`{"reference":"A-2"}`:        "not_changeable",
		`{"currency":"eur"}`:         "not_changeable",
		`{"mode":"setup"}`:           "not_changeable",
		`{"items":[{"sku":"club"}]}`: "items_mixed",
		`{"discounts":[{"name":"A","amount":900}],"taxes":[]}`: "",
	} {
		_, err := change(body)
		switch {
		case code == "" && err != nil: // to zero: it is free
			t.Errorf("%s: %v", body, err)
		case code != "" && (!fault.Is(err, code) || !reflect.DeepEqual(s.store.list[id], before)):
			t.Errorf("%s: %v, want %s and the order as it was", body, err, code)
		}
		before = s.store.list[id]
	}

	o := s.store.list[id]
	o.PaymentStatus = orders.Processing
	s.store.list[id] = o
	if _, err := change(`{"description":"x"}`); !fault.Is(err, "payment_in_progress") {
		t.Errorf("during a payment: %v", err)
	}

	mine := s.create(oneMug)
	if _, err := s.svc.ChangeForShop(t.Context(), mine, shopRequest(t, `{"description":"x"}`)); !fault.Is(err, "order_of_buyer") {
		t.Errorf("a buyer's order: %v", err)
	}
}

// The buyer of a shop's order says who and where, and nothing about prices.
func TestBuyerCannotChangeWhatTheShopDecided(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	o, err := s.svc.CreateForShop(t.Context(), shopRequest(t, ownMugs+`,"shipping":{"name":"Bike","amount":300}}`), "", shopToken)
	if err != nil {
		t.Fatal(err)
	}

	w := httptest.NewRecorder()
	if err := s.svc.OpenByToken(w, httptest.NewRequest(http.MethodGet, "/", nil), o.ID, shopToken); err != nil {
		t.Fatal(err)
	}
	if got := w.Result().Cookies(); len(got) != 1 || !strings.Contains(got[0].Value, o.ID+":"+shopToken) {
		t.Errorf("got the cookies %v", got)
	}
	for id, wrong := range map[string]string{o.ID: "wrong", "ord_none": shopToken, o.ID + "|x": shopToken} {
		if err := s.svc.OpenByToken(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), id, wrong); !fault.Is(err, "order_not_found") {
			t.Errorf("%s with %s: %v", id, wrong, err)
		}
	}

	for _, body := range []string{`{"items":[{"sku":"mug","quantity":1}]}`, `{"promotion_code":"TEN"}`} {
		var c orders.Change
		if err := json.Unmarshal([]byte(body), &c); err != nil {
			t.Fatal(err)
		}
		if _, err := s.svc.Change(t.Context(), o.ID, c); !fault.Is(err, "order_fixed") {
			t.Errorf("%s: %v", body, err)
		}
	}

	var c orders.Change
	if err := json.Unmarshal([]byte(`{"shipping":`+address("BR")+`,"email":"a@example.com"}`), &c); err != nil {
		t.Fatal(err)
	}
	got, err := s.svc.Change(t.Context(), o.ID, c)
	if err != nil || got.Amount != 2100 || got.ShippingRate.Name != "Bike" || got.Contact.Shipping == nil {
		t.Errorf("with an address: %+v, %v", got, err)
	}
	if v := s.svc.View(t.Context(), got); len(v.ShippingRates) != 1 || len(v.ShippingCountries) != 0 || v.Shop == nil {
		t.Errorf("the buyer sees %+v", v)
	}
}
