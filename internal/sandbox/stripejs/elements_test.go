package stripejs_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/browsertest"
)

func within(kind, selector string) chromedp.JSPath {
	return chromedp.JSPath("inside('" + selector + "', '" + kind + "')")
}

func (s *shop) typeWithin(kind, name, text string) {
	s.t.Helper()
	s.do(chromedp.SendKeys(within(kind, "[name="+name+"]"), text))
}

func TestAddressElement(t *testing.T) {
	t.Parallel()

	t.Run("an address by the customs of its country", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		w.offer("US", "card")
		s := openShop(t, w, "/v3/stripe.js")
		s.boot(deferred, "{mode: 'shipping', fields: {phone: 'always'}, allowedCountries: ['US', 'FR', 'GB']}", "address")
		s.want("[...inside('.Grid', 'address').querySelectorAll('[name]')].map((el) => el.name)", `["name","country","line1","line2","city","state","postal","phone"]`)
		s.want("[...inside('[name=country]', 'address').options].map((o) => o.value)", `["FR","GB","US"]`)
		s.want("inside('[data-field=postal] .Label', 'address').textContent", `"ZIP code"`)
		for name, text := range map[string]string{"name": "Jenny Rosen", "line1": "510 Townsend St", "city": "San Francisco", "postal": "94103", "phone": "5555555555"} {
			s.typeWithin("address", name, text)
		}
		s.want("last('change').complete", "false")
		s.want("element.getValue().then((v) => v.complete)", "false")
		s.want("inside('[data-field=state] .Error', 'address').textContent", `"This field is incomplete."`)
		s.picture("address-1280")
		s.run("(() => { const el = inside('[name=state]', 'address'); el.value = 'CA'; el.dispatchEvent(new Event('input')); })()")
		s.want("last('change')", `{"elementType":"address","elementMode":"shipping","empty":false,"complete":true,"isNewAddress":true,"value":{"name":"Jenny Rosen","address":{"line1":"510 Townsend St","line2":null,"city":"San Francisco","state":"CA","postal_code":"94103","country":"US"},"phone":"5555555555"}}`)
		s.run("(() => { const el = inside('[name=country]', 'address'); el.focus(); el.value = 'FR'; el.dispatchEvent(new Event('input')); })()")
		s.want("Boolean(inside('[name=state]', 'address'))", "false")
		s.want("[inside('[name=line1]', 'address').value, inside('[name=line1]', 'address').getRootNode().activeElement.name]", `["510 Townsend St","country"]`)
		s.want("last('change').value.address.country", `"FR"`)
	})

	t.Run("split names, defaults and PO boxes", func(t *testing.T) {
		t.Parallel()
		s := openShop(t, newWire(t), "/v3/stripe.js")
		s.boot("{}", "{mode: 'billing', blockPoBox: true, display: {name: 'split'}, defaultValues: {firstName: 'Jenny', lastName: 'Rosen', address: {line1: 'PO Box 1', city: 'Paris', postal_code: '75001', country: 'FR'}}}", "address")
		s.want("element.getValue().then((v) => [v.complete, v.value.name, v.value.firstName])", `[false,"Jenny Rosen","Jenny"]`)
		s.want("inside('[data-field=line1] .Error', 'address').textContent", `"PO boxes are not accepted."`)
	})

	t.Run("the payment uses the group's addresses and e-mail", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		w.offer("US", "card")
		s := openShop(t, w, "/v3/stripe.js")
		s.run("document.querySelector('#other').append(document.createElement('div'), document.createElement('div'))")
		s.boot(deferred, "{}", "linkAuthentication")
		s.run(`(async () => {
			const value = {name: 'Jenny Rosen', address: {line1: '510 Townsend St', city: 'San Francisco', state: 'CA', postal_code: '94103', country: 'US'}};
			const [first, second] = document.querySelector('#other').children;
			const ready = (el) => new Promise((resolve) => el.on('ready', resolve));
			const address = elements.create('address', {mode: 'billing', defaultValues: value}); const a = ready(address); address.mount(first);
			const payment = elements.create('payment'); const p = ready(payment); payment.mount(second);
			await Promise.all([a, p]); })()`)
		s.want("Boolean(inside('[name=country]'))", "false")
		s.fillCard("4242424242424242")
		s.want("elements.submit().then((r) => r.error.code)", `"incomplete_email"`)
		s.typeWithin("linkAuthentication", "email", "jenny@example.com")
		s.want("last('change')", `{"elementType":"linkAuthentication","empty":false,"complete":true,"value":{"email":"jenny@example.com"}}`)
		s.want("elements.submit()", `{"selectedPaymentMethod":"card"}`)
		s.run("stripe.createConfirmationToken({elements})")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method_data[billing_details][email]": "jenny@example.com", "payment_method_data[billing_details][name]": "Jenny Rosen",
			"payment_method_data[billing_details][address][line1]": "510 Townsend St", "payment_method_data[billing_details][address][state]": "CA",
		})
		s.want("[elements.getElement('address', {mode: 'billing'}) !== null, elements.getElement('address', {mode: 'shipping'})]", "[true,null]")
	})
}

const dialog = "document.querySelector('[data-stripe-dialog]').shadowRoot.querySelector"

func newExpress(t *testing.T, options string) *shop {
	t.Helper()
	w := newWire(t)
	w.offer("US", "card", "link", "paypal")
	s := openShop(t, w, "/v3/stripe.js")
	s.boot(deferred, options, "expressCheckout")
	return s
}

