package appearance

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"checkoutd/internal/spelling"
)

var (
	propertyName = regexp.MustCompile(`^([a-z]+([A-Z][a-z]+)*|-(webkit|moz)-[a-z-]+)$`)
	colorOnly    = strings.Fields(`
		color backgroundColor borderColor borderTopColor borderRightColor
		borderBottomColor borderLeftColor outlineColor fill stroke`)
)

// rules reads the rules of an appearance.
func (c *checker) rules(at string, v any) []Rule {
	o, _ := c.object(at, v)
	c.unique(at+".", o)
	var list []Rule
	for _, m := range o {
		at := fmt.Sprintf("%s[%q]", at, m.name)
		if problem := checkSelector(m.name); problem != "" {
			c.problem(at, "%s", problem)
		}

		body, _ := c.object(at, m.value)
		list = append(list, Rule{Selector: m.name, Properties: c.properties(at, body)})
	}

	return list
}

// properties reads the CSS properties of a rule.
func (c *checker) properties(at string, body object) []Property {
	c.unique(at+".", body)

	var list []Property
	for _, m := range body {
		at := at + "." + m.name
		if !propertyName.MatchString(m.name) {
			c.problem(at, "is not a CSS property as scripts spell it, like backgroundColor")
			continue
		}

		value, ok := c.text(at, m.value)
		if ok && slices.Contains(colorOnly, m.name) && !isColorValue(value) {
			c.problem(at, "is not a colour. Write it like #1f6a58, rgb(31, 106, 88) or teal")
		}

		list = append(list, Property{m.name, value})
	}

	return list
}

var simpleSelector = regexp.MustCompile(`^\.([A-Za-z0-9_]+)((?:--[a-z-]+?)*)((?:::?[a-z-]+)*)$`)

// checkSelector returns the problem of a selector, "" for none.
func checkSelector(s string) string {
	for part := range strings.SplitSeq(s, ",") {
		found := simpleSelector.FindStringSubmatch(strings.TrimSpace(part))
		if found == nil {
			return "is not a selector that Stripe supports. Use classes like .Tab or .Input--invalid:hover, " +
				"separated by commas and not nested"
		}

		class, states, pseudo := found[1], found[2], found[3]
		if problem := cmp.Or(checkClass(class, states), checkPseudo(class, pseudo)); problem != "" {
			return problem
		}
	}

	return ""
}

// checkClass returns the problem of a class with its states, "" for none.
func checkClass(class, states string) string {
	allowed, known := classStates[class]
	if !known {
		if near := spelling.Nearest(class, slices.Sorted(maps.Keys(classStates)), 2); near != "" {
			return fmt.Sprintf("selects .%s, which is not a public class of Stripe's. Did you mean .%s?", class, near)
		}
		return fmt.Sprintf("selects .%s, which is not a public class of Stripe's", class)
	}

	for state := range strings.SplitSeq(strings.TrimPrefix(states, "--"), "--") {
		if states != "" && !slices.Contains(strings.Fields(allowed), state) {
			return fmt.Sprintf("uses the state --%s, which .%s does not have", state, class)
		}
	}

	return ""
}

// checkPseudo returns the problem of the pseudo-classes and pseudo-elements of
// a class, "" for none.
func checkPseudo(class, pseudo string) string {
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
			return fmt.Sprintf("uses ::%s, which .%s does not support", name, class)
		case !isElement && !slices.Contains(pseudoClasses, name):
			return fmt.Sprintf("uses :%s, which Stripe does not support", name)
		}
	}

	return ""
}
