package orders

import (
	"encoding/json"
	"regexp"
	"time"
)

// PaymentMethod is what an order was paid with, as far as a receipt names it.
type PaymentMethod struct {
	Type   string `json:"type,omitempty"`   // Stripe's, such as card or sepa_debit; "" if it is not known
	Brand  string `json:"brand,omitempty"`  // of a card, such as visa
	Last4  string `json:"last4,omitempty"`  // of the card or the account
	Wallet string `json:"wallet,omitempty"` // that held the card, such as apple_pay
}

// Consent is a buyer's agreement to the shop's terms.
type Consent struct {
	At      time.Time `json:"at,omitzero"` // zero: the buyer did not agree
	Version string    `json:"version,omitempty"`
}

// The forms of what is taken from a charge. Whatever else Stripe may send there
// is not stored.
var (
	methodWord = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)
	lastFour   = regexp.MustCompile(`^[0-9A-Za-z]{4}$`)
)

// MethodOf returns the payment method in the payment_method_details of a
// charge, which has one member for each type
// (https://docs.stripe.com/api/charges/object#charge_object-payment_method_details).
// It is zero if the JSON has no type.
func MethodOf(details []byte) PaymentMethod {
	var all map[string]json.RawMessage
	var m PaymentMethod
	if json.Unmarshal(details, &all) != nil || json.Unmarshal(all["type"], &m.Type) != nil ||
		!methodWord.MatchString(m.Type) {
		return PaymentMethod{}
	}

	var own struct {
		Brand  string `json:"brand"`
		Last4  string `json:"last4"`
		Wallet struct {
			Type string `json:"type"`
		} `json:"wallet"`
	}
	if json.Unmarshal(all[m.Type], &own) != nil {
		return m
	}

	if methodWord.MatchString(own.Brand) {
		m.Brand = own.Brand
	}

	if lastFour.MatchString(own.Last4) {
		m.Last4 = own.Last4
	}

	if methodWord.MatchString(own.Wallet.Type) {
		m.Wallet = own.Wallet.Type
	}

	return m
}
