package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/browsertest"
)

// set changes one option of the environment.
func set(name, value string) option { return func(s *shop) { s.env[name] = value } }

// inside is a place inside of the element of Stripe's that is mounted in a container.
func inside(container, selector string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf("document.querySelector('#%s [data-stripe-element]')?.shadowRoot.querySelector(%q)", container, selector))
}

// sheet is a place inside of a wallet's sheet.
func sheet(selector string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf("document.querySelector('[data-stripe-dialog]')?.shadowRoot.querySelector(%q)", selector))
}

// press clicks a control wherever it is: a pointer would miss it while the form still grows.
func (v *visitor) press(control chromedp.JSPath) {
	v.t.Helper()
	v.until(string(control))
	ask[any](v, string(control)+".click()")
}

// enter puts values into fields at once, as autofill does; each field is waited for, since
// an address is drawn anew for another country.
func (v *visitor) enter(container string, fields ...[2]string) {
	v.t.Helper()
	for _, f := range fields {
		field := string(inside(container, "[name="+f[0]+"]"))
		v.until(field)
		ask[any](v, fmt.Sprintf(`(() => {
			const field = %s;
			field.value = %q;
			for (const type of ['input', 'change', 'blur']) field.dispatchEvent(new Event(type, {bubbles: true}));
		})()`, field, f[1]))
	}
}

// fillBare types a card where the page asks for the billing address.
func (v *visitor) fillBare(number string) {
	v.t.Helper()
	v.fill("number", number)
	v.fill("expiry", "1234")
	v.fill("cvc", "123")
}

var sanFrancisco = [][2]string{{"country", "US"}, {"name", "Jenny Rosen"}, {"line1", "510 Townsend St"},
	{"city", "San Francisco"}, {"state", "CA"}, {"postal", "94103"}}

var paris = [][2]string{{"country", "FR"}, {"name", "Jenny Rosen"}, {"line1", "1 rue de la Paix"}, {"city", "Paris"}, {"postal", "75002"}}

// says waits for the text of an element of the page.
func (v *visitor) says(id, text string) {
	v.t.Helper()
	v.until(fmt.Sprintf("document.querySelector('#%s')?.innerText.includes(%q)", id, text))
}

// orderOf is the order as the server tells it.
func (v *visitor) orderOf(id string) map[string]any {
	v.t.Helper()
	return ask[map[string]any](v, "fetch('/orders/"+id+"').then((r) => r.json())")
}

// wantTotal waits until the page, the pay button, Stripe's elements and the server agree on a total.
func (v *visitor) wantTotal(id, shown string, amount int64) {
	v.t.Helper()
	v.says("order-total", shown)
	v.says("pay-label", shown)
	v.until("document.querySelector('#summary').ariaBusy !== 'true'")
	if got := v.orderOf(id)["amount"]; got != float64(amount) {
		v.t.Errorf("the page says %s, and the server %v", shown, got)
	}
}

// dark makes the screen dark or light, and waits for Stripe's elements to follow.
func (v *visitor) dark(on bool) {
	v.t.Helper()
	v.do(browsertest.Dark(on))
	ask[any](v, "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))")
}

// axe looks for violations of accessibility, on light and on dark screens.
func (v *visitor) axe() {
	v.t.Helper()
	for _, dark := range []bool{true, false} {
		v.dark(dark)
		browsertest.Axe(v.t, v.ctx)
	}
}

// look takes pictures of the page: on a desk and on a phone, light and dark.
func (v *visitor) look(name string) {
	v.t.Helper()
	v.picture(name)
	v.dark(true)
	v.picture(name + "-dark")
	v.do(browsertest.Viewport(375, 720))
	v.picture(name + "-phone-dark")
	v.dark(false)
	v.picture(name + "-phone")
	v.do(browsertest.Viewport(1280, 800))
}

// intentOf is the only intent that Stripe has of a kind: payment_intents or setup_intents.
func (s *shop) intentOf(kind string) map[string]any {
	s.t.Helper()
	list := s.list("/v1/" + kind)
	if len(list) != 1 {
		s.t.Fatalf("Stripe has %d %s, want 1", len(list), kind)
	}
	return list[0]
}

