package connect

import (
	"net/url"
	"strings"
)

// prefill is what the platform knows of a person who has no account yet:
// stripe_user[...]. Stripe ignores what it cannot use.
type prefill map[string]string

// prefillFields are the parameters that Stripe documents, with their labels.
var prefillFields = []struct{ name, label string }{
	{"email", "E-mail"},
	{"url", "Website"},
	{"country", "Country"},
	{"phone_number", "Phone"},
	{"business_name", "Business"},
	{"business_type", "Business type"},
	{"first_name", "First name"},
	{"last_name", "Last name"},
	{"dob_day", "Day of birth"},
	{"dob_month", "Month of birth"},
	{"dob_year", "Year of birth"},
	{"street_address", "Street"},
	{"city", "City"},
	{"state", "State"},
	{"zip", "Postal code"},
	{"physical_product", "Physical product"},
	{"product_description", "Product"},
	{"currency", "Currency"},
	{"block_kana", "Block (kana)"},
	{"block_kanji", "Block (kanji)"},
	{"building_kana", "Building (kana)"},
	{"building_kanji", "Building (kanji)"},
	{"first_name_kana", "First name (kana)"},
	{"first_name_kanji", "First name (kanji)"},
	{"last_name_kana", "Last name (kana)"},
	{"last_name_kanji", "Last name (kanji)"},
	{"gender", "Gender"},
}

// businessTypes are the types of OAuth with those of accounts.
var businessTypes = map[string]string{
	"sole_prop":   "individual",
	"corporation": "company",
	"non_profit":  "non_profit",
	"partnership": "company",
	"llc":         "company",
}

func readPrefill(q url.Values) prefill {
	out := prefill{}
	for _, field := range prefillFields {
		if value := strings.TrimSpace(q.Get("stripe_user[" + field.name + "]")); value != "" {
			out[field.name] = value
		}
	}
	return out
}

// facts returns what the page shows, in the order of Stripe's documentation.
func (p prefill) facts() []fact {
	var out []fact
	for _, field := range prefillFields {
		if value := p[field.name]; value != "" {
			out = append(out, fact{field.label, value})
		}
	}
	return out
}

// country returns the country of the account, "" if there is none that an
// account could have.
func (p prefill) country() string {
	country := strings.ToUpper(p["country"])
	if len(country) != 2 || countryCurrencies[country] == "" && !strings.Contains(euroCountries, country) {
		return ""
	}
	return country
}

// fill copies what a platform can see into the fields of a new account.
func (p prefill) fill(fields map[string]any) {
	set := func(into map[string]any, name, value string) {
		if value != "" {
			into[name] = value
		}
	}

	set(fields, "email", p["email"])
	set(fields, "business_type", businessTypes[p["business_type"]])

	profile, _ := fields["business_profile"].(map[string]any)
	set(profile, "name", p["business_name"])
	set(profile, "url", p["url"])
	set(profile, "product_description", p["product_description"])
	set(profile, "support_phone", p["phone_number"])
}
