package stripejs_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/testhost"
)

const handled = "[window.handled?.error?.code, window.handled?.error?.payment_intent?.status, " +
	"window.handled?.paymentIntent?.status]"

// startChallenge opens the dialog of pi_1 from the pay button and waits for its
// page.
func startChallenge(t *testing.T, s *shop) *chromedp.Node {
	t.Helper()
	s.run("document.querySelector('#pay').focus()")
	s.run(
		"stripe.handleNextAction({clientSecret: 'pi_1_secret_x'}).then((result) => { " +
			"window.handled = result; }) && null",
	)
	return s.challengePage()
}

// challengePage returns the frame of the dialog as soon as its page can be
// clicked.
func (s *shop) challengePage() *chromedp.Node {
	s.t.Helper()

	ctx, cancel := context.WithTimeout(s.ctx, testhost.Patience)
	defer cancel()
	frame, err := browsertest.Frame(
		ctx,
		chromedp.JSPath(
			"document.querySelector('[data-stripe-dialog]')?.shadowRoot.querySelector('iframe[data-loaded]')",
		),
		"#pass",
	)
	if err != nil {
		s.t.Fatal(err)
	}

	return frame
}

// size returns a measure of the frame's document in CSS pixels.
func (s *shop) size(frame *chromedp.Node, property string) float64 {
	s.t.Helper()
	size, err := chromedp.Run(
		s.ctx,
		chromedp.JavascriptAttribute[float64](chromedp.CSS("html"), property, chromedp.FromNode(frame)),
	)
	if err != nil {
		s.t.Fatal(err)
	}
	return size
}

func newChallenge(t *testing.T, tab context.Context) *shop {
	t.Helper()
	w := newWire(t)
	w.intent("pi_1", "requires_action", w.challengeFor("pi_1"))
	s := openShop(t, tab, w, "/v3/stripe.js")
	s.run("window.stripe = Stripe('pk_test_shop')")
	return s
}

