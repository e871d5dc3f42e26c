package appearance

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Font is an item of the option fonts of stripe.elements(): a style sheet with
// fonts, or a single font
// (https://docs.stripe.com/js/elements_object/create#stripe_elements-options-fonts).
type Font struct {
	CSSSrc string `json:"cssSrc,omitempty"` // https

	Family       string `json:"family,omitempty"`
	Src          string `json:"src,omitempty"` // like url(https://…) format("woff2")
	Display      string `json:"display,omitempty"`
	Style        string `json:"style,omitempty"`
	UnicodeRange string `json:"unicodeRange,omitempty"`
	Weight       string `json:"weight,omitempty"`
}

// fontSyntax holds the syntax of a font's fields, and the problem of a value
// that does not match it.
var fontSyntax = map[string]struct {
	pattern *regexp.Regexp
	problem string
}{
	"family": {
		regexp.MustCompile(`^[\pL\pN][\pL\pN _-]{0,60}$`),
		"is not a name like Avenir",
	},
	"src": {
		regexp.MustCompile(`^(url\(\s*("[^"')\s]+"|'[^"')\s]+'|[^"')\s]+)\s*\)` +
			`|format\("[a-z0-9-]+"\)|format\('[a-z0-9-]+'\)|[\s,])+$`),
		"is not a source like url(https://…)",
	},
	"display": {
		regexp.MustCompile(`^(auto|block|swap|fallback|optional)$`),
		"is not one of: auto, block, swap, fallback, optional",
	},
	"style": {
		regexp.MustCompile(`^(normal|italic|oblique)$`),
		"is not one of: normal, italic, oblique",
	},
	"unicodeRange": {
		regexp.MustCompile(`^[Uu]\+[0-9A-Fa-f?-]+(\s*,\s*[Uu]\+[0-9A-Fa-f?-]+)*$`),
		"is not a range like U+0000-00FF",
	},
	"weight": {
		regexp.MustCompile(`^(normal|bold|[1-9]\d{0,2}|1000)$`),
		"is not a weight like 500",
	},
}

var fontFieldNames = []string{"cssSrc", "family", "src", "display", "style", "unicodeRange", "weight"}

// fonts reads the list of fonts.
func (c *checker) fonts(v any) []Font {
	list, ok := v.([]any)
	if !ok {
		c.problem("fonts", "is not a list in square brackets")
	}

	var all []Font
	for i, item := range list {
		at := fmt.Sprintf("fonts[%d]", i)
		if o, ok := c.object(at, item); ok {
			all = append(all, c.font(at, o))
		}
	}

	return all
}

// font reads a font.
func (c *checker) font(at string, o object) Font {
	before := len(c.problems)
	f := c.fontFields(at, o)
	for _, address := range f.addresses() {
		c.secure(at+".src", address)
	}

	isStyleSheet, isComplete := f.CSSSrc != "", f.Family != "" && len(f.addresses()) > 0
	switch {
	case len(c.problems) > before: // the other checks need valid fields
	case isStyleSheet && f != (Font{CSSSrc: f.CSSSrc}):
		c.problem(at, "has cssSrc and other fields. The style sheet defines those: write cssSrc only")
	case !isStyleSheet && !isComplete:
		c.problem(at, "needs either cssSrc, or family and src with a url()")
	}
	return f
}

// fontFields reads the fields of a font.
func (c *checker) fontFields(at string, o object) Font {
	var f Font
	fields := map[string]*string{
		"cssSrc":       &f.CSSSrc,
		"family":       &f.Family,
		"src":          &f.Src,
		"display":      &f.Display,
		"style":        &f.Style,
		"unicodeRange": &f.UnicodeRange,
		"weight":       &f.Weight,
	}

	c.unique(at+".", o)
	for _, m := range o {
		at := at + "." + m.name
		if c.known(at, m.name, fontFieldNames) {
			*fields[m.name] = c.fontField(at, m)
		}
	}
	return f
}

// fontField reads a field of a font.
func (c *checker) fontField(at string, m member) string {
	s, ok := m.value.(string)
	switch syntax := fontSyntax[m.name]; {
	case !ok:
		c.problem(at, "is not text. Put the value in quotes")
	case m.name == "cssSrc":
		c.secure(at, s)
	case !syntax.pattern.MatchString(s):
		c.problem(at, "%s", syntax.problem)
	}
	return s
}

// secure checks that browsers load the address on a secure page.
func (c *checker) secure(at, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		strings.ContainsAny(address, "'\"\\() \t\r\n<>{}*") {
		c.problem(at, "is not an https address. Fonts must come over https")
	}
}

var fontAddress = regexp.MustCompile(`url\(\s*["']?([^"')]+?)["']?\s*\)`)

// addresses returns the addresses in the font's src.
func (f Font) addresses() []string {
	var all []string
	for _, found := range fontAddress.FindAllStringSubmatch(f.Src, -1) {
		all = append(all, found[1])
	}
	return all
}

// Origins returns the origins from which the style sheets and the font files
// are loaded.
func (l *Look) Origins() (sheets, files []string) {
	for _, f := range l.Fonts {
		if f.CSSSrc != "" {
			sheets = append(sheets, originOf(f.CSSSrc))
		}

		for _, a := range f.addresses() {
			files = append(files, originOf(a))
		}
	}

	// A style sheet may refer to files on its own host. Those of Google Fonts
	// refer to another one.
	for _, s := range sheets {
		if s == "https://fonts.googleapis.com" {
			s = "https://fonts.gstatic.com"
		}

		files = append(files, s)
	}

	slices.Sort(sheets)
	slices.Sort(files)
	return slices.Compact(sheets), slices.Compact(files)
}

func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return "https://" + strings.ToLower(u.Host)
}

// FontCSS returns the rules that load the fonts into the shop's own pages. They
// must be at the beginning of a style sheet.
func (l *Look) FontCSS() string {
	var imports, faces strings.Builder
	for _, f := range l.Fonts {
		if f.CSSSrc != "" {
			fmt.Fprintf(&imports, "@import url(%q);\n", f.CSSSrc)
			continue
		}

		fmt.Fprintf(&faces, "@font-face { font-family: %q; src: %s;", f.Family, f.Src)
		for _, p := range []Property{
			{"font-display", f.Display},
			{"font-style", f.Style},
			{"unicode-range", f.UnicodeRange},
			{"font-weight", f.Weight},
		} {
			if p.Value != "" {
				fmt.Fprintf(&faces, " %s: %s;", p.Name, p.Value)
			}
		}

		faces.WriteString(" }\n")
	}

	return imports.String() + faces.String()
}
