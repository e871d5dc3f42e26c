package appearance

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"checkoutd/internal/spelling"
)

// checker collects what is wrong with a file.
type checker struct{ problems []string }

func (c *checker) problem(place, format string, args ...any) {
	c.problems = append(c.problems, place+" "+fmt.Sprintf(format, args...))
}

// choices are the fields with few values.
var choices = map[string][]string{
	"theme":  {"stripe", "night", "flat"},
	"inputs": {"spaced", "condensed"},
	"labels": {"above", "floating"},
}

// appearance reads one at place ("" or "dark."). others are fields of the file
// that are somebody else's to read.
func (c *checker) appearance(place string, o object, others ...string) Appearance {
	var a Appearance
	known := append([]string{"theme", "inputs", "labels", "disableAnimations", "variables", "rules"}, others...)
	c.unique(place, o)

	for _, m := range o {
		at := place + m.name
		switch m.name {
		case "theme":
			a.Theme = c.choice(at, m)
		case "inputs":
			a.Inputs = c.choice(at, m)
		case "labels":
			a.Labels = c.choice(at, m)
		case "disableAnimations":
			on, ok := m.value.(bool)
			if !ok {
				c.problem(at, "is not true or false")
			}

			a.DisableAnimations = on

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

func (c *checker) choice(at string, m member) string {
	s, ok := m.value.(string)
	if !ok || !slices.Contains(choices[m.name], s) {
		c.problem(at, "is none of: %s", strings.Join(choices[m.name], ", "))
	}
	return s
}

// unique: of two members with one name JSON readers take the last, and say
// nothing.
func (c *checker) unique(place string, o object) {
	for i, m := range o {
		if slices.ContainsFunc(o[:i], func(n member) bool { return n.name == m.name }) {
			c.problem(place+m.name, "is there twice")
		}
	}
}

// known complains about a name that is not among the known ones.
func (c *checker) known(at, name string, known []string) bool {
	if slices.Contains(known, name) {
		return true
	}
	if near := spelling.Nearest(name, known, 2); near != "" {
		c.problem(at, "is not known to Stripe. Did you mean %s?", near)
	} else {
		c.problem(at, "is not known to Stripe")
	}
	return false
}

func (c *checker) object(at string, v any) (object, bool) {
	o, ok := v.(object)
	if !ok {
		c.problem(at, "is not an object in braces")
	}
	return o, ok
}

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

// forPage are the colours that the page follows, so that they must be plain.
var forPage = []string{"colorPrimary", "colorBackground", "colorText", "colorTextSecondary", "colorDanger"}

var (
	length = regexp.MustCompile(`^(0|\d{0,4}(\.\d{1,3})?\d(px|rem|em))$`)
	size   = regexp.MustCompile(`^(0|\d{0,4}(\.\d{1,3})?\d(px|rem|em|%))$|\(`) // or a function of others
	weight = regexp.MustCompile(`^(normal|bold|[1-9]\d{0,2}|1000)$|\(`)
)

func (c *checker) variable(at, name, value string) {
	switch {
	case slices.Contains(forPage, name):
		if _, ok := plainColor(value); !ok {
			c.problem(at, "is not a colour that the page can follow. Write it like #1f6a58, rgb(31, 106, 88) or teal, without transparency")
		}

	case isLogo(name):
		if value != "light" && value != "dark" {
			c.problem(at, "is none of: light, dark")
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

// maxValue is longer than any list of fonts or shadows.
const maxValue = 500

// text reads a value that may stand in a style sheet.
func (c *checker) text(at string, v any) (string, bool) {
	s, ok := v.(string)
	switch {
	case !ok:
		c.problem(at, "is not text. Put the value in quotes, like \"16px\"")
	case strings.TrimSpace(s) == "" || len(s) > maxValue:
		c.problem(at, "is empty or longer than %d characters", maxValue)
	case strings.ContainsAny(s, ";{}<>\\@!") || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) ||
		strings.Contains(s, "/*") || !balanced(s):
		c.problem(at, "is not one CSS value: it has signs that none has, or a bracket or quote that is not closed")
	case strings.Contains(strings.ToLower(s), "url("):
		c.problem(at, "has a url(). Elements load nothing but fonts; name these under fonts")
	default:
		return strings.TrimSpace(s), true
	}

	return "", false
}

// balanced reports whether every bracket and quote is closed.
func balanced(s string) bool {
	open, quote := 0, rune(0)
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

var (
	propertyName = regexp.MustCompile(`^([a-z]+([A-Z][a-z]+)*|-(webkit|moz)-[a-z-]+)$`)
	colorOnly    = []string{"color", "backgroundColor", "borderColor", "borderTopColor", "borderRightColor", "borderBottomColor",
		"borderLeftColor", "outlineColor", "fill", "stroke"}
)

func (c *checker) rules(at string, v any) []Rule {
	o, _ := c.object(at, v)
	c.unique(at+".", o)
	var list []Rule
	for _, m := range o {
		at := fmt.Sprintf("%s[%q]", at, m.name)
		if said := c.selector(m.name); said != "" {
			c.problem(at, "%s", said)
		}

		body, _ := c.object(at, m.value)
		c.unique(at+".", body)
		rule := Rule{Selector: m.name}
		for _, p := range body {
			at := at + "." + p.name
			if !propertyName.MatchString(p.name) {
				c.problem(at, "is not a CSS property in the spelling of scripts, like backgroundColor")
				continue
			}

			value, ok := c.text(at, p.value)
			if ok && slices.Contains(colorOnly, p.name) && !isColorValue(value) {
				c.problem(at, "is not a colour. Write it like #1f6a58, rgb(31, 106, 88) or teal")
			}

			rule.Properties = append(rule.Properties, Property{p.name, value})
		}

		list = append(list, rule)
	}

	return list
}

var simpleSelector = regexp.MustCompile(`^\.([A-Za-z0-9_]+)((?:--[a-z-]+?)*)((?:::?[a-z-]+)*)$`)

// selector says what is wrong with one, or "".
func (c *checker) selector(s string) string {
	for part := range strings.SplitSeq(s, ",") {
		found := simpleSelector.FindStringSubmatch(strings.TrimSpace(part))
		if found == nil {
			return "is not a selector that Stripe takes: classes like .Tab or .Input--invalid:hover, separated by commas, and none inside of another"
		}

		class, states, pseudo := found[1], found[2], found[3]
		if said := classWith(class, states); said != "" {
			return said
		}
		if said := pseudoOf(class, pseudo); said != "" {
			return said
		}
	}

	return ""
}

func classWith(class, states string) string {
	allowed, known := classStates[class]
	if !known {
		if near := spelling.Nearest(class, slices.Sorted(maps.Keys(classStates)), 2); near != "" {
			return fmt.Sprintf("selects .%s, which is no public class of Stripe's. Did you mean .%s?", class, near)
		}
		return fmt.Sprintf("selects .%s, which is no public class of Stripe's", class)
	}

	for state := range strings.SplitSeq(strings.TrimPrefix(states, "--"), "--") {
		if states != "" && !slices.Contains(strings.Fields(allowed), state) {
			return fmt.Sprintf("has the state --%s, which .%s has not", state, class)
		}
	}

	return ""
}

func pseudoOf(class, pseudo string) string {
	for pseudo != "" {
		name, isElement := strings.CutPrefix(pseudo, "::")
		name = strings.TrimPrefix(name, ":")
		end := strings.IndexByte(name, ':')
		if end < 0 {
			end = len(name)
		}

		name, pseudo = name[:end], name[end:]
		switch {
		case isElement && (class != "Input" || !slices.Contains(pseudoElements, name)):
			return fmt.Sprintf("has ::%s, which .%s has not", name, class)
		case !isElement && !slices.Contains(pseudoClasses, name):
			return fmt.Sprintf("has :%s, which Stripe does not take", name)
		}
	}

	return ""
}
