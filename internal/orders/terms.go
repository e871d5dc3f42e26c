package orders

// Mode is what an order is for, in the words of Stripe.js' elements option of
// that name (https://docs.stripe.com/js/elements_object/create_without_intent).
type Mode string

// The modes.
const (
	ModePayment      Mode = "payment"      // one payment
	ModeSetup        Mode = "setup"        // a method is saved, nothing is paid: Amount is 0, and Paid means saved
	ModeSubscription Mode = "subscription" // the first payment of a subscription
)

// Options are how an order is to be paid. They are those of the page's Elements
// and of the intent alike, and kept with the order, so that a changed
// configuration never parts the two. Zero fields leave the choice to Stripe.
type Options struct {
	CaptureMethod              string   `json:"capture_method,omitempty"`     // automatic or manual
	SetupFutureUsage           string   `json:"setup_future_usage,omitempty"` // on_session or off_session
	PaymentMethodTypes         []string `json:"payment_method_types,omitempty"`
	PaymentMethodConfiguration string   `json:"payment_method_configuration,omitempty"` // pmc_…
	OnBehalfOf                 string   `json:"on_behalf_of,omitempty"`                 // acct_…
	RequireCVCRecollection     bool     `json:"require_cvc_recollection,omitempty"`     // for saved cards
	Installments               bool     `json:"installments,omitempty"`                 // card installments
	BankVerification           string   `json:"bank_verification,omitempty"`            // us_bank_account: verification_method
	ReceiptEmail               bool     `json:"receipt_email,omitempty"`                // Stripe mails a receipt to Contact.Email
}

// Recurring is how often a product is paid for again.
type Recurring struct {
	Interval      string `json:"interval"` // day, week, month or year
	IntervalCount int64  `json:"interval_count"`
}

// Discount is what a promotion code takes off.
type Discount struct {
	Code   string // "" for none
	Amount int64  // minor units
	Limit  int64  // how many orders may use the code, 0 for any number
	Held   bool   // one of the code's uses is this order's
}

// ShippingRate is a way to send an order, priced in the order's currency.
type ShippingRate struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Amount  int64  `json:"amount"`             // minor units
	MinDays int64  `json:"min_days,omitempty"` // delivery estimate in business days, 0 for none
	MaxDays int64  `json:"max_days,omitempty"`
}

// Contact is what the buyer said of themselves. It never goes into a log.
type Contact struct {
	Email    string   `json:"email,omitempty"`
	Shipping *Address `json:"shipping,omitempty"`
	Billing  *Address `json:"billing,omitempty"`
}

// Address is a person and a place, in the shape of Stripe's
// (https://docs.stripe.com/api/payment_intents/object#payment_intent_object-shipping).
// A wallet gives only the place's rough parts before the buyer has confirmed.
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

// GiveBack gives back the use of a promotion code that an order holds which is
// over. What is paid after the end is for a person to look at: it takes no use
// again.
func (o *Order) GiveBack() {
	if o.Status == Expired || o.Status == Canceled {
		o.Discount.Held = false
	}
}

// Ships reports whether something of the order is sent to an address.
func (o *Order) Ships() bool {
	for _, i := range o.Items {
		if i.Ships {
			return true
		}
	}
	return false
}

// Complete reports whether something can be sent there.
func (a *Address) Complete() bool {
	return a != nil && a.Name != "" && a.Address.Line1 != "" && a.Address.Country != ""
}

// Subtotal is the sum of the lines in minor units, before discount and
// shipping.
func (o *Order) Subtotal() int64 {
	var sum int64
	for _, i := range o.Items {
		sum += i.Amount()
	}
	return sum
}