func TestHandleNextAction(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("a passed challenge returns the paid intent and the focus", func(t *testing.T) {
		s := newChallenge(t, tab)

		frame := startChallenge(t, s)
		s.want(
			"document.querySelector('[data-stripe-dialog]').shadowRoot.querySelector('dialog').matches(':modal')",
			"true",
		)
		s.want("document.querySelector('[data-stripe-dialog]').shadowRoot.activeElement.title", `"Verify your payment"`)
		s.picture("3ds-1280")

		s.do(browsertest.Viewport(320, 640), browsertest.Dark(true))
		s.picture("3ds-320-dark")

		if seen, all := s.size(frame, "clientHeight"), s.size(frame, "scrollHeight"); all > seen {
			t.Errorf("the page is %v high and %v of it are in view: a button may be out of sight", all, seen)
		}

		s.do(chromedp.Click(chromedp.CSS("#pass"), chromedp.FromNode(frame)))
		s.eventually("window.handled")
		s.want(handled, `[null,null,"succeeded"]`)
		s.want("document.querySelector('[data-stripe-dialog]')", "null")
		s.want("document.activeElement.id", `"pay"`)
		s.wantForm("POST /3ds/pi_1", map[string]string{"outcome": "pass", "client_secret": "pi_1_secret_x"})
	})

	t.Run("a failed challenge is an error with the intent in it", func(t *testing.T) {
		s := newChallenge(t, tab)

		frame := startChallenge(t, s)
		s.do(chromedp.Click(chromedp.CSS("#fail"), chromedp.FromNode(frame)))
		s.eventually("window.handled")
		s.want(handled, `["payment_intent_authentication_failure","requires_payment_method",null]`)
		s.want(
			"handled.error.message",
			`"We are unable to authenticate your payment method. Please choose a different `+
				`payment method and try again."`,
		)
	})

	for name, dismiss := range map[string]func(*shop){
		"closing the dialog fails the challenge": func(s *shop) {
			s.do(
				chromedp.Click(
					chromedp.JSPath(
						"document.querySelector('[data-stripe-dialog]').shadowRoot.querySelector('[data-action=close]')",
					),
				),
			)
		},
		"Escape inside the challenge page fails it": func(s *shop) { s.do(chromedp.KeyEvent(kb.Escape)) },
		"Escape on the dialog's own button fails it": func(s *shop) {
			s.run(
				"document.querySelector('[data-stripe-dialog]').shadowRoot.querySelector('[data-action=close]').focus()",
			)
			s.do(chromedp.KeyEvent(kb.Escape))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newChallenge(t, tab)
			startChallenge(t, s)
			dismiss(s)
			s.eventually("window.handled")
			s.want(handled, `["payment_intent_authentication_failure","requires_payment_method",null]`)
			s.wantForm("POST /3ds/pi_1", map[string]string{"outcome": "fail"})
		})
	}

	t.Run("a message from elsewhere does not end the challenge", func(t *testing.T) {
		s := newChallenge(t, tab)
		startChallenge(t, s)
		s.run(
			"new Promise((resolve) => { addEventListener('message', resolve, {once: true}); " +
				"postMessage({type: 'stripe-3ds-complete'}, '*'); })",
		)
		s.want("Boolean(document.querySelector('[data-stripe-dialog]'))", "true")
	})

	t.Run("an intent in another state is a mistake of the page", func(t *testing.T) {
		w := newWire(t)
		w.intent("pi_1", "succeeded", nil)
		s := openShop(t, tab, w, "/v3/stripe.js")
		s.want("failure(() => Stripe('pk_test_shop').handleNextAction({clientSecret: 'pi_1_secret_x'}))",
			`"IntegrationError: handleNextAction: The PaymentIntent supplied is not in the requires_action state."`)
	})

	t.Run("a redirect leaves the page and comes back with the outcome", func(t *testing.T) {
		for outcome, want := range map[string]string{"pass": "succeeded", "fail": "failed"} {
			w := newWire(t)
			s := openShop(t, tab, w, "/v3/stripe.js")

			w.intent("pi_2", "requires_action", map[string]any{
				"payment_method_types": []string{"ideal"},
				"next_action": map[string]any{"type": "redirect_to_url", "redirect_to_url": map[string]any{
					"url": w.URL +
						"/redirect/pi_2?client_secret=pi_2_secret_x", "return_url": s.url + "/complete?order=1",
				}},
			})

			s.run("Stripe('pk_test_shop').handleNextAction({clientSecret: 'pi_2_secret_x'}) && null")
			s.arrive("#pass")
			s.want("document.querySelector('#reference').textContent", `"pi_2"`)
			s.picture("redirect-1280")

			s.run("document.querySelector('#" + outcome + "').click()")
			s.arrive("#element")
			s.want(
				"location.pathname + location.search",
				`"/complete?order=1&payment_intent=pi_2&payment_intent_client_secret=pi_2_secret_x&redirect_status=`+
					want+
					`"`,
			)
		}
	})
}

// speak makes the tab request pages in a language, as its settings would.
func (s *shop) speak(language string) {
	s.t.Helper()

	agent := s.text("navigator.userAgent")
	s.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(
			ctx,
			target,
			emulation.SetUserAgentOverride,
			emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: language},
		)
		return err
	}))
}

func TestFrenchPages(t *testing.T) {
	t.Parallel()

	w := newWire(t)
	w.intent("pi_1", "requires_action", map[string]any{"payment_method": map[string]any{"type": "ideal"}})
	s := openShop(t, browsertest.New(t), w, "/v3/stripe.js")

	const page = "[document.documentElement.lang, document.title, " +
		"document.querySelector('h1').textContent, " +
		"document.querySelector('#pass').textContent, " +
		"document.querySelector('#amount').textContent.replace(/\\s/g, ' ')]"
	const untranslated = "fetch(location).then((r) => r.text()).then((text) => { const before = [...new " +
		"DOMParser().parseFromString(text, 'text/html').querySelectorAll('[data-text]')];" +
		"return before.map((node) => node.textContent).filter((text, i) => text === " +
		"document.querySelectorAll('[data-text]')[i].textContent); })"
	for _, c := range []struct{ language, path, want string }{
		{
			"fr-FR",
			"/3ds/",
			`["fr","3D Secure — bac à sable hors ligne","Page de test 3D Secure 2","Réussir ` +
				`l'authentification","10,99 €"]`,
		},
		{
			"fr-CA",
			"/redirect/",
			`["fr","Page de paiement de test — bac à sable hors ligne","iDEAL : page de ` +
				`paiement de test","Autoriser le paiement de test","10,99 €"]`,
		},
		{
			"de-DE",
			"/redirect/",
			`["en","Test payment page — offline sandbox","iDEAL test payment page","Authorize test payment","10,99 €"]`,
		},
	} {
		s.speak(c.language)
		s.do(chromedp.Navigate(w.URL + c.path + "pi_1?client_secret=pi_1_secret_x"))
		s.eventually("document.querySelector('#amount').textContent !== '…'")
		s.want(page, c.want)

		if c.language != "de-DE" {
			s.want(untranslated, "[]")
		}
	}

	s.speak("fr-FR")
	s.do(chromedp.Navigate(w.URL + "/3ds/pi_2?client_secret=pi_2_secret_x"))
	s.do(chromedp.Click(chromedp.CSS("#pass")))
	s.eventually(
		"document.querySelector('#problem').textContent === \"Cela n'a pas fonctionné : No " +
			"such intent. Veuillez réessayer.\"",
	)
}

