package e2etest

import (
	"fmt"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"checkoutd/internal/browsertest"
)

// Inside is a place inside of the element of Stripe's that is mounted in a
// container.
func Inside(container, selector string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf("document.querySelector('#%s [data-stripe-element]')?.shadowRoot.querySelector(%q)", container, selector))
}

// Press clicks a control wherever it is: a pointer would miss it while the form
// still grows.
func (v *Visitor) Press(control chromedp.JSPath) {
	v.t.Helper()
	v.Until(string(control))
	Ask[any](v, string(control)+".click()")
}

// Enter puts values into fields at once, as autofill does; each field is waited
// for, since an address is drawn anew for another country.
func (v *Visitor) Enter(container string, fields ...[2]string) {
	v.t.Helper()
	for _, f := range fields {
		field := string(Inside(container, "[name="+f[0]+"]"))
		v.Until(field)
		Ask[any](v, fmt.Sprintf(`(() => {
			const field = %s;
			field.value = %q;
			for (const type of ['input', 'change', 'blur']) field.dispatchEvent(new Event(type, {bubbles: true}));
		})()`, field, f[1]))
	}
}

// FillBare types a card where the page asks for the billing address.
func (v *Visitor) FillBare(number string) {
	v.t.Helper()
	v.Fill("number", number)
	v.Fill("expiry", "1234")
	v.Fill("cvc", "123")
}

// Says waits for the text of an element of the page.
func (v *Visitor) Says(id, text string) {
	v.t.Helper()
	v.Until(fmt.Sprintf("document.querySelector('#%s')?.innerText.includes(%q)", id, text))
}

// OrderOf is the order as the server tells it.
func (v *Visitor) OrderOf(id string) map[string]any {
	v.t.Helper()
	return Ask[map[string]any](v, "fetch('/orders/"+id+"').then((r) => r.json())")
}

// WantTotal waits until the page, the pay button, Stripe's elements and the
// server agree on a total.
func (v *Visitor) WantTotal(id, shown string, amount int64) {
	v.t.Helper()
	v.Says("order-total", shown)
	v.Says("pay-label", shown)
	v.Until("document.querySelector('#summary').ariaBusy !== 'true'")
	if got := v.OrderOf(id)["amount"]; got != float64(amount) {
		v.t.Errorf("the page says %s, and the server %v", shown, got)
	}
}

// Dark makes the screen dark or light, and waits for Stripe's elements to
// follow.
func (v *Visitor) Dark(on bool) {
	v.t.Helper()
	v.Do(browsertest.Dark(on))
	Ask[any](v, "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))")
}

// Axe looks for violations of accessibility, on light and on dark screens.
func (v *Visitor) Axe() {
	v.t.Helper()
	for _, dark := range []bool{true, false} {
		v.Dark(dark)
		browsertest.Axe(v.t, v.ctx)
	}
}

// Look takes pictures of the page: on a desk and on a phone, light and dark.
func (v *Visitor) Look(name string) {
	v.t.Helper()
	v.Picture(name)
	v.Dark(true)
	v.Picture(name + "-dark")
	v.Do(browsertest.Viewport(375, 720))
	v.Picture(name + "-phone-dark")
	v.Dark(false)
	v.Picture(name + "-phone")
	v.Do(browsertest.Viewport(1280, 800))
}

// IntentOf is the only intent that Stripe has of a kind: payment_intents or
// setup_intents.
func (s *Shop) IntentOf(kind string) map[string]any {
	s.T.Helper()
	list := s.List("/v1/" + kind)
	if len(list) != 1 {
		s.T.Fatalf("Stripe has %d %s, want 1", len(list), kind)
	}
	return list[0]
}

// focused is the element that has the focus, inside of the Payment Element too.
const focused = `(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at; })()`

// TabTo presses Tab until the focus is there. Wherever it rests on the way, it
// must show.
func (v *Visitor) TabTo(selector string) {
	v.t.Helper()
	for range 60 {
		v.Do(chromedp.KeyEvent(kb.Tab))
		if !Ask[bool](v, "(async () => { const s = getComputedStyle("+focused+"); return s.outlineStyle !== 'none' || s.boxShadow !== 'none'; })()") {
			v.t.Errorf("the focus does not show on %s", Ask[string](v, focused+".outerHTML.slice(0, 120)"))
		}
		if Ask[bool](v, focused+".matches('"+selector+"')") {
			return
		}
	}

	v.t.Fatalf("Tab does not reach %s", selector)
}
