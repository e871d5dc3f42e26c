package orders_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/orders"
)

// A subscription begins with one-time items, and goes on without them.
func TestOneTimeItemsBesideASubscription(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		create  string
		changes []string
		want    string
		later   int64
	}{
		"goods that ship":     {cart("mug", 2, "club", 1), nil, "4800 + post 490 = 5290 usd", 1200},
		"shipped for nothing": {cart("club", 2, "box", 1, "lamp", 1), nil, "11400 + post 0 = 11400 usd", 5400},
		"goods that do not":   {cart("ebook", 1, "club", 1), nil, "2000 = 2000 usd", 1200},
		"said to be one": {
			`{` + items("club", 1, "ebook", 1) + `,"mode":"subscription"}`, nil, "2000 = 2000 usd", 1200,
		},
		"a penny beside it": {cart("club", 1, "dust", 1), nil, "1201 + post 490 = 1691 usd", 1200},
		"more goods later": {
			cart("club", 1), []string{cart("club", 1, "mug", 1)}, "3000 + post 490 = 3490 usd", 1200,
		},
		"no goods any more": {cart("club", 1, "mug", 1), []string{cart("club", 2)}, "2400 = 2400 usd", 2400},
		"another rate": {
			cart("club", 1, "mug", 1),
			[]string{`{"shipping_rate":"courier"}`}, "3000 + courier 1500 = 4500 usd", 1200,
		},
		"the rate there": {
			cart("club", 1, "mug", 1),
			[]string{`{"shipping":` + address("NO") + `}`}, "3000 + boat 900 = 3900 usd", 1200,
		},
		"only a subscription": {cart("club", 1), nil, "1200 = 1200 usd", 1200},
		"only one-time goods": {cart("mug", 1), nil, "1800 + post 490 = 2290 usd", 0},
		"from the first to it": {
			cart("ebook", 1, "quarterly", 1),
			[]string{cart("quarterly", 2, "ebook", 3)}, "6400 = 6400 usd", 4000,
		},
	} {
		s := newFullShop(t)
		v := s.view(s.create(tt.create))
		for _, c := range tt.changes {
			v = s.change(v.ID, c)
		}

		recurs := v.Mode == orders.ModeSubscription && v.Recurring != nil
		if bill(v) != tt.want || v.RecurringAmount != tt.later || recurs != (tt.later > 0) {
			t.Errorf("%s: %s, then %d (%s), want %s, then %d",
				name, bill(v), v.RecurringAmount, v.Mode, tt.want, tt.later)
		}
	}
}

