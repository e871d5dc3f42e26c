package page_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/e2e/e2etest"
)

// A code makes an order free that ships: the buyer gives address and e-mail,
// and no card. Without the code the payment form is there again.
func TestFreeOrderIsPlaced(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog, e2etest.Set("COLLECT_EMAIL", "true"))
	v := e2etest.Visit(t, s)
	v.Do(browsertest.Viewport(320, 640))
	id := v.Order("mug")
	e2etest.Want(v, "document.querySelector('#order-lines').checkVisibility()", false)
	v.WaitText("fold-total", "$22.90")
	v.Click("#summary-fold")
	v.Click("[data-sku=mug] [data-action=more]")
	v.WaitText("order-total", "$40.90")
	v.Click("[data-sku=mug] [data-action=more]")
	v.WaitText("order-total", "$54.00")

	v.Click("#promotion-open")
	v.Do(chromedp.SendKeys(chromedp.CSS("#promotion-input"), "gift\r"))
	v.WaitText("pay-label", "Place order")
	v.Until("!document.querySelector('[data-stripe-element=payment]') && document.querySelector('[data-stripe-element=address]')")
	v.Axe()
	v.Screenshot("320-free")
	if got := e2etest.Eval[int](v, "document.documentElement.scrollWidth"); got > 320 {
		t.Errorf("the page is %d pixels wide on a screen of 320", got)
	}

	v.Click("#promotion-remove")
	v.WaitText("pay-label", "$54.00")
	v.FormReady()
	v.Click("#promotion-open")
	v.Do(chromedp.SendKeys(chromedp.CSS("#promotion-input"), "gift\r"))
	v.WaitText("pay-label", "Place order")

	v.Do(chromedp.Reload()) // as a page that opens free
	v.FormReady()
	v.WaitText("pay-label", "Place order")
	v.Click("#pay-button")
	v.WaitText("email-error", "Please enter your e-mail address.")
	v.Screenshot("320-free-missing")

	v.Enter("link-authentication", [2]string{"email", "jenny@example.com"})
	v.Enter("shipping-address", paris...)
	v.Click("#pay-button")
	v.Outcome("paid")
	v.WaitText("outcome-title", "your order is placed")
	v.Axe()
	v.Screenshot("320-free-receipt")
	v.WantOrder(id, "paid", "paid")
	s.WantLedger(0)
}
