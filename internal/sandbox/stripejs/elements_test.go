package stripejs_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
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

	tab := browsertest.New(t)

	t.Run("an address by the customs of its country", func(t *testing.T) {
		w := newWire(t)
		w.offer("US", "card")
		s := openShop(t, tab, w, "/v3/stripe.js")

		s.boot(
			deferred,
			"{mode: 'shipping', fields: {phone: 'always'}, allowedCountries: ['US', 'FR', 'GB']}",
			"address",
		)
		s.want(
			"[...inside('.Grid', 'address').querySelectorAll('[name]')].map((el) => el.name)",
			`["name","country","line1","line2","city","state","postal","phone"]`,
		)
		s.want("[...inside('[name=country]', 'address').options].map((o) => o.value)", `["FR","GB","US"]`)
		s.want("inside('[data-field=postal] .Label', 'address').textContent", `"ZIP code"`)

		for name, text := range map[string]string{
			"name":   "Jenny Rosen",
			"line1":  "510 Townsend St",
			"city":   "San Francisco",
			"postal": "94103",
			"phone":  "5555555555",
		} {
			s.typeWithin("address", name, text)
		}

		s.want("last('change').complete", "false")
		s.want("element.getValue().then((v) => v.complete)", "false")
		s.want("inside('[data-field=state] .Error', 'address').textContent", `"This field is incomplete."`)
		s.picture("address-1280")

		s.run(
			"(() => { const el = inside('[name=state]', 'address'); el.value = 'CA'; " +
				"el.dispatchEvent(new Event('input')); })()",
		)
		s.want(
			"last('change')",
			`{"elementType":"address","elementMode":"shipping","empty":false,"complete":true,"isNewAddress":true,"value":{"name":"Jenny `+
				``+
				``+
				``+
				``+
				``+
				``+
				`Rosen","address":{"line1":"510 Townsend St","line2":null,"city":"San `+
				`Francisco","state":"CA","postal_code":"94103","country":"US"},"phone":"5555555555"}}`,
		)

		s.run(
			"(() => { const el = inside('[name=country]', 'address'); el.focus(); el.value = " +
				"'FR'; el.dispatchEvent(new Event('input')); })()",
		)
		s.want("Boolean(inside('[name=state]', 'address'))", "false")
		s.want(
			"[inside('[name=line1]', 'address').value, inside('[name=line1]', "+
				"'address').getRootNode().activeElement.name]",
			`["510 Townsend St","country"]`,
		)
		s.want("last('change').value.address.country", `"FR"`)
	})

	t.Run("split names, defaults and PO boxes", func(t *testing.T) {
		s := openShop(t, tab, newWire(t), "/v3/stripe.js")

		s.boot(
			"{}",
			"{mode: 'billing', blockPoBox: true, display: {name: 'split'}, defaultValues: "+
				"{firstName: 'Jenny', lastName: 'Rosen', address: {line1: 'PO Box 1', city: 'Paris', "+
				"postal_code: '75001', country: 'FR'}}}",
			"address",
		)
		s.want(
			"element.getValue().then((v) => [v.complete, v.value.name, v.value.firstName])",
			`[false,"Jenny Rosen","Jenny"]`,
		)
		s.want("inside('[data-field=line1] .Error', 'address').textContent", `"PO boxes are not accepted."`)
	})

	t.Run("one allowed country leaves nothing to choose", func(t *testing.T) {
		s := openShop(t, tab, newWire(t), "/v3/stripe.js")

		s.boot(
			deferred,
			"{mode: 'shipping', allowedCountries: ['FR'], defaultValues: {name: 'Jenny', "+
				"address: {line1: '1 rue de la Paix', city: 'Paris', postal_code: '75001', country: "+
				"'FR'}}}",
			"address",
		)
		s.want(
			"[inside('[name=country]', 'address'), last('change').complete, last('change').value.address.country]",
			`[null,true,"FR"]`,
		)

		s.run("element.update({allowedCountries: ['FR', 'BE']})")
		s.want("inside('[name=country]', 'address').value", `"FR"`)
	})

	t.Run("a phone number is asked for if the page wants it, and required if the page says so", func(t *testing.T) {
		s := openShop(t, tab, newWire(t), "/v3/stripe.js")

		const value = "defaultValues: {name: 'Jenny', address: {line1: '1 rue de la Paix', city: 'Paris', " +
			"postal_code: '75001', country: 'FR'}}"
		for _, c := range []struct{ options, want string }{
			{"", `[false,true,false]`},
			{"fields: {phone: 'always'},", `[true,true,true]`},
			{"fields: {phone: 'always'}, validation: {phone: {required: 'always'}},", `[true,false,true]`},
		} {
			s.boot(deferred, "{mode: 'shipping', "+c.options+value+"}", "address")
			s.want(
				"[Boolean(inside('[name=phone]', 'address')), last('change').complete, 'phone' in "+
					"last('change').value]",
				c.want,
			)
		}

		s.typeWithin("address", "phone", "0601020304")
		s.want(
			"last('change')",
			`{"elementType":"address","elementMode":"shipping","empty":false,"complete":true,"isNewAddress":true,"value":{"name":"Jenny","address":{"line1":"1 `+
				``+
				``+
				``+
				``+
				``+
				``+
				`rue de la `+
				`Paix","line2":null,"city":"Paris","state":"","postal_code":"75001","country":"FR"},"phone":"0601020304"}}`,
		)
	})
}

