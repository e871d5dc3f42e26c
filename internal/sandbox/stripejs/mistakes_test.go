package stripejs_test

import (
	"fmt"
	"strings"
	"testing"

	"checkoutd/internal/browsertest"
)

// TestMistakes checks the errors that Stripe.js reports at run time for
// mistakes that the published types accept.
func TestMistakes(t *testing.T) {
	t.Parallel()

	s := openShop(t, browsertest.New(t), newWire(t), "/v3/stripe.js")

	s.run("window.stripe = Stripe('pk_test_shop')")
	const group = "stripe.elements({mode: 'payment', amount: 1099, currency: 'eur'})"
	cases := []struct{ name, js, want string }{
		{"no key", "Stripe('')", "Please call Stripe() with your publishable key. You used an empty string."},
		{"a secret key", "Stripe('sk_test_123')", "You should not use your secret key with Stripe.js."},
		{"a live key", "Stripe('pk_live_123')", "The offline sandbox takes publishable test keys"},
		{
			"neither mode nor client secret",
			"stripe.elements().create('payment')",
			"In order to create a payment element, you must pass a clientSecret or mode when " +
				"creating the Elements group.",
		},
		{
			"amount without mode",
			"stripe.elements({amount: 1099, currency: 'eur'})",
			"Missing value for elements(): mode",
		},
		{
			"an unknown mode",
			"stripe.elements({mode: 'pay', amount: 1, currency: 'eur'})",
			"Invalid value for elements(): mode should be one of the following strings: payment, " +
				"setup, subscription. You specified: pay.",
		},
		{"no amount", "stripe.elements({mode: 'payment', currency: 'eur'})", "Missing value for elements(): amount"},
		{
			"a zero amount",
			"stripe.elements({mode: 'payment', amount: 0, currency: 'eur'})",
			"Invalid value for elements(): amount must be greater than 0.",
		},
		{
			"a fraction as amount",
			"stripe.elements({mode: 'payment', amount: 10.5, currency: 'eur'})",
			"Invalid value for elements(): amount should be an integer",
		},
		{
			"a string as amount",
			"stripe.elements({mode: 'payment', amount: '1099', currency: 'eur'})",
			"Invalid value for elements(): amount should be an integer",
		},
		{"no currency", "stripe.elements({mode: 'payment', amount: 1099})", "Missing value for elements(): currency"},
		{
			"a currency in capitals",
			"stripe.elements({mode: 'payment', amount: 1099, currency: 'EUR'})",
			"Invalid value for elements(): currency should be one of the following strings",
		},
		{
			"a client secret of another form",
			"stripe.elements({clientSecret: 'pi_mock_1_secret_2'})",
			"Invalid value for elements(): clientSecret should be a client secret of the form " +
				"${id}_secret_${secret}. You specified: pi_mock_1_secret_2.",
		},
		{
			"mode beside a client secret",
			"stripe.elements({clientSecret: 'pi_1_secret_2', mode: 'payment'})",
			"you cannot specify both clientSecret and mode",
		},
		{
			"an unknown theme",
			"stripe.elements({appearance: {theme: 'dark'}})",
			"appearance.theme should be one of the following strings: stripe, night, flat. You specified: dark.",
		},
		{
			"an unknown element",
			group + ".create('paymentElement')",
			"A valid Element name must be provided. Valid Elements are:",
		},
		{
			"an element that is left out",
			group + ".create('card')",
			"The card Element is not part of the offline sandbox.",
		},
		{
			"an address without mode",
			group + ".create('address')",
			"mode should be one of the following strings: shipping, billing",
		},
		{
			"an allowed country that is none",
			group + ".create('address', {mode: 'shipping', allowedCountries: ['XX']})",
			"allowedCountries should be an array of two-letter ISO country codes",
		},
		{
			"a required phone that is not asked for",
			group + ".create('address', {mode: 'shipping', validation: {phone: {required: 'always'}}})",
			"validation.phone.required needs fields.phone to be 'always'",
		},
		{
			"an unknown layout",
			group + ".create('payment', {layout: 'rows'})",
			"layout should be one of the following strings: tabs, accordion, auto. You specified: rows.",
		},
		{
			"a layout option of another type",
			group + ".create('payment', {layout: {type: 'accordion', spacedAccordionItems: 'yes'}})",
			"layout.spacedAccordionItems should be a boolean. You specified: yes.",
		},
		{
			"unknown radios",
			group + ".create('payment', {layout: {type: 'accordion', radios: 'some'}})",
			"layout.radios should be one of the following strings: always, auto, if_multiple, " +
				"never. You specified: some.",
		},
		{
			"a negative count of items",
			group + ".create('payment', {layout: {type: 'accordion', visibleAccordionItemsCount: -1}})",
			"layout.visibleAccordionItemsCount should be an integer that is not negative",
		},
		{
			"an unknown setting of terms",
			group + ".create('payment', {terms: {card: 'yes'}})",
			"terms.card should be one of the following strings: auto, always, never. You specified: yes.",
		},
		{
			"an unknown setting of a wallet",
			group + ".create('payment', {wallets: {applePay: 'always'}})",
			"wallets.applePay should be one of the following strings: auto, never. You specified: always.",
		},
		{
			"a business without a name",
			group + ".create('payment', {business: 'Tea House'})",
			"business.name should be a string",
		},
		{
			"an unknown use",
			"stripe.elements({mode: 'payment', amount: 1, currency: 'eur', setupFutureUsage: 'later'})",
			"Invalid value for elements(): setupFutureUsage should be one of the following " +
				"strings: off_session, on_session. You specified: later.",
		},
		{
			"an unknown capture method",
			"stripe.elements({mode: 'payment', amount: 1, currency: 'eur', captureMethod: 'later'})",
			"captureMethod should be one of the following strings: automatic, automatic_async, manual.",
		},
		{
			"an unknown creation",
			"stripe.elements({mode: 'payment', amount: 1, currency: 'eur', paymentMethodCreation: 'automatic'})",
			"paymentMethodCreation should be one of the following strings: manual.",
		},
		{
			"no payment method type",
			"stripe.elements({mode: 'payment', amount: 1, currency: 'eur', paymentMethodTypes: []})",
			"paymentMethodTypes should be a non-empty array of strings",
		},
		{
			"types and a configuration",
			"stripe.elements({mode: 'payment', amount: 1, currency: 'eur', paymentMethodTypes: " +
				"['card'], paymentMethodConfiguration: 'pmc_1'})",
			"you cannot specify both paymentMethodTypes and paymentMethodConfiguration.",
		},
		{
			"a recollection of the code that is no boolean",
			"stripe.elements({mode: 'payment', amount: 1, currency: 'eur', paymentMethodOptions: " +
				"{card: {require_cvc_recollection: 'yes'}}})",
			"paymentMethodOptions.card.require_cvc_recollection should be a boolean",
		},
		{
			"an unknown verification",
			"stripe.elements({mode: 'payment', amount: 1, currency: 'usd', paymentMethodOptions: " +
				"{us_bank_account: {verification_method: 'fast'}}})",
			"paymentMethodOptions.us_bank_account.verification_method should be one of the " +
				"following strings: automatic, instant, microdeposits.",
		},
		{
			"installments of a setup",
			"stripe.elements({mode: 'setup', currency: 'mxn', paymentMethodTypes: ['card'], " +
				"paymentMethodOptions: {card: {installments: {enabled: true}}}})",
			"mode should be 'payment' when paymentMethodOptions.card.installments.enabled is true.",
		},
		{
			"installments without types",
			"stripe.elements({mode: 'payment', amount: 1, currency: 'mxn', paymentMethodOptions: " +
				"{card: {installments: {enabled: true}}}})",
			"paymentMethodTypes has to be given when paymentMethodOptions.card.installments.enabled is true.",
		},
		{
			"installments with manual creation",
			"stripe.elements({mode: 'payment', amount: 1, currency: 'mxn', paymentMethodTypes: " +
				"['card'], paymentMethodCreation: 'manual', paymentMethodOptions: {card: " +
				"{installments: {enabled: true}}}})",
			"paymentMethodCreation cannot be 'manual' when paymentMethodOptions.card.installments.enabled is true.",
		},
		{
			"unknown labels",
			"stripe.elements({appearance: {labels: 'below'}})",
			"appearance.labels should be one of the following strings: above, floating. You specified: below.",
		},
		{
			"an update to an unknown use",
			group + ".update({setupFutureUsage: 'later'})",
			"Invalid value for elements.update(): setupFutureUsage",
		},
		{
			"a payment method without manual creation",
			"stripe.createPaymentMethod({elements: " + group + "})",
			"stripe.createPaymentMethod() needs paymentMethodCreation: 'manual' among the options of elements().",
		},
		{
			"two payment elements in one group",
			"(() => { const g = " + group + "; g.create('payment'); g.create('payment'); })()",
			"Can only create one Element of type payment",
		},
		{
			"mount without a target",
			group + ".create('payment').mount()",
			"Missing argument. Make sure to call mount() with a valid DOM element or selector.",
		},
		{
			"mount on nothing",
			group + ".create('payment').mount('#none')",
			"The selector you specified (#none) applies to no DOM elements that are currently on the page.",
		},
		{
			"mount twice",
			"(() => { const el = " + group +
				".create('payment'); el.mount('#element'); el.mount('#element'); el.mount('#other'); })()",
			"This Element is already mounted. Use `unmount()` to unmount the Element before re-mounting.",
		},
		{
			"use after destroy",
			"(() => { const el = " + group + ".create('payment'); el.destroy(); el.mount('#other'); })()",
			"This Element has already been destroyed. Please create a new one.",
		},
		{"a handler that is none", group + ".create('payment').on('change', 'x')", "handler should be a function"},
		{"an update to a wrong mode", group + ".update({mode: 'x'})", "Invalid value for elements.update(): mode"},
		{"submit with nothing mounted", group + ".submit()", "elements.submit() needs a mounted Element"},
		{
			"a token without elements",
			"stripe.createConfirmationToken({})",
			"Invalid value for stripe.createConfirmationToken(): elements should be an Elements object.",
		},
		{
			"a token without a mounted element",
			"stripe.createConfirmationToken({elements: " + group + "})",
			"elements should have a mounted Payment Element or Express Checkout Element.",
		},
		{
			"a confirmation without a return URL",
			"stripe.confirmPayment({elements: " + group + ", clientSecret: 'pi_1_secret_2'})",
			"confirmParams.return_url is required unless redirect is 'if_required'",
		},
		{
			"a confirmation without a secret",
			"stripe.confirmPayment({elements: " + group + "})",
			"clientSecret should be a client secret",
		},
		{
			"a method that is left out",
			"stripe.createToken()",
			"stripe.createToken() is not part of the offline sandbox.",
		},
		{"app info without a name", "stripe.registerAppInfo({})", "name should be a string"},
	}
	for _, c := range cases {
		got := s.text(fmt.Sprintf("failure(() => %s)", c.js))
		if !strings.HasPrefix(got, "IntegrationError: ") || !strings.Contains(got, c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestOrderOfCalls(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("a token before submit is a mistake, also after an update", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), deferred, "{}")

		s.fillCard("4242424242424242")
		const early = `"IntegrationError: elements.submit() must be called before stripe.createConfirmationToken()."`
		s.want("failure(() => stripe.createConfirmationToken({elements})).then((text) => text.split('\\n')[0])", early)
		s.want("elements.submit()", `{"selectedPaymentMethod":"card"}`)

		s.run("elements.update({amount: 1200})")
		s.want("failure(() => stripe.createConfirmationToken({elements})).then((text) => text.split('\\n')[0])", early)

		if n := len(s.wire.calls("POST /v1/confirmation_tokens")); n != 0 {
			t.Errorf("%d tokens were made", n)
		}
	})

	t.Run("a refused card is an error and no token", func(t *testing.T) {
		w := newWire(t)
		w.answers["POST /v1/confirmation_tokens"] = answer{
			402,
			stripeError("card_error", "invalid_expiry_year", "Your card's expiration year is invalid."),
		}
		s := newShop(t, tab, w, deferred, "{}")

		s.fillCard("4242424242424242")
		s.want("elements.submit().then(() => stripe.createConfirmationToken({elements}))",
			`{"error":{"code":"invalid_expiry_year","message":"Your card's expiration year is `+
				`invalid.","type":"card_error"}}`)
	})

	t.Run("details that the page collects itself have to be passed", func(t *testing.T) {
		w := newWire(t)
		w.offer("US", "card")
		s := newShop(
			t,
			tab,
			w,
			deferred,
			"{fields: {billingDetails: {address: {country: 'never', postalCode: 'never'}}}}",
		)

		s.want("[Boolean(inside('[name=country]')), Boolean(inside('[name=postal]'))]", "[false,false]")

		s.fillCard("4242424242424242")
		s.run("elements.submit()")
		s.want("failure(() => stripe.createConfirmationToken({elements})).then((text) => text.slice(0, 82))",
			`"IntegrationError: You specified \"never\" for fields.billing_details.address.country"`)

		s.run(
			"stripe.createConfirmationToken({elements, params: {payment_method_data: " +
				"{billing_details: {address: {country: 'US', postal_code: '94103'}}}}})",
		)
		s.wantForm(
			"POST /v1/confirmation_tokens",
			map[string]string{"payment_method_data[billing_details][address][postal_code]": "94103"},
		)
	})
}

