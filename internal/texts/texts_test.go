package texts_test

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/texts"
)

// flat returns the texts of a language's file by their paths, such as
// "checkout.states.paid.title", the forms of a plural below their text.
func flat(t *testing.T, lang string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(lang + ".json")
	if err != nil {
		t.Fatal(err)
	}

	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}

	out := make(map[string]string)
	flatten(out, "", tree)
	return out
}

func flatten(out map[string]string, path string, v any) {
	switch v := v.(type) {
	case string:
		out[path] = v
	case []any:
		if len(v) == 12 { // the months; paragraphs may be more in one language
			for i, item := range v {
				flatten(out, path+"."+time.Month(i+1).String(), item)
			}
			return
		}

		var all []string
		for _, item := range v {
			all = append(all, item.(string))
		}
		out[path] = strings.Join(all, "\n")
	case map[string]any:
		for key, item := range v {
			flatten(out, strings.TrimPrefix(path+"."+key, "."), item)
		}
	}
}

// plurals returns the paths of the texts that depend on a number.
func plurals(v reflect.Value, path string) (list []string) {
	if v.Type() == reflect.TypeFor[texts.Plural]() {
		return []string{path}
	}

	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			below := path
			if !f.Anonymous {
				below = strings.TrimPrefix(path+"."+strings.ToLower(f.Name[:1])+f.Name[1:], ".")
			}
			list = append(list, plurals(v.Field(i), below)...)
		}
	case reflect.Map:
		for key, item := range v.Seq2() {
			list = append(list, plurals(item, path+"."+key.String())...)
		}
	}
	return list
}

// empty returns the fields of the texts that have no text.
func empty(v reflect.Value, path string) (list []string) {
	switch v.Kind() {
	case reflect.String:
		if strings.TrimSpace(v.String()) == "" && path != ".Checkout.Intro" { // of modes alone
			return []string{path}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			list = append(list, empty(v.Field(i), path+"."+v.Type().Field(i).Name)...)
		}
	case reflect.Map:
		if v.Type() == reflect.TypeFor[map[string]texts.Mode]() {
			return nil // a mode says only what differs
		}
		for key, item := range v.Seq2() {
			list = append(list, empty(item, path+"."+key.String())...)
		}
	case reflect.Array, reflect.Slice:
		for i := range v.Len() {
			list = append(list, empty(v.Index(i), path)...)
		}
	}
	return list
}

var placeholder = regexp.MustCompile(`\{\w*\}`)

func placeholders(text string) []string {
	list := placeholder.FindAllString(text, -1)
	slices.Sort(list)
	return slices.Compact(list)
}

// translated are the texts that English takes from the server and from Stripe.
func translated(path string) bool {
	return strings.HasPrefix(path, "errors.byCode.") || strings.HasPrefix(path, "errors.byDecline.")
}

// Every language has the texts of English, or of French where English takes
// them from elsewhere, with the same placeholders.
func TestEveryLanguageIsComplete(t *testing.T) {
	t.Parallel()
	want := flat(t, "en")
	for path, text := range flat(t, "fr") {
		if translated(path) {
			want[path] = text
		}
	}

	numbers := plurals(reflect.ValueOf(texts.Of("en")).Elem(), "")
	isForm := func(path string) bool {
		return slices.ContainsFunc(numbers, func(p string) bool { return path == p || strings.HasPrefix(path, p+".") })
	}

	if len(numbers) < 7 {
		t.Fatalf("these depend on a number: %v", numbers)
	}

	for _, lang := range texts.Languages() {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			got := flat(t, lang)
			for path, text := range want {
				if isForm(path) || lang == "en" && translated(path) {
					continue
				}
				if got[path] == "" {
					t.Errorf("%s is missing", path)
				}
				if a, b := placeholders(text), placeholders(got[path]); !isLayout(path) && !slices.Equal(a, b) {
					t.Errorf("%s has %v, want %v", path, b, a)
				}
			}

			for path, text := range got {
				if _, ok := want[path]; !ok && !isForm(path) {
					t.Errorf("%s is not in English", path)
				}
				if strings.TrimSpace(text) != text && path != "mail.colon" {
					t.Errorf("%s begins or ends with a space", path)
				}
			}

			for _, path := range empty(reflect.ValueOf(texts.Of(lang)).Elem(), "") {
				t.Errorf("%s is empty", path)
			}

			for _, path := range numbers {
				checkForms(t, lang, path, formsOf(got, path), formsOf(want, path)["other"])
			}
		})
	}
}

// isLayout reports whether a text is the order of a date's parts, which differ.
func isLayout(path string) bool { return path == "dates.day" || path == "dates.time" }