// mountAll mounts several elements, each "kind: options", in this order in
// boxes of their own, and stores them by kind.
func (s *shop) mountAll(elementsOptions string, elements ...string) {
	s.t.Helper()

	s.run(`(async () => {
		window.stripe = Stripe('pk_test_shop');
		window.elements = stripe.elements(` + elementsOptions + `);
		window.kept = {};
		await Promise.all([` + "{" + strings.Join(elements, "}, {") + "}" + `].map((entry) => {
			const [[kind, options]] = Object.entries(entry);
			const element = elements.create(kind, options);
			kept[kind + (options.mode ?? '')] = element;
			element.on('change', (event) => events.push(['change', JSON.parse(JSON.stringify(event))]));
			const ready = new Promise((resolve) => element.on('ready', resolve));
			const box = document.createElement('div');
			document.querySelector('#element').append(box);
			element.mount(box);
			return ready;
		}));
	})()`)
}

func TestElementsTogether(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)
	const jenny = "defaultValues: {name: 'Jenny Rosen', address: {line1: '510 Townsend St', city: 'San " +
		"Francisco', state: 'CA', postal_code: '94103', country: 'US'}}"
	const max = "defaultValues: {name: 'Max Muster', phone: '+4930123456', address: {line1: 'Unter " +
		"den Linden 1', city: 'Berlin', postal_code: '10117', country: 'DE'}}"

	t.Run("a token takes e-mail, billing and shipping from their elements", func(t *testing.T) {
		w := newWire(t)
		w.offer("US", "card")
		s := openShop(t, tab, w, "/v3/stripe.js")

		s.mountAll(
			deferred,
			"linkAuthentication: {defaultValues: {email: 'jenny@example.com'}}",
			"address: {mode: 'shipping', fields: {phone: 'always'}, "+max+"}",
			"address: {mode: 'billing', "+jenny+"}",
			"payment: {}",
		)
		s.want(
			"events.filter(([, event]) => event.elementType === 'linkAuthentication').map(([, event]) => event)",
			`[{"elementType":"linkAuthentication","empty":false,"complete":true,"value":{"email":"jenny@example.com"}}]`,
		)
		s.want("[inside('[name=country]'), inside('[name=postal]')]", "[null,null]")

		s.fillCard("4242424242424242")
		s.want("elements.submit()", `{"selectedPaymentMethod":"card"}`)

		s.run("stripe.createConfirmationToken({elements})")
		s.wantForm("POST /v1/confirmation_tokens", map[string]string{
			"payment_method_data[billing_details][email]":            "jenny@example.com",
			"payment_method_data[billing_details][name]":             "Jenny Rosen",
			"payment_method_data[billing_details][address][line1]":   "510 Townsend St",
			"payment_method_data[billing_details][address][state]":   "CA",
			"payment_method_data[billing_details][address][country]": "US",
			"payment_method_data[billing_details][phone]":            "",
			"shipping[name]":                 "Max Muster",
			"shipping[phone]":                "+4930123456",
			"shipping[address][line1]":       "Unter den Linden 1",
			"shipping[address][postal_code]": "10117",
			"shipping[address][country]":     "DE",
		})

		s.want(
			"['billing', 'shipping'].map((mode) => elements.getElement('address', {mode}) === kept['address' + mode])",
			"[true,true]",
		)
		s.run("elements.getElement('address', {mode: 'billing'}).destroy()")
		s.want("[elements.getElement('address', {mode: 'billing'}), inside('[name=country]').value]", `[null,"US"]`)

		s.typeIn("postal", "94103")
		s.run(
			"stripe.createConfirmationToken({elements, params: {shipping: {name: 'Other', " +
				"address: {line1: '1 Main St'}}}})",
		)
		s.wantForm(
			"POST /v1/confirmation_tokens",
			map[string]string{"shipping[name]": "Other", "shipping[address][country]": ""},
		)
	})

	t.Run("submit shows every error, and the focus goes to the first on the page", func(t *testing.T) {
		s := openShop(t, tab, newWire(t), "/v3/stripe.js")

		s.mountAll(deferred, "payment: {}", "address: {mode: 'shipping', "+jenny+"}", "linkAuthentication: {}")
		s.run("document.querySelector('#element').prepend(document.querySelector('#element').lastElementChild)")
		s.want(
			"elements.submit()",
			`{"error":{"type":"validation_error","code":"incomplete_email","message":"Your email is incomplete."}}`,
		)
		s.want("inside('[name=email]', 'linkAuthentication').matches(':focus')", "true")
		s.want(
			"[inside('[data-field=number] .Error').checkVisibility(), inside('[data-field=line1] "+
				".Error', 'address').checkVisibility()]",
			"[true,false]",
		)

		s.typeWithin("linkAuthentication", "email", "jenny@example.com")
		s.run("elements.submit()")
		s.want(
			"[inside('[name=number]').matches(':focus'), inside('[data-field=email] .Error', "+
				"'linkAuthentication').hidden]",
			"[true,true]",
		)
	})

	t.Run("a page of addresses alone needs neither mode nor session", func(t *testing.T) {
		w := newWire(t)
		s := openShop(t, tab, w, "/v3/stripe.js")

		s.mountAll("{}", "address: {mode: 'shipping', "+jenny+"}", "linkAuthentication: {}")
		s.want(
			"kept.addressshipping.getValue().then((given) => [given.complete, given.isNewAddress, given.value.name])",
			`[true,true,"Jenny Rosen"]`,
		)

		if n := len(w.calls("GET /v1/elements/sessions")); n != 0 {
			t.Errorf("%d sessions were requested", n)
		}
	})
}
