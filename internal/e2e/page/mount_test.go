package page_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/api"
	"checkoutd/internal/browsertest"
	"checkoutd/internal/e2e/e2etest"
)

// shopPage is a page of the shop's own. Its style sheet would break a form that
// takes anything over from it.
const shopPage = `<!doctype html><html lang="en"><title>The shop</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/shop.css">
<main><h1>Checkout at the shop</h1><div id="pay">…</div></main>
<p class="button" id="ours">Our button</p><script type="module" src="/shop.js"></script>`

const shopStyles = `html { font-size: 62.5%; } body { margin: 0; font: 16px/1.4 sans-serif; letter-spacing: .3em; text-transform: uppercase; }
main { padding: 16px; } h2, p, button, dt { display: none; color: red; } .button, .panel, .amount, #pay-button { display: none; }
input, label { visibility: hidden; } #ours { display: block; color: rgb(1, 2, 3); }`

// shopScript mounts the form, and takes account of the calls.
const shopScript = `import {mount, version} from 'SERVER/checkoutd.js';
const calls = [];
const form = mount('#pay', {
  clientToken: 'TOKEN',
  onPaid: (order) => calls.push('paid ' + order.id + ' ' + order.payment_status),
  onError: ({code, message}) => calls.push('error ' + code + ': ' + message),
  appearance: APPEARANCE,
});
Object.assign(window, {calls, form, mount, version});`

// shopPolicy is the one that docs/frontend.md asks for, with the sandbox in
// Stripe's place.
const shopPolicy = "default-src 'self'; img-src 'self' data: SERVER; script-src 'self' SERVER STRIPE; " +
	"connect-src 'self' SERVER STRIPE; frame-src STRIPE"

// front is a shop with a page of its own on another origin than the server.
type front struct {
	*e2etest.Shop
	*e2etest.Visitor
	t    *testing.T
	site string
	// token and appearance are what the page mounts the form with, by script.
	token, appearance, script string
}

func openFront(t *testing.T, options ...e2etest.Option) *front {
	t.Helper()
	f := &front{t: t, appearance: "{}", script: shopScript}
	fill := func(text string) string {
		return strings.NewReplacer("SERVER", f.URL, "STRIPE", f.App.StripeOrigin(),
			"TOKEN", f.token, "APPEARANCE", f.appearance).Replace(text)
	}

	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", fill(shopPolicy))

		switch r.URL.Path {
		case "/pay":
			h.Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, shopPage)
		case "/shop.css":
			h.Set("Content-Type", "text/css")
			_, _ = io.WriteString(w, shopStyles)
		case "/shop.js":
			h.Set("Content-Type", "text/javascript")
			_, _ = io.WriteString(w, fill(f.script))
		case "/thanks":
			h.Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, `<!doctype html><title>Thanks</title><link rel="icon" href="data:,">Thank you`)
		default:
			http.NotFound(w, r)
		}
	}))

	t.Cleanup(site.Close)

	f.site = site.URL
	f.Shop = e2etest.OpenShop(t, append(options, e2etest.Set("ALLOWED_ORIGINS", site.URL))...)
	f.Visitor = e2etest.Visit(t, f.Shop)

	return f
}

// order makes an order and returns its ID.
func (f *front) order(body string) string {
	f.t.Helper()
	o := f.Backend(f.t, api.ScopeWrite).Want(http.StatusCreated, "POST", "/v1/orders", body)
	f.token = o["client_token"].(string)
	return o["id"].(string)
}

const oneMug = `{"currency":"usd","items":[{"name":"Enamel mug","unit_amount":1800}]}`

// in returns the expression for an element of the mounted form.
func in(selector string) string {
	return fmt.Sprintf("document.querySelector('checkoutd-form')?.shadowRoot.querySelector(%q)", selector)
}

func (f *front) openPage() {
	f.t.Helper()
	f.OpenElsewhere(f.site + "/pay?cart=7")
}

// phase waits until the form is in a phase.
func (f *front) phase(phase string) {
	f.t.Helper()
	f.Until(in("#payment-form") + "?.dataset.phase === '" + phase + "'")
}