// TestTheBuyerChangesTheOrder changes all that a total is made of on the page, with an address
// and an e-mail, and pays by the form: page, order and intent have one amount all along.
func TestTheBuyerChangesTheOrder(t *testing.T) {
	t.Parallel()
	s := openShop(t, withChangeCatalog, set("COLLECT_EMAIL", "true"), set("BILLING_ADDRESS", "full"), set("RECEIPT_EMAIL", "true"))
	v := visit(t, s)
	v.foresee("422 (")
	id := v.order("mug")
	v.axe()
	v.wantTotal(id, "$22.90", 2290)
	want(v, "[...document.querySelectorAll('#shipping-rates .rate')].map((rate) => rate.innerText.replace(/\\s+/g, ' ').trim()).join('; ')",
		"Post 3 to 5 business days $4.90; Courier $15.00")

	for range 3 { // faster than the answers
		v.click("#order-lines [data-sku=mug] [data-action=more]")
	}
	v.wantTotal(id, "$72.00", 7200) // free from $50.00
	v.says("order-shipping", "Free")
	v.click("#order-lines [data-sku=mug] [data-action=less]")
	v.click("#order-lines [data-sku=mug] [data-action=less]")
	v.wantTotal(id, "$40.90", 4090)

	v.do(chromedp.SendKeys(chromedp.CSS("#promotion-input"), "NOPE\r"))
	v.says("promotion-error", "code")
	want(v, "document.activeElement.id + ' ' + document.querySelector('#promotion-input').ariaInvalid", "promotion-input true")
	v.axe()
	v.look("checkout-code-refused")
	ask[any](v, "document.querySelector('#promotion-input').select()")
	v.do(chromedp.SendKeys(chromedp.CSS("#promotion-input"), "ten"))
	v.click("#promotion-apply")
	v.says("order-discount", "TEN")
	v.says("order-discount", "-$3.60")
	v.wantTotal(id, "$37.30", 3730)
	want(v, "document.querySelector('#promotion-form').hidden", true)
	v.click("#promotion-remove")
	v.wantTotal(id, "$40.90", 4090)
	v.do(chromedp.SendKeys(chromedp.CSS("#promotion-input"), "FIVE\r"))
	v.wantTotal(id, "$35.90", 3590)

	v.click("#shipping-rates [value=express]")
	v.wantTotal(id, "$46.00", 4600)
	v.enter("shipping-address", paris...)
	v.wantTotal(id, "$35.90", 3590) // no courier goes there
	want(v, "document.querySelectorAll('#shipping-rates .rate').length", 1)
	v.enter("link-authentication", [2]string{"email", "jenny@example.com"})
	v.until("fetch('/orders/" + id + "').then((r) => r.json()).then((o) => o.contact.email && o.contact.shipping.address.city && o.contact.billing)")
	v.look("checkout-shipping")
	v.do(chromedp.Reload())
	v.formReady()
	v.until(string(inside("shipping-address", "[name=line1]")) + "?.value === '1 rue de la Paix'")
	v.until(string(inside("link-authentication", "[name=email]")) + "?.value === 'jenny@example.com'")
	v.axe()

	v.fillBare(cardPays)
	v.click("#pay-button")
	v.outcome("paid")
	s.wantLedger(1, 3590)
	intent := s.intentOf("payment_intents")
	to, _ := intent["shipping"].(map[string]any)
	if intent["amount"] != 3590.0 || intent["receipt_email"] != "jenny@example.com" || to["name"] != "Jenny Rosen" {
		t.Errorf("Stripe got %v", intent)
	}
	for _, words := range []string{"FIVE", "-$5.00", "$4.90", "$35.90", "jenny@example.com", "75002 Paris", "France"} {
		v.says("order-state", words)
	}
	v.axe()
	v.look("receipt")
}

