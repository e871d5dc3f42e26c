package pages_test

import (
	"errors"
	"fmt"
	"path"
	"testing"

	"checkoutd/internal/fault"
	"checkoutd/internal/pages"
)

func TestCheckoutScriptPays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.openCheckout()

	elements := s.calls("elements")[0].(map[string]any)
	if elements["mode"] != "payment" || elements["amount"] != 4900.0 || elements["currency"] != "eur" || elements["customerSessionClientSecret"] != "cuss_secret_1" {
		t.Errorf("got the options %v", elements)
	}
	if info := s.calls("registerAppInfo"); len(info) != 1 {
		t.Errorf("got app info %v", info)
	}

	s.pay("")
	s.tab.until(says("#payment-message", "incomplete") + " && " + formReady)
	s.tab.run("(() => { document.querySelector('#fake-card').value = 'good'; for (let i = 0; i < 3; i++) document.querySelector('#pay-button').click(); })()")
	s.tab.until(afterPayment)

	if got := s.sent(); len(got) != 1 || got[0] != "ctoken_good_1" {
		t.Errorf("three presses sent %v, want one token", got)
	}
}

func TestCheckoutScriptSendsTheSameTokenWhileItMayDecide(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
	}{
		{"after lost answers, by itself", errLost},
		{"after trouble of ours, at the next press", fault.New(fault.Unavailable, "storage_unavailable", "Not now.")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.confirm = func(n int, _ string, _ int64) (string, error) {
				if n < 3 {
					return "", tt.err
				}
				return "succeeded", nil
			}

			s.openCheckout()
			s.pay("good")

			for n := 1; n < 3 && !errors.Is(tt.err, errLost); n++ {
				s.waitSent(n)
				s.tab.until(says("#payment-message", "Not now.") + " && " + formReady)
				s.pay("good")
			}

			s.tab.until(afterPayment)
			if got := s.sent(); len(got) != 3 || !sameTokens(got) {
				t.Errorf("got %v, want the same token three times", got)
			}
		})
	}
}

func TestCheckoutScriptAsksAgainWhenNobodyAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	answering := false
	s.confirm = func(int, string, int64) (string, error) {
		if !answering {
			return "", errLost
		}
		return "succeeded", nil
	}

	s.openCheckout()
	s.pay("good")
	s.tab.until(formUnsure + " && " + says("#payment-message", "not be charged twice"))
	var locked bool
	s.tab.json("document.querySelector('#payment-element').closest('[inert]') !== null", &locked)

	if !locked {
		t.Error("the card can be changed while its payment is in doubt")
	}

	s.set(func() { answering = true })
	s.tab.run("document.querySelector('#pay-button').click()")
	s.tab.until(afterPayment)

	if got := s.sent(); !sameTokens(got) {
		t.Errorf("got %v, want one token all along", got)
	}
}

func TestCheckoutScriptTakesAnotherCardAfterAVerdict(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  *fault.Error
		says string
	}{
		{"a decline is told in Stripe's words", &fault.Error{
			Kind:    fault.Declined,
			Code:    "payment_declined",
			Message: "Your card has insufficient funds.",
			Payment: &fault.Payment{
				Type:        "card_error",
				Code:        "card_declined",
				DeclineCode: "insufficient_funds",
			},
		}, "Your card has insufficient funds."},
		{"trouble at Stripe that is over", fault.New(fault.Unavailable, "payment_provider_unavailable", "You were not charged."), "You were not charged."},
		{"a token that expired", fault.New(fault.Invalid, "token_expired", "Enter them again."), "Enter them again."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.confirm = func(n int, _ string, _ int64) (string, error) {
				if n == 1 {
					return "", tt.err
				}
				return "processing", nil
			}

			s.openCheckout()
			s.pay("same")
			s.tab.until(says("#payment-message", tt.says) + " && " + formReady)
			s.pay("same")
			s.tab.until(afterPayment)

			if got := s.sent(); len(got) != 2 || got[0] == got[1] {
				t.Errorf("got %v, want two different tokens", got)
			}
		})
	}
}

// Another tab put something into the order that saves the payment method.
func TestCheckoutScriptNoticesChangedOptions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.confirm = func(n int, _ string, _ int64) (string, error) {
		if n == 1 {
			s.view = map[string]any{"setup_future_usage": "off_session"}
			return "", fault.New(fault.Conflict, "options_changed", "This order has changed.")
		}
		return "succeeded", nil
	}

	s.openCheckout()
	s.pay("good")
	s.tab.until(formReady + " && " + says("#payment-message", "This order has changed."))

	updates := s.calls("update")
	if len(updates) != 1 || updates[0].(map[string]any)["setupFutureUsage"] != "off_session" {
		t.Errorf("the form got %v, want the new options", updates)
	}

	s.pay("good")
	s.tab.until(afterPayment)
}