func TestConfirmPayment(t *testing.T) {
	t.Parallel()

	w := newWire(t)
	w.intent("pi_1", "requires_payment_method", map[string]any{"setup_future_usage": "off_session"})
	w.answers["POST /v1/payment_intents/pi_1/confirm"] = answer{200, map[string]any{
		"id":     "pi_1",
		"object": "payment_intent",
		"status": "succeeded",
	}}

	s := newShop(t, browsertest.New(t), w, "{clientSecret: 'pi_1_secret_x'}", "{}")

	s.want("inside('.TermsText').textContent.includes('Tea House')", "true")

	w.intent("pi_1", "requires_payment_method", map[string]any{"setup_future_usage": "off_session", "amount": 1500})
	s.want("elements.fetchUpdates()", "{}")

	s.fillCard("4242424242424242")
	s.want("stripe.confirmPayment({elements, confirmParams: {return_url: 'https://shop.test/'}, "+
		"redirect: 'if_required'})",
		`{"paymentIntent":{"id":"pi_1","object":"payment_intent","status":"succeeded"}}`)
	s.wantForm("POST /v1/payment_intents/pi_1/confirm", map[string]string{
		"client_secret":                     "pi_1_secret_x",
		"payment_method_data[card][number]": "4242424242424242",
		"use_stripe_sdk":                    "true",
		"return_url":                        "https://shop.test/",
		"client_context[mode]":              "",
		"key":                               "pk_test_shop",
	})

	s.wantForm(
		"GET /v1/elements/sessions",
		map[string]string{"deferred_intent[amount]": "1500", "deferred_intent[setup_future_usage]": "off_session"},
	)
}

