package pages_test

import (
	"fmt"
	"testing"

	"checkoutd/internal/fault"
)

// priced makes the site apply changes of quantities, with mugs at 1850 each.
func (s *site) priced() {
	s.patch = func(_ int, change map[string]any) error {
		for _, it := range change["items"].([]any) {
			line := it.(map[string]any)
			for i := range s.order.Items {
				if item := &s.order.Items[i]; item.SKU == line["sku"] {
					item.Quantity = int64(line["quantity"].(float64))
				}
			}
		}

		s.order.Amount = s.order.Subtotal()
		return nil
	}
}

func (s *site) patched() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.patches...)
}

func pressMore(times int) string {
	return fmt.Sprintf("(() => { for (let i = 0; i < %d; i++) document.querySelector('[data-sku=mug] [data-action=more]').click(); })()", times)
}

// The buyer presses faster than the server answers, and the pay button faster
// still: nobody pays an amount that the button did not show.
func TestCheckoutScriptChangesTheOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.priced()
	release := make(chan struct{})
	s.hold = release
	s.openCheckout()
	s.tab.run(pressMore(3))
	s.tab.until("document.querySelector('[data-sku=mug] .line-quantity').textContent === '5' && document.querySelector('#summary').ariaBusy === 'true'")
	s.tab.until(says("#order-total", "€49.00"))
	s.pay("good")
	close(release)
	s.tab.until(formReady + " && " + says("#payment-message", "now €104.50") + " && " + says("#pay-label", "€104.50") + " && " + says("#order-total", "€104.50"))

	if got := s.patched(); len(got) != 2 || len(s.sent()) != 0 {
		t.Errorf("three presses sent the changes %v, and the payments %v; want two changes: what waits is replaced", got, s.sent())
	}

	updates := s.calls("update")
	if last := updates[len(updates)-1].(map[string]any); last["amount"] != 10450.0 {
		t.Errorf("Stripe was told %v", updates)
	}

	var paid int64
	s.set(func() {
		s.confirm = func(_ int, _ string, expected int64) (string, error) {
			paid = expected
			return "succeeded", nil
		}
	})

	s.pay("good")
	s.tab.until(afterPayment)

	if paid != 10450 {
		t.Errorf("the payment was for %d, want 10450", paid)
	}
}

func TestCheckoutScriptKeepsTheOrderThatCannotBeChanged(t *testing.T) {
	t.Parallel()
	refused := fault.InvalidField("items[0].quantity", "quantity_out_of_range", "You can order between 1 and 99.")
	for _, tt := range []struct {
		name  string
		err   error
		after string
	}{
		{"refused: the old order, and why", refused, says("#order-message", "between 1 and 99") + " && " + says("#order-total", "€49.00") +
			" && document.querySelector('[data-sku=mug] .line-quantity').textContent === '2' && document.querySelector('#summary').ariaBusy === 'false'"},
		{"lost: what the server has", errLost, says("#order-message", "could not be reached") + " && " + says("#order-total", "€67.50")},
		{"over: the page that says so", fault.New(fault.Conflict, "order_not_open", "Over."), afterPayment},
		{"paid in another tab: the page that waits", fault.New(fault.Conflict, "payment_in_progress", "Wait."), afterPayment},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.priced()
			change := s.patch
			s.patch = func(n int, wanted map[string]any) error {
				if tt.err == errLost { //nolint:errorlint // it is the very one
					_ = change(n, wanted)
				}

				return tt.err
			}

			s.openCheckout()
			s.tab.run(pressMore(1))
			s.tab.until(tt.after)
		})
	}
}

// While a payment waits for the buyer the amount stays: nothing can be changed
// and nothing is requested again. After a failure everything can be changed.
func TestCheckoutScriptHoldsTheOrderOfAPaymentThatWaits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.settings = map[string]any{"collect_email": true, "promotion_codes": true}
	s.order.PaymentStatus, s.resume = "requires_action", "pi_1_secret_resume"
	s.open("/checkout/"+s.order.ID, formResume)
	s.tab.run("document.querySelector('#another-button').click()")
	s.tab.until(formReady)
	s.tab.until("document.querySelector('#order-controls').disabled && document.querySelector('#contact').hidden")
	s.set(func() {
		s.order.PaymentStatus, s.resume = "unpaid", ""
	})
	s.openCheckout()
	s.tab.until("!document.querySelector('#order-controls').disabled && !document.querySelector('#contact').hidden && !document.querySelector('#promotion-open').hidden")
}

