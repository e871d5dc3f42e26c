package pages

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"checkoutd/internal/orders"
)

// townFirst lists the countries that write the town before the postal code.
var townFirst = []string{"US", "CA", "AU", "NZ", "GB", "IE", "IN", "JP"}

// address returns the lines of an address as on a parcel, with the country in
// the reader's language. It returns nil if the address is incomplete.
func (l locale) address(to *orders.Address) []string {
	if !to.Complete() {
		return nil
	}

	place := to.Address
	town, region := join(" ", place.PostalCode, place.City), place.State
	if slices.Contains(townFirst, place.Country) {
		town = join(", ", place.City, join(" ", place.State, place.PostalCode))
		region = ""
	}

	lines := []string{to.Name, place.Line1, place.Line2, town, region, l.country(place.Country)}
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