// TestOtherIntent checks that an intent that differs from what the buyer saw is
// refused before it is confirmed.
func TestOtherIntent(t *testing.T) {
	t.Parallel()

	w := newWire(t)
	s := openShop(t, browsertest.New(t), w, "/v3/stripe.js")

	w.answers["POST /v1/payment_intents/pi_1/confirm"] = answer{200, map[string]any{
		"id":     "pi_1",
		"object": "payment_intent",
		"status": "succeeded",
	}}

	const mismatch = "Try confirming with a Payment Intent that is configured to use the same parameters " +
		"as Stripe Elements."
	for _, c := range []struct {
		group  string
		intent map[string]any
		want   string // nothing when it fits
	}{
		{"{mode: 'payment', amount: 1099, currency: 'eur'}", nil, ""},
		{
			"{mode: 'payment', amount: 1099, currency: 'eur', captureMethod: 'automatic'}",
			map[string]any{"capture_method": "automatic_async"},
			"",
		},
		{
			"{mode: 'subscription', amount: 1099, currency: 'eur'}",
			map[string]any{"setup_future_usage": "off_session"},
			"",
		},
		{
			"{mode: 'payment', amount: 999, currency: 'eur'}",
			nil,
			"The provided amount (999) does not match the expected amount (1099).",
		},
		{
			"{mode: 'payment', amount: 1099, currency: 'usd'}",
			nil,
			"The provided currency (usd) does not match the expected currency (eur).",
		},
		{
			"{mode: 'payment', amount: 1099, currency: 'eur', setupFutureUsage: 'off_session'}",
			nil,
			"The provided setup_future_usage (off_session) does not match the expected setup_future_usage (null).",
		},
		{
			"{mode: 'payment', amount: 1099, currency: 'eur'}",
			map[string]any{"capture_method": "manual"},
			"The provided capture_method (automatic) does not match the expected capture_method (manual).",
		},
		{
			"{mode: 'setup', currency: 'eur'}",
			nil,
			"The provided mode (setup) does not match the expected mode (payment).",
		},
	} {
		w.intent("pi_1", "requires_payment_method", c.intent)
		s.boot(c.group, "{}", "payment")
		s.fillCard("4242424242424242")
		got := s.text(
			"elements.submit().then(() => stripe.confirmPayment({elements, clientSecret: " +
				"'pi_1_secret_x', redirect: 'if_required'})).then((r) => r.error?.message ?? '')",
		)

		want := c.want
		if want != "" {
			want += " " + mismatch
		}

		if got != want {
			t.Errorf("%s with %v:\n got %s\nwant %s", c.group, c.intent, got, want)
		}
	}

	if n := len(w.calls("POST /v1/payment_intents/pi_1/confirm")); n != 3 {
		t.Errorf("%d intents were confirmed, want 3", n)
	}
}