// A line that another tab added is drawn, and the last line cannot be removed.
func TestCheckoutScriptDrawsTheLinesOfTheAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.patch = func(n int, _ map[string]any) error {
		if n == 1 {
			s.order.Items = append(s.order.Items, s.order.Items[0])
			s.order.Items[2].SKU, s.order.Items[2].Name = "new", hostile
			return nil
		}

		s.order.Items = s.order.Items[:1]
		return nil
	}

	s.openCheckout()
	s.tab.run(pressMore(1))
	s.tab.until("document.querySelector('[data-sku=new] .line-name')?.textContent.includes('<script>') && !document.querySelector('#order-lines script')")
	s.tab.run("document.querySelector('[data-sku=other] [data-action=less]').focus()")
	s.tab.run("document.querySelector('[data-sku=other] [data-action=less]').click()")
	s.tab.until("document.querySelectorAll('#order-lines .line').length === 1 && document.activeElement.id === 'summary-title'")
	s.tab.until("document.querySelector('[data-sku=mug] [data-action=more]').ariaDisabled === 'false'")
}

func TestCheckoutScriptTellsWhoTheBuyerIs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.settings = map[string]any{"collect_email": true, "address": map[string]any{
		"shipping": true,
		"billing":  true,
		"phone":    true,
	}}

	rate := map[string]any{"id": "post", "name": "Post", "amount": 0, "min_days": 1, "max_days": 1}
	s.view = map[string]any{
		"ships":              true,
		"shipping_countries": []string{"FR"},
		"shipping_rates":     []any{rate},
		"shipping_rate":      rate,
	}

	s.patch = func(_ int, change map[string]any) error {
		if change["email"] == "nobody" {
			return fault.InvalidField("email", "email_malformed", "This is no e-mail address.")
		}

		s.view["contact"] = change
		return nil
	}

	s.openCheckout()
	s.tab.until(says("#rate-list", "1 business day") + " && " + says("#rate-list", "Free") + " && " + says("#order-shipping", "Free"))
	var options map[string]any
	s.tab.json("window.stripeElements.shipping.options", &options)

	if fmt.Sprint(options["allowedCountries"]) != "[FR]" || fmt.Sprint(options["fields"]) != "map[phone:always]" {
		t.Errorf("the shipping address was made with %v", options)
	}

	email := func(address string) {
		s.tab.run(fmt.Sprintf("window.stripeElements.linkAuthentication.fire('change', {complete: true, value: {email: %q}})", address))
	}
	email("nobody")
	s.pay("good")
	s.tab.until(formReady + " && " + says("#email-error", "no e-mail address") + " && " + says("#payment-message", "no e-mail address"))
	email("jenny@example.com")
	s.tab.run(`window.stripeElements.shipping.fire('change', {complete: true, value: {name: 'Jenny Rosen', phone: '+33', address:
		{line1: '1 rue de la Paix', line2: null, city: 'Paris', state: '', postal_code: '75002', country: 'FR'}}})`)
	s.pay("good")
	s.tab.until(afterPayment)
	const paris = `{"name":"Jenny Rosen","phone":"+33","address":{"line1":"1 rue de la Paix","city":"Paris","postal_code":"75002","country":"FR"}}`
	want := `{"email":"jenny@example.com","shipping":` + paris + `,"billing":` + paris + `}`
	if got := s.patched(); got[len(got)-1] != want {
		t.Errorf("the server was told %v, want %s at last", got, want)
	}
}

// sheetOf presses a wallet's button and records what the page passes to the
// sheet.
const sheetOf = `(() => {
	window.said = [];
	window.answers = (event) => ({...event, resolve: (details) => window.said.push(details), reject: () => window.said.push('rejected'),
		paymentFailed: (why) => window.said.push(why)});
	window.stripeElements.expressCheckout.fire('ready', {availablePaymentMethods: {googlePay: true}});
	window.stripeElements.expressCheckout.fire('click', window.answers({expressPaymentType: 'google_pay'}));
})()`

// fire emits an event of a wallet's sheet.
func (s *site) fire(event, payload string) {
	s.t.Helper()
	s.tab.run(fmt.Sprintf("(() => { window.stripeElements.expressCheckout.fire(%q, window.answers(%s)); })()", event, payload))
}

// said waits for the nth answer of the page to a wallet, counting from 1.
func (s *site) said(n int) (answer any) {
	s.t.Helper()
	s.tab.until(fmt.Sprintf("window.said?.length >= %d", n))
	s.tab.json(fmt.Sprintf("window.said[%d]", n-1), &answer)
	return answer
}

func newExpressSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.settings = map[string]any{"collect_email": true, "express": map[string]any{
		"create": map[string]any{"buttonHeight": 50}, "click": map[string]any{"emailRequired": true, "allowedShippingCountries": []string{"FR", "US"}}}}
	post := map[string]any{"id": "post", "name": "Post", "amount": 490}
	courier := map[string]any{
		"id":       "courier",
		"name":     "Courier",
		"amount":   1500,
		"min_days": 1,
		"max_days": 2,
	}

	s.order.Amount = 4900 - 400 + 490
	s.view = map[string]any{
		"ships":          true,
		"shipping_rates": []any{courier, post},
		"shipping_rate":  post,
		"discount":       map[string]any{"code": "TEN", "amount": 400},
	}

	s.patch = func(_ int, change map[string]any) error {
		if to, ok := change["shipping"].(map[string]any); ok {
			if to["address"].(map[string]any)["country"] == "NO" {
				return fault.InvalidField("shipping.address.country", "shipping_country_unsupported", "We do not ship to this country.")
			}

			s.view["contact"] = map[string]any{"shipping": to}
		} else if _, given := change["shipping"]; given {
			s.view["contact"] = map[string]any{}
		}

		switch change["shipping_rate"] {
		case "courier":
			s.order.Amount, s.view["shipping_rate"] = 6000, courier
		case "post":
			s.order.Amount, s.view["shipping_rate"] = 4990, post
		}

		return nil
	}

	s.openCheckout()

	return s
}

