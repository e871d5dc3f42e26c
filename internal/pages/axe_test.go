package pages_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/orders"
)

// longOrder has everything that an order can have, and more than fits.
func longOrder(status, payment string, lines int) orders.Order {
	o := order(status, payment)
	const name = "Extraordinarily long product name with Donaudampfschifffahrtsgesellschaft in it"
	for i := range lines {
		o.Items = append(o.Items, orders.Item{
			SKU:        fmt.Sprint("p", i),
			Name:       name,
			Quantity:   99,
			UnitAmount: 99999999,
		})
	}

	o.Currency, o.Amount, o.Captured, o.Refunded = "kwd", 494999999505, 100000, 5000
	o.Discount = orders.Discount{Code: strings.Repeat("LONGCODE", 6), Amount: 100}
	o.ShippingRate = orders.ShippingRate{
		ID:     "express",
		Name:   strings.Repeat("Overnight express ", 5),
		Amount: 4900,
	}

	o.Items[0].Ships = true
	o.Contact.Email = strings.Repeat("very.long.name.", 6) + "@example.com"
	o.Contact.Shipping = &orders.Address{
		Name: strings.Repeat("Jenny ", 20),
		Address: orders.Place{
			Line1:      strings.Repeat("rue", 40),
			City:       "Paris",
			PostalCode: "75002",
			Country:    "FR",
		},
	}

	return o
}

// moded returns the order in another mode.
func moded(mode orders.Mode, o orders.Order) orders.Order {
	if o.Mode = mode; mode == orders.ModeSubscription {
		for i := range o.Items {
			o.Items[i].Recurring = &orders.Recurring{Interval: "month", IntervalCount: 3}
		}
	}
	return o
}

// withGoods returns the order as a subscription to its last item, beside goods
// that are paid for once.
func withGoods(o orders.Order) orders.Order {
	o.Mode = orders.ModeSubscription
	o.Items[len(o.Items)-1].Recurring = &orders.Recurring{Interval: "month", IntervalCount: 3}
	return o
}

// allStates lists the pages that differ in their looks.
func allStates() []view {
	all := []view{
		checkout(longOrder("open", "unpaid", 48)), complete(longOrder("paid", "partially_refunded", 2)), complete(longOrder("paid", "paid", 2)),
		checkout(moded("setup", order("open", "unpaid"))), checkout(moded("subscription", order("open", "failed"))),
		checkout(withGoods(order("open", "unpaid"))), complete(withGoods(order("paid", "paid"))),
	}

	for _, state := range [][2]string{
		{"open", "checking"}, {"open", "requires_action"}, {"open", "processing"}, {"open", "failed"}, {"open", "unpaid"},
		{"paid", "paid"}, {"review", "paid"}, {"expired", "unpaid"}, {"canceled", "failed"},
	} {
		o := order(state[0], state[1])
		all = append(all, complete(o), complete(moded("setup", o)))
	}

	for _, status := range []string{"authorized", "paid", "review", "expired", "canceled"} {
		all = append(all, checkout(order(status, "paid")))
	}

	all = append(all, checkout(order("open", "processing")), complete(order("authorized", "authorized")), complete(order("paid", "refunded")))
	for _, v := range views() {
		if strings.HasPrefix(v.name, "shop") || strings.HasPrefix(v.name, "error") {
			all = append(all, v)
		}
	}

	return all
}

// axe-core finds no violation on any page in any state, light or dark, and no
// page is wider than the narrowest phone.
func TestEveryStateIsAccessibleAndFitsAPhone(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	script := regexp.MustCompile(`<script (type="module"|id="stripe-js")[^>]*></script>`) // the states are to stay
	states := allStates()
	mux := http.NewServeMux()
	mux.Handle("/static/", p.Static())
	mux.HandleFunc("/state/{lang}/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscan(r.PathValue("n"), &n)
		rec := httptest.NewRecorder()
		r.Header.Set("Accept-Language", r.PathValue("lang"))

		if err := states[n].render(p, rec, r); err != nil {
			t.Error(err)
		}

		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(script.ReplaceAllString(rec.Body.String(), "")))
	})

	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	tab := browsertestTab{t, browsertest.New(t)}
	for n, v := range states {
		tab.do(chromedp.Navigate(fmt.Sprintf("%s/state/%s/%d", server.URL, []string{"en", "fr"}[n%2], n)))
		for _, dark := range []bool{false, true} {
			tab.do(browsertest.Dark(dark))
			browsertest.Axe(t, tab.ctx)
		}

		tab.do(browsertest.Viewport(320, 640), browsertest.Dark(false))
		var wide []string
		tab.json("document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 80))", &wide)

		if len(wide) > 0 || t.Failed() {
			t.Fatalf("%s: axe, or too wide for a phone: %q", v.name, wide)
		}

		browsertest.Screenshot(t, tab.ctx, fmt.Sprintf("state-%d-%s", n, v.name))
		tab.do(browsertest.Viewport(1280, 800))
	}
}
