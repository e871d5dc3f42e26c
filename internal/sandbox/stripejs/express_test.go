package stripejs_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/browsertest"
)

// newExpress mounts an Express Checkout Element. The session offers types, by
// default card, Link and PayPal.
func newExpress(t *testing.T, tab context.Context, elementsOptions, options string, types ...string) *shop {
	t.Helper()
	w := newWire(t)
	w.offer("US", append(types, []string{"card", "link", "paypal"}[min(len(types)*3, 3):]...)...)
	s := openShop(t, tab, w, "/v3/stripe.js")
	s.boot(elementsOptions, options, "expressCheckout")
	s.run("element.off('click') && null") // a page that listens to it has to resolve it
	return s
}

func sheet(selector string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf("sheet(%q)", selector))
}

// openSheet clicks a button and waits until the buyer can pay or sees an error.
func (s *shop) openSheet(wallet string) {
	s.t.Helper()
	s.do(chromedp.Click(within("expressCheckout", "[data-express="+wallet+"]")))
	s.eventually("sheet('[data-action=pay]:enabled') ?? sheet('[role=alert]:not([hidden])')")
}

// enter types into a field of the sheet and leaves it.
func (s *shop) enter(name, text string) {
	s.t.Helper()
	s.run(
		"(() => { const input = sheet('[name=wallet-" + name + "]'); input.value = '" + text +
			"'; input.dispatchEvent(new Event('change')); })()",
	)
}

const shipping = "{shippingAddressRequired: true, emailRequired: true, phoneNumberRequired: true, " +
	"allowedShippingCountries: ['US', 'FR'], " +
	"shippingRates: [{id: 'free', amount: 0, displayName: 'Free'}, {id: 'fast', amount: " +
	"500, displayName: 'Fast', deliveryEstimate: {minimum: {unit: 'business_day', value: " +
	"1}, maximum: {unit: 'business_day', value: 2}}}]}"