func TestExpressScript(t *testing.T) {
	t.Parallel()
	const atHome = `{name: 'Jenny Rosen', address: {line1: '', city: 'Paris', postal_code: '75002', country: 'FR'}}`
	const confirmed = `{billingDetails: {name: 'Jenny Rosen', email: 'jenny@example.com'}, shippingRate: {id: 'courier'},
		shippingAddress: {name: 'Jenny Rosen', address: {line1: '1 rue de la Paix', city: 'Paris', postal_code: '75002', country: 'FR'}}}`

	t.Run("what the sheet shows is the order, and closing it takes all back", func(t *testing.T) {
		t.Parallel()
		s := newExpressSite(t)
		s.tab.run(sheetOf)

		opened := s.said(1).(map[string]any)
		if got := sumOf(opened["lineItems"]); got != 4990 {
			t.Errorf("the lines come to %v, want the order's 4990: %v", got, opened["lineItems"])
		}

		rates := opened["shippingRates"].([]any)
		if len(rates) != 2 || rates[0].(map[string]any)["id"] != "post" || opened["emailRequired"] != true || opened["shippingAddressRequired"] != true {
			t.Errorf("the sheet was opened with %v, want the chosen rate first", opened)
		}

		s.fire("shippingaddresschange", atHome)
		s.said(2)
		s.fire("shippingaddresschange", `{name: 'J', address: {country: 'NO'}}`)

		if got := s.said(3); got != "rejected" {
			t.Errorf("got %v for a country that is not served", got)
		}

		s.fire("shippingratechange", `{shippingRate: {id: 'courier'}}`)
		if got := sumOf(s.said(4).(map[string]any)["lineItems"]); got != 6000 {
			t.Errorf("the lines come to %v, want 6000", got)
		}

		s.tab.until(says("#order-total", "€60.00"))
		s.fire("cancel", "{}")
		s.tab.until(says("#order-total", "€49.90") + " && " + says("#pay-label", "€49.90"))

		if got := s.patched(); got[len(got)-1] != `{"shipping":null,"shipping_rate":"post"}` {
			t.Errorf("got the changes %v, want the last to restore the order", got)
		}
	})

	t.Run("a decline is told to the sheet, and the next try pays", func(t *testing.T) {
		t.Parallel()
		s := newExpressSite(t)
		s.set(func() {
			s.confirm = func(n int, _ string, _ int64) (string, error) {
				if n == 1 {
					return "", &fault.Error{
						Kind:    fault.Declined,
						Code:    "payment_declined",
						Message: "Your card was declined.",
					}
				}
				return "succeeded", nil
			}
		})

		s.tab.run("document.querySelector('#fake-card').value = 'wallet'")
		s.tab.run(sheetOf)
		s.fire("shippingratechange", `{shippingRate: {id: 'courier'}}`)
		s.said(2)
		s.fire("confirm", confirmed)

		if why := s.said(3).(map[string]any); why["message"] != "Your card was declined." || why["reason"] != "fail" {
			t.Errorf("the sheet was told %v", why)
		}

		s.tab.until(formReady)
		s.fire("confirm", confirmed)
		s.tab.until(afterPayment)
	})

	t.Run("a total that changed at the last moment is shown before it is paid", func(t *testing.T) {
		t.Parallel()
		s := newExpressSite(t)
		s.tab.run("document.querySelector('#fake-card').value = 'wallet'")
		s.tab.run(sheetOf)
		s.fire("confirm", confirmed) // with another rate than the one on show

		if why := fmt.Sprint(s.said(2)); len(s.sent()) != 0 || why == "" {
			t.Errorf("the sheet was told %v, and the payments are %v", why, s.sent())
		}

		s.tab.until(formReady + " && " + says("#payment-message", "now €60.00"))
	})

	t.Run("without a wallet there is nothing to see", func(t *testing.T) {
		t.Parallel()
		s := newExpressSite(t)
		s.tab.until("document.querySelector('#express').getBoundingClientRect().height === 0")
		s.tab.run("window.stripeElements.expressCheckout.fire('ready', {})")
		s.tab.until("document.querySelector('#express').hidden")
	})
}

func sumOf(lines any) (sum int64) {
	for _, line := range lines.([]any) {
		sum += int64(line.(map[string]any)["amount"].(float64))
	}
	return sum
}
