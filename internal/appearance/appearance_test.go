package appearance_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"checkoutd/internal/appearance"
)

func parse(t *testing.T, text string) *appearance.Look {
	t.Helper()
	look, err := appearance.Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return look
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestParse(t *testing.T) {
	t.Parallel()
	t.Run("Stripe.js gets the content of the file in its order", func(t *testing.T) {
		t.Parallel()
		const text = `{"theme":"flat","inputs":"condensed","labels":"floating","disableAnimations":true,` +
			`"variables":{"fontSizeBase":"18px","colorText":"rgb(10 20 30 / 100%)","logoColor":"dark","spacingGridRow":"calc(var(--spacingUnit) * 2)"},` +
			`"rules":{".Tab":{"border":"1px solid #E0E6EB","boxShadow":"none"},".Input--invalid:focus, .Input::placeholder":{"color":"var(--colorDanger)","-webkit-font-smoothing":"auto"},` +
			`".Label--floating":{"fontWeight":"600"}}}`
		if got := asJSON(t, parse(t, text).Light); got != text {
			t.Errorf("got  %s\nwant %s", got, text)
		}
	})

	t.Run("an empty file changes nothing on light screens", func(t *testing.T) {
		t.Parallel()
		if got := asJSON(t, parse(t, `{}`).Light); got != `{}` {
			t.Errorf("got %s", got)
		}
	})

	t.Run("dark screens get the shapes, and the page's dark colours", func(t *testing.T) {
		t.Parallel()
		look := parse(t, `{"theme":"flat","labels":"floating","variables":{"colorPrimary":"teal","borderRadius":"2px","logoColor":"light","focusBoxShadow":"0 0 1px red","iconColor":"var(--colorText)"},
			"rules":{".Tab":{"border":"1px solid red","padding":"4px"},".Input":{"boxShadow":"none","backgroundColor":"#fff"},".Block":{"fill":"red"}}}`)
		const want = `{"theme":"night","labels":"floating","variables":{"borderRadius":"2px","iconColor":"var(--colorText)"},"rules":{".Tab":{"padding":"4px"},".Input":{"boxShadow":"none"}}}`
		if got := asJSON(t, look.Dark); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})

	t.Run("dark overrides what it sets", func(t *testing.T) {
		t.Parallel()
		look := parse(t, `{"variables":{"colorPrimary":"teal","borderRadius":"2px"},"rules":{".Tab":{"padding":"4px"}},
			"dark":{"variables":{"colorPrimary":"#7fd","borderRadius":"3px"},"rules":{".Tab":{"color":"white"},".Tab:hover":{"color":"red"}}}}`)
		const want = `{"theme":"night","variables":{"borderRadius":"3px","colorPrimary":"#7fd"},"rules":{".Tab":{"padding":"4px","color":"white"},".Tab:hover":{"color":"red"}}}`
		if got := asJSON(t, look.Dark); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})

	t.Run("a look that is already dark stays as it is", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{`{"theme":"night"}`,
			`{"variables":{"colorBackground":"#102030","colorText":"white"}}`} {
			if look := parse(t, text); asJSON(t, look.Dark) != asJSON(t, look.Light) {
				t.Errorf("%s: on dark screens %s", text, asJSON(t, look.Dark))
			}
		}
	})

	t.Run("the example file is valid", func(t *testing.T) {
		t.Parallel()
		text, err := os.ReadFile("../../examples/appearance.json")
		if err != nil {
			t.Fatal(err)
		}

		look := parse(t, string(text))
		if look.Light.Colors().Background != "#fffaf3" || look.Dark.Colors().Background != "#241b15" ||
			look.Dark.Variable("borderRadius") != "4px" {
			t.Errorf("got %+v and %+v", look.Light.Colors(), look.Dark.Colors())
		}
	})
}

