package stripejs_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/sandbox/stripejs"
	"checkoutd/internal/testhost"
)

// newSandbox starts the real offline Stripe with the stand-in's files.
func newSandbox(t *testing.T) *httptest.Server {
	t.Helper()

	srv, err := sandbox.New(sandbox.Config{
		Assets:       stripejs.FS,
		Manage:       true,
		DelayedAfter: -1,
		BusinessName: "Tea House",
		Country:      "FR",
	})
	if err != nil {
		t.Fatal(err)
	}

	site := httptest.NewServer(srv)
	t.Cleanup(func() {
		site.Close()
		ctx, cancel := context.WithTimeout(context.Background(), testhost.Patience)
		defer cancel()

		if err := srv.Close(ctx); err != nil {
			t.Error(err)
		}
	})

	return site
}

// secretCall sends a request with the shop's secret key.
func secretCall(t *testing.T, base, path string, form url.Values) map[string]any {
	t.Helper()
	return secretRequest(t, http.MethodPost, base, path, form)
}

// secretRequest sends a request of the shop's server, for a connected account
// if one is named, and returns the response.
func secretRequest(
	t *testing.T,
	method, base, path string,
	form url.Values,
	account ...string,
) map[string]any {
	t.Helper()

	req, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}

	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer sk_test_sandboxshop")
	if len(account) > 0 {
		req.Header.Set("Stripe-Account", account[0])
	}

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}

	defer func() { _ = res.Body.Close() }()

	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}

	return out
}

// openReal mounts a payment element against the real sandbox.
func openReal(t *testing.T, tab context.Context, base, elementsOptions string) *shop {
	t.Helper()
	s := openShop(t, tab, &wire{Server: &httptest.Server{URL: base}}, "/v3/stripe.js")
	s.boot(elementsOptions, "{}", "payment")
	s.want("last('loaderror')", "null")
	return s
}

// token submits the element and returns the ID of its confirmation token.
func (s *shop) token() string {
	s.t.Helper()
	return s.text(
		"elements.submit().then((r) => r.error?.message ?? " +
			"stripe.createConfirmationToken({elements, params: {return_url: location.origin + " +
			"'/complete'}}).then((r) => r.confirmationToken?.id ?? JSON.stringify(r.error)))",
	)
}

func confirm(t *testing.T, base, token string, more url.Values) map[string]any {
	t.Helper()

	form := url.Values{
		"amount":                             {"1099"},
		"currency":                           {"eur"},
		"confirm":                            {"true"},
		"confirmation_token":                 {token},
		"automatic_payment_methods[enabled]": {"true"},
	}

	for key, value := range more {
		form[key] = value
	}

	return secretCall(t, base, "/v1/payment_intents", form)
}

