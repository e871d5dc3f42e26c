package stripejs_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/browsertest"
)

func TestAppearance(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("theme, variables and rules show", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), `{mode: 'payment', amount: 1, currency: 'eur', appearance: {theme: 'night', labels: 'floating', variables: {colorPrimary: '#ff0000', borderRadius: '12px', spacingGridRow: '20px'},
			rules: {'.Label': {fontWeight: '700'}, '.Input:focus': {borderColor: 'rgb(1, 2, 3)'}}}}`, "{}")

		s.want("getComputedStyle(inside('[name=number]')).backgroundColor", `"rgb(48, 49, 61)"`)
		s.want("getComputedStyle(inside('[name=number]')).borderRadius", `"12px"`)
		s.want("getComputedStyle(inside('.Label')).fontWeight", `"700"`)
		s.want("getComputedStyle(inside('.Grid')).rowGap", `"20px"`)
		s.want("inside('.Root').classList.contains('Root--floating')", "true")

		s.run("document.body.style.setProperty('background', '#1a1b25')")
		s.picture("night-floating-1280")

		s.run("elements.update({appearance: {theme: 'flat'}})")
		s.want("getComputedStyle(inside('[name=number]')).backgroundColor", `"rgb(241, 241, 241)"`)
		s.want("inside('.Root').classList.contains('Root--floating')", "false")
	})

	t.Run("another appearance or language keeps the input, the errors and, for the appearance, the focus", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), deferred, "{}")

		s.typeIn("number", "4242")
		s.typeIn("expiry", "0101")
		s.do(chromedp.KeyEvent(kb.Tab))
		const errors = "['number', 'expiry', 'cvc'].map((name) => inside('[data-field=' + name + '] " +
			".Error').textContent)"
		s.run(
			"new Promise((resolve) => { elements.on('update-end', resolve); " +
				"elements.update({appearance: {theme: 'night'}}); })",
		)
		s.want(errors, `["Your card number is incomplete.","Your card's expiration year is in the past.",""]`)
		s.want("document.querySelector('[data-stripe-element=payment]').shadowRoot.activeElement.name", `"cvc"`)

		s.run("new Promise((resolve) => { elements.on('update-end', resolve); elements.update({locale: 'fr'}); })")
		s.want(errors, `["Votre numéro de carte est incomplet.","L'année d'expiration de votre carte est passée.",""]`)
		s.want("inside('[name=number]').value", `"4242"`)
	})

	t.Run("the brand does not cover the number on a narrow page", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), deferred, "{}")

		s.do(browsertest.Viewport(320, 700))
		s.typeIn("number", "378282246310005")
		s.picture("brand-320")
		s.want("inside('.Badge').textContent", `"American Express"`)
		s.want(
			"inside('.Badge').getBoundingClientRect().bottom <= inside('[name=number]').getBoundingClientRect().top",
			"true",
		)
		s.want("inside('[name=number]').scrollWidth <= inside('[name=number]').clientWidth", "true")
	})

	t.Run("a rule cannot reach out of the elements nor load anything", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), `{mode: 'payment', amount: 1, currency: 'eur', appearance: {variables: {colorText: 'red } .Root { display: none'},
			rules: {'* , .Root': {display: 'none'}, '.Input} .Root{': {display: 'none'}}}}`, "{}")
		s.want("getComputedStyle(inside('.Root')).display", `"grid"`)
	})

	t.Run("labels, animations and fonts", func(t *testing.T) {
		s := openShop(t, tab, newWire(t), "/v3/stripe.js")

		const look = "[getComputedStyle(inside('.Label')).position, " +
			"getComputedStyle(inside('[name=number]')).transitionDuration, " +
			"getComputedStyle(inside('[name=number]')).fontFamily]"
		for _, c := range []struct{ appearance, want string }{
			{"{variables: {fontFamily: 'Tea Sans'}}", `["static","0.12s, 0.12s","\"Tea Sans\""]`},
			{
				"{labels: 'above', disableAnimations: true, variables: {fontFamily: 'Tea Sans'}}",
				`["static","0s","\"Tea Sans\""]`,
			},
			{
				"{labels: 'floating', theme: 'flat', variables: {fontFamily: 'Tea Sans'}}",
				`["absolute","0.12s, 0.12s","\"Tea Sans\""]`,
			},
		} {
			s.boot("{mode: 'payment', amount: 1, currency: 'eur', appearance: "+c.appearance+"}", "{}", "payment")
			s.want(look, c.want)
		}

		s.boot(
			"{mode: 'payment', amount: 1, currency: 'eur', fonts: [{family: 'Own', src: 'url("+s.wire.URL+
				"/own.woff2)', weight: '700'}, {cssSrc: '"+
				s.wire.URL+
				"/fonts.css'}]}",
			"{}",
			"payment",
		)
		s.eventually("document.fonts.size === 3")
		s.want(
			"[...document.fonts].map((font) => [font.family, font.weight, font.style, font.display].join(' '))",
			`["Own 700 normal auto","Leaf 400 italic swap","Root normal normal auto"]`,
		)

		s.run(listen)
		s.boot(
			"{mode: 'payment', amount: 1, currency: 'eur', fonts: [{cssSrc: '"+s.wire.URL+"/none.css'}]}",
			"{}",
			"payment",
		)
		s.eventually("warned.length === 1 && warned[0].endsWith('none.css could not be loaded: status 404')")
	})

	t.Run("French pages get French texts, also after an update", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), "{mode: 'payment', amount: 1, currency: 'eur', locale: 'fr'}", "{}")

		s.want("elements.submit().then((r) => r.error.message)", `"Votre numéro de carte est incomplet."`)
		s.want(
			"[...inside('.Grid').querySelectorAll('.Field:not([hidden]) .Label')].map((label) => label.textContent)",
			`["Numéro de carte","Date d'expiration","Code de sécurité","Pays ou région"]`,
		)

		s.do(browsertest.Viewport(320, 760))
		s.picture("french-320")

		s.typeIn("number", "4242")
		s.run("elements.update({locale: 'en'})")
		s.want("inside('.Label').textContent", `"Card number"`)
		s.want("inside('[name=number]').value", `"4242"`)
	})
}