// For some currencies browsers have other decimals than Stripe. A page must not
// show a hundredfold price.
func TestPagesWriteAmountsAsStripeCountsThem(t *testing.T) {
	t.Parallel()

	w := newWire(t)
	s := openShop(t, browsertest.New(t), w, "/v3/stripe.js")

	s.speak("en-US")

	for currency, c := range map[string]struct {
		amount int
		want   string
	}{
		"isk": {50000, "ISK 500"},
		"ugx": {500000, "UGX 5,000"},
		"kwd": {5010, "KWD 5.010"},
		"mga": {5000, "MGA 5,000"},
		"huf": {20050, "HUF 200.50"},
		"afn": {5050, "AFN 50.50"},
	} {
		w.intent("pi_"+currency, "requires_action", map[string]any{
			"amount":         c.amount,
			"currency":       currency,
			"payment_method": map[string]any{"type": "amazon_pay"},
		})

		s.do(chromedp.Navigate(w.URL + "/redirect/pi_" + currency + "?client_secret=pi_" + currency + "_secret_x"))
		s.eventually("document.querySelector('#amount').textContent !== '…'")
		s.want(
			`[document.querySelector('#amount').textContent.replace(/\s/g, ' '), `+
				`document.querySelector('#method').textContent]`,
			`["`+c.want+`","Amazon Pay"]`,
		)
	}
}

func TestRetrieve(t *testing.T) {
	t.Parallel()

	w := newWire(t)
	w.intent("pi_1", "succeeded", nil)
	w.intent("seti_1", "succeeded", map[string]any{"object": "setup_intent"})
	w.answers["GET /v1/payment_intents/pi_9"] = answer{
		http.StatusNotFound,
		stripeError("invalid_request_error", "resource_missing", "No such payment_intent: 'pi_9'"),
	}
	s := openShop(t, browsertest.New(t), w, "/v3/stripe.js")

	s.run("window.stripe = Stripe('pk_test_shop')")
	s.want(
		"stripe.retrievePaymentIntent('pi_1_secret_x').then((r) => [Object.keys(r), r.paymentIntent.id])",
		`[["paymentIntent"],"pi_1"]`,
	)
	s.want(
		"stripe.retrieveSetupIntent('seti_1_secret_x').then((r) => [Object.keys(r), r.setupIntent.id])",
		`[["setupIntent"],"seti_1"]`,
	)
	s.want(
		"stripe.retrievePaymentIntent('pi_9_secret_x')",
		`{"error":{"code":"resource_missing","message":"No such payment_intent: `+
			`'pi_9'","type":"invalid_request_error"}}`,
	)
	s.want("failure(() => stripe.retrievePaymentIntent('nonsense'))",
		`"IntegrationError: Invalid value for stripe.retrievePaymentIntent(): intent secret `+
			`should be a client secret of the form ${id}_secret_${secret}. You specified: `+
			`nonsense."`)

	w.Close()
	s.want("stripe.retrievePaymentIntent('pi_1_secret_x').then((r) => r.error.type)", `"api_connection_error"`)
}
