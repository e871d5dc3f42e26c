package appearance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"checkoutd/internal/spelling"
)

// checker collects the problems of a file. Each begins with its place in the
// file: variables.colorPrimary.
type checker struct{ problems []string }

func (c *checker) problem(place, format string, args ...any) {
	c.problems = append(c.problems, place+" "+fmt.Sprintf(format, args...))
}

// choices are the fields with a fixed set of values.
var choices = map[string][]string{
	"theme":  {"stripe", "night", "flat"},
	"inputs": {"spaced", "condensed"},
	"labels": {"above", "floating"},
}

// appearance reads an appearance. prefix is its place in the file, "" or
// "dark."; others are fields that the caller reads.
func (c *checker) appearance(prefix string, o object, others ...string) Appearance {
	var a Appearance
	known := append([]string{"theme", "inputs", "labels", "disableAnimations", "variables", "rules"}, others...)
	c.unique(prefix, o)

	for _, m := range o {
		at := prefix + m.name
		switch m.name {
		case "theme":
			a.Theme = c.choice(at, m)
		case "inputs":
			a.Inputs = c.choice(at, m)
		case "labels":
			a.Labels = c.choice(at, m)
		case "disableAnimations":
			disabled, ok := m.value.(bool)
			if !ok {
				c.problem(at, "is not true or false")
			}

			a.DisableAnimations = disabled

		case "variables":
			a.Variables = c.variables(at, m.value)
		case "rules":
			a.Rules = c.rules(at, m.value)
		default:
			c.known(at, m.name, known)
		}
	}

	return a
}

// choice reads a field with a fixed set of values.
func (c *checker) choice(at string, m member) string {
	s, ok := m.value.(string)
	if !ok || !slices.Contains(choices[m.name], s) {
		c.problem(at, "is not one of: %s", strings.Join(choices[m.name], ", "))
	}
	return s
}

// unique reports repeated members. JSON parsers silently take the last one.
func (c *checker) unique(prefix string, o object) {
	for i, m := range o {
		if slices.ContainsFunc(o[:i], func(n member) bool { return n.name == m.name }) {
			c.problem(prefix+m.name, "is repeated")
		}
	}
}

// known reports whether name is one of the known names. If it is not, it adds a
// problem.
func (c *checker) known(at, name string, known []string) bool {
	if slices.Contains(known, name) {
		return true
	}
	if near := spelling.Nearest(name, known, 2); near != "" {
		c.problem(at, "is unknown to Stripe. Did you mean %s?", near)
	} else {
		c.problem(at, "is unknown to Stripe")
	}
	return false
}

// object reads v as an object.
func (c *checker) object(at string, v any) (object, bool) {
	o, ok := v.(object)
	if !ok {
		c.problem(at, "is not an object in braces")
	}
	return o, ok
}

// variables reads the variables of an appearance.
func (c *checker) variables(at string, v any) []Property {
	o, _ := c.object(at, v)
	c.unique(at+".", o)
	var list []Property
	for _, m := range o {
		at := at + "." + m.name
		if !c.known(at, m.name, variableNames) {
			continue
		}

		if value, ok := c.text(at, m.value); ok {
			c.variable(at, m.name, value)
			list = append(list, Property{m.name, value})
		}
	}

	return list
}

// followedColors are the colours that the page follows. The page computes with
// them, so they must be plain.
var followedColors = []string{"colorPrimary", "colorBackground", "colorText", "colorTextSecondary", "colorDanger"}

var (
	length = regexp.MustCompile(`^(0|\d{0,4}(\.\d{1,3})?\d(px|rem|em))$`)
	size   = regexp.MustCompile(`^(0|\d{0,4}(\.\d{1,3})?\d(px|rem|em|%))$|\(`) // or a function of other sizes
	weight = regexp.MustCompile(`^(normal|bold|[1-9]\d{0,2}|1000)$|\(`)
)

// variable checks the value of a variable.
func (c *checker) variable(at, name, value string) {
	switch {
	case slices.Contains(followedColors, name):
		if _, ok := plainColor(value); !ok {
			c.problem(at, "is not a colour that the page can follow. "+
				"Write it like #1f6a58, rgb(31, 106, 88) or teal, without transparency")
		}

	case isLogo(name):
		if value != "light" && value != "dark" {
			c.problem(at, "is not one of: light, dark")
		}

	case isColor(name):
		if !isColorValue(value) {
			c.problem(at, "is not a colour. Write it like #1f6a58, rgb(31, 106, 88) or teal")
		}

	case name == "borderRadius":
		if !length.MatchString(value) {
			c.problem(at, "is not a length like 8px")
		}

	case strings.HasPrefix(name, "fontSize") || name == "spacingUnit":
		if !size.MatchString(value) {
			c.problem(at, "is not a length like 16px")
		}

	case strings.HasPrefix(name, "fontWeight"):
		if !weight.MatchString(value) {
			c.problem(at, "is not a weight like 500")
		}
	}
}

// maxValue is more than the longest list of fonts or shadows needs.
const maxValue = 500

// text reads a value that is safe to write into a style sheet.
func (c *checker) text(at string, v any) (string, bool) {
	s, ok := v.(string)
	switch {
	case !ok:
		c.problem(at, "is not text. Put the value in quotes, like \"16px\"")
	case strings.TrimSpace(s) == "" || len(s) > maxValue:
		c.problem(at, "is empty or longer than %d characters", maxValue)
	case strings.ContainsAny(s, ";{}<>\\@!") || strings.ContainsFunc(s, isControl) ||
		strings.Contains(s, "/*") || !balanced(s):
		c.problem(at, "is not one CSS value: it contains characters that a value cannot have, or an "+
			"unclosed bracket or quote")

	case strings.Contains(strings.ToLower(s), "url("):
		c.problem(at, "contains a url(). Elements load only fonts; list those under fonts")
	default:
		return strings.TrimSpace(s), true
	}

	return "", false
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// balanced reports whether every bracket and quote is closed.
func balanced(s string) bool {
	open, quote := 0, rune(0) // quote is the opening quote, 0 outside of quotes
	for _, r := range s {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}

		case r == '"' || r == '\'':
			quote = r
		case r == '(':
			open++
		case r == ')':
			if open--; open < 0 {
				return false
			}
		}
	}

	return open == 0 && quote == 0
}