func TestKeyboardAndFocus(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)

	t.Run("focus, blur and Escape are reported; Enter submits the surrounding form", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), deferred, "{}")

		s.run("element.focus()")
		s.want("last('focus')", `{"elementType":"payment"}`)
		s.want("document.querySelector('#element').classList.contains('StripeElement--focus')", "true")

		s.do(chromedp.KeyEvent("4242"), chromedp.KeyEvent(kb.Tab))
		s.want("inside('[data-field=number] .Error').textContent", `"Your card number is incomplete."`)
		s.want("inside('[role=status]').textContent", `"Your card number is incomplete."`)
		s.want("events.filter((e) => e[0] === 'blur').length", "0")

		s.do(chromedp.KeyEvent(kb.Escape))
		s.want("last('escape')", `{"elementType":"payment"}`)

		s.do(chromedp.KeyEvent(kb.Enter))
		s.want("submits", "1")

		s.run("element.blur()")
		s.want("last('blur')", `{"elementType":"payment"}`)
	})

	t.Run("the caret stays where the buyer edits, and the separators do not get in the way", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), deferred, "{}")
		s.typeIn("number", "42424242")
		s.run("inside('[name=number]').setSelectionRange(2, 2)")
		s.do(chromedp.KeyEvent("9"))
		s.want("[inside('[name=number]').value, inside('[name=number]').selectionStart]", `["4294 2424 2",3]`)
		s.typeIn("expiry", "5")
		s.want("inside('[name=expiry]').value", `"05 / "`)
		s.typeIn("expiry", "\b\b\b\b")
		s.want("inside('[name=expiry]').value.replace(/ .*/, '').length <= 2", "true")
	})

	t.Run("brands set the grouping and the length of the code", func(t *testing.T) {
		s := newShop(t, tab, newWire(t), deferred, "{}")

		s.typeIn("number", "378282246310005")
		s.want(
			"last('carddetailschange')",
			`{"elementType":"payment","loading":false,"details":{"brands":["amex"],"funding":null}}`,
		)
		s.want(
			"[inside('[name=number]').value, inside('.Badge').textContent]",
			`["3782 822463 10005","American Express"]`,
		)

		s.typeIn("expiry", "1234")
		s.typeIn("cvc", "123")
		s.want("elements.submit().then((r) => r.error.code)", `"incomplete_cvc"`)

		s.typeIn("cvc", "4")
		s.want("elements.submit()", `{"selectedPaymentMethod":"card"}`)
	})
}
