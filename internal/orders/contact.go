package orders

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"checkoutd/internal/cleantext"
	"checkoutd/internal/fault"
)

// The maximum lengths of a contact's parts, in characters. RFC 5321 limits
// e-mail addresses; the others leave room for every real address within
// Stripe's limits.
const (
	maxEmail    = 254
	maxMailName = 64 // before the @
	maxName     = 200
	maxPhone    = 40
	maxLine     = 200
	maxTown     = 100
	maxPostal   = 20
)

// cleanEmail cleans and checks an e-mail address; "" stands for none. The error
// does not repeat the address.
func cleanEmail(email string) (string, error) {
	malformed := fault.InvalidField("email", "email_malformed", "This is not an e-mail address.")

	email, err := cleantext.Line(email)
	if err != nil {
		return "", malformed
	}
	if email == "" {
		return "", nil
	}

	parsed, err := mail.ParseAddress(email)
	if err != nil || len(email) > maxEmail || parsed.Address != email {
		return "", malformed
	}

	name, host, _ := strings.Cut(email, "@")
	if len(name) > maxMailName || strings.ContainsAny(name, "\"()<>,;: \\") || !isHost(host) {
		return "", malformed
	}

	return email, nil
}

// isHost reports whether name can be that of a mail host on the Internet:
// labels of letters, digits and dashes, the last of which is not a number.
func isHost(name string) bool {
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") ||
			strings.ContainsFunc(label, func(r rune) bool {
				return r != '-' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
			}) {
			return false
		}
	}
	return len(labels) > 1 && strings.ContainsFunc(labels[len(labels)-1], unicode.IsLetter)
}

// cleanAddress returns a copy of a with clean parts. Parts may be missing: a
// wallet first shares only the rough place. field names the address in errors,
// which name the part and do not repeat it.
func cleanAddress(a *Address, field string) (*Address, error) {
	if a == nil {
		return nil, nil // no address is no error
	}

	c := *a
	for _, part := range []struct {
		text  *string
		name  string
		label string
		code  string
		limit int
	}{
		{&c.Name, "name", "name", "name_malformed", maxName},
		{&c.Phone, "phone", "phone number", "phone_malformed", maxPhone},
		{&c.Address.Line1, "address.line1", "first line of the address", "street_malformed", maxLine},
		{&c.Address.Line2, "address.line2", "second line of the address", "street_malformed", maxLine},
		{&c.Address.City, "address.city", "city", "city_malformed", maxTown},
		{&c.Address.State, "address.state", "state or province", "state_malformed", maxTown},
		{&c.Address.PostalCode, "address.postal_code", "postal code", "postal_code_malformed", maxPostal},
	} {
		clean, err := cleantext.Line(*part.text)
		if err != nil {
			return nil, fault.InvalidField(field+"."+part.name, part.code,
				"The "+part.label+" contains a line break or a control character.")
		}

		if utf8.RuneCountInString(clean) > part.limit {
			return nil, fault.InvalidField(field+"."+part.name, part.code,
				fmt.Sprintf("The %s is longer than %d characters.", part.label, part.limit))
		}

		*part.text = clean
	}

	if !IsCountry(c.Address.Country) {
		return nil, fault.InvalidField(field+".address.country", "country_malformed",
			"The country must be two capital letters of ISO 3166-1.")
	}

	return &c, nil
}