// TestProblems checks that each mistake is reported with its place, and that
// nothing else is reported.
func TestProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{``, "is not JSON near line 1: unexpected EOF"},
		{"{\n\"theme\": \n}", "is not JSON near line"},
		{`{"theme":"flat"} {}`, "is not JSON near line 1: there is something after the object"},
		{`{"theme":"flat"`, "is not JSON near line 1: unexpected EOF"},
		{`["flat"]`, "is not a JSON object"},
		{`[[[[[[[[[[[[]]]]]]]]`, "is not JSON near line 1: it is nested too deeply"},
		{`{"tehme":"flat"}`, "tehme is unknown to Stripe. Did you mean theme?"},
		{`{"colours":{}}`, "colours is unknown to Stripe"},
		{`{"theme":"dark"}`, "theme is not one of: stripe, night, flat"},
		{`{"theme":1}`, "theme is not one of: stripe, night, flat"},
		{`{"theme":"flat","theme":"night"}`, "theme is repeated"},
		{`{"labels":"below"}`, "labels is not one of: above, floating"},
		{`{"inputs":"wide"}`, "inputs is not one of: spaced, condensed"},
		{`{"disableAnimations":"yes"}`, "disableAnimations is not true or false"},
		{`{"variables":[]}`, "variables is not an object in braces"},
		{`{"variables":{"colorPrimay":"teal"}}`, "variables.colorPrimay is unknown to Stripe. Did you mean colorPrimary?"},
		{`{"variables":{"colorPrimary":"teal","colorPrimary":"red"}}`, "variables.colorPrimary is repeated"},
		{`{"variables":{"colorPrimary":"tael"}}`, "variables.colorPrimary is not a colour that the page can follow"},
		{`{"variables":{"colorPrimary":"#0008"}}`, "variables.colorPrimary is not a colour that the page can follow"},
		{`{"variables":{"colorText":"var(--colorPrimary)"}}`,
			"variables.colorText is not a colour that the page can follow"},
		{`{"variables":{"iconColor":"#12345"}}`, "variables.iconColor is not a colour."},
		{`{"variables":{"iconColor":"rgb(300,0,0)"}}`, "variables.iconColor is not a colour."},
		{`{"variables":{"logoColor":"red"}}`, "variables.logoColor is not one of: light, dark"},
		{`{"variables":{"borderRadius":"8"}}`, "variables.borderRadius is not a length like 8px"},
		{`{"variables":{"borderRadius":8}}`, "variables.borderRadius is not text"},
		{`{"variables":{"fontSizeBase":"large"}}`, "variables.fontSizeBase is not a length like 16px"},
		{`{"variables":{"fontWeightBold":"heavy"}}`, "variables.fontWeightBold is not a weight like 500"},
		{`{"variables":{"fontFamily":""}}`, "variables.fontFamily is empty or longer"},
		{`{"variables":{"fontFamily":"Inter; } body { color: red"}}`, "variables.fontFamily is not one CSS value"},
		{`{"variables":{"fontFamily":"\"Inter"}}`, "variables.fontFamily is not one CSS value"},
		{`{"variables":{"focusOutline":"url(https://evil.example/)"}}`, "variables.focusOutline contains a url()"},
		{`{"rules":{"Tab":{}}}`, `rules["Tab"] is not a selector that Stripe supports`},
		{`{"rules":{".Tab .TabLabel":{}}}`, `rules[".Tab .TabLabel"] is not a selector that Stripe supports`},
		{`{"rules":{"#Tab":{}}}`, `rules["#Tab"] is not a selector that Stripe supports`},
		{`{"rules":{".p-SomePrivateClass, img":{}}}`,
			`rules[".p-SomePrivateClass, img"] is not a selector that Stripe supports`},
		{`{"rules":{".Tap":{}}}`, `rules[".Tap"] selects .Tap, which is not a public class of Stripe's. Did you mean .Tab?`},
		{`{"rules":{".Something":{}}}`, `rules[".Something"] selects .Something, which is not a public class of Stripe's`},
		{`{"rules":{".Tab--invalid":{}}}`, `rules[".Tab--invalid"] uses the state --invalid, which .Tab does not have`},
		{`{"rules":{".Input, .Tab:visited":{}}}`, `rules[".Input, .Tab:visited"] uses :visited, which Stripe does not support`},
		{`{"rules":{".Tab::placeholder":{}}}`, `rules[".Tab::placeholder"] uses ::placeholder, which .Tab does not support`},
		{`{"rules":{".Input::before":{}}}`, `rules[".Input::before"] uses ::before, which .Input does not support`},
		{`{"rules":{".Tab":[]}}`, `rules[".Tab"] is not an object in braces`},
		{`{"rules":{".Tab":{"background-color":"red"}}}`,
			`rules[".Tab"].background-color is not a CSS property as scripts spell it`},
		{`{"rules":{".Tab":{"color":"raed"}}}`, `rules[".Tab"].color is not a colour.`},
		{`{"rules":{".Tab":{"padding":{}}}}`, `rules[".Tab"].padding is not text`},
		{`{"dark":true}`, "dark is not an object in braces"},
		{`{"dark":{"variables":{"colorTxet":"red"}}}`,
			"dark.variables.colorTxet is unknown to Stripe. Did you mean colorText?"},
		{`{"dark":{"dark":{}}}`, "dark.dark is unknown to Stripe"},
		{`{"fonts":{}}`, "fonts is not a list in square brackets"},
		{`{"fonts":["Inter"]}`, "fonts[0] is not an object in braces"},
		{`{"fonts":[{"cssSrc":"http://fonts.example/a.css"}]}`, "fonts[0].cssSrc is not an https address"},
		{`{"fonts":[{"cssSrc":"https://a.example/\"); } x {"}]}`, "fonts[0].cssSrc is not an https address"},
		{`{"fonts":[{"cssSrc":"https://fonts.example/","weight":"500"}]}`, "fonts[0] has cssSrc and other fields"},
		{`{"fonts":[{"family":"Inter"}]}`, "fonts[0] needs either cssSrc, or family and src"},
		{`{"fonts":[{"family":"Inter","src":"url(http://a.example/i)"}]}`, "fonts[0].src is not an https address"},
		{`{"fonts":[{"family":"Inter","src":"url(data:font/woff2;base64,AA)"}]}`,
			"fonts[0].src is not an https address"},
		{`{"fonts":[{"family":"Inter","src":"url(\"https://a.example/i\" ; } x {)"}]}`,
			"fonts[0].src is not a source like url(https://…)"},
		{`{"fonts":[{"family":"Inter","src":"https://a.example/i"}]}`,
			"fonts[0].src is not a source like url(https://…)"},
		{`{"fonts":[{"family":"In}ter","src":"url(https://a.example/i)"}]}`,
			"fonts[0].family is not a name like Avenir"},
		{`{"fonts":[{"familly":"Inter"}]}`, "fonts[0].familly is unknown to Stripe. Did you mean family?"},
		{`{"fonts":[{"family":"Inter","src":"url(https://a.example/i)","weight":"fat"}]}`,
			"fonts[0].weight is not a weight like 500"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			look, err := appearance.Parse([]byte(tt.text))
			var e *appearance.Error
			if look != nil || !errors.As(err, &e) || len(e.Problems) == 0 ||
				!strings.HasPrefix(e.Problems[0], tt.want) {
				t.Fatalf("got %+v, %v, want a problem that begins with %q", look, err, tt.want)
			}
			if len(e.Problems) > 1 && !strings.HasPrefix(tt.want, `fonts[0] needs either`) &&
				!strings.Contains(tt.want, "familly") {
				t.Errorf("got more than one problem: %q", e.Problems)
			}
		})
	}

	t.Run("all problems at once", func(t *testing.T) {
		t.Parallel()
		_, err := appearance.Parse([]byte(`{"tehme":1,"variables":{"colorText":"x","borderRadius":"y"},"rules":{"x":{}},"dark":{"labels":"z"},"fonts":[{}]}`))
		if err == nil || len(strings.Split(err.Error(), "\n")) != 6 {
			t.Errorf("got %v, want six problems", err)
		}
	})
}