// pay types a card and presses the button of the form.
func (f *front) pay(card string) {
	f.t.Helper()
	f.phase("ready")
	f.FillCard(card)
	f.Do(chromedp.Click(chromedp.JSPath(in("#pay-button"))))
}

// wantCalls waits until the page was called as often as want says, and compares
// the calls.
func (f *front) wantCalls(want ...string) {
	f.t.Helper()
	f.Until("window.calls?.length >= " + strconv.Itoa(len(want)))
	e2etest.Want(f.Visitor, "calls.join('\\n')", strings.Join(want, "\n"))
}

func TestTheMountedFormPays(t *testing.T) {
	t.Parallel()
	f := openFront(t)
	id := f.order(oneMug)
	f.Expect("402 (Payment Required)")
	f.openPage()

	f.pay(e2etest.CardDeclined)
	f.wantCalls("error generic_decline: Your card was declined.")
	f.Until(in("#payment-message") + ".textContent === 'Your card was declined.'")
	f.Screenshot("mount-declined")

	f.pay(e2etest.CardAsks)
	f.Challenge("pass")
	f.wantCalls("error generic_decline: Your card was declined.", "paid "+id+" paid")
	f.Until(in("#order-state") + "?.dataset.state === 'paid'")
	f.Until("document.querySelector('checkoutd-form').shadowRoot.activeElement?.textContent === 'This order is paid'")
	f.Screenshot("mount-paid")
	f.WantLedger(1, 1800)

	e2etest.Want(f.Visitor, "document.cookie", "")
	e2etest.Want(f.Visitor, "version", "test")

	// Once more for the page that is loaded again, and once only.
	f.openPage()
	f.wantCalls("paid " + id + " paid")
	e2etest.Want(f.Visitor, "calls.length", 1)
}

// The examples of docs/frontend.md run as they are there, with the addresses
// and the token of the test.
func TestTheExamplesOfTheFrontendsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/frontend.md")
	if err != nil {
		t.Fatal(err)
	}

	examples := regexp.MustCompile("(?s)```js\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(examples) != 2 {
		t.Fatalf("docs/frontend.md has %d examples, want 2", len(examples))
	}

	addresses := strings.NewReplacer("https://pay.shop.example", "SERVER", "'…'", "'TOKEN'")
	for name, tt := range map[string]struct {
		script string
		pay    func(f *front)
	}{
		"mount": {examples[0][1], func(f *front) { f.pay(e2etest.CardPays) }},
		"own code": {ownPage + examples[1][1] + "\ndocument.body.dataset.ready = 'yes';", func(f *front) {
			f.Until("document.body.dataset.ready && " + string(e2etest.Form("[name=number]")))
			f.FillCard(e2etest.CardPays)
			e2etest.Eval[any](f.Visitor, "document.querySelector('form').requestSubmit()")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := openFront(t)
			f.order(oneMug)
			f.script = addresses.Replace(tt.script)
			f.openPage()
			tt.pay(f)
			f.Until("location.pathname === '/thanks'")
			f.WantLedger(1, 1800)
		})
	}
}

// ownPage makes what the second example expects of its page: Stripe.js, a form,
// and a way to show errors.
const ownPage = `
const script = document.createElement('script');
script.src = 'STRIPE/v3/';
document.head.append(script);
await new Promise((loaded) => { script.onload = loaded; });
const form = document.createElement('form');
const place = document.createElement('div');
place.id = 'payment-element';
form.append(place);
document.querySelector('#pay').replaceChildren(form);
const show = (text) => { throw new Error(text); };
`

