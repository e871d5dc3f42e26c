package stripejs_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
)

// listen records the stand-in's warnings, except the one about plain HTTP.
const listen = "(() => { window.warned = []; console.warn = (text) => { if (!text.includes('over " +
	"HTTP')) warned.push(text); }; })()"

func TestPaymentOptions(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("every option of the types is accepted without a warning and takes effect", func(t *testing.T) {
		w := newWire(t)
		w.offer("US", "card", "klarna")
		s := openShop(t, tab, w, "/v3/stripe.js")

		s.run(listen)
		s.boot(deferred, `{
			applePay: {}, business: {name: 'Corner Shop'}, wallets: {applePay: 'never', googlePay: 'never'}, terms: {card: 'always', sepaDebit: 'never'},
			paymentMethodOrder: ['card', 'apple_pay'], readOnly: true, layout: {type: 'tabs'}, fields: {billingDetails: {name: 'auto', address: {postalCode: 'auto'}}},
			defaultValues: {billingDetails: {name: 'Jenny Rosen', email: 'jenny@example.com', phone: '+15555555555', address: {country: 'FR', postal_code: '75001'}}, card: {network: ['visa']}},
		}`, "payment")

		s.want("warned", "[]")
		s.want(
			"inside('.TermsText').textContent",
			`"By providing your card information, you allow Corner Shop to charge your card for `+
				`future payments in accordance with their terms."`,
		)
		s.want(
			"[inside('[name=number]').readOnly, inside('[name=country]').disabled, inside('[name=country]').value]",
			`[true,true,"FR"]`,
		)

		s.run("element.update({readOnly: false, terms: {card: 'never'}})")
		s.want("inside('.TermsText')", "null")

		s.fillCard("4242424242424242")
		s.run("elements.submit().then(() => stripe.createConfirmationToken({elements}))")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method_data[billing_details][name]":             "Jenny Rosen",
			"payment_method_data[billing_details][email]":            "jenny@example.com",
			"payment_method_data[billing_details][phone]":            "+15555555555",
			"payment_method_data[billing_details][address][country]": "FR",
		})

		s.run("boot(" + deferred + ", {colour: 'red', layout: {type: 'tabs', rows: 2}})")
		s.want("warned.map((text) => text.split(' is not')[0])",
			`["[Stripe.js] Unrecognized elements.create('payment') parameter: `+
				`colour","[Stripe.js] Unrecognized elements.create('payment') layout parameter: `+
				`rows"]`)
	})

	t.Run("a page that collects all billing details itself sees no field of them", func(t *testing.T) {
		w := newWire(t)
		w.offer("US", "card", "sepa_debit")
		s := newShop(t, tab, w, deferred, "{fields: {billingDetails: 'never'}}")
		s.want("[...inside('.Grid').querySelectorAll('[name]')].map((el) => el.name)", `["number","expiry","cvc"]`)
		s.do(chromedp.Click(inside("[data-method=sepa_debit]")))
		s.want(
			"[...inside('[data-form=sepa_debit] .Grid').querySelectorAll('[name]')].map((el) => el.name)",
			`["iban"]`,
		)
	})

	t.Run("the options of a payment reach the session and the token", func(t *testing.T) {
		w := newWire(t)
		s := openShop(t, tab, w, "/v3/stripe.js")

		s.run(listen)
		s.boot(`{mode: 'payment', amount: 1099, currency: 'mxn', setup_future_usage: 'off_session', captureMethod: 'manual', onBehalfOf: 'acct_9', paymentMethodTypes: ['card'],
			paymentMethodOptions: {card: {installments: {enabled: true}}, us_bank_account: {verification_method: 'instant'}}, loader: 'always', fonts: [], externalPaymentMethodTypes: []}`, "{}", "payment")
		s.want("warned", "[]")
		s.wantForm("GET /v1/elements/sessions", map[string]string{
			"deferred_intent[mode]":                   "payment",
			"deferred_intent[setup_future_usage]":     "off_session",
			"deferred_intent[capture_method]":         "manual",
			"deferred_intent[on_behalf_of]":           "acct_9",
			"deferred_intent[payment_method_types][]": "card",
		})

		s.fillCard("4242424242424242")
		s.run("elements.submit().then(() => stripe.createConfirmationToken({elements}))")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"client_context[capture_method]":         "manual",
			"client_context[on_behalf_of]":           "acct_9",
			"client_context[currency]":               "mxn",
			"client_context[payment_method_types][]": "card",
			"client_context[setup_future_usage]":     "off_session",
			"setup_future_usage":                     "off_session",
			"payment_method_data[allow_redisplay]":   "limited",
		})

		s.boot(
			"{mode: 'payment', amount: 1099, currency: 'eur', paymentMethodConfiguration: "+
				"'pmc_1', paymentMethodCreation: 'manual'}",
			"{}",
			"payment",
		)
		s.wantForm(
			"GET /v1/elements/sessions",
			map[string]string{"deferred_intent[payment_method_configuration]": "pmc_1"},
		)

		w.answers["POST /v1/payment_methods"] = answer{200, map[string]any{"id": "pm_1"}}
		s.fillCard("4242424242424242")
		s.want(
			"elements.submit().then(() => stripe.createPaymentMethod({elements}))",
			`{"paymentMethod":{"id":"pm_1"}}`,
		)
	})
}

