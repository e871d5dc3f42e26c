package page_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"checkoutd/internal/browsertest"
	"checkoutd/internal/e2e/e2etest"
)

// The Payment Element has the configured layout.
func TestLayout(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.Set("PAYMENT_ELEMENT_LAYOUT", "accordion"), e2etest.Set("LAYOUT_RADIOS", "true"), e2etest.Set("LAYOUT_SPACED_ITEMS", "true"),
		e2etest.Set("LAYOUT_DEFAULT_COLLAPSED", "true"), e2etest.Set("LAYOUT_VISIBLE_ITEMS", "1"), e2etest.Set("EXPRESS_CHECKOUT", "false"))
	v := e2etest.Visit(t, s)
	v.Order("tea")
	e2etest.Want(v, "document.querySelector('#express').checkVisibility()", false)
	e2etest.Want(v, string(e2etest.Form(".Accordion--spaced"))+" !== null", true)
	e2etest.Want(v, string(e2etest.Form(".AccordionItem--selected")), any(nil))
	e2etest.Want(v, string(e2etest.Form(".AccordionItem--plain")), any(nil))
	e2etest.Want(v, "[...document.querySelector('[data-stripe-element=payment]').shadowRoot.querySelectorAll('.AccordionItem')].filter((item) => item.checkVisibility()).length", 1)
	v.Axe()
	v.Screenshots("checkout-accordion")
}

// appearanceFile sets colors of the form and the pages, with another accent on
// dark screens.
const appearanceFile = `{
	"theme": "stripe", "labels": "floating",
	"variables": {"colorPrimary": "#7a1fa2", "colorBackground": "#fffaf5", "colorText": "#2b1b17", "borderRadius": "2px"},
	"rules": {".Input": {"borderWidth": "2px"}},
	"dark": {"theme": "night", "variables": {"colorPrimary": "#ffb74d", "colorBackground": "#201a17", "colorText": "#f5ece7"}}
}`

func TestAppearance(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, func(s *e2etest.Shop) {
		s.Env["APPEARANCE_FILE"] = filepath.Join(s.Dir, "appearance.json")
		if err := os.WriteFile(s.Env["APPEARANCE_FILE"], []byte(appearanceFile), 0o600); err != nil {
			s.T.Fatal(err)
		}
	})

	v := e2etest.Visit(t, s)
	v.Order("mug")
	const (
		input   = "getComputedStyle(document.querySelector('[data-stripe-element=payment]').shadowRoot.querySelector('[name=number]'))"
		button  = "getComputedStyle(document.querySelector('#pay-button'))"
		panel   = "getComputedStyle(document.querySelector('.payment')).backgroundColor"
		pageInk = "getComputedStyle(document.body).color"
	)

	e2etest.Want(v, input+".borderTopWidth", "2px")
	e2etest.Want(v, button+".backgroundColor", "rgb(122, 31, 162)")
	e2etest.Want(v, button+".borderTopLeftRadius", "2px")
	e2etest.Want(v, pageInk, "rgb(43, 27, 23)")
	light := e2etest.Eval[string](v, panel)
	v.Dark(true)
	v.Until(input + ".color === 'rgb(245, 236, 231)'")
	v.Until(button + ".backgroundColor === 'rgb(255, 183, 77)'") // it fades
	e2etest.Want(v, pageInk, "rgb(245, 236, 231)")

	if dark := e2etest.Eval[string](v, panel); dark == light {
		t.Errorf("the panel is %s on dark screens, too", dark)
	}

	v.Axe()
	v.Screenshots("checkout-appearance")
}

// shifted is how far the page has moved under the buyer's eyes
// (https://web.dev/articles/cls; up to 0.1 is good). The browser hands over
// what it has recorded in one go.
const shifted = `new Promise((done) => {
	let sum = 0;
	const add = (list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value; };
	new PerformanceObserver(add).observe({type: 'layout-shift', buffered: true});
	setTimeout(() => done(sum), 200);
})`

// fetched lists what the browser fetched for the page, without the page.
const fetched = `performance.getEntriesByType('resource').map(({name}) => name.split('?')[0])`

// smallTargets lists what is less than 44 pixels high and can be pressed. A
// check box is pressed by its label.
const smallTargets = `[...document.querySelectorAll('a, button, summary, label.check, label.rate, select, input:not([type=checkbox], [type=radio])')]
	.filter((e) => e.checkVisibility() && !e.matches('.skip') && Math.round(e.getBoundingClientRect().height) < 44)
	.map((e) => e.id || e.outerHTML.slice(0, 80))`

// What the buyer sees stays where it is while the form loads, whatever it is
// for, and little is fetched: on a slow line every request costs its way there
// and back.
func TestTheCheckoutStandsStill(t *testing.T) {
	t.Parallel()
	s := e2etest.OpenShop(t, e2etest.WithChangeCatalog, e2etest.Set("COLLECT_EMAIL", "true"))
	v := e2etest.Visit(t, s)
	id := v.Order("mug")
	stands := func(what string, width int64) {
		t.Helper()
		v.Do(browsertest.Viewport(width, 900), chromedp.Reload())
		v.FormReady()
		if sum := e2etest.Eval[float64](v, shifted); sum > 0.05 {
			t.Errorf("%s, %d pixels wide: the page has moved by %.3f, want at most 0.05", what, width, sum)
		}
	}

	for _, width := range []int64{1280, 820, 390, 320} {
		stands("new buyer", width)

		if got := e2etest.Eval[[]string](v, fetched); len(got) > 11 || slices.Contains(got, s.URL+"/config") {
			t.Errorf("%d pixels wide: the page fetched %q; want 11 at most, and no /config", width, got)
		}

		e2etest.Eval[any](v, "document.querySelector('#summary-fold').click()")
		if small := e2etest.Eval[[]string](v, smallTargets); len(small) > 0 {
			t.Errorf("%d pixels wide: too small to press: %q", width, small)
		}
	}

	v.Enter("link-authentication", [2]string{"email", "jenny@example.com"})
	v.Enter("shipping-address", paris...)
	v.Until("document.querySelector('#rate-list input:checked')")
	v.Press(e2etest.Form("[name=save]"))
	v.FillBare(e2etest.CardPays)
	v.Click("#pay-button")
	v.Outcome("paid")
	v.WantOrder(id, "paid", "paid")

	for what, open := range map[string]func(){
		"saved card":   func() { v.Order("mug") },
		"subscription": func() { v.Order("club") },
		"saving a card": func() {
			v.Open("/")
			v.Click("#save-method")
			v.FormReady()
		},
	} {
		open()
		for _, width := range []int64{1280, 390} {
			stands(what, width)
			v.Screenshot(fmt.Sprintf("still-%s-%d", what, width))
		}
		e2etest.Eval[any](v, "localStorage.clear()")
	}
}
