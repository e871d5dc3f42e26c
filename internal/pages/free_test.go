package pages_test

import (
	"fmt"
	"testing"

	"checkoutd/internal/fault"
)

// discounted makes the site take everything off the order by the code ALL, and
// nothing without a code.
func (s *site) discounted() {
	s.settings = map[string]any{"promotion_codes": true, "express": map[string]any{"create": map[string]any{}, "click": map[string]any{}}}
	s.patch = func(_ int, change map[string]any) error {
		code, changed := change["promotion_code"]
		if !changed {
			return nil
		}
		s.order.Amount, s.view = s.order.Subtotal(), nil
		if code == "ALL" {
			s.order.Amount = 0
			s.view = map[string]any{"discount": map[string]any{"code": code, "amount": s.order.Subtotal()}}
		}
		return nil
	}
}

const (
	noPayment  = "!window.stripeElements.payment && !window.stripeElements.expressCheckout && document.querySelector('#method').hidden && document.querySelector('#express').hidden"
	hasPayment = "window.stripeElements.payment && window.stripeElements.expressCheckout && !document.querySelector('#method').hidden"
	applyAll   = "(() => { document.querySelector('#promotion-input').value = 'ALL'; document.querySelector('#promotion-apply').click(); })()"
	takeOff    = "document.querySelector('#promotion-remove').click()"
	press      = "document.querySelector('#pay-button').click()"
)

func TestCheckoutScriptPlacesAnOrderThatBecameFree(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.discounted()
	s.openCheckout()
	s.tab.until(hasPayment + " && document.querySelector('#free-note').hidden")

	s.tab.run(applyAll)
	s.tab.until(formReady + " && " + noPayment + " && " + says("#pay-label", "Place order") + " && !document.querySelector('#free-note').hidden")
	s.tab.run(takeOff)
	s.tab.until(formReady + " && " + hasPayment + " && " + says("#pay-label", "€49.00"))
	s.tab.run(applyAll)
	s.tab.until(formReady + " && " + noPayment)

	var expected int64 = -1
	s.set(func() {
		s.confirm = func(n int, _ string, amount int64) (string, error) {
			if n == 1 {
				return "", errLost // the response is lost: the same is sent again
			}
			expected = amount
			return "succeeded", nil
		}
	})
	s.tab.run(press)
	s.tab.until(afterPayment)

	if got := s.sent(); len(got) != 2 || got[0] != "" || got[1] != "" || expected != 0 {
		t.Errorf("sent the tokens %q for %d, want none for 0, twice", got, expected)
	}
}

// The code's last use went to somebody else: the order has its price again, and
// the form comes back.
func TestCheckoutScriptMountsTheFormWhenTheCodeIsUsedUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.discounted()
	s.confirm = func(n int, _ string, _ int64) (string, error) {
		if n > 1 {
			return "succeeded", nil
		}
		s.order.Amount, s.view = s.order.Subtotal(), nil
		return "", fault.New(fault.Conflict, "amount_changed", "Check it.").With("amount", s.order.Amount)
	}
	s.openCheckout()
	s.tab.run(applyAll)
	s.tab.until(formReady + " && " + noPayment)
	s.tab.run(press)
	s.tab.until(formReady + " && " + hasPayment + " && " + says("#payment-message", "now €49.00"))
	s.pay("good")
	s.tab.until(afterPayment)

	if got := s.sent(); len(got) != 2 || got[1] == "" {
		t.Errorf("sent the tokens %q, want none and then one", got)
	}
}

// A page that opens with a free order has no use for a group with an amount,
// which Stripe.js would refuse. It still collects e-mail and address.
func TestCheckoutScriptOpensAFreeOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.discounted()
	s.settings["collect_email"] = true
	s.order.Amount = 0
	rate := map[string]any{"id": "post", "name": "Post", "amount": 0}
	s.view = map[string]any{
		"ships":          true,
		"shipping_rates": []any{rate},
		"shipping_rate":  rate,
		"discount":       map[string]any{"code": "ALL", "amount": s.order.Subtotal()},
	}
	s.openCheckout()
	s.tab.until(noPayment + " && window.stripeElements.shipping && window.stripeElements.linkAuthentication && " + says("#pay-label", "Place order"))
	if got := s.calls("elements"); len(got) != 1 || got[0].(map[string]any)["mode"] != "setup" {
		t.Errorf("the group is %v", got)
	}

	s.tab.run(press)
	s.tab.until(formReady + " && " + says("#email-error", "e-mail") + " && " + says("#payment-message", "complete the details"))
	if got := s.calls("getValue"); len(got) != 1 || len(s.sent()) != 0 {
		t.Errorf("the address was checked %d times, sent %v", len(got), s.sent())
	}

	s.tab.run("window.stripeElements.linkAuthentication.fire('change', {complete: true, value: {email: 'jenny@example.com'}})")
	s.tab.run(fmt.Sprintf("(window.addressComplete = true, window.stripeElements.shipping.fire('change', {complete: true, value: %s}))",
		`{name: 'Jenny Rosen', address: {line1: '1 Main Street', city: 'Town', country: 'FR'}}`))
	s.tab.run(press)
	s.tab.until(afterPayment)
	if len(s.patched()) == 0 || len(s.sent()) != 1 {
		t.Errorf("the details were sent as %v, the order as %v", s.patched(), s.sent())
	}
}

func TestCheckoutScriptReloadsAFreeOrderThatGetsAPrice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.discounted()
	s.order.Amount = 0
	s.view = map[string]any{"discount": map[string]any{"code": "ALL", "amount": s.order.Subtotal()}}
	s.openCheckout()
	s.tab.until(noPayment)
	s.tab.run("window.before = true")
	s.tab.run(takeOff)
	s.tab.until("!window.before && " + formReady + " && " + hasPayment)
}