// Neither does a style of the page reach the form, nor one of the form the
// page.
func TestTheMountedFormKeepsItsStyles(t *testing.T) {
	t.Parallel()
	f := openFront(t)
	f.order(oneMug)
	f.openPage()
	f.phase("ready")

	style := func(element, property string) string { return "getComputedStyle(" + element + ")." + property }
	for js, want := range map[string]string{
		style(in("#pay-button"), "display"):                           "inline-flex",
		style(in("#pay-button"), "fontSize"):                          "16.8px",
		style(in("h2"), "letterSpacing"):                              "normal",
		style(in("h2"), "textTransform"):                              "none",
		style(in("h2"), "color"):                                      "rgb(28, 31, 28)",
		style("document.querySelector('#ours')", "color"):             "rgb(1, 2, 3)",
		style("document.querySelector('#ours')", "backgroundColor"):   "rgba(0, 0, 0, 0)",
		style("document.querySelector('#ours')", "cursor"):            "auto",
		style("document.querySelector('main h1')", "letterSpacing"):   "4.8px",
		style("document.querySelector('checkoutd-field')", "display"): "block",
	} {
		e2etest.Want(f.Visitor, js, want)
	}

	for _, width := range []int64{320, 390} {
		f.Do(browsertest.Viewport(width, 800))
		if got := e2etest.Eval[int64](f.Visitor, "document.documentElement.scrollWidth"); got > width {
			t.Errorf("the page is %d pixels wide on a screen of %d", got, width)
		}

		f.Screenshot("mount-" + strconv.FormatInt(width, 10))
	}

	f.AxeIn("checkoutd-form")
}

// A bank's site sends the buyer back to the page of the shop, which resumes.
func TestTheMountedFormResumes(t *testing.T) {
	t.Parallel()
	f := openFront(t)
	id := f.order(`{"currency":"eur","payment_method_types":["ideal"],"items":[{"name":"Mug","unit_amount":900}]}`)
	f.openPage()

	press := func() {
		f.phase("ready")
		f.Do(chromedp.Click(chromedp.JSPath(in("#pay-button"))))
	}

	// The buyer refuses at the bank, and is back at the form.
	press()
	f.Redirected("fail")
	f.Until("location.href === '" + f.site + "/pay?cart=7'")
	f.phase("ready")
	f.Until(in("#payment-message") + ".textContent")

	// The buyer leaves the bank's site, and takes the payment up again.
	press()
	f.Until("location.pathname.startsWith('/redirect/')")
	f.openPage()
	f.phase("resume")
	f.Screenshot("mount-resume")
	f.Do(chromedp.Click(chromedp.JSPath(in("#resume-button"))))
	f.Redirected("pass")
	f.Until("location.href === '" + f.site + "/pay?cart=7'")
	f.wantCalls("paid " + id + " paid")
	f.WantLedger(1, 900)
}

func TestTheMountedFormInFrenchAndDark(t *testing.T) {
	t.Parallel()
	f := openFront(t, e2etest.Set("COLLECT_EMAIL", "true"), e2etest.WithChangeCatalog)
	id := f.order(`{"locale":"fr","items":[{"sku":"mug","quantity":2}]}`)
	f.appearance = `{theme: 'dark', variables: {colorPrimary: '#ffd54a', fontFamily: 'Georgia, serif'}}`
	f.openPage()
	f.phase("ready")

	f.Until(in("h2") + ".textContent === 'Votre commande'")

	for js, want := range map[string]string{
		"getComputedStyle(" + in(".panel") + ").backgroundColor":      "rgb(29, 31, 29)",
		"getComputedStyle(" + in("#pay-button") + ").backgroundColor": "rgb(255, 213, 74)",
		"getComputedStyle(" + in("#pay-button") + ").color":           "rgb(0, 0, 0)",
		"getComputedStyle(" + in("h2") + ").fontFamily":               "Georgia, serif",
		in(".mount") + ".lang":                                        "fr",
	} {
		e2etest.Want(f.Visitor, js, want)
	}

	f.Screenshot("mount-dark-fr")
	f.AxeIn("checkoutd-form")

	// A press tells what is missing, and the whole of it pays.
	f.Do(chromedp.Click(chromedp.JSPath(in("#pay-button"))))
	f.Until(in("#payment-message") + ".textContent")
	f.Screenshot("mount-error-fr")
	f.enter("link-authentication", [2]string{"email", "jenny@example.com"})
	f.enter("shipping-address", paris...)
	f.Until(in("#rate-list input:checked"))
	f.Screenshot("mount-full-fr")
	f.FillBare(e2etest.CardPays)
	f.Do(chromedp.Click(chromedp.JSPath(in("#pay-button"))))
	f.wantCalls("paid " + id + " paid")
}

