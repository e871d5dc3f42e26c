package pages_test

import (
	"regexp"
	"strings"
	"testing"

	"checkoutd/internal/pages"
)

// tokensOf returns the custom properties that theme.css sets for one kind of
// screen, over those of app.css.
func tokensOf(t *testing.T, css, screen string) map[string]string {
	t.Helper()
	_, rest, ok := strings.Cut(css, "@media screen and (prefers-color-scheme: "+screen+") { html:root { ")
	if !ok {
		return nil
	}

	block, _, _ := strings.Cut(rest, "}")
	tokens := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): ([^;]+);`).FindAllStringSubmatch(block, -1) {
		tokens[m[1]] = m[2]
	}

	if m := regexp.MustCompile(`(?:^|[^-])color-scheme: (\w+);`).FindStringSubmatch(block); m != nil {
		tokens["scheme"] = m[1]
	}

	return tokens
}

func themed(t *testing.T, look pages.Theme) (css string) {
	t.Helper()
	p := newPages(t, func(c *pages.Config) { c.Theme = look })
	return fetch(p, theme(t, p)).Body.String()
}

// Whatever colors a shop configures, its pages are legible: text has a
// contrast of 4.5 to 1, edges of controls 3 to 1.
func TestEveryThemeIsMadeLegible(t *testing.T) {
	t.Parallel()
	accent := regexp.MustCompile(`--accent: (#[0-9a-f]{6}); --on-accent: (#[0-9a-f]{6})`)
	colors := []string{"#ffffff", "#000000", "#fffaf3", "#241b15", "#777777", "#808080", "#767676", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#6d6d6d", "#8a8a8a"}
	for _, background := range colors {
		for _, text := range colors {
			c := pages.Colors{
				Primary:       text,
				Background:    background,
				Text:          text,
				TextSecondary: text,
				Danger:        text,
			}

			css := themed(t, pages.Theme{Light: c, Dark: c})
			tokens := tokensOf(t, css, "light")
			if dark := tokensOf(t, css, "dark"); tokens["paper"] == "" || tokens["ink"] != dark["ink"] {
				t.Fatalf("%s on %s: got %v and %v", text, background, tokens, dark)
			}

			a := accent.FindStringSubmatch(css)
			tokens["accent"] = a[1]

			for _, pair := range [][2]string{
				{"ink", "panel"}, {"ink", "paper"}, {"ink", "field"}, {"ink-soft", "panel"}, {"ink-soft", "paper"}, {"accent", "panel"}, {"accent", "paper"},
				{"danger", "panel"}, {"danger", "paper"}, {"danger", "danger-wash"}, {"notice", "notice-wash"},
			} {
				if got := contrast(t, tokens[pair[0]], tokens[pair[1]]); got < 4.5 {
					t.Errorf("%s on %s: --%s %s on --%s %s has the contrast %.2f", text, background, pair[0], tokens[pair[0]], pair[1], tokens[pair[1]], got)
				}
			}

			if got := contrast(t, tokens["edge"], tokens["panel"]); got < 3 {
				t.Errorf("%s on %s: the edge has the contrast %.2f", text, background, got)
			}
			if got := contrast(t, a[1], a[2]); got < 4.5 {
				t.Errorf("%s on %s: buttons have the contrast %.2f", text, background, got)
			}
		}
	}
}

func TestThemeFollowsTheAppearance(t *testing.T) {
	t.Parallel()
	t.Run("legible colors stay as they are", func(t *testing.T) {
		t.Parallel()
		css := themed(t, pages.Theme{
			Light: pages.Colors{
				Primary:       "#7a3b12",
				Background:    "#fffaf3",
				Text:          "#2d2118",
				TextSecondary: "#6b5a4c",
				Danger:        "#a3241b",
			},
			Radius:  "4px",
			Font:    `Georgia, "Times New Roman", serif`,
			FontCSS: "@import url(\"https://fonts.example/a.css\");\n",
		})

		light := tokensOf(t, css, "light")
		for name, want := range map[string]string{
			"panel":    "#fffaf3",
			"field":    "#fffaf3",
			"ink":      "#2d2118",
			"ink-soft": "#6b5a4c",
			"danger":   "#a3241b",
			"scheme":   "light",
		} {
			if light[name] != want {
				t.Errorf("--%s: got %s, want %s", name, light[name], want)
			}
		}

		if !strings.HasPrefix(css, "@import url(") || !strings.Contains(css, "html:root { --radius: 4px; }") ||
			!strings.Contains(css, `html:root { --font: Georgia, "Times New Roman", serif; }`) || !strings.Contains(css, ":root { --accent: #7a3b12; ") {
			t.Errorf("got\n%s", css)
		}

		if dark := tokensOf(t, css, "dark"); dark != nil {
			t.Errorf("dark screens get %v, want those of app.css", dark)
		}
	})

	t.Run("a dark shop is dark on light screens too", func(t *testing.T) {
		t.Parallel()
		css := themed(t, pages.Theme{Light: pages.Colors{Background: "#30313d"}})
		if light := tokensOf(t, css, "light"); light["scheme"] != "dark" || light["shadow"] != "none" || contrast(t, light["ink"], light["panel"]) < 10 {
			t.Errorf("got %v", light)
		}
	})

	t.Run("a shop that names nothing, or its accent, leaves app.css alone", func(t *testing.T) {
		t.Parallel()
		for _, look := range []pages.Theme{{}, {Light: pages.Colors{Primary: "#aa3377"}, Dark: pages.Colors{Primary: "#aa3377"}}} {
			if css := themed(t, look); strings.Contains(css, "html:root") {
				t.Errorf("got\n%s", css)
			}
		}
	})

	t.Run("what would leave its place is refused", func(t *testing.T) {
		t.Parallel()
		for _, look := range []pages.Theme{{Font: "a; } body { color: red"}, {Radius: "1px}"}, {Dark: pages.Colors{Text: "red"}}} {
			if _, err := pages.New(pages.Config{ScriptURL: "https://js.stripe.com/v3/", Theme: look}); err == nil {
				t.Errorf("%+v is taken", look)
			}
		}
	})
}
