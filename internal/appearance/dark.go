package appearance

import (
	"regexp"
	"slices"
	"strings"
)

// colored are the properties whose values hold colours, alone or among other
// things.
var colored = regexp.MustCompile(`(?i)color|background|border(?:$|Top$|Right$|Bottom$|Left$)|shadow|outline$|^fill$|^stroke$`)

// onDarkScreens is what an appearance becomes on dark screens when the file
// does not say: its shapes, sizes and fonts, with the dark colours of the page.
// One that is dark already stays.
func (a Appearance) onDarkScreens() Appearance {
	if a.Colors().dark() {
		return a
	}

	dark := a
	dark.Theme = "night"
	dark.Variables = slices.DeleteFunc(slices.Clone(a.Variables), func(p Property) bool { return holdsColor(p) || isLogo(p.Name) })

	dark.Rules = nil
	for _, r := range a.Rules {
		if kept := slices.DeleteFunc(slices.Clone(r.Properties), holdsColor); len(kept) > 0 {
			dark.Rules = append(dark.Rules, Rule{r.Selector, kept})
		}
	}

	return dark
}

// holdsColor: a value that only points to variables follows them.
func holdsColor(p Property) bool {
	return colored.MatchString(p.Name) && p.Value != "none" && !(strings.HasPrefix(p.Value, "var(") && !strings.ContainsAny(p.Value, " ,"))
}
