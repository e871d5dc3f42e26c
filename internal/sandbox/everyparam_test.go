package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryParameterActs calls every operation with every parameter of the
// table, one at a time. Compared to the call without it, the parameter must
// change the response, be refused (with 501 if it is not simulated), or be on
// the list of those whose effect another test proves.
func TestEveryParameterActs(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("wire/params.txt")
	if err != nil {
		t.Fatal(err)
	}

	rows := map[string]string{}
	for _, row := range strings.Split(string(table), "\n") {
		words := strings.SplitN(row, " ", 3)
		if len(words) == 3 && words[0] != "#" {
			rows[words[0]+" "+words[1]] = words[2]
		}
	}

	proofs := testNames(t)
	for _, r := range recipes() {
		row := (&tableRow{rows[r.op]}).fields()
		delete(rows, r.op)
		t.Run(r.op, func(t *testing.T) {
			t.Parallel()
			tryEveryParameter(t, r, row, proofs)
		})
	}

	for op, row := range rows {
		if row != "expand[]" {
			t.Errorf("%s has no recipe", op)
		}
	}
}

// recipe makes a call of an operation that succeeds.
type recipe struct {
	op   string
	make func(b *box) (path string, pairs []string)
}

func tryEveryParameter(t *testing.T, r recipe, row *tableParam, proofs map[string]bool) {
	t.Helper()
	b := newBox(t)
	call := func(more ...string) reply {
		method, _, _ := strings.Cut(r.op, " ")
		at, pairs := r.make(b)
		pairs = slices.DeleteFunc(slices.Clone(pairs), func(pair string) bool {
			name, _, _ := strings.Cut(pair, "=")
			return slices.ContainsFunc(more, func(m string) bool { return strings.HasPrefix(m, name+"=") })
		})

		body := form(append(pairs, more...)...)
		if method == http.MethodPost {
			return b.do(method, at, body)
		}
		return b.do(method, at+"?"+body, "")
	}

	first, second := flat(call()), flat(call())
	if first["error"] != "" || len(first) < 2 {
		t.Fatalf("the recipe fails: %v", first)
	}

	// Siblings have the same companions: call with those twice, not each time.
	type pair struct{ first, second reply }
	companions := map[string]pair{}
	callWith := func(with []string) pair {
		key := strings.Join(with, "&")
		if _, done := companions[key]; !done {
			companions[key] = pair{call(with...), call(with...)}
		}
		return companions[key]
	}

	row.each("", nil, func(name string, p *tableParam, with []string) {
		key := regexp.MustCompile(`\[\d+\]`).ReplaceAllString(name, "[]")
		if key == "expand[]" {
			return // TestExpand...
		}

		proof := provenBy(r.op, key)
		var tried []string
		for _, value := range p.samples(lastOf(name)) {
			sent := append(slices.Clone(with), name+value)
			effect, got := "", call(sent...)
			switch before := callWith(with); {
			case len(with) == 0:
				effect = effectOf(got, first, second, sent)
			case before.first.status == http.StatusOK:
				effect = effectOf(got, flat(before.first), flat(before.second), sent)
			case got.status != http.StatusOK:
				effect = effectOf(got, nil, nil, sent)
			}

			// Some values differ from call to call, and some parameters are
			// needed by their companions.
			if effect == "" && got.status == http.StatusOK {
				effect = shownIn(got, name, value)
			}

			if effect != "" {
				return
			}

			tried = append(tried, fmt.Sprintf("%s: %d %s", strings.Join(sent, "&"), got.status, got.str("error.message")))
		}

		switch {
		case proof == "":
			t.Errorf("%s is ignored, or its effect is proven nowhere (%s)", key, strings.Join(tried, "; "))
		case !proofs[proof]:
			t.Errorf("%s is proven by %s, which does not exist", key, proof)
		}
	})
}

// effectOf says what a parameter has done, "" if nothing. first and second are
// the responses to two calls without it.
func effectOf(got reply, first, second map[string]string, sent []string) string {
	switch {
	case got.status == http.StatusNotImplemented:
		return "not simulated"
	case got.status >= http.StatusBadRequest:
		blamed := got.str("error.param")
		for _, pair := range sent {
			name, value, _ := strings.Cut(pair, "=")
			if blamed != "" && (strings.HasPrefix(name, blamed) || strings.HasPrefix(blamed, name)) ||
				strings.Contains(got.str("error.message"), lastOf(name)) ||
				value == "zq17" && strings.Contains(got.str("error.message"), value) {
				return "refused"
			}
		}
		return ""
	}

	now := flat(got)
	for at, value := range now {
		if first[at] == second[at] && value != first[at] && !varies(value) {
			return "differs at " + at
		}
	}
	for at := range first {
		if _, kept := now[at]; !kept {
			return "lacks " + at
		}
	}

	return ""
}

// lastOf returns the last part of a parameter's name.
func lastOf(name string) string {
	return strings.TrimSuffix(name[strings.LastIndexByte(name, '[')+1:], "]")
}

// shownIn says where a response shows a parameter, "" if it does not.
func shownIn(got reply, name, value string) string {
	field := lastOf(name)
	for at, shown := range flat(got) {
		unique := strings.Contains(value, "zq") || value == "=4102444800"
		if strings.HasSuffix(at, "."+field) && "="+shown == value || unique && strings.Contains(shown, value[1:]) {
			return "shown at " + at
		}
	}
	return ""
}

// madeUp matches IDs, random texts, times of today and pages of the sandbox.
var madeUp = regexp.MustCompile(`^([a-z]+_)*[A-Za-z0-9]*[A-Z0-9][A-Za-z0-9]{4,}(_secret_.*)?$|^https?://127|^1\d{9}$`)

// varies reports whether a value differs from call to call.
func varies(value string) bool { return madeUp.MatchString(value) && !strings.Contains(value, "zq") }

// flat returns the leaves of a response by their paths.
func flat(r reply) map[string]string {
	out := map[string]string{}
	var walk func(at string, node any)
	walk = func(at string, node any) {
		switch v := node.(type) {
		case map[string]any:
			for name, field := range v {
				walk(at+"."+name, field)
			}
		case []any:
			out[at] = fmt.Sprint(len(v))
			for i, item := range v {
				walk(fmt.Sprintf("%s.%d", at, i), item)
			}
		default:
			text, _ := json.Marshal(v)
			out[at] = strings.Trim(string(text), `"`)
		}
	}

	walk("", any(r.tree))
	if r.status != http.StatusOK {
		out["error"] = string(r.raw)
	}

	return out
}

// testNames returns the names of the tests of this package.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}

	for _, f := range files {
		if !strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}

		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}

		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			out[m[1]] = true
		}
	}

	return out
}
