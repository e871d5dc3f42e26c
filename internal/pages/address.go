package pages

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Address is a person and a place. Country is an ISO 3166-1 code; without one
// there is no address.
type Address struct {
	Name, Line1, Line2, City, State, PostalCode, Country string
}

// townFirst are the countries that write the town before the postal code.
var townFirst = []string{"US", "CA", "AU", "NZ", "GB", "IE", "IN", "JP"}

// address writes an address as on a parcel, with the country in the reader's
// language.
func (l locale) address(a Address) []string {
	if a.Country == "" {
		return nil
	}
	town := join(" ", a.PostalCode, a.City)
	region := a.State
	if slices.Contains(townFirst, a.Country) {
		town, region = join(", ", a.City, join(" ", a.State, a.PostalCode)), ""
	}
	lines := []string{a.Name, a.Line1, a.Line2, town, region, l.country(a.Country)}
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
}

func (l locale) country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	return display.Regions(language.Make(l.lang)).Name(region)
}

func join(between string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), between)
}