func TestColors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"#1F6A58":                "#1f6a58",
		"#abc":                   "#aabbcc",
		"#abcf":                  "#aabbcc",
		"#1f6a58ff":              "#1f6a58",
		"rgb(31, 106, 88)":       "#1f6a58",
		"rgb(31 106 88)":         "#1f6a58",
		"rgba(31,106,88,1)":      "#1f6a58",
		"rgb(100% 0% 50%)":       "#ff0080",
		"hsl(120, 100%, 25%)":    "#008000",
		"hsl(0deg 100% 50% / 1)": "#ff0000",
		"hsl(240 100% 50%)":      "#0000ff",
		"hsl(0 0% 50%)":          "#808080",
		"teal":                   "#008080",
		"RebeccaPurple":          "#663399",
		"white":                  "#ffffff",
	} {
		look := parse(t, `{"variables":{"colorPrimary":"`+text+`"}}`)
		if got := look.Light.Colors().Primary; got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}

	for _, good := range []string{"transparent", "currentColor", "rgba(0,0,0,.5)", "#0008",
		"color-mix(in srgb, red, blue)", "oklch(60% 0.15 50)", "var(--colorText)", "rgb(from red r g b)"} {
		parse(t, `{"variables":{"iconColor":"`+good+`"},"rules":{".Tab":{"backgroundColor":"`+good+`"}}}`)
	}

	for _, bad := range []string{"#12", "#ggg", "rgb(1,2)", "hsl(1,2,3)", "rgb(a,b,c)", "expression(1)",
		"reddish", "0"} {
		if _, err := appearance.Parse([]byte(`{"variables":{"iconColor":"` + bad + `"}}`)); err == nil {
			t.Errorf("%s is accepted as a colour", bad)
		}
	}
}