func TestCheckoutScriptShowsAChangedTotalBeforeItIsPaid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.confirm = func(_ int, _ string, expected int64) (string, error) {
		if expected == 4900 {
			s.order.Amount, s.order.Items[1].Quantity = 6100, 2
			return "", fault.New(fault.Conflict, "amount_changed", "It changed.").With("amount", int64(6100)).With("currency", "eur")
		}
		return "succeeded", nil
	}

	s.openCheckout()
	s.pay("good")
	s.tab.until(formReady + " && " + says("#payment-message", "€61.00"))

	for _, place := range []string{"#order-total", "#pay-label"} {
		s.tab.until(says(place, "€61.00"))
	}

	s.tab.until(says("#order-lines", "€24.00"))
	if updates := s.calls("update"); len(updates) != 1 || updates[0].(map[string]any)["amount"] != 6100.0 {
		t.Errorf("Stripe was told %v", updates)
	}

	s.pay("good")
	s.tab.until(afterPayment)
}

func TestCheckoutScriptLeavesForThePageThatWaits(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"payment_in_progress", "payment_unknown", "order_not_open"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.confirm = func(int, string, int64) (string, error) {
				s.order.PaymentStatus = "checking"
				return "", fault.New(fault.Conflict, code, "Wait.")
			}

			s.openCheckout()
			s.pay("good")
			s.tab.until(afterPayment)
		})
	}
}

func TestCheckoutScriptAuthenticates(t *testing.T) {
	t.Parallel()
	const failed = "window.nextAction = {error: {type: 'invalid_request_error', message: 'Not authenticated.', payment_intent: {status: 'requires_payment_method'}}}"
	const abandoned = "window.nextAction = {error: {type: 'api_connection_error', message: 'Lost.', payment_intent: {status: 'requires_action'}}}"
	action := func(s *site) {
		s.confirm = func(int, string, int64) (string, error) {
			s.order.PaymentStatus = "requires_action"
			return "requires_action", nil
		}
	}

	t.Run("passed", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		action(s)
		s.openCheckout()
		s.pay("good")
		s.tab.until(afterPayment)
	})

	t.Run("failed: the form takes another card", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		action(s)
		s.openCheckout()
		s.tab.run(failed)
		s.pay("bad")
		s.waitSent(1)
		s.set(func() {
			s.order.PaymentStatus = "failed"
			s.confirm = func(int, string, int64) (string, error) { return "succeeded", nil }
		})

		s.tab.until(formReady + " && " + says("#payment-message", "Not authenticated."))
		s.pay("good")
		s.tab.until(afterPayment)

		if got := s.sent(); len(got) != 2 || got[0] == got[1] {
			t.Errorf("got %v", got)
		}
	})

	t.Run("after a reload the same payment goes on", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.order.PaymentStatus, s.resume = "requires_action", "pi_1_secret_resume"
		s.open("/checkout/"+s.order.ID, formResume)
		s.tab.run(abandoned)
		s.tab.run("document.querySelector('#resume-button').click()")
		s.tab.until(formResume + " && window.stripeCalls.some((call) => call[1] === 'pi_1_secret_resume')")
		s.tab.run("delete window.nextAction")
		s.tab.run("document.querySelector('#resume-button').click()")
		s.tab.until(afterPayment)

		if got := s.sent(); len(got) != 0 {
			t.Errorf("another payment was begun: %v", got)
		}
	})
}

func TestCheckoutScriptSaysWhatDoesNotLoad(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.set(func() { s.pages = newPages(t, func(c *pages.Config) { c.ScriptURL = "/gone/stripe.js" }) })
	s.open("/checkout/"+s.order.ID, formFailed)
	s.tab.until(says("#payment-message", "could not be loaded") + " && !document.querySelector('#retry-button').hidden")

	s.set(func() { s.pages = newPages(t, func(c *pages.Config) { c.ScriptURL, c.Live = "/stripe.js", true }) })
	s.open("/checkout/"+s.order.ID, formFailed)
	s.tab.until(says("#payment-message", "https://") + " && !document.querySelector('#fake-card')")
}

func TestCompleteScriptWaitsForTheServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.order.PaymentStatus = "checking"
	s.orderedCart()
	s.open("/complete?order="+s.order.ID+"&payment_intent_client_secret=pi_1_secret_1&redirect_status=succeeded", "document.querySelector('#order-state').dataset.state === 'checking'")
	s.tab.until("!location.href.includes('secret')")
	s.set(func() { s.order.Status, s.order.PaymentStatus = "paid", "paid" })
	s.tab.until("document.querySelector('#order-state')?.dataset.state === 'paid' && !document.querySelector('#print-button').hidden")
	s.tab.until(cartEmpty)
}

func TestShopScriptKeepsTheCart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.open("/", "document.querySelector('#checkout-button').hidden")
	s.tab.run("(() => { document.querySelector('[data-sku=mug] .add').click(); document.querySelector('[data-sku=mug] [data-action=more]').click(); document.querySelector('[data-sku=tote] .add').click(); })()")
	s.tab.until(says("#cart-total", "€53.00") + " && " + says("#cart-count", "3"))
	s.set(func() { s.products = s.products[:1] }) // the tote is not sold any more
	s.open("/", says("#cart-message", "Tote bag")+" && "+says("#cart-total", "€37.00"))
	s.set(func() {
		s.refuse = fault.InvalidField("items[0].sku", "currency_mixed", "Products in different currencies cannot be paid in one order.")
	})
	s.tab.run("document.querySelector('#checkout-button').click()")
	s.tab.until(says("#cart-message", "different currencies") + " && document.querySelector('#checkout-button').ariaDisabled !== 'true'")
	s.set(func() { s.refuse = nil })
	s.tab.run("(() => { const button = document.querySelector('#checkout-button'); button.click(); button.click(); })()")
	s.tab.until(formReady)

	if want := `{"items":[{"sku":"mug","quantity":2}],"currency":"eur"}`; len(s.posted) != 2 || s.posted[1] != want {
		t.Errorf("got the orders %v, want the second to be %s", s.posted, want)
	}
}

func TestShopScriptOrdersInOneCurrency(t *testing.T) {
	t.Parallel()
	const disabled = "document.querySelector('#checkout-button').ariaDisabled === 'true'"
	s := newSite(t)
	s.products[1].Currency, s.products[1].Prices = "usd", map[string]int64{"usd": 1600}
	s.open("/", "document.querySelector('#checkout-button').hidden")
	s.tab.run("document.querySelector('[data-sku=mug] .add').click()")
	s.tab.until("document.querySelector('#cart-mixed').hidden && !(" + disabled + ")")
	s.tab.run("document.querySelector('[data-sku=tote] .add').click()")
	s.tab.until("document.querySelector('#cart').innerText.includes('different currencies') && " + disabled)
	s.tab.run("document.querySelector('#checkout-button').click()")
	s.tab.run("document.querySelector('#cart-lines [data-sku=tote] .remove').click()")
	s.tab.until("document.querySelector('#cart-mixed').hidden && !(" + disabled + ")")
	s.tab.run("document.querySelector('#checkout-button').click()")
	s.tab.until(formReady)

	if want := `{"items":[{"sku":"mug","quantity":1}],"currency":"eur"}`; len(s.posted) != 1 || s.posted[0] != want {
		t.Errorf("got the orders %v, want one: %s", s.posted, want)
	}
}

// Stripe has its own table of minor units, which differs from how people write
// some currencies.
func TestAmountsAreWrittenAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.open("/", "document.querySelector('#products')")
	module := path.Dir(theme(t, s.pages)) + "/money.js"
	for _, tt := range []struct {
		amount   int64
		currency string
		decimals int
		locale   string
		want     string
	}{
		{1099, "usd", 2, "en", "$10.99"}, {1099, "eur", 2, "fr", "10,99\u00a0€"}, {500, "jpy", 0, "en", "¥500"},
		{12340, "kwd", 3, "en", "KWD\u00a012.340"}, {50000, "isk", 2, "en", "ISK\u00a0500"}, {50050, "isk", 2, "en", "ISK\u00a0500.50"},
		{500, "ugx", 2, "en", "UGX\u00a05"}, {500, "mga", 0, "en", "MGA\u00a0500"}, {0, "usd", 2, "en", "$0.00"},
		{1800, "usd", 2, "ar", "\u200f18.00\u00a0US$\u200e"}, {1800, "eur", 2, "ar", "\u200f18.00\u00a0€"},
	} {
		got := s.tab.text(fmt.Sprintf("import(%q).then((m) => m.formatAmount(%d, {currency: %q, decimals: %d}, %q))", module, tt.amount, tt.currency, tt.decimals, tt.locale))
		if got != tt.want {
			t.Errorf("%d %s in %s: got %q, want %q", tt.amount, tt.currency, tt.locale, got, tt.want)
		}
	}
}
