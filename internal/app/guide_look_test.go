package app_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLayout shows the Payment Element as the configuration says.
func TestLayout(t *testing.T) {
	t.Parallel()
	s := openShop(t, set("PAYMENT_ELEMENT_LAYOUT", "accordion"), set("LAYOUT_RADIOS", "true"), set("LAYOUT_SPACED_ITEMS", "true"),
		set("LAYOUT_DEFAULT_COLLAPSED", "true"), set("LAYOUT_VISIBLE_ITEMS", "1"), set("EXPRESS_CHECKOUT", "false"))
	v := visit(t, s)
	v.order("tea")
	want(v, "document.querySelector('#express').checkVisibility()", false)
	want(v, string(form(".Accordion--spaced"))+" !== null", true)
	want(v, string(form(".AccordionItem--selected")), any(nil))
	want(v, string(form(".AccordionItem--plain")), any(nil))
	want(v, "[...document.querySelector('[data-stripe-element=payment]').shadowRoot.querySelectorAll('.AccordionItem')].filter((item) => item.checkVisibility()).length", 1)
	v.axe()
	v.look("checkout-accordion")
}

// appearanceFile colours the form and the pages, with another accent on dark screens.
const appearanceFile = `{
	"theme": "stripe", "labels": "floating",
	"variables": {"colorPrimary": "#7a1fa2", "colorBackground": "#fffaf5", "colorText": "#2b1b17", "borderRadius": "2px"},
	"rules": {".Input": {"borderWidth": "2px"}},
	"dark": {"theme": "night", "variables": {"colorPrimary": "#ffb74d", "colorBackground": "#201a17", "colorText": "#f5ece7"}}
}`

func TestAppearance(t *testing.T) {
	t.Parallel()
	s := openShop(t, func(s *shop) {
		s.env["APPEARANCE_FILE"] = filepath.Join(s.dir, "appearance.json")
		if err := os.WriteFile(s.env["APPEARANCE_FILE"], []byte(appearanceFile), 0o600); err != nil {
			s.t.Fatal(err)
		}
	})
	v := visit(t, s)
	v.order("mug")
	const (
		input   = "getComputedStyle(document.querySelector('[data-stripe-element=payment]').shadowRoot.querySelector('[name=number]'))"
		button  = "getComputedStyle(document.querySelector('#pay-button'))"
		panel   = "getComputedStyle(document.querySelector('.payment')).backgroundColor"
		pageInk = "getComputedStyle(document.body).color"
	)
	want(v, input+".borderTopWidth", "2px")
	want(v, button+".backgroundColor", "rgb(122, 31, 162)")
	want(v, button+".borderTopLeftRadius", "2px")
	want(v, pageInk, "rgb(43, 27, 23)")
	light := ask[string](v, panel)
	v.dark(true)
	v.until(input + ".color === 'rgb(245, 236, 231)'")
	v.until(button + ".backgroundColor === 'rgb(255, 183, 77)'") // it fades
	want(v, pageInk, "rgb(245, 236, 231)")
	if dark := ask[string](v, panel); dark == light {
		t.Errorf("the panel is %s on dark screens, too", dark)
	}
	v.axe()
	v.look("checkout-appearance")
}
