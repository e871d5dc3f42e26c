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
)

// tabs bounds the tests that use the browser at the same time, for the memory's
// sake.
var tabs = make(chan struct{}, 2)

// Visitor is a person in front of a browser of their own. When the test ends no
// page may have complained: no exception, no console.error, nothing that the
// content security policy stopped, no failed call but those that the test
// foresaw.
type Visitor struct {
	t       *testing.T
	ctx     context.Context
	shop    *Shop
	foresaw []string
}

func Visit(t *testing.T, s *Shop) *Visitor {
	t.Helper()
	tabs <- struct{}{}
	t.Cleanup(func() { <-tabs })
	v := &Visitor{t: t, ctx: browsertest.New(t), shop: s}
	t.Cleanup(v.wantNoProblems)
	return v
}

// Tab is the same person in a second tab.
func (v *Visitor) Tab() *Visitor {
	v.t.Helper()
	second := &Visitor{t: v.t, ctx: browsertest.NewTab(v.t, v.ctx), shop: v.shop}
	v.t.Cleanup(second.wantNoProblems)
	return second
}

// Foresee names a complaint that the test provokes.
func (v *Visitor) Foresee(text string) { v.foresaw = append(v.foresaw, text) }

func (v *Visitor) wantNoProblems() {
	for _, p := range browsertest.Problems(v.ctx) {
		known := slices.ContainsFunc(v.foresaw, func(text string) bool { return strings.Contains(p.String(), text) })
		if !known {
			v.t.Errorf("the page complained: %s", p)
		}
	}
}

// Do carries out steps, each within the test's patience.
func (v *Visitor) Do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

func (v *Visitor) Open(path string) {
	v.t.Helper()
	v.Do(chromedp.Navigate(v.shop.URL + path))
}

func (v *Visitor) Click(selector string) {
	v.t.Helper()
	v.Do(chromedp.Click(chromedp.CSS(selector)))
}

// Ask evaluates an expression, waits for its promise and gives it as T.
func Ask[T any](v *Visitor, js string) (value T) {
	v.t.Helper()
	if err := v.eval(js, &value); err != nil {
		v.t.Fatalf("%s: %v", js, err)
	}
	return value
}

func (v *Visitor) eval(js string, value any) error {
	out, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](
		"(async () => JSON.stringify((await ("+js+")) ?? null))()", chromedp.EvalAwaitPromise))
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(out), value)
}

// Until waits until the expression is true. Between two pages it has no value.
func (v *Visitor) Until(js string) {
	v.t.Helper()
	var last error
	for deadline := time.Now().Add(Patience); ; time.Sleep(25 * time.Millisecond) {
		var ok bool
		if last = v.eval("Boolean(await ("+js+"))", &ok); last == nil && ok {
			return
		}

		if time.Now().After(deadline) {
			v.t.Fatalf("waited %s in vain: %s (%v); the page at %s says: %.600s", Patience, js, last,
				Ask[string](v, "location.href"), Ask[string](v, "document.body.innerText"))
		}
	}
}

// Want compares an expression's value.
func Want[T comparable](v *Visitor, js string, want T) {
	v.t.Helper()
	if got := Ask[T](v, js); got != want {
		v.t.Errorf("%s is %v, want %v", js, got, want)
	}
}

// Picture keeps a screenshot when CHECKOUTD_SCREENSHOTS names a folder.
func (v *Visitor) Picture(name string) {
	v.t.Helper()
	browsertest.Screenshot(v.t, v.ctx, "app-"+name)
}

// Order puts a product into the cart, checks out, waits for the form and gives
// the order's id.
func (v *Visitor) Order(sku string) string {
	v.t.Helper()
	v.Open("/")
	v.Click("[data-sku=" + sku + "] .add")
	v.Click("#checkout-button")
	v.FormReady()
	return strings.TrimPrefix(Ask[string](v, "location.pathname"), "/checkout/")
}

func (v *Visitor) FormReady() {
	v.t.Helper()
	v.Until("document.querySelector('#payment-form')?.dataset.phase === 'ready'")
}

// Form is a place inside of the Payment Element, whose inside is hidden from
// the page.
func Form(selector string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf("document.querySelector('[data-stripe-element=payment]')?.shadowRoot.querySelector(%q)", selector))
}

// Fill types over what a field of the Payment Element holds.
func (v *Visitor) Fill(name, text string) {
	v.t.Helper()
	field := Form("[name=" + name + "]")
	v.Do(chromedp.Click(field))
	Ask[any](v, string(field)+".select()")
	v.Do(chromedp.SendKeys(field, text))
}

// FillCard types a card of the offline account's country, the US.
func (v *Visitor) FillCard(number string) {
	v.t.Helper()
	v.Fill("number", number)
	v.Fill("expiry", "1234")
	v.Fill("cvc", "123")
	v.Fill("postal", "94103")
}

// PayWith fills the card in and presses the button.
func (v *Visitor) PayWith(card string) {
	v.t.Helper()
	v.FillCard(card)
	v.Click("#pay-button")
}

// Challenge waits for the bank's page in the dialog and presses its button:
// pass or fail.
func (v *Visitor) Challenge(button string) {
	v.t.Helper()
	v.Do(chromedp.Click(chromedp.CSS("#"+button), chromedp.FromNode(v.BankPage())))
}

// BankPage is the frame of the dialog, when its page is there.
func (v *Visitor) BankPage() *chromedp.Node {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, Patience)
	defer cancel()
	frame, err := browsertest.Frame(ctx,
		chromedp.JSPath("document.querySelector('[data-stripe-dialog]')?.shadowRoot.querySelector('iframe[data-loaded]')"), "#pass")
	if err != nil {
		v.t.Fatalf("no page of the bank: %v", err)
	}
	return frame
}

// Outcome waits for the return page to say state.
func (v *Visitor) Outcome(state string) {
	v.t.Helper()
	v.Until("location.pathname === '/complete' && document.querySelector('#order-state')?.dataset.state === '" + state + "'")
}

// Refused waits for the form to say why the payment did not go through.
func (v *Visitor) Refused(message string) {
	v.t.Helper()
	v.Until("document.querySelector('#payment-form').dataset.phase === 'ready' && document.querySelector('#payment-message').textContent")
	Want(v, "document.querySelector('#payment-message').textContent", message)
}

// WantOrder compares what the server tells the order's buyer.
func (v *Visitor) WantOrder(id, status, paymentStatus string) {
	v.t.Helper()
	Want(v, "fetch('/orders/"+id+"').then((r) => r.json()).then((o) => o.status + ' ' + o.payment_status)", status+" "+paymentStatus)
}