func TestExpressCheckout(t *testing.T) {
	t.Parallel()
	s := openShop(t, withChangeCatalog, set("COLLECT_EMAIL", "true"))
	v := visit(t, s)
	id := v.order("mug")
	v.until("document.querySelector('#express').checkVisibility({visibilityProperty: true})")
	want(v, "document.querySelector('#express-or').innerText", "or pay another way")
	v.look("checkout-express")
	v.do(chromedp.Click(inside("express-checkout", "[data-express=google_pay]")))
	v.until(string(sheet("[data-action=pay]")) + "?.disabled === false")
	v.until(string(sheet(".Total")) + ".innerText.includes('$22.90')")
	v.picture("wallet")
	v.press(sheet("[name=wallet-rate][value=express]"))
	v.until(string(sheet(".Total")) + ".innerText.includes('$33.00')")
	v.wantTotal(id, "$33.00", 3300)
	v.do(chromedp.KeyEvent(kb.Escape)) // and what the sheet changed is taken back
	v.wantTotal(id, "$22.90", 2290)
	v.press(inside("express-checkout", "[data-express=google_pay]"))
	v.press(sheet("[name=wallet-rate][value=express]"))
	v.until(string(sheet(".Total")) + ".innerText.includes('$33.00')")
	v.do(chromedp.Click(sheet("[data-action=pay]")))
	v.outcome("paid")
	s.wantLedger(1, 3300)
	order := v.orderOf(id)
	contact := order["contact"].(map[string]any)
	if bill(order) != "1800 - no code + express 1500 = 3300 usd" || contact["email"] != "jenny.rosen@example.com" {
		t.Errorf("the order is %v", order)
	}
}

// A wallet saves a method, and subscribes, by the same way.
func TestExpressCheckoutInEveryMode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		begin func(*visitor)
		state string
		total []int64
	}{
		"setup":        {func(v *visitor) { v.click("#save-method") }, "saved", nil},
		"subscription": {func(v *visitor) { v.click("[data-sku=club] .add"); v.click("#checkout-button") }, "paid", []int64{1200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, withChangeCatalog)
			v := visit(t, s)
			v.open("/")
			c.begin(v)
			v.formReady()
			v.press(inside("express-checkout", "[data-express=google_pay]"))
			v.press(sheet("[data-action=pay]"))
			v.outcome(c.state)
			s.wantLedger(len(c.total), c.total...)
		})
	}
}

// What is taken out of the order takes with it what it needed: an address, a way of shipping, a
// method that is kept. The currency is the buyer's choice.
func TestTheCheckoutFollowsItsLines(t *testing.T) {
	t.Parallel()
	s := openShop(t, withChangeCatalog)
	v := visit(t, s)
	v.open("/")
	ask[any](v, "(() => { const choice = document.querySelector('#currency'); choice.value = 'eur'; choice.dispatchEvent(new Event('change')); })()")
	v.click("[data-sku=mug] .add")
	want(v, "document.querySelector('[data-sku=mug] .price').innerText", "€17.00")
	v.says("shipping-from", "Shipping from €4.50")
	v.click("[data-sku=ebook] .add") // sold in dollars alone
	want(v, "document.querySelector('#cart-mixed').hidden", false)
	v.axe()
	v.look("shop-currencies")
	ask[any](v, "(() => { const choice = document.querySelector('#currency'); choice.value = 'usd'; choice.dispatchEvent(new Event('change')); })()")
	want(v, "document.querySelector('#cart-total').innerText", "$26.00")
	v.click("#checkout-button")
	v.formReady()
	id := strings.TrimPrefix(ask[string](v, "location.pathname"), "/checkout/")
	v.wantTotal(id, "$30.90", 3090)
	v.until(string(inside("shipping-address", "[name=line1]")))
	want(v, "document.querySelector('#order-lines [data-sku=mug] [data-action=less]').ariaLabel", "Remove Enamel mug")
	v.click("#order-lines [data-sku=mug] [data-action=less]")
	v.wantTotal(id, "$8.00", 800)
	want(v, "[...document.querySelectorAll('#shipping, #shipping-rates, #order-shipping')].some((part) => part.checkVisibility())", false)
	want(v, "document.querySelector('#order-lines [data-sku=ebook] [data-action=less]').ariaDisabled", "true")
	v.payWith(cardPays)
	v.outcome("paid")
	s.wantLedger(1, 800)
	intent := s.intentOf("payment_intents")
	if intent["setup_future_usage"] != "off_session" || intent["shipping"] != nil {
		t.Errorf("Stripe got %v", intent)
	}
}

// A redirect comes back to where a method was to be saved, too.
func TestSavingByRedirect(t *testing.T) {
	t.Parallel()
	for button, state := range map[string]string{"pass": "saved", "fail": "failed"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, set("PAYMENT_METHOD_TYPES", "card,paypal"))
			v := visit(t, s)
			v.open("/")
			v.click("#save-method")
			v.formReady()
			v.press(form("[data-method=paypal]"))
			v.click("#pay-button")
			v.click("#" + button)
			v.outcome(state)
		})
	}
}
