package stripejs_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"checkoutd/internal/browsertest"
)

// typedMethods returns the names of the methods of the type Stripe in
// @stripe/stripe-js.
func typedMethods(t *testing.T) []string {
	t.Helper()

	types := packageFile(t, "@stripe/stripe-js/dist/stripe-js/stripe.d.ts")
	_, body, found := strings.Cut(types, "export interface Stripe {")
	if !found {
		t.Fatal("the types have no interface Stripe")
	}

	body, _, _ = strings.Cut(body, "\n}")
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^  ([A-Za-z0-9]+)\(`).FindAllStringSubmatch(body, -1) {
		out = append(out, m[1])
	}

	if len(out) < 69 {
		t.Fatalf("only %d methods found", len(out))
	}
	return out
}

func TestEveryMethodOfStripe(t *testing.T) {
	t.Parallel()

	// Those that came after the types of stripe-js 5.
	newer := []string{
		"confirmAmazonPaySetup", "confirmBilliePayment", "confirmPayByBankPayment", "createEmbeddedCheckoutPage",
		"initCheckoutElementsSdk", "initCheckoutFormSdk", "initializePricing",
	}

	names, err := json.Marshal(append(typedMethods(t), newer...))
	if err != nil {
		t.Fatal(err)
	}

	s := openShop(t, browsertest.New(t), newWire(t), "/v3/stripe.js")
	s.run("(window.stripe = Stripe('pk_test_shop'), window.names = " + string(names) + ")")
	s.want("names.filter((name) => typeof stripe[name] !== 'function')", "[]")

	sentence := `"IntegrationError: stripe.NAME() is not part of the offline sandbox."`
	for _, name := range []string{
		"confirmBancontactPayment", "confirmPayPalPayment", "confirmSepaDebitSetup", "confirmCardPayment",
	} {
		s.want("stripe."+name+"('x').catch(String)", strings.Replace(sentence, "NAME", name, 1))
	}
	s.want("failure(() => stripe.paymentRequest({}))", strings.Replace(sentence, "NAME", "paymentRequest", 1))
}

// afterMount mounts an element and attaches its handlers only then, as React
// does. It returns the names of the events until the first change.
const afterMount = `(async () => {
	window.stripe = Stripe('pk_test_shop');
	window.elements = stripe.elements(OPTIONS);
	window.element = elements.create('TYPE');
	element.mount('#element');
	const seen = [];
	await new Promise((resolve) => {
		for (const name of ['loaderstart', 'ready', 'availablepaymentmethodschange'])
			element.on(name, () => seen.push(name));
		element.on('availablepaymentmethodschange', resolve);
	});
	return seen;
})()`

func TestEventsReachHandlersAttachedAfterMount(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)
	for _, kind := range []string{"payment", "expressCheckout"} {
		s := openShop(t, tab, newWire(t), "/v3/stripe.js")
		s.want(
			strings.NewReplacer("OPTIONS", deferred, "TYPE", kind).Replace(afterMount),
			`["loaderstart","ready","availablepaymentmethodschange"]`,
		)
	}
}

func TestAvailablePaymentMethods(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)
	const event = "last('availablepaymentmethodschange')"

	t.Run("the Express Checkout Element reports its buttons, again when they change", func(t *testing.T) {
		w := newWire(t)
		w.offer("US", "card", "link", "paypal")
		s := openShop(t, tab, w, "/v3/stripe.js")
		s.boot(deferred, "{}", "expressCheckout")
		s.eventually(event)
		s.want(event, `{"elementType":"expressCheckout","paymentMethods":{"amazonPay":{"available":false},`+
			`"applePay":{"available":false},"googlePay":{"available":true},"link":{"available":true},`+
			`"paypal":{"available":true}}}`)

		s.run("(events.length = 0, element.update({paymentMethods: {paypal: 'never'}}))")
		s.want(event+".paymentMethods.paypal", `{"available":false}`)
		s.run("(events.length = 0, element.update({buttonHeight: 50}))")
		s.want(event, "null")
	})

	t.Run("the Payment Element reports its methods", func(t *testing.T) {
		w := newWire(t)
		w.offer("DE", "card", "sepa_debit")
		s := openShop(t, tab, w, "/v3/stripe.js")
		s.boot(deferred, "{}", "payment")
		s.eventually(event)
		s.want(event, `{"elementType":"payment","paymentMethods":{"card":{"available":true},`+
			`"sepaDebit":{"available":true}}}`)
	})
}

func TestUpdateReturnsWhatTheBuildReturns(t *testing.T) {
	t.Parallel()

	tab := browsertest.New(t)
	for path, want := range map[string]string{
		"/v3/stripe.js":     `["undefined"]`,
		"/acacia/stripe.js": `["undefined"]`,
		"/clover/stripe.js": `["undefined"]`,
		"/dahlia/stripe.js": `["object",true]`,
		"/endive/stripe.js": `["object",true]`,
	} {
		s := openShop(t, tab, newWire(t), path)
		s.boot(deferred, "{}", "payment")
		s.want(`(async () => {
			let over = false;
			elements.on('update-end', () => { over = true; });
			const result = elements.update({amount: 2500});
			return result ? [typeof result, (await result, over)] : [typeof result];
		})()`, want)
	}
}

func TestPaymentMethodFromData(t *testing.T) {
	t.Parallel()

	w := newWire(t)
	w.answers["POST /v1/payment_methods"] = answer{200, map[string]any{"id": "pm_1"}}
	s := openShop(t, browsertest.New(t), w, "/v3/stripe.js")
	s.run("(window.stripe = Stripe('pk_test_shop'))")
	s.want(
		"stripe.createPaymentMethod({type: 'card', card: {token: 'tok_visa'}, billing_details: {name: 'Ada'}})"+
			".then(({paymentMethod}) => paymentMethod.id)",
		`"pm_1"`,
	)
	s.wantForm("POST /v1/payment_methods", map[string]string{
		"type":                  "card",
		"card[token]":           "tok_visa",
		"billing_details[name]": "Ada",
	})

	s.want(
		"failure(() => stripe.createPaymentMethod({type: 'card', card: {number: '4242424242424242'}}))"+
			".then((text) => text.includes('card should be an object with a token'))",
		"true",
	)
}
