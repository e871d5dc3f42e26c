package stripejs_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/browsertest"
)

func newMany(t *testing.T, paymentOptions string) *shop {
	t.Helper()
	w := newWire(t)
	w.offer("DE", "card", "sepa_debit", "ideal", "klarna", "link", "blik", "acss_debit")
	return newShop(t, w, deferred, paymentOptions)
}

func TestLayouts(t *testing.T) {
	t.Parallel()

	t.Run("tabs move by arrow keys and keep what was typed", func(t *testing.T) {
		t.Parallel()
		s := newMany(t, "{layout: 'tabs'}")
		s.want("[...inside('[role=tablist]').children].map((tab) => tab.dataset.method)", `["card","sepa_debit","ideal","klarna"]`)
		s.typeIn("number", "4242")
		s.run("inside('[data-method=card]').focus()")
		s.do(chromedp.KeyEvent(kb.ArrowRight))
		s.want("inside('[data-method=sepa_debit]').getAttribute('aria-selected')", `"true"`)
		s.want("inside('[data-method=sepa_debit]').getRootNode().activeElement.dataset.method", `"sepa_debit"`)
		s.want("last('change').value", `{"type":"sepa_debit"}`)
		s.picture("tabs-sepa-1280")
		s.do(chromedp.KeyEvent(kb.End))
		s.want("last('change').value", `{"type":"klarna"}`)
		s.do(chromedp.KeyEvent(kb.ArrowRight))
		s.want("inside('[name=number]').value", `"4242"`)
		s.want("[...inside('[role=tablist]').children].map((tab) => tab.tabIndex)", "[0,-1,-1,-1]")
	})

	t.Run("an accordion is a radio group; collapsed it has no choice yet", func(t *testing.T) {
		t.Parallel()
		s := newMany(t, "{layout: {type: 'accordion', defaultCollapsed: true, radios: true, spacedAccordionItems: true, visibleAccordionItemsCount: 3}}")
		s.want("last('change')", `{"elementType":"payment","empty":true,"complete":false,"collapsed":true,"value":{"type":""}}`)
		s.want("elements.submit().then((r) => r.error.code)", `"incomplete_payment_method"`)
		s.want("inside('[data-method=klarna]').closest('.AccordionItem').hidden", "true")
		s.do(chromedp.Click(inside("[data-action=more]")))
		s.want("inside('[data-method=klarna]').closest('.AccordionItem').hidden", "false")
		s.do(chromedp.Click(inside("[data-method=ideal]")))
		s.want("last('change')", `{"elementType":"payment","empty":false,"complete":true,"collapsed":false,"value":{"type":"ideal"}}`)
		s.picture("accordion-1280")
		s.run("element.collapse()")
		s.want("last('change').collapsed", "true")
	})

	t.Run("the page's order of methods goes before the session's", func(t *testing.T) {
		t.Parallel()
		s := newMany(t, "{paymentMethodOrder: ['klarna', 'ideal', 'zip']}")
		s.want("[...inside('[role=tablist]').children].map((tab) => tab.dataset.method)", `["klarna","ideal","card","sepa_debit"]`)
	})

	t.Run("nothing is wider than a page of 280 pixels", func(t *testing.T) {
		t.Parallel()
		s := newMany(t, "{}")
		s.do(browsertest.Viewport(280, 700))
		s.want("document.documentElement.scrollWidth <= 280", "true")
		s.picture("tabs-280")
		s.run("element.update({layout: {type: 'accordion', radios: true}})")
		s.want("document.documentElement.scrollWidth <= 280", "true")
		s.picture("accordion-280")
	})
}

