package browsertest_test

import (
	"fmt"
	"strings"
	"testing"

	"checkoutd/internal/browsertest"
)

// errorsOf is a testing.TB that records errors instead of failing.
type errorsOf struct {
	testing.TB
	errors []string
}

func (e *errorsOf) Helper() {}

func (e *errorsOf) Errorf(format string, args ...any) {
	e.errors = append(e.errors, fmt.Sprintf(format, args...))
}

func TestAxe(t *testing.T) {
	t.Parallel()
	const head = "<html lang=en><title>page</title><main><h1>page</h1>"
	for _, c := range []struct {
		name, body string
		scope      []string
		want       string // the rule and the element, or "" for a good page
	}{
		{"a good page has no violation", head + "<p>text</p>", nil, ""},
		{"an input without a label is one", head + "<input id=bare>", nil, "label (critical)|<input id=\"bare\">"},
		{
			"small targets of WCAG 2.2 are one",
			head + "<a href=/>a</a><div>" +
				"<button style='font-size:5px'>a</button>" +
				"<button style='font-size:5px'>b</button></div>",
			nil, "target-size (serious)|<button",
		},
		{
			"content outside of the landmarks is one",
			head + "</main><p>text</p>",
			nil, "region (moderate)|<p>",
		},
		{
			"faint text in a shadow root is one",
			head + "<div><template shadowrootmode=open><p id=faint style='color:#ddd'>text</p></template></div>",
			nil, "color-contrast (serious)|#faint",
		},
		{
			"what is outside of the scope is not looked at",
			head + "<input id=bare><p id=here>text</p>",
			[]string{"#here"}, "",
		},
		{"what is inside of it is", head + "<p id=here><input></p>", []string{"#here"}, "label (critical)"},
		{"a page that forbids scripts is looked at", head + "<input>", nil, "label (critical)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			site := serve(t, "default-src 'none'; style-src 'unsafe-inline'", c.body)
			ctx := browsertest.New(t)
			visit(t, ctx, site.URL)
			got := &errorsOf{TB: t}
			browsertest.Axe(got, ctx, c.scope...)

			if c.want == "" && len(got.errors) != 0 {
				t.Errorf("got %v, want nothing", got.errors)
			}

			for _, part := range strings.Split(c.want, "|") {
				if !strings.Contains(strings.Join(got.errors, "\n"), part) {
					t.Errorf("got %v, want %q in it", got.errors, part)
				}
			}

			if c.want != "" && len(got.errors) != 1 {
				t.Errorf("got %d violations, want 1: %v", len(got.errors), got.errors)
			}
		})
	}
}
