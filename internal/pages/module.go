package pages

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"

	"checkoutd/internal/texts"
)

// module is checkoutd.js, which shows the form on pages of other sites: the
// modules of web/static that it needs with their style sheet, joined, so that a
// page loads it with one request, and minified.
type module struct {
	plain, packed []byte // packed is plain, gzipped
	etag          string // without quotes
}

// moduleEntry is the module that exports createMount.
const moduleEntry = "mount.js"

func newModule(files map[string][]byte, languages []string, version string) (*module, error) {
	styles, err := mountCSS(files)
	if err != nil {
		return nil, err
	}

	j := newJoiner(files)
	j.out.WriteString("export const mount = (() => {\n")

	if err := j.join(moduleEntry); err != nil {
		return nil, err
	}

	words, err := json.Marshal(mountWords(languages))
	if err != nil {
		return nil, err
	}

	fmt.Fprintf(&j.out, "return createMount(new URL(import.meta.url).origin, %s, %s);\n})();\n", quoted(styles), words)
	fmt.Fprintf(&j.out, "export const version = %s;\n", quoted(version))

	var plain bytes.Buffer
	plain.WriteString("/* checkoutd " + version + " */\n")

	if err := js.Minify(minify.New(), &plain, &j.out, nil); err != nil {
		return nil, fmt.Errorf("checkoutd.js: %w", err)
	}

	packed, err := gzipped(plain.Bytes())
	if err != nil {
		return nil, err
	}

	sum := sha256.Sum256(plain.Bytes())
	return &module{plain.Bytes(), packed, hex.EncodeToString(sum[:8])}, nil
}

// mountWord are the texts of a mounted form that the server cannot be asked
// for, in one language.
type mountWord struct {
	Lang   string `json:"lang"`
	Dir    string `json:"dir"`
	Failed string `json:"failed"`
	Retry  string `json:"retry"`
}

func mountWords(languages []string) (list []mountWord) {
	for _, lang := range languages {
		t := texts.Of(lang)
		list = append(list, mountWord{lang, t.Direction, t.Checkout.FormFailed, t.Checkout.Retry})
	}
	return list
}

// quoted returns text as a JavaScript string.
func quoted(text string) string {
	var out strings.Builder
	e := json.NewEncoder(&out) // every JSON string is a JavaScript one
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err) // strings always encode
	}
	return strings.TrimSpace(out.String())
}

var (
	schemeForm = regexp.MustCompile(`@media screen and \(prefers-color-scheme: (dark|light)\) ` +
		`\{\s*(?:html)?:root \{([^}]*)\}\s*\}`)
	rootForm = regexp.MustCompile(`(?:html)?:root\b`)
	fontForm = regexp.MustCompile(`(?s)@import [^;]*;|@font-face \{.*?\}`)
	remForm  = regexp.MustCompile(`(\d*\.?\d+)rem\b`)
)

// mountCSS returns the style sheet of a mounted form, which is in a shadow
// root: the tokens belong to the host of the shadow root, whose data-theme says
// whether it is light or dark. Lengths do not follow the font size that the
// page around gives its root, which many shops set to 10 pixels. Fonts cannot
// be loaded from a shadow root, see
// https://drafts.csswg.org/css-shadow/#shadow-at-rules-font.
func mountCSS(files map[string][]byte) (string, error) {
	var all []byte
	for _, name := range []string{"form.css", "theme.css", "mount.css"} {
		sheet, ok := files[name]
		if !ok {
			return "", fmt.Errorf("checkoutd.js: there is no %s", name)
		}

		all = append(all, sheet...)
	}

	all = fontForm.ReplaceAll(all, nil)
	all = schemeForm.ReplaceAll(all, []byte(":host([data-theme='$1']) {$2}"))
	all = rootForm.ReplaceAll(all, []byte(":host"))
	all = remForm.ReplaceAllFunc(all, func(length []byte) []byte {
		const pixels = 16 // of a rem where nobody changed it
		n, err := strconv.ParseFloat(strings.TrimSuffix(string(length), "rem"), 64)
		if err != nil {
			return length // not a number after all
		}

		return append(strconv.AppendFloat(nil, n*pixels, 'f', -1, 64), "px"...)
	})

	var out strings.Builder
	err := css.Minify(minify.New(), &out, bytes.NewReader(all), nil)

	return out.String(), err
}

// ServeModule is GET /checkoutd.js. Every site may load it: the orders open
// only to the origins that the configuration names. It is asked for again with
// every page, because it has to fit the markup of this version.
func (p *Pages) ServeModule(w http.ResponseWriter, r *http.Request) error {
	shareWithPages(w.Header())

	h, content, etag := w.Header(), p.module.plain, p.module.etag
	h.Set("Content-Type", staticTypes[".js"])
	h.Set("Cache-Control", "no-cache")
	h.Add("Vary", "Accept-Encoding")

	if takesGzip(r) {
		content, etag = p.module.packed, etag+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}

	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	return nil
}

// ServeModuleTypes is GET /checkoutd.d.ts: the types of checkoutd.js.
func (p *Pages) ServeModuleTypes(w http.ResponseWriter, r *http.Request) error {
	shareWithPages(w.Header())
	w.Header().Set("Content-Type", staticTypes[".ts"])
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.assets.files["checkoutd.d.ts"].plain))
	return nil
}

// shareWithPages lets pages of every site load a file that holds nothing
// secret.
func shareWithPages(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}
