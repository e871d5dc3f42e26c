package stripejs_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/browsertest"
)

func newMany(t *testing.T, tab context.Context, paymentOptions string) *shop {
	t.Helper()
	w := newWire(t)
	w.offer("DE", "card", "sepa_debit", "ideal", "klarna", "link", "blik", "acss_debit")
	return newShop(t, tab, w, deferred, paymentOptions)
}

func TestLayouts(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("tabs move by arrow keys and keep what was typed", func(t *testing.T) {
		s := newMany(t, tab, "{layout: 'tabs'}")

		s.want(
			"[...inside('[role=tablist]').children].map((tab) => tab.dataset.method)",
			`["card","sepa_debit","ideal","klarna"]`,
		)

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
		s := newMany(
			t,
			tab,
			"{layout: {type: 'accordion', defaultCollapsed: true, radios: true, "+
				"spacedAccordionItems: true, visibleAccordionItemsCount: 3}}",
		)

		s.want(
			"last('change')",
			`{"elementType":"payment","empty":true,"complete":false,"collapsed":true,"value":{"type":""}}`,
		)
		s.want("elements.submit().then((r) => r.error.code)", `"incomplete_payment_method"`)
		s.want("inside('[data-method=klarna]').closest('.AccordionItem').hidden", "true")

		s.do(chromedp.Click(inside("[data-action=more]")))
		s.want(
			"[inside('[data-method=klarna]').closest('.AccordionItem').hidden, "+
				"inside('[data-method=klarna]').matches(':focus')]",
			"[false,true]",
		)

		s.do(chromedp.Click(inside("[data-method=klarna]")))
		s.run("new Promise((resolve) => { elements.on('update-end', resolve); elements.update({amount: 1200}); })")
		s.want(
			"[inside('[data-method=klarna]').checked, inside('[data-method=klarna]').closest('.AccordionItem').hidden]",
			"[true,false]",
		)

		s.do(chromedp.Click(inside("[data-method=ideal]")))
		s.want(
			"last('change')",
			`{"elementType":"payment","empty":false,"complete":true,"collapsed":false,"value":{"type":"ideal"}}`,
		)
		s.picture("accordion-1280")

		s.run("element.collapse()")
		s.want("last('change').collapsed", "true")
	})

	t.Run("the options of an accordion show", func(t *testing.T) {
		s := newMany(t, tab, "{}")

		const look = "(() => { const items = [...inside('.Accordion').children]; const [first, second] = " +
			"items.map((item) => item.getBoundingClientRect());" +
			"return [getComputedStyle(inside('[data-method=card]')).opacity, second.top - " +
			"first.bottom, items.filter((item) => item.checkVisibility()).length, " +
			"Boolean(inside('[data-action=more]')), " +
			"inside('[data-form=card]')?.checkVisibility() ?? false]; })()"
		for _, c := range []struct{ layout, want string }{
			{"'accordion'", `["0",-1,4,false,true]`},
			{"{type: 'accordion', radios: true}", `["1",-1,4,false,true]`},
			{"{type: 'accordion', radios: 'always', spacedAccordionItems: true}", `["1",8,4,false,true]`},
			{"{type: 'accordion', radios: 'if_multiple', spacedAccordionItems: false}", `["1",-1,4,false,true]`},
			{"{type: 'accordion', radios: 'never', defaultCollapsed: true}", `["0",-1,4,false,false]`},
			{"{type: 'accordion', defaultCollapsed: false, visibleAccordionItemsCount: 2}", `["0",-1,2,true,true]`},
			{"{type: 'accordion', visibleAccordionItemsCount: 0}", `["0",-1,4,false,true]`},
		} {
			t.Log(c.layout)
			s.boot(deferred, "{layout: "+c.layout+"}", "payment")
			s.want(look, c.want)
		}
	})

	t.Run("the page's order of methods goes before the session's", func(t *testing.T) {
		s := newMany(t, tab, "{paymentMethodOrder: ['klarna', 'ideal', 'zip']}")
		s.want(
			"[...inside('[role=tablist]').children].map((tab) => tab.dataset.method)",
			`["klarna","ideal","card","sepa_debit"]`,
		)
	})

	t.Run("nothing is wider than a page of 280 pixels", func(t *testing.T) {
		s := newMany(t, tab, "{}")
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

	tab := browsertest.New(t)

	t.Run("a SEPA debit takes IBAN, name and e-mail and sends a mandate", func(t *testing.T) {
		s := newMany(t, tab, "{defaultValues: {billingDetails: {name: 'Jenny Rosen'}}}")

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
			"payment_method_data[type]":                   "sepa_debit",
			"payment_method_data[sepa_debit][iban]":       "DE89370400440532013000",
			"payment_method_data[billing_details][name]":  "Jenny Rosen",
			"payment_method_data[billing_details][email]": "jenny@example.com",
			"mandate_data[customer_acceptance][type]":     "online",
			"payment_method_data[card][number]":           "",
		})

		s.want("inside('.TermsText').textContent.includes('Tea House')", "true")
	})

	t.Run("Klarna takes e-mail and country", func(t *testing.T) {
		s := newMany(t, tab, "{}")

		s.do(chromedp.Click(inside("[data-method=klarna]")))
		s.typeIn("email", "jenny@example.com")
		s.want("elements.submit()", `{"selectedPaymentMethod":"klarna"}`)

		s.run("stripe.createConfirmationToken({elements})")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method_data[type]":                              "klarna",
			"payment_method_data[billing_details][email]":            "jenny@example.com",
			"payment_method_data[billing_details][address][country]": "DE",
			"mandate_data[customer_acceptance][type]":                "",
		})
	})

	t.Run("Link alone has a form of its own, without a redirect", func(t *testing.T) {
		w := newWire(t)
		w.offer("US", "link")
		s := newShop(t, tab, w, deferred, "{}")
		s.typeIn("email", "jenny@example.com")
		s.want("[inside('.Note'), inside('[role=tablist]').hidden]", "[null,true]")
		s.want("elements.submit()", `{"selectedPaymentMethod":"link"}`)
	})

	t.Run("a session that offers nothing usable is a load error", func(t *testing.T) {
		w := newWire(t)
		w.offer("PL", "blik")
		s := newShop(t, tab, w, deferred, "{}")
		s.want("last('loaderror').error.type", `"invalid_request_error"`)
		s.want("last('ready')", "null")
	})

	t.Run("a refused session is a load error with Stripe's error", func(t *testing.T) {
		w := newWire(t)
		w.answers["GET /v1/elements/sessions"] = answer{
			400,
			stripeError("invalid_request_error", "customer_session_expired", "The customer session has expired."),
		}
		s := newShop(t, tab, w, deferred, "{}")

		s.want(
			"last('loaderror')",
			`{"elementType":"payment","error":{"code":"customer_session_expired","message":"The `+
				`customer session has expired.","type":"invalid_request_error"}}`,
		)
	})
}