func TestExpressCheckout(t *testing.T) {
	t.Parallel()

	t.Run("the buttons are those on offer, less what the page leaves out", func(t *testing.T) {
		t.Parallel()
		s := newExpress(t, "{paymentMethods: {link: 'never', applePay: 'always'}, paymentMethodOrder: ['paypal', 'google_pay'], buttonHeight: 50}")
		s.want("last('ready')", `{"elementType":"expressCheckout","availablePaymentMethods":{"amazonPay":false,"applePay":true,"googlePay":true,"link":false,"paypal":true}}`)
		s.want("[...inside('.Express', 'expressCheckout').children].map((el) => [el.dataset.express, el.getAttribute('aria-label'), el.offsetHeight])",
			`[["paypal","Pay with PayPal",50],["google_pay","Pay with Google Pay",50],["apple_pay","Pay with Apple Pay",50]]`)
		s.picture("express-1280")
		s.do(browsertest.Viewport(280, 600))
		s.want("document.documentElement.scrollWidth <= 280", "true")
	})

	t.Run("nothing on offer leaves nothing but a ready event without methods", func(t *testing.T) {
		t.Parallel()
		s := newExpress(t, "{paymentMethods: {link: 'never', googlePay: 'never', paypal: 'never'}}")
		s.want("last('ready')", `{"elementType":"expressCheckout"}`)
		s.want("inside('.Express', 'expressCheckout')", "null")
	})

	t.Run("click, sheet, shipping, confirm and a token of the wallet's card", func(t *testing.T) {
		t.Parallel()
		s := newExpress(t, "{shippingAddressRequired: true, emailRequired: true, allowedShippingCountries: ['US', 'FR'], shippingRates: [{id: 'free', amount: 0, displayName: 'Free'}, {id: 'fast', amount: 500, displayName: 'Fast'}]}")
		s.run(`(() => {
			element.on('click', (event) => event.resolve({lineItems: [{name: 'Tea', amount: 1099}]}));
			element.on('shippingaddresschange', (event) => { window.seen = event.address; elements.update({amount: 1300}); event.resolve({lineItems: [{name: 'Tea', amount: 1300}]}); });
			element.on('shippingratechange', (event) => event.resolve());
			element.on('confirm', async (event) => { window.confirmed = event; window.submitted = await elements.submit(); window.token = await stripe.createConfirmationToken({elements}); });
		})()`)
		s.do(chromedp.Click(within("expressCheckout", "[data-express=google_pay]")))
		s.eventually("document.querySelector('[data-stripe-dialog]') && !" + dialog + "('[data-action=pay]').disabled")
		s.want("seen", `{"city":"San Francisco","state":"CA","postal_code":"94103","country":"US"}`)
		s.want("["+dialog+"('.Body').textContent.includes('Tea'), "+dialog+"('.Body').textContent.includes('13.00'), "+dialog+"('.Body').textContent.includes('London')]", "[true,true,false]")
		s.picture("wallet-1280")
		s.run("[..." + dialog + "All('[name=wallet-rate]')][1].click()")
		s.eventually("!" + dialog + "('[data-action=pay]').disabled")
		s.do(chromedp.Click(chromedp.JSPath(dialog + "('[data-action=pay]')")))
		s.eventually("window.token")
		s.want("[confirmed.expressPaymentType, confirmed.billingDetails.email, confirmed.shippingAddress.name, confirmed.shippingRate.id]", `["google_pay","jenny.rosen@example.com","Jenny Rosen","fast"]`)
		s.want("submitted", `{"selectedPaymentMethod":"google_pay"}`)
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method_data[type]": "card", "payment_method_data[card][number]": "4242424242424242", "client_context[amount]": "1300",
			"payment_method_data[billing_details][email]": "jenny.rosen@example.com",
		})
		s.want("document.querySelector('[data-stripe-dialog]')", "null")
	})

	t.Run("closing the sheet is a cancel", func(t *testing.T) {
		t.Parallel()
		s := newExpress(t, "{}")
		s.run("element.on('click', (event) => event.resolve()) && null")
		s.do(chromedp.Click(within("expressCheckout", "[data-express=paypal]")))
		s.eventually("document.querySelector('[data-stripe-dialog]')")
		s.do(chromedp.KeyEvent(kb.Escape))
		s.want("last('cancel')", `{"elementType":"expressCheckout"}`)
		s.want("document.querySelector('[data-stripe-dialog]')", "null")
		s.want("failure(() => stripe.createConfirmationToken({elements})).then((text) => text.includes('mounted Payment Element'))", "true")
	})

	t.Run("a click that the page does not resolve in a second opens nothing", func(t *testing.T) {
		t.Parallel()
		s := newExpress(t, "{}")
		s.run("(window.warned = new Promise((resolve) => { console.warn = resolve; })) && null")
		s.do(chromedp.Click(within("expressCheckout", "[data-express=link]")))
		s.want("window.warned.then((text) => text.includes('not resolved within 1 second'))", "true")
		s.want("[last('click').expressPaymentType, document.querySelector('[data-stripe-dialog]')]", `["link",null]`)
	})

	t.Run("a page that cannot take the payment says so in the element", func(t *testing.T) {
		t.Parallel()
		s := newExpress(t, "{}")
		s.run("element.on('click', (event) => event.resolve()) && element.on('confirm', (event) => event.paymentFailed({reason: 'fail', message: 'Sold out.'})) && null")
		s.do(chromedp.Click(within("expressCheckout", "[data-express=google_pay]")))
		s.eventually("document.querySelector('[data-stripe-dialog]')")
		s.do(chromedp.Click(chromedp.JSPath(dialog + "('[data-action=pay]')")))
		s.eventually("inside('[role=status]', 'expressCheckout').textContent === 'Sold out.'")
		s.want("document.querySelector('[data-stripe-dialog]')", "null")
	})
}
