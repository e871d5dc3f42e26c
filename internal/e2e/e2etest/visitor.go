package e2etest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/testhost"
)

// tabs limits how many tests use a browser at the same time, to save memory.
var tabs = make(chan struct{}, 2)

// Visitor is a person with a browser of their own. The test fails if a page
// complained: an exception, a console.error, a violation of the content
// security policy or a failed call that the test did not expect.
type Visitor struct {
	t        *testing.T
	ctx      context.Context
	shop     *Shop
	expected []string
}

// Visit opens a browser for the shop.
func Visit(t *testing.T, s *Shop) *Visitor {
	t.Helper()
	tabs <- struct{}{}
	t.Cleanup(func() { <-tabs })
	v := &Visitor{t: t, ctx: browsertest.New(t), shop: s}
	t.Cleanup(v.wantNoProblems)
	return v
}

// Tab opens a second tab in the same browser.
func (v *Visitor) Tab() *Visitor {
	v.t.Helper()
	second := &Visitor{t: v.t, ctx: browsertest.NewTab(v.t, v.ctx), shop: v.shop}
	v.t.Cleanup(second.wantNoProblems)
	return second
}

// Expect declares a complaint that the test provokes.
func (v *Visitor) Expect(text string) { v.expected = append(v.expected, text) }

func (v *Visitor) wantNoProblems() {
	for _, p := range browsertest.Problems(v.ctx) {
		known := slices.ContainsFunc(v.expected, func(text string) bool { return strings.Contains(p.String(), text) })
		if !known {
			v.t.Errorf("the page complained: %s", p)
		}
	}
}

// Do runs steps, all of them within testhost.Patience.
func (v *Visitor) Do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, testhost.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

// Open opens a page of the shop.
func (v *Visitor) Open(path string) {
	v.t.Helper()
	v.Do(chromedp.Navigate(v.shop.URL + path))
}

// OpenElsewhere opens a page that is not the shop's.
func (v *Visitor) OpenElsewhere(url string) {
	v.t.Helper()
	v.Do(chromedp.Navigate(url))
}

// Click clicks an element of the page.
func (v *Visitor) Click(selector string) {
	v.t.Helper()
	v.Do(chromedp.Click(chromedp.CSS(selector)))
}

// Eval evaluates an expression, awaits its promise and returns the value.
func Eval[T any](v *Visitor, js string) (value T) {
	v.t.Helper()
	if err := v.evaluate(js, &value); err != nil {
		v.t.Fatalf("%s: %v", js, err)
	}
	return value
}

func (v *Visitor) evaluate(js string, value any) error {
	out, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](
		"(async () => JSON.stringify((await ("+js+")) ?? null))()", chromedp.EvalAwaitPromise))
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(out), value)
}

// Until waits until the expression is true. It tolerates errors, because an
// expression has no value between two pages.
func (v *Visitor) Until(js string) {
	v.t.Helper()
	var last error
	for deadline := time.Now().Add(testhost.Patience); ; time.Sleep(25 * time.Millisecond) {
		var ok bool
		if last = v.evaluate("Boolean(await ("+js+"))", &ok); last == nil && ok {
			return
		}

		if time.Now().After(deadline) {
			v.t.Fatalf("waited %s in vain: %s (%v); the page at %s says: %.600s", testhost.Patience, js, last,
				Eval[string](v, "location.href"), Eval[string](v, "document.body.innerText"))
		}
	}
}

// Want compares the value of an expression.
func Want[T comparable](v *Visitor, js string, want T) {
	v.t.Helper()
	if got := Eval[T](v, js); got != want {
		v.t.Errorf("%s is %v, want %v", js, got, want)
	}
}

// Screenshot saves a screenshot if CHECKOUTD_SCREENSHOTS is set.
func (v *Visitor) Screenshot(name string) {
	v.t.Helper()
	browsertest.Screenshot(v.t, v.ctx, "app-"+name)
}

// Order adds a product to the cart, checks out, waits for the form and returns
// the order's ID.
func (v *Visitor) Order(sku string) string {
	v.t.Helper()
	v.Open("/")
	v.Click("[data-sku=" + sku + "] .add")
	v.Click("#checkout-button")
	v.FormReady()
	return strings.TrimPrefix(Eval[string](v, "location.pathname"), "/checkout/")
}

// FormReady waits until the payment form is ready.
func (v *Visitor) FormReady() {
	v.t.Helper()
	v.Until("document.querySelector('#payment-form')?.dataset.phase === 'ready'")
}

// Form returns the path of an element inside the Payment Element, which is
// hidden from the page.
func Form(selector string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf("document.querySelector('[data-stripe-element=payment]')?.shadowRoot.querySelector(%q)", selector))
}

// Fill replaces the text of a field of the Payment Element.
func (v *Visitor) Fill(name, text string) {
	v.t.Helper()
	field := Form("[name=" + name + "]")
	v.Do(chromedp.Click(field))
	Eval[any](v, string(field)+".select()")
	v.Do(chromedp.SendKeys(field, text))
}

// FillCard types a card, with a US postal code where the page does not have one
// from the shipping address.
func (v *Visitor) FillCard(number string) {
	v.t.Helper()
	v.Fill("number", number)
	v.Fill("expiry", "1234")
	v.Fill("cvc", "123")

	if Eval[bool](v, string(Form("[name=postal]"))+"?.checkVisibility() === true") {
		v.Fill("postal", "94103")
	}
}

// PayWith types a card and presses the button.
func (v *Visitor) PayWith(card string) {
	v.t.Helper()
	v.FillCard(card)
	v.Click("#pay-button")
}

// Challenge waits for the bank's page in the dialog and presses one of its
// buttons: pass or fail.
func (v *Visitor) Challenge(button string) {
	v.t.Helper()
	v.Do(chromedp.Click(chromedp.CSS("#"+button), chromedp.FromNode(v.BankPage())))
}

// BankPage waits for the bank's page in the dialog and returns its frame.
func (v *Visitor) BankPage() *chromedp.Node {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, testhost.Patience)
	defer cancel()
	frame, err := browsertest.Frame(ctx,
		chromedp.JSPath("document.querySelector('[data-stripe-dialog]')?.shadowRoot.querySelector('iframe[data-loaded]')"), "#pass")
	if err != nil {
		v.t.Fatalf("no page of the bank: %v", err)
	}
	return frame
}

// Redirected waits for the bank's own site, to which a method redirects, and
// presses one of its buttons: pass or fail. The page must be loaded to its end:
// before its script runs, a button would submit the bare form.
func (v *Visitor) Redirected(button string) {
	v.t.Helper()
	v.Until("location.pathname.startsWith('/redirect/') && document.readyState === 'complete'")
	v.Click("#" + button)
}

// Outcome waits until the page after the payment shows a state.
func (v *Visitor) Outcome(state string) {
	v.t.Helper()
	v.Until("location.pathname === '/complete' && document.querySelector('#order-state')?.dataset.state === '" + state + "'")
}

// Refused waits until the form shows why the payment failed.
func (v *Visitor) Refused(message string) {
	v.t.Helper()
	v.Until("document.querySelector('#payment-form').dataset.phase === 'ready' && document.querySelector('#payment-message').textContent")
	Want(v, "document.querySelector('#payment-message').textContent", message)
}

// WantOrder checks the statuses that the server returns to the order's buyer.
func (v *Visitor) WantOrder(id, status, paymentStatus string) {
	v.t.Helper()
	Want(v, "fetch('/orders/"+id+"').then((r) => r.json()).then((o) => o.status + ' ' + o.payment_status)", status+" "+paymentStatus)
}
