package sandbox

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed cards.txt
var cardTable string

// card is one row of cards.txt: a test card and what it does.
type card struct {
	key                             string // the number, and what tells rows of the same number apart
	number, brand, funding, country string
	names                           []string
	networks                        []string
	code, decline                   string // how a charge is declined
	attaches                        bool   // saving works although charging is declined
	auth                            string // 3D Secure: "", required, setup, presetup, frictionless, optional, optional_error, unsupported, error
	dispute                         string
	refund                          string
	risk                            string
	cvc, zip, line1                 string // results of checks, "" = pass
	available                       bool   // funds are available at once
}

// cards indexes the table by number and by pm_card_... name; it is read once and never changed.
var cards = sync.OnceValue(func() map[string]*card {
	index := map[string]*card{}
	for _, row := range strings.Split(cardTable, "\n") {
		fields := strings.Fields(row)
		if len(fields) < 4 || strings.HasPrefix(row, "#") {
			continue
		}
		cd := parseCard(fields)
		index[cd.key] = cd
		for _, name := range cd.names {
			index[name] = cd
			index["tok"+strings.TrimPrefix(name, "pm_card")] = cd
		}
	}
	return index
})

func parseCard(fields []string) *card {
	number, _, _ := strings.Cut(fields[0], "/")
	cd := &card{key: fields[0], number: number, brand: fields[1], funding: fields[2], country: fields[3]}
	for _, f := range fields[4:] {
		key, value, _ := strings.Cut(f, "=")
		cd.apply(key, value)
	}
	if cd.networks == nil {
		cd.networks = []string{cd.brand}
	}
	return cd
}

func (cd *card) apply(key, value string) {
	switch key {
	case "name":
		cd.names = strings.Split(value, ",")
	case "networks":
		cd.networks = strings.Split(value, ",")
	case "decline":
		cd.code, cd.decline, _ = strings.Cut(value, "/")
	case "attach":
		cd.attaches = value == "ok"
	case "auth":
		cd.auth = value
	case "dispute":
		cd.dispute = value
	case "refund":
		cd.refund = value
	case "risk":
		cd.risk = value
	case "cvc":
		cd.cvc = value
	case "zip":
		cd.zip = value
	case "line1":
		cd.line1 = value
	case "balance":
		cd.available = value == "available"
	}
}

// declineMessages are the sentences that Stripe shows to buyers. See https://docs.stripe.com/declines/codes.
var declineMessages = map[string]string{
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

func declineMessage(code, decline string) string {
	for _, key := range []string{decline, code} {
		if text, ok := declineMessages[key]; ok {
			return text
		}
	}
	return "Your card was declined."
}

// sellerMessage is what a charge's outcome tells the merchant.
func sellerMessage(code, decline string) string {
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

// cardNamed finds a test card by pm_card_... or tok_... name.
func cardNamed(name string) (*card, bool) {
	cd, ok := cards()[name]
	return cd, ok && (strings.HasPrefix(name, "pm_card") || strings.HasPrefix(name, "tok_"))
}
