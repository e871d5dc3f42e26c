package page_test

import (
	"net/http"
	"strings"
	"testing"

	"checkoutd/internal/api"
	"checkoutd/internal/browsertest"
	"checkoutd/internal/e2e/e2etest"
)

// The shop's backend makes an order with prices of its own. Its buyer opens the
// address, pays, and goes back to the shop.
func TestTheBackendsOrderOnThePage(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	o := s.Backend(t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders", `{"currency":"usd","description":"For your kitchen",
		"items":[{"name":"Walnut board","unit_amount":4500,"quantity":2,"description":"Oiled by hand, 30 × 20 cm","tax_amount":100},{"name":"Gift wrap","unit_amount":350}],
		"shipping":{"name":"Bike courier","amount":500,"min_days":1,"max_days":2},
		"discounts":[{"name":"Loyal customer","amount":1000}],
		"taxes":[{"name":"City tax","amount":50},{"name":"VAT","amount":900,"inclusive":true}],
		"success_url":"https://shop.example/thanks","cancel_url":"https://shop.example/cart","locale":"en"}`)
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
	v.PayWith(e2etest.CardPays)
	v.Outcome("paid")
	e2etest.Want(v, "document.querySelector('#continue-link').href", "https://shop.example/thanks")
	v.Axe()
	v.Screenshot("320-backend-receipt")
	s.WantLedger(1, 9000)
}
