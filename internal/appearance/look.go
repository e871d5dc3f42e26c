// Package appearance reads the file that describes how the payment form looks:
// an appearance of Stripe's Elements
// (https://docs.stripe.com/elements/appearance-api) with the fonts of the
// Elements, and another one for dark screens.
//
// Stripe.js ignores what it does not know and writes a warning to the buyer's
// console. Parse reports misspelt names, invalid values and selectors that
// Stripe does not support to the shop instead, all at once, each with its place
// in the file. What it returns is safe to write into a style sheet.
package appearance

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Look is the content of a file.
type Look struct {
	Light Appearance
	Dark  Appearance // for dark screens: the file's dark over Light
	Fonts []Font
}

// Appearance is the appearance option of stripe.elements(). It marshals to the
// JSON that Stripe.js expects. Zero fields leave the choice to the page and to
// Stripe.
type Appearance struct {
	Theme             string // stripe, night or flat
	Inputs            string // spaced or condensed
	Labels            string // above or floating
	DisableAnimations bool
	Variables         []Property
	Rules             []Rule // in the order of the file; later rules win
}

// Property is a variable, or a CSS property as scripts spell it
// (backgroundColor).
type Property struct{ Name, Value string }

// Rule styles the elements that a selector matches.
type Rule struct {
	Selector   string
	Properties []Property
}

// Error holds everything that is wrong with a file.
type Error struct {
	Problems []string // sentences that begin with a place, like variables.colorPrimary
}

// Error lists the problems, one a line.
func (e *Error) Error() string { return strings.Join(e.Problems, "\n") }

// Parse parses a file. The error, if any, is an *Error.
func Parse(data []byte) (*Look, error) {
	file, err := readObject(data)
	if err != nil {
		return nil, &Error{Problems: []string{err.Error()}}
	}

	var c checker
	look := &Look{Light: c.appearance("", file, "dark", "fonts")}
	look.Dark = look.Light.onDarkScreens()

	for _, m := range file {
		switch m.name {
		case "dark":
			if dark, ok := c.object(m.name, m.value); ok {
				look.Dark = look.Dark.with(c.appearance("dark.", dark))
			}

		case "fonts":
			look.Fonts = c.fonts(m.value)
		}
	}

	if len(c.problems) > 0 {
		return nil, &Error{Problems: c.problems}
	}

	return look, nil
}

// Variable returns the value of a variable, "" if it is not set.
func (a Appearance) Variable(name string) string {
	for _, p := range a.Variables {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// with returns a, overridden by what b sets.
func (a Appearance) with(b Appearance) Appearance {
	a.Theme = cmp.Or(b.Theme, a.Theme)
	a.Inputs = cmp.Or(b.Inputs, a.Inputs)
	a.Labels = cmp.Or(b.Labels, a.Labels)
	a.DisableAnimations = a.DisableAnimations || b.DisableAnimations
	a.Variables = override(a.Variables, b.Variables)
	a.Rules = slices.Concat(a.Rules, b.Rules)
	return a
}

// override returns list with the properties of more, which replace those of the
// same name.
func override(list, more []Property) []Property {
	list = slices.Clone(list)
	for _, p := range more {
		if i := slices.IndexFunc(list, func(q Property) bool { return q.Name == p.Name }); i >= 0 {
			list[i] = p
		} else {
			list = append(list, p)
		}
	}
	return list
}

// MarshalJSON encodes the appearance for Stripe.js, in the order of the file.
// It merges rules with the same selector.
func (a Appearance) MarshalJSON() ([]byte, error) {
	var out object
	for _, m := range []member{{"theme", a.Theme}, {"inputs", a.Inputs}, {"labels", a.Labels}} {
		if m.value != "" {
			out = append(out, m)
		}
	}

	if a.DisableAnimations {
		out = append(out, member{"disableAnimations", true})
	}

	if len(a.Variables) > 0 {
		out = append(out, member{"variables", propertiesObject(a.Variables)})
	}

	if len(a.Rules) > 0 {
		out = append(out, member{"rules", rulesObject(a.Rules)})
	}

	return out.MarshalJSON()
}

// rulesObject returns the rules as a JSON object with one member per selector.
func rulesObject(rules []Rule) object {
	var merged []Rule
	for _, r := range rules {
		i := slices.IndexFunc(merged, func(m Rule) bool { return m.Selector == r.Selector })
		if i < 0 {
			merged = append(merged, r)
			continue
		}

		merged[i].Properties = override(merged[i].Properties, r.Properties)
	}

	var out object
	for _, r := range merged {
		out = append(out, member{r.Selector, propertiesObject(r.Properties)})
	}

	return out
}

// propertiesObject returns the properties as a JSON object.
func propertiesObject(list []Property) object {
	var out object
	for _, p := range list {
		out = append(out, member{p.Name, p.Value})
	}
	return out
}

// MarshalJSON encodes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')

	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}

		for j, part := range []any{m.name, m.value} {
			if j > 0 {
				b.WriteByte(':')
			}

			text, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}

			b.Write(text)
		}
	}

	b.WriteByte('}')
	return b.Bytes(), nil
}
