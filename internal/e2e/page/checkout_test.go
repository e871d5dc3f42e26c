package page_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/e2e/e2etest"
)

// sheet returns the path of an element inside a wallet's sheet.
func sheet(selector string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf("document.querySelector('[data-stripe-dialog]')?.shadowRoot.querySelector(%q)", selector))
}

var paris = [][2]string{{"country", "FR"}, {"name", "Jenny Rosen"}, {"line1", "1 rue de la Paix"}, {"city", "Paris"}, {"postal", "75002"}}

// wrongParts lists what the message above the button leads to.
const wrongParts = "[...document.querySelectorAll('#payment-message .link')].map((link) => link.textContent).join(', ')"

// A buyer changes everything that a total consists of, enters an address and an
// e-mail address, and pays by the form. The page, the order and the intent show
// the same amount all the time.
func TestTheBuyerChangesTheOrder(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog, e2etest.Set("COLLECT_EMAIL", "true"), e2etest.Set("RECEIPT_EMAIL", "true"))
	v := e2etest.Visit(t, s)
	v.Expect("422 (")
	id := v.Order("mug")
	v.Axe()
	v.WantTotal(id, "$22.90", 2290)
	e2etest.Want(v, "[...document.querySelectorAll('#shipping-rates .rate')].map((rate) => rate.innerText.replace(/\\s+/g, ' ').trim()).join('; ')",
		"Post 3 to 5 business days $4.90; Courier $15.00")

	// All that is missing is named, and each name leads there.
	v.Click("#pay-button")
	v.Until(wrongParts + " === 'Contact, Shipping address, Payment method'")
	v.Click("#payment-message li:nth-child(2) .link")
	e2etest.Want(v, "document.activeElement.closest('#shipping-address') !== null", true)
	v.Axe()
	v.Screenshots("checkout-missing")

	for range 3 { // faster than the answers
		v.Click("#order-lines [data-sku=mug] [data-action=more]")
	}

	v.WantTotal(id, "$72.00", 7200) // free from $50.00
	v.WaitText("order-shipping", "Free")
	v.Click("#order-lines [data-sku=mug] [data-action=less]")
	v.Click("#order-lines [data-sku=mug] [data-action=less]")
	v.WantTotal(id, "$40.90", 4090)

	v.Click("#promotion-open")
	v.Do(chromedp.SendKeys(chromedp.CSS("#promotion-input"), "NOPE\r"))
	v.WaitText("promotion-error", "code")
	e2etest.Want(v, "document.activeElement.id + ' ' + document.querySelector('#promotion-input').ariaInvalid", "promotion-input true")
	v.Axe()
	v.Screenshots("checkout-code-refused")
	e2etest.Eval[any](v, "document.querySelector('#promotion-input').select()")
	v.Do(chromedp.SendKeys(chromedp.CSS("#promotion-input"), "ten"))
	v.Click("#promotion-apply")
	v.WaitText("order-discount", "TEN")
	v.WaitText("order-discount", "-$3.60")
	v.WantTotal(id, "$37.30", 3730)
	e2etest.Want(v, "document.querySelector('#promotion-form').hidden", true)
	v.Click("#promotion-remove")
	v.WantTotal(id, "$40.90", 4090)
	e2etest.Want(v, "document.activeElement.id", "promotion-open")
	v.Click("#promotion-open")
	v.Do(chromedp.SendKeys(chromedp.CSS("#promotion-input"), "FIVE\r"))
	v.WantTotal(id, "$35.90", 3590)

	v.Click("#shipping-rates [value=express]")
	v.WantTotal(id, "$46.00", 4600)
	v.Enter("shipping-address", paris...)
	v.WantTotal(id, "$35.90", 3590) // no courier goes there
	e2etest.Want(v, "document.querySelectorAll('#shipping-rates .rate').length", 1)
	v.Enter("link-authentication", [2]string{"email", "jenny@example.com"})
	v.Until("fetch('/orders/" + id + "').then((r) => r.json()).then((o) => o.contact.email && o.contact.shipping.address.city && o.contact.billing)")
	v.Screenshots("checkout-shipping")
	v.Do(chromedp.Reload())
	v.FormReady()
	v.Until(string(e2etest.Inside("shipping-address", "[name=line1]")) + "?.value === '1 rue de la Paix'")
	v.Until(string(e2etest.Inside("link-authentication", "[name=email]")) + "?.value === 'jenny@example.com'")
	v.Axe()

	v.FillBare(e2etest.CardPays)
	v.Click("#pay-button")
	v.Outcome("paid")
	s.WantLedger(1, 3590)
	intent := s.IntentOf("payment_intents")
	to, _ := intent["shipping"].(map[string]any)
	method := s.Stripe("GET", "/v1/payment_methods/"+fmt.Sprint(intent["payment_method"]))
	billing, _ := method["billing_details"].(map[string]any)["address"].(map[string]any)
	if billing["postal_code"] != "75002" || billing["country"] != "FR" {
		t.Errorf("the card is billed to %v, want the shipping address", billing)
	}

	if intent["amount"] != 3590.0 || intent["receipt_email"] != "jenny@example.com" || to["name"] != "Jenny Rosen" {
		t.Errorf("Stripe got %v", intent)
	}

	for _, words := range []string{"FIVE", "-$5.00", "$4.90", "$35.90", "jenny@example.com", "75002 Paris", "France"} {
		v.WaitText("order-state", words)
	}

	v.Axe()
	v.Screenshots("receipt")

	// The next form of this browser is filled. The server gets no more than the
	// country before the buyer pays: somebody else may have opened that order.
	next := v.Order("mug")
	v.Until(string(e2etest.Inside("shipping-address", "[name=line1]")) + "?.value === '1 rue de la Paix'")
	v.Until(string(e2etest.Inside("link-authentication", "[name=email]")) + "?.value === 'jenny@example.com'")
	v.Until("document.querySelector('#rate-list').innerText.includes('Post')")
	v.Axe()
	v.Screenshots("checkout-returning")

	if got := fmt.Sprint(v.OrderOf(next)["contact"]); got != "map[shipping:map[address:map[country:FR]]]" {
		t.Errorf("before the payment the order has %s", got)
	}

	v.FillBare(e2etest.CardPays)
	v.Click("#pay-button")
	v.Outcome("paid")
	if got := v.OrderOf(next)["contact"]; !reflect.DeepEqual(got, v.OrderOf(id)["contact"]) {
		t.Errorf("the second order has %v", got)
	}

	// A bill that goes elsewhere goes there next time, too.
	third := v.Order("mug")
	e2etest.Eval[any](v, "fetch('/orders/"+third+`', {method: 'PATCH', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({
		billing: {name: 'The firm', address: {line1: '2 avenue Foch', city: 'Paris', postal_code: '75116', country: 'FR'}}})}).then((r) => r.json())`)
	v.Do(chromedp.Reload())
	v.FormReady()
	for range 2 {
		v.Until(string(e2etest.Inside("billing-address", "[name=line1]")) + "?.value === '2 avenue Foch'")
		e2etest.Want(v, "document.querySelector('#billing-same').checked", false)
		v.FillBare(e2etest.CardPays)
		v.Click("#pay-button")
		v.Outcome("paid")
		if got := fmt.Sprint(v.OrderOf(third)["contact"]); !strings.Contains(got, "2 avenue Foch") || !strings.Contains(got, "1 rue de la Paix") {
			t.Errorf("the order has %s", got)
		}

		third = v.Order("mug")
	}
}

