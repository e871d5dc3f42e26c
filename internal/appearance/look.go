// Package appearance reads the file that says how the payment form looks: an
// appearance of Stripe's Elements
// (https://docs.stripe.com/elements/appearance-api) with the fonts of the
// Elements, and another one for dark screens.
//
// Stripe.js ignores what it does not know, with a word on the console of a
// buyer. Here a name that is misspelt, a value that is none, and a selector
// that Stripe refuses are told to the shop, all at once, each by its place in
// the file. What Parse returns is safe to be written into a style sheet.
package appearance

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Look is a file that was read.
type Look struct {
	Light Appearance
	Dark  Appearance // on dark screens: what the file says of them, the rest as Light has it
	Fonts []Font
}

// Appearance is the option of that name of stripe.elements(); its JSON is what
// Stripe.js takes. Zero fields leave the choice to the page and to Stripe.
type Appearance struct {
	Theme             string // stripe, night or flat
	Inputs            string // spaced or condensed
	Labels            string // above or floating
	DisableAnimations bool
	Variables         []Property
	Rules             []Rule // in the order of the file: of two that fit, the later wins
}

// Property is a variable, or a CSS property in the spelling of scripts.
type Property struct{ Name, Value string }

// Rule is what a selector's elements look like.
type Rule struct {
	Selector   string
	Properties []Property
}

// Error is everything that is wrong with a file.
type Error struct {
	Problems []string // sentences that begin with a place: variables.colorPrimary
}

// Error lists the problems, one a line.
func (e *Error) Error() string { return strings.Join(e.Problems, "\n") }

// Parse reads a file. The error, if any, is an *Error.
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

// Variable is the value of a variable, "" if it is not set.
func (a Appearance) Variable(name string) string {
	for _, p := range a.Variables {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// with is a, and over it what more says.
func (a Appearance) with(more Appearance) Appearance {
	for to, from := range map[*string]string{
		&a.Theme:  more.Theme,
		&a.Inputs: more.Inputs,
		&a.Labels: more.Labels,
	} {
		if from != "" {
			*to = from
		}
	}

	a.DisableAnimations = a.DisableAnimations || more.DisableAnimations
	a.Variables = over(a.Variables, more.Variables)
	a.Rules = append(slices.Clone(a.Rules), more.Rules...)

	return a
}

// over is list, with the values of more where both have the name.
func over(list, more []Property) []Property {
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

// MarshalJSON writes the appearance as Stripe.js takes it, in the order of the
// file. Rules with one selector are made one.
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
		out = append(out, member{"variables", properties(a.Variables)})
	}

	var rules object
	for _, r := range a.Rules {
		if i := slices.IndexFunc(rules, func(m member) bool { return m.name == r.Selector }); i >= 0 {
			rules[i].value = over(rules[i].value.([]Property), r.Properties)
		} else {
			rules = append(rules, member{r.Selector, r.Properties})
		}
	}

	for i := range rules {
		rules[i].value = properties(rules[i].value.([]Property))
	}

	if len(rules) > 0 {
		out = append(out, member{"rules", rules})
	}

	return out.MarshalJSON()
}

func properties(list []Property) object {
	var out object
	for _, p := range list {
		out = append(out, member{p.Name, p.Value})
	}
	return out
}

// MarshalJSON writes the members in their order.
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