func TestExpressButtons(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("the buttons are those on offer, without those that the page excludes", func(t *testing.T) {
		s := newExpress(
			t,
			tab,
			deferred,
			"{paymentMethods: {link: 'never', applePay: 'always'}, paymentMethodOrder: "+
				"['paypal', 'google_pay'], buttonHeight: 50, buttonType: {googlePay: 'buy', "+
				"applePay: 'plain'}}",
		)

		s.want(
			"last('ready')",
			`{"elementType":"expressCheckout","availablePaymentMethods":{"amazonPay":false,"applePay":true,"googlePay":true,"link":false,"paypal":true}}`,
		)
		s.want("[...inside('.Express', 'expressCheckout').children].map((el) => "+
			"[el.dataset.express, el.getAttribute('aria-label') ?? el.textContent, "+
			"el.offsetHeight])",
			`[["paypal","Pay with PayPal",50],["google_pay","Buy with Google `+
				`Pay",50],["apple_pay","Pay with Apple Pay",50]]`)
		s.picture("express-1280")

		s.do(browsertest.Viewport(280, 600))
		s.want("document.documentElement.scrollWidth <= 280", "true")
	})

	for name, c := range map[string]struct{ options, offered string }{
		"the page leaves everything out": {
			"{paymentMethods: {link: 'never', googlePay: 'never', paypal: 'never'}}",
			"card",
		},
		"the session offers neither card nor Link": {"{paymentMethods: {applePay: 'always'}}", "ideal"},
	} {
		t.Run("no button and a ready event without methods when "+name, func(t *testing.T) {
			s := newExpress(t, tab, deferred, c.options, c.offered)
			s.want("last('ready')", `{"elementType":"expressCheckout"}`)
			s.want(
				"[inside('.Express', 'expressCheckout'), document.querySelector('#element').offsetHeight]",
				"[null,0]",
			)
		})
	}

	t.Run("PayPal and Amazon Pay show when the session offers them, and pay without a card", func(t *testing.T) {
		s := newExpress(t, tab, deferred, "{}", "amazon_pay", "paypal")

		s.want(
			"last('ready').availablePaymentMethods",
			`{"amazonPay":true,"applePay":false,"googlePay":false,"link":false,"paypal":true}`,
		)
		s.run(
			"element.on('confirm', async () => { await elements.submit(); window.token = await " +
				"stripe.createConfirmationToken({elements, params: {return_url: " +
				"'https://shop.test/'}}); }) && null",
		)

		for _, wallet := range []string{"paypal", "amazon_pay"} {
			s.run("delete window.token")
			s.openSheet(wallet)
			s.do(chromedp.Click(sheet("[data-action=pay]")))
			s.eventually("window.token")
			s.want("last('confirm').expressPaymentType", `"`+wallet+`"`)
			s.wantForm("POST /v1/confirmation_tokens", map[string]string{
				"payment_method_data[type]":                            wallet,
				"payment_method_data[card][number]":                    "",
				"payment_method_data[billing_details][name]":           "Jenny Rosen",
				"payment_method_data[billing_details][address][line1]": "510 Townsend St",
				"return_url":     "https://shop.test/",
				"shipping[name]": "",
			})
		}
	})

	t.Run("a click that the page does not resolve in a second opens nothing", func(t *testing.T) {
		s := newExpress(t, tab, deferred, "{}")
		s.run(
			"(window.warned = new Promise((resolve) => { console.warn = resolve; })) && " +
				"element.on('click', (event) => { window.click = event; }) && null",
		)
		s.do(chromedp.Click(within("expressCheckout", "[data-express=link]")))
		s.want("window.warned.then((text) => text.includes('not resolved within 1 second'))", "true")
		s.run("click.resolve()")
		s.want("[click.expressPaymentType, document.querySelector('[data-stripe-dialog]')]", `["link",null]`)
	})

	t.Run("details that a wallet cannot show are refused, at create() or at resolve()", func(t *testing.T) {
		s := newExpress(t, tab, deferred, "{}")

		for _, c := range []struct{ details, want string }{
			{
				"{lineItems: [{name: 'Tea', amount: 1000}, {name: 'Shipping', amount: 100}]}",
				"The amount 1099 is less than the total amount of the line items provided.",
			},
			{
				"{lineItems: [{name: 'Tea', amount: 10.5}]}",
				"Invalid value for resolve(): lineItems[0].amount should be an integer in the " +
					"smallest currency unit. You specified: 10.5.",
			},
			{
				"{lineItems: [{amount: 10}]}",
				"Invalid value for resolve(): lineItems[0].name should be a string. You specified: undefined.",
			},
			{
				"{shippingAddressRequired: true}",
				"When `shippingAddressRequired` is true, you must specify `shippingRates`.",
			},
			{
				"{shippingAddressRequired: true, shippingRates: []}",
				"When `shippingAddressRequired` is true, you must specify `shippingRates`.",
			},
			{
				"{shippingRates: [{amount: 1, displayName: 'Fast'}]}",
				"Invalid value for resolve(): shippingRates[0].id should be a string. You specified: undefined.",
			},
			{
				"{shippingRates: [{id: 'a', amount: -1, displayName: 'Fast'}]}",
				"Invalid value for resolve(): shippingRates[0].amount should be a positive integer " +
					"in the smallest currency unit. You specified: -1.",
			},
		} {
			s.run(
				"(() => { window.thrown = null; element.off('click'); element.on('click', (event) => " +
					"{ try { event.resolve(" +
					c.details +
					"); } catch (err) { window.thrown = err.name + ': ' + err.message; " +
					"event.resolve({lineItems: []}); } }); })()",
			)
			s.openSheet("google_pay")

			if got, want := s.text("window.thrown"), "IntegrationError: "+c.want; got != want {
				t.Errorf("%s:\n got %s\nwant %s", c.details, got, want)
			}

			s.do(chromedp.Click(sheet("[data-action=close]")))
		}
	})
}