func TestExpressCheckout(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog, e2etest.Set("COLLECT_EMAIL", "true"))
	v := e2etest.Visit(t, s)
	id := v.Order("mug")
	v.Until("document.querySelector('#express').checkVisibility({visibilityProperty: true})")
	e2etest.Want(v, "document.querySelector('#express-or').innerText", "or pay another way")
	v.Screenshots("checkout-express")

	v.Do(chromedp.Click(e2etest.Inside("express-checkout", "[data-express=google_pay]")))
	v.Until(string(sheet("[data-action=pay]")) + "?.disabled === false")
	v.Until(string(sheet(".Total")) + ".innerText.includes('$22.90')")
	v.Screenshot("wallet")
	v.Press(sheet("[name=wallet-rate][value=express]"))
	v.Until(string(sheet(".Total")) + ".innerText.includes('$33.00')")
	v.WantTotal(id, "$33.00", 3300)

	v.Do(chromedp.KeyEvent(kb.Escape)) // and what the sheet changed is taken back
	v.WantTotal(id, "$22.90", 2290)
	v.Press(e2etest.Inside("express-checkout", "[data-express=google_pay]"))
	v.Press(sheet("[name=wallet-rate][value=express]"))
	v.Until(string(sheet(".Total")) + ".innerText.includes('$33.00')")
	v.Do(chromedp.Click(sheet("[data-action=pay]")))
	v.Outcome("paid")

	s.WantLedger(1, 3300)
	order := v.OrderOf(id)
	contact := order["contact"].(map[string]any)
	if e2etest.Bill(order) != "1800 - no code + express 1500 = 3300 usd" || contact["email"] != "jenny.rosen@example.com" {
		t.Errorf("the order is %v", order)
	}
}

