package testcards

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed cards.txt
var cardTable string

// Card is one row of cards.txt: a test card and what it does.
type Card struct {
	Key                             string // the number, with a suffix where several rows have it
	Number, Brand, Funding, Country string
	names                           []string
	Networks                        []string
	Code, Decline                   string // how a charge is declined
	Attaches                        bool   // saving works although charging is declined
	Auth                            string // 3D Secure: "", required, setup, presetup, frictionless, optional, optional_error, unsupported, error
	Dispute                         string
	Refund                          string
	Risk                            string
	CVC, Zip, Line1                 string // results of checks, "" = pass
	Available                       bool   // funds are available at once
}

// Cards returns the cards by key and by name (pm_card_... and tok_...). The map
// must not be changed.
var Cards = sync.OnceValue(func() map[string]*Card {
	index := map[string]*Card{}
	for _, row := range strings.Split(cardTable, "\n") {
		fields := strings.Fields(row)
		if len(fields) < 4 || strings.HasPrefix(row, "#") {
			continue
		}

		cd := parseCard(fields)
		index[cd.Key] = cd

		for _, name := range cd.names {
			index[name] = cd
			index["tok"+strings.TrimPrefix(name, "pm_card")] = cd
		}
	}

	return index
})

func parseCard(fields []string) *Card {
	number, _, _ := strings.Cut(fields[0], "/")
	cd := &Card{
		Key:     fields[0],
		Number:  number,
		Brand:   fields[1],
		Funding: fields[2],
		Country: fields[3],
	}

	for _, f := range fields[4:] {
		key, value, _ := strings.Cut(f, "=")
		cd.apply(key, value)
	}

	if cd.Networks == nil {
		cd.Networks = []string{cd.Brand}
	}

	return cd
}

func (cd *Card) apply(key, value string) {
	switch key {
	case "name":
		cd.names = strings.Split(value, ",")
	case "networks":
		cd.Networks = strings.Split(value, ",")
	case "decline":
		cd.Code, cd.Decline, _ = strings.Cut(value, "/")
	case "attach":
		cd.Attaches = value == "ok"
	case "auth":
		cd.Auth = value
	case "dispute":
		cd.Dispute = value
	case "refund":
		cd.Refund = value
	case "risk":
		cd.Risk = value
	case "cvc":
		cd.CVC = value
	case "zip":
		cd.Zip = value
	case "line1":
		cd.Line1 = value
	case "balance":
		cd.Available = value == "available"
	}
}

// DeclineMessages are the sentences that Stripe shows to buyers. See
// https://docs.stripe.com/declines/codes.
var DeclineMessages = map[string]string{
	"insufficient_funds":      "Your card has insufficient funds.",
	"card_velocity_exceeded":  "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
	"expired_card":            "Your card has expired.",
	"incorrect_cvc":           "Your card's security code is incorrect.",
	"processing_error":        "An error occurred while processing your card. Try again in a little bit.",
	"incorrect_number":        "Your card number is incorrect.",
	"invalid_number":          "Your card number is not a valid credit card number.",
	"invalid_expiry_month":    "Your card's expiration month is invalid.",
	"invalid_expiry_year":     "Your card's expiration year is invalid.",
	"invalid_cvc":             "Your card's security code is invalid.",
	"test_mode_live_card":     "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of valid test cards, visit: https://stripe.com/docs/testing.",
	"authentication_required": "Your card was declined. This transaction requires authentication.",
}

// DeclineMessage returns the sentence for a decline.
func DeclineMessage(code, decline string) string {
	for _, key := range []string{decline, code} {
		if text, ok := DeclineMessages[key]; ok {
			return text
		}
	}
	return "Your card was declined."
}

// SellerMessage returns the explanation of a charge's outcome for the merchant.
func SellerMessage(code, decline string) string {
	switch decline {
	case "":
		if code == "" {
			return "Payment complete."
		}
		return "The bank returned the decline code `" + code + "`."

	case "generic_decline":
		return "The bank did not return any further details with this decline."
	case "fraudulent":
		return "Stripe blocked this payment as too risky."
	}

	return "The bank returned the decline code `" + decline + "`."
}

// Named returns the test card of a name pm_card_... or tok_....
func Named(name string) (*Card, bool) {
	cd, ok := Cards()[name]
	return cd, ok && (strings.HasPrefix(name, "pm_card") || strings.HasPrefix(name, "tok_"))
}
