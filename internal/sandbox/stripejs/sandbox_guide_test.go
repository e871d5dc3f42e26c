package stripejs_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
)

// openOn opens a shop on the real sandbox, without an element.
func openOn(t *testing.T, tab context.Context, base string) *shop {
	t.Helper()
	return openShop(t, tab, &wire{Server: &httptest.Server{URL: base}}, "/v3/stripe.js")
}

// dig returns the value at a path in decoded JSON.
func dig(object map[string]any, names ...string) any {
	var value any = object
	for _, name := range names {
		inner, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = inner[name]
	}
	return value
}

// get reads an object with the shop's secret key.
func get(t *testing.T, base, path string) map[string]any {
	t.Helper()
	return secretRequest(t, http.MethodGet, base, path, nil)
}

// payWith pays with a wallet and returns once the page has received the event.
func (s *shop) payWith(wallet string) {
	s.t.Helper()
	s.run("element.off('click') && null")
	s.openSheet(wallet)
	s.run("new Promise((resolve) => { element.on('confirm', resolve); sheet('[data-action=pay]').click(); })")
}

// TestGuideAgainstSandbox drives the optional parts of Stripe's guide with the
// real offline Stripe.
func TestGuideAgainstSandbox(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	for _, wallet := range []string{"paypal", "amazon_pay"} {
		t.Run(wallet+" redirects and comes back paid, with the sheet's shipping address", func(t *testing.T) {
			base := newSandbox(t).URL
			s := openOn(t, tab, base)

			s.boot(
				"{mode: 'payment', amount: 1099, currency: 'eur', paymentMethodTypes: ['card', "+
					"'paypal', 'amazon_pay']}",
				"{shippingAddressRequired: true, shippingRates: [{id: 'free', amount: 0, displayName: 'Free'}]}",
				"expressCheckout",
			)
			s.payWith(wallet)

			intent := secretCall(t, base, "/v1/payment_intents", url.Values{
				"amount":                 {"1099"},
				"currency":               {"eur"},
				"confirm":                {"true"},
				"confirmation_token":     {s.token()},
				"payment_method_types[]": {"card", "paypal", "amazon_pay"},
			})
			if intent["status"] != "requires_action" || dig(intent, "next_action", "type") != "redirect_to_url" {
				t.Fatalf("got %v, want a redirect", intent)
			}
			if got := dig(intent, "shipping", "address", "line1"); got != "510 Townsend St" {
				t.Errorf("got shipping %v, want the address of the sheet", intent["shipping"])
			}

			s.run("stripe.handleNextAction({clientSecret: '" + intent["client_secret"].(string) + "'}) && null")
			s.arrive("#pass")

			s.run("document.querySelector('#pass').click()")
			s.arrive("#element")
			s.want(
				"[location.pathname, new URLSearchParams(location.search).get('redirect_status')]",
				`["/complete","succeeded"]`,
			)

			if got := get(t, base, "/v1/payment_intents/"+intent["id"].(string))["status"]; got != "succeeded" {
				t.Errorf("got %v, want succeeded", got)
			}
		})
	}

	t.Run("Google Pay pays at once with the sheet's details", func(t *testing.T) {
		base := newSandbox(t).URL
		s := openOn(t, tab, base)
		s.boot(deferred, "{emailRequired: true, billingAddressRequired: true}", "expressCheckout")
		s.payWith("google_pay")

		intent := confirm(t, base, s.token(), url.Values{"expand[]": {"payment_method"}})
		if intent["status"] != "succeeded" || dig(intent, "payment_method", "billing_details", "email") != "jenny.rosen@example.com" {
			t.Errorf("got %v", intent)
		}
	})

	t.Run("a page that takes neither cards nor Link has no button to show", func(t *testing.T) {
		s := openOn(t, tab, newSandbox(t).URL)
		s.boot(
			"{mode: 'payment', amount: 1099, currency: 'eur', paymentMethodTypes: ['ideal', 'sepa_debit']}",
			"{paymentMethods: {applePay: 'always'}}",
			"expressCheckout",
		)
		s.want("last('ready')", `{"elementType":"expressCheckout"}`)
	})

	t.Run("addresses and e-mail of the elements are those of the payment", func(t *testing.T) {
		base := newSandbox(t).URL
		s := openOn(t, tab, base)

		s.mountAll(deferred, "linkAuthentication: {defaultValues: {email: 'jenny@example.com'}}",
			"address: {mode: 'shipping', fields: {phone: 'always'}, defaultValues: {name: 'Max "+
				"Muster', phone: '+4930123456', address: {line1: 'Unter den Linden 1', city: "+
				"'Berlin', postal_code: '10117', country: 'DE'}}}",
			"address: {mode: 'billing', defaultValues: {name: 'Jenny Rosen', address: {line1: "+
				"'510 Townsend St', city: 'San Francisco', state: 'CA', postal_code: '94103', "+
				"country: 'US'}}}", "payment: {}")
		s.fillCard("4242424242424242")

		intent := confirm(t, base, s.token(), url.Values{"expand[]": {"payment_method"}})
		for want, got := range map[string]any{
			"succeeded":         intent["status"],
			"Max Muster":        dig(intent, "shipping", "name"),
			"+4930123456":       dig(intent, "shipping", "phone"),
			"10117":             dig(intent, "shipping", "address", "postal_code"),
			"jenny@example.com": dig(intent, "payment_method", "billing_details", "email"),
			"94103":             dig(intent, "payment_method", "billing_details", "address", "postal_code"),
		} {
			if got != want {
				t.Errorf("got %v, want %s", got, want)
			}
		}
	})

	for _, c := range []struct{ name, card, status string }{
		{"a setup is confirmed on the server", "4242424242424242", "succeeded"},
		{"a setup asks the buyer's bank", "4000002500003155", "requires_action"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := newSandbox(t).URL
			customer := secretCall(t, base, "/v1/customers", url.Values{"name": {"Jenny"}})["id"].(string)
			s := openReal(t, tab, base, "{mode: 'setup', currency: 'eur'}")

			s.fillCard(c.card)

			intent := secretCall(t, base, "/v1/setup_intents", url.Values{
				"customer":                           {customer},
				"confirm":                            {"true"},
				"confirmation_token":                 {s.token()},
				"usage":                              {"off_session"},
				"automatic_payment_methods[enabled]": {"true"},
			})
			if intent["status"] != c.status {
				t.Fatalf("got %v, want %s", intent, c.status)
			}

			if c.status == "requires_action" {
				s.run(
					"stripe.handleNextAction({clientSecret: '" + intent["client_secret"].(string) +
						"'}).then((result) => { window.handled = result; }) && null",
				)
				s.do(chromedp.Click(chromedp.CSS("#pass"), chromedp.FromNode(s.challengePage())))
				s.eventually("window.handled")
				s.want("handled.setupIntent?.status", `"succeeded"`)
			}

			methods := get(t, base, "/v1/payment_methods?customer="+customer)["data"].([]any)
			if len(methods) != 1 || methods[0].(map[string]any)["allow_redisplay"] != "limited" {
				t.Errorf("got %v, want one saved card", methods)
			}
		})
	}

	t.Run("the first payment of a subscription is confirmed from the token", func(t *testing.T) {
		base := newSandbox(t).URL
		customer := secretCall(t, base, "/v1/customers", url.Values{"name": {"Jenny"}})["id"].(string)
		price := secretCall(t, base, "/v1/prices", url.Values{
			"currency":            {"eur"},
			"unit_amount":         {"1099"},
			"recurring[interval]": {"month"},
			"product_data[name]":  {"Tea club"},
		})["id"].(string)

		s := openReal(t, tab, base, "{mode: 'subscription', amount: 1099, currency: 'eur'}")

		s.fillCard("4242424242424242")
		token := s.token()
		subscription := secretCall(t, base, "/v1/subscriptions", url.Values{
			"customer":         {customer},
			"items[0][price]":  {price},
			"payment_behavior": {"default_incomplete"},
			"expand[]":         {"latest_invoice.payment_intent"},
		})

		id, ok := dig(subscription, "latest_invoice", "payment_intent", "id").(string)
		if !ok {
			t.Fatalf("got %v, want an intent to confirm", subscription)
		}
		if got := secretCall(t, base, "/v1/payment_intents/"+id+
			"/confirm", url.Values{"confirmation_token": {token}}); got["status"] != "succeeded" {
			t.Fatalf("got %v, want succeeded", got)
		}
		if got := get(t, base, "/v1/subscriptions/"+subscription["id"].(string))["status"]; got != "active" {
			t.Errorf("got %v, want active", got)
		}
	})

	t.Run("the code of a saved card is sent where the payment wants it", func(t *testing.T) {
		base := newSandbox(t).URL
		customer := secretCall(
			t,
			base,
			"/v1/customers",
			url.Values{"name": {"Jenny"}, "payment_method": {"pm_card_visa"}},
		)["id"].(string)
		method := get(
			t,
			base,
			"/v1/payment_methods?customer="+customer,
		)["data"].([]any)[0].(map[string]any)["id"].(string)
		secretCall(t, base, "/v1/payment_methods/"+method, url.Values{"allow_redisplay": {"always"}})
		const feature = "components[payment_element][features][payment_method_redisplay]"
		secret := secretCall(t, base, "/v1/customer_sessions", url.Values{
			"customer":                             {customer},
			"components[payment_element][enabled]": {"true"},
			feature:                                {"enabled"},
		})["client_secret"].(string)

		s := openReal(
			t,
			tab,
			base,
			"{mode: 'payment', amount: 1099, currency: 'eur', customerSessionClientSecret: '"+secret+
				"', paymentMethodOptions: {card: {require_cvc_recollection: true}}}",
		)

		s.want("[last('change').complete, last('change').value.payment_method.id]", `[false,"`+method+`"]`)

		s.typeIn("cvc", "123")

		more := url.Values{"customer": {customer}, "payment_method_options[card][require_cvc_recollection]": {"true"}}
		if got := confirm(t, base, s.token(), more)["status"]; got != "succeeded" {
			t.Errorf("got %v, want succeeded", got)
		}
	})
}
