package pages_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"checkoutd/internal/pages"
	"checkoutd/internal/texts"
	"checkoutd/web"
)

func fetch(p *pages.Pages, address string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	p.Static().ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	return w
}

// theme returns the address of theme.css on a page.
func theme(t *testing.T, p *pages.Pages) string {
	t.Helper()
	for _, n := range parse(t, get(t, p, shop("", catalog{}), "en").Body.String()) {
		if strings.HasSuffix(n.attr["href"], "/theme.css") {
			return n.attr["href"]
		}
	}
	t.Fatal("the page has no theme")
	return ""
}

func TestEveryAddressOfOursOnAPageIsServed(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for _, v := range views() {
		for _, n := range parse(t, get(t, p, v, "en").Body.String()) {
			for _, address := range []string{n.attr["src"], n.attr["href"]} {
				if !strings.HasPrefix(address, "/static/") {
					continue
				}
				if w := fetch(p, address); w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
					t.Errorf("%s: got %d, %v", address, w.Code, w.Header())
				}
			}
		}
	}
}

func TestStatic(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	dir := path.Dir(theme(t, p))
	for _, tt := range []struct {
		name, address string
		status        int
		contentType   string
		cache         string
	}{
		{"a module", dir + "/checkout.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"a picture in a folder", dir + "/products/mug.svg", 200, "image/svg+xml", "public, max-age=31536000, immutable"},
		{"another version's page is served but not kept", "/static/0123456789abcdef/checkout.js", 200, "text/javascript; charset=utf-8", "no-store"},
		{"an unknown file", dir + "/nothing.js", 404, "text/plain; charset=utf-8", "no-store"},
		{"a folder", dir + "/products/", 404, "text/plain; charset=utf-8", "no-store"},
		{"no hash", "/static/checkout.js", 404, "text/plain; charset=utf-8", "no-store"},
		{"a way out", dir + "/../../pages.go", 404, "text/plain; charset=utf-8", "no-store"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := fetch(p, tt.address)
			if w.Code != tt.status || w.Header().Get("Content-Type") != tt.contentType || w.Header().Get("Cache-Control") != tt.cache {
				t.Errorf("got %d %v", w.Code, w.Header())
			}
		})
	}
}

func TestTheHashFollowsTheContent(t *testing.T) {
	t.Parallel()
	a, again := theme(t, newPages(t, nil)), theme(t, newPages(t, nil))
	other := theme(t, newPages(t, func(c *pages.Config) { c.Theme.Light.Primary = "#aa3377" }))
	if a != again || a == other {
		t.Errorf("got %s, %s for the same, %s for another color", a, again, other)
	}
}

// Every module must be found by the relative name that another imports it by.
func TestModulesImportEachOtherByExistingNames(t *testing.T) {
	t.Parallel()
	imports := regexp.MustCompile(`(?m)^import [^;]*?'(.*?)';`)
	modules, err := fs.Glob(web.Static(), "*.js")
	if err != nil || len(modules) == 0 {
		t.Fatal(modules, err)
	}

	for _, m := range modules {
		for _, found := range imports.FindAllStringSubmatch(read(t, m), -1) {
			if name, ok := strings.CutPrefix(found[1], "./"); !ok || !slices.Contains(modules, name) {
				t.Errorf("%s imports %q", m, found[1])
			}
		}
	}
}

// A page loads one script, which needs no other, and every file travels
// compressed to those who take that.
func TestFilesAreFewAndSmall(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	own, requests := 0, 0
	for _, n := range parse(t, get(t, p, checkout(order("open", "unpaid")), "en").Body.String()) {
		address := n.attr["src"]
		if n.attr["rel"] == "stylesheet" {
			address = n.attr["href"]
		}
		if !strings.HasPrefix(address, "/static/") {
			continue
		}

		plain := fetch(p, address)
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, address, nil)
		r.Header.Set("Accept-Encoding", "br, gzip")
		p.Static().ServeHTTP(w, r)
		own += w.Body.Len()
		requests++

		if w.Header().Get("Content-Encoding") != "gzip" || plain.Header().Get("Content-Encoding") != "" ||
			plain.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: compressed %v, plain %v", address, w.Header(), plain.Header())
		}

		z, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(z); err != nil || string(text) != plain.Body.String() {
			t.Errorf("%s: the compressed file is another one (%v)", address, err)
		}

		if strings.HasSuffix(address, ".js") && regexp.MustCompile(`\bimport\b`).MatchString(plain.Body.String()) {
			t.Errorf("%s imports other modules", address)
		}
	}

	if own > 20_000 || requests > 6 {
		t.Errorf("the checkout loads %d bytes of ours with %d requests, want at most 20 kB and 6", own, requests)
	}
}