// enter sets fields of an element of Stripe's in the mounted form.
func (f *front) enter(container string, fields ...[2]string) {
	f.t.Helper()
	for _, field := range fields {
		js := fmt.Sprintf(`document.querySelector('[slot=checkoutd-%s] [data-stripe-element]')?.shadowRoot.querySelector('[name=%s]')`,
			container, field[0])
		f.Until(js)
		e2etest.Eval[any](f.Visitor, fmt.Sprintf(`(() => {
			const field = %s;
			field.value = %q;
			for (const type of ['input', 'change', 'blur']) field.dispatchEvent(new Event(type, {bubbles: true}));
		})()`, js, field[1]))
	}
}

// Whoever uses mount wrongly reads what to do.
func TestTheMountedFormTellsMistakes(t *testing.T) {
	t.Parallel()
	f := openFront(t)
	f.order(oneMug)
	f.openPage()
	f.phase("ready")

	for call, want := range map[string]string{
		`mount('#nothing', {clientToken: 'ord_a.b'})`:           `checkoutd: nothing in the page matches "#nothing". Call mount() when the element is there.`,
		`mount(null, {clientToken: 'ord_a.b'})`:                 "checkoutd: the first argument of mount() is a selector or an element.",
		`mount('#pay')`:                                         "checkoutd: mount() needs clientToken: the client_token of the order, from POST /v1/orders.",
		`mount('#pay', {clientToken: 'pi_1_secret_2'})`:         `checkoutd: clientToken is not the client_token of an order, which begins with "ord_".`,
		`mount('#pay', {clientToken: 'ord_a.b', onPaid: true})`: "checkoutd: onPaid is not a function.",
		`mount('#pay', {clientToken: 'ord_a.b', onSuccess: 1})`: `checkoutd: mount() has no option "onSuccess". The options are clientToken, onPaid, onError, appearance.`,
	} {
		got := e2etest.Eval[string](f.Visitor, "(() => { try { "+call+"; return ''; } catch (e) { return e.name + ' ' + e.message; } })()")
		if got != "TypeError "+want {
			t.Errorf("%s: %s", call, got)
		}
	}

	f.phase("ready") // the form that is there stays

	// A token that opens nothing, and a page that is not allowed.
	f.Expect("404 (Not Found)")
	f.Expect("opens no order")
	f.token = "ord_abcdefghijklmnopqrstuvwxyz.wrong"
	f.openPage()
	f.wantCalls("error order_not_found: checkoutd: this clientToken opens no order at " + f.URL +
		". It belongs to one order, and ends a day after it.")
	f.Until(in("[role=alert]") + ".textContent === 'The payment form could not be opened. Please try again.'")
	f.Screenshot("mount-failure")

	f.Expect("CORS")
	f.Expect("ERR_FAILED")
	f.Expect("ALLOWED_ORIGINS")
	f.OpenElsewhere(strings.Replace(f.site, "127.0.0.1", "localhost", 1) + "/pay")
	f.wantCalls("error no_answer: checkoutd: " + f.URL + " does not answer " + strings.Replace(f.site, "127.0.0.1", "localhost", 1) +
		". Is it running, and does ALLOWED_ORIGINS name this origin?")
}

