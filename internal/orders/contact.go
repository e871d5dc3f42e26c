package orders

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

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

// cleanEmail trims and checks an e-mail address; "" stands for none. The error
// does not repeat the address.
func cleanEmail(email string) (string, error) {
	malformed := fault.InvalidField("email", "email_malformed", "This is not an e-mail address.")
	email = strings.TrimSpace(email)
	if email == "" {
		return "", nil
	}

	parsed, err := mail.ParseAddress(email)
	if err != nil || len(email) > maxEmail || parsed.Address != email || !plain(email) {
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

// cleanAddress returns a copy of a with trimmed parts. Parts may be missing: a
// wallet first shares only the rough place. field names the address in errors.
func cleanAddress(a *Address, field string) (*Address, error) {
	if a == nil {
		return nil, nil // no address is no error
	}

	c := *a
	for _, part := range []struct {
		text  *string
		name  string
		limit int
	}{
		{&c.Name, "name", maxName}, {&c.Phone, "phone", maxPhone},
		{&c.Address.Line1, "address.line1", maxLine}, {&c.Address.Line2, "address.line2", maxLine},
		{&c.Address.City, "address.city", maxTown}, {&c.Address.State, "address.state", maxTown},
		{&c.Address.PostalCode, "address.postal_code", maxPostal},
	} {
		*part.text = strings.TrimSpace(*part.text)
		if utf8.RuneCountInString(*part.text) > part.limit || !plain(*part.text) {
			return nil, fault.InvalidField(field+"."+part.name, "address_malformed",
				"This part of the address is too long or contains characters that are not allowed.")
		}
	}

	if !isCountry(c.Address.Country) {
		return nil, fault.InvalidField(field+".address.country", "address_malformed",
			"The country must be two capital letters of ISO 3166-1.")
	}

	return &c, nil
}

// plain reports whether text is a single line without characters that hide or
// reverse others.
func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029'
	})
}
