package appearance

import (
	"regexp"
	"slices"
	"strings"
)

// colored matches the properties whose values contain colours.
var colored = regexp.MustCompile(
	`(?i)color|background|border(?:$|Top$|Right$|Bottom$|Left$)|shadow|outline$|^fill$|^stroke$`)

// onDarkScreens returns the appearance for dark screens that the file does not
// describe: the shapes, sizes and fonts of a, with the page's dark colours. An
// appearance that is already dark stays as it is.
func (a Appearance) onDarkScreens() Appearance {
	if a.Colors().dark() {
		return a
	}

	dark := a
	dark.Theme = "night"
	dark.Variables = slices.DeleteFunc(slices.Clone(a.Variables), func(p Property) bool {
		return setsColor(p) || isLogo(p.Name)
	})

	dark.Rules = nil
	for _, r := range a.Rules {
		if kept := slices.DeleteFunc(slices.Clone(r.Properties), setsColor); len(kept) > 0 {
			dark.Rules = append(dark.Rules, Rule{r.Selector, kept})
		}
	}

	return dark
}

// setsColor reports whether the property sets a colour of its own. A value that
// is only a reference to a variable follows that variable.
func setsColor(p Property) bool {
	isReference := strings.HasPrefix(p.Value, "var(") && !strings.ContainsAny(p.Value, " ,")
	return colored.MatchString(p.Name) && p.Value != "none" && !isReference
}
