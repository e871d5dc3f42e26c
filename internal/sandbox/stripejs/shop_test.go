package stripejs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/testhost"
)

// shop is a page on another origin that uses the stand-in, under a CSP as
// strict as the product's own.
type shop struct {
	t    *testing.T
	ctx  context.Context
	wire *wire
	url  string

	problemsBefore int // problems of the tests that had the tab before
}

const shopPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>shop</title>
<link rel="stylesheet" href="/shop.css"><form id="form"><h1>Shop</h1><div id="other"></div><div id="element"></div><button id="pay">Pay</button></form>
<script src="%s"></script><script src="/shop.js"></script></html>`

// shopScript creates an element and records its events; the tests call boot.
const shopScript = `'use strict';
window.element = null;
window.events = [];
window.submits = 0;
document.querySelector('#form').addEventListener('submit', (event) => { event.preventDefault(); window.submits += 1; });
window.inside = (selector, type = 'payment') => document.querySelector('[data-stripe-element=' + type + ']').shadowRoot.querySelector(selector);
window.sheet = (selector) => document.querySelector('[data-stripe-dialog]')?.shadowRoot.querySelector(selector);
window.fill = (values) => {
  for (const [name, value] of Object.entries(values)) {
    const input = inside('[name=' + name + ']');
    input.value = value;
    input.dispatchEvent(new InputEvent('input', { inputType: 'insertReplacementText' }));
  }
};
window.boot = async (elementsOptions, createOptions = {}, type = 'payment', stripeOptions = {}) => {
  window.element?.destroy();
  window.stripe = Stripe('pk_test_shop', stripeOptions);
  window.elements = stripe.elements(elementsOptions);
  window.element = elements.create(type, createOptions);
  for (const name of ['ready', 'change', 'focus', 'blur', 'escape', 'loaderror', 'loaderstart', 'savedpaymentmethodremove', 'carddetailschange', 'click', 'confirm', 'cancel', 'availablepaymentmethodschange']) {
    element.on(name, (event) => events.push([name, JSON.parse(JSON.stringify(event))]));
  }
  const settled = new Promise((resolve) => { element.on('ready', resolve); element.on('loaderror', resolve); });
  element.mount('#element');
  await settled;
};
window.last = (name) => events.filter((entry) => entry[0] === name).map((entry) => entry[1]).pop() ?? null;
window.failure = async (work) => { try { return 'no error: ' + JSON.stringify(await work()); } catch (err) { return err.name + ': ' + err.message; } };
`

// openShop loads the page with the stand-in's script into the tab. At the end
// it checks that the page reported no problems.
func openShop(t *testing.T, tab context.Context, w *wire, path string) *shop {
	t.Helper()

	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/shop.js":
			rw.Header().Set("Content-Type", "text/javascript")
			_, _ = fmt.Fprint(rw, shopScript)
		case "/shop.css":
			rw.Header().Set("Content-Type", "text/css")
			_, _ = fmt.Fprint(
				rw,
				"body{margin:0;padding:16px;font-family:sans-serif}#element{margin:1em "+
					"0}@media(prefers-color-scheme:dark){body{background:#1a1b25;color:#fff}}",
			)
		case "/favicon.ico":
			rw.WriteHeader(http.StatusNoContent)
		default:
			rw.Header().Set(
				"Content-Security-Policy",
				strings.ReplaceAll(
					"default-src 'none'; script-src 'self' W; connect-src W; frame-src W; font-src W; "+
						"style-src 'self'; img-src 'self'; base-uri 'none'",
					"W",
					w.URL,
				),
			)
			rw.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(rw, shopPage, w.URL+path)
		}
	}))

	t.Cleanup(site.Close)
	s := newVisit(t, tab, w, site.URL)

	s.do(chromedp.Navigate(site.URL + "/checkout"))

	return s
}

// newVisit reuses the tab of an earlier test, since opening a tab is the
// slowest part of most tests. Every site has its own origin, and none stores
// anything in the browser.
func newVisit(t *testing.T, tab context.Context, w *wire, url string) *shop {
	t.Helper()
	s := &shop{t: t, ctx: tab, wire: w, url: url, problemsBefore: len(browsertest.Problems(tab))}
	s.do(focused, browsertest.Viewport(1280, 800), browsertest.Dark(false))
	t.Cleanup(s.leave)
	return s
}

// leave reports the problems of the page, and takes a screenshot if the test
// failed.
func (s *shop) leave() {
	for _, p := range browsertest.Problems(s.ctx)[s.problemsBefore:] {
		// Many tests cause responses of 400 and above on purpose.
		if p.Kind != browsertest.Network {
			s.t.Errorf("the page reported a problem: %s", p)
		}
	}
	if s.t.Failed() {
		browsertest.Screenshot(s.t, s.ctx, s.t.Name()+"-failed")
	}
}

// focused gives the tab the focus as if it were the only one: tests share a
// browser.
func focused(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
	_, err := cdp.Call(
		ctx,
		target,
		emulation.SetFocusEmulationEnabled,
		emulation.SetFocusEmulationEnabledParams{Enabled: true},
	)
	return chromedp.Void{}, err
}

// newShop opens a shop with the ordinary script and mounts one payment element.
func newShop(t *testing.T, tab context.Context, w *wire, elementsOptions, paymentOptions string) *shop {
	t.Helper()
	s := openShop(t, tab, w, "/v3/stripe.js")
	s.boot(elementsOptions, paymentOptions, "payment")
	return s
}

const deferred = "{mode: 'payment', amount: 1099, currency: 'eur'}"

// boot creates and mounts one element in place of the previous one. The last
// argument may be options of Stripe().
func (s *shop) boot(elementsOptions, options, kind string, stripeOptions ...string) {
	s.t.Helper()
	s.run(fmt.Sprintf("boot(%s, %s, '%s', %s)", elementsOptions, options, kind, append(stripeOptions, "undefined")[0]))
}

func (s *shop) do(steps ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	if err := chromedp.Do(s.ctx, steps...); err != nil {
		s.t.Fatal(err)
	}
}

// run evaluates an expression, waits for its promise and drops the result.
func (s *shop) run(js string) {
	s.t.Helper()
	s.json("(async () => { await (" + js + "); return null; })()")
}

// json evaluates an expression and returns its value as JSON text.
func (s *shop) json(js string) string {
	s.t.Helper()

	out, err := chromedp.Run(
		s.ctx,
		chromedp.Evaluate[string](
			"(async () => JSON.stringify((await ("+js+")) ?? null))()",
			chromedp.EvalAwaitPromise,
		),
	)
	if err != nil {
		s.t.Fatalf("%s: %v", js, err)
	}

	return out
}

// text evaluates an expression whose value is a string.
func (s *shop) text(js string) string {
	s.t.Helper()
	var out string
	if err := json.Unmarshal([]byte(s.json(js)), &out); err != nil {
		s.t.Fatalf("%s: %v", js, err)
	}
	return out
}

// want compares the JSON value of an expression.
func (s *shop) want(js, want string) {
	s.t.Helper()
	if got := s.json(js); got != want {
		s.t.Errorf("%s\n got %s\nwant %s", js, got, want)
	}
}

// eventually waits until the expression is true.
func (s *shop) eventually(js string) {
	s.t.Helper()
	for deadline := time.Now().Add(testhost.Patience); s.json("Boolean("+js+
		")") != "true"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain for: %s", js)
		}
	}
}

// arrive waits until the tab shows a page with this element. Between two pages
// nothing can be evaluated and nodes of the previous page are stale, so the
// next step should not be a mouse click.
func (s *shop) arrive(selector string) {
	s.t.Helper()

	for deadline := time.Now().Add(testhost.Patience); ; time.Sleep(10 * time.Millisecond) {
		there, err := chromedp.Run(
			s.ctx,
			chromedp.Evaluate[bool](
				fmt.Sprintf("document.readyState === 'complete' && Boolean(document.querySelector(%q))", selector),
			),
		)
		if err == nil && there {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("waited 20 s for %s: %v", selector, err)
		}
	}
}

func inside(selector string) chromedp.JSPath {
	return chromedp.JSPath(fmt.Sprintf("inside(%q)", selector))
}

// typeIn types into the input of the payment element with this name.
func (s *shop) typeIn(name, text string) {
	s.t.Helper()
	s.do(chromedp.SendKeys(inside("[name="+name+"]"), text))
}

// typeCard types a whole card, key by key.
func (s *shop) typeCard(number string) {
	s.t.Helper()
	s.typeIn("number", number)
	s.typeIn("expiry", "1234")
	s.typeIn("cvc", "123")
}

// fillCard fills in a whole card at once, as a browser's autofill does.
func (s *shop) fillCard(number string) {
	s.t.Helper()
	s.run(fmt.Sprintf("fill({number: %q, expiry: '1234', cvc: '123'})", number))
}

// wantForm compares parts of the last form that was sent to a route.
func (s *shop) wantForm(line string, want map[string]string) {
	s.t.Helper()
	calls := s.wire.calls(line)
	if len(calls) == 0 {
		s.t.Fatalf("%s was not called", line)
	}
	compareForm(s.t, calls[len(calls)-1], want)
}

func compareForm(t *testing.T, form url.Values, want map[string]string) {
	t.Helper()
	for key, value := range want {
		if got := form.Get(key); got != value {
			t.Errorf("%s: got %q, want %q in %s", key, got, value, form.Encode())
		}
	}
}

// picture writes a screenshot if CHECKOUTD_SCREENSHOTS is set.
func (s *shop) picture(name string) {
	s.t.Helper()
	if os.Getenv("CHECKOUTD_SCREENSHOTS") != "" {
		browsertest.Screenshot(s.t, s.ctx, "stripejs-"+name)
	}
}