func TestOneTimeItemsOfTheShopsBackend(t *testing.T) {
	t.Parallel()
	const wrap = `{"name":"Gift wrap","unit_amount":50}`
	for name, tt := range map[string]struct {
		body          string
		amount, later int64
		ships         bool
	}{
		"an own item first":      {`{"items":[` + wrap + `,{"sku":"club"}]}`, 1250, 1200, false},
		"the catalog's shipping": {`{"items":[{"sku":"mug"},{"sku":"club"}]}`, 3490, 1200, true},
		"the shop's shipping": {
			`{"items":[` + wrap + `,{"sku":"club"}],"shipping":{"name":"Bike","amount":300}}`, 1550, 1200, true,
		},
		"the shop's, of a product": {
			`{"items":[{"sku":"mug"},{"sku":"club"}],"shipping":{"name":"Bike","amount":300}}`,
			3300, 1200, true,
		},
	} {
		s := newFullShop(t)
		s.cfg.Options = orders.Options{CaptureMethod: "manual", SetupFutureUsage: "on_session"}
		s.configure(s.cfg)

		o := s.ordered(tt.body)
		if o.Mode != orders.ModeSubscription || o.Amount != tt.amount || o.RecurringAmount() != tt.later ||
			o.Ships() != tt.ships || o.Options.CaptureMethod != "" || o.Options.SetupFutureUsage != "" {
			t.Errorf("%s: %s of %d, then %d, ships %t, %+v",
				name, o.Mode, o.Amount, o.RecurringAmount(), o.Ships(), o.Options)
		}
	}

	for name, tt := range map[string]struct{ body, code, field string }{
		"a trial": {
			`{"items":[{"sku":"club"},` + wrap + `],"trial_days":7}`, "not_with_one_time_items", "trial_days",
		},
		"one-time items only": {`{"mode":"subscription","items":[` + wrap + `]}`, "items_mixed", "items"},
		"a payment":           {`{"mode":"payment","items":[{"sku":"club"},` + wrap + `]}`, "items_mixed", "items"},
		"two periods": {
			`{"items":[{"sku":"club"},` + wrap + `,{"sku":"quarterly"}]}`, "items_mixed", "items",
		},
		"nothing that ships": {
			`{"items":[{"sku":"club"}],"shipping":{"name":"Bike","amount":300}}`, "not_in_mode", "shipping",
		},
		"a discount": {
			`{"items":[{"sku":"club"},` + wrap + `],"discounts":[{"name":"A","amount":1}]}`,
			"not_in_mode", "discounts",
		},
		"a tax of the item": {
			`{"items":[{"sku":"club"},{"name":"A","unit_amount":50,"tax_amount":9}]}`, "not_in_mode", "taxes",
		},
		"too many of them": {
			`{"items":[{"sku":"club"}` + strings.Repeat(","+wrap, 20) + `]}`, "items_too_many", "items",
		},
		"a fee of a subscription": {
			`{"items":[{"sku":"club"},` + wrap + `],"transfer_data":{"destination":"acct_other"},"application_fee_amount":9}`,
			"not_in_mode", "application_fee_amount",
		},
	} {
		s := newFullShop(t)
		_, err := s.svc.CreateForShop(t.Context(), shopRequest(s, tt.body), "", shopToken)
		if f := fault.Of(err); err == nil || f.Code != tt.code || f.Field != tt.field {
			t.Errorf("%s: %v, want %s of %s", name, err, tt.code, tt.field)
		}
	}

	s := newFullShop(t)
	o := s.ordered(`{"items":[{"sku":"club"}],"trial_days":7}`)
	_, err := s.svc.ChangeForShop(t.Context(), o.ID, shopRequest(s, `{"items":[{"sku":"club"},`+wrap+`]}`))
	if f := fault.Of(err); err == nil || f.Code != "not_with_trial" || f.Field != "items" {
		t.Errorf("one-time items in a trial: %v", err)
	}
}

// The later payments must be possible, too.
func TestWhatRecursCanBePaid(t *testing.T) {
	t.Parallel()
	c, err := orders.ParseCatalog([]byte(`{"currency":"usd","products":[
		{"sku":"mug","name":"Mug","price":"18.00"},
		{"sku":"dime","name":"Dime","price":"0.10","recurring":{"interval":"week"}}]}`))
	if err != nil {
		t.Fatal(err)
	}

	s := newShopOf(t, "http://shop.test", c)
	w := s.request(http.MethodPost, "/orders", cart("mug", 1, "dime", 1))
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"amount_out_of_range"`) {
		t.Errorf("10 cents a week: %d %s", w.Code, w.Body)
	}

	s.create(cart("mug", 1, "dime", 5))
}

func TestFirstInvoice(t *testing.T) {
	t.Parallel()
	s := newFullShop(t)
	for body, want := range map[string]string{
		cart("club", 1, "mug", 2):  "Club 1×1200 Mug 2×1800 Post 1×490",
		cart("club", 1, "lamp", 1): "Club 1×1200 Lamp 1×6000",
		cart("club", 1):            "Club 1×1200",
	} {
		o := s.store.list[s.create(body)]
		var parts []string
		sum := int64(0)
		for _, i := range o.FirstInvoice() {
			parts = append(parts, fmt.Sprintf("%s %d×%d", i.Name, i.Quantity, i.UnitAmount))
			sum += i.Amount()
		}

		if got := strings.Join(parts, " "); got != want || sum != o.Amount {
			t.Errorf("it bills %s, %d of %d, want %s", got, sum, o.Amount, want)
		}
	}
}
