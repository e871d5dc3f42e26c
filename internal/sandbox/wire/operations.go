package wire

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed params.txt
var paramText string

// operations maps "METHOD /path" to the parameters of every operation that
// Stripe has. A row of the table is parsed on first use.
var operations = sync.OnceValue(func() map[string]func() *Shape {
	out := map[string]func() *Shape{}
	for _, row := range strings.Split(paramText, "\n") {
		if row == "" || row[0] == '#' {
			continue
		}

		method, rest, _ := strings.Cut(row, " ")
		path, fields, _ := strings.Cut(rest, " ")
		out[method+" "+path] = sync.OnceValue(func() *Shape {
			return (&parser{fields}).fields()
		})
	}

	return out
})

// ShapeOf returns the parameters of an operation, nil if Stripe has no such
// operation.
func ShapeOf(operation string) *Shape {
	known := operations()[operation]
	if known == nil {
		return nil
	}
	return known()
}

// Hidden returns the operations of Stripe whose requests would reach simulated
// ones by mistake, such as "POST /v1/invoices/create_preview": its last step
// looks like an invoice's ID.
func Hidden(simulated []string) []string {
	var out []string
	for name := range operations() {
		steps := strings.Split(name, "/")
		hides := func(other string) bool { return matchesPattern(strings.Split(other, "/"), steps) }
		if !slices.Contains(simulated, name) && slices.ContainsFunc(simulated, hides) {
			out = append(out, name)
		}
	}
	return out
}

// InStripesAPI reports whether Stripe has an operation at a URL. All of the
// second version of the API counts, and the login of Stripe's command line.
func InStripesAPI(method, path string) bool {
	if strings.HasPrefix(path, "/v2/") || strings.HasPrefix(path, "/stripecli/") {
		return true
	}

	steps := strings.Split(path, "/")
	for name := range operations() {
		verb, pattern, _ := strings.Cut(name, " ")
		if verb == method && matchesPattern(strings.Split(pattern, "/"), steps) {
			return true
		}
	}
	return false
}

func matchesPattern(pattern, steps []string) bool {
	if len(pattern) != len(steps) || pattern[0] != steps[0] {
		return false
	}

	for i, p := range pattern {
		if !strings.HasPrefix(p, "{") && p != steps[i] {
			return false
		}
	}
	return true
}
