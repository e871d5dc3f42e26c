package orders_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"checkoutd/internal/orders"
)

func TestModesAndOptions(t *testing.T) {
	t.Parallel()
	all := orders.Options{
		CaptureMethod:              "manual",
		SetupFutureUsage:           "on_session",
		PaymentMethodTypes:         []string{"card"},
		PaymentMethodConfiguration: "pmc_1",
		OnBehalfOf:                 "acct_1",
		RequireCVCRecollection:     true,
		Installments:               true,
		BankVerification:           "instant",
		ReceiptEmail:               true,
	}

	recurs := orders.Options{
		PaymentMethodTypes:         []string{"card"},
		PaymentMethodConfiguration: "pmc_1",
		OnBehalfOf:                 "acct_1",
		BankVerification:           "instant",
	}

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
		s.cfg.Options = all
		s.configure(s.cfg)

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
		"an unknown mode":                      {`{` + items("mug", 1) + `,"mode":"gift"}`, "mode_unknown", "mode"},
		"a payment of what recurs":             {`{` + items("club", 1) + `,"mode":"payment"}`, "items_mixed", "items"},
		"a subscription to what does not":      {`{` + items("mug", 1) + `,"mode":"subscription"}`, "items_mixed", "items"},
		"a payment of both":                    {`{` + items("mug", 1, "club", 1) + `,"mode":"payment"}`, "items_mixed", "items"},
		"two rhythms":                          {cart("club", 1, "quarterly", 1), "items_mixed", "items"},
		"items where a method is saved":        {`{` + items("mug", 1) + `,"mode":"setup"}`, "items_not_here", "items"},
		"saving in no currency":                {`{"mode":"setup","currency":"gold"}`, "currency_unsupported", "currency"},
		"a currency that nothing is sold in":   {`{` + items("mug", 1) + `,"currency":"sek"}`, "currency_unsupported", "currency"},
		"a subscription in a foreign currency": {`{` + items("club", 1) + `,"currency":"eur"}`, "currency_unsupported", "currency"},
		"no items and no mode":                 {`{}`, "items_empty", "items"},
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

func TestSavingWithoutAPaymentIsOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	s.cfg.SetupOrders = false
	s.configure(s.cfg)

	w := s.request(http.MethodPost, "/orders", `{"mode":"setup"}`)
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"mode_not_offered"`) {
		t.Errorf("got %d %s, want mode_not_offered", w.Code, w.Body)
	}
	if len(s.store.list) > 0 {
		t.Error("an order was stored")
	}
}