func TestModes(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("a setup needs neither amount nor currency and asks for the mandate", func(t *testing.T) {
		w := newWire(t)
		w.offer("DE", "card", "sepa_debit")
		s := newShop(t, tab, w, "{mode: 'setup'}", "{}")

		s.want(
			"inside('.TermsText').textContent.startsWith('By providing your card information, you allow Tea House')",
			"true",
		)

		s.fillCard("4242424242424242")
		s.run("elements.submit().then(() => stripe.createConfirmationToken({elements}))")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"client_context[mode]":                    "setup",
			"client_context[amount]":                  "",
			"setup_future_usage":                      "",
			"payment_method_data[allow_redisplay]":    "limited",
			"mandate_data[customer_acceptance][type]": "",
		})

		s.do(chromedp.Click(inside("[data-method=sepa_debit]")))
		s.want(
			"inside('[data-form=sepa_debit] .TermsText').textContent.startsWith('By providing "+
				"your payment information and confirming this payment, you authorise (A) Tea House')",
			"true",
		)
	})

	t.Run("a subscription says that it renews", func(t *testing.T) {
		w := newWire(t)
		w.offer("US", "card", "link")
		s := newShop(t, tab, w, "{mode: 'subscription', amount: 1099, currency: 'usd'}", "{}")

		s.want(
			"inside('.TermsText').textContent",
			`"By confirming your subscription, you allow Tea House to charge you for future `+
				`payments in accordance with their terms."`,
		)
		s.wantForm(
			"GET /v1/elements/sessions",
			map[string]string{"deferred_intent[mode]": "subscription", "deferred_intent[amount]": "1099"},
		)
	})
}

