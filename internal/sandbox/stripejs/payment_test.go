package stripejs_test

import (
	"testing"

	"checkoutd/internal/browsertest"
)

func TestCardForm(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("a complete card makes a confirmation token", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), deferred, "{}")

		s.want("last('ready')", `{"elementType":"payment"}`)
		s.want(
			"last('change')",
			`{"elementType":"payment","empty":true,"complete":false,"collapsed":false,"value":{"type":"card"}}`,
		)

		s.typeCard("4242424242424242")
		s.want("inside('[name=number]').value", `"4242 4242 4242 4242"`)
		s.want("inside('[name=expiry]').value", `"12 / 34"`)
		s.want(
			"last('change')",
			`{"elementType":"payment","empty":false,"complete":true,"collapsed":false,"value":{"type":"card"}}`,
		)
		s.want("elements.submit()", `{"selectedPaymentMethod":"card"}`)
		s.want("stripe.createConfirmationToken({elements, params: {return_url: 'https://shop.test/complete'}})",
			`{"confirmationToken":{"id":"ctoken_1","object":"confirmation_token"}}`)
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"key":                                                    "pk_test_shop",
			"payment_method_data[type]":                              "card",
			"payment_method_data[card][number]":                      "4242424242424242",
			"payment_method_data[card][exp_month]":                   "12",
			"payment_method_data[card][exp_year]":                    "2034",
			"payment_method_data[card][cvc]":                         "123",
			"payment_method_data[billing_details][address][country]": "FR",
			"payment_method_data[allow_redisplay]":                   "unspecified",
			"return_url":                                             "https://shop.test/complete",
			"use_stripe_sdk":                                         "true",
			"client_context[mode]":                                   "payment",
			"client_context[amount]":                                 "1099",
			"client_context[currency]":                               "eur",
			"setup_future_usage":                                     "",
		})

		s.wantForm("GET /v1/elements/sessions", map[string]string{
			"key":                       "pk_test_shop",
			"type":                      "deferred_intent",
			"deferred_intent[mode]":     "payment",
			"deferred_intent[amount]":   "1099",
			"deferred_intent[currency]": "eur",
		})
	})

	t.Run("an empty form shows every error, focuses the first and reports it", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), deferred, "{}")

		s.want(
			"elements.submit()",
			`{"error":{"type":"validation_error","code":"incomplete_number","message":"Your card `+
				`number is incomplete."}}`,
		)
		s.want("['number', 'expiry', 'cvc'].map((name) => inside('[data-field=' + name + '] .Error').textContent)",
			`["Your card number is incomplete.","Your card's expiration date is `+
				`incomplete.","Your card's security code is incomplete."]`)
		s.want("inside('[name=number]').getRootNode().activeElement.name", `"number"`)
		s.want("inside('[name=number]').getAttribute('aria-invalid')", `"true"`)
		s.want(
			"inside('#' + inside('[name=number]').getAttribute('aria-describedby')).textContent",
			`"Your card number is incomplete."`,
		)
		s.want("inside('[role=status]').textContent", `"Your card number is incomplete."`)
		s.picture("errors-1280")

		s.do(browsertest.Viewport(320, 700), browsertest.Dark(true))
		s.picture("errors-320-dark")
	})

	t.Run("a wrong number shows at once and its error goes once it is fixed", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), deferred, "{}")
		s.typeIn("number", "4242424242424241")
		s.want("inside('[data-field=number] .Error').textContent", `"Your card number is invalid."`)
		s.want("document.querySelector('#element').classList.contains('StripeElement--invalid')", "true")
		s.typeIn("number", "\b2")
		s.want("inside('[data-field=number] .Error').hidden", "true")
	})

	t.Run("a US card asks for the ZIP code, a French one does not", func(t *testing.T) {
		w := newWire(t)
		w.offer("US", "card")
		s := newShop(t, tab, w, deferred, "{}")

		s.want("inside('[data-field=postal] .Label').textContent", `"ZIP code"`)

		s.fillCard("4242424242424242")
		s.want(
			"elements.submit()",
			`{"error":{"type":"validation_error","code":"incomplete_zip","message":"Your ZIP code is incomplete."}}`,
		)

		s.run("(() => { const c = inside('[name=country]'); c.value = 'FR'; c.dispatchEvent(new Event('input')); })()")
		s.want("inside('[data-field=postal]').hidden", "true")
		s.want("elements.submit()", `{"selectedPaymentMethod":"card"}`)
	})
}
