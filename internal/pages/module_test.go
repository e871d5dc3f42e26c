package pages_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"checkoutd/internal/pages"
)

// maxModule is how many bytes of ours a page loads at most for the form: the
// script and the style sheet, gzipped.
const maxModule = 18 << 10

// loadModule requests checkoutd.js.
func loadModule(t *testing.T, p *pages.Pages, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/checkoutd.js", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}

	w := httptest.NewRecorder()
	if err := p.ServeModule(w, r); err != nil {
		t.Fatal(err)
	}

	return w
}

func TestTheModuleIsSmall(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	w := loadModule(t, p, "Accept-Encoding", "br, gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() > maxModule {
		t.Errorf("got %d bytes, encoded as %q, want at most %d gzipped", w.Body.Len(), w.Header().Get("Content-Encoding"), maxModule)
	}

	z, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}

	unpacked, err := io.ReadAll(z)
	if plain := loadModule(t, p).Body.Bytes(); err != nil || !bytes.Equal(unpacked, plain) {
		t.Errorf("the gzipped module is another one (%v)", err)
	}

	t.Logf("%d bytes, %d gzipped", len(unpacked), w.Body.Len())
}

func TestTheModuleTellsItsVersion(t *testing.T) {
	t.Parallel()
	p := newPages(t, nil)
	w := loadModule(t, p)
	body, h := w.Body.String(), w.Header()
	if !strings.HasPrefix(body, "/* checkoutd 1.2.3 */\n") || !strings.Contains(body, `version="1.2.3"`) {
		t.Errorf("it begins with %.60q", body)
	}

	if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" ||
		h.Get("Content-Type") != "text/javascript; charset=utf-8" || h.Get("Cache-Control") != "no-cache" {
		t.Errorf("got %v", h)
	}

	if again := loadModule(t, p, "If-None-Match", h.Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("the same module once more: got %d, want 304", again.Code)
	}

	other := newPages(t, func(c *pages.Config) { c.App.Version = "1.2.4" })
	if again := loadModule(t, other, "If-None-Match", h.Get("ETag")); again.Code != http.StatusOK {
		t.Errorf("another version: got %d, want 200", again.Code)
	}
}

// Nothing of the form's style depends on the page around it.
func TestTheModulesStylesStayInTheForm(t *testing.T) {
	t.Parallel()
	p := newPages(t, func(c *pages.Config) {
		c.Theme.Light.Background, c.Theme.Font = "#102030", "Inter"
		c.Theme.FontCSS = "@import url(\"https://fonts.example/a.css\");\n@font-face { font-family: A; src: url(a.woff2); }\n"
	})

	css := loadModule(t, p).Body.String()
	for _, wrong := range []string{":root", "rem;", "rem ", "rem}", "@import", "@font-face", "@media screen", "body{"} {
		if strings.Contains(css, wrong) {
			t.Errorf("the style sheet has %q", wrong)
		}
	}

	for _, want := range []string{":host([data-theme=dark]){", ":host([data-theme=light]){", "--radius:8px", "#102030"} {
		if !strings.Contains(css, want) {
			t.Errorf("the style sheet has no %q", want)
		}
	}
}

// The modules are joined into one scope by their text, so what that text cannot
// hold is a mistake that is told at the start.
func TestWhatCannotBeJoined(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ mount, other, want string }{
		"a name twice":          {"import { a } from './other.js';\nfunction b() {}\n", "export function a() {}\nconst b = 1;\n", "other.js and mount.js both declare b"},
		"a default export":      {"export default 1;\n", "", "mount.js has a form that cannot be joined: export default 1;"},
		"an import by its path": {"import '/static/other.js';\n", "", "mount.js has a form that cannot be joined"},
		"another name":          {"import other from './other.js';\n", "", "mount.js has a form that cannot be joined"},
		"a name for all twice":  {"import * as b from './other.js';\nfunction b() {}\n", "export const a = 1;\n", "all of other.js and mount.js both declare b"},
		"no such module":        {"import { a } from './nothing.js';\n", "", "there is no module nothing.js"},
		"no script":             {"const = 1;\n", "", "checkoutd.js"},
	} {
		files := map[string][]byte{
			"form.css":  nil,
			"theme.css": nil,
			"mount.css": nil,
			"mount.js":  []byte(tt.mount),
			"other.js":  []byte(tt.other),
		}
		if err := pages.JoinModule(files); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}