func TestGzipIsNotForced(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	for accepted, want := range map[string]string{
		"": "", "br": "", "gzip;q=0": "", "gzip; q=0.000, br": "", "GZIP": "gzip", "gzip;q=0.5": "gzip", "br, gzip": "gzip",
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, theme(t, p), nil)
		r.Header.Set("Accept-Encoding", accepted)
		p.Static().ServeHTTP(w, r)

		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: got %q, want %q", accepted, got, want)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := fs.ReadFile(web.Static(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// checkoutModules lists the modules of the checkout that show texts.
var checkoutModules = []string{"checkout-form.js", "session.js", "api.js", "summary.js", "promotion.js", "rates.js", "form.js",
	"contact.js", "express.js", "pay.js", "resume.js"}

// The page's script and the texts agree in every language: no text is missing
// or unused, and each has the same {names}.
func TestScriptsFindTheirWords(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	word := regexp.MustCompile(`\b(?:t|texts)\.(\w+)`)
	used := func(modules ...string) []string {
		var words []string
		for _, m := range modules {
			for _, found := range word.FindAllStringSubmatch(read(t, m), -1) {
				words = append(words, found[1])
			}
		}

		slices.Sort(words)
		return slices.Compact(words)
	}

	name := regexp.MustCompile(`\{\w+\}`)
	names := func(text any) []string { // in any order: each language has its own
		return slices.Sorted(slices.Values(name.FindAllString(fmt.Sprint(text), -1)))
	}

	for _, tt := range []struct {
		v    view
		used []string
	}{
		{shop("", catalog{}), used("shop.js", "basket.js", "api.js")},
		{checkout(order("open", "unpaid")), used(checkoutModules...)},
	} {
		english := data(t, parse(t, get(t, p, tt.v, "en").Body.String()))["texts"].(map[string]any)
		for _, language := range texts.Languages() {
			words := data(t, parse(t, get(t, p, tt.v, language).Body.String()))["texts"].(map[string]any)
			for _, w := range tt.used {
				if s, _ := words[w].(string); s == "" {
					t.Errorf("%s in %s: the script says %q, for which there are no words", tt.v.name, language, w)
				}
			}

			for w, s := range words {
				if !slices.Contains(tt.used, w) {
					t.Errorf("%s: nobody says %q", tt.v.name, w)
				}
				if a, b := names(english[w]), names(s); !slices.Equal(a, b) {
					t.Errorf("%s in %s: %q has %v, in English %v", tt.v.name, language, w, b, a)
				}
			}
		}
	}
}

// Any brand color is legible: as text on our panels, and under the text of
// buttons, as WCAG 2.2 (1.4.3) requires.
func TestEveryAccentIsMadeLegible(t *testing.T) {
	t.Parallel()
	value := regexp.MustCompile(`--(accent|on-accent): (#[0-9a-f]{6})`)
	for _, accent := range []string{"", "#ffff00", "#000000", "#ffffff", "#777777", "#ff0000", "#00ff00", "#1a2b8f"} {
		p := newPages(t, func(c *pages.Config) { c.Theme.Light.Primary, c.Theme.Dark.Primary = accent, accent })
		found := value.FindAllStringSubmatch(fetch(p, theme(t, p)).Body.String(), -1)
		if len(found) != 4 {
			t.Fatalf("accent %q: got %v", accent, found)
		}

		for i, paper := range []string{"#ffffff", "#1d1f1d"} {
			color, on := found[2*i][2], found[2*i+1][2]
			if c := contrast(t, color, paper); c < 4.5 {
				t.Errorf("accent %q: %s on %s has the contrast %.2f", accent, color, paper, c)
			}
			if c := contrast(t, color, on); c < 4.5 {
				t.Errorf("accent %q: %s on %s has the contrast %.2f", accent, on, color, c)
			}
		}
	}
}

// The theme is computed for the panels of form.css, so their colors must be the
// same.
func TestTheThemeKnowsThePapers(t *testing.T) {
	t.Parallel()
	css := read(t, "form.css")
	for _, panel := range []string{"--panel: #ffffff;", "--panel: #1d1f1d;"} {
		if !strings.Contains(css, panel) {
			t.Errorf("form.css has no %s", panel)
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func luminance(t *testing.T, color string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}

		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}

		sum += weight * v
	}

	return sum
}

// The policy allows scripts by file only, so no module may evaluate text as
// code.
func TestModulesMakeNoCodeAndNoMarkupOfText(t *testing.T) {
	t.Parallel()
	modules, err := fs.Glob(web.Static(), "*.js")
	if err != nil || len(modules) == 0 {
		t.Fatal(modules, err)
	}

	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b`)
	for _, m := range modules {
		if found := forbidden.FindString(read(t, m)); found != "" {
			t.Errorf("%s uses %s", m, found)
		}
	}
}
