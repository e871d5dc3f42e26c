package stripejs_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
)

// axe checks the shop's element with axe-core.
func (s *shop) axe() {
	s.t.Helper()
	browsertest.Axe(s.t, s.ctx, "#element")
}

// axeSheet checks the open dialog with axe-core.
func (s *shop) axeSheet() {
	s.t.Helper()
	browsertest.Axe(s.t, s.ctx, "[data-stripe-dialog]")
}

// TestPaymentAccessibility checks the Payment Element in every state that a
// buyer sees, in every theme.
func TestPaymentAccessibility(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)
	for name, appearance := range map[string]string{
		"stripe":   "theme: 'stripe'",
		"night":    "theme: 'night'",
		"flat":     "theme: 'flat'",
		"floating": "theme: 'night', labels: 'floating'",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t)
			w.offer("US", "card", "sepa_debit", "ideal", "klarna", "paypal", "eps")
			w.saved(features(nil), saved("pm_1", "always"))
			s := openShop(t, tab, w, "/v3/stripe.js")

			// The background of the shop follows the buyer's preference.
			s.do(browsertest.Dark(strings.Contains(appearance, "night")))
			s.boot(
				"{mode: 'subscription', amount: 1099, currency: 'eur', customerSessionClientSecret: "+
					"'cuss_1', appearance: {"+
					appearance+
					"}, paymentMethodOptions: {card: {require_cvc_recollection: true}}}",
				"{}",
				"payment",
			)
			s.run("elements.submit()")
			s.axe() // a saved card, and its code is missing

			s.do(chromedp.Click(inside("[data-remove=pm_1]")))
			s.axe() // asked before it is removed

			s.run("inside('[data-saved-method=new]').click()")
			s.axe() // the empty form with its placeholders

			s.run("elements.submit()")
			s.picture("axe-" + name)
			s.axe() // every field wrong

			s.run("inside('[data-method=sepa_debit]').click()")
			s.axe()

			s.run("element.update({layout: {type: 'accordion', radios: true, visibleAccordionItemsCount: 3}})")
			s.want("inside('[data-saved-method=new]').checked && inside('[name=iban]').checkVisibility()", "true")
			s.picture("axe-accordion-" + name)
			s.axe()

			s.run(
				"element.update({layout: {type: 'accordion', radios: false, spacedAccordionItems: " +
					"true, visibleAccordionItemsCount: 0}, readOnly: true})",
			)
			s.axe()

			s.run("element.collapse()")
			s.axe()
		})
	}
}

// TestElementsAccessibility checks the other elements, also while they load and
// after loading failed.
func TestElementsAccessibility(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)
	for _, theme := range []string{"stripe", "night", "flat"} {
		t.Run(theme, func(t *testing.T) {
			w := newWire(t)
			w.offer("US", "card", "link", "paypal", "amazon_pay")
			s := openShop(t, tab, w, "/v3/stripe.js")

			s.do(browsertest.Dark(theme == "night"))
			options := strings.Replace(deferred, "{", "{appearance: {theme: '"+theme+"'}, ", 1)
			s.boot(options, "{mode: 'shipping', fields: {phone: 'always'}}", "address")
			s.axe()

			s.run("element.getValue()")
			s.axe()

			s.boot(options, "{}", "linkAuthentication")
			s.run("elements.submit()")
			s.axe()

			s.boot(
				options,
				"{paymentMethods: {applePay: 'always'}, buttonTheme: {googlePay: 'white'}, layout: "+
					"{maxColumns: 1, maxRows: 2}, "+
					shipping[1:],
				"expressCheckout",
			)
			s.axe() // buttons, two of them behind "More"

			s.run("element.off('click') && null")
			s.openSheet("google_pay")
			s.axeSheet()

			s.do(chromedp.Click(sheet("summary")))
			s.enter("line1", "")
			s.do(chromedp.Click(sheet("[data-action=pay]")))
			s.axeSheet() // the buyer's address, and a line is missing

			s.enter("line1", "1 Main St")
			s.run("element.on('confirm', (event) => { window.confirmed = event; }) && null")
			s.do(chromedp.Click(sheet("[data-action=pay]")))
			s.axeSheet() // the shop is working on it

			s.run("confirmed.paymentFailed({reason: 'invalid_shipping_address'})")
			s.axeSheet() // it could not be done

			s.run("(() => { sheet('[data-action=close]').click(); confirmed.paymentFailed(); })()")
			s.axe() // the same beside the buttons

			w.answers["GET /v1/elements/sessions"] = answer{400, stripeError("invalid_request_error", "", "No.")}
			s.run(
				"(() => { element.destroy(); window.element = stripe.elements(" + options +
					").create('payment'); element.on('loaderror', () => {}); element.mount('#element'); })()",
			)
			s.axe() // loading, or failed already

			s.eventually("inside('[role=alert]')")
			s.axe()
		})
	}
}

// TestPageAccessibility checks the dialog of 3D Secure and the whole pages,
// light and dark.
func TestPageAccessibility(t *testing.T) {
	t.Parallel()

	s := newChallenge(t, browsertest.New(t))

	startChallenge(t, s)
	s.axeSheet()

	for _, dark := range []bool{false, true} {
		s.do(browsertest.Dark(dark))
		for _, path := range []string{"/3ds/", "/redirect/"} {
			s.do(chromedp.Navigate(s.wire.URL + path + "pi_1?client_secret=pi_1_secret_x"))
			s.eventually("document.querySelector('#amount').textContent !== '…'")
			browsertest.Axe(t, s.ctx)
			s.do(chromedp.Navigate(s.wire.URL + path + "pi_2?client_secret=pi_2_secret_x"))
			s.do(chromedp.Click(chromedp.CSS("#pass")))
			s.eventually("!document.querySelector('#problem').hidden")
			browsertest.Axe(t, s.ctx)
		}
	}
}
