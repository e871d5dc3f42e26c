package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/payments"
)

// TestSavingAMethodWithoutPaying begins at the shop's link, is asked by the bank, reloads in
// the middle, and finds what was saved at the next order.
func TestSavingAMethodWithoutPaying(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	v := visit(t, s)
	v.open("/")
	v.click("#save-method")
	v.formReady()
	want(v, "document.querySelector('h1').innerText", "Save a way to pay")
	want(v, "document.querySelector('#pay-label').innerText", "Save")
	want(v, "document.querySelector('#order-total').checkVisibility()", false)
	v.axe()
	v.look("setup")
	v.payWith(cardAsks)
	v.bankPage()
	v.do(chromedp.Reload())
	v.until("document.querySelector('#payment-form')?.dataset.phase === 'resume'")
	want(v, "document.querySelector('#resume').innerText.includes('Nothing is charged')", true)
	v.axe()
	v.click("#resume-button")
	v.challenge("pass")
	v.outcome("saved")
	want(v, "document.querySelector('#order-total, #order-lines')", any(nil))
	v.axe()
	v.look("saved")
	id := ask[string](v, "new URLSearchParams(location.search).get('order')")
	v.wantOrder(id, "paid", "paid")
	s.wantLedger(0)
	if got := s.intentOf("setup_intents")["status"]; got != "succeeded" {
		t.Errorf("the SetupIntent is %v", got)
	}
	v.open("/checkout/" + id)
	want(v, "document.querySelector('h1').innerText", "This is saved")

	v.order("mug")
	v.says("saved-method-note", "You pay with a saved card.")
	v.click("#pay-button")
	v.challenge("pass")
	v.outcome("paid")
	s.wantLedger(1, mugPrice)
}

func TestSubscribing(t *testing.T) {
	t.Parallel()
	s := openShop(t, withChangeCatalog)
	v := visit(t, s)
	v.open("/")
	v.click("[data-sku=club] .add")
	v.click("[data-sku=mug] .add")
	want(v, "document.querySelector('#cart-times').hidden", false)
	want(v, "document.querySelector('#checkout-button').ariaDisabled", "true")
	v.axe()
	v.look("shop-mixed")
	v.click("#cart-lines [data-sku=mug] .remove")
	want(v, "document.querySelector('#cart-total').innerText", "$12.00 every month")
	v.click("#checkout-button")
	v.formReady()
	id := strings.TrimPrefix(ask[string](v, "location.pathname"), "/checkout/")
	v.wantTotal(id, "$12.00", 1200)
	want(v, "document.querySelector('#pay-label').innerText", "Subscribe for $12.00 every month")
	want(v, "document.querySelector('#recurring-note').innerText", "You pay $12.00 now, and the same every month until you cancel.")
	v.click("#order-lines [data-sku=club] [data-action=more]")
	v.wantTotal(id, "$24.00", 2400)
	want(v, "document.querySelector('#recurring-note').innerText", "You pay $24.00 now, and the same every month until you cancel.")
	v.axe()
	v.look("subscription")
	v.payWith(cardAsks)
	v.challenge("pass")
	v.outcome("paid")
	v.says("order-state", "your subscription has begun")
	v.says("order-state", "every month")
	v.axe()
	v.look("subscribed")
	v.wantOrder(id, "paid", "paid")
	s.wantLedger(1, 2400)
	if subs := s.list("/v1/subscriptions"); len(subs) != 1 || subs[0]["status"] != "active" {
		t.Errorf("Stripe has the subscriptions %v", subs)
	}
}

// Who leaves in the middle of the authentication pays nothing: the order expires, its intent is
// canceled, and every page that is still open says so.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	v := visit(t, s)
	id := v.order("mug")
	second := v.tab()
	second.open("/checkout/" + id)
	second.formReady()
	v.payWith(cardAsks)
	v.bankPage()
	v.open("/")
	s.expireNow(id)
	second.foresee("409 (Conflict)")
	second.click("#order-lines [data-sku=mug] [data-action=more]")
	second.outcome("expired")
	second.look("expired")
	v.open("/checkout/" + id)
	want(v, "document.querySelector('#order-state').dataset.state", "expired")
	s.wantLedger(0)
}

// What the shop takes of a hold, and what it gives back, stands on the buyer's receipt.
func TestTheReceiptFollowsTheShop(t *testing.T) {
	t.Parallel()
	s := openShop(t, set("CAPTURE_METHOD", "manual"))
	v := visit(t, s)
	id := v.order("mug")
	v.payWith(cardPays)
	v.outcome("authorized")
	v.says("order-state", "will be charged later")
	want(v, "document.querySelector('#order-captured')", any(nil))
	desk := s.desk()
	if _, err := desk.Capture(t.Context(), id, 1200); err != nil {
		t.Fatal(err)
	}
	v.do(chromedp.Reload())
	v.outcome("paid")
	want(v, "document.querySelector('#order-total').innerText + ' ' + document.querySelector('#order-captured').innerText", "$18.00 $12.00")
	if _, err := desk.Refund(t.Context(), id, 500, ""); err != nil {
		t.Fatal(err)
	}
	v.do(chromedp.Reload())
	v.outcome("partly_refunded")
	want(v, "document.querySelector('#order-refunded').innerText", "$5.00")
	v.axe()
	v.look("receipt-partly")
	if got := s.intentOf("payment_intents")["amount_received"]; got != 1200.0 {
		t.Errorf("Stripe received %v, want 1200", got)
	}
}

// desk is where the shop captures and refunds, beside the running server, as `server orders` does.
func (s *shop) desk() *payments.Operations {
	s.t.Helper()
	books, err := app.OpenBooks(s.t.Context(), s.cfg, zerolog.Nop(), time.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := books.Close(); err != nil {
			s.t.Error(err)
		}
	})
	cfg := *s.cfg
	cfg.SandboxAddr = strings.TrimPrefix(cfg.StripeAPIBase, "http://")
	desk, err := books.Operations(s.t.Context(), &cfg, "test", zerolog.Nop(), time.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	return desk
}