func TestExpressSheet(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("from the click over address and rate to a token with the goods' address", func(t *testing.T) {
		s := newExpress(t, tab, deferred, shipping)

		s.run(`(() => {
			element.on('click', (event) => event.resolve({lineItems: [{name: 'Tea', amount: 1099}], business: {name: 'Tea House'}}));
			element.on('shippingaddresschange', (event) => { window.seen = JSON.parse(JSON.stringify(event)); elements.update({amount: 1300}); event.resolve({lineItems: [{name: 'Tea', amount: 1099}, {name: 'Tax', amount: 201}]}); });
			element.on('shippingratechange', (event) => { window.chosen = event.shippingRate.id; elements.update({amount: 1800}); event.resolve({lineItems: [{name: 'Tea', amount: 1300}, {name: 'Shipping', amount: 500}]}); });
			element.on('confirm', async (event) => { window.confirmed = event; window.submitted = await elements.submit(); window.token = await stripe.createConfirmationToken({elements}); });
		})()`)

		s.openSheet("google_pay")
		s.want(
			"seen",
			`{"elementType":"expressCheckout","name":"Jenny Rosen","address":{"city":"San `+
				`Francisco","state":"CA","postal_code":"94103","country":"US"}}`,
		)
		s.want(
			"[sheet('.Lines').textContent, sheet('.Total').textContent, sheet('.Body').textContent.includes('London')]",
			`["Tea€10.99Tax€2.01","Total€13.00",false]`,
		)
		s.want("sheet('[value=fast]').closest('label').textContent", `"Fast €5.00 1–2 days"`)
		s.picture("wallet-1280")

		s.do(chromedp.Click(sheet("[value=fast]")))
		s.eventually("sheet('.Total').textContent === 'Total€18.00' && !sheet('[data-action=pay]').disabled")
		s.want(
			"[chosen, sheet('.Lines').textContent, "+
				"document.querySelector('[data-stripe-dialog]').shadowRoot.activeElement.value]",
			`["fast","Tea€13.00Shipping€5.00","fast"]`,
		)

		s.do(chromedp.Click(sheet("[data-action=pay]")))
		s.eventually("window.token")
		s.want("[confirmed.elementType, confirmed.expressPaymentType, confirmed.billingDetails, "+
			"confirmed.shippingAddress, confirmed.shippingRate.id, typeof "+
			"confirmed.paymentFailed, 'phone' in confirmed]",
			`["expressCheckout","google_pay",{"name":"Jenny `+
				`Rosen","email":"jenny.rosen@example.com","phone":"+15555555555","address":{"country":"US","postal_code":"94103"}},`+
				`{"name":"Jenny Rosen","address":{"line1":"510 Townsend St","line2":null,"city":"San `+
				`Francisco","state":"CA","postal_code":"94103","country":"US"}},"fast","function",false]`)
		s.want("submitted", `{"selectedPaymentMethod":"google_pay"}`)
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method_data[type]":                   "card",
			"payment_method_data[card][number]":           "4242424242424242",
			"client_context[amount]":                      "1800",
			"payment_method_data[billing_details][email]": "jenny.rosen@example.com",
			"payment_method_data[allow_redisplay]":        "unspecified",
			"shipping[name]":                              "Jenny Rosen",
			"shipping[phone]":                             "+15555555555",
			"shipping[address][line1]":                    "510 Townsend St",
			"shipping[address][city]":                     "San Francisco",
			"shipping[address][state]":                    "CA",
			"shipping[address][postal_code]":              "94103",
			"shipping[address][country]":                  "US",
		})

		s.want("document.querySelector('[data-stripe-dialog]')", "null")
		s.eventually("inside('[data-express=google_pay]', 'expressCheckout').matches(':focus')")
	})

	t.Run("the tester changes the buyer, and the page gets the address only", func(t *testing.T) {
		s := newExpress(t, tab, deferred, shipping)

		s.run(`(() => { window.seen = [];
			element.on('shippingaddresschange', (event) => { seen.push([event.name, Object.values(event.address).join('|')]); event.resolve(); });
			element.on('confirm', (event) => { window.confirmed = event; }); })()`)
		s.openSheet("link")
		s.do(chromedp.Click(sheet("summary")))
		s.picture("wallet-edit-1280")

		s.enter("name", "Max Muster")
		s.enter("line1", "1 rue de la Paix")
		s.want("seen.length", "1")

		s.enter("country", "FR")
		s.enter("city", "Lyon")
		s.want("seen.slice(1)", `[["Max Muster","San Francisco|CA|94103|FR"],["Max Muster","Lyon|CA|94103|FR"]]`)

		s.enter("state", "")
		s.enter("postal_code", "")
		s.do(chromedp.Click(sheet("[data-action=pay]")))
		s.want(
			"[window.confirmed, sheet('[name=wallet-postal_code]').matches(':focus:invalid'), "+
				"sheet('[name=wallet-state]').matches(':valid')]",
			"[null,true,true]",
		)

		s.enter("postal_code", "69001")
		s.eventually("!sheet('[data-action=pay]').disabled")

		s.do(chromedp.Click(sheet("[data-action=pay]")))
		s.want(
			"[confirmed.shippingAddress.name, Object.values(confirmed.shippingAddress.address).join('|')]",
			`["Max Muster","1 rue de la Paix||Lyon||69001|FR"]`,
		)
		s.want("[...sheet('[name=wallet-country]').options].map((option) => option.value)", `["FR","US"]`)
	})

	t.Run("a page that ships nowhere near the buyer gets an address to complete", func(t *testing.T) {
		s := newExpress(
			t,
			tab,
			deferred,
			"{shippingAddressRequired: true, allowedShippingCountries: ['JP'], shippingRates: "+
				"[{id: 'free', amount: 0, displayName: 'Free'}]}",
		)

		s.openSheet("link")
		s.do(chromedp.Click(sheet("[data-action=pay]")))
		s.want(
			"[sheet('details').open, sheet('[name=wallet-state]').matches(':invalid'), "+
				"sheet('[name=wallet-country]').value]",
			`[true,true,"JP"]`,
		)
	})

	t.Run("the buyer cannot pay while the page decides or after it refused", func(t *testing.T) {
		s := newExpress(t, tab, deferred, shipping)

		s.run(
			"element.on('shippingaddresschange', (event) => { window.asked = event; if " +
				"(event.address.country === 'US') event.reject(); }) && null",
		)
		s.openSheet("google_pay")
		s.want(
			"[sheet('[role=alert]').textContent, sheet('[data-action=pay]').disabled]",
			`["The merchant does not ship to this address.",true]`,
		)

		s.do(chromedp.Click(sheet("label:nth-of-type(2) [name=wallet-address]")))
		s.want("[asked.address.city, sheet('[data-action=pay]').disabled]", `["Paris",true]`)
		s.want(
			"failure(() => asked.resolve({shippingRates: []}))",
			"\"IntegrationError: When `shippingAddressRequired` is true, you must specify `shippingRates`.\"",
		)
		s.want(
			"failure(() => asked.resolve({lineItems: [{name: 'Tea', amount: 2000}]}))",
			`"IntegrationError: The amount 1099 is less than the total amount of the line items provided."`,
		)
		s.want("sheet('[data-action=pay]').disabled", "true")

		s.run("asked.resolve({shippingRates: [{id: 'post', amount: 300, displayName: 'Post'}]})")
		s.eventually("!sheet('[data-action=pay]').disabled")
		s.want("[sheet('[role=alert]').hidden, sheet('[name=wallet-rate]:checked').value]", `[true,"post"]`)

		const two = "{shippingRates: [{id: 'courier', amount: 900, displayName: 'Courier'}, {id: 'post', " +
			"amount: 300, displayName: 'Post'}]}"
		s.enter("city", "Lyon")
		s.run("asked.resolve(" + two + ")")
		s.eventually("sheet('[name=wallet-rate]:checked').value === 'courier'") // the first of the new ones

		s.run("element.on('shippingratechange', (event) => event.resolve(" + two + ")) && null")
		s.do(chromedp.Click(sheet("[value=post]")))
		s.eventually("!sheet('[data-action=pay]').disabled")
		s.want("[sheet('[name=wallet-rate]:checked').value, sheet('[value=post]').matches(':focus')]", `["post",true]`)
	})

	t.Run("closing the sheet is a cancel", func(t *testing.T) {
		s := newExpress(t, tab, deferred, "{}")

		s.run("element.on('click', (event) => event.resolve()) && null")
		s.openSheet("paypal")
		s.do(chromedp.KeyEvent(kb.Escape))
		s.want("last('cancel')", `{"elementType":"expressCheckout"}`)
		s.want("document.querySelector('[data-stripe-dialog]')", "null")
		s.want("inside('[data-express=paypal]', 'expressCheckout').matches(':focus')", "true")
		s.want(
			"failure(() => stripe.createConfirmationToken({elements})).then((text) => "+
				"text.includes('mounted Payment Element'))",
			"true",
		)
	})

	t.Run("a page that cannot take the payment shows why in the sheet, and the buyer tries again", func(t *testing.T) {
		s := newExpress(t, tab, deferred, "{}")

		s.run("element.on('confirm', (event) => { window.confirmed = event; }) && null")
		s.openSheet("google_pay")

		for reason, want := range map[string]string{
			"{message: 'Sold out.'}":              "Sold out.",
			"{reason: 'invalid_billing_address'}": "The billing address is not valid.",
			"undefined":                           "The payment could not be made. Try again or choose another way to pay.",
		} {
			s.do(chromedp.Click(sheet("[data-action=pay]")))
			s.want(
				"[sheet('[data-action=pay]').disabled, sheet('[role=alert]').hidden, "+
					"sheet('[data-action=close]').disabled]",
				"[true,true,true]",
			)

			s.do(chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Escape))
			s.eventually("sheet('dialog').matches(':modal')")
			s.want("last('cancel')", "null")

			s.run("confirmed.paymentFailed(" + reason + ")")
			s.want("[sheet('[data-action=pay]').disabled, sheet('[role=alert]').textContent]", `[false,"`+want+`"]`)
		}

		s.do(chromedp.Click(sheet("[data-action=pay]")))
		s.run("elements.submit().then(() => stripe.createConfirmationToken({elements}))")
		s.run("confirmed.paymentFailed({message: 'Declined.'})")
		s.want(
			"[document.querySelector('[data-stripe-dialog]'), inside('[role=alert]', "+
				"'expressCheckout').textContent, inside('[role=alert]', "+
				"'expressCheckout').checkVisibility()]",
			`[null,"Declined.",true]`,
		)

		s.openSheet("google_pay")
		s.want("inside('[role=alert]', 'expressCheckout').hidden", "true")
	})

	t.Run("the other elements stay empty when a wallet pays", func(t *testing.T) {
		s := newExpress(t, tab, deferred, "{}")

		s.run(`(async () => {
			document.querySelector('#other').append(document.createElement('div'), document.createElement('div'));
			const [first, second] = document.querySelector('#other').children;
			await Promise.all([['address', {mode: 'shipping', defaultValues: {name: 'Max', address: {country: 'US'}}}, first], ['payment', {}, second]].map(([kind, options, target]) => {
				const other = elements.create(kind, options); const ready = new Promise((resolve) => other.on('ready', resolve)); other.mount(target); return ready; }));
			element.on('confirm', async () => { window.submitted = await elements.submit(); window.token = await stripe.createConfirmationToken({elements}); }); })()`)

		s.openSheet("google_pay")
		s.do(chromedp.Click(sheet("[data-action=pay]")))
		s.eventually("window.token")
		s.want("[submitted, token.error]", `[{"selectedPaymentMethod":"google_pay"},null]`)
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method_data[billing_details][name]": "Jenny Rosen",
			"shipping[name]":             "",
			"shipping[address][country]": "",
		})
	})

	for _, c := range []struct{ name, group, want string }{
		{
			"a setup has nothing to pay",
			"{mode: 'setup', currency: 'eur'}",
			`"Nothing is charged now: the payment details are saved for later."`,
		},
		{
			"a subscription is charged again",
			"{mode: 'subscription', amount: 1099, currency: 'eur'}",
			`"Total€10.99Charged again until the subscription ends."`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newExpress(t, tab, c.group, "{}")

			s.openSheet("google_pay")
			s.want("sheet('.Total').textContent", c.want)

			s.run(
				"element.on('confirm', async () => { await elements.submit(); window.token = await " +
					"stripe.createConfirmationToken({elements}); }) && null",
			)
			s.do(chromedp.Click(sheet("[data-action=pay]")))
			s.eventually("window.token")
			s.wantForm(
				"POST /v1/confirmation_tokens",
				map[string]string{"payment_method_data[allow_redisplay]": "limited"},
			)
		})
	}
}
