package orders

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// townFirst lists the countries that write the town before the postal code.
var townFirst = []string{"US", "CA", "AU", "NZ", "GB", "IE", "IN", "JP"}

// Lines returns the lines of an address as on a parcel, with the country in a
// language. It returns nil if the address is incomplete.
func (a *Address) Lines(lang string) []string {
	if !a.Complete() {
		return nil
	}

	place := a.Address
	town, region := join(" ", place.PostalCode, place.City), place.State
	if slices.Contains(townFirst, place.Country) {
		town = join(", ", place.City, join(" ", place.State, place.PostalCode))
		region = ""
	}

	lines := []string{a.Name, place.Line1, place.Line2, town, region, country(place.Country, lang)}
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
}

func country(code, lang string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	return display.Regions(language.Make(lang)).Name(region)
}

func join(between string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), between)
}