// TestAgainstSandbox drives the stand-in and the real offline Stripe together.
func TestAgainstSandbox(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("a card is paid", func(t *testing.T) {
		base := newSandbox(t).URL
		s := openReal(t, tab, base, deferred)
		s.fillCard("4242424242424242")

		if got := confirm(t, base, s.token(), nil)["status"]; got != "succeeded" {
			t.Errorf("got %v, want succeeded", got)
		}
	})

	for _, c := range []struct{ name, card, button, want string }{
		{"3D Secure passed is paid", "4000002500003155", "#pass", `["succeeded",null]`},
		{"3D Secure failed is an error", "4000002500003155", "#fail", `[null,"payment_intent_authentication_failure"]`},
		{"3D Secure passed and then declined is the decline", "4000008400001629", "#pass", `[null,"card_declined"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := newSandbox(t).URL
			s := openReal(t, tab, base, deferred)

			s.fillCard(c.card)

			intent := confirm(t, base, s.token(), nil)
			if intent["status"] != "requires_action" {
				t.Fatalf("got %v, want requires_action", intent)
			}

			s.run(
				"stripe.handleNextAction({clientSecret: '" + intent["client_secret"].(string) +
					"'}).then((result) => { window.handled = result; }) && null",
			)
			s.do(chromedp.Click(chromedp.CSS(c.button), chromedp.FromNode(s.challengePage())))
			s.eventually("window.handled")
			s.want("[handled.paymentIntent?.status, handled.error?.code]", c.want)
		})
	}

	t.Run("iDEAL redirects and comes back paid", func(t *testing.T) {
		base := newSandbox(t).URL
		s := openReal(t, tab, base, deferred)

		s.do(chromedp.Click(inside("[data-method=ideal]")))
		intent := confirm(t, base, s.token(), nil)
		secret := intent["client_secret"].(string)
		s.run("stripe.handleNextAction({clientSecret: '" + secret + "'}) && null")
		s.arrive("#pass")
		s.eventually(
			"document.querySelector('h1').textContent === 'iDEAL test payment page' && " +
				"document.querySelector('#amount').textContent === '€10.99'",
		)

		s.run("document.querySelector('#pass').click()")
		s.arrive("#element")
		s.want("[location.pathname, new URLSearchParams(location.search).get('redirect_status'), "+
			"new URLSearchParams(location.search).get('payment_intent_client_secret')]",
			`["/complete","succeeded","`+secret+`"]`)
		s.want(
			"Stripe('pk_test_shop').retrievePaymentIntent('"+secret+"').then((r) => r.paymentIntent.status)",
			`"succeeded"`,
		)
	})

	t.Run("a SEPA debit is processing", func(t *testing.T) {
		base := newSandbox(t).URL
		s := openReal(t, tab, base, deferred)

		s.do(chromedp.Click(inside("[data-method=sepa_debit]")))
		s.typeIn("iban", "AT321904300235473204")
		s.typeIn("name", "Jenny Rosen")
		s.typeIn("email", "jenny@example.com")

		if got := confirm(t, base, s.token(), nil)["status"]; got != "processing" {
			t.Errorf("got %v, want processing", got)
		}
	})

	t.Run("a saved card is offered again, paid with, and removed", func(t *testing.T) {
		base := newSandbox(t).URL
		customer := secretCall(t, base, "/v1/customers", url.Values{"name": {"Jenny"}})["id"].(string)
		session := func() string {
			feature := "components[payment_element][features][payment_method_"
			secret := secretCall(t, base, "/v1/customer_sessions", url.Values{
				"customer":                             {customer},
				"components[payment_element][enabled]": {"true"},
				feature + "redisplay]":                 {"enabled"},
				feature + "save]":                      {"enabled"},
				feature + "save_usage]":                {"off_session"},
				feature + "remove]":                    {"enabled"},
			})["client_secret"].(string)

			return "{mode: 'payment', amount: 1099, currency: 'eur', customerSessionClientSecret: '" + secret + "'}"
		}

		s := openReal(t, tab, base, session())

		s.fillCard("4242424242424242")
		s.do(chromedp.Click(inside("[name=save]")))

		if got := confirm(t, base, s.token(), url.Values{"customer": {customer}})["status"]; got != "succeeded" {
			t.Fatalf("got %v, want succeeded", got)
		}

		s = openReal(t, tab, base, session())

		s.want("last('change').value.payment_method?.type", `"card"`)

		if got := confirm(t, base, s.token(), url.Values{"customer": {customer}})["status"]; got != "succeeded" {
			t.Errorf("got %v, want succeeded", got)
		}

		s.do(chromedp.Click(inside("[data-remove]")), chromedp.Click(inside("[data-confirm-remove]")))
		s.eventually("last('savedpaymentmethodremove')")
		s.want("last('savedpaymentmethodremove').success", "true")
	})

	t.Run("a setup with a client secret is confirmed in the browser", func(t *testing.T) {
		base := newSandbox(t).URL
		secret := secretCall(
			t,
			base,
			"/v1/setup_intents",
			url.Values{"payment_method_types[]": {"card"}},
		)["client_secret"].(string)
		s := openReal(t, tab, base, "{clientSecret: '"+secret+"'}")

		s.fillCard("4242424242424242")
		s.want(
			"stripe.confirmSetup({elements, redirect: 'if_required'}).then((r) => r.setupIntent?.status ?? r)",
			`"succeeded"`,
		)
	})
}