func TestFonts(t *testing.T) {
	t.Parallel()
	look := parse(t, `{"fonts":[
		{"family":"Avenir Next","src":"url(\"https://CDN.example/a.woff2\") format(\"woff2\"), url(https://old.example/a.woff)","weight":"500","style":"italic","display":"swap","unicodeRange":"U+0000-00FF, U+0131"},
		{"cssSrc":"https://fonts.googleapis.com/css2?family=Inter:wght@400;600&display=swap"}]}`)
	const css = `@import url("https://fonts.googleapis.com/css2?family=Inter:wght@400;600&display=swap");
@font-face { font-family: "Avenir Next"; src: url("https://CDN.example/a.woff2") format("woff2"), url(https://old.example/a.woff); font-display: swap; font-style: italic; unicode-range: U+0000-00FF, U+0131; font-weight: 500; }
`
	if got := look.FontCSS(); got != css {
		t.Errorf("got\n%s\nwant\n%s", got, css)
	}

	sheets, files := look.Origins()
	if !slices.Equal(sheets, []string{"https://fonts.googleapis.com"}) ||
		!slices.Equal(files, []string{"https://cdn.example", "https://fonts.gstatic.com", "https://old.example"}) {
		t.Errorf("got %q and %q", sheets, files)
	}

	if got := asJSON(t, look.Fonts[0]); !strings.Contains(got, `"unicodeRange":"U+0000-00FF, U+0131"`) ||
		strings.Contains(got, "cssSrc") {
		t.Errorf("Stripe.js gets %s", got)
	}
}

// FuzzParse checks that whatever Parse accepts is safe in a style sheet and
// encodes to valid JSON.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{}`, `{"variables":{"fontFamily":"a"}}`,
		`{"fonts":[{"family":"a","src":"url(https://a.b/c)"}]}`,
		`{"fonts":[{"cssSrc":"https://a.b/c"}],"dark":{"rules":{".Tab":{"color":"red"}}}}`} {
		f.Add([]byte(seed))
	}

	f.Fuzz(func(t *testing.T, data []byte) {
		look, err := appearance.Parse(data)
		if err != nil {
			return
		}

		css := look.FontCSS()
		if strings.Count(css, "{") != strings.Count(css, "@font-face {") ||
			strings.Count(css, "}") != strings.Count(css, "{") || strings.Contains(css, "<") {
			t.Errorf("%s makes the style sheet %s", data, css)
		}

		for _, a := range []appearance.Appearance{look.Light, look.Dark} {
			text, err := json.Marshal(a)
			if err != nil || !json.Valid(text) {
				t.Errorf("%s makes %s, %v", data, text, err)
			}
			if strings.ContainsAny(a.Variable("fontFamily")+a.Variable("borderRadius"), ";{}<>") {
				t.Errorf("%s lets a variable escape from its declaration", data)
			}
		}
	})
}
