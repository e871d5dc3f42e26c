package app_test

import (
	"path/filepath"
	"testing"

	"checkoutd/internal/browsertest"
)

// color is a CSS colour as a browser computes it.
func color(selector, property string) string {
	return "getComputedStyle(" + selector + ")." + property
}

// The example of an APPEARANCE_FILE on a real page: form and page have one look, another
// one on dark screens at once, and both read.
func TestLookOfAPageAndItsForm(t *testing.T) {
	t.Parallel()
	file, err := filepath.Abs("../../examples/appearance.json")
	if err != nil {
		t.Fatal(err)
	}
	s := openShop(t, set("APPEARANCE_FILE", file))
	v := visit(t, s)
	v.order("mug")
	const body, panel = "document.body", "document.querySelector('.panel')"
	input := string(form(".Input"))
	for _, screen := range []struct {
		dark                          bool
		text, background, field, name string
	}{
		{false, "rgb(45, 33, 24)", "rgb(255, 250, 243)", "rgb(255, 250, 243)", "look-light"},
		{true, "rgb(243, 233, 223)", "rgb(36, 27, 21)", "rgb(36, 27, 21)", "look-dark"},
		{false, "rgb(45, 33, 24)", "rgb(255, 250, 243)", "rgb(255, 250, 243)", "look-light-again"},
	} {
		v.do(browsertest.Dark(screen.dark))
		v.until(color(input, "backgroundColor") + " === '" + screen.field + "'")
		want(v, color(body, "color"), screen.text)
		want(v, color(panel, "backgroundColor"), screen.background)
		want(v, color(input, "color"), screen.text)
		want(v, color(input, "borderRadius"), "4px")
		want(v, color(body, "fontFamily"), `Georgia, "Times New Roman", serif`)
		v.picture(screen.name)
		browsertest.Axe(t, v.ctx)
	}
	v.payWith(cardPays)
	v.outcome("paid")
	v.do(browsertest.Dark(true))
	v.until(color(body, "color") + " === 'rgb(243, 233, 223)'")
	browsertest.Axe(t, v.ctx)
}
