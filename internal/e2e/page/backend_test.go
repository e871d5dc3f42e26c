package page_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/browsertest"
	"checkoutd/internal/e2e/e2etest"
)

// thanksPage starts the shop's own site, and returns the address of its page
// for buyers who have paid.
func thanksPage(t *testing.T) string {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><html lang="en"><title>Thanks</title><link rel="icon" href="data:,"><h1>Thank you</h1>`)
	}))

	t.Cleanup(site.Close)

	_, port, err := net.SplitHostPort(site.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	return "http://localhost:" + port + "/thanks?order=A-1"
}

// The shop's backend makes an order with prices of its own. Its buyer opens the
// address, pays, and goes on to the shop's page.
func TestTheBackendsOrderOnThePage(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	thanks := thanksPage(t)
	o := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders", `{"currency":"usd","description":"For your kitchen",
		"items":[{"name":"Walnut board","unit_amount":4500,"quantity":2,"description":"Oiled by hand, 30 × 20 cm","tax_amount":100},{"name":"Gift wrap","unit_amount":350}],
		"shipping":{"name":"Bike courier","amount":500,"min_days":1,"max_days":2},
		"discounts":[{"name":"Loyal customer","amount":1000}],
		"taxes":[{"name":"City tax","amount":50},{"name":"VAT","amount":900,"inclusive":true}],
		"success_url":"`+thanks+`","cancel_url":"https://shop.example/cart","locale":"en"}`)

	id, url := o["id"].(string), o["url"].(string)
	_, path, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")

	v := e2etest.Visit(t, s)
	v.Do(browsertest.Viewport(320, 640))
	v.Open("/" + path)
	v.FormReady()
	e2etest.Want(v, "location.pathname + location.search", "/checkout/"+id)
	v.WaitText("order-total", "$90.00")
	e2etest.Want(v, "document.querySelectorAll('.stepper').length - document.querySelectorAll('template .stepper').length", 0)
	e2etest.Want(v, "document.querySelector('#promotion-form').hidden", true)
	e2etest.Want(v, "document.querySelector('#back-link').href", "https://shop.example/cart")
	v.WaitText("order-lines", "Oiled by hand")

	if got := e2etest.Eval[int](v, "document.documentElement.scrollWidth"); got > 320 {
		t.Errorf("the page is %d pixels wide on a screen of 320", got)
	}

	v.Axe()
	v.Screenshot("320-backend")

	v.Enter("shipping-address", paris...)
	v.FillBare(e2etest.CardPays)
	v.Click("#pay-button")
	v.Until("location.href === '" + thanks + "'")
	e2etest.Want(v, "document.referrer", "")
	s.WantLedger(1, 9000)

	// The buyer comes back to the checkout, and is led on to the shop.
	v.Open("/checkout/" + id)
	v.Click("#state-link")
	v.Until("location.href === '" + thanks + "'")
}

// A redirect method ends on the shop's page too, and a buyer who pays nothing.
func TestEveryWayToPayEndsOnTheShopsPage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		items string
		pay   func(v *e2etest.Visitor)
	}{
		"a bank's site": {`"payment_method_types":["ideal"],"items":[{"name":"Mug","unit_amount":900}]`, func(v *e2etest.Visitor) {
			v.Click("#pay-button")
			v.Redirected("pass")
		}},
		"a free order": {`"items":[{"name":"Sample","unit_amount":0}]`, func(v *e2etest.Visitor) {
			v.Click("#pay-button")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t)
			thanks := thanksPage(t)
			o := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders",
				`{"currency":"eur","success_url":"`+thanks+`",`+tt.items+`}`)
			_, path, _ := strings.Cut(strings.TrimPrefix(o["url"].(string), "http://"), "/")

			v := e2etest.Visit(t, s)
			v.Open("/" + path)
			v.FormReady()
			tt.pay(v)
			v.Until("location.href === '" + thanks + "'")
		})
	}
}
