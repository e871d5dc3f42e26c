package guide_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/e2e/e2etest"
)

// A buyer follows the shop's link, authenticates with the bank after a reload,
// and can use the saved method for the next order.
func TestSavingAMethodWithoutPaying(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	v := e2etest.Visit(t, s)
	v.Open("/")
	v.Click("#save-method")
	v.FormReady()
	e2etest.Want(v, "document.querySelector('h1').innerText", "Save a payment method")
	e2etest.Want(v, "document.querySelector('#pay-label').innerText", "Save")
	e2etest.Want(v, "document.querySelector('#order-total').checkVisibility()", false)
	v.Axe()
	v.Screenshots("setup")
	v.PayWith(e2etest.CardAsks)
	v.BankPage()
	v.Do(chromedp.Reload())
	v.Until("document.querySelector('#payment-form')?.dataset.phase === 'resume'")
	e2etest.Want(v, "document.querySelector('#resume').innerText.includes('Nothing is charged')", true)
	v.Axe()
	v.Click("#resume-button")
	v.Challenge("pass")
	v.Outcome("saved")
	e2etest.Want(v, "document.querySelector('#order-total, #order-lines')", any(nil))
	v.Axe()
	v.Screenshots("saved")
	id := e2etest.Eval[string](v, "new URLSearchParams(location.search).get('order')")
	v.WantOrder(id, "paid", "paid")
	s.WantLedger(0)

	if got := s.IntentOf("setup_intents")["status"]; got != "succeeded" {
		t.Errorf("the SetupIntent is %v", got)
	}

	v.Open("/checkout/" + id)
	e2etest.Want(v, "document.querySelector('h1').innerText", "Your payment method is saved")

	v.Order("mug")
	v.WaitText("saved-method-note", "You are paying with a saved card.")
	v.Click("#pay-button")
	v.Challenge("pass")
	v.Outcome("paid")
	s.WantLedger(1, e2etest.MugPrice)
}

func TestSubscribing(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog)
	v := e2etest.Visit(t, s)
	v.Open("/")
	v.Click("[data-sku=club] .add")
	v.Click("[data-sku=mug] .add")
	v.Click("[data-sku=yearbook] .add")
	e2etest.Want(v, "document.querySelector('#cart-times').hidden", false)
	e2etest.Want(v, "document.querySelector('#checkout-button').ariaDisabled", "true")
	v.Axe()
	v.Screenshots("shop-mixed")
	v.Click("#cart-lines [data-sku=yearbook] .remove")
	e2etest.Want(v, "document.querySelector('#cart-total').innerText", "$30.00 today, then $12.00 every month")
	v.Axe()
	v.Screenshots("cart-mixed")

	v.Click("#checkout-button")
	v.FormReady()
	id := strings.TrimPrefix(e2etest.Eval[string](v, "location.pathname"), "/checkout/")
	v.WantTotal(id, "$34.90", 3490)
	e2etest.Want(v, "document.querySelector('#pay-label').innerText", "Pay $34.90")
	e2etest.Want(v, "document.querySelector('#recurring-note').innerText",
		"You pay $34.90 now, then $12.00 every month until you cancel.")
	e2etest.Want(v, "document.querySelector('#order-lines [data-sku=club] .line-every').innerText", "every month")
	e2etest.Want(v, "document.querySelector('#order-lines [data-sku=club] [data-action=less]').ariaDisabled", "true")
	v.Axe()
	v.Screenshots("mixed")

	v.Click("#order-lines [data-sku=mug] [data-action=less]")
	v.WantTotal(id, "$12.00", 1200)
	v.Open("/checkout/" + id)
	v.FormReady()
	e2etest.Want(v, "document.querySelector('#pay-label').innerText", "Subscribe for $12.00 every month")
	e2etest.Want(v, "document.querySelector('#recurring-note').innerText", "You pay $12.00 now and the same amount every month until you cancel.")
	v.Click("#order-lines [data-sku=club] [data-action=more]")
	v.WantTotal(id, "$24.00", 2400)
	e2etest.Want(v, "document.querySelector('#recurring-note').innerText", "You pay $24.00 now and the same amount every month until you cancel.")
	v.Axe()
	v.Screenshots("subscription")
	v.PayWith(e2etest.CardAsks)
	v.Challenge("pass")
	v.Outcome("paid")
	v.WaitText("order-state", "your subscription has started")
	v.WaitText("order-state", "every month")
	v.Axe()
	v.Screenshots("subscribed")
	v.WantOrder(id, "paid", "paid")
	s.WantLedger(1, 2400)

	if subs := s.List("/v1/subscriptions"); len(subs) != 1 || subs[0]["status"] != "active" {
		t.Errorf("Stripe has the subscriptions %v", subs)
	}
}

// A buyer who leaves during the authentication pays nothing: the order expires,
// its intent is canceled, and every open page shows that.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	v := e2etest.Visit(t, s)
	id := v.Order("mug")
	second := v.Tab()
	second.Open("/checkout/" + id)
	second.FormReady()
	v.PayWith(e2etest.CardAsks)
	v.BankPage()
	v.Open("/")
	s.ExpireNow(id)
	second.Expect("409 (Conflict)")
	second.Click("#order-lines [data-sku=mug] [data-action=more]")
	second.Outcome("expired")
	second.Screenshots("expired")
	v.Open("/checkout/" + id)
	e2etest.Want(v, "document.querySelector('#order-state').dataset.state", "expired")
	s.WantLedger(0)
}

// Captures and refunds of the shop appear on the buyer's receipt.
func TestTheReceiptFollowsTheShop(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("CAPTURE_METHOD", "manual"))
	v := e2etest.Visit(t, s)
	id := v.Order("mug")
	v.PayWith(e2etest.CardPays)
	v.Outcome("authorized")
	v.WaitText("order-state", "will be charged later")
	e2etest.Want(v, "document.querySelector('#order-captured')", any(nil))

	desk := s.Operations()
	if _, err := desk.Capture(t.Context(), id, 1200); err != nil {
		t.Fatal(err)
	}

	v.Do(chromedp.Reload())
	v.Outcome("paid")
	e2etest.Want(v, "document.querySelector('#order-total').innerText + ' ' + document.querySelector('#order-captured').innerText", "$18.00 $12.00")

	if _, err := desk.Refund(t.Context(), id, 500, ""); err != nil {
		t.Fatal(err)
	}

	v.Do(chromedp.Reload())
	v.Outcome("partly_refunded")
	e2etest.Want(v, "document.querySelector('#order-refunded').innerText", "$5.00")
	v.Axe()
	v.Screenshots("receipt-partly")

	if got := s.IntentOf("payment_intents")["amount_received"]; got != 1200.0 {
		t.Errorf("Stripe received %v, want 1200", got)
	}
}