// TestUpdates checks that every option of elements.update() takes effect at
// once, on the page or in the next request.
func TestUpdates(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)
	update := func(s *shop, changes string) {
		s.t.Helper()
		s.run("new Promise((resolve) => { elements.on('update-end', resolve); elements.update(" + changes + "); })")
	}

	t.Run("a payment's options ask for a new session and keep what was typed", func(t *testing.T) {
		w := newWire(t)
		s := newShop(t, tab, w, deferred, "{}")

		s.run(listen)
		s.fillCard("4242424242424242")

		for _, c := range []struct {
			changes string
			sent    map[string]string
		}{
			{"{amount: 2500}", map[string]string{"amount": "2500"}},
			{"{currency: 'usd'}", map[string]string{"currency": "usd", "amount": "2500"}},
			{"{setupFutureUsage: 'on_session'}", map[string]string{"setup_future_usage": "on_session"}},
			{"{captureMethod: 'manual'}", map[string]string{"capture_method": "manual"}},
			{"{onBehalfOf: 'acct_9'}", map[string]string{"on_behalf_of": "acct_9"}},
			{
				"{setupFutureUsage: null, mode: 'payment'}",
				map[string]string{"setup_future_usage": "", "mode": "payment"},
			},
		} {
			update(s, c.changes)
			session, token := map[string]string{}, map[string]string{}
			for name, value := range c.sent {
				session["deferred_intent["+name+"]"] = value
				token["client_context["+name+"]"] = value
			}

			s.wantForm("GET /v1/elements/sessions", session)
			s.want("[inside('[name=number]').value, inside('[name=cvc]').value]", `["4242 4242 4242 4242","123"]`)
			s.want("elements.submit()", `{"selectedPaymentMethod":"card"}`)

			s.run("stripe.createConfirmationToken({elements})")
			s.wantForm("POST /v1/confirmation_tokens", token)
		}

		s.want("warned", "[]")
	})

	t.Run("a future use shows its terms, and no use takes them away", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), deferred, "{}")
		s.want("inside('.TermsText')", "null")
		update(s, "{setupFutureUsage: 'off_session'}")
		s.want("Boolean(inside('.TermsText'))", "true")
		update(s, "{setupFutureUsage: null}")
		s.want("inside('.TermsText')", "null")
	})

	t.Run("other types show, and the choice stays where it can", func(t *testing.T) {
		w := newWire(t)
		w.offer("DE", "card", "ideal", "klarna")
		s := newShop(t, tab, w, deferred, "{}")

		s.do(chromedp.Click(inside("[data-method=ideal]")))
		w.offer("DE", "card", "ideal")
		update(s, "{paymentMethodTypes: ['card', 'ideal']}")
		s.wantForm("GET /v1/elements/sessions", map[string]string{"deferred_intent[payment_method_types][]": "card"})
		s.want(
			"[...inside('[role=tablist]').children].map((tab) => [tab.dataset.method, tab.ariaSelected])",
			`[["card","false"],["ideal","true"]]`,
		)

		w.offer("DE", "card")
		update(s, "{paymentMethodTypes: ['card']}")
		s.want("[inside('[role=tablist]').hidden, last('change').value.type]", `[true,"card"]`)
	})

	t.Run("wallet buttons follow, and so does an open sheet", func(t *testing.T) {
		s := newExpress(t, tab, deferred, "{}", "card", "link")

		s.openSheet("google_pay")
		update(s, "{amount: 2500, currency: 'usd'}")
		s.want("[sheet('.Total').textContent, sheet('[data-action=pay]').matches(':focus')]", `["Total$25.00",true]`)

		s.do(chromedp.Click(sheet("[data-action=close]")))
		s.wire.offer("US", "link")
		update(s, "{paymentMethodTypes: ['link']}")
		s.want("[...inside('.Express', 'expressCheckout').children].map((el) => el.dataset.express)", `["link"]`)

		update(s, "{locale: 'fr'}")
		s.want("inside('[data-express=link]', 'expressCheckout').ariaLabel", `"Payer avec Link"`)
	})

	t.Run("what cannot be updated is warned of and what is wrong is refused, and nothing changes", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), deferred, "{}")

		s.run(listen)
		s.run("elements.update({paymentMethodCreation: 'manual'})")
		s.want(
			"warned.map((text) => text.split(' is not')[0])",
			`["[Stripe.js] Unrecognized elements.update() parameter: paymentMethodCreation"]`,
		)
		s.want(
			"failure(() => elements.update({amount: -5}))",
			`"IntegrationError: Invalid value for elements.update(): amount must be greater than 0."`,
		)

		s.fillCard("4242424242424242")
		s.run("elements.submit().then(() => stripe.createConfirmationToken({elements}))")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{"client_context[amount]": "1099"})
	})
}

func TestMount(t *testing.T) {
	t.Parallel()

	s := newShop(t, browsertest.New(t), newWire(t), deferred, "{}")

	s.typeIn("number", "4242")
	s.run("element.clear()")
	s.want("inside('[name=number]').value", `""`)
	s.want("last('change').empty", "true")

	s.run("element.unmount()")
	s.want(
		"[document.querySelector('#element').childElementCount, document.querySelector('#element').className]",
		`[0,""]`,
	)

	s.run("new Promise((resolve) => { element.once('ready', resolve); element.mount('#other'); })")
	s.want("document.querySelector('#other').classList.contains('StripeElement')", "true")

	s.run(
		"(() => { window.events = []; element.unmount(); element.mount('#other'); " +
			"element.unmount(); element.mount('#element'); })()",
	)
	s.eventually("last('ready')")
	s.want("events.filter((e) => e[0] === 'ready').length", "1")

	s.run("element.destroy()")
	s.want("elements.getElement('payment')", "null")
}