// The buyer agrees to the terms in the mounted form, too. An order that expires
// under the form says so; one that its token opens no more says where the buyer
// finds it, without a button that would fail again.
func TestTheMountedFormAsksForConsentAndEnds(t *testing.T) {
	t.Parallel()
	f := openFront(t, e2etest.Set("TERMS_CONSENT", "required"), e2etest.Set("SHOP_TERMS_URL", "https://shop.example/terms"))
	f.Do(browsertest.Viewport(320, 640))
	id := f.order(oneMug)
	f.openPage()
	f.pay(e2etest.CardPays)
	f.Until(in("#payment-message") + ".textContent.startsWith('Please agree to the terms to continue.')")
	e2etest.Want(f.Visitor, "document.querySelector('checkoutd-form').shadowRoot.activeElement.id", "terms")
	e2etest.Want(f.Visitor, in("label a")+".href", "https://shop.example/terms")
	f.Screenshot("mount-terms")
	f.Do(chromedp.Click(chromedp.JSPath(in("#terms"))), chromedp.Click(chromedp.JSPath(in("#pay-button"))))
	f.wantCalls("paid " + id + " paid")

	id = f.order(oneMug)
	f.openPage()
	f.phase("ready")
	f.ExpireNow(id)
	e2etest.Eval[any](f.Visitor, in("#terms")+".click()")
	f.Expect("409 (Conflict)")
	f.pay(e2etest.CardPays)
	f.wantCalls("error order_expired: It was not paid in time. You can place a new order in the shop.")
	f.Until(in("#state-title") + "?.textContent === 'This order has expired'")
	f.Screenshot("mount-expired")

	f.order(oneMug)
	f.openPage()
	f.phase("ready")
	e2etest.Eval[any](f.Visitor, fmt.Sprintf(`((send) => {
		const ended = ({headers, ...init}) => ({...init, headers: {...headers, 'Checkoutd-Client-Token': 'ord_abcdefghijklmnopqrstuvwxyz.ended'}});
		window.fetch = (to, init) => send(to, String(to).startsWith(%q) ? ended(init) : init);
	})(fetch)`, f.URL))
	e2etest.Eval[any](f.Visitor, in("#terms")+".click()")
	f.Expect("404 (Not Found)")
	f.Expect("opens no order")
	f.pay(e2etest.CardPays)
	f.wantCalls("error order_not_found: checkoutd: this clientToken opens no order at " + f.URL +
		". It belongs to one order, and ends a day after it.")
	for js, want := range map[string]any{
		"document.querySelector('checkoutd-form').shadowRoot.activeElement.id": "lost-title",
		in("#order-lost") + ".checkVisibility()":                               true,
		in("#pay-button") + ".checkVisibility()":                               false,
		in("#find-link") + ".href":                                             f.URL + "/find-order",
		in("#shop-link"):                                                       nil,
	} {
		e2etest.Want(f.Visitor, js, want)
	}

	f.Screenshot("mount-ended")
	f.AxeIn("checkoutd-form")
}

// A page may replace the form, remove it and mount another one.
func TestTheMountedFormGoes(t *testing.T) {
	t.Parallel()
	f := openFront(t)
	f.order(oneMug)
	f.openPage()
	f.phase("ready")
	e2etest.Eval[any](f.Visitor, "form.destroy()")
	e2etest.Want(f.Visitor, "document.querySelector('#pay').childNodes.length", 0)

	id := f.order(`{"currency":"usd","items":[{"name":"Sample","unit_amount":0}],"success_url":"http://localhost/thanks"}`)
	e2etest.Eval[any](f.Visitor, "void mount(document.querySelector('#pay'), {clientToken: '"+f.token+
		"', onPaid: (order) => calls.push('placed ' + order.id + ' ' + order.amount)})")
	f.phase("ready")
	f.Do(chromedp.Click(chromedp.JSPath(in("#pay-button"))))
	f.wantCalls("placed " + id + " 0")

	// A page that does not ask to be told goes where the order leads.
	thanks := strings.Replace(f.site, "127.0.0.1", "localhost", 1) + "/thanks"
	f.order(`{"currency":"usd","items":[{"name":"Mug","unit_amount":900}],"success_url":"` + thanks + `"}`)
	e2etest.Eval[any](f.Visitor, "void mount('#pay', {clientToken: '"+f.token+"'})")
	f.pay(e2etest.CardPays)
	f.Until("location.href === '" + thanks + "'")
}
