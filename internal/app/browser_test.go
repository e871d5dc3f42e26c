package app_test

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
)

// tabs bounds the tests that use the browser at the same time, for the memory's sake.
var tabs = make(chan struct{}, 2)

// visitor is a person in front of a browser of their own. When the test ends no page may
// have complained: no exception, no console.error, nothing that the content security
// policy stopped, no failed call but those that the test foresaw.
type visitor struct {
	t       *testing.T
	ctx     context.Context
	shop    *shop
	foresaw []string
}

func visit(t *testing.T, s *shop) *visitor {
	t.Helper()
	tabs <- struct{}{}
	t.Cleanup(func() { <-tabs })
	v := &visitor{t: t, ctx: browsertest.New(t), shop: s}
	t.Cleanup(v.wantNoProblems)
	return v
}

// tab is the same person in a second tab.
func (v *visitor) tab() *visitor {
	v.t.Helper()
	second := &visitor{t: v.t, ctx: browsertest.NewTab(v.t, v.ctx), shop: v.shop}
	v.t.Cleanup(second.wantNoProblems)
	return second
}

// foresee names a complaint that the test provokes.
func (v *visitor) foresee(text string) { v.foresaw = append(v.foresaw, text) }

func (v *visitor) wantNoProblems() {
	for _, p := range browsertest.Problems(v.ctx) {
		known := slices.ContainsFunc(v.foresaw, func(text string) bool { return strings.Contains(p.String(), text) })
		if !known {
			v.t.Errorf("the page complained: %s", p)
		}
	}
}

// do carries out steps, each within the test's patience.
func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) open(path string) {
	v.t.Helper()
	v.do(chromedp.Navigate(v.shop.url + path))
}

func (v *visitor) click(selector string) {
	v.t.Helper()
	v.do(chromedp.Click(chromedp.CSS(selector)))
}

// ask evaluates an expression, waits for its promise and gives it as T.
func ask[T any](v *visitor, js string) (value T) {
	v.t.Helper()
	if err := v.eval(js, &value); err != nil {
		v.t.Fatalf("%s: %v", js, err)
	}
	return value
}

func (v *visitor) eval(js string, value any) error {
	out, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](
		"(async () => JSON.stringify((await ("+js+")) ?? null))()", chromedp.EvalAwaitPromise))
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(out), value)
}

// until waits until the expression is true. Between two pages it has no value.
func (v *visitor) until(js string) {
	v.t.Helper()
	var last error
	for deadline := time.Now().Add(patience); ; time.Sleep(25 * time.Millisecond) {
		var ok bool
		if last = v.eval("Boolean(await ("+js+"))", &ok); last == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("waited %s in vain: %s (%v); the page at %s says: %.600s", patience, js, last,
				ask[string](v, "location.href"), ask[string](v, "document.body.innerText"))
		}
	}
}

// want compares an expression's value.
func want[T comparable](v *visitor, js string, want T) {
	v.t.Helper()
	if got := ask[T](v, js); got != want {
		v.t.Errorf("%s is %v, want %v", js, got, want)
	}
}

// picture keeps a screenshot when CHECKOUTD_SCREENSHOTS names a folder.
func (v *visitor) picture(name string) {
	v.t.Helper()
	browsertest.Screenshot(v.t, v.ctx, "app-"+name)
}

// order puts a product into the cart, checks out, waits for the form and gives the
// order's id.
func (v *visitor) order(sku string) string {
	v.t.Helper()
	v.open("/")
	v.click("[data-sku=" + sku + "] .add")
	v.click("#checkout-button")
	v.formReady()
	return strings.TrimPrefix(ask[string](v, "location.pathname"), "/checkout/")
}

func (v *visitor) formReady() {
	v.t.Helper()
	v.until("document.querySelector('#payment-form')?.dataset.phase === 'ready'")
}

// form is a place inside of the Payment Element, whose inside is hidden from the page.
func form(selector string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf("document.querySelector('[data-stripe-element=payment]')?.shadowRoot.querySelector(%q)", selector))
}

// fill types over what a field of the Payment Element holds.
func (v *visitor) fill(name, text string) {
	v.t.Helper()
	field := form("[name=" + name + "]")
	v.do(chromedp.Click(field))
	ask[any](v, string(field)+".select()")
	v.do(chromedp.SendKeys(field, text))
}

// fillCard types a card of the offline account's country, the US.
func (v *visitor) fillCard(number string) {
	v.t.Helper()
	v.fill("number", number)
	v.fill("expiry", "1234")
	v.fill("cvc", "123")
	v.fill("postal", "94103")
}

// payWith fills the card in and presses the button.
func (v *visitor) payWith(card string) {
	v.t.Helper()
	v.fillCard(card)
	v.click("#pay-button")
}

// challenge waits for the bank's page in the dialog and presses its button: pass or fail.
func (v *visitor) challenge(button string) {
	v.t.Helper()
	v.do(chromedp.Click(chromedp.CSS("#"+button), chromedp.FromNode(v.bankPage())))
}

// bankPage is the frame of the dialog, when its page is there.
func (v *visitor) bankPage() *chromedp.Node {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	frame, err := browsertest.Frame(ctx,
		chromedp.JSPath("document.querySelector('[data-stripe-dialog]')?.shadowRoot.querySelector('iframe[data-loaded]')"), "#pass")
	if err != nil {
		v.t.Fatalf("no page of the bank: %v", err)
	}
	return frame
}

// outcome waits for the return page to say state.
func (v *visitor) outcome(state string) {
	v.t.Helper()
	v.until("location.pathname === '/complete' && document.querySelector('#order-state')?.dataset.state === '" + state + "'")
}

// refused waits for the form to say why the payment did not go through.
func (v *visitor) refused(message string) {
	v.t.Helper()
	v.until("document.querySelector('#payment-form').dataset.phase === 'ready' && document.querySelector('#payment-message').textContent")
	want(v, "document.querySelector('#payment-message').textContent", message)
}

// wantOrder compares what the server tells the order's buyer.
func (v *visitor) wantOrder(id, status, paymentStatus string) {
	v.t.Helper()
	want(v, "fetch('/orders/"+id+"').then((r) => r.json()).then((o) => o.status + ' ' + o.payment_status)", status+" "+paymentStatus)
}
