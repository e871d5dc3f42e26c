package stripejs_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

func within(kind, selector string) chromedp.JSPath {
	return chromedp.JSPath("inside('" + selector + "', '" + kind + "')")
}

func (s *shop) typeWithin(kind, name, text string) {
	s.t.Helper()
	s.do(chromedp.SendKeys(within(kind, "[name="+name+"]"), text))
}

func TestAddressElement(t *testing.T) {
	t.Parallel()

	t.Run("an address by the customs of its country", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		w.offer("US", "card")
		s := openShop(t, w, "/v3/stripe.js")
		s.boot(deferred, "{mode: 'shipping', fields: {phone: 'always'}, allowedCountries: ['US', 'FR', 'GB']}", "address")
		s.want("[...inside('.Grid', 'address').querySelectorAll('[name]')].map((el) => el.name)", `["name","country","line1","line2","city","state","postal","phone"]`)
		s.want("[...inside('[name=country]', 'address').options].map((o) => o.value)", `["FR","GB","US"]`)
		s.want("inside('[data-field=postal] .Label', 'address').textContent", `"ZIP code"`)
		for name, text := range map[string]string{"name": "Jenny Rosen", "line1": "510 Townsend St", "city": "San Francisco", "postal": "94103", "phone": "5555555555"} {
			s.typeWithin("address", name, text)
		}
		s.want("last('change').complete", "false")
		s.want("element.getValue().then((v) => v.complete)", "false")
		s.want("inside('[data-field=state] .Error', 'address').textContent", `"This field is incomplete."`)
		s.picture("address-1280")
		s.run("(() => { const el = inside('[name=state]', 'address'); el.value = 'CA'; el.dispatchEvent(new Event('input')); })()")
		s.want("last('change')", `{"elementType":"address","elementMode":"shipping","empty":false,"complete":true,"isNewAddress":true,"value":{"name":"Jenny Rosen","address":{"line1":"510 Townsend St","line2":null,"city":"San Francisco","state":"CA","postal_code":"94103","country":"US"},"phone":"5555555555"}}`)
		s.run("(() => { const el = inside('[name=country]', 'address'); el.focus(); el.value = 'FR'; el.dispatchEvent(new Event('input')); })()")
		s.want("Boolean(inside('[name=state]', 'address'))", "false")
		s.want("[inside('[name=line1]', 'address').value, inside('[name=line1]', 'address').getRootNode().activeElement.name]", `["510 Townsend St","country"]`)
		s.want("last('change').value.address.country", `"FR"`)
	})

	t.Run("split names, defaults and PO boxes", func(t *testing.T) {
		t.Parallel()
		s := openShop(t, newWire(t), "/v3/stripe.js")
		s.boot("{}", "{mode: 'billing', blockPoBox: true, display: {name: 'split'}, defaultValues: {firstName: 'Jenny', lastName: 'Rosen', address: {line1: 'PO Box 1', city: 'Paris', postal_code: '75001', country: 'FR'}}}", "address")
		s.want("element.getValue().then((v) => [v.complete, v.value.name, v.value.firstName])", `[false,"Jenny Rosen","Jenny"]`)
		s.want("inside('[data-field=line1] .Error', 'address').textContent", `"PO boxes are not accepted."`)
	})

	t.Run("the payment uses the group's addresses and e-mail", func(t *testing.T) {
		t.Parallel()
		w := newWire(t)
		w.offer("US", "card")
		s := openShop(t, w, "/v3/stripe.js")
		s.run("document.querySelector('#other').append(document.createElement('div'), document.createElement('div'))")
		s.boot(deferred, "{}", "linkAuthentication")
		s.run(`(async () => {
			const value = {name: 'Jenny Rosen', address: {line1: '510 Townsend St', city: 'San Francisco', state: 'CA', postal_code: '94103', country: 'US'}};
			const [first, second] = document.querySelector('#other').children;
			const ready = (el) => new Promise((resolve) => el.on('ready', resolve));
			const address = elements.create('address', {mode: 'billing', defaultValues: value}); const a = ready(address); address.mount(first);
			const payment = elements.create('payment'); const p = ready(payment); payment.mount(second);
			await Promise.all([a, p]); })()`)
		s.want("Boolean(inside('[name=country]'))", "false")
		s.fillCard("4242424242424242")
		s.want("elements.submit().then((r) => r.error.code)", `"incomplete_email"`)
		s.typeWithin("linkAuthentication", "email", "jenny@example.com")
		s.want("last('change')", `{"elementType":"linkAuthentication","empty":false,"complete":true,"value":{"email":"jenny@example.com"}}`)
		s.want("elements.submit()", `{"selectedPaymentMethod":"card"}`)
		s.run("stripe.createConfirmationToken({elements})")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method_data[billing_details][email]": "jenny@example.com", "payment_method_data[billing_details][name]": "Jenny Rosen",
			"payment_method_data[billing_details][address][line1]": "510 Townsend St", "payment_method_data[billing_details][address][state]": "CA",
		})
		s.want("[elements.getElement('address', {mode: 'billing'}) !== null, elements.getElement('address', {mode: 'shipping'})]", "[true,null]")
	})
}
