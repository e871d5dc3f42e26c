package page_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/e2e/e2etest"
)

func TestKeyboard(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	v := e2etest.Visit(t, s)
	v.Open("/")
	v.TabTo("[data-sku=mug] .add")
	v.Do(chromedp.KeyEvent(kb.Enter))
	v.TabTo("#checkout-button")
	v.Do(chromedp.KeyEvent(kb.Enter))
	v.FormReady()

	for _, field := range []struct{ selector, text string }{
		{"[name=number]", e2etest.CardAsks}, {"[name=expiry]", "1234"}, {"[name=cvc]", "123"}, {"[name=postal]", "94103"},
	} {
		v.TabTo(field.selector)
		v.Do(chromedp.KeyEvent(field.text))
	}

	v.TabTo("#pay-button")
	v.Do(chromedp.KeyEvent(kb.Enter))

	// The bank's page takes the focus to its first button.
	v.Do(chromedp.WaitVisible(chromedp.CSS("#pass:focus"), chromedp.FromNode(v.BankPage())), chromedp.KeyEvent(kb.Enter))
	v.Outcome("paid")
	v.Until("document.activeElement.id === 'outcome-title'")
	s.WantLedger(1, e2etest.MugPrice)
}

func TestNarrowAndDark(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	v := e2etest.Visit(t, s)
	v.Expect("402 (Payment Required)")
	v.Do(browsertest.Viewport(320, 640), browsertest.Dark(true))
	fits := func(name string) {
		t.Helper()
		if got := e2etest.Eval[int](v, "document.documentElement.scrollWidth"); got > 320 {
			t.Errorf("%s is %d pixels wide on a screen of 320", name, got)
		}

		v.Screenshot("320-" + name)
	}

	v.Open("/")
	fits("shop")
	v.Click("[data-sku=mug] .add")
	fits("cart")
	v.Click("#checkout-button")
	v.FormReady()
	id := strings.TrimPrefix(e2etest.Eval[string](v, "location.pathname"), "/checkout/")
	fits("checkout")
	v.PayWith(e2etest.CardNoFunds)
	v.Refused("Your card has insufficient funds.")
	fits("declined")
	v.PayWith(e2etest.CardAsks)
	v.BankPage()
	fits("3ds")
	v.Do(chromedp.Reload())
	v.Until("document.querySelector('#payment-form')?.dataset.phase === 'resume'")
	fits("resume")
	v.Open("/complete?order=" + id)
	v.Outcome("requires_action")
	fits("waiting")
	v.Click("#back-to-payment")
	v.Click("#resume-button")
	v.Challenge("pass")
	v.Outcome("paid")
	fits("paid")
	v.Expect("404 (Not Found)")
	v.Open("/complete?order=ord_of_somebody_else")
	v.Until("document.querySelector('#outcome-title')")
	fits("returned")
	v.Open("/checkout/ord_of_somebody_else")
	v.WaitText("outcome-title", "This order is no longer open in this browser")
	fits("lost")
	v.Open("/nowhere")
	v.Until("document.querySelector('#error-page h1')")
	e2etest.Want(v, "document.querySelector('#error-page h1').textContent", "Page not found")
	fits("not-found")
}

func TestNoScript(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	v := e2etest.Visit(t, s)
	id := v.Order("mug")
	v.Do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))

	for _, path := range []string{"/", "/checkout/" + id} {
		v.Open(path)
		if got := e2etest.Eval[string](v, "document.querySelector('main').innerText"); !strings.Contains(got, "This page needs JavaScript.") {
			t.Errorf("%s does not say that it needs JavaScript: %s", path, got)
		}

		e2etest.Want(v, "[...document.querySelectorAll('main button')].filter((b) => b.checkVisibility()).length", 0)
	}

	v.Screenshot("no-script")
	v.Open("/complete?order=" + id)
	e2etest.Want(v, "document.querySelector('#order-state').dataset.state", "unpaid")
}

func TestReturningBuyer(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t)
	v := e2etest.Visit(t, s)
	v.Order("mug")
	const save = "document.querySelector('[data-stripe-element=payment]')?.shadowRoot.querySelector('[name=save]')"
	v.Until(save)

	if !e2etest.Eval[bool](v, "("+save+".click(), "+save+".checked)") { // the form may still settle under a pointer
		t.Fatal("the card will not be saved")
	}

	v.PayWith(e2etest.CardPays)
	v.Outcome("paid")
	v.Order("mug")
	v.Until("document.querySelector('[data-stripe-element=payment]').shadowRoot.querySelector('[data-saved-method^=pm_]')")
	v.Screenshot("saved-card")
	v.Click("#pay-button")
	v.Outcome("paid")
	s.WantLedger(2, e2etest.MugPrice, e2etest.MugPrice)

	if got := s.App.Sandbox().Ledger().Intents; got[0].Customer == "" || got[0].Customer != got[1].Customer {
		t.Errorf("the customers are %q and %q, want one", got[0].Customer, got[1].Customer)
	}
}
