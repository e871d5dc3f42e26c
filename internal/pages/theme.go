package pages

import (
	"cmp"
	"fmt"
	"strings"

	"checkoutd/internal/appearance"
)

// The colors of a shop that configured none: a calm green, and a lighter one
// for dark screens, where mixing it with white would make it dull.
const (
	defaultAccent     = "#1f6a58"
	defaultAccentDark = "#5cbfa3"
)

// The panels of app.css, on which most text stands, with the colors of their
// text.
var (
	lightPaper, lightInk, lightDanger = rgb{0xff, 0xff, 0xff}, rgb{0x1c, 0x1f, 0x1c}, rgb{0xb3, 0x26, 0x1e}
	darkPaper, darkInk, darkDanger    = rgb{0x1d, 0x1f, 0x1d}, rgb{0xec, 0xee, 0xea}, rgb{0xff, 0x9d, 0x92}
)

// Theme is how a shop's pages differ from form.css. Zero fields keep what it
// says.
type Theme struct {
	Light, Dark Colors // on light and on dark screens
	Radius      string // of corners, a CSS length
	Font        string // a CSS font-family
	FontCSS     string // what loads the font: the beginning of a style sheet
}

// Colors are a shop's own colors, as "#rrggbb".
type Colors struct{ Primary, Background, Text, TextSecondary, Danger string }

// ThemeOf returns the theme that makes our pages look like Stripe's form. look
// may be nil; accent is the primary color if look has none.
func ThemeOf(look *appearance.Look, accent string) Theme {
	var t Theme
	if look != nil {
		t = Theme{
			Light:   Colors(look.Light.Colors()),
			Dark:    Colors(look.Dark.Colors()),
			Radius:  look.Light.Variable("borderRadius"),
			Font:    look.Light.Variable("fontFamily"),
			FontCSS: look.FontCSS(),
		}
	}

	t.Light.Primary = cmp.Or(t.Light.Primary, accent)
	t.Dark.Primary = cmp.Or(t.Dark.Primary, t.Light.Primary)
	return t
}

// themeCSS returns a style sheet with the shop's colors as custom properties.
// A color that would not be legible is moved towards black or white until it
// is.
func themeCSS(t Theme) ([]byte, error) {
	light, err := schemeOf(t.Light, defaultAccent, false)
	if err != nil {
		return nil, err
	}

	dark, err := schemeOf(t.Dark, defaultAccentDark, true)
	if err != nil {
		return nil, err
	}

	for _, value := range []string{t.Radius, t.Font} {
		if strings.ContainsAny(value, ";{}<>\\") {
			return nil, fmt.Errorf("%q cannot stand in a style sheet", value)
		}
	}

	var b strings.Builder
	b.WriteString(t.FontCSS)

	// Selectors with html override those of form.css.
	fmt.Fprintf(&b, ":root { %s}\n", light.accents())
	fmt.Fprintf(&b, "@media screen and (prefers-color-scheme: dark) { :root { %s} }\n", dark.accents())

	for _, p := range []struct{ form, value string }{
		{"@media screen and (prefers-color-scheme: light) { html:root { %s} }\n", light.tokens()},
		{"@media screen and (prefers-color-scheme: dark) { html:root { %s} }\n", dark.tokens()},
		{"html:root { --radius: %s; }\n", t.Radius},
		{"html:root { --font: %s; }\n", t.Font},
	} {
		if p.value != "" {
			fmt.Fprintf(&b, p.form, p.value)
		}
	}

	return []byte(b.String()), nil
}

// scheme holds the colors for light or for dark screens.
type scheme struct {
	own                bool // other papers and inks than those of form.css
	accent             rgb
	paper, panel       rgb // under panels; of panels and fields
	ink, inkSoft       rgb
	hairline, edge     rgb
	danger, dangerWash rgb
	notice, noticeWash rgb
}

func schemeOf(c Colors, accent string, dark bool) (scheme, error) {
	var read [5]rgb
	given := []string{cmp.Or(c.Primary, accent), c.Background, c.Text, c.TextSecondary, c.Danger}
	for i, text := range given {
		if text == "" {
			continue
		}

		var err error
		if read[i], err = parseColor(text); err != nil {
			return scheme{}, err
		}
	}

	panel := lightPaper
	if dark {
		panel = darkPaper
	}

	if c.Background != "" {
		panel = read[1]
	}

	s := scheme{own: c != (Colors{Primary: c.Primary}), panel: panel}
	s.paper = around(panel)
	ink, danger := lightInk, lightDanger
	if panel.dark() {
		ink, danger = darkInk, darkDanger
	}

	if c.Text != "" {
		ink = read[2]
	}

	if c.Danger != "" {
		danger = read[4]
	}

	s.accent = read[0].legibleOn(textContrast, panel, s.paper)
	s.ink = ink.legibleOn(textContrast, panel, s.paper)
	soft := s.ink.mix(panel, .35)
	if c.TextSecondary != "" {
		soft = read[3]
	}

	s.inkSoft = soft.legibleOn(textContrast, panel, s.paper)
	s.hairline = panel.mix(s.ink, .12)
	s.edge = panel.mix(s.ink, .4).legibleOn(edgeContrast, panel, s.paper)
	s.danger, s.dangerWash = washed(danger, panel, s.paper)
	s.notice, s.noticeWash = washed(rgb{0x8a, 0x62, 0x00}, panel)

	return s, nil
}

// around returns the color behind panels: a little darker than panel, as long
// as text is legible on both.
func around(panel rgb) rgb {
	part := .03
	if panel.dark() {
		part = .3
	}
	if p := panel.mix(rgb{}, part); p.readsOn(textContrast, panel.opposite()) {
		return p
	}
	return panel
}

// washed returns a color for text, and a tint of the panel with it as
// background.
func washed(c, panel rgb, also ...rgb) (words, wash rgb) {
	wash = panel.mix(c, .1)
	if !wash.readsOn(textContrast, panel.opposite()) {
		wash = panel
	}
	return c.legibleOn(textContrast, append([]rgb{panel, wash}, also...)...), wash
}

func (s scheme) accents() string {
	return fmt.Sprintf("--accent: %s; --on-accent: %s; ", s.accent, s.accent.textOn())
}

// tokens returns the custom properties of form.css, "" if none differs.
func (s scheme) tokens() string {
	if !s.own {
		return ""
	}
	name, shadow := "light", ""
	if s.panel.dark() {
		name, shadow = "dark", "--shadow: none; "
	}
	return fmt.Sprintf("color-scheme: %s; --paper: %s; --panel: %s; --field: %s; --ink: %s; "+
		"--ink-soft: %s; --hairline: %s; --edge: %s; "+
		"--danger: %s; --danger-wash: %s; --notice: %s; --notice-wash: %s; %s",
		name, s.paper, s.panel, s.panel, s.ink,
		s.inkSoft, s.hairline, s.edge,
		s.danger, s.dangerWash, s.notice, s.noticeWash, shadow)
}