// The box for the terms is named among what is missing. After a reload in the
// middle of 3D Secure the page has no fields for an address. Another card can
// be paid with all the same: the form asks for what the card needs.
func TestAnotherCardForAnOrderThatShips(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog,
		e2etest.Set("TERMS_CONSENT", "required"), e2etest.Set("SHOP_TERMS_URL", "https://shop.example/terms"))
	v := e2etest.Visit(t, s)
	id := v.Order("mug")
	v.Click("#pay-button")
	v.Until(wrongParts + " === 'Shipping address, Payment method, Terms'")
	v.Click("#payment-message li:nth-child(3) .link")
	e2etest.Want(v, "document.activeElement.id", "terms")
	v.Axe()

	v.Enter("shipping-address", paris...)
	v.Until("fetch('/orders/" + id + "').then((r) => r.json()).then((o) => o.contact.shipping?.address.city)")
	v.PayWith(e2etest.CardAsks)
	v.WaitText("payment-message", "Please agree to the terms to continue.")
	e2etest.Want(v, "document.activeElement.id", "terms")
	v.Click("#terms")
	v.Click("#pay-button")
	v.BankPage()

	v.Do(chromedp.Reload())
	v.Until("document.querySelector('#payment-form')?.dataset.phase === 'resume'")
	v.Click("#another-button")
	v.FormReady()
	v.PayWith(e2etest.CardPays)
	v.Outcome("paid")
	s.WantLedger(1, 2290)
}

// A wallet also saves a method and starts a subscription.
func TestExpressCheckoutInEveryMode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		begin func(*e2etest.Visitor)
		state string
		total []int64
	}{
		"setup":        {func(v *e2etest.Visitor) { v.Click("#save-method") }, "saved", nil},
		"subscription": {func(v *e2etest.Visitor) { v.Click("[data-sku=club] .add"); v.Click("#checkout-button") }, "paid", []int64{1200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
			v := e2etest.Visit(t, s)
			v.Open("/")
			c.begin(v)
			v.FormReady()
			v.Press(e2etest.Inside("express-checkout", "[data-express=google_pay]"))
			v.Press(sheet("[data-action=pay]"))
			v.Outcome(c.state)
			s.WantLedger(len(c.total), c.total...)
		})
	}
}

// An item that is removed takes its requirements with it: an address, a
// shipping method, a saved payment method. The buyer chooses the currency.
func TestTheCheckoutFollowsItsLines(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	v := e2etest.Visit(t, s)
	v.Open("/")
	e2etest.Eval[any](v, "(() => { const choice = document.querySelector('#currency'); choice.value = 'eur'; choice.dispatchEvent(new Event('change')); })()")
	v.Click("[data-sku=mug] .add")
	e2etest.Want(v, "document.querySelector('[data-sku=mug] .price').innerText", "€17.00")
	v.WaitText("shipping-from", "Shipping from €4.50")
	v.Click("[data-sku=ebook] .add") // sold in dollars alone
	e2etest.Want(v, "document.querySelector('#cart-mixed').hidden", false)
	v.Axe()
	v.Screenshots("shop-currencies")
	e2etest.Eval[any](v, "(() => { const choice = document.querySelector('#currency'); choice.value = 'usd'; choice.dispatchEvent(new Event('change')); })()")
	e2etest.Want(v, "document.querySelector('#cart-total').innerText", "$26.00")
	v.Click("#checkout-button")
	v.FormReady()
	id := strings.TrimPrefix(e2etest.Eval[string](v, "location.pathname"), "/checkout/")
	v.WantTotal(id, "$30.90", 3090)
	v.Until(string(e2etest.Inside("shipping-address", "[name=line1]")))
	e2etest.Want(v, "document.querySelector('#order-lines [data-sku=mug] [data-action=less]').ariaLabel", "Remove Enamel mug")
	v.Click("#order-lines [data-sku=mug] [data-action=less]")
	v.WantTotal(id, "$8.00", 800)
	e2etest.Want(v, "[...document.querySelectorAll('#shipping, #shipping-rates, #order-shipping')].some((part) => part.checkVisibility())", false)
	e2etest.Want(v, "document.querySelector('#order-lines [data-sku=ebook] [data-action=less]').ariaDisabled", "true")
	v.PayWith(e2etest.CardPays)
	v.Outcome("paid")
	s.WantLedger(1, 800)

	intent := s.IntentOf("payment_intents")
	if intent["setup_future_usage"] != "off_session" || intent["shipping"] != nil {
		t.Errorf("Stripe got %v", intent)
	}
}

// Saving a method works by redirect, too. After a failure the form opens with
// the method that was tried, even where it opens with none otherwise.
func TestSavingByRedirect(t *testing.T) {
	t.Parallel()
	for button, state := range map[string]string{"pass": "saved", "fail": "failed"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			s := e2etest.OpenShop(t, e2etest.Set("PAYMENT_METHOD_TYPES", "card,paypal"),
				e2etest.Set("PAYMENT_ELEMENT_LAYOUT", "accordion"), e2etest.Set("LAYOUT_DEFAULT_COLLAPSED", "true"))
			v := e2etest.Visit(t, s)
			v.Open("/")
			v.Click("#save-method")
			v.FormReady()
			v.Press(e2etest.Form("[data-method=paypal]"))
			v.Click("#pay-button")
			v.Redirected(button)
			v.Outcome(state)

			if state == "failed" {
				v.Click("#back-to-payment")
				v.FormReady()
				e2etest.Want(v, string(e2etest.Form("[data-method=paypal]"))+".checked", true)
				v.WaitText("payment-message", "please try another way to pay")
				v.Screenshots("back-after-failure")
			}
		})
	}
}
