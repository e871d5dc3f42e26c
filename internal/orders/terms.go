package orders

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Mode is what an order is for, named as in the option mode of Stripe.js
// Elements (https://docs.stripe.com/js/elements_object/create_without_intent).
type Mode string

// The modes.
const (
	ModePayment      Mode = "payment"      // one payment
	ModeSetup        Mode = "setup"        // a method is saved, nothing is paid: Amount is 0, and Paid means saved
	ModeSubscription Mode = "subscription" // the first payment of a subscription
)

// Options are how an order is paid. The page's Elements and the intent must
// have the same options, so they are stored with the order: a changed
// configuration cannot make the two differ. Zero fields leave the choice to
// Stripe.
type Options struct {
	CaptureMethod              string   `json:"capture_method,omitempty"`     // automatic or manual
	SetupFutureUsage           string   `json:"setup_future_usage,omitempty"` // on_session or off_session
	PaymentMethodTypes         []string `json:"payment_method_types,omitempty"`
	PaymentMethodConfiguration string   `json:"payment_method_configuration,omitempty"` // pmc_…
	OnBehalfOf                 string   `json:"on_behalf_of,omitempty"`                 // acct_…
	RequireCVCRecollection     bool     `json:"require_cvc_recollection,omitempty"`     // for saved cards
	Installments               bool     `json:"installments,omitempty"`                 // card installments
	BankVerification           string   `json:"bank_verification,omitempty"`            // of us_bank_account
	ReceiptEmail               bool     `json:"receipt_email,omitempty"`                // Stripe mails Contact.Email
	BankTransfer               string   `json:"bank_transfer,omitempty"`                // us_bank_transfer, eu_bank_transfer:DE, …
}

// OptionsFingerprint returns a fingerprint of what the page's Elements and the
// intent must have in common, besides the amount. The page sends back the one
// that it built its form with, so a form that is out of date is noticed before
// Stripe refuses its token.
func (o *Order) OptionsFingerprint() string {
	text, err := json.Marshal(struct {
		Mode     Mode
		Currency string
		Options  Options
	}{o.Mode, o.Currency, o.Options})
	if err != nil {
		return "" // not reached: every field has a JSON form
	}

	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Recurring is how often a product is paid for.
type Recurring struct {
	Interval      string `json:"interval"` // day, week, month or year
	IntervalCount int64  `json:"interval_count"`
}

// Discount is what a promotion code takes off an order.
type Discount struct {
	Code   string // "" for none
	Amount int64  // minor units
	Limit  int64  // how many orders may use the code, 0 for no limit
	Held   bool   // this order holds one of the code's uses
}

// ShippingRate is a way of shipping an order, priced in the order's currency.
type ShippingRate struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Amount  int64  `json:"amount"`             // minor units
	MinDays int64  `json:"min_days,omitempty"` // delivery time in business days, 0 if unknown
	MaxDays int64  `json:"max_days,omitempty"`
}

// Contact is the personal data that the buyer entered. It is never logged.
type Contact struct {
	Email    string   `json:"email,omitempty"`
	Name     string   `json:"name,omitempty"` // as the shop's backend knows the buyer
	Shipping *Address `json:"shipping,omitempty"`
	Billing  *Address `json:"billing,omitempty"`
}

// Address is a person and a place, in the shape of Stripe's
// (https://docs.stripe.com/api/payment_intents/object#payment_intent_object-shipping).
// Before the buyer confirms, a wallet shares only the rough parts of the place.
type Address struct {
	Name    string `json:"name,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Address Place  `json:"address"`
}

// Place is a postal address.
type Place struct {
	Line1      string `json:"line1,omitempty"`
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city,omitempty"`
	State      string `json:"state,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country"` // ISO 3166-1, two capitals
}

// GiveBack releases the order's use of a promotion code if the order has
// expired or was canceled. A payment that arrives later puts the order in
// review and does not take a use again.
func (o *Order) GiveBack() {
	if o.Closed() {
		o.Discount.Held = false
	}
}

// Free reports whether the order costs nothing. Such an order is placed without
// Stripe and without a payment method, as in Stripe's own checkout
// (https://docs.stripe.com/payments/checkout/no-cost-orders).
func (o *Order) Free() bool { return o.Mode == ModePayment && o.Amount == 0 }

// Ships reports whether any item of the order is shipped to an address.
func (o *Order) Ships() bool {
	return slices.ContainsFunc(o.Items, func(i Item) bool { return i.Ships })
}

// Complete reports whether something can be shipped to the address.
func (a *Address) Complete() bool {
	return a != nil && a.Name != "" && a.Address.Line1 != "" && a.Address.Country != ""
}

// Subtotal returns the sum of the lines in minor units, before discount and
// shipping.
func (o *Order) Subtotal() int64 {
	var sum int64
	for _, i := range o.Items {
		sum += i.Amount()
	}
	return sum
}