func TestOtherMethods(t *testing.T) {
	t.Parallel()

	t.Run("a SEPA debit takes IBAN, name and e-mail and gives a mandate", func(t *testing.T) {
		t.Parallel()
		s := newMany(t, "{defaultValues: {billingDetails: {name: 'Jenny Rosen'}}}")
		s.do(chromedp.Click(inside("[data-method=sepa_debit]")))
		s.typeIn("iban", "de89370400440532013001")
		s.want("elements.submit().then((r) => r.error.code)", `"invalid_iban"`)
		s.typeIn("iban", "\b0")
		s.want("inside('[name=iban]').value", `"DE89 3704 0044 0532 0130 00"`)
		s.want("elements.submit().then((r) => r.error.code)", `"incomplete_email"`)
		s.typeIn("email", "jenny@example.com")
		s.want("elements.submit()", `{"selectedPaymentMethod":"sepa_debit"}`)
		s.want("stripe.createConfirmationToken({elements}).then((r) => Object.keys(r))", `["confirmationToken"]`)
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method_data[type]": "sepa_debit", "payment_method_data[sepa_debit][iban]": "DE89370400440532013000",
			"payment_method_data[billing_details][name]": "Jenny Rosen", "payment_method_data[billing_details][email]": "jenny@example.com",
			"mandate_data[customer_acceptance][type]": "online", "payment_method_data[card][number]": "",
		})
		s.want("inside('.TermsText').textContent.includes('Tea House')", "true")
	})

	t.Run("Klarna takes e-mail and country", func(t *testing.T) {
		t.Parallel()
		s := newMany(t, "{}")
		s.do(chromedp.Click(inside("[data-method=klarna]")))
		s.typeIn("email", "jenny@example.com")
		s.want("elements.submit()", `{"selectedPaymentMethod":"klarna"}`)
		s.run("stripe.createConfirmationToken({elements})")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method_data[type]": "klarna", "payment_method_data[billing_details][email]": "jenny@example.com",
			"payment_method_data[billing_details][address][country]": "DE", "mandate_data[customer_acceptance][type]": "",
		})
	})

	t.Run("Link alone has a form of its own, without a redirect", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		w.offer("US", "link")
		s := newShop(t, w, deferred, "{}")
		s.typeIn("email", "jenny@example.com")
		s.want("[inside('.Note'), inside('[role=tablist]').hidden]", "[null,true]")
		s.want("elements.submit()", `{"selectedPaymentMethod":"link"}`)
	})

	t.Run("a session that offers nothing usable is a load error", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		w.offer("PL", "blik")
		s := newShop(t, w, deferred, "{}")
		s.want("last('loaderror').error.type", `"invalid_request_error"`)
		s.want("last('ready')", "null")
	})

	t.Run("a refused session is a load error with Stripe's error", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		w.answers["GET /v1/elements/sessions"] = answer{400, stripeError("invalid_request_error", "customer_session_expired", "The customer session has expired.")}
		s := newShop(t, w, deferred, "{}")
		s.want("last('loaderror')", `{"elementType":"payment","error":{"code":"customer_session_expired","message":"The customer session has expired.","type":"invalid_request_error"}}`)
	})
}

