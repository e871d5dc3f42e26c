package e2etest

import (
	"fmt"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/browsertest"
)

// Inside returns the path of an element inside a Stripe element, which is
// mounted in a container.
func Inside(container, selector string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf("document.querySelector('#%s [data-stripe-element]')?.shadowRoot.querySelector(%q)", container, selector))
}

// Press clicks a control by script: a pointer would miss it while the form
// still grows.
func (v *Visitor) Press(control chromedp.JSPath) {
	v.t.Helper()
	v.Until(string(control))
	Eval[any](v, string(control)+".click()")
}

// Enter sets fields at once, as autofill does. It waits for each field, because
// another country changes the fields of an address.
func (v *Visitor) Enter(container string, fields ...[2]string) {
	v.t.Helper()
	for _, f := range fields {
		field := string(Inside(container, "[name="+f[0]+"]"))
		v.Until(field)
		Eval[any](v, fmt.Sprintf(`(() => {
			const field = %s;
			field.value = %q;
			for (const type of ['input', 'change', 'blur']) field.dispatchEvent(new Event(type, {bubbles: true}));
		})()`, field, f[1]))
	}
}

// FillBare types a card on a page that asks for the billing address elsewhere.
func (v *Visitor) FillBare(number string) {
	v.t.Helper()
	v.Fill("number", number)
	v.Fill("expiry", "1234")
	v.Fill("cvc", "123")
}

// WaitText waits until an element of the page contains a text.
func (v *Visitor) WaitText(id, text string) {
	v.t.Helper()
	v.Until(fmt.Sprintf("document.querySelector('#%s')?.innerText.includes(%q)", id, text))
}

// OrderOf returns the order as the server shows it to the buyer.
func (v *Visitor) OrderOf(id string) map[string]any {
	v.t.Helper()
	return Eval[map[string]any](v, "fetch('/orders/"+id+"').then((r) => r.json())")
}

// WantTotal waits until the page, the pay button, Stripe's elements and the
// server agree on a total.
func (v *Visitor) WantTotal(id, shown string, amount int64) {
	v.t.Helper()
	v.WaitText("order-total", shown)
	v.WaitText("pay-label", shown)
	v.Until("document.querySelector('#summary').ariaBusy !== 'true'")
	if got := v.OrderOf(id)["amount"]; got != float64(amount) {
		v.t.Errorf("the page says %s, and the server %v", shown, got)
	}
}

// Dark switches between a dark and a light screen, and waits until Stripe's
// elements followed.
func (v *Visitor) Dark(on bool) {
	v.t.Helper()
	v.Do(browsertest.Dark(on))
	Eval[any](v, "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))")
}

// Axe checks the accessibility of the page on light and on dark screens.
func (v *Visitor) Axe() {
	v.t.Helper()
	for _, dark := range []bool{true, false} {
		v.Dark(dark)
		browsertest.Axe(v.t, v.ctx)
	}
}

// AxeIn checks the accessibility of what a selector matches.
func (v *Visitor) AxeIn(selector string) {
	v.t.Helper()
	browsertest.Axe(v.t, v.ctx, selector)
}

// Screenshots saves screenshots of the page: on a desktop and on a phone, light
// and dark.
func (v *Visitor) Screenshots(name string) {
	v.t.Helper()
	v.Screenshot(name)
	v.Dark(true)
	v.Screenshot(name + "-dark")
	v.Do(browsertest.Viewport(375, 720))
	v.Screenshot(name + "-phone-dark")
	v.Dark(false)
	v.Screenshot(name + "-phone")
	v.Do(browsertest.Viewport(1280, 800))
}

// IntentOf returns the only intent that Stripe has in a list: payment_intents
// or setup_intents.
func (s *Shop) IntentOf(kind string) map[string]any {
	s.T.Helper()
	list := s.List("/v1/" + kind)
	if len(list) != 1 {
		s.T.Fatalf("Stripe has %d %s, want 1", len(list), kind)
	}
	return list[0]
}

// focused is the element with the focus, also inside the Payment Element.
const focused = `(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at; })()`

// TabTo presses Tab until an element has the focus. The focus must be visible
// all the way.
func (v *Visitor) TabTo(selector string) {
	v.t.Helper()
	for range 60 {
		v.Do(chromedp.KeyEvent(kb.Tab))
		if !Eval[bool](v, "(async () => { const s = getComputedStyle("+focused+"); return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; })()") {
			v.t.Errorf("the focus does not show on %s", Eval[string](v, focused+".outerHTML.slice(0, 120)"))
		}
		if Eval[bool](v, focused+".matches('"+selector+"')") {
			return
		}
	}

	v.t.Fatalf("Tab does not reach %s", selector)
}