// formsOf returns the forms of a plural, "other" alone where one text is for
// every number.
func formsOf(all map[string]string, path string) map[string]string {
	forms := make(map[string]string)
	for p, text := range all {
		if form, ok := strings.CutPrefix(p, path+"."); ok {
			forms[form] = text
		} else if p == path {
			forms["other"], forms["every number"] = text, ""
		}
	}
	return forms
}

// checkForms reports the plural forms that a text lacks and those that no
// number has. Forms for few numbers may do without the number.
func checkForms(t *testing.T, lang, path string, forms map[string]string, other string) {
	t.Helper()
	if _, ok := forms["every number"]; !ok {
		needed := make(map[string]bool)
		for n := range int64(1001) {
			needed[texts.Category(lang, n)] = true
		}

		for form := range needed {
			if forms[form] == "" {
				t.Errorf("%s lacks the form %s", path, form)
			}
		}
		for form := range maps.Keys(forms) {
			if !needed[form] && !strings.HasPrefix(form, "=") {
				t.Errorf("%s has the form %s, which no number has", path, form)
			}
		}
	}

	for form, text := range forms {
		a, b := placeholders(other), placeholders(text)
		few := slices.Contains([]string{"zero", "one", "two"}, form) || strings.HasPrefix(form, "=") || form == "every number"
		ok := slices.Equal(a, b) || few && !slices.ContainsFunc(b, func(p string) bool { return !slices.Contains(a, p) })
		if !ok {
			t.Errorf("%s.%s has %v, want %v", path, form, b, a)
		}
	}
}

// What people have named is in any language. In a text from right to left it is
// isolated, so that "2026-42" is not read as "42-2026".
func TestNamesAreIsolatedFromRightToLeft(t *testing.T) {
	t.Parallel()
	names := regexp.MustCompile(`\{(name|number|shop|brand|code|method)\}`)
	for _, lang := range texts.Languages() {
		if texts.Of(lang).Direction != "rtl" {
			continue
		}

		for path, text := range flat(t, lang) {
			for _, name := range names.FindAllString(text, -1) {
				if !strings.Contains(text, "\u2068"+name+"\u2069") {
					t.Errorf("%s: %s does not isolate %s", lang, path, name)
				}
			}
		}
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	var one texts.Plural
	if err := json.Unmarshal([]byte(`"{n} min"`), &one); err != nil {
		t.Fatal(err)
	}

	polish := texts.Plural{"one": "dzień", "few": "dni", "many": "dni.", "other": "dnia"}
	arabic := texts.Plural{"zero": "0", "one": "1", "two": "2", "few": "3-10", "many": "11-99", "other": "100"}
	for _, tt := range []struct {
		p    texts.Plural
		lang string
		n    int64
		want string
	}{
		{one, "en", 1, "{n} min"},
		{polish, "pl", 1, "dzień"},
		{polish, "pl", 22, "dni"},
		{polish, "pl", 12, "dni."},
		{arabic, "ar", 0, "0"},
		{arabic, "ar", 2, "2"},
		{arabic, "ar", 103, "3-10"},
		{arabic, "ar", 111, "11-99"},
		{arabic, "ar", 200, "100"},
		{texts.Plural{"one": "1", "other": "more"}, "fr", 0, "1"},
		{texts.Plural{"=1": "毎月", "other": "{count}か月ごと"}, "ja", 1, "毎月"},
		{texts.Plural{"=1": "毎月", "other": "{count}か月ごと"}, "ja", 3, "{count}か月ごと"},
		{texts.Plural{"one": "1", "other": "more"}, "en", 1 << 60, "more"},
	} {
		if got := tt.p.For(tt.lang, tt.n); got != tt.want {
			t.Errorf("%d in %s: got %q, want %q", tt.n, tt.lang, got, tt.want)
		}
	}
}

func TestALanguageWithoutTextsIsEnglish(t *testing.T) {
	t.Parallel()
	if got := texts.Of("xx"); got.Lang != "en" || got.Common.Total != "Total" {
		t.Errorf("got %s", got.Lang)
	}
}

// A language that nobody has texts in falls back to one that its readers
// understand, to the shop's first otherwise.
func TestTheLanguageIsOneThatTheShopOffers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		offered           []string
		header, lang, tag string
	}{
		{nil, "", "en", "en"},
		{nil, "fr-CA,en;q=0.5", "fr", "fr-CA"},
		{nil, "zh,fr;q=0.5", "fr", "fr"},
		{nil, "zh-CN", "en", "en"},
		{nil, "en-GB-oxendict", "en", "en-GB"},
		{[]string{"fr", "en"}, "zh-CN", "fr", "fr"},
		{[]string{"fr"}, "en-US", "fr", "fr"},
	} {
		lang, tag := texts.NewChoice(tt.offered).Match(tt.header)
		if lang != tt.lang || tag != tt.tag {
			t.Errorf("%q of %v: got %s %s, want %s %s", tt.header, tt.offered, lang, tag, tt.lang, tt.tag)
		}
	}
}