func saved(id, redisplay string) map[string]any {
	return map[string]any{
		"id": id, "type": "card", "allow_redisplay": redisplay, "billing_details": map[string]any{"name": "Jenny"},
		"card": map[string]any{"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2031},
	}
}

func features(more map[string]any) map[string]any {
	out := map[string]any{
		"payment_method_redisplay": "enabled", "payment_method_remove": "enabled", "payment_method_save": "enabled", "payment_method_save_usage": "off_session",
		"payment_method_allow_redisplay_filters": []string{"always", "limited"}, "payment_method_redisplay_limit": 3,
	}
	for key, value := range more {
		out[key] = value
	}
	return out
}

const withCustomer = "{mode: 'payment', amount: 1099, currency: 'eur', customerSessionClientSecret: 'cuss_secret_1'}"

func TestSavedMethods(t *testing.T) {
	t.Parallel()

	t.Run("a saved card is chosen first and makes a token without a form", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		w.saved(features(nil), saved("pm_1", "always"), saved("pm_2", "limited"), saved("pm_3", "unspecified"))
		s := newShop(t, w, withCustomer, "{}")
		s.want("[...inside('[data-saved]').querySelectorAll('[data-saved-method]')].map((el) => el.dataset.savedMethod)", `["pm_1","pm_2","new"]`)
		s.want("last('change')", `{"elementType":"payment","empty":false,"complete":true,"collapsed":false,"value":{"type":"card","payment_method":{"id":"pm_1","type":"card","billing_details":{"name":"Jenny"}}}}`)
		s.picture("saved-1280")
		s.want("elements.submit()", `{"selectedPaymentMethod":"card"}`)
		s.run("stripe.createConfirmationToken({elements})")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method": "pm_1", "customer_session_client_secret": "cuss_secret_1", "payment_method_data[type]": "", "payment_method_options[card][cvc]": "",
		})
	})

	t.Run("the code of a saved card is asked again when the page wants it", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		w.saved(features(nil), saved("pm_1", "always"))
		s := newShop(t, w, "{mode: 'payment', amount: 1, currency: 'eur', customerSessionClientSecret: 'cuss_1', paymentMethodOptions: {card: {require_cvc_recollection: true}}}", "{}")
		s.want("elements.submit().then((r) => r.error.code)", `"incomplete_cvc"`)
		s.typeIn("cvc", "123")
		s.run("elements.submit().then(() => stripe.createConfirmationToken({elements}))")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{"payment_method": "pm_1", "payment_method_options[card][cvc]": "123"})
	})

	t.Run("removing asks first, detaches, tells the page and goes on to the new form", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		w.saved(features(nil), saved("pm_1", "always"))
		w.answers["POST /v1/payment_methods/pm_1/detach"] = answer{200, map[string]any{"id": "pm_1"}}
		s := newShop(t, w, withCustomer, "{}")
		s.do(chromedp.Click(inside("[data-remove=pm_1]")))
		s.want("inside('[data-confirm-remove]').getRootNode().activeElement.dataset.confirmRemove", `"pm_1"`)
		s.do(chromedp.Click(inside("[data-confirm-remove=pm_1]")))
		s.eventually("last('savedpaymentmethodremove')")
		s.want("last('savedpaymentmethodremove')", `{"elementType":"payment","success":true,"payment_method":{"id":"pm_1","type":"card","billing_details":{"name":"Jenny"}}}`)
		s.eventually("inside('[data-saved]').hidden")
		s.want("last('change').value", `{"type":"card"}`)
		s.wantForm("POST /v1/payment_methods/pm_1/detach", map[string]string{"customer_session_client_secret": "cuss_secret_1", "key": "pk_test_shop"})
	})

	t.Run("a removal that Stripe refuses keeps the method and says why", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		w.saved(features(nil), saved("pm_1", "always"))
		w.answers["POST /v1/payment_methods/pm_1/detach"] = answer{400, stripeError("invalid_request_error", "", "Not now.")}
		s := newShop(t, w, withCustomer, "{}")
		s.do(chromedp.Click(inside("[data-remove=pm_1]")), chromedp.Click(inside("[data-confirm-remove=pm_1]")))
		s.eventually("last('savedpaymentmethodremove')")
		s.want("last('savedpaymentmethodremove').error", `"Not now."`)
		s.want("inside('[role=status]').textContent", `"Not now."`)
		s.want("Boolean(inside('[data-saved-method=pm_1]'))", "true")
	})

	t.Run("the features decide what shows", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		s := openShop(t, w, "/v3/stripe.js")
		for name, c := range map[string]struct {
			change                map[string]any
			saved, remove, saving string
		}{
			"saving disabled still shows the saved methods": {map[string]any{"payment_method_save": "disabled"}, "3", "2", "false"},
			"redisplay disabled":                            {map[string]any{"payment_method_redisplay": "disabled"}, "0", "0", "true"},
			"removal disabled":                              {map[string]any{"payment_method_remove": "disabled"}, "3", "0", "true"},
			"a limit of one":                                {map[string]any{"payment_method_redisplay_limit": 1}, "2", "1", "true"},
			"only what may always show":                     {map[string]any{"payment_method_allow_redisplay_filters": []string{"always"}}, "2", "1", "true"},
		} {
			t.Log(name)
			w.saved(features(c.change), saved("pm_1", "always"), saved("pm_2", "limited"))
			s.boot(withCustomer, "{}", "payment")
			s.want("inside('[data-saved]').querySelectorAll('[data-saved-method]').length", c.saved)
			s.want("inside('[data-saved]').querySelectorAll('[data-remove]').length", c.remove)
			s.run("inside('[data-saved-method=new]')?.click()")
			s.want("!inside('[name=save]').closest('label').hidden", c.saving)
		}
	})
}

func TestSaveCheckbox(t *testing.T) {
	t.Parallel()
	w := newWire(t)
	s := openShop(t, w, "/v3/stripe.js")
	for name, c := range map[string]struct {
		features         map[string]any
		future           string
		check            bool
		redisplay, usage string
	}{
		"checked":                          {features(nil), "", true, "always", "off_session"},
		"unchecked":                        {features(nil), "", false, "unspecified", ""},
		"unchecked for a reusing page":     {features(nil), ", setupFutureUsage: 'off_session'", false, "limited", "off_session"},
		"no checkbox for a reusing page":   {features(map[string]any{"payment_method_save": "disabled"}), ", setupFutureUsage: 'on_session'", false, "limited", "on_session"},
		"no checkbox for an ordinary page": {features(map[string]any{"payment_method_save": "disabled"}), "", false, "unspecified", ""},
	} {
		t.Log(name)
		w.saved(c.features)
		s.boot("{mode: 'payment', amount: 1099, currency: 'eur', customerSessionClientSecret: 'cuss_1'"+c.future+"}", "{}", "payment")
		s.fillCard("4242424242424242")
		if c.check {
			s.do(chromedp.Click(inside("[name=save]")))
		}
		s.run("elements.submit().then(() => stripe.createConfirmationToken({elements}))")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{"payment_method_data[allow_redisplay]": c.redisplay, "setup_future_usage": c.usage})
	}
}
