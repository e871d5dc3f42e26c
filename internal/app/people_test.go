package app_test

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/browsertest"
)

// focused is the element that has the focus, inside of the Payment Element too.
const focused = `(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at; })()`

func TestKeyboard(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	v := visit(t, s)
	v.open("/")
	v.tabTo("[data-sku=mug] .add")
	v.do(chromedp.KeyEvent(kb.Enter))
	v.tabTo("#checkout-button")
	v.do(chromedp.KeyEvent(kb.Enter))
	v.formReady()
	for _, field := range []struct{ selector, text string }{
		{"[name=number]", cardAsks}, {"[name=expiry]", "1234"}, {"[name=cvc]", "123"}, {"[name=postal]", "94103"},
	} {
		v.tabTo(field.selector)
		v.do(chromedp.KeyEvent(field.text))
	}
	v.tabTo("#pay-button")
	v.do(chromedp.KeyEvent(kb.Enter))
	// The bank's page takes the focus to its first button.
	v.do(chromedp.WaitVisible(chromedp.CSS("#pass:focus"), chromedp.FromNode(v.bankPage())), chromedp.KeyEvent(kb.Enter))
	v.outcome("paid")
	v.until("document.activeElement.id === 'outcome-title'")
	s.wantLedger(1, mugPrice)
}

// tabTo presses Tab until the focus is there. Wherever it rests on the way, it must show.
func (v *visitor) tabTo(selector string) {
	v.t.Helper()
	for range 60 {
		v.do(chromedp.KeyEvent(kb.Tab))
		if !ask[bool](v, "(async () => { const s = getComputedStyle("+focused+"); return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; })()") {
			v.t.Errorf("the focus does not show on %s", ask[string](v, focused+".outerHTML.slice(0, 120)"))
		}
		if ask[bool](v, focused+".matches('"+selector+"')") {
			return
		}
	}
	v.t.Fatalf("Tab does not reach %s", selector)
}

func TestNarrowAndDark(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	v := visit(t, s)
	v.foresee("402 (Payment Required)")
	v.do(browsertest.Viewport(320, 640), browsertest.Dark(true))
	fits := func(name string) {
		t.Helper()
		if got := ask[int](v, "document.documentElement.scrollWidth"); got > 320 {
			t.Errorf("%s is %d pixels wide on a screen of 320", name, got)
		}
		v.picture("320-" + name)
	}
	v.open("/")
	fits("shop")
	v.click("[data-sku=mug] .add")
	fits("cart")
	v.click("#checkout-button")
	v.formReady()
	id := strings.TrimPrefix(ask[string](v, "location.pathname"), "/checkout/")
	fits("checkout")
	v.payWith(cardNoFunds)
	v.refused("Your card has insufficient funds.")
	fits("declined")
	v.payWith(cardAsks)
	v.bankPage()
	fits("3ds")
	v.do(chromedp.Reload())
	v.until("document.querySelector('#payment-form')?.dataset.phase === 'resume'")
	fits("resume")
	v.open("/complete?order=" + id)
	v.outcome("requires_action")
	fits("waiting")
	v.click("#back-to-payment")
	v.click("#resume-button")
	v.challenge("pass")
	v.outcome("paid")
	fits("paid")
	v.foresee("404 (Not Found)")
	v.open("/complete?order=ord_of_somebody_else")
	want(v, "document.querySelector('#error-page h1').textContent", "Page not found")
	fits("not-found")
}

func TestNoScript(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	v := visit(t, s)
	id := v.order("mug")
	v.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	for _, path := range []string{"/", "/checkout/" + id} {
		v.open(path)
		if got := ask[string](v, "document.querySelector('main').innerText"); !strings.Contains(got, "This page needs JavaScript.") {
			t.Errorf("%s does not say that it needs JavaScript: %s", path, got)
		}
		want(v, "[...document.querySelectorAll('main button')].filter((b) => b.checkVisibility()).length", 0)
	}
	v.picture("no-script")
	v.open("/complete?order=" + id)
	want(v, "document.querySelector('#order-state').dataset.state", "unpaid")
}

func TestReturningBuyer(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	v := visit(t, s)
	v.order("mug")
	const save = "document.querySelector('[data-stripe-element=payment]')?.shadowRoot.querySelector('[name=save]')"
	v.until(save)
	if !ask[bool](v, "("+save+".click(), "+save+".checked)") { // the form may still settle under a pointer
		t.Fatal("the card will not be saved")
	}
	v.payWith(cardPays)
	v.outcome("paid")
	v.order("mug")
	v.until("document.querySelector('[data-stripe-element=payment]').shadowRoot.querySelector('[data-saved-method^=pm_]')")
	v.picture("saved-card")
	v.click("#pay-button")
	v.outcome("paid")
	s.wantLedger(2, mugPrice, mugPrice)
	if got := s.app.Sandbox().Ledger().Intents; got[0].Customer == "" || got[0].Customer != got[1].Customer {
		t.Errorf("the customers are %q and %q, want one", got[0].Customer, got[1].Customer)
	}
}
